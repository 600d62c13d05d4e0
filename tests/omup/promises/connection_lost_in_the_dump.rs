//! Promise 9, the connection is lost while the backup is taken: it is said within half a minute, there is no
//! complete backup, and the old server has not noticed anything.

use std::time::{Duration, Instant};

use super::help::{journal, no_complete_backup, nothing_changed, quiet, wait_for_journal};
use super::private_server::PrivateServer;
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::postgres;
use crate::support::proxy::{Proxy, Trouble, What};
use crate::support::wait;

/// How soon it must be said.
const SOON: Duration = Duration::from_secs(30);

/// The runs that lose their connection need a dump that lasts; a tool in front of the real one holds it open.
const DUMP: &str = "omup dump";

fn larger(port: Option<u16>) -> Setting {
    Setting {
        size: "3MB",
        database_port: port,
        ..quiet("")
    }
}

#[test]
fn a_dump_whose_session_is_ended_is_no_backup() {
    // The dump waits for a table that somebody has locked; there its session is ended.
    let Some(stage) = Stage::postgres("dump-ended", &larger(None)) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    let database = stage.postgres_database().expect("on PostgreSQL");
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(&stage, "take a backup below");
    let ended = wait::until("the dump's session", RUN, || {
        let sql = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}' and application_name = '{DUMP}'",
            database.name
        );
        (!database.server.sql("postgres", &sql).is_empty()).then(Instant::now)
    });
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
fn a_dump_that_is_reset_on_the_way_is_no_backup() {
    let Some(server) = postgres::server() else {
        return;
    };
    let proxy = Proxy::before(server.port);
    let Some(stage) = Stage::postgres("dump-reset", &larger(Some(proxy.port))) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    // In the greeting, in the list of tables, in the rows of the first tables, in the middle of them.
    for (times, after) in [(1, 1), (2, 20_000), (3, 300_000), (4, 1_500_000)] {
        proxy.trouble(Some(Trouble {
            application: DUMP,
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
fn a_dump_that_stands_still_is_ended_by_the_limit_of_the_answers() {
    let Some(server) = postgres::server() else {
        return;
    };
    let proxy = Proxy::before(server.port);
    let Some(stage) = Stage::postgres("dump-stalls", &larger(Some(proxy.port))) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    let answers = std::fs::read_to_string(stage.answers()).expect("the answers");
    let answers = answers.replace("[backup]\n", "[backup]\nstall_seconds = 10\n");
    std::fs::write(stage.answers(), answers).expect("write the answers");
    proxy.trouble(Some(Trouble {
        application: DUMP,
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
fn a_server_that_is_killed_in_the_dump_leaves_no_backup() {
    let Some(server) = PrivateServer::start() else {
        return;
    };
    let stage = Stage::postgres_on("server-killed", &larger(None), server.server());
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(&stage, "take a backup below");
    wait::until("the dump's session", RUN, || {
        let sql = format!("select 1 from pg_stat_activity where application_name = '{DUMP}'");
        (!server.server().sql("postgres", &sql).is_empty()).then_some(())
    });
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
