//! The runner's socket under clients of every kind: whatever they send or do not read, the run goes on.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::{events_of, journal, old_serves, unconfirmed, upgraded, wait_for_event};
use crate::story::stage::{RUN, Stage};

/// A client that speaks by itself.
struct Client {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Client {
    fn connect(stage: &Stage) -> Client {
        let folder = journal(stage).parent().expect("a folder").to_path_buf();
        // The name of a socket ends at 107 bytes; the folder's descriptor makes it short.
        let handle = std::fs::File::open(&folder).expect("the folder");
        let path = format!(
            "/proc/self/fd/{}/control.sock",
            std::os::fd::AsRawFd::as_raw_fd(&handle)
        );
        let stream = UnixStream::connect(path).expect("the runner listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a time limit");
        let lines = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut client = Client { stream, lines };
        let hello = client.said();
        assert_eq!(
            (&hello["say"], &hello["protocol"]),
            (&json!("hello"), &json!(1)),
            "{hello}"
        );
        client
    }

    /// The next line that is no progress.
    fn said(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(
                self.lines.read_line(&mut line).expect("a line") > 0,
                "the runner closed the connection"
            );
            let said: Value = serde_json::from_str(&line).expect("JSON");
            if said["say"] != "progress" {
                return said;
            }
        }
    }

    fn ask(&mut self, command: &Value) -> Value {
        writeln!(self.stream, "{command}").expect("sent");
        self.said()
    }
}

/// A run that waits for its first go-ahead.
fn waiting(name: &str) -> (Stage, crate::support::omup::Running) {
    let stage = Stage::sqlite(name, &unconfirmed("[run]\nwait_for_answers = 120\n"));
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"question-asked\"");
    (stage, running)
}

#[test]
fn who_has_the_helm_steers_and_it_is_taken_over_openly() {
    let (stage, running) = waiting("helm");
    let name = stage.database_name();
    let (mut ann, mut bob) = (Client::connect(&stage), Client::connect(&stage));
    let take = |who: &str| json!({ "command": "take-helm", "who": who });
    assert_eq!(ann.ask(&take("ann"))["say"], "done");
    let refused = bob.ask(
        &json!({ "command": "answer", "id": "start-of-downtime", "value": name, "who": "bob" }),
    );
    assert_eq!(refused["say"], "refused");
    assert!(
        refused["reason"]
            .as_str()
            .expect("why")
            .contains("ann has the helm"),
        "{refused}"
    );
    assert_eq!(
        bob.ask(&json!({ "command": "abort", "who": "bob" }))["say"],
        "refused"
    );
    assert_eq!(
        bob.ask(&json!({ "command": "watch" }))["say"],
        "done",
        "watching needs no helm"
    );
    let cli = stage.omup(&["abort"], false).expect(2);
    assert!(
        cli.stderr.contains("ann has the helm") && cli.stderr.contains("--take-helm"),
        "{}",
        cli.stderr
    );
    old_serves(&stage);

    assert_eq!(bob.ask(&take("bob"))["say"], "done", "taken over");
    assert_eq!(
        ann.ask(&json!({ "command": "abort", "who": "ann" }))["say"],
        "refused"
    );
    let hello = {
        let third = Client::connect(&stage);
        drop(third);
        stage
            .omup(
                &["answer", "last", &format!("start-of-downtime={name}")],
                false,
            )
            .expect(2);
        events_of(&stage, "helm-taken")
    };
    assert_eq!(
        hello
            .iter()
            .map(|event| event["who"].as_str().expect("a name"))
            .collect::<Vec<_>>(),
        ["ann", "bob"]
    );
    assert!(
        hello.iter().all(|event| event["uid"].is_u64()),
        "the uid seen on the socket: {hello:?}"
    );

    drop(bob);
    crate::support::wait::until("the helm to be free", RUN, || {
        let ended = stage.omup(
            &["answer", "last", &format!("start-of-downtime={name}")],
            false,
        );
        (ended.code == 0).then_some(())
    });
    stage
        .omup(
            &[
                "answer",
                "last",
                "--take-helm",
                &format!("point-of-no-return={name}"),
            ],
            false,
        )
        .expect(0);
    running.end(RUN).expect(0);
    upgraded(&stage);
}

