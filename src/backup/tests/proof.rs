//! Restoring and proving with the folder server.

use std::fs;

use super::fake::{END, Fake, server};
use crate::backup::{BackupError, During, Leftover, compare, restore, verify};
use crate::domain::backup::Level;
use crate::exit_code::ExitCode;

fn nothing_left(fake: &Fake) {
    assert!(
        !fake.file("omup_test_proof").exists(),
        "the scratch copy stays"
    );
    let left = fs::read_dir(fake.folder.join("work"))
        .expect("listed")
        .count();
    assert_eq!(left, 0, "the unpacked archive stays");
}

#[tokio::test]
async fn an_equal_copy_is_certified() {
    let (_keep, fake) = server();
    let taken = fake.take().await.expect("taken");
    fs::write(fake.file("omup_test_proof"), "left by a killed run").expect("written");
    let proved = fake.prove(&taken.folder).await.expect("proven");
    assert_eq!(proved.certificate.level, Level::RestoredAndEqual);
    assert!(proved.certificate.restore_seconds.is_some());
    nothing_left(&fake);
    let verified = verify(&taken.folder, None, &|_| {}).await.expect("sound");
    assert_eq!(verified.level, Level::RestoredAndEqual);
    // Proven twice is no problem, and a certificate is only worth something for its own manifest.
    fake.prove(&taken.folder).await.expect("proven again");
    let mut request = fake.request();
    request.content = false;
    let other = crate::backup::take(&request, &fake, &|_| {})
        .await
        .expect("taken");
    fs::copy(
        taken.folder.join("certificate.json"),
        other.folder.join("certificate.json"),
    )
    .expect("copied");
    let error = verify(&other.folder, None, &|_| {})
        .await
        .expect_err("foreign");
    assert!(
        error.to_string().contains("speaks of another manifest"),
        "{error}"
    );
}

#[tokio::test]
async fn one_changed_row_is_named() {
    let (_keep, mut fake) = server();
    let taken = fake.take().await.expect("taken");
    fake.restore =
        "sed 's/^row 77 of table_entity .*/row 77 of table_entity 0/' \"$1\" > \"$2\"".into();
    let error = fake.prove(&taken.folder).await.expect_err("it differs");
    assert!(
        matches!(&error, BackupError::Different(found) if found.len() == 1
            && found[0].what.as_str() == "table_entity"),
        "{error}"
    );
    assert_eq!(error.exit(During::Prove), ExitCode::Verification);
    nothing_left(&fake);
    let verified = verify(&taken.folder, None, &|_| {}).await.expect("sound");
    assert_eq!(verified.level, Level::Restorable);
    assert_eq!(verified.certificate.map(|c| c.differences.len()), Some(1));
}

#[tokio::test]
async fn a_failed_restore_leaves_nothing_and_says_why() {
    let (_keep, mut fake) = server();
    let taken = fake.take().await.expect("taken");
    fake.restore = "echo 'role \"om\" does not exist' >&2; exit 1".into();
    let error = fake.prove(&taken.folder).await.expect_err("it fails");
    assert!(
        error
            .to_string()
            .contains("exit code 1: role \"om\" does not exist"),
        "{error}"
    );
    nothing_left(&fake);
    let level = verify(&taken.folder, None, &|_| {})
        .await
        .expect("sound")
        .level;
    assert_eq!(level, Level::Restorable);
}

#[tokio::test]
async fn without_digests_nothing_is_called_equal() {
    let (_keep, fake) = server();
    let mut request = fake.request();
    request.content = false;
    let taken = crate::backup::take(&request, &fake, &|_| {})
        .await
        .expect("taken");
    let proved = fake.prove(&taken.folder).await.expect("restored");
    assert_eq!(proved.certificate.level, Level::Restorable);
    assert!(proved.reason.is_some());
}

#[tokio::test]
async fn a_restore_never_goes_over_what_stands_there() {
    let (_keep, fake) = server();
    let taken = fake.take().await.expect("taken");
    let mut request = fake.restore_request(&taken.folder, "omup_new");
    request.leftover = Leftover::Refuse;
    let restored = restore(&request, &fake, &|_| {}).await.expect("restored");
    assert_eq!(
        fs::read(fake.file("omup_new")).expect("read"),
        fs::read(fake.file("om")).expect("read")
    );
    assert_eq!(restored.database, "omup_new");
    fs::write(fake.file("omup_new"), "somebody's work").expect("written");
    restore(&request, &fake, &|_| {})
        .await
        .expect_err("it is there");
    assert_eq!(
        fs::read_to_string(fake.file("omup_new")).expect("read"),
        "somebody's work"
    );
}

#[tokio::test]
async fn a_proof_is_never_restored_over_another_database() {
    let (_keep, fake) = server();
    let taken = fake.take().await.expect("taken");
    let before = fs::read(fake.file("om")).expect("read");
    let request = crate::backup::ProveRequest {
        restore: fake.restore_request(&taken.folder, "om"),
        keep: false,
    };
    crate::backup::prove(&request, &fake, &|_| {})
        .await
        .expect_err("refused");
    assert_eq!(fs::read(fake.file("om")).expect("read"), before);
}

#[tokio::test]
async fn the_gate_sees_a_write_after_the_backup() {
    let (_keep, fake) = server();
    let taken = fake.take().await.expect("taken");
    let same = compare(&taken.manifest, &fake, &|_, _, _| {})
        .await
        .expect("compared");
    assert_eq!(same, Some(Vec::new()));
    let text = fs::read_to_string(fake.file("om")).expect("read");
    fs::write(
        fake.file("om"),
        text.replace(END, &format!("one more row\n{END}")),
    )
    .expect("written");
    let found = compare(&taken.manifest, &fake, &|_, _, _| {})
        .await
        .expect("compared");
    assert_eq!(found.map(|found| found.len()), Some(1));
}
