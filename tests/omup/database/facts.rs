//! What is read without changing anything.

use omup::database::connect;

use super::bench::{Bench, good};
use crate::support::postgres::{PASSWORD, ROLE};

#[tokio::test]
async fn facts_of_an_ordinary_role() {
    let Some(bench) = Bench::new("facts") else {
        return;
    };
    let leftover = super::bench::Copy::of(&bench, &format!("omup_left_{}", std::process::id()));
    bench.server.sql(
        "postgres",
        &format!("create database {} template template0", leftover.name),
    );
    bench.database.sql_as_superuser(&format!(
        "alter role om in database {0} set work_mem = '9MB'; alter database {0} set search_path = \"$user\", public;
         comment on database {0} is 'its comment'; revoke temporary on database {0} from public; grant create on database {0} to omup_test_reader",
        bench.database.name
    ));
    let database = bench.connect().await;
    let facts = good(database.facts().await);
    assert_eq!(facts.identity, good(database.identity().await));
    let identifier = bench.server.sql(
        "postgres",
        "select system_identifier from pg_control_system()",
    );
    assert_eq!(facts.identity.server, identifier);
    assert!(
        facts.major >= 13 && facts.bytes > 1_000_000 && !facts.read_only,
        "{facts:?}"
    );
    assert_eq!(facts.sort_memory, Some(9 << 20));
    let log = facts.log.expect("a PostgreSQL has one");
    let waits = bench.server.sql(
        "postgres",
        "select current_setting('archive_mode') <> 'off' or exists (select 1 from pg_replication_slots)",
    );
    assert_eq!(log.limit.is_none(), waits == "t", "{log:?}");
    assert!(log.limit.is_none_or(|limit| limit >= 32 << 20), "{log:?}");
    assert_eq!(
        facts
            .schemas
            .iter()
            .map(|name| name.as_str())
            .collect::<Vec<_>>(),
        ["public"]
    );
    assert!(
        facts.leftovers.contains(&leftover.name),
        "{:?}",
        facts.leftovers
    );
    assert_eq!(
        facts.largest_table.map(|table| table.0).as_deref(),
        Some("table_entity")
    );
    let shape = &facts.shape;
    assert_eq!(
        (
            shape.owner.as_str(),
            shape.encoding.as_str(),
            shape.locale_provider.as_str()
        ),
        (ROLE, "UTF8", "c")
    );
    assert_eq!(
        shape.settings,
        ["\tsearch_path=\"$user\", public", "om\twork_mem=9MB"]
    );
    assert_eq!(
        shape.acl,
        [
            "=CONNECT",
            "om=CONNECT,CREATE,TEMPORARY",
            "omup_test_reader=CREATE"
        ]
    );
    assert_eq!(shape.comment.as_deref(), Some("its comment"));
    for right in &facts.rights {
        let held = !matches!(
            right.name.as_str(),
            "SEE OTHER SESSIONS" | "END OTHER SESSIONS"
        );
        assert_eq!(right.held, held, "{right:?}");
    }

    bench.database.sql_as_superuser(&format!(
        "alter role om in database {} set default_transaction_read_only = on",
        bench.database.name
    ));
    assert!(good(database.facts().await).read_only);
    bench.database.sql_as_superuser(&format!(
        "alter role om in database {} reset default_transaction_read_only",
        bench.database.name
    ));

    // What is lacking is named with the statement that grants it, and the statement is good.
    // A role of its own: every other test works with the common one at the same time.
    let poor = format!("omup_test_poor_{}", std::process::id());
    bench.database.sql_as_superuser(&format!(
        "create table theirs (a int); create role {poor} login password '{PASSWORD}' in role {ROLE}"
    ));
    let mut target = bench.target();
    target.facts.user.clone_from(&poor);
    let database = good(connect(target).await);
    let mut grants = Vec::new();
    for right in good(database.facts().await).rights {
        if !right.held && !right.name.contains("OTHER") {
            grants.push(right.grant.clone());
        }
    }
    let lacking = grants.join("\n");
    assert!(
        lacking.contains(&format!("ALTER ROLE \"{poor}\" CREATEDB")),
        "{lacking}"
    );
    assert!(
        lacking.contains(&format!(
            "ALTER TABLE \"public\".\"theirs\" OWNER TO \"{poor}\""
        )),
        "{lacking}"
    );
    bench.database.sql_as_superuser(&lacking);
    let rights = good(database.facts().await).rights;
    assert!(
        rights
            .iter()
            .filter(|right| !right.name.contains("OTHER"))
            .all(|right| right.held),
        "{rights:?}"
    );
}

