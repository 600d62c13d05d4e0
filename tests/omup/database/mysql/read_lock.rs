//! A short read lock around the beginning of a dump, by choice: nothing is written in between, and writers
//! are never held up for longer than promised.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use omup::domain::backup::ReadLocked;

use super::bench::{Bench, run};
use crate::database::bench::good;
use crate::support::mysql::{PASSWORD, USER};
use crate::support::process::Process;
use crate::support::wait;

/// A client of its own; killed when it is dropped.
struct Writer(Child);

impl Writer {
    fn start(bench: &Bench, sql: &str) -> Self {
        let client = bench
            .server
            .client_as(USER, PASSWORD, "mysql")
            .arg(format!("--execute={sql}"))
            .arg(&bench.database.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mysql");
        Self(client)
    }

    fn waits(&self, bench: &Bench) {
        wait::until("the writer to wait", Duration::from_secs(30), || {
            let sql =
                "select count(*) from performance_schema.threads where processlist_db = database()
                and processlist_state like 'Waiting for table%'";
            (bench.database.sql_as_root(sql) != "0").then_some(())
        });
    }

    fn ended(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(Some(_)))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(process) = Process::of(self.0.id()) {
            process.kill_tree();
        }
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn nothing_is_written_before_the_dump_has_begun_and_no_table_is_left_unproven() {
    for bench in Bench::each("read_lock") {
        let source = bench.connect().await;
        let mut snapshot = good(source.locked_snapshot().await);
        let mut writer = Writer::start(&bench, "insert into parent values (7)");
        writer.waits(&bench);
        assert!(!writer.ended(), "held up");
        let archive = bench.archive();
        // The dump reads under the lock.
        run(&source.dump_tool(snapshot.id()), Some(&archive)).well();
        good(snapshot.dump_began().await);
        let Some(ReadLocked::Held { milliseconds }) = snapshot.read_locked() else {
            panic!("{:?}", snapshot.read_locked());
        };
        assert!(milliseconds < 5000, "{milliseconds} ms");
        wait::until("the writer to go on", Duration::from_secs(10), || {
            writer.ended().then_some(())
        });
        let content = good(snapshot.content(&|_, _, _| {}).await);
        assert_eq!(content.tables["parent"].rows, 1);
        assert!(content.later.is_empty(), "{:?}", content.later);
        assert!(
            !std::fs::read_to_string(&archive)
                .unwrap_or_default()
                .contains("(7)"),
            "the dump holds what the view holds"
        );
        good(snapshot.close().await);
    }
}

#[tokio::test]
async fn it_is_let_go_after_five_seconds_whatever_the_dump_does() {
    for bench in Bench::each("read_lock_late") {
        let source = bench.connect().await;
        let mut snapshot = good(source.locked_snapshot().await);
        let since = Instant::now();
        let mut writer = Writer::start(&bench, "insert into parent values (7)");
        while !writer.ended() {
            assert!(since.elapsed() < Duration::from_secs(9), "held up for ever");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(since.elapsed() > Duration::from_secs(3));
        good(snapshot.dump_began().await);
        assert!(
            matches!(snapshot.read_locked(), Some(ReadLocked::NotPossible { ref why }) if why.as_str().contains("let go after 5")),
            "{:?}",
            snapshot.read_locked()
        );
        // As without the lock: what was written meanwhile is known.
        let content = good(snapshot.content(&|_, _, _| {}).await);
        let later: Vec<&String> = content.later.keys().collect();
        assert_eq!(later, ["parent"]);
        good(snapshot.close().await);
    }
}

#[tokio::test]
async fn behind_a_long_transaction_it_is_tried_three_times_and_named_as_not_possible() {
    for bench in Bench::each("read_lock_not") {
        let source = bench.connect().await;
        let _writer = Writer::start(
            &bench,
            "begin; insert into parent values (7); do sleep(600)",
        );
        wait::until("the open transaction", Duration::from_secs(30), || {
            let sql = "select count(*) from performance_schema.threads where processlist_db = database() and processlist_info like 'do sleep(600)%'";
            (bench.database.sql_as_root(sql) == "1").then_some(())
        });
        let since = Instant::now();
        let snapshot = good(source.locked_snapshot().await);
        let waited = since.elapsed().as_secs_f64();
        let Some(ReadLocked::NotPossible { why }) = snapshot.read_locked() else {
            panic!("{:?}", snapshot.read_locked());
        };
        assert!(
            why.as_str().contains("in 3 tries of 2 s") && why.as_str().contains("[1205]"),
            "{why}"
        );
        assert!((6.0..12.0).contains(&waited), "{waited} s");
        good(snapshot.close().await);
    }
}
