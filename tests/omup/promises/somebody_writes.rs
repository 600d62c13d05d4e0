//! Promise 12, somebody still writes: with the server stopped, a client of OpenMetadata's user from anywhere
//! holds the run back, and its address is named; one that comes later is an alarm.

use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

use super::help::{nothing_changed, quiet, wait_for_journal};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::digest::difference;
use crate::support::engine::{Database, Engine};
use crate::support::process::Process;
use crate::support::proxy::Proxy;
use crate::support::{mysql, port, postgres, wait};

/// A second server of the same deployment on "another host": its sessions come from 127.0.0.2.
struct SecondHost {
    child: Child,
}

impl SecondHost {
    fn start(stage: &Stage) -> SecondHost {
        let home = stage.folder.join("deployment/second-host");
        let copied = Command::new("cp")
            .arg("-a")
            .arg(stage.home("old_home"))
            .arg(&home)
            .status()
            .expect("cp");
        assert!(copied.success());
        let environment = home.join("conf/openmetadata-env.sh");
        let mut text = std::fs::read_to_string(&environment).expect("the environment");
        text.push_str(&format!(
            "export SERVER_PORT='{}'\nexport SERVER_ADMIN_PORT='{}'\n",
            port::free(),
            port::free()
        ));
        std::fs::write(&environment, text).expect("write the environment");
        let child = Command::new("sh")
            .arg("-c")
            .arg(". conf/openmetadata-env.sh; exec \"$0\" practice server --home . --bind-from 127.0.0.2")
            .arg(env!("CARGO_BIN_EXE_omup"))
            .current_dir(&home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the second server starts");
        let second = SecondHost { child };
        wait::until("a session from 127.0.0.2", RUN, || {
            let sessions = stage.database().sessions();
            sessions
                .iter()
                .any(|one| one.address == "127.0.0.2")
                .then_some(())
        });
        second
    }
}

impl Drop for SecondHost {
    fn drop(&mut self) {
        if let Some(process) = Process::of(self.child.id()) {
            process.kill_tree();
        }
        let _ = self.child.wait();
    }
}

#[test]
fn a_second_server_on_another_host_holds_the_run_back_on_postgres() {
    second_host(Engine::Postgres);
}

#[test]
fn a_second_server_on_another_host_holds_the_run_back_on_mysql() {
    second_host(Engine::Mysql);
}

fn second_host(engine: Engine) {
    let Some(stage) = Stage::of(engine, "second-host", &quiet("")) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    let second = SecondHost::start(&stage);
    let ended = stage.omup(&["run", "--answers"], true);
    assert_eq!(ended.code, 31, "{}\n{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("can still write") && ended.stdout.contains("127.0.0.2"),
        "{}",
        ended.stdout
    );
    nothing_changed(&stage, &before, "a second server");
    // The check had said so before anybody was locked out.
    let check = stage.omup(&["check", "--answers"], true);
    assert!(
        check.stdout.contains("OM-WRITE-001") && check.stdout.contains("127.0.0.2"),
        "{}",
        check.stdout
    );
    drop(second);
    stage.omup(&["resume"], false).expect(0);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
}

/// A client that only holds a connection open: idle is not harmless, it can write at any time.
struct Client {
    child: Child,
}

impl Client {
    /// Through this port; it gives itself [`Client::name`].
    fn connect(stage: &Stage, port: u16) -> Client {
        let mut command = match stage.database() {
            Database::Postgres(database) => {
                let mut psql = database.server.client_as(
                    postgres::ROLE,
                    postgres::PASSWORD,
                    "psql",
                    &database.name,
                );
                psql.env("PGPORT", port.to_string())
                    .env("PGAPPNAME", "somebody's script")
                    .arg("-Xq");
                psql
            }
            Database::Mysql(database) => {
                let mut mysql = database
                    .server
                    .client_as(mysql::USER, mysql::PASSWORD, "mysql");
                mysql.arg(format!("--port={port}")).arg(&database.name);
                mysql
            }
        };
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a client");
        let client = Client { child };
        wait::until("the client's session", RUN, || {
            let sessions = stage.database().sessions();
            sessions
                .iter()
                .any(|one| one.application == Self::name(stage))
                .then_some(())
        });
        client
    }