#[tokio::test]
async fn a_server_that_hides_its_identity_gets_a_steady_stand_in() {
    let Some(bench) = Bench::new("hidden") else {
        return;
    };
    let database = bench.connect().await;
    let true_one = good(database.identity().await);
    bench
        .database
        .sql_as_superuser("revoke execute on function pg_control_system() from public");
    let hidden = good(database.identity().await);
    assert!(hidden.server.starts_with("stand-in-"), "{hidden}");
    assert_eq!(
        (&hidden.oid, &hidden.database),
        (&true_one.oid, &true_one.database)
    );
    assert_eq!(hidden, good(bench.connect().await.identity().await));
}

#[tokio::test]
async fn history_counts_and_writes() {
    let Some(bench) = Bench::new("history") else {
        return;
    };
    let database = bench.connect().await;
    let history = good(database.history().await);
    assert_eq!(
        history
            .highest()
            .map(|version| version.to_string())
            .as_deref(),
        Some("1.10.0")
    );
    assert_eq!(history.foreign_checksums, 1);
    assert_eq!(history.statements["1.10.0"].len(), 4);
    assert!(!history.has_status);
    let flyway: Vec<bool> = history
        .flyway
        .iter()
        .flatten()
        .map(|row| row.success)
        .collect();
    assert_eq!(flyway, [true, false]);
    assert_eq!(good(database.recorded_statements().await)["1.9.0"], 2);

    bench.database.sql(
        "alter table server_change_log drop column metrics, add column migrationtype varchar(20) not null default 'NATIVE',
           add column status varchar(20) not null default 'COMPLETED';
         insert into server_change_log (version, migrationfilename, checksum, status) values ('1.11.0', 'f', 'c', 'FAILED')",
    );
    let history = good(database.history().await);
    assert!(history.has_status);
    assert_eq!(
        history
            .highest()
            .map(|version| version.to_string())
            .as_deref(),
        Some("1.10.0")
    );

    let counts = good(database.entity_counts().await);
    assert_eq!(
        (counts["table_entity"], counts["user_entity"], counts.len()),
        (3000, 10, 2)
    );
    bench.database.sql("analyze table_entity");
    assert_eq!(good(database.estimated_rows().await)["table_entity"], 3000);
    assert_eq!(good(database.writes_since(1_700_000_002_999).await), 2);
    assert_eq!(
        good(database.writes_since(1_700_000_000_500).await),
        2501 + 1
    );
    let now = good(database.now_ms().await);
    assert_eq!(good(database.writes_since(now).await), 0);

    bench
        .database
        .sql("drop table server_change_log, server_migration_sql_logs, \"DATABASE_CHANGE_LOG\"");
    let none = good(database.history().await);
    assert!(none.native.is_none() && none.flyway.is_none() && none.statements.is_empty());
    assert!(good(database.recorded_statements().await).is_empty());
}

