//! Every stored byte is checked: whatever is done to a stored backup, `verify` and `restore` refuse
//! it, and `restore` does so before it touches the server.

use std::fs;
use std::path::{Path, PathBuf};

use super::fake::{Fake, server};
use crate::backup::{BackupError, restore, verify};

async fn backup() -> (tempfile::TempDir, Fake, PathBuf) {
    let (keep, fake) = server();
    let mut request = fake.request();
    let empty = fake.folder.join("empty.env");
    fs::write(&empty, "").expect("written");
    request.config.push(empty);
    let taken = crate::backup::take(&request, &fake, &|_| {})
        .await
        .expect("taken");
    (keep, fake, taken.folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

async fn refused(fake: &Fake, folder: &Path, why: &str) {
    let error = verify(folder, None, &|_| {})
        .await
        .map(|_| ())
        .expect_err(why);
    assert!(
        matches!(error, BackupError::Damaged { .. }),
        "{why}: {error}"
    );
    let request = fake.restore_request(folder, "omup_target");
    let error = restore(&request, fake, &|_| {})
        .await
        .map(|_| ())
        .expect_err(why);
    assert!(
        matches!(error, BackupError::Damaged { .. }),
        "{why}: {error}"
    );
    assert!(
        !fake.file("omup_target").exists(),
        "{why}: the server was touched"
    );
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_found() {
    let (_keep, fake, folder) = backup().await;
    for path in files(&folder) {
        let good = fs::read(&path).expect("read");
        let step = (good.len() / 60).max(1);
        for at in (0..good.len()).step_by(step) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(&path, &bad).expect("written");
            refused(&fake, &folder, &format!("{} bit {at}", path.display())).await;
        }
        fs::write(&path, &good).expect("written");
    }
    verify(&folder, None, &|_| {}).await.expect("sound again");
}

#[tokio::test]
async fn a_cut_an_added_byte_and_an_emptied_file_are_found() {
    let (_keep, fake, folder) = backup().await;
    for path in files(&folder) {
        let good = fs::read(&path).expect("read");
        let step = (good.len() / 40).max(1);
        for length in (0..good.len()).step_by(step) {
            fs::write(&path, &good[..length]).expect("written");
            refused(
                &fake,
                &folder,
                &format!("{} cut to {length}", path.display()),
            )
            .await;
        }
        let mut longer = good.clone();
        longer.push(b'\n');
        fs::write(&path, &longer).expect("written");
        refused(&fake, &folder, &format!("{} + 1 byte", path.display())).await;
        fs::write(&path, &good).expect("written");
    }
    verify(&folder, None, &|_| {}).await.expect("sound again");
}

#[tokio::test]
async fn swapped_missing_and_linked_files_are_found() {
    let (_keep, fake, folder) = backup().await;
    let all = files(&folder);
    for one in &all {
        for two in &all {
            let (first, second) = (fs::read(one).expect("read"), fs::read(two).expect("read"));
            if one >= two || first == second {
                continue;
            }
            fs::write(one, &second).expect("written");
            fs::write(two, &first).expect("written");
            refused(
                &fake,
                &folder,
                &format!("{} <-> {}", one.display(), two.display()),
            )
            .await;
            fs::write(one, &first).expect("written");
            fs::write(two, &second).expect("written");
        }
        if one.ends_with("certificate.json") {
            continue;
        }
        let aside = fake.folder.join("aside");
        fs::rename(one, &aside).expect("moved");
        refused(&fake, &folder, &format!("{} missing", one.display())).await;
        std::os::unix::fs::symlink(&aside, one).expect("linked");
        refused(&fake, &folder, &format!("{} is a link", one.display())).await;
        fs::remove_file(one).expect("removed");
        fs::rename(&aside, one).expect("moved back");
    }
    fs::write(folder.join("note.txt"), "taken by Ann").expect("written");
    let verified = verify(&folder, None, &|_| {}).await.expect("sound");
    assert_eq!(verified.notes.len(), 1);
}

#[tokio::test]
async fn hostile_manifests_are_refused() {
    let (_keep, fake, folder) = backup().await;
    let path = folder.join("manifest.json");
    let good = fs::read_to_string(&path).expect("read");
    let name = "config/001-openmetadata.yaml";
    assert!(good.contains(name));
    let hostile = [
        "../../etc/passwd",
        "/etc/passwd",
        "config/../../x",
        "config//x",
        "./x",
        "",
        "-rf",
        "manifest.json",
        "database.fake.zst",
        "a\\u001b[31m",
    ];
    for bad in hostile {
        fs::write(&path, good.replace(name, bad)).expect("written");
        refused(&fake, &folder, bad).await;
    }
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for bad in [
        "null".to_string(),
        deep,
        good.replacen('{', "{\"unknown\": 1,", 1),
        good.replace("\"schema_version\": 1", "\"schema_version\": 2"),
        good.replace("\"bytes\": ", "\"bytes\": -"),
    ] {
        fs::write(&path, bad).expect("written");
        refused(&fake, &folder, "a hostile manifest").await;
    }
    fs::remove_file(&path).expect("removed");
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        &path,
        rustix::fs::Mode::from_raw_mode(0o600),
    )
    .expect("a fifo");
    refused(&fake, &folder, "a fifo").await;
}
