//! The disk of the backups is full: the check says so before anything is begun; where it was waived, the run stops with
//! a sentence and nothing that looks like a backup.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::scene::{
    WAITS, assert_honest, assert_resumes, complete, failure, journal, quiet, run, sweep, tree,
};
use crate::story::stage::{RUN, Stage};
use crate::support::digest::difference;
use crate::support::engine::{Database, Engine};
use crate::support::skip::skip;

/// The checks about room, waived.
pub const WAIVED: &str = r#"
[[waive]]
check = "OM-DISK-001"
reason = "this test wants a full disk"
who = "the test"
expires = "2999-12-31"

[[waive]]
check = "OM-DISK-002"
reason = "this test wants a full disk"
who = "the test"
expires = "2999-12-31"
"#;

/// A tmpfs of a given size at a folder; unmounted when dropped.
pub struct Small(PathBuf);

impl Small {
    /// `None` and the test is recorded as skipped where this process may not mount.
    #[track_caller]
    pub fn mount(at: &Path, bytes: u64) -> Option<Small> {
        std::fs::create_dir_all(at).expect("a folder");
        let options = format!("size={bytes},mode=0700");
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "omup-test"])
            .arg(at)
            .output();
        match output {
            Ok(output) if output.status.success() => Some(Small(at.to_path_buf())),
            Ok(output) => {
                skip(&format!(
                    "cannot mount a small disk: {}",
                    String::from_utf8_lossy(&output.stderr).trim()
                ));
                None
            }
            Err(error) => {
                skip(&format!("cannot start mount: {error}"));
                None
            }
        }
    }

    pub fn resize(&self, bytes: u64) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,size={bytes}")])
            .arg(&self.0)
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "remount {}",
            self.0.display()
        );
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let status = Command::new("umount").arg("-l").arg(&self.0).status();
        if !status.is_ok_and(|status| status.success()) {
            eprintln!("cannot unmount {}", self.0.display());
        }
    }
}

#[test]
fn the_check_refuses_a_small_disk_before_anything_is_begun_on_postgres() {
    small_disk(Engine::Postgres);
}

#[test]
fn the_check_refuses_a_small_disk_before_anything_is_begun_on_mysql() {
    small_disk(Engine::Mysql);
}

fn small_disk(engine: Engine) {
    let Some(stage) = Stage::of(engine, "small-disk", &quiet()) else {
        return;
    };
    let name = stage.database_name();
    let size = match stage.database() {
        Database::Postgres(_) => format!("select pg_database_size('{name}')"),
        Database::Mysql(database) => {
            // The server learns the sizes of fresh tables bit by bit; here it is asked to learn them now.
            let mut analyze = database.server.client("mysqlcheck");
            analyze.args(["--analyze", "--silent", &name]);
            assert!(analyze.status().is_ok_and(|status| status.success()));
            "set session information_schema_stats_expiry = 0; select sum(data_length + index_length)
             from information_schema.tables where table_schema = database()"
                .to_string()
        }
    };
    let bytes: u64 = stage.database().sql(&size).parse().expect("bytes");
    // Stored 35 % and unpacked 100 % of the database, 20 % to spare: the arithmetic of OM-DISK-001.
    let needed = bytes * 135 / 100 * 120 / 100;
    let Some(small) = Small::mount(&stage.backups(), 64 * 1024) else {
        return;
    };
    for size in [64 * 1024, 1 << 20, needed * 9 / 10] {
        small.resize(size);
        let ended = run(&stage).run(RUN).expect(10);
        assert!(
            ended.stdout.contains("OM-DISK-001"),
            "{size} bytes\n{}",
            ended.stdout
        );
        assert_eq!(
            tree(&stage.backups()).len(),
            0,
            "{size} bytes: nothing was written"
        );
    }
    // Not more than it says: with that room it goes through.
    small.resize(needed * 11 / 10 + (1 << 20));
    run(&stage).run(RUN).expect(WAITS);
}

#[test]
fn a_disk_that_fills_up_ends_in_a_sentence_and_no_backup_on_postgres() {
    fills_up(Engine::Postgres);
}

#[test]
fn a_disk_that_fills_up_ends_in_a_sentence_and_no_backup_on_mysql() {
    fills_up(Engine::Mysql);
}

fn fills_up(engine: Engine) {
    let Some(stage) = Stage::of(engine, "full-disk", &quiet()) else {
        return;
    };
    stage.answer(WAIVED, false);
    run(&stage).run(RUN).expect(WAITS);
    let (stored, raw) = sizes(&stage);
    std::fs::rename(stage.backups(), stage.folder.join("elsewhere")).expect("moved");
    let Some(small) = Small::mount(&stage.backups(), 4096) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    let mut told_by = [0, 0];
    let steps = sweep().max(10) as u64;
    for number in 0..steps {
        // From nothing to just too little for both the stored dump and the unpacked archive.
        let size = 4096 + (stored + raw) * number / steps;
        small.resize(size);
        let (older, known) = (tree(&stage.backups()), complete(&stage));
        let ended = run(&stage).run(RUN);
        let told = format!("{size} bytes of {} needed", stored + raw);
        let said = failure(&stage);
        assert!(
            ended.code == 20 || ended.code == 21,
            "{told}: exit code {}\n{}",
            ended.code,
            ended.stdout
        );
        assert!(
            said.contains("full") || said.contains("not enough room"),
            "{told}: {said}"
        );
        assert!(
            said.contains("Make room"),
            "{told}: what to do next: {said}"
        );
        told_by[usize::from(ended.code == 21)] += 1;
        assert_eq!(
            complete(&stage).len(),
            known.len() + usize::from(ended.code == 21),
            "{told}"
        );
        assert_honest(&stage, &known, &told);
        assert!(
            journal(&stage)
                .last()
                .is_some_and(|line| line["kind"] == "run-ended"),
            "{told}: the journal has its end"
        );
        assert_eq!(
            difference(&before, &stage.contents(&stage.database_name())),
            Vec::<String>::new(),
            "{told}"
        );
        assert_eq!(
            stage.serving().as_deref(),
            stage.made["old_version"].as_str(),
            "{told}"
        );
        assert_eq!(stage.databases(), vec![stage.database_name()], "{told}");
        small.resize(64 << 20);
        assert_resumes(&stage, &older, &told);
        for entry in std::fs::read_dir(stage.backups())
            .expect("listed")
            .flatten()
        {
            std::fs::remove_dir_all(entry.path()).expect("room for the next size");
        }
    }
    println!(
        "{steps} sizes: {} ended in the backup (20), {} in the proof (21)",
        told_by[0], told_by[1]
    );
    assert!(
        told_by.iter().all(|count| *count > 0),
        "both places were hit: {told_by:?}"
    );
}

/// Stored and unpacked bytes of the newest backup.
fn sizes(stage: &Stage) -> (u64, u64) {
    let newest = complete(stage).pop().expect("a backup");
    let text = std::fs::read_to_string(newest.join("manifest.json")).expect("the manifest");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let number = |value: &serde_json::Value| value.as_u64().expect("a number");
    (
        number(&manifest["dump"]["bytes"]),
        number(&manifest["raw_bytes"]),
    )
}
