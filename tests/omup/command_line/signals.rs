//! Signals to the screen end the screen; signals to the runner end what can be done again, never a migration.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use super::{child, events_of, migrations_started, quiet, runner, upgraded, wait_for_event};
use crate::story::stage::{RUN, Stage};
use crate::support::process::Process;
use crate::support::wait;

const SIGNALS: &[(Signal, i32)] = &[
    (Signal::INT, 130),
    (Signal::TERM, 143),
    (Signal::QUIT, 131),
    (Signal::HUP, 129),
];

/// Promise 20.
#[test]
fn a_signal_to_the_screen_ends_the_screen_and_not_the_run() {
    let stage = Stage::sqlite("screen-signals", &quiet("statement_delay_ms = 250\n"));
    let first = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    for (signal, code) in SIGNALS {
        let view = stage.call(&["attach", "--plain"], false).start();
        wait::for_line(&view.stdout_file(), "runs as process", RUN);
        assert!(view.process().signal(*signal));
        let ended = view.end(Duration::from_secs(10)).expect(*code);
        assert!(
            ended.stderr.contains("the run goes on") && ended.stderr.contains("omup attach"),
            "{}",
            ended.stderr
        );
        assert!(runner(&stage).is_some(), "the run goes on after {signal:?}");
    }
    assert!(first.process().signal(Signal::INT));
    first.end(Duration::from_secs(10)).expect(130);
    let attached = stage.omup(&["attach", "--plain"], false).expect(0);
    assert!(
        attached.stdout.contains("END (exit code 0"),
        "{}",
        attached.stdout
    );
    assert_eq!(
        events_of(&stage, "runner-started").len(),
        1,
        "one runner did it all"
    );
    upgraded(&stage);
}

/// Promise 20: `omup run | head -1`, and every other command whose reader goes away.
#[test]
fn a_closed_standard_output_harms_neither_the_run_nor_the_words() {
    let stage = Stage::sqlite("closed-output", &quiet(""));
    let piped = |arguments: &str| {
        let line = format!("\"$OMUP\" {arguments} | head -1; echo \"${{PIPESTATUS[0]}}\"");
        let output = Command::new("bash")
            .args(["-c", &line])
            .env("OMUP", env!("CARGO_BIN_EXE_omup"))
            .env("ANSWERS", stage.answers())
            .env("OMUP_STATE_DIR", stage.folder.join("state"))
            .stdin(Stdio::null())
            .output()
            .expect("bash");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!errors.contains("panic"), "{arguments}: {errors}");
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(String::from)
            .collect::<Vec<_>>()
    };
    let said = piped("run --answers \"$ANSWERS\"");
    assert_eq!(said.last().map(String::as_str), Some("141"), "{said:?}");
    stage.omup(&["attach", "--plain"], false).expect(0);
    upgraded(&stage);
    for command in [
        "status",
        "runs list",
        "runs show",
        "report",
        "check --answers \"$ANSWERS\"",
        "plan --answers \"$ANSWERS\"",
        "exit-codes",
        "checks list",
        "rollback",
    ] {
        let closed = format!("\"$OMUP\" {command} > /dev/full");
        let status = Command::new("bash")
            .args(["-c", &closed])
            .env("OMUP", env!("CARGO_BIN_EXE_omup"))
            .env("ANSWERS", stage.answers())
            .env("OMUP_STATE_DIR", stage.folder.join("state"))
            .output()
            .expect("bash");
        let errors = String::from_utf8_lossy(&status.stderr).into_owned();
        assert!(
            status.status.code() != Some(101) && !errors.contains("panic"),
            "{command}: {errors}"
        );
        piped(command);
    }
}

/// A `pg_dump` that stops itself before it begins, once, and says which process it is.
fn dump_that_waits(stage: &Stage) -> std::path::PathBuf {
    let real = std::env::split_paths(&std::env::var_os("PATH").expect("PATH"))
        .map(|folder| folder.join("pg_dump"))
        .find(|file| file.is_file())
        .expect("pg_dump");
    let (flag, pid) = (
        stage.folder.write("hold-the-dump", ""),
        stage.folder.join("dump.pid"),
    );
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *--snapshot*) if [ -e '{}' ]; then rm '{}'; echo $$ > '{}'; kill -STOP $$; fi;; esac\nexec '{}' \"$@\"\n",
        flag.display(),
        flag.display(),
        pid.display(),
        real.display()
    );
    let file = stage.folder.write("tools/pg_dump", script);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("mode");
    file.parent().expect("a folder").to_path_buf()
}

