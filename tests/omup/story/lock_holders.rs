//! A session that holds a lock in the migration's way: named with age and statement, waited for, and
//! ended only when a person chooses its number.

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::stage::{RUN, Setting, Stage};
use crate::support::digest::difference;
use crate::support::process::Process;
use crate::support::wait;
use crate::support::{mysql, postgres};

const SOON: Duration = Duration::from_secs(60);

fn setting(faults: &str) -> Setting {
    Setting {
        size: "300KB",
        faults: format!("server_write_interval_ms = 0\n{faults}"),
        ..Setting::default()
    }
}

fn journal(stage: &Stage) -> std::path::PathBuf {
    let runs = stage.folder.join("state/runs");
    wait::until("the journal", RUN, || {
        std::fs::read_dir(&runs)
            .ok()?
            .flatten()
            .map(|run| run.path().join("journal.jsonl"))
            .find(|path| path.is_file())
    })
}

fn wait_for(stage: &Stage, needle: &str) -> Value {
    let line = wait::for_line(&journal(stage), needle, RUN);
    serde_json::from_str(&line).expect("JSON")
}

fn count(stage: &Stage, needle: &str) -> usize {
    let text = std::fs::read_to_string(journal(stage)).expect("the journal");
    text.lines().filter(|line| line.contains(needle)).count()
}

/// Somebody's session that keeps a table from being altered.
struct Holder {
    client: Child,
    /// As the server numbers it.
    connection: i64,
}

