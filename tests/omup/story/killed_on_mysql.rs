//! Kills at the places that only MySQL has: a restored database has its last name before it bears its mark
//! and after it has lost it, and the sort memory by choice is the whole server's.

use super::stage::{RUN, Setting, Stage};
use crate::support::digest::difference;
use crate::support::engine::Engine;
use crate::support::mysql::USER;
use crate::support::private_server::PrivateServer;

fn quiet(faults: &str, answers: &str) -> Setting {
    Setting {
        size: "300KB",
        faults: format!("server_write_interval_ms = 0\n{faults}"),
        answers: answers.to_string(),
        ..Setting::default()
    }
}

fn effects(trace: &std::path::Path) -> Vec<String> {
    std::fs::read_to_string(trace)
        .expect("the trace")
        .lines()
        .map(String::from)
        .collect()
}

/// The numbers of the points with such a name.
fn points<'a>(effects: &'a [String], names: &[&str]) -> Vec<(&'a str, &'a str)> {
    effects
        .iter()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, name)| names.contains(name))
        .collect()
}

/// An upgrade that has failed and waits for its way back.
fn failed(name: &str) -> Option<Stage> {
    let stage = Stage::mysql(name, &quiet("fail_statement = \"1.12.0:2\"\n", ""))?;
    stage.omup(&["run", "--answers"], true).expect(41);
    stage.faults("server_write_interval_ms = 0\n");
    Some(stage)
}

fn back(stage: &Stage) -> crate::support::omup::Omup {
    let name = stage.database_name();
    stage.call(&["rollback", "--way", "restore", "--confirm", &name], false)
}

#[test]
fn between_making_a_database_and_marking_it_and_between_unmarking_it_and_the_journal() {
    let Some(calm) = failed("mark-calm") else {
        return;
    };
    let trace = calm.folder.join("effects");
    back(&calm)
        .env("OMUP_EFFECT_TRACE", &trace)
        .run(RUN)
        .expect(60);
    let effects = effects(&trace);
    let wanted = ["database made, not yet marked", "restored database named"];
    let points = points(&effects, &wanted);
    assert_eq!(points.len(), 2, "{effects:?}");
    for (number, point) in points {
        let Some(stage) = failed("mark-killed") else {
            return;
        };
        let name = stage.database_name();
        let killed = back(&stage).env("OMUP_KILL_AT", number).run(RUN);
        assert_ne!(killed.code, 0, "{point}");
        let between: Vec<String> = stage
            .databases()
            .into_iter()
            .filter(|database| *database != name)
            .collect();
        assert_eq!(between.len(), 1, "{point}: it stands under its last name");
        let database = stage.mysql_database().expect("MySQL");
        let marked = database.server.sql(
            &between[0],
            "select count(*) from information_schema.tables where table_schema = database() and table_name = 'omup_unfinished'",
        );
        assert_eq!(marked, "0", "{point}: without its mark");
        let resumed = stage.omup(&["resume"], false);
        assert_eq!(
            resumed.code, 60,
            "{point}\n{}\n{}",
            resumed.stdout, resumed.stderr
        );
        assert_eq!(
            stage.serving().as_deref(),
            stage.made["old_version"].as_str(),
            "{point}"
        );
        let restored: Vec<String> = stage
            .databases()
            .into_iter()
            .filter(|database| *database != name)
            .collect();
        assert_eq!(restored, between, "{point}: one, and no other beside it");
        let calm_restored: Vec<String> = calm
            .databases()
            .into_iter()
            .filter(|database| *database != calm.database_name())
            .collect();
        assert_eq!(
            difference(
                &calm.contents(&calm_restored[0]),
                &stage.contents(&restored[0])
            ),
            Vec::<String>::new(),
            "{point}"
        );
        println!("{number:>3} {point}: resumed, equal");
    }
}

/// The server's own value, in bytes.
fn global(server: &PrivateServer) -> u64 {
    server
        .server()
        .sql("select @@global.sort_buffer_size")
        .parse()
        .expect("bytes")
}

#[test]
fn the_servers_own_sort_memory_is_put_back_after_a_kill_and_after_the_ladder() {
    let Some(server) = PrivateServer::start(Engine::Mysql) else {
        return;
    };
    let allow = format!("grant system_variables_admin on *.* to {USER}@'%'");
    server.server().sql(&allow);
    const OLD: u64 = 1 << 18;
    assert_eq!(global(&server), OLD, "MySQL's default");
    let answers = "[memory]\nway = \"global\"\n";
    let stage = |name: &str| Stage::on(server.server(), name, &quiet("", answers));

    let calm = stage("global-calm");
    let trace = calm.folder.join("effects");
    calm.call(&["run", "--answers"], true)
        .env("OMUP_EFFECT_TRACE", &trace)
        .run(RUN)
        .expect(0);
    assert_eq!(global(&server), OLD, "put back at the end");
    let effects = effects(&trace);
    let wanted = ["set role memory", "role memory set", "role memory put back"];
    let points = points(&effects, &wanted);
    assert_eq!(points.len(), 3, "{effects:?}");
    for (number, point) in points {
        let stage = stage("global-killed");
        let killed = stage
            .call(&["run", "--answers"], true)
            .env("OMUP_KILL_AT", number)
            .run(RUN);
        assert_ne!(killed.code, 0, "{point}");
        if point == "role memory set" {
            assert_eq!(global(&server), 20 << 20, "the kill left it raised");
        }
        stage.omup(&["resume"], false).expect(0);
        assert_eq!(global(&server), OLD, "killed at '{point}'");
        println!("{number:>3} {point}: resumed, put back");
    }

    // Raised twice more by the ladder: what it was before the run comes back.
    let mut long = quiet("", answers);
    long.longest_query = Some("34MB");
    let stage = Stage::on(server.server(), "global-ladder", &long);
    let name = stage.database_name();
    stage.omup(&["run", "--answers"], true).expect(41);
    let more = ["rollback", "--way", "more-memory", "--confirm", &name];
    stage.omup(&more, false).expect(41);
    assert_eq!(global(&server), 32 << 20);
    stage.omup(&more, false).expect(0);
    assert_eq!(global(&server), OLD);
}

/// A binary log that forbids triggers and functions without SUPER (error 1419) is named before the backup.
#[test]
fn a_server_that_forbids_triggers_is_named_by_the_check() {
    let Some(server) = PrivateServer::start(Engine::Mysql) else {
        return;
    };
    let stage = Stage::on(server.server(), "guarded", &quiet("", ""));
    stage.mysql_database().expect("MySQL").sql(
        "create trigger told before update on user_entity for each row set new.nameHash = new.nameHash",
    );
    let allowed = stage.omup(&["check", "--answers"], true).stdout;
    assert!(!allowed.contains("error 1419"), "{allowed}");
    server
        .server()
        .sql("set global log_bin_trust_function_creators = off");
    let told = stage.omup(&["check", "--answers"], true).expect(10).stdout;
    assert!(
        told.contains("error 1419")
            && told.contains("SET GLOBAL log_bin_trust_function_creators = ON;"),
        "{told}"
    );
}
