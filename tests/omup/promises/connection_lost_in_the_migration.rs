//! Promise 10, the connection is lost in the middle of the migration: what is said comes from the rows, the
//! version that the database is at is named, and the way back is open.

use super::help::{quiet, wait_for_journal};
use crate::story::stage::{RUN, Stage};
use crate::support::digest::difference;
use crate::support::engine::{Database, Engine};

#[test]
fn a_lost_connection_is_judged_by_the_rows_on_postgres() {
    lost_on(Engine::Postgres);
}

#[test]
fn a_lost_connection_is_judged_by_the_rows_on_mysql() {
    lost_on(Engine::Mysql);
}

fn lost_on(engine: Engine) {
    // The first statement of the first version, in the middle, and the last version's: the faults name them.
    for (place, at) in [("1.11.0:1", "1.10.7"), ("1.12.0:2", "1.11")] {
        let faults = format!("lose_connection_at = \"{place}\"\n");
        let Some(stage) = Stage::of(engine, "lost-migrating", &quiet(&faults)) else {
            return;
        };
        lost(&stage, place, at);
    }
}

#[test]
fn a_lost_connection_is_judged_by_the_rows_on_sqlite() {
    lost(
        &Stage::sqlite(
            "lost-migrating",
            &quiet("lose_connection_at = \"1.12.0:2\"\n"),
        ),
        "1.12.0:2",
        "1.11",
    );
}

fn lost(stage: &Stage, place: &str, at: &str) {
    let name = stage.database_name();
    let before = stage.contents(&name);
    let ended = stage.omup(&["run", "--answers"], true).expect(41);
    let recorded = stage.recorded_versions(&name);
    let said = ended
        .stdout
        .lines()
        .find(|line| line.contains("the database is recorded at"))
        .unwrap_or_else(|| panic!("{place}\n{}", ended.stdout));
    assert!(
        said.contains(&format!("recorded at {at}")),
        "{place}: {said}"
    );
    let unfinished: Vec<&str> = said
        .split("; ")
        .find_map(|part| part.strip_suffix(" not recorded as finished"))
        .unwrap_or_else(|| panic!("{place}: {said}"))
        .split(", ")
        .collect();
    let pending = stage.made["pending"].as_array().expect("a list");
    let missing: Vec<&str> = pending
        .iter()
        .filter_map(|v| v.as_str())
        .filter(|v| !recorded.iter().any(|row| row == v))
        .collect();
    assert_eq!(unfinished, missing, "{place}: {said}");
    // A mere resume guesses nothing and starts nothing.
    let resumed = stage.omup(&["resume"], false).expect(41);
    assert_eq!(
        stage.recorded_versions(&name),
        recorded,
        "{}",
        resumed.stdout
    );
    let ways = stage.omup(&["rollback"], false).expect(0);
    assert!(
        ways.stdout.contains("restore  (recommended)") && ways.stdout.contains("go-on"),
        "{}",
        ways.stdout
    );
    stage.faults("server_write_interval_ms = 0\n");
    stage
        .omup(&["rollback", "--way", "restore", "--confirm", &name], false)
        .expect(60);
    let restored: Vec<String> = stage
        .databases()
        .into_iter()
        .filter(|other| *other != name)
        .collect();
    assert_eq!(
        difference(&before, &stage.contents(&restored[0])),
        Vec::<String>::new(),
        "{place}: restored and equal"
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str(),
        "{place}: the old version serves"
    );
}

/// The second connection, the one that only watches, is lost as well: the migration does not suffer.
#[test]
fn the_watching_connection_may_be_lost_while_the_migration_runs_on_postgres() {
    watcher_lost(Engine::Postgres);
}

#[test]
fn the_watching_connection_may_be_lost_while_the_migration_runs_on_mysql() {
    watcher_lost(Engine::Mysql);
}

fn watcher_lost(engine: Engine) {
    let Some(stage) = Stage::of(engine, "watcher-lost", &quiet("statement_delay_ms = 200\n"))
    else {
        return;
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(&stage, "\"child-started\"");
    let mut ended = 0;
    for _ in 0..20 {
        ended += end_watchers(&stage);
    }
    println!("{ended} sessions of the watch ended");
    assert!(ended > 0, "there was nothing to end");
    running.end(RUN).expect(0);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
}

/// Ends the sessions of omup itself in the stage's database; gives how many there were.
fn end_watchers(stage: &Stage) -> usize {
    match stage.database() {
        Database::Postgres(database) => {
            let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                where datname = current_database() and application_name ~ '^omup [0-9]'";
            database.sql_as_superuser(sql).parse().expect("a number")
        }
        // They give no name, as sqlx has none to give, and show a lock that bears their number.
        Database::Mysql(_) => {
            let mut sessions = stage.database().sessions();
            sessions.retain(|one| {
                let sql = format!("select is_used_lock('omup session {0}') <=> {0}", one.id);
                stage.database().sql_as_administrator(&sql) == "1"
            });
            for session in &sessions {
                stage.database().end_session(session);
            }
            sessions.len()
        }
    }
}
