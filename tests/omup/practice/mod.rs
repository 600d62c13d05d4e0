//! The practice deployment by itself on every server of the test bed: the same rows, the same lies, real SQL.

mod deployment;
mod mysql;

use std::time::Duration;

use self::deployment::Deployment;
use crate::support::digest::difference;
use crate::support::engine::Engine;
use crate::support::wait;

const SOON: Duration = Duration::from_secs(30);

#[test]
fn every_engine_gets_the_same_rows() {
    let mut seen = Vec::new();
    for engine in Engine::ALL {
        let Some(one) = Deployment::new(engine, "rows", &[]) else {
            continue;
        };
        let ids = one.database.sql("select id from table_entity order by 1");
        let hashes = one
            .database
            .sql("select targetFQNHash from tag_usage order by 1");
        let numbers = one
            .database
            .sql("select count(*), min(updatedAt), max(updatedAt) from query_entity")
            .replace('|', "\t");
        assert_eq!(one.made["pending"].as_array().map(Vec::len), Some(4));
        seen.push((one.made["row_counts"].clone(), ids, hashes, numbers));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}

#[test]
fn the_same_seed_gives_the_same_database() {
    for engine in Engine::ALL {
        let (Some(one), Some(two)) = (
            Deployment::new(engine, "seed", &[]),
            Deployment::new(engine, "seed", &[]),
        ) else {
            continue;
        };
        let before = one.database.contents();
        assert!(before.len() > 70, "{engine:?}: {}", before.len());
        assert_eq!(difference(&before, &two.database.contents()), [""; 0]);
        let three = Deployment::new(engine, "seed", &["--seed", "2"]).expect("the server is there");
        assert!(
            difference(&before, &three.database.contents())
                .contains(&format!("table {}user_entity differs", engine.schema())),
            "{engine:?}"
        );
    }
}

#[test]
fn a_failed_statement_leaves_everything_before_it_and_the_next_run_goes_on_there() {
    for engine in Engine::ALL {
        let Some(one) = Deployment::new(engine, "failed", &[]) else {
            continue;
        };
        one.faults("fail_statement = \"1.12.0:3\"");
        let failed = one.ops("new_home", "migrate", &[]).expect(1);
        assert!(
            failed
                .stdout
                .contains("Failed to run sql: [UPDATE table_entity SET")
                && failed.stdout.contains(engine.driver()),
            "{}",
            failed.stdout
        );
        assert_eq!(one.versions()[..2], ["1.11.2", "1.11.0"]);
        one.ops("new_home", "validate", &[]).expect(1);
        one.faults("");
        one.ops("new_home", "migrate", &[]).expect(0);
        assert_eq!(one.versions()[..2], ["1.12.4", "1.12.0"]);
        for command in [
            "validate",
            "info",
            "check-connection",
            "changelog",
            "reindex",
            "deploy-pipelines",
        ] {
            one.ops("new_home", command, &[]).expect(0);
        }
        // Looking with the new build took Flyway's table away.
        one.ops("old_home", "validate", &[]).expect(1);
    }
}

#[test]
fn a_session_lost_before_the_record_fails_next_time_unless_forced() {
    for engine in Engine::ALL {
        let Some(one) = Deployment::new(engine, "lost", &[]) else {
            continue;
        };
        one.faults("lose_connection_at = \"1.11.0:1\"");
        one.ops("new_home", "migrate", &[]).expect(1);
        one.faults("");
        let twice = one.ops("new_home", "migrate", &[]).expect(1);
        let words = match engine {
            Engine::Postgres => "already exists",
            Engine::Mysql | Engine::OldMysql => "Duplicate column name 'archived'",
        };
        assert!(twice.stdout.contains(words), "{}", twice.stdout);
        one.ops("new_home", "migrate --force", &[]).expect(0);
        assert_eq!(one.versions()[0], "1.12.4");
    }
}

#[test]
fn the_old_server_serves_and_writes() {
    for engine in Engine::ALL {
        let Some(one) = Deployment::new(engine, "serves", &[]) else {
            continue;
        };
        one.faults("server_write_interval_ms = 50");
        let count = || one.database.sql("select count(*) from change_event");
        let before = count();
        one.start();
        wait::until("a change event of the server", SOON, || {
            (count() != before).then_some(())
        });
        one.stop();
        let touched = one
            .database
            .sql("select count(*) from table_entity where updatedAt > 1780000000000");
        assert_ne!(touched, "0", "{engine:?}");
    }
}
