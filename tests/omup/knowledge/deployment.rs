//! The checks of the pending statements, and the choice of checks, on real deployments: PostgreSQL,
//! MySQL 9.7 and MySQL 8.0.

use serde_json::Value;

use crate::story::stage::{RUN, Setting, Stage};
use crate::support::engine::Engine;
use crate::support::engine::Server;
use crate::support::mysql;

pub fn stage(engine: Engine, about: &str) -> Option<Stage> {
    let setting = Setting {
        confirm: false,
        ..Setting::default()
    };
    match engine {
        Engine::Postgres => Stage::postgres(about, &setting),
        Engine::Mysql => Stage::mysql(about, &setting),
        Engine::OldMysql => Some(Stage::on(
            &Server::Mysql(mysql::old_server()?),
            about,
            &setting,
        )),
    }
}

fn folder(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "postgres",
        Engine::Mysql | Engine::OldMysql => "mysql",
    }
}

pub fn sql(stage: &Stage, sql: &str) -> String {
    match (stage.postgres_database(), stage.mysql_database()) {
        (Some(database), _) => database.sql(sql),
        (None, Some(database)) => database.sql(sql),
        (None, None) => panic!("a stage on a server"),
    }
}

/// A statement more that the new version's files would run, in a version that is pending.
pub fn add_statement(stage: &Stage, engine: Engine, statement: &str) {
    let file = stage
        .home("new_home")
        .join("bootstrap/sql/migrations/native/1.12.4")
        .join(folder(engine))
        .join("postDataMigrationSQLScript.sql");
    let text = std::fs::read_to_string(&file).expect("the file of the new version");
    std::fs::write(&file, format!("{text}\n{statement};\n")).expect("write it");
}

/// `omup check --json` with these arguments: the exit code and what was told.
pub fn check(stage: &Stage, arguments: &[&str]) -> (i32, Value) {
    let all = [&["check", "--json"], arguments, &["--answers"]].concat();
    let ended = stage.omup(&all, true);
    let told = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr));
    (ended.code, told)
}

fn ids(told: &Value) -> Vec<&str> {
    let all = told["findings"].as_array().expect("findings");
    all.iter().filter_map(|one| one["id"].as_str()).collect()
}

pub fn finding<'a>(told: &'a Value, id: &str) -> &'a Value {
    let mut all = told["findings"].as_array().expect("findings").iter();
    all.find(|one| one["id"] == id)
        .unwrap_or_else(|| panic!("no {id} in {told:#}"))
}

#[track_caller]
pub fn verdict(stage: &Stage, id: &str, verdict: &str, words: &str) -> Value {
    let (code, told) = check(stage, &["--only", id]);
    let found = finding(&told, id).clone();
    assert_eq!(found["verdict"], verdict, "{found:#}");
    assert!(found.to_string().contains(words), "no {words}: {found:#}");
    let blocked = matches!(verdict, "fail" | "unknown");
    assert_eq!(code, if blocked { 10 } else { 0 }, "{found:#}");
    found
}

/// The new version's own migration, with the old one's environment: exit code and what it printed.
pub fn migrate(stage: &Stage) -> (i32, String) {
    let words = format!(
        "set -a; . {}; cd {}; exec bootstrap/openmetadata-ops.sh migrate",
        stage
            .home("old_home")
            .join("conf/openmetadata-env.sh")
            .display(),
        stage.home("new_home").display(),
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &words])
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap_or(-1), said)
}

#[test]
fn only_the_checks_that_are_wanted_are_told_and_decide() {
    for engine in Engine::ALL {
        let Some(stage) = stage(engine, "chosen") else {
            continue;
        };
        let (code, all) = check(&stage, &[]);
        assert_eq!(code, 0, "{all:#}");
        assert!(ids(&all).len() > 30, "{engine:?}");
        // Somebody has made the column that a pending statement adds.
        sql(
            &stage,
            "alter table entity_extension add column archived boolean not null default false",
        );
        let (code, drifted) = check(&stage, &[]);
        assert_eq!(code, 10, "{drifted:#}");
        let (code, one) = check(&stage, &["--only", "OM-SQL-002,OM-DB-001"]);
        assert_eq!((code, ids(&one)), (10, vec!["OM-DB-001", "OM-SQL-002"]));
        assert_eq!(one["left_out"], ids(&all).len() - 2);
        let (code, rest) = check(&stage, &["--except", "OM-SQL-002"]);
        assert_eq!(code, 0, "{rest:#}");
        assert_eq!(ids(&rest).len(), ids(&all).len() - 1);
        assert!(!ids(&rest).contains(&"OM-SQL-002"));
        assert_eq!(check(&stage, &["--only", "OM-DB-001"]).0, 0);
    }
}

