//! Dumps that lie, and stages that fail: all are refused, with the reason named.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use super::fake::{END, Fake, server};
use crate::backup::{BackupError, During, take, verify};
use crate::domain::backup::Level;
use crate::exit_code::ExitCode;

fn folders(fake: &Fake) -> Vec<String> {
    let Ok(entries) = fs::read_dir(fake.dir()) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// Takes a backup that must fail; nothing that looks complete may be left.
async fn refused(fake: &Fake) -> BackupError {
    let error = fake.take().await.expect_err("it must be refused");
    for name in folders(fake) {
        assert!(name.contains(".incomplete"), "{name} looks complete");
        let folder = fake.dir().join(name);
        assert!(!folder.join("manifest.json").exists());
        assert!(!folder.join("database.fake.zst").exists());
    }
    assert_eq!(error.exit(During::Take), ExitCode::Backup);
    error
}

#[tokio::test]
async fn a_good_dump_is_restorable_and_private() {
    let (_keep, fake) = server();
    let phases = std::sync::Mutex::new(Vec::new());
    let taken = take(&fake.request(), &fake, &|progress| {
        phases.lock().expect("no panic").push(progress.phase);
    })
    .await
    .expect("taken");
    assert_eq!(taken.level, Level::Restorable);
    assert!(!phases.lock().expect("no panic").is_empty());
    let verified = verify(&taken.folder, None, &|_| {}).await.expect("sound");
    assert_eq!(verified.level, Level::Restorable);
    assert_eq!(verified.manifest, taken.manifest);
    assert!(verified.notes.is_empty(), "{:?}", verified.notes);
    assert_eq!(taken.manifest.tables.len(), 3);
    assert_eq!(taken.manifest.tool, "fake-dump 1");
    let sums = std::process::Command::new("sha256sum")
        .args(["--strict", "-c", "SHA256SUMS"])
        .current_dir(&taken.folder)
        .output()
        .expect("sha256sum is there");
    assert!(sums.status.success(), "{sums:?}");
    assert!(!fake.folder.join("pwned").exists());
    private(&taken.folder);
}

/// Folders 0700, files 0600, all the way down.
pub(super) fn private(folder: &Path) {
    let mode = |path: &Path| fs::metadata(path).expect("there").mode() & 0o7777;
    assert_eq!(mode(folder), 0o700, "{}", folder.display());
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            private(&path);
        } else {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn half_a_dump_with_exit_0_is_refused() {
    let (_keep, mut fake) = server();
    let text = fs::read_to_string(fake.file("om")).expect("read");
    let end_of_first_table = text.find("TABLE table_entity").expect("it is there");
    let cuts = [
        0,
        1,
        17,
        5000,
        end_of_first_table,
        text.len() - END.len() - 1,
        text.len() - 2,
    ];
    for cut in cuts {
        fake.dump = format!("head -c {cut} \"$1\"");
        // A tool that says yes to everything must not help it.
        for check in [fake.check.clone(), "cat > /dev/null".to_string()] {
            let fake = Fake {
                check,
                ..fake.clone()
            };
            let error = refused(&fake).await;
            assert!(
                matches!(error, BackupError::Incomplete(_)),
                "{cut}: {error}"
            );
            let said = error.to_string();
            assert!(
                said.contains("the line that ends a dump is missing"),
                "{cut}: {said}"
            );
            if cut <= end_of_first_table {
                assert!(said.contains("'table_entity' of the snapshot"), "{said}");
            }
            if cut == 0 {
                assert!(said.contains("it is empty"), "{said}");
            }
        }
    }
}

#[tokio::test]
async fn a_dump_that_drops_or_adds_a_table_is_refused() {
    let (_keep, mut fake) = server();
    fake.dump = "sed '/^TABLE table_entity/d' \"$1\"".into();
    let said = refused(&fake).await.to_string();
    assert!(
        said.contains("table 'table_entity' of the snapshot is not in the archive"),
        "{said}"
    );
    fake.dump = "echo 'TABLE late'; cat \"$1\"".into();
    let said = refused(&fake).await.to_string();
    assert!(
        said.contains("table 'late' of the archive was not in the snapshot"),
        "{said}"
    );
}

#[tokio::test]
async fn the_trailer_of_a_table_is_not_the_trailer_of_the_dump() {
    let (_keep, mut fake) = server();
    fake.dump = format!("sed 's/^{END}$/{END} of table_entity/' \"$1\"");
    fake.check = "cat > /dev/null".into();
    let said = refused(&fake).await.to_string();
    assert!(
        said.contains("the line that ends a dump is missing"),
        "{said}"
    );
}

#[tokio::test]
async fn a_failing_stage_is_named_and_hides_no_other() {
    let (_keep, mut fake) = server();
    fake.dump = "cat \"$1\"; echo 'server closed the connection' >&2; exit 1".into();
    let error = refused(&fake).await;
    let said = error.to_string();
    assert!(
        said.contains("the dump tool: sh ended with exit code 1: server closed the connection"),
        "{said}"
    );
    fake.dump = "head -c 9000 \"$1\"; kill -9 $$".into();
    let said = refused(&fake).await.to_string();
    assert!(said.contains("signal 9 (killed)"), "{said}");
    fake.dump = "cat \"$1\"".into();
    fake.check =
        "cat > /dev/null; echo 'could not read from input file: end of file' >&2; exit 1".into();
    let said = refused(&fake).await.to_string();
    assert!(
        said.contains("cannot be read to its end: sh ended with exit code 1: could not read"),
        "{said}"
    );
    // It says yes without having read.
    fake.dump = "for i in 1 2 3 4 5 6 7 8 9 10; do cat \"$1\"; done".into();
    fake.check = "head -c 10 > /dev/null".into();
    let said = refused(&fake).await.to_string();
    assert!(
        said.contains("stopped reading before the archive's end"),
        "{said}"
    );
}

#[tokio::test]
async fn a_dump_that_stalls_is_ended_with_its_group() {
    let (_keep, fake) = server();
    let mut request = fake.request();
    request.stall_limit = Duration::from_secs(1);
    for dump in [
        "head -c 5000 \"$1\"; sleep 60",
        "exec >&-; sleep 60",
        "sleep 60 & exit 0",
    ] {
        let fake = Fake {
            dump: dump.into(),
            ..fake.clone()
        };
        let waited = std::sync::atomic::AtomicU64::new(0);
        let begun = std::time::Instant::now();
        let error = take(&request, &fake, &|progress| {
            waited.fetch_max(
                progress.waiting_seconds,
                std::sync::atomic::Ordering::Relaxed,
            );
        })
        .await
        .expect_err("it must be ended");
        assert!(
            matches!(error, BackupError::Stalled { seconds: 1, .. }),
            "{error}"
        );
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert!(waited.into_inner() >= 1, "waiting was not told");
    }
}

#[tokio::test]
async fn another_server_behind_the_same_address_is_noticed() {
    let (_keep, mut fake) = server();
    fake.dump = "cat \"$1\"; echo other > \"$(dirname \"$1\")/server\"".into();
    let error = fake.take().await.expect_err("another server");
    assert!(matches!(error, BackupError::Foreign { .. }), "{error}");
    assert_eq!(error.exit(During::Take), ExitCode::BackupDamaged);
}

#[tokio::test]
async fn a_missing_tool_and_a_missing_config_file_are_said() {
    let (_keep, fake) = server();
    let mut request = fake.request();
    request.config.push(fake.folder.join("gone.env"));
    let error = take(&request, &fake, &|_| {}).await.expect_err("missing");
    let said = error.failure(During::Take);
    assert!(said.why.as_str().contains("gone.env"), "{}", said.why);
    assert_eq!(said.exit, ExitCode::Backup);
}

#[tokio::test]
async fn older_backups_stay_as_they_are() {
    let (_keep, mut fake) = server();
    let good = fake.take().await.expect("taken");
    fake.dump = "exit 3".into();
    fake.take().await.expect_err("it fails");
    fake.dump = "cat \"$1\"".into();
    let newer = fake.take().await.expect("taken");
    assert_ne!(good.folder, newer.folder);
    for folder in [good.folder, newer.folder] {
        verify(&folder, None, &|_| {}).await.expect("sound");
    }
    assert_eq!(folders(&fake).len(), 3);
}

/// `take` must be usable from steps whose futures are `Send`.
#[test]
fn the_futures_are_send() {
    fn send<T: Send>(_: &T) {}
    let (_keep, fake) = server();
    let request = fake.request();
    let restore = fake.restore_request(Path::new("/x"), "omup_x");
    send(&take(&request, &fake, &|_| {}));
    send(&verify(Path::new("/x"), None, &|_| {}));
    send(&crate::backup::restore(&restore, &fake, &|_| {}));
}
