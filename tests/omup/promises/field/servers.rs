//! Servers that are set up otherwise: names in small letters, small packets, short patience, a replica; and one that is
//! no MySQL.

use std::process::Command;
use std::time::{Duration, Instant};

use super::super::help::{nothing_changed, quiet, wait_for_journal};
use super::unconfirmed;
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::digest::difference;
use crate::support::engine::Engine;
use crate::support::private_server::PrivateServer;
use crate::support::proxy::Proxy;
use crate::support::tool::{from_environment, tool};
use crate::support::wait;

/// Up, proven, and back: the content of the beginning.
fn up_and_back(stage: &Stage) {
    let name = stage.database_name();
    let before = stage.contents(&name);
    stage.omup(&["run", "--answers"], true).expect(0);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
    stage
        .omup(&["rollback", "--way", "restore", "--confirm", &name], false)
        .expect(60);
    let restored: Vec<String> = stage
        .databases()
        .into_iter()
        .filter(|other| *other != name)
        .collect();
    assert_eq!(restored.len(), 1, "{restored:?}");
    assert_eq!(
        difference(&before, &stage.contents(&restored[0])),
        Vec::<String>::new()
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str()
    );
}

#[test]
fn up_and_back_where_the_server_writes_all_names_in_small_letters() {
    let Some(private) = PrivateServer::mysql("lower_case_table_names = 1") else {
        return;
    };
    up_and_back(&Stage::on(private.server(), "field-letters", &quiet("")));
}

/// 1 MB was the default up to MySQL 5.5.
#[test]
fn up_and_back_where_packets_are_small() {
    let Some(private) = PrivateServer::mysql("max_allowed_packet = 1M") else {
        return;
    };
    let stage = Stage::on(private.server(), "field-packets", &quiet(""));
    // As hexadecimal digits, in which the tests compare it, it is nearly as long as a packet may be.
    stage.database().sql(
        "insert into user_tokens (json) values (json_object('token', 'long', 'userId', 'u', 'tokenType', 't',
            'expiryDate', 1, 'more', repeat('x', 450000)))",
    );
    up_and_back(&stage);
}

/// Sessions that rest for two seconds are ended: the run waits longer than that for its answers, and its locks hold.
#[test]
fn a_run_that_waits_for_its_answers_is_not_forgotten_by_an_impatient_server() {
    let settings = "wait_timeout = 2\ninteractive_timeout = 2\nlock_wait_timeout = 2";
    let Some(private) = PrivateServer::mysql(settings) else {
        return;
    };
    let setting = Setting {
        answers: "[run]\nwait_for_answers = 120\n".to_string(),
        ..unconfirmed()
    };
    let stage = Stage::on(private.server(), "field-patience", &setting);
    let running = stage.call(&["run", "--answers"], true).start();
    for id in ["start-of-downtime", "point-of-no-return"] {
        wait_for_journal(&stage, &format!("\"id\":\"{id}\""));
        let asked = Instant::now();
        wait::until("more than the server's patience", RUN, || {
            (asked.elapsed() > Duration::from_secs(5)).then_some(())
        });
        // Nobody else can begin meanwhile.
        let other = stage
            .call(&["run", "--answers"], true)
            .env("OMUP_STATE_DIR", stage.folder.join("other-state"))
            .run(RUN);
        assert_eq!(other.code, 12, "{}\n{}", other.stdout, other.stderr);
        let answer = format!("{id}={}", stage.database_name());
        stage.omup(&["answer", "last", &answer], false).expect(0);
    }
    running.end(RUN).expect(0);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
}

#[test]
fn a_replica_that_takes_no_writes_is_refused_before_anything_is_begun() {
    let Some(private) = PrivateServer::start(Engine::Mysql) else {
        return;
    };
    let stage = Stage::on(private.server(), "field-replica", &quiet(""));
    let before = stage.contents(&stage.database_name());
    for variable in ["read_only", "super_read_only"] {
        private.server().sql(&format!("set global {variable} = on"));
        let ended = stage.omup(&["run", "--answers"], true).expect(10);
        assert!(
            ended.stdout.contains("OM-DB-003")
                && ended.stdout.contains("is read-only: a replica")
                && ended.stdout.contains("the source of the replication"),
            "{variable}\n{}",
            ended.stdout
        );
        private
            .server()
            .sql("set global super_read_only = off; set global read_only = off");
        nothing_changed(&stage, &before, variable);
    }
    stage.omup(&["run", "--answers"], true).expect(0);
}

/// Behind the same address stands MariaDB, which speaks MySQL's language.
#[test]
fn a_server_of_mariadb_is_refused_with_the_reason() {
    let (url, programs) = match (from_environment("mariadb"), tool("mariadb_tools")) {
        (Ok(url), Some(programs)) => (url, programs),
        (Err(reason), _) => return crate::support::skip::skip(&reason),
        (Ok(_), None) => return,
    };
    let port: u16 = url
        .strip_suffix("/mysql")
        .and_then(|url| url.rsplit(':').next()?.parse().ok())
        .expect("mysql://root:none@127.0.0.1:PORT/mysql");
    let Some(server) = Engine::Mysql.server() else {
        return;
    };
    let proxy = Proxy::before(server.port());
    let setting = Setting {
        database_port: Some(proxy.port),
        ..quiet("")
    };
    let stage = Stage::on(&server, "field-mariadb", &setting);
    let name = stage.database_name();
    let on_mariadb = |sql: &str| {
        let status = Command::new(programs.join("mysql"))
            .args(["--no-defaults", "--host=127.0.0.1", "--user=root"])
            .arg(format!("--port={port}"))
            .arg(format!("--execute={sql}"))
            .status();
        assert!(status.is_ok_and(|status| status.success()), "{sql}");
    };
    on_mariadb(&format!("create database {name}"));
    proxy.point_at(port);
    for command in ["check", "run"] {
        let ended = stage.omup(&[command, "--answers"], true).expect(3);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(
            said.contains("is MariaDB (") && said.contains("move the database to MySQL 8 first"),
            "{command}\n{said}"
        );
    }
    on_mariadb(&format!("drop database {name}"));
    proxy.point_at(server.port());
    stage.omup(&["run", "--answers"], true).expect(0);
}