    /// What the server knows of its program. MySQL's own client always tells its own name.
    fn name(stage: &Stage) -> &'static str {
        match stage.database() {
            Database::Postgres(_) => "somebody's script",
            Database::Mysql(_) => "mysql",
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It ends with its standard input.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn an_idle_client_of_the_same_user_holds_the_run_back_on_postgres() {
    idle_client(Engine::Postgres);
}

#[test]
fn an_idle_client_of_the_same_user_holds_the_run_back_on_mysql() {
    idle_client(Engine::Mysql);
}

fn idle_client(engine: Engine) {
    let Some(stage) = Stage::of(engine, "idle-client", &quiet("")) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    let client = Client::connect(&stage, stage.database().server().port());
    let ended = stage.omup(&["run", "--answers"], true);
    assert_eq!(ended.code, 31, "{}\n{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains(Client::name(&stage)) && ended.stdout.contains("127.0.0.1"),
        "{}",
        ended.stdout
    );
    nothing_changed(&stage, &before, "an idle client");
    drop(client);
}

#[test]
fn a_writer_whom_nobody_sees_holds_the_run_back_at_the_point_on_postgres() {
    if let Some(stage) = Stage::postgres("unseen-writer", &asking()) {
        unseen_writer(&stage, "written row");
    }
}

#[test]
fn a_writer_whom_nobody_sees_holds_the_run_back_at_the_point_on_mysql() {
    if let Some(stage) = Stage::watched_mysql("unseen-writer", &asking()) {
        unseen_writer(&stage, "written row");
    }
}

/// Without the right to read the server's count, what was compared is compared again.
#[test]
fn a_writer_whom_nobody_counts_holds_the_run_back_at_the_point_on_mysql() {
    if let Some(stage) = Stage::mysql("uncounted-writer", &asking()) {
        unseen_writer(&stage, "the source is not what it was");
    }
}

fn asking() -> Setting {
    Setting {
        answers: "[run]\nwait_for_answers = 120\n".to_string(),
        confirm: false,
        ..quiet("")
    }
}

/// A script of a moment, between two looks at the sessions, while the go-ahead is waited for.
fn unseen_writer(stage: &Stage, told: &str) {
    let name = stage.database_name();
    let answer = |id: &str| {
        let pair = format!("{id}={name}");
        stage.omup(&["answer", "last", &pair], false).expect(0);
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(stage, "\"id\":\"start-of-downtime\"");
    answer("start-of-downtime");
    wait_for_journal(stage, "\"id\":\"point-of-no-return\"");
    let write = match stage.database() {
        Database::Postgres(_) => {
            "update tag set json = jsonb_set(json, '{description}', '\"meanwhile\"')"
        }
        Database::Mysql(_) => "update tag set json = json_set(json, '$.description', 'meanwhile')",
    };
    stage.database().sql_as_administrator(write);
    let before = stage.contents(&name);
    // For as long as a person needs at least.
    let asked = std::time::Instant::now();
    wait::until("a person to be back", RUN, || {
        (asked.elapsed() > std::time::Duration::from_secs(6)).then_some(())
    });
    answer("point-of-no-return");
    let ended = running.end(RUN);
    assert_eq!(ended.code, 31, "{}\n{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains(told) && ended.stdout.contains("somebody writes"),
        "{}",
        ended.stdout
    );
    nothing_changed(stage, &before, "an unseen writer");
    // What it wrote is in the backup that the next attempt stands on.
    let running = stage.call(&["resume"], false).start();
    for id in ["start-of-downtime", "point-of-no-return"] {
        wait::until("the question again", RUN, || {
            (stage.status()["view"]["question"]["id"] == id).then_some(())
        });
        answer(id);
    }
    running.end(RUN).expect(0);
    stage
        .omup(&["rollback", "--way", "restore", "--confirm", &name], false)
        .expect(60);
    let restored = stage.databases();
    let restored: Vec<&String> = restored.iter().filter(|other| **other != name).collect();
    assert_eq!(
        difference(&before, &stage.contents(restored[0])),
        Vec::<String>::new()
    );
}

#[test]
fn a_client_that_comes_in_the_migration_is_an_alarm_on_postgres() {
    late_client(Engine::Postgres);
}

#[test]
fn a_client_that_comes_in_the_migration_is_an_alarm_on_mysql() {
    late_client(Engine::Mysql);
}

fn late_client(engine: Engine) {
    let Some(stage) = Stage::of(engine, "late-client", &quiet("statement_delay_ms = 400\n")) else {
        return;
    };
    let port = stage.database().server().port();
    let elsewhere = Proxy::coming_from(Ipv4Addr::new(127, 0, 0, 3), port);
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(&stage, "\"child-started\"");
    let client = Client::connect(&stage, elsewhere.port);
    let alarm = wait_for_journal(&stage, "\"kind\":\"alarm\"");
    assert!(
        alarm.contains("127.0.0.3") && alarm.contains("must be down"),
        "{alarm}"
    );
    let ended = running.end(RUN).expect(0);
    drop(client);
    assert!(
        ended.stdout.contains("127.0.0.3"),
        "the alarm was shown\n{}",
        ended.stdout
    );
    // It stands in the report, for whoever reads it in the morning.
    let report = stage.omup(&["report"], false).expect(0);
    assert!(report.stdout.contains("127.0.0.3"), "{}", report.stdout);
}

/// On SQLite "somebody" is a process that has the file open.
#[test]
fn a_process_with_the_file_open_holds_the_run_back_on_sqlite() {
    let stage = Stage::sqlite("file-open", &quiet(""));
    let before = stage.contents(&stage.database_name());
    let file = stage.made["database_file"]
        .as_str()
        .expect("a path")
        .to_string();
    let mut holder = Command::new("sleep")
        .arg("600")
        .stdin(
            std::fs::OpenOptions::new()
                .read(true)
                .write(true)
                .open(&file)
                .expect("open"),
        )
        .spawn()
        .expect("sleep");
    let ended = stage.omup(&["run", "--answers"], true);
    let pid = holder.id();
    let _ = holder.kill();
    let _ = holder.wait();
    assert_eq!(ended.code, 31, "{}\n{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains(&pid.to_string()),
        "process {pid} is named\n{}",
        ended.stdout
    );
    nothing_changed(&stage, &before, "a file that is open");
}