/// Promise 20.
#[test]
fn a_runner_that_is_terminated_in_the_dump_takes_its_dump_with_it() {
    for signal in [Signal::TERM, Signal::KILL] {
        let Some(stage) = Stage::postgres("term-in-dump", &quiet("")) else {
            return;
        };
        let tools = dump_that_waits(&stage);
        let running = stage
            .call(&["run", "--answers"], true)
            .path_first(&tools)
            .start();
        let pid = wait::for_line(&stage.folder.join("dump.pid"), "", RUN);
        let dump = Process::of(pid.parse().expect("a pid")).expect("the dump waits");
        assert!(runner(&stage).expect("the runner lives").signal(signal));
        wait::until(
            "the dump to end with its runner",
            Duration::from_secs(10),
            || (!dump.runs()).then_some(()),
        );
        let ended = running.end(RUN);
        assert_ne!(ended.code, 0, "{}", ended.stdout);
        let database = stage.postgres_database().expect("PostgreSQL");
        let sessions = format!(
            "select count(*) from pg_stat_activity where datname = '{}' and application_name like '%dump%'",
            database.name
        );
        wait::until("the dump's session to end", Duration::from_secs(10), || {
            (database.server.sql("postgres", &sessions) == "0").then_some(())
        });
        stage.omup(&["resume"], false).expect(0);
        upgraded(&stage);
    }
}

/// Promise 20.
#[test]
fn a_runner_that_is_terminated_in_the_migration_leaves_it_alone() {
    for signal in [Signal::TERM, Signal::INT, Signal::QUIT, Signal::HUP] {
        let stage = Stage::sqlite("term-in-migration", &quiet("statement_delay_ms = 1500\n"));
        let running = stage.call(&["run", "--answers"], true).start();
        wait_for_event(&stage, "\"child-started\"");
        assert!(runner(&stage).expect("the runner lives").signal(signal));
        let ended = running.end(RUN);
        assert_ne!(ended.code, 0, "{}", ended.stdout);
        assert!(
            child(&stage, "migrate").is_some(),
            "the migration goes on after {signal:?}"
        );
        let resumed = stage.omup(&["resume"], false).expect(0);
        assert!(
            resumed.stdout.contains("still runs from before"),
            "{}",
            resumed.stdout
        );
        assert_eq!(migrations_started(&stage), 1);
        upgraded(&stage);
    }
}

/// A Java that says that it was asked, and then nothing more.
fn java_that_waits(stage: &Stage) -> (std::path::PathBuf, std::path::PathBuf) {
    let asked = stage.folder.join("java-asked");
    let script = format!("#!/bin/sh\n: > '{}'\nexec sleep 60\n", asked.display());
    let file = stage.folder.write("tools/java", script);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("mode");
    (file.parent().expect("a folder").to_path_buf(), asked)
}

/// Folders of ours in a temporary folder.
fn ours(temporary: &std::path::Path) -> Vec<String> {
    std::fs::read_dir(temporary)
        .expect("the folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("omup-"))
        .collect()
}

/// Promise 20. A look holds the password in a file of its own while it lasts.
#[test]
fn a_look_that_is_interrupted_leaves_no_password_behind() {
    let stage = Stage::sqlite("look-interrupted", &quiet(""));
    let (tools, asked) = java_that_waits(&stage);
    let temporary = stage.folder.join("temporary");
    std::fs::create_dir(&temporary).expect("a folder");
    let look = |command: &str| {
        let call = stage.call(&[command, "--answers"], true);
        let call = call.path_first(&tools).env("TMPDIR", &temporary).start();
        wait::until("java to be asked", RUN, || {
            std::fs::remove_file(&asked).ok()
        });
        assert_eq!(ours(&temporary).len(), 1, "the look has its folder");
        call
    };
    for (command, (signal, code)) in ["check", "plan", "check", "plan"].iter().zip(SIGNALS) {
        let call = look(command);
        assert!(call.process().signal(*signal));
        let ended = call.end(Duration::from_secs(10)).expect(*code);
        assert!(ended.stderr.contains("nothing was changed"), "{ended:?}");
        assert_eq!(ours(&temporary), Vec::<String>::new(), "after {signal:?}");
    }
    // What nobody can answer leaves its folder for the next look, which removes it.
    let call = look("check");
    assert!(call.process().signal(Signal::KILL));
    call.end(Duration::from_secs(10)).expect(137);
    assert_eq!(ours(&temporary).len(), 1, "nobody could remove it");
    let call = look("check");
    assert!(call.process().signal(Signal::TERM));
    call.end(Duration::from_secs(10)).expect(143);
    assert_eq!(ours(&temporary), Vec::<String>::new());
}
