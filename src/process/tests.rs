//! Children as they really behave: sessions, locks, logs, signals, time limits.

use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::pipe::{Piped, Pipes};
use super::*;
use crate::domain::secret::Secret;

fn spec(dir: &Path, line: &str) -> ChildSpec {
    ChildSpec {
        tool: ToolCommand::new("sh").args(["-c", line]),
        place: Place::Local,
        log: dir.join("step.log"),
        lock: dir.join("step.lock"),
        outlives: false,
    }
}

fn log(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("step.log")).expect("the log is there")
}

#[tokio::test]
async fn a_child_has_its_own_session_a_log_and_a_lock() {
    let dir = tempfile::tempdir().expect("a folder");
    let spec = spec(
        dir.path(),
        "ps -o sid= -p $$; echo $$; ulimit -c; read x || echo no-input; sleep 0.5; exit 7",
    );
    let mut child = start(&spec).expect("started");
    assert!(lock_is_held(&spec.lock).expect("asked"));
    assert!(alive(child.pid, child.started_ticks));
    let again = start(&spec).expect_err("its lock is held");
    assert!(
        again.to_string().contains("an earlier one still runs"),
        "{again}"
    );
    assert_eq!(child.wait().await.expect("waited"), End::Code(7));
    assert_eq!(child.wait().await.expect("twice"), End::Code(7));
    assert!(!lock_is_held(&spec.lock).expect("asked"));
    assert!(!alive(child.pid, child.started_ticks));
    let said = log(dir.path());
    let lines: Vec<&str> = said.lines().map(str::trim).collect();
    assert_eq!(lines[0], lines[1], "not the leader of its session");
    assert_eq!(lines[2..], ["0", "no-input"]);
    assert!(child.last_lines().as_str().ends_with("0 / no-input"));
}

#[tokio::test]
async fn the_lock_lives_as_long_as_the_last_descendant() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut spec = spec(dir.path(), "setsid sleep 1 & exit 0");
    spec.outlives = true;
    let mut child = start(&spec).expect("started");
    assert_eq!(child.wait().await.expect("waited"), End::Code(0));
    assert!(
        lock_is_held(&spec.lock).expect("asked"),
        "the grandchild lives"
    );
    let begun = Instant::now();
    wait_until_released(&spec.lock).await.expect("followed");
    assert!(begun.elapsed() < Duration::from_secs(10));
    start(&spec)
        .expect("free again")
        .wait()
        .await
        .expect("waited");
}

#[tokio::test]
async fn stop_is_polite_then_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let polite = spec(
        dir.path(),
        "trap 'echo bye; exit 3' TERM; while :; do sleep 0.05; done",
    );
    let mut child = start(&polite).expect("started");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let end = child.stop(Duration::from_secs(10)).await.expect("stopped");
    assert_eq!(end, End::Code(3));
    assert!(log(dir.path()).contains("bye"));

    let stubborn = spec(dir.path(), "trap '' TERM; sleep 60 & wait; sleep 60");
    let mut child = start(&stubborn).expect("started");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let end = child
        .stop(Duration::from_millis(200))
        .await
        .expect("stopped");
    assert_eq!(end, End::Signal(9));
    wait_until_released(&stubborn.lock)
        .await
        .expect("its children are gone too");
}

#[test]
fn a_child_dies_with_the_thread_that_started_it_unless_it_outlives() {
    let dir = tempfile::tempdir().expect("a folder");
    for outlives in [false, true] {
        let mut spec = spec(dir.path(), "exec sleep 3");
        spec.outlives = outlives;
        let started = spec.clone();
        let (pid, ticks) = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            let _inside = runtime.enter();
            let child = start(&started).expect("started");
            (child.pid, child.started_ticks)
        })
        .join()
        .expect("no panic");
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(alive(pid, ticks), outlives);
        assert_eq!(lock_is_held(&spec.lock).expect("asked"), outlives);
        if outlives {
            child::signal_group(pid, rustix::process::Signal::KILL);
        }
    }
}