impl Holder {
    /// By a user who is not OpenMetadata's: `LOCK TABLES`, which is no transaction.
    fn on_mysql(stage: &Stage) -> Holder {
        let database = stage.mysql_database().expect("MySQL");
        let client = database
            .server
            .client_as(mysql::USER, mysql::PASSWORD, "mysql")
            .arg("--execute=lock tables query_entity read; select sleep(3600), 'a-secret'")
            .arg(&database.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mysql starts");
        let connection = wait::until("the lock", SOON, || {
            let sql = "select processlist_id from performance_schema.threads where processlist_db = database()
                and processlist_info like 'select sleep(3600)%'";
            database.sql_as_root(sql).trim().parse().ok()
        });
        Holder { client, connection }
    }

    fn on_postgres(stage: &Stage) -> Holder {
        let database = stage.postgres_database().expect("PostgreSQL");
        let client = database
            .server
            .client_as(postgres::ROLE, postgres::PASSWORD, "psql", &database.name)
            .arg("--command=begin; lock table query_entity in access share mode; select pg_sleep(3600), 'a-secret'")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql starts");
        let connection = wait::until("the lock", SOON, || {
            let sql = "select pid from pg_stat_activity where datname = current_database()
                and query like '%pg_sleep(3600)%' and pid <> pg_backend_pid()";
            database.sql_as_superuser(sql).trim().parse().ok()
        });
        Holder { client, connection }
    }

    fn lives(&mut self) -> bool {
        matches!(self.client.try_wait(), Ok(None))
    }

    fn release(&mut self) {
        if let Some(process) = Process::of(self.client.id()) {
            process.kill_tree();
        }
        let _ = self.client.wait();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.release();
    }
}

#[track_caller]
fn asked(stage: &Stage, holder: &Holder) -> Value {
    let number = holder.connection;
    let question = wait_for(stage, &format!("\"id\":\"lock-holder-{number}-"));
    let text = question["text"].as_str().expect("text");
    let named = format!("query_entity held by connection {number}, user 'om' from ");
    assert!(text.contains(&named), "{text}");
    assert!(text.contains(" old: "), "the age: {text}");
    assert!(text.contains("sleep(3600)"), "the statement: {text}");
    assert!(!text.contains("a-secret"), "no text out of it: {text}");
    question
}

fn values(question: &Value) -> Vec<String> {
    let choices = question["choices"].as_array().expect("choices");
    choices
        .iter()
        .map(|choice| choice["value"].as_str().expect("text").to_string())
        .collect()
}

#[track_caller]
fn upgraded(stage: &Stage) {
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
}

/// There before the migration is started; ended as chosen, and what is not a choice is refused.
#[test]
fn one_that_is_there_before_the_migration_is_ended_by_choice_on_mysql() {
    let Some(stage) = Stage::watched_mysql("lock-before", &setting("")) else {
        return;
    };
    let mut holder = Holder::on_mysql(&stage);
    let running = stage.call(&["run", "--answers"], true).start();
    let question = asked(&stage, &holder);
    let end = format!("end-{}", holder.connection);
    assert_eq!(values(&question), ["wait", "go-on", &end]);
    assert_eq!(count(&stage, "\"name\":\"migrate\""), 0, "not begun yet");
    let id = question["id"].as_str().expect("an id").to_string();
    let status = stage.omup(&["status"], false).expect(0).stdout;
    assert!(
        status.contains(&format!("{id}=wait`, or another of wait | go-on | {end}")),
        "{status}"
    );
    let wrong = stage.omup(&["answer", "last", &format!("{id}=end")], false);
    assert_ne!(wrong.code, 0);
    assert!(holder.lives(), "nothing is ended by another word");
    stage
        .omup(&["answer", "last", &format!("{id}={end}")], false)
        .expect(0);
    running.end(RUN).expect(0);
    assert!(!holder.lives());
    let effect = wait_for(&stage, &format!("end connection {}", holder.connection));
    assert_eq!(effect["kind"], "effect", "written down before it is done");
    assert_eq!(count(&stage, "\"fact\":\"lock-holder-ended\""), 1);
    upgraded(&stage);
    let report = stage.omup(&["report"], false).expect(0).stdout;
    assert!(report.contains("was ended by choice"), "{report}");
}

/// Waiting as chosen is asked again: whoever has had enough of it begins, and nobody's session is ended.
#[test]
fn a_wait_that_was_chosen_can_be_taken_back_on_mysql() {
    let slow = setting("statement_delay_ms = 50\n");
    let Some(stage) = Stage::watched_mysql("lock-back", &slow) else {
        return;
    };
    let mut holder = Holder::on_mysql(&stage);
    let running = stage.call(&["run", "--answers"], true).start();
    let question = asked(&stage, &holder);
    let id = question["id"].as_str().expect("an id").to_string();
    let answer = |pair: &str| stage.omup(&["answer", "last", pair], false).expect(0);
    answer(&format!("{id}=wait"));
    let again = wait_for(&stage, &format!("\"id\":\"{id}-2\""));
    assert_eq!(
        values(&again),
        ["go-on".to_string(), format!("end-{}", holder.connection)]
    );
    let text = again["text"].as_str().expect("text");
    assert!(text.contains("it waits, as you chose"), "{text}");
    assert_eq!(count(&stage, "\"name\":\"migrate\""), 0, "not begun yet");
    answer(&format!("{id}-2=go-on"));
    wait_for(&stage, "\"name\":\"migrate\"");
    assert!(holder.lives(), "nobody was ended");
    holder.release();
    running.end(RUN).expect(0);
    assert_eq!(count(&stage, "\"fact\":\"lock-holder-ended\""), 0);
    upgraded(&stage);
}

/// The last moment in which an abort costs no restore: no command of the new version has run.
#[test]
fn aborted_while_it_waits_for_a_lock_the_migration_is_not_begun_on_mysql() {
    let Some(stage) = Stage::watched_mysql("lock-abort", &setting("")) else {
        return;
    };
    let mut holder = Holder::on_mysql(&stage);
    let name = stage.database_name();
    let before = stage.contents(&name);
    let running = stage.call(&["run", "--answers"], true).start();
    asked(&stage, &holder);
    stage.omup(&["abort"], false).expect(0);
    let ended = running.end(RUN).expect(41);
    assert!(
        ended
            .stdout
            .contains("no command of the new version has reached the database"),
        "{}",
        ended.stdout
    );
    assert_eq!(count(&stage, "\"why\":\"the run is aborted\""), 1);
    assert_eq!(count(&stage, "\"name\":\"migrate\""), 0, "never begun");
    assert_eq!(
        difference(&before, &stage.contents(&name)),
        Vec::<String>::new()
    );
    assert!(holder.lives(), "nobody was ended");
    holder.release();
    // Nothing was migrated, so the old version may simply serve again.
    let way = ["rollback", "--way", "start-old", "--confirm", &name];
    stage.omup(&way, false).expect(31);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str()
    );
}