#[tokio::test]
async fn sessions_of_others_are_seen_and_ended_by_name_only() {
    let Some(bench) = Bench::new("sessions") else {
        return;
    };
    let database = bench.connect().await;
    let mut writer = bench
        .server
        .client_as(ROLE, PASSWORD, "psql", &bench.database.name);
    let mut foreign = bench.server.client("psql", &bench.database.name);
    let start = |command: &mut std::process::Command, name: &str| {
        command
            .env("PGAPPNAME", name)
            .args(["-XAtqc", "begin; select pg_sleep(600)"])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}"))
    };
    let mut children = [
        start(&mut writer, "PostgreSQL JDBC Driver"),
        start(&mut foreign, "of another user"),
    ];
    let snapshot = good(database.snapshot().await);
    crate::support::wait::until("two sessions", std::time::Duration::from_secs(20), || {
        let answer = bench.server.sql(
            "postgres",
            &format!(
                "select count(*) from pg_stat_activity where datname = '{}' and state = 'active'",
                bench.database.name
            ),
        );
        (answer == "2").then_some(())
    });
    let sessions = good(database.sessions().await);
    let named = |name: &str| {
        sessions
            .iter()
            .find(|session| session.application.as_str() == name)
    };
    let jdbc = named("PostgreSQL JDBC Driver").unwrap_or_else(|| panic!("{sessions:?}"));
    assert!(
        jdbc.address.as_str().starts_with("127.0.0.1")
            && !jdbc.ours
            && jdbc.query.as_str().contains("pg_sleep"),
        "{jdbc:?}"
    );
    assert!(jdbc.transaction_seconds.is_some() && jdbc.user.as_str() == ROLE);
    let other = named("of another user").unwrap_or_else(|| panic!("{sessions:?}"));
    assert!(
        !other.ours && other.state.as_str() == "unknown",
        "{other:?}"
    );
    assert!(
        named("omup test").is_some_and(|session| session.ours),
        "{sessions:?}"
    );
    good(snapshot.close().await);

    let admin = bench.admin().await;
    good(admin.end_sessions(&[jdbc.pid]).await);
    let ended = children[0].wait().is_ok_and(|status| !status.success());
    assert!(ended);
    let refused = admin.end_sessions(&[other.pid]).await;
    assert!(
        refused.is_err(),
        "an ordinary role ended a superuser's session"
    );
    let _ = children[1].kill();
    let _ = children[1].wait();
}

#[tokio::test]
async fn sort_memory_of_the_role_and_of_the_migration() {
    let Some(bench) = Bench::new("memory") else {
        return;
    };
    let admin = bench.admin().await;
    let looking = admin.looking();
    let usual = good(looking.sort_memory_with(None).await);
    assert_eq!(good(admin.standing_sort_memory().await), None);
    good(admin.set_standing_sort_memory(Some("20MB")).await);
    assert_eq!(
        good(admin.standing_sort_memory().await).as_deref(),
        Some("20MB")
    );
    assert_eq!(good(looking.sort_memory_with(None).await), Some(20 << 20));
    good(admin.set_standing_sort_memory(None).await);
    assert_eq!(good(looking.sort_memory_with(None).await), usual);

    let params = looking.migration_params("useSSL=true", "omup migrate", Some(33 << 20));
    assert_eq!(
        good(looking.sort_memory_with(Some(&params)).await),
        Some(33 << 20)
    );
    assert!(
        admin
            .set_standing_sort_memory(Some("20MB'; drop table x; --"))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_shape_is_given_again_and_what_is_not_ours_to_give_is_told() {
    let Some(bench) = Bench::new("shape") else {
        return;
    };
    let name = &bench.database.name;
    bench.database.sql_as_superuser(&format!(
        "alter role om in database {name} set work_mem = '9MB'; alter database {name} set search_path = \"$user\", public;
         comment on database {name} is 'it''s'; revoke connect on database {name} from public;
         grant connect on database {name} to omup_test_reader with grant option"
    ));
    let admin = bench.admin().await;
    let mut shape = good(admin.looking().facts().await).shape;
    let copy = bench.copy();
    good(admin.create(&copy.name, &shape).await);
    assert_eq!(good(admin.finish_shape(&copy.name, &shape).await), [""; 0]);
    let again = good(
        good(admin.looking().sibling(&copy.name).await)
            .facts()
            .await,
    )
    .shape;
    assert_eq!(again, shape);

    // A database of the superuser's, as the documentation's script makes it.
    shape.owner = "postgres".to_owned();
    shape.settings.push("postgres\twork_mem=8MB".to_owned());
    let left = good(admin.finish_shape(&copy.name, &shape).await);
    assert_eq!(left.len(), 2, "{left:?}");
    for statement in &left {
        bench.server.sql("postgres", statement);
    }
    let owner = bench.server.sql(
        "postgres",
        &format!(
            "select pg_get_userbyid(datdba) from pg_database where datname = '{}'",
            copy.name
        ),
    );
    assert_eq!(owner, "postgres");
}