#[tokio::test]
async fn quick_output_is_bounded_and_ends_in_time() {
    let second = Duration::from_secs(1);
    let tool = ToolCommand::new("sh")
        .args(["-c", "echo \"$TOKEN\"; echo no >&2; exit 4"])
        .secret_env("TOKEN", Secret::new("hunter2".into()));
    let said = output(&tool, Place::Local, second * 10).await.expect("ran");
    assert_eq!(
        (said.end, said.text().as_str()),
        (End::Code(4), "hunter2\n")
    );
    let error = said.success(&tool).expect_err("code 4");
    assert_eq!(error.to_string(), "sh ended with exit code 4: no");

    let flood = ToolCommand::new("head").args(["-c", "5000000", "/dev/zero"]);
    let said = output(&flood, Place::Local, second * 10)
        .await
        .expect("ran");
    assert!(said.cut && said.end.ok());
    assert_eq!(said.stdout.len(), quick::MOST);

    let begun = Instant::now();
    let hanging = ToolCommand::new("sh").args(["-c", "sleep 60 & sleep 60"]);
    let error = output(&hanging, Place::Local, second)
        .await
        .expect_err("too slow");
    assert!(matches!(error, ProcessError::TimedOut { seconds: 1, .. }));
    assert!(begun.elapsed() < second * 10);

    let missing = output(&ToolCommand::new("no-such-tool"), Place::Local, second).await;
    assert!(matches!(missing, Err(ProcessError::NotFound { .. })));
    let nowhere = ToolCommand::new("sh").folder("/no/such/folder");
    let error = output(&nowhere, Place::Local, second)
        .await
        .expect_err("no folder");
    assert!(
        error.to_string().contains("/no/such/folder is missing"),
        "{error}"
    );
}

#[tokio::test]
async fn a_pipe_carries_both_ways_and_its_end_is_seen() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = dir.path().join("pipe.log");
    let both = Pipes {
        stdin: true,
        stdout: true,
    };
    let tool = ToolCommand::new("sh").args(["-c", "cat; echo \u{1b}[31mdone >&2"]);
    let mut child = Piped::start(&tool, Place::Local, both, &log).expect("started");
    let (mut input, mut out) = (
        child.stdin.take().expect("piped"),
        child.stdout.take().expect("piped"),
    );
    let echoed = pipe::on_thread("echo", move || {
        let writing = std::thread::spawn(move || input.write_all(&vec![b'x'; 1 << 20]));
        let mut all = Vec::new();
        out.read_to_end(&mut all).expect("read");
        writing.join().expect("no panic").expect("written");
        all.len()
    })
    .expect("a thread");
    assert_eq!(echoed.await.expect("echoed"), 1 << 20);
    assert!(child.wait().await.expect("waited").ok());
    assert_eq!(child.last_lines().as_str(), "done");

    let panicked = pipe::on_thread("fall", || panic!("on purpose")).expect("a thread");
    let error: ProcessError = panicked.await.map(|(): ()| ()).expect_err("it panicked");
    assert!(error.to_string().contains("fall"), "{error}");
}

#[tokio::test]
async fn a_dropped_pipe_child_is_killed_with_its_group() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = dir.path().join("pipe.log");
    let out = Pipes {
        stdin: false,
        stdout: true,
    };
    let tool = ToolCommand::new("sh").args(["-c", "sleep 60 & echo $!; wait"]);
    let mut child = Piped::start(&tool, Place::Local, out, &log).expect("started");
    let mut first = [0; 1];
    let mut output = child.stdout.take().expect("piped");
    output.read_exact(&mut first).expect("it is up");
    let begun = Instant::now();
    drop(child);
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).expect("every writer is gone");
    assert!(begun.elapsed() < Duration::from_secs(10));
}
