//! Promise 9, the connection is lost while the backup is taken: it is said within half a minute, there is no
//! complete backup, and the old server has not noticed anything.

use std::time::{Duration, Instant};

use super::help::{fake, journal, no_complete_backup, nothing_changed, quiet, wait_for_journal};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::engine::Engine;
use crate::support::private_server::PrivateServer;
use crate::support::proxy::{Proxy, Trouble, What};
use crate::support::sessions::Session;
use crate::support::wait;

/// How soon it must be said.
const SOON: Duration = Duration::from_secs(30);

fn larger(port: Option<u16>) -> Setting {
    Setting {
        size: "3MB",
        database_port: port,
        ..quiet("")
    }
}

fn dump_session(stage: &Stage, engine: Engine) -> Session {
    wait::until("the dump's session", RUN, || {
        let mut sessions = stage.database().sessions().into_iter();
        sessions.find(|one| one.application == engine.dump_tool().application)
    })
}

#[test]
fn a_dump_whose_session_is_ended_is_no_backup_on_postgres() {
    session_ended(Engine::Postgres);
}

#[test]
fn a_dump_whose_session_is_ended_is_no_backup_on_mysql() {
    session_ended(Engine::Mysql);
}

fn session_ended(engine: Engine) {
    let Some(stage) = Stage::of(engine, "dump-ended", &larger(None)) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    // Nobody takes what the tool writes, so it stands in the middle of the rows until its session is ended.
    let tool = engine.dump_tool();
    let gate = stage.folder.join("ended");
    let script = format!(
        "#!/bin/bash\nset -o pipefail\ncase \" $* \" in *\" {} \"*) ;; *) exec '{real}' \"$@\" ;; esac\n\
         '{real}' \"$@\" | {{ head -c 1000; while [ ! -e '{}' ]; do sleep 0.05; done; cat; }}\n",
        tool.word,
        gate.display(),
        real = stage.real(tool.program).display(),
    );
    let first = fake(&stage, "held", tool.program, &script);
    let running = stage
        .call(&["run", "--answers"], true)
        .path_first(&first)
        .start();
    wait_for_journal(&stage, "take a backup below");
    let session = dump_session(&stage, engine);
    stage.database().end_session(&session);
    std::fs::write(&gate, "").expect("written");
    let ended = Instant::now();
    let run = running.end(RUN);
    assert!(ended.elapsed() < SOON, "said after {:?}", ended.elapsed());
    assert_eq!(run.code, 20, "{}\n{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("the dump tool") && run.stdout.contains("still safe:"),
        "{}",
        run.stdout
    );
    no_complete_backup(&stage);
    nothing_changed(&stage, &before, "session ended");
}

#[test]
fn a_dump_that_is_reset_on_the_way_is_no_backup_on_postgres() {
    reset(Engine::Postgres);
}

#[test]
fn a_dump_that_is_reset_on_the_way_is_no_backup_on_mysql() {
    reset(Engine::Mysql);
}

fn reset(engine: Engine) {
    let Some(server) = engine.server() else {
        return;
    };
    let proxy = Proxy::before(server.port());
    let stage = Stage::on(&server, "dump-reset", &larger(Some(proxy.port)));
    let before = stage.contents(&stage.database_name());
    // In the greeting, in the list of tables, in the rows of the first tables, in the middle of them.
    for (times, after) in [(1, 1), (2, 20_000), (3, 300_000), (4, 1_500_000)] {
        proxy.trouble(Some(Trouble {
            application: engine.dump_tool().application,
            after,
            what: What::Reset,
        }));
        let started = Instant::now();
        let run = stage.omup(&["run", "--answers"], true);
        assert!(
            started.elapsed() < SOON,
            "after {after} bytes: said after {:?}",
            started.elapsed()
        );
        assert_eq!(
            proxy.struck(),
            times,
            "after {after} bytes: the dump was reset"
        );
        assert_eq!(
            run.code, 20,
            "after {after} bytes\n{}\n{}",
            run.stdout, run.stderr
        );
        no_complete_backup(&stage);
        proxy.trouble(None);
        nothing_changed(&stage, &before, "reset");
    }
    // The line holds again: the run that failed goes on and ends well.
    stage.omup(&["resume"], false).expect(0);
}

#[test]
fn a_dump_that_stands_still_is_ended_by_the_limit_of_the_answers_on_postgres() {
    stalled(Engine::Postgres);
}

#[test]
fn a_dump_that_stands_still_is_ended_by_the_limit_of_the_answers_on_mysql() {
    stalled(Engine::Mysql);
}

fn stalled(engine: Engine) {
    let Some(server) = engine.server() else {
        return;
    };
    let proxy = Proxy::before(server.port());
    let stage = Stage::on(&server, "dump-stalls", &larger(Some(proxy.port)));
    let before = stage.contents(&stage.database_name());
    let answers = std::fs::read_to_string(stage.answers()).expect("the answers");
    let answers = answers.replace("[backup]\n", "[backup]\nstall_seconds = 10\n");
    std::fs::write(stage.answers(), answers).expect("write the answers");
    proxy.trouble(Some(Trouble {
        application: engine.dump_tool().application,
        after: 300_000,
        what: What::Stall,
    }));
    let started = Instant::now();
    let run = stage.omup(&["run", "--answers"], true);
    assert!(
        started.elapsed() < SOON,
        "said after {:?}",
        started.elapsed()
    );
    assert_eq!(proxy.struck(), 1, "the dump stood still");
    assert_eq!(run.code, 20, "{}\n{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("nothing moved for 10 s"),
        "{}",
        run.stdout
    );
    no_complete_backup(&stage);
    proxy.trouble(None);
    nothing_changed(&stage, &before, "stalled");
}

/// The whole server dies and nobody comes back: the run ends and says so, and says nothing of a backup.
#[test]
fn a_server_that_is_killed_in_the_dump_leaves_no_backup_on_postgres() {
    server_killed(Engine::Postgres);
}

#[test]
fn a_server_that_is_killed_in_the_dump_leaves_no_backup_on_mysql() {
    server_killed(Engine::Mysql);
}

fn server_killed(engine: Engine) {
    let Some(server) = PrivateServer::start(engine) else {
        return;
    };
    let stage = Stage::on(server.server(), "server-killed", &larger(None));
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(&stage, "take a backup below");
    dump_session(&stage, engine);
    server.kill();
    let killed = Instant::now();
    let run = running.end(RUN);
    assert!(killed.elapsed() < SOON, "said after {:?}", killed.elapsed());
    assert_eq!(run.code, 20, "{}\n{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("still safe:"), "{}", run.stdout);
    no_complete_backup(&stage);
    let text = std::fs::read_to_string(journal(&stage).expect("a journal")).expect("the journal");
    assert!(
        !text.contains("backup-taken") && !text.contains("server-stopped"),
        "{text}"
    );
    // While nobody answers, a resume says that and changes nothing; the exit code is that of the survey.
    let resumed = stage.omup(&["resume"], false).expect(3);
    assert!(
        resumed.stdout.contains("cannot reach") || resumed.stderr.contains("cannot reach"),
        "{}{}",
        resumed.stdout,
        resumed.stderr
    );
}