#[test]
fn garbage_is_refused_and_the_run_does_not_notice() {
    let (stage, running) = waiting("garbage");
    let mut client = Client::connect(&stage);
    let lines = [
        "",
        "{}",
        "null",
        "[]",
        "not JSON",
        "{\"command\":\"watch\",\"more\":1}",
        "{\"command\":\"drop-database\"}",
        "{\"command\":\"answer\",\"id\":\"start-of-downtime\"}",
        "{\"command\":\"abort\"}",
        "\u{1b}[31m\u{202e}",
    ];
    for line in lines {
        writeln!(client.stream, "{line}").expect("sent");
        let said = client.said();
        assert_eq!(said["say"], "refused", "{line:?}: {said}");
        assert!(
            said["reason"]
                .as_str()
                .expect("why")
                .chars()
                .all(|c| !c.is_control()),
            "{said}"
        );
    }
    let long = json!({ "command": "abort", "who": "x".repeat(70_000) });
    let said = client.ask(&long);
    assert_eq!(
        (said["say"].as_str(), said["reason"].as_str()),
        (Some("refused"), Some("the command is too long"))
    );

    // Bytes that are no text, half a line and no end, and a flood without a newline.
    let mut bytes = Client::connect(&stage);
    bytes.stream.write_all(b"\xff\xfe\x00\x80\n").expect("sent");
    let mut half = Client::connect(&stage);
    half.stream.write_all(b"{\"command\":\"abo").expect("sent");
    drop(half);
    let mut open = Client::connect(&stage);
    open.stream.write_all(b"{\"command\":").expect("sent");
    let mut flood = Client::connect(&stage);
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..64 {
        if flood.stream.write_all(&chunk).is_err() {
            break;
        }
    }
    let many: Vec<Client> = (0..40).map(|_| Client::connect(&stage)).collect();
    drop(many);

    assert_eq!(events_of(&stage, "abort-asked").len(), 0);
    assert_eq!(
        stage.status()["view"]["question"]["id"],
        "start-of-downtime"
    );
    let name = stage.database_name();
    for id in ["start-of-downtime", "point-of-no-return"] {
        wait_for_event(&stage, &format!("\"id\":\"{id}\""));
        stage
            .omup(&["answer", "last", &format!("{id}={name}")], false)
            .expect(0);
    }
    running.end(RUN).expect(0);
    drop((client, bytes, open));
    upgraded(&stage);
}

/// Clients that ask and never read: the run does not wait for them.
#[test]
fn clients_that_do_not_read_never_hold_the_run_up() {
    let (stage, running) = waiting("slow-client");
    let mut slow: Vec<Client> = (0..8).map(|_| Client::connect(&stage)).collect();
    for client in &mut slow {
        client.stream.set_nonblocking(true).expect("no waiting");
        // As much as the system takes; the answers to it are never read.
        while client
            .stream
            .write_all(b"{\"command\":\"watch\"}\n")
            .is_ok()
        {}
    }
    let name = stage.database_name();
    let begun = std::time::Instant::now();
    for id in ["start-of-downtime", "point-of-no-return"] {
        wait_for_event(&stage, &format!("\"id\":\"{id}\""));
        stage
            .omup(&["answer", "last", &format!("{id}={name}")], false)
            .expect(0);
    }
    running.end(RUN).expect(0);
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
    upgraded(&stage);
    // They are cut off, not served for ever.
    for client in &mut slow {
        client.stream.set_nonblocking(false).expect("waiting again");
        let mut rest = Vec::new();
        let _ = client.stream.read_to_end(&mut rest);
    }
}
