//! Whatever stands in rows, logs, names and settings: what omup prints can do nothing to a terminal.

use std::process::{Child, Stdio};

use super::quiet;
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::engine::{Database, Engine};
use crate::support::omup::Ended;
use crate::support::sessions::Session;
use crate::support::{mysql, wait};

/// What a terminal may obey or a person cannot see; written down here again, so that the program's own list is
/// not its own judge.
pub fn dangerous(c: char) -> bool {
    let code = c as u32;
    (code < 0x20 && c != '\n')
        || (0x7f..=0x9f).contains(&code)
        || (0x200b..=0x200f).contains(&code)
        || (0x2028..=0x202e).contains(&code)
        || (0x2060..=0x2069).contains(&code)
        || [0x61c, 0x180e, 0xfeff].contains(&code)
        || (0xe0000..=0xe007f).contains(&code)
}

#[track_caller]
fn harmless(command: &[&str], ended: &Ended) {
    for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        let at = text.char_indices().find(|(_, c)| dangerous(*c));
        let around = at.map(|(at, _)| {
            text.get(at.saturating_sub(60)..(at + 40).min(text.len()))
                .map_or_else(|| text[at..].chars().take(40).collect(), String::from)
        });
        assert_eq!(around, None, "{command:?} {stream}");
        let longest = text
            .lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0);
        assert!(
            longest < 100_000,
            "{command:?} {stream}: a line of {longest} characters"
        );
    }
    if command.contains(&"--json") && ended.code == 0 {
        let documents: Result<Vec<serde_json::Value>, _> =
            serde_json::Deserializer::from_str(&ended.stdout)
                .into_iter()
                .collect();
        let documents =
            documents.unwrap_or_else(|error| panic!("{command:?}: {error}\n{}", ended.stdout));
        assert!(
            !documents.is_empty() && documents.iter().all(|one| one["schema_version"] == 1),
            "{command:?}"
        );
    }
}

const NAME: &str = "evil \\u001B[2J\\u009B31m\\u202Egnp.exe\\u200B\\u007F\\u0007";

/// Answers whose folder and name hold what a terminal obeys; confirmed.
pub fn hostile_answers(stage: &Stage) {
    let path = |side: &str| format!("{:?}", stage.home(side));
    let backups = stage.folder.join("backups");
    let base = format!(
        "[deployment]\nkind = \"bare-metal\"\nname = \"{NAME}\"\nold_home = {}\nnew_home = {}\n[backup]\ndir = \"{}/b {NAME}\"\n",
        path("old_home"),
        path("new_home"),
        backups.display()
    );
    std::fs::write(stage.answers(), &base).expect("write");
    let plan = stage.omup(&["plan", "--json", "--answers"], true).expect(0);
    let plan: serde_json::Value = serde_json::from_str(&plan.stdout).expect("plan --json");
    let confirm = format!(
        "[confirm]\nplan = {}\nserver = {}\nstart_of_downtime = {}\npoint_of_no_return = {}\n",
        plan["plan_digest"], plan["server"], plan["database"], plan["database"]
    );
    std::fs::write(stage.answers(), base + &confirm).expect("write");
}

fn all_outputs(stage: &Stage, run: i32) {
    hostile_answers(stage);
    let with_answers = [
        &["check", "--answers"][..],
        &["check", "--json", "--answers"],
        &["plan", "--answers"],
        &["plan", "--json", "--answers"],
    ];
    for command in with_answers {
        harmless(command, &stage.omup(command, true).expect(0));
    }
    let watched = if run == 0 {
        &["run", "--json", "--answers"][..]
    } else {
        &["run", "--answers"]
    };
    harmless(watched, &stage.omup(watched, true).expect(run));
    let plain = [
        &["status"][..],
        &["runs", "list"],
        &["runs", "show"],
        &["report"],
        &["rollback"],
        &["attach", "--plain"],
    ];
    let json = [
        &["status", "--json"][..],
        &["runs", "list", "--json"],
        &["runs", "show", "--json"],
        &["report", "--json"],
        &["rollback", "--json"],
    ];
    for command in plain.iter().chain(&json) {
        harmless(command, &stage.omup(command, false));
    }
    let back = [
        "rollback",
        "--way",
        "restore",
        "--confirm",
        &stage.database_name(),
    ];
    harmless(&back, &stage.omup(&back, false).expect(60));
}

