//! One fsync, write or rename fails, once: the backup has failed and is never called good; without its journal the run
//! stops.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::scene::{
    WAITS, assert_honest, assert_resumes, assert_untouched, complete, quiet, run, sweep, tree,
    verify,
};
use crate::story::stage::{RUN, Stage};
use crate::support::digest::difference;
use crate::support::omup::Omup;
use crate::support::skip::skip;

/// The library that makes it fail, or `None` and the test is recorded as skipped.
#[track_caller]
fn library(stage: &Stage) -> Option<PathBuf> {
    let source = stage
        .folder
        .write("broken_sync.c", include_str!("broken_sync.c"));
    let library = stage.folder.join("broken_sync.so");
    let output = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(&source)
        .arg("-ldl")
        .output();
    match output {
        Ok(output) if output.status.success() => Some(library),
        Ok(output) => panic!("cc: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            skip(&format!("no C compiler to make fsync fail: {error}"));
            None
        }
    }
}

/// The call that fails, and how.
#[derive(Clone, Copy, PartialEq)]
enum Call {
    Fsync,
    Write,
    Rename,
}

impl Call {
    fn name(self) -> &'static str {
        match self {
            Call::Fsync => "fsync",
            Call::Write => "write",
            Call::Rename => "rename",
        }
    }

    /// EIO, and for a write ENOSPC.
    fn error(self) -> &'static str {
        match self {
            Call::Fsync | Call::Rename => "os error 5",
            Call::Write => "os error 28",
        }
    }
}

/// A run whose `at`-th call of this kind for a path with `part` in it fails (0: none); what was called goes to `list`.
fn with_broken(
    stage: &Stage,
    library: &Path,
    (call, part): (Call, &Path),
    at: usize,
    list: &Path,
) -> Omup {
    run(stage)
        .env("LD_PRELOAD", library)
        .env("BROKEN_CALL", call.name())
        .env("BROKEN_SYNC_PART", part)
        .env("BROKEN_SYNC_AT", at.to_string())
        .env("BROKEN_SYNC_LIST", list)
}

/// For what an undisturbed run calls it, in order.
fn calm(stage: &Stage, library: &Path, broken: (Call, &Path)) -> Vec<String> {
    let list = stage.folder.join("synced");
    let _ = std::fs::remove_file(&list);
    with_broken(stage, library, broken, 0, &list)
        .run(RUN)
        .expect(WAITS);
    std::fs::read_to_string(&list)
        .expect("something was synced")
        .lines()
        .map(String::from)
        .collect()
}

#[test]
fn a_failed_fsync_of_a_backup_is_never_called_good_on_postgres() {
    if let Some(stage) = Stage::postgres("sync-backup", &quiet()) {
        of_a_backup(&stage, Call::Fsync);
    }
}

#[test]
fn a_failed_fsync_of_a_backup_is_never_called_good_on_mysql() {
    if let Some(stage) = Stage::mysql("sync-backup", &quiet()) {
        of_a_backup(&stage, Call::Fsync);
    }
}

#[test]
fn a_failed_fsync_of_a_backup_is_never_called_good_on_sqlite() {
    of_a_backup(&Stage::sqlite("sync-backup", &quiet()), Call::Fsync);
}

#[test]
fn a_failed_write_or_rename_of_a_backup_is_never_called_good_on_postgres() {
    if let Some(stage) = Stage::postgres("write-backup", &quiet()) {
        of_a_backup(&stage, Call::Write);
        of_a_backup(&stage, Call::Rename);
    }
}

#[test]
fn a_failed_write_or_rename_of_a_backup_is_never_called_good_on_mysql() {
    if let Some(stage) = Stage::mysql("write-backup", &quiet()) {
        of_a_backup(&stage, Call::Write);
        of_a_backup(&stage, Call::Rename);
    }
}

