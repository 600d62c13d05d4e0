//! The program killed at each point around each outside effect, while it takes and while it proves a
//! backup. A victim is this very test binary, started again.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::dump_faults::private;
use super::fake::{Fake, at, server};
use crate::backup::store::complete_backups;
use crate::backup::verify;
use crate::domain::backup::Level;

const FOLDER: &str = "OMUP_TEST_FOLDER";
const WORK: &str = "OMUP_TEST_WORK";
const VICTIM: [&str; 3] = [
    "--exact",
    "backup::tests::sweep::victim",
    "--include-ignored",
];

#[tokio::test]
#[ignore = "the victim of the sweeps: it is started by them"]
async fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let fake = at(Path::new(&folder));
    crate::process::effect::arm();
    match std::env::var(WORK).as_deref() {
        Ok("take") => fake.take().await.map(|_| ()).expect("taken"),
        Ok("prove") => {
            let backups = complete_backups(&fake.dir()).expect("listed");
            let backup = backups.first().expect("there is one");
            fake.prove(backup).await.map(|_| ()).expect("proven");
        }
        other => panic!("no such work: {other:?}"),
    }
}

#[test]
fn nothing_is_open_to_others_whatever_the_umask() {
    let (_keep, fake) = server();
    let status = Command::new("sh")
        .args(["-c", "umask 0000; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("we run"))
        .args(VICTIM)
        .env(FOLDER, &fake.folder)
        .env(WORK, "take")
        .stdout(Stdio::null())
        .status()
        .expect("started");
    assert!(status.success());
    let backups = complete_backups(&fake.dir()).expect("listed");
    assert_eq!(backups.len(), 1);
    private(&fake.dir());
    let log = fs::metadata(fake.folder.join("back-up.log")).expect("there");
    assert_eq!(log.mode() & 0o7777, 0o600);
}

/// True when the victim came to its end, false when it was killed at that point.
fn survives(fake: &Fake, work: &str, point: u32) -> bool {
    let me = std::env::current_exe().expect("we run");
    let status = Command::new(me)
        .args([
            "--exact",
            "backup::tests::sweep::victim",
            "--include-ignored",
        ])
        .env(FOLDER, &fake.folder)
        .env(WORK, work)
        .env("OMUP_KILL_AT", point.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("started");
    if !status.success() {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(status.signal(), Some(9), "point {point}: {status}");
    }
    status.success()
}

#[tokio::test]
async fn killed_while_taking_no_folder_lies_and_the_next_attempt_succeeds() {
    let (_keep, fake) = server();
    let older = fake.take().await.expect("taken").folder;
    let mut points = 0;
    while !survives(&fake, "take", points + 1) {
        points += 1;
        assert!(points < 200, "it never ends");
        for backup in complete_backups(&fake.dir()).expect("listed") {
            let verified = verify(&backup, None, &|_| {}).await;
            verified.unwrap_or_else(|error| panic!("point {points}: {error}"));
        }
        assert!(older.join("manifest.json").exists());
    }
    assert!(
        points >= 20,
        "only {points} points: some effect is not covered"
    );
    for entry in fs::read_dir(fake.dir()).expect("listed") {
        let path = entry.expect("an entry").path();
        let marked = path.to_string_lossy().contains(".incomplete");
        assert_eq!(
            marked,
            !path.join("manifest.json").exists(),
            "{}",
            path.display()
        );
    }
}

#[tokio::test]
async fn killed_while_proving_the_source_is_untouched_and_the_next_proof_succeeds() {
    let (_keep, fake) = server();
    let backup = fake.take().await.expect("taken").folder;
    let source = fs::read(fake.file("om")).expect("read");
    let mut points = 0;
    while !survives(&fake, "prove", points + 1) {
        points += 1;
        assert!(points < 200, "it never ends");
        assert_eq!(fs::read(fake.file("om")).expect("read"), source);
        let verified = verify(&backup, None, &|_| {}).await;
        verified.unwrap_or_else(|error| panic!("point {points}: {error}"));
    }
    assert!(
        points >= 10,
        "only {points} points: some effect is not covered"
    );
    let verified = verify(&backup, None, &|_| {}).await.expect("sound");
    assert_eq!(verified.level, Level::RestoredAndEqual);
    assert!(!fake.file("omup_test_proof").exists());
    assert_eq!(
        fs::read_dir(fake.folder.join("work"))
            .expect("listed")
            .count(),
        0
    );
}
