//! Each tool of the pipeline is killed alone: the failure is told with the signal, by the step that it hit.

use super::scene::{
    WAITS, assert_honest, assert_resumes, assert_untouched, complete, failure, quiet, run, tree,
};
use super::tools::Fake;
use crate::story::stage::{RUN, Stage};
use crate::support::engine::Engine;
use rustix::process::Signal;

/// What the tool is, one of its words, what it does before it waits, and the step and exit code of its end.
type Lost = (&'static str, &'static str, &'static str, &'static str, i32);

const POSTGRES: &[Lost] = &[
    (
        "pg_dump",
        "-Fc",
        "'{real}' \"$@\" | head -c 100000",
        "back-up",
        20,
    ),
    (
        "pg_restore",
        "-f",
        "head -c 100000 > /dev/null",
        "back-up",
        20,
    ),
    (
        "pg_restore",
        "--list",
        "head -c 1000 > /dev/null",
        "back-up",
        20,
    ),
    ("pg_restore", "--exit-on-error", "", "prove", 21),
];

const MYSQL: &[Lost] = &[
    (
        "mysqldump",
        "--single-transaction",
        "'{real}' \"$@\" | head -c 100000",
        "back-up",
        20,
    ),
    (
        "mysql",
        "--binary-mode",
        "head -c 100000 > /dev/null",
        "prove",
        21,
    ),
];

#[test]
fn a_killed_tool_is_named_with_its_signal_on_postgres() {
    killed_tools(Engine::Postgres, POSTGRES);
}

#[test]
fn a_killed_tool_is_named_with_its_signal_on_mysql() {
    killed_tools(Engine::Mysql, MYSQL);
}

fn killed_tools(engine: Engine, tools: &[Lost]) {
    let Some(stage) = Stage::of(engine, "lost-tool", &quiet()) else {
        return;
    };
    run(&stage).run(RUN).expect(WAITS);
    for (tool, word, before, step, exit) in tools {
        for (signal, named) in [
            (Signal::KILL, "signal 9 (killed)"),
            (Signal::TERM, "signal 15 (terminated)"),
        ] {
            let told = format!("{tool} {word}, {named}");
            let (older, known) = (tree(&stage.backups()), complete(&stage));
            let fake = Fake::waiting(&stage, tool, word, before);
            let running = run(&stage).path_first(&fake.folder).start();
            assert!(fake.process().signal(signal), "{told}: it was there");
            let ended = running.end(RUN);
            fake.remove();
            assert_eq!(ended.code, *exit, "{told}\n{}", ended.stdout);
            let said = failure(&stage);
            assert!(
                said.starts_with(&format!("{step}: "))
                    && said.contains(tool)
                    && said.contains(named),
                "{told}: {said}"
            );
            assert!(
                ended.stdout.contains(named),
                "{told}: the operator reads it too\n{}",
                ended.stdout
            );
            assert!(
                stage.status()["view"]["facts"]["level"].is_null(),
                "{told}: nothing is claimed"
            );
            assert_honest(&stage, &known, &told);
            assert_untouched(&older, &stage.backups(), &told);
            assert_resumes(&stage, &older, &told);
        }
    }
}
