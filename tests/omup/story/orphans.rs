//! A statement whose client is gone goes on in the server: it is found and waited for, and nothing is repeated or
//! begun beside it.

use std::process::{Child, Stdio};

use super::stage::{RUN, Setting, Stage};
use crate::support::digest::difference;
use crate::support::engine::{Database, Engine};
use crate::support::process::Process;
use crate::support::{mysql, postgres, wait};

/// Somebody's session that keeps the migration's next statement waiting in the server, whatever becomes of its client.
struct Holder<'a> {
    client: Child,
    database: &'a Database,
}

impl Holder<'_> {
    fn new(stage: &Stage) -> Holder<'_> {
        let database = stage.database();
        let (mut client, sql) = match database {
            Database::Postgres(one) => {
                let (role, password) = (postgres::ROLE, postgres::PASSWORD);
                (
                    one.server.client_as(role, password, "psql", &one.name),
                    "--command=begin; lock table query_entity in access share mode; select pg_sleep(3600)",
                )
            }
            Database::Mysql(one) => {
                let (user, password) = (mysql::USER, mysql::PASSWORD);
                let mut client = one.server.client_as(user, password, "mysql");
                client.arg(&one.name);
                (
                    client,
                    "--execute=lock tables query_entity read; select sleep(3600)",
                )
            }
        };
        let client = client
            .arg(sql)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the client starts");
        let holder = Holder { client, database };
        wait::until("the lock", RUN, || {
            (!holder.sessions().is_empty()).then_some(())
        });
        holder
    }

    /// Its numbers, as the server knows them.
    fn sessions(&self) -> String {
        let asleep = match self.database {
            Database::Postgres(_) => {
                "select pid from pg_stat_activity where query like '%pg_sleep(3600)%' and datname = current_database()
                 and pid <> pg_backend_pid()"
            }
            Database::Mysql(_) => {
                "select id from performance_schema.processlist where info like 'select sleep(3600)%' and db = database()"
            }
        };
        self.database
            .sql_as_administrator(asleep)
            .trim()
            .to_string()
    }
}

impl Drop for Holder<'_> {
    fn drop(&mut self) {
        let end = match self.database {
            // A sleeping backend does not notice that its client is gone.
            Database::Postgres(_) => "select pg_terminate_backend",
            Database::Mysql(_) => "kill",
        };
        let session = self.sessions();
        if !session.is_empty() {
            self.database
                .sql_as_administrator(&format!("{end} ({session})"));
        }
        let _ = self.client.wait();
    }
}

/// The processes that the journal names: the runner and its migration.
fn named(stage: &Stage, kind: &str) -> Process {
    let text = std::fs::read_to_string(stage.run_folder().join("journal.jsonl"));
    let text = text.expect("the journal");
    let line = text
        .lines()
        .rev()
        .find(|line| line.contains(kind))
        .expect("a line");
    let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
    let pid = event["pid"].as_u64().expect("a pid");
    Process::of(u32::try_from(pid).expect("small")).expect("it lives")
}

fn migrations_started(stage: &Stage) -> usize {
    let text = std::fs::read_to_string(stage.run_folder().join("journal.jsonl"));
    let text = text.expect("the journal");
    text.lines()
        .filter(|line| line.contains("\"child-started\"") && line.contains("\"name\":\"migrate\""))
        .count()
}

#[test]
fn an_orphaned_statement_is_waited_for_on_postgres() {
    orphan(Engine::Postgres);
}

#[test]
fn an_orphaned_statement_is_waited_for_on_mysql() {
    orphan(Engine::Mysql);
}

fn orphan(engine: Engine) {
    let setting = Setting {
        size: "300KB",
        faults: "server_write_interval_ms = 0\nstatement_delay_ms = 1500\n".to_string(),
        ..Setting::default()
    };
    let Some(stage) = Stage::of(engine, "orphan", &setting) else {
        return;
    };
    let name = stage.database_name();
    let before = stage.contents(&name);
    let running = stage.call(&["run", "--answers"], true).start();
    wait::until("the migration", RUN, || {
        let runs = stage.folder.join("state/runs");
        let run = std::fs::read_dir(runs).ok()?.flatten().next()?.path();
        let text = std::fs::read_to_string(run.join("journal.jsonl")).ok()?;
        text.contains("\"name\":\"migrate\"").then_some(())
    });
    let holder = Holder::new(&stage);
    let session = wait::until("a statement that waits", RUN, || {
        let waits = match engine {
            Engine::Postgres => {
                "select count(*) from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())"
            }
            Engine::Mysql | Engine::OldMysql => {
                "select count(*) from performance_schema.metadata_locks where lock_status = 'PENDING' and object_schema = database()"
            }
        };
        if stage.database().sql_as_administrator(waits).trim() == "0" {
            return None;
        }
        let sessions = stage.database().sessions();
        sessions
            .into_iter()
            .find(|one| one.application.starts_with("omup migrate"))
    });
    named(&stage, "\"runner-started\"").signal(rustix::process::Signal::KILL);
    named(&stage, "\"name\":\"migrate\"").kill_tree();
    running.end(RUN);
    let is_there = || {
        let sessions = stage.database().sessions();
        sessions.iter().any(|one| one.id == session.id)
    };
    assert!(is_there(), "the server goes on with it");
    let resumed = stage.call(&["resume"], false).start();
    wait::for_line(
        &resumed.stdout_file(),
        "a statement of an earlier migration that still runs in the database",
        RUN,
    );
    assert!(is_there(), "nobody has ended it");
    assert_eq!(migrations_started(&stage), 1, "and no other runs beside it");
    drop(holder);
    // What the lost statement did is done; no record says so.
    let ended = resumed.end(RUN);
    assert_eq!(ended.code, 41, "{}\n{}", ended.stdout, ended.stderr);
    assert!(!is_there(), "it has ended by itself");
    assert_eq!(migrations_started(&stage), 1);
    let way = ["rollback", "--way", "restore", "--confirm", &name];
    stage.omup(&way, false).expect(60);
    let restored: Vec<String> = stage.databases();
    let restored: Vec<&String> = restored.iter().filter(|other| **other != name).collect();
    assert_eq!(restored.len(), 1);
    assert_eq!(
        difference(&before, &stage.contents(restored[0])),
        Vec::<String>::new()
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str()
    );
}