/// While the migration waits; nobody answers, and it is gone by itself: nothing is ended.
#[test]
fn one_that_comes_later_is_waited_for_on_mysql() {
    let slow = setting("statement_delay_ms = 600\n");
    let Some(stage) = Stage::watched_mysql("lock-waits", &slow) else {
        return;
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for(&stage, "\"name\":\"migrate\"");
    let mut holder = Holder::on_mysql(&stage);
    let question = asked(&stage, &holder);
    assert_eq!(
        values(&question),
        ["wait".to_string(), format!("end-{}", holder.connection)]
    );
    holder.release();
    running.end(RUN).expect(0);
    assert_eq!(count(&stage, "question-withdrawn"), 1);
    assert_eq!(count(&stage, "lock-holder-ended"), 0);
    assert_eq!(count(&stage, "\"answered\""), 2, "the go-aheads");
    upgraded(&stage);
}

#[test]
fn one_that_comes_later_is_ended_by_choice_on_postgres() {
    let slow = setting("statement_delay_ms = 600\n");
    let Some(stage) = Stage::postgres("lock-waits", &slow) else {
        return;
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for(&stage, "\"name\":\"migrate\"");
    let mut holder = Holder::on_postgres(&stage);
    let question = asked(&stage, &holder);
    let id = question["id"].as_str().expect("an id");
    let answer = format!("{id}=end-{}", holder.connection);
    stage.omup(&["answer", "last", &answer], false).expect(0);
    running.end(RUN).expect(0);
    assert!(!holder.lives());
    assert_eq!(count(&stage, "\"fact\":\"lock-holder-ended\""), 1);
    upgraded(&stage);
}

/// Without the right to see locks the migration waits all the same, and says which right is missing.
#[test]
fn who_cannot_be_seen_is_said_with_the_missing_right_on_mysql() {
    let slow = setting("statement_delay_ms = 600\n");
    let Some(stage) = Stage::mysql("lock-hidden", &slow) else {
        return;
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for(&stage, "\"name\":\"migrate\"");
    let mut holder = Holder::on_mysql(&stage);
    let told = wait::until("the heartbeat", RUN, || {
        let text = std::fs::read_to_string(running.stdout_file()).ok()?;
        text.contains("it waits for a lock").then_some(text)
    });
    assert!(
        told.contains("GRANT SELECT ON performance_schema.* TO 'om'@'%';"),
        "{told}"
    );
    assert!(holder.lives());
    holder.release();
    running.end(RUN).expect(0);
    upgraded(&stage);
}

/// The session of a superuser may not be ended by this user: said with the missing right, asked anew.
#[test]
fn one_that_may_not_be_ended_is_said_and_stays_on_mysql() {
    let Some(stage) = Stage::watched_mysql("lock-root", &setting("")) else {
        return;
    };
    let database = stage.mysql_database().expect("MySQL");
    let mut client = database
        .server
        .client("mysql")
        .arg("--execute=lock tables query_entity read; select sleep(3600)")
        .arg(&database.name)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mysql starts");
    let running = stage.call(&["run", "--answers"], true).start();
    let question = wait_for(&stage, "\"id\":\"lock-holder-");
    let id = question["id"].as_str().expect("an id").to_string();
    let end = values(&question).pop().expect("a choice");
    stage
        .omup(&["answer", "last", &format!("{id}={end}")], false)
        .expect(0);
    let alarm = wait_for(&stage, "was not ended");
    assert_eq!(alarm["kind"], "alarm");
    wait_for(&stage, &format!("\"id\":\"{id}-2\""));
    assert!(matches!(client.try_wait(), Ok(None)), "it lives");
    if let Some(process) = Process::of(client.id()) {
        process.kill_tree();
    }
    let _ = client.wait();
    running.end(RUN).expect(0);
    assert_eq!(count(&stage, "lock-holder-ended"), 0);
    upgraded(&stage);
}
