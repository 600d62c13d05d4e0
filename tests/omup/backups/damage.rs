//! Every stored byte counts: whatever is changed in a backup that was good, `verify` refuses it by the file's name, and
//! the way back refuses before it touches the server.

use std::path::{Path, PathBuf};

use super::scene::{WAITS, complete, run, sweep, tree, verify};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::digest::difference;

/// Exit code of a damaged backup.
const DAMAGED: i32 = 22;

/// Two backups, and a finished upgrade by the run that has the second.
fn upgraded(stage: &Stage) -> (PathBuf, PathBuf) {
    run(stage).run(RUN).expect(WAITS);
    stage.answer("", true);
    run(stage).run(RUN).expect(0);
    let all = complete(stage);
    let own = PathBuf::from(
        stage.status()["view"]["facts"]["backup_dir"]
            .as_str()
            .expect("a backup"),
    );
    let other = all
        .into_iter()
        .find(|dir| *dir != own)
        .expect("the first run's");
    (own, other)
}

fn setting() -> Setting {
    Setting {
        faults: "server_write_interval_ms = 0\n".to_string(),
        confirm: false,
        ..Setting::default()
    }
}

/// Paths of the files of a backup, relative to it.
fn files(dir: &Path) -> Vec<PathBuf> {
    // The page for the way back stands beside a backup and is no part of it.
    let of_backup = |path: &PathBuf| path != Path::new("way-back.md");
    tree(dir).into_keys().filter(of_backup).collect()
}

/// Another number at each call, the same at each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

#[test]
fn any_changed_byte_is_found_on_postgres() {
    if let Some(stage) = Stage::postgres("changed-byte", &setting()) {
        any_changed_byte_is_found(&stage);
    }
}

#[test]
fn any_changed_byte_is_found_on_mysql() {
    if let Some(stage) = Stage::mysql("changed-byte", &setting()) {
        any_changed_byte_is_found(&stage);
    }
}

#[test]
fn any_changed_byte_is_found_on_sqlite() {
    any_changed_byte_is_found(&Stage::sqlite("changed-byte", &setting()));
}

fn any_changed_byte_is_found(stage: &Stage) {
    run(stage).run(RUN).expect(WAITS);
    let dir = complete(stage).pop().expect("a backup");
    let mut numbers = Numbers(1);
    let mut changes = 0;
    for file in files(&dir) {
        let path = dir.join(&file);
        let good = std::fs::read(&path).expect("readable");
        let mut refused = |bytes: &[u8], change: &str| {
            std::fs::write(&path, bytes).expect("written");
            let (ended, document) = verify(stage, &dir);
            let told = format!("{} {change}: {} {document}", file.display(), ended.stderr);
            assert_eq!(
                (ended.code, &document["good"]),
                (DAMAGED, &false.into()),
                "{told}"
            );
            assert!(
                document["why"]
                    .as_str()
                    .is_some_and(|why| why.contains(&*file.to_string_lossy())),
                "{told}"
            );
            changes += 1;
        };
        for _ in 0..sweep() {
            let (at, bit) = (numbers.below(good.len()), numbers.below(8));
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            refused(&bytes, &format!("bit {bit} of byte {at}"));
        }
        for _ in 0..sweep() / 2 {
            let length = numbers.below(good.len());
            refused(&good[..length], &format!("cut to {length}"));
        }
        refused(&[], "emptied");
        refused(&good[..good.len() - 1], "last byte cut");
        refused(&[good.as_slice(), b"\n"].concat(), "a byte more");
        std::fs::write(&path, &good).expect("put back");
    }
    verify(stage, &dir).0.expect(0);
    println!(
        "{changes} changes in {} files, all refused by name",
        files(&dir).len()
    );
}

#[test]
fn the_way_back_refuses_a_damaged_backup_before_it_touches_the_server() {
    let Some(stage) = Stage::postgres("damaged-way-back", &setting()) else {
        return;
    };
    let (own, other) = upgraded(&stage);
    let before = stage.contents(&stage.database_name());
    for file in files(&own) {
        let path = own.join(&file);
        let good = std::fs::read(&path).expect("readable");
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        for (change, bytes) in [
            ("one bit flipped", flipped),
            ("emptied", Vec::new()),
            ("cut", good[..good.len() / 2].to_vec()),
        ] {
            std::fs::write(&path, bytes).expect("written");
            refused(
                &stage,
                &file.to_string_lossy(),
                &format!("{} {change}", file.display()),
            );
        }
        if file != Path::new("certificate.json") {
            std::fs::remove_file(&path).expect("removed");
            refused(
                &stage,
                &file.to_string_lossy(),
                &format!("{} removed", file.display()),
            );
        }
        std::fs::write(&path, &good).expect("put back");
    }
    for file in files(&own) {
        let twin = other.join(&file);
        if tree(&own).get(&file) == tree(&other).get(&file) {
            continue;
        }
        swap(&own.join(&file), &twin);
        verify(&stage, &other).0.expect(DAMAGED);
        let told = format!("{} of two backups swapped", file.display());
        refused(&stage, &file.to_string_lossy(), &told);
        swap(&own.join(&file), &twin);
    }
    // Whole, sound, and of another moment: nothing in the folder itself can tell.
    swap(&own, &other);
    verify(&stage, &own).0.expect(0);
    refused(&stage, "manifest.json", "another run's backup in its place");
    swap(&own, &other);
    let Some(stranger) = Stage::postgres("strange-deployment", &setting()) else {
        return;
    };
    run(&stranger).run(RUN).expect(WAITS);
    let foreign = complete(&stranger).pop().expect("a backup");
    swap(&own, &foreign);
    verify(&stage, &own).0.expect(0);
    refused(
        &stage,
        "manifest.json",
        "another deployment's backup in its place",
    );
    swap(&own, &foreign);
    let name = stage.database_name();
    assert_eq!(
        difference(&before, &stage.contents(&name)),
        Vec::<String>::new(),
        "all the while nothing was changed"
    );
    // And with everything put back, the way is open.
    stage
        .omup(&["rollback", "--way", "restore", "--confirm", &name], false)
        .expect(60);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str()
    );
}

/// Two files or folders change places.
fn swap(one: &Path, two: &Path) {
    rustix::fs::renameat_with(
        rustix::fs::CWD,
        one,
        rustix::fs::CWD,
        two,
        rustix::fs::RenameFlags::EXCHANGE,
    )
    .expect("swapped");
}

fn refused(stage: &Stage, named: &str, told: &str) {
    let name = stage.database_name();
    let databases = stage.databases();
    let journal = std::fs::read(stage.run_folder().join("journal.jsonl")).expect("the journal");
    let ended = stage.omup(&["rollback", "--way", "restore", "--confirm", &name], false);
    let said = format!("{told}\n{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(ended.code, DAMAGED, "{said}");
    assert!(ended.stderr.contains(named), "it names {named}: {said}");
    assert_eq!(stage.databases(), databases, "{said}");
    // No runner was started, so there was nobody who could have made a database and dropped it again.
    assert_eq!(
        std::fs::read(stage.run_folder().join("journal.jsonl")).expect("the journal"),
        journal,
        "{said}"
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str(),
        "{said}"
    );
}