/// Promise 28: rows, log lines, names of files and of the deployment.
#[test]
fn nothing_hostile_reaches_the_terminal_on_sqlite() {
    let stage = Stage::sqlite("hostile", &quiet("hostile_log = true\n"));
    all_outputs(&stage, 0);
}

/// Promise 28: and a failure whose telling line is a hostile one.
#[test]
fn nothing_hostile_reaches_the_terminal_when_the_migration_fails() {
    let stage = Stage::sqlite(
        "hostile-fails",
        &quiet("hostile_log = true\nfail_statement = \"1.12.0:2\"\n"),
    );
    all_outputs(&stage, 41);
}

/// A session of a stranger whose statement holds escape sequences.
fn stranger(stage: &Stage) -> Child {
    const HOSTILE: &str = "\u{1b}[2J \u{9b}31m \u{202e} \u{7f}";
    let mut client = match stage.database() {
        Database::Postgres(database) => {
            let mut psql = database.server.client("psql", &database.name);
            psql.env("PGAPPNAME", "evil \u{1b}[31m").args([
                "-XAtq",
                "-c",
                &format!("begin; select pg_sleep(60) /* {HOSTILE} */"),
            ]);
            psql
        }
        // As OpenMetadata's user: sessions of others are not shown to it.
        Database::Mysql(database) => {
            let mut mysql = database
                .server
                .client_as(mysql::USER, mysql::PASSWORD, "mysql");
            mysql
                .arg(format!("--execute=select sleep(60), '{HOSTILE}'"))
                .arg(&database.name);
            mysql
        }
    };
    let child = client
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a client");
    wait::until("the stranger's session", RUN, || {
        strangers(stage).first().map(|_| ())
    });
    child
}

fn strangers(stage: &Stage) -> Vec<Session> {
    let mut sessions = stage.database().sessions();
    sessions.retain(|one| one.application == "mysql" || one.application.starts_with("evil"));
    sessions
}

/// Promise 28.
#[test]
fn nothing_hostile_reaches_the_terminal_on_postgres() {
    hostile_on(Engine::Postgres);
}

#[test]
fn nothing_hostile_reaches_the_terminal_on_mysql() {
    hostile_on(Engine::Mysql);
}

fn hostile_on(engine: Engine) {
    let Some(stage) = Stage::of(engine, "hostile", &quiet("hostile_log = true\n")) else {
        return;
    };
    let mut client = stranger(&stage);
    for command in [
        &["check", "--answers"][..],
        &["check", "--json", "--answers"],
    ] {
        let ended = stage.omup(command, true);
        let name = match engine {
            Engine::Postgres => "'evil",
            Engine::Mysql | Engine::OldMysql => "'mysql'",
        };
        assert!(
            ended.stdout.contains(name),
            "the stranger is shown\n{}",
            ended.stdout
        );
        harmless(command, &ended);
    }
    client.kill().expect("killed");
    client.wait().expect("waited");
    for session in strangers(&stage) {
        stage.database().end_session(&session);
    }
    all_outputs(&stage, 0);
}

/// Promise 28: what was typed is foreign text too.
#[test]
fn what_was_typed_is_not_echoed_raw() {
    let stage = Stage::sqlite(
        "hostile-typed",
        &Setting {
            serve: false,
            ..super::unconfirmed("")
        },
    );
    let evil = "x\u{1b}[31m\u{9b}2J\u{202e}\u{7}";
    for command in [
        &[evil][..],
        &["status", evil],
        &["--state-dir", evil, "status", "x-run"],
        &["check", "--answers", evil],
        &["notes", evil, "1.2.3"],
        &["rollback", "--way", evil],
        &["verify", evil],
        &["answer", "last", evil],
    ] {
        let ended = stage.call(command, false).run(RUN);
        assert_ne!(ended.code, 0, "{command:?}");
        harmless(command, &ended);
    }
}

/// The checker itself sees what it must see.
#[test]
fn the_checker_sees_what_it_must() {
    for bad in [
        '\u{1b}', '\u{7}', '\t', '\r', '\u{7f}', '\u{9b}', '\u{202e}', '\u{200b}', '\u{feff}',
    ] {
        assert!(dangerous(bad), "{bad:?}");
    }
    assert!("aé €\n|".chars().all(|c| !dangerous(c)));
}