fn of_a_backup(stage: &Stage, call: Call) {
    let Some(library) = library(stage) else {
        return;
    };
    let part = stage.backups();
    let synced = calm(stage, &library, (call, &part));
    let least = if call == Call::Rename { 2 } else { 5 };
    assert!(
        synced.iter().any(|path| path.contains(".zst")) && synced.len() > least,
        "{synced:?}"
    );
    let step = synced.len().div_ceil(sweep().max(1)).max(1);
    let before = stage.contents(&stage.database_name());
    for at in (1..=synced.len()).step_by(step) {
        let (older, known) = (tree(&part), complete(stage));
        let list = stage.folder.join("synced-now");
        let ended = with_broken(stage, &library, (call, &part), at, &list).run(RUN);
        let told = format!(
            "{} {at} of {} ({})",
            call.name(),
            synced.len(),
            synced[at - 1]
        );
        // The certificate of the proof is written when the backup is whole and good already.
        let in_proof = ended.code == 21;
        assert!(
            ended.code == 20 || in_proof,
            "{told}: exit code {}\n{}\n{}",
            ended.code,
            ended.stdout,
            ended.stderr
        );
        assert!(
            !in_proof || at + 2 > synced.len() || synced[at - 1].contains("/unpacked-"),
            "{told}: only the last ones, and what a copy is filled from, belong to the proof"
        );
        assert!(
            super::scene::failure(stage).contains(call.error()),
            "{told}: {}",
            super::scene::failure(stage)
        );
        let new: Vec<PathBuf> = complete(stage)
            .into_iter()
            .filter(|dir| !known.contains(dir))
            .collect();
        let good: Vec<&PathBuf> = new
            .iter()
            .filter(|dir| !dir.to_string_lossy().contains("incomplete"))
            .collect();
        assert_eq!(good.len(), usize::from(in_proof), "{told}: {new:?}");
        assert!(
            stage.status()["view"]["facts"]["level"].is_null(),
            "{told}: nothing is claimed"
        );
        assert_honest(stage, &known, &told);
        assert_eq!(
            difference(&before, &stage.contents(&stage.database_name())),
            Vec::<String>::new(),
            "{told}"
        );
        assert_untouched(&older, &part, &told);
        // What was given up stays given up: the resume takes another.
        assert_resumes(stage, &older, &told);
    }
    println!(
        "{} calls of {} for a backup, every {step}. failed once: none was called good",
        synced.len(),
        call.name()
    );
}

#[test]
fn a_failed_fsync_of_the_journal_stops_the_run_and_the_resume_works() {
    let Some(stage) = Stage::postgres("sync-journal", &quiet()) else {
        return;
    };
    let Some(library) = library(&stage) else {
        return;
    };
    let part = Path::new("/journal.jsonl");
    let synced = calm(&stage, &library, (Call::Fsync, part));
    let before = stage.contents(&stage.database_name());
    // The library counts in each process anew: by the calm run's list, the longer count is the runner's.
    let most = synced.len();
    let step = (most / sweep()).max(1);
    let mut stopped = 0;
    for at in (1..=most).step_by(step) {
        let (older, known) = (tree(&stage.backups()), complete(&stage));
        let list = stage.folder.join("synced-now");
        let ended = with_broken(&stage, &library, (Call::Fsync, part), at, &list).run(RUN);
        let told = format!("fsync {at} of the journal");
        let said = format!(
            "{told}: exit code {}\n{}\n{}",
            ended.code, ended.stdout, ended.stderr
        );
        if ended.code == WAITS {
            // Beyond the number of the runner's own.
            let failed = std::fs::read_to_string(&list)
                .unwrap_or_default()
                .lines()
                .any(|line| line.starts_with("failed"));
            assert!(!failed, "{said}");
            assert!(at + 4 > most, "{said}");
            let _ = std::fs::remove_file(&list);
            continue;
        }
        let _ = std::fs::remove_file(&list);
        assert_eq!(ended.code, 4, "{said}");
        assert!(said.contains("journal"), "{said}");
        stopped += 1;
        assert_eq!(
            difference(&before, &stage.contents(&stage.database_name())),
            Vec::<String>::new(),
            "{told}"
        );
        assert_untouched(&older, &stage.backups(), &told);
        assert_eq!(
            stage.serving().as_deref(),
            stage.made["old_version"].as_str(),
            "{told}"
        );
        // The first lines are written before there is a runner: without them there is no run to go on with.
        if at > 2 {
            assert_honest(&stage, &known, &told);
            assert_resumes(&stage, &older, &told);
        }
    }
    for dir in complete(&stage) {
        verify(&stage, &dir).0.expect(0);
    }
    println!(
        "{stopped} of {most} syncs of the journal failed once: each stopped the run with exit code 4"
    );
}