#[test]
fn drift_is_seen_before_the_migration_meets_it() {
    for engine in Engine::ALL {
        let Some(stage) = stage(engine, "drift") else {
            continue;
        };
        let (_, told) = check(&stage, &["--only", "OM-SQL-002"]);
        let well = finding(&told, "OM-SQL-002");
        assert!(
            well["verdict"] == "pass" || well["verdict"] == "info",
            "{well:#}"
        );
        sql(
            &stage,
            "alter table entity_extension add column archived boolean not null default false",
        );
        let words = "entity_extension has a column archived already";
        verdict(&stage, "OM-SQL-002", "fail", words);
        sql(&stage, "alter table entity_extension drop column archived");
        sql(&stage, "alter table entity_extension rename to set_aside");
        verdict(
            &stage,
            "OM-SQL-002",
            "fail",
            "there is no table entity_extension",
        );
        sql(&stage, "alter table set_aside rename to entity_extension");
        add_statement(
            &stage,
            engine,
            "CREATE INDEX more_index ON entity_relationship (toId)",
        );
        add_statement(&stage, engine, "UPDATE tag SET nonesuch = 1");
        verdict(&stage, "OM-SQL-002", "fail", "tag has no column nonesuch");
    }
}

#[test]
fn a_statement_that_the_log_cannot_keep_is_told_and_would_really_stop_the_migration() {
    for engine in [Engine::Mysql, Engine::OldMysql] {
        let Some(stage) = stage(engine, "kept") else {
            continue;
        };
        verdict(&stage, "OM-SQL-001", "pass", "utf8mb4");
        let latin = "ALTER TABLE SERVER_MIGRATION_SQL_LOGS MODIFY sqlStatement VARCHAR(10000) CHARACTER SET latin1 NOT NULL";
        sql(&stage, latin);
        add_statement(
            &stage,
            engine,
            "DELETE FROM tag WHERE name = 'caf\u{e9} \u{20ac}'",
        );
        // Both characters are in what MySQL calls latin1.
        verdict(&stage, "OM-SQL-001", "pass", "latin1");
        add_statement(
            &stage,
            engine,
            "DELETE FROM tag WHERE name = 'a \u{2192} b'",
        );
        let told = verdict(&stage, "OM-SQL-001", "fail", "(U+2192)");
        assert!(!told.to_string().contains("U+20AC"), "{told:#}");
        // The tool runs a statement first and logs it then.
        stage.script("old_home", "stop");
        let (code, said) = migrate(&stage);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("Incorrect string value"), "{said}");
        // What the finding tells to type mends it.
        let command = told["command"].as_str().expect("a command");
        sql(&stage, command.trim_end_matches(';'));
        verdict(&stage, "OM-SQL-001", "pass", "utf8mb4");
        let (code, said) = migrate(&stage);
        assert_eq!(code, 0, "{said}");
    }
}

#[test]
fn a_statement_longer_than_the_logs_column_is_told_and_the_command_mends_it() {
    for engine in Engine::ALL {
        let Some(stage) = stage(engine, "long") else {
            continue;
        };
        let long = format!("DELETE FROM tag WHERE name = '{}'", "x".repeat(10_000));
        add_statement(&stage, engine, &long);
        let told = verdict(&stage, "OM-SQL-001", "fail", "the column takes 10000");
        let command = told["command"].as_str().expect("a command");
        sql(&stage, command.trim_end_matches(';'));
        verdict(&stage, "OM-SQL-001", "pass", "fit into the log");
    }
}

#[test]
fn functions_that_mysql_gave_up_are_asked_of_the_very_server() {
    for engine in Engine::ALL {
        let Some(stage) = stage(engine, "functions") else {
            continue;
        };
        add_statement(
            &stage,
            engine,
            "UPDATE tag SET json = json WHERE md5(name) = 'x'",
        );
        match engine {
            Engine::Postgres => verdict(&stage, "OM-SQL-003", "skip", "PostgreSQL"),
            Engine::Mysql => verdict(&stage, "OM-SQL-003", "fail", "INSTALL COMPONENT"),
            Engine::OldMysql => verdict(&stage, "OM-SQL-003", "pass", "call MD5"),
        };
    }
}

#[test]
fn whole_tables_are_read_only_when_all_is_asked() {
    for engine in Engine::ALL {
        let Some(stage) = stage(engine, "full") else {
            continue;
        };
        verdict(&stage, "OM-DATA-001", "skip", "--full");
        let full = |words: &str, verdict: &str| {
            let (code, told) = check(&stage, &["--full", "--only", "OM-DATA-001"]);
            let found = finding(&told, "OM-DATA-001");
            assert_eq!(code, 0, "{found:#}");
            assert_eq!(found["verdict"], verdict, "{found:#}");
            assert!(found.to_string().contains(words), "{words}: {found:#}");
        };
        full("no relation has lost an end", "pass");
        let gone = "select count(*) from entity_relationship where toId = (select min(toId) from (select toId from entity_relationship where toEntity = 'table') r)";
        let number = sql(&stage, gone);
        sql(
            &stage,
            "delete from table_entity where id = (select min(toId) from entity_relationship where toEntity = 'table')",
        );
        assert_ne!(number.trim(), "0");
        full("table: ", "warn");
    }
}

/// With the longest wait of a run: a look must not hang.
#[test]
fn a_check_of_a_healthy_deployment_is_soon_done() {
    for engine in Engine::ALL {
        let Some(stage) = stage(engine, "soon") else {
            continue;
        };
        let begun = std::time::Instant::now();
        check(&stage, &[]);
        let taken = begun.elapsed();
        println!("{engine:?}: {} ms", taken.as_millis());
        assert!(taken < RUN / 10, "{engine:?}: {taken:?}");
    }
}
