//! A database that the superuser had a hand in, backed up and restored by an ordinary role.

use omup::process::Place;

use super::bench::{Bench, content, differences, good, run};

const BY_THE_SUPERUSER: &str = r#"
    alter schema public owner to postgres;
    comment on schema public is 'theirs';
    create extension pg_stat_statements;
    create table supers (a int); insert into supers values (1); grant select on supers to om;
    create function theirs(int) returns int language sql as 'select 1';
    alter default privileges in schema public grant select on tables to om;
    create publication everything for table supers;
    alter table user_entity owner to om;
"#;

#[tokio::test]
async fn what_only_a_superuser_can_restore_is_left_out_and_told() {
    let Some(bench) = Bench::new("rights") else {
        return;
    };
    bench.database.sql_as_superuser(BY_THE_SUPERUSER);
    let admin = bench.admin().await;
    let source = admin.looking();
    let mut snapshot = good(source.snapshot().await);
    run(
        &source.dump_tool(snapshot.id()),
        None,
        Some(&bench.archive()),
    )
    .well();
    let shape = good(snapshot.shape().await);
    good(snapshot.close().await);
    let before = content(source).await;

    // As it stands, the archive cannot be restored by this role.
    let copy = bench.copy();
    good(admin.create(&copy.name, &shape).await);
    let whole = run(
        &admin.restore_tool(&copy.name, &bench.archive(), 1),
        None,
        None,
    );
    assert!(
        !whole.good && whole.stderr.contains("ALTER SCHEMA public OWNER"),
        "{}",
        whole.stderr
    );
    good(admin.drop_ours(&copy.name).await);

    good(admin.create(&copy.name, &shape).await);
    let fitted = good(
        admin
            .fitted_restore(&copy.name, &bench.archive(), 2, Place::Local)
            .await,
    );
    let list = fitted.list().map(std::path::Path::to_path_buf);
    run(&fitted.tool, None, None).well();
    assert!(list.as_deref().is_some_and(std::path::Path::exists));
    let left = fitted.left_to_do.clone();
    drop(fitted);
    assert!(list.is_some_and(|list| !list.exists()));

    let restored = good(source.sibling(&copy.name).await);
    let found = differences(&before, &content(&*restored).await);
    for expected in [
        "extension pg_stat_statements: is missing in the copy",
        "publication everything: is missing in the copy",
        "relation supers: postgres=owner: grant only in the source",
        "relation supers: om=owner: grant only in the copy",
    ] {
        assert!(
            found.iter().any(|line| line == expected),
            "{expected}: {found:#?}"
        );
    }
    // All rows are there.
    assert!(
        !found.iter().any(|line| line.contains("rows")),
        "{found:#?}"
    );

    assert_eq!(
        left,
        [
            "-- schema public belongs to the database's owner, in the source to postgres",
            "-- the comment on schema public was left out",
            "-- rights on schema public are given by its owner, in the source postgres: compare them",
            "CREATE EXTENSION IF NOT EXISTS \"pg_stat_statements\";",
            "-- publication everything was left out",
            "-- default privileges of postgres were left out: DEFAULT PRIVILEGES FOR TABLES",
            "-- om owns here what others own in the source: function theirs(integer) of postgres, table supers of postgres",
        ]
    );
    bench.server.sql(&copy.name, &left[3]);
    let found = differences(&before, &content(&*restored).await);
    assert!(
        !found.iter().any(|line| line.contains("extension")),
        "{found:#?}"
    );
}

#[tokio::test]
async fn an_archive_of_the_role_itself_is_restored_whole() {
    let Some(bench) = Bench::new("whole") else {
        return;
    };
    let admin = bench.admin().await;
    let snapshot = good(admin.looking().snapshot().await);
    run(
        &admin.looking().dump_tool(snapshot.id()),
        None,
        Some(&bench.archive()),
    )
    .well();
    good(snapshot.close().await);
    let fitted = good(
        admin
            .fitted_restore("omup_x", &bench.archive(), 2, Place::Local)
            .await,
    );
    assert_eq!(fitted.left_to_do, [""; 0]);
    assert!(fitted.list().is_none());
    let broken = admin
        .fitted_restore("omup_x", bench.folder.path(), 2, Place::Local)
        .await;
    assert!(broken.is_err(), "a folder is no archive");
}
