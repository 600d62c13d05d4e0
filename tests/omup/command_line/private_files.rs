//! Everything that omup writes is its owner's alone, whatever the umask, and no planted link is followed.

use std::collections::BTreeSet;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{journal, quiet, tree, unconfirmed, upgraded};
use crate::story::stage::Stage;

/// Everything below a folder that others could read or write.
fn open_to_others(folder: &Path, found: &mut BTreeSet<String>) {
    let Ok(meta) = folder.symlink_metadata() else {
        return;
    };
    let wanted = if meta.is_dir() { 0o700 } else { 0o600 };
    if !meta.is_symlink() && meta.mode() & 0o7777 != wanted {
        found.insert(format!(
            "{} has mode {:o}",
            folder.display(),
            meta.mode() & 0o7777
        ));
    }
    if meta.is_dir() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            open_to_others(&entry.path(), found);
        }
    }
}

/// Promise 26, looked at all the while: temporary files too.
#[test]
fn every_file_is_private_under_an_open_umask() {
    let stages = [
        Some(Stage::sqlite("umask", &quiet(""))),
        Stage::postgres("umask", &quiet("")),
        Stage::mysql("umask", &quiet("")),
    ];
    for stage in stages.into_iter().flatten() {
        let call = |arguments: &[&str]| {
            Command::new("sh")
                .args([
                    "-c",
                    "umask 0000; exec \"$0\" \"$@\"",
                    env!("CARGO_BIN_EXE_omup"),
                ])
                .args(arguments)
                .env("OMUP_STATE_DIR", stage.folder.join("state"))
                .env("PATH", stage.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("sh")
        };
        // What the first plan made is made anew.
        std::fs::remove_dir_all(stage.folder.join("state")).ok();
        let answers = stage.answers();
        let name = stage.database_name();
        let mut found = BTreeSet::new();
        let mut looks = 0;
        for (arguments, code) in [
            (
                vec!["run", "--answers", answers.to_str().expect("UTF-8")],
                0,
            ),
            (vec!["rollback", "--way", "restore", "--confirm", &name], 60),
        ] {
            let mut running = call(&arguments);
            let status = loop {
                for folder in ["state", "backups"] {
                    open_to_others(&stage.folder.join(folder), &mut found);
                }
                looks += 1;
                if let Some(status) = running.try_wait().expect("waited") {
                    break status;
                }
            };
            assert_eq!(status.code(), Some(code), "{arguments:?}");
            if code == 0 {
                upgraded(&stage);
            }
        }
        let socket = stage.run_folder().join("control.sock");
        assert!(
            socket
                .symlink_metadata()
                .expect("the socket")
                .file_type()
                .is_socket()
        );
        assert_eq!(found, BTreeSet::new(), "{looks} looks");
    }
}

/// A stage with one run that waits, and a folder of somebody else's with a file in it.
fn planted(name: &str) -> (Stage, std::path::PathBuf) {
    let stage = Stage::sqlite(name, &unconfirmed(""));
    stage.omup(&["run", "--answers"], true).expect(70);
    let victim = stage.folder.join("victim");
    std::fs::create_dir_all(victim.join("runs")).expect("a folder");
    std::fs::write(victim.join("file"), "precious\n").expect("a file");
    (stage, victim)
}

/// Promise 26.
#[test]
fn a_link_in_place_of_a_folder_is_not_followed() {
    let (stage, victim) = planted("link-folder");
    let run = journal(&stage).parent().expect("a folder").to_path_buf();
    for place in [
        stage.folder.join("state"),
        stage.folder.join("state/runs"),
        run.clone(),
    ] {
        let aside = stage.folder.join("aside");
        std::fs::rename(&place, &aside).expect("move away");
        // The link leads to a copy that would work, were it followed.
        symlink(&aside, &place).expect("a link");
        let before = (tree(&victim), tree(&aside));
        let id = run.file_name().expect("an id").to_str().expect("UTF-8");
        for command in [
            &["status", id][..],
            &["resume", id],
            &["attach", "--plain", id],
            &["report", id],
            &["answer", id, "start-of-downtime=x"],
            &["abort", id],
            &["rollback", id],
            &["runs", "show", id],
        ] {
            let ended = stage.omup(command, false).expect(4);
            assert!(
                ended.stderr.contains("a link is not followed"),
                "{command:?}: {}",
                ended.stderr
            );
        }
        if place != run {
            stage.omup(&["run", "--answers"], true).expect(4);
        }
        assert_eq!(
            before,
            (tree(&victim), tree(&aside)),
            "{} was followed",
            place.display()
        );
        std::fs::remove_file(&place).expect("remove the link");
        std::fs::rename(&aside, &place).expect("move back");
    }
    stage.omup(&["status"], false).expect(0);
}

/// Promise 26.
#[test]
fn a_link_in_place_of_a_file_is_not_followed() {
    let (stage, victim) = planted("link-file");
    let run = journal(&stage).parent().expect("a folder").to_path_buf();
    for name in [
        "lock",
        "journal.jsonl",
        "control.sock",
        "reserve",
        "logs/runner.log",
    ] {
        let place = run.join(name);
        let aside = stage.folder.join("aside");
        std::fs::rename(&place, &aside).expect("move away");
        for target in [victim.join("file"), victim.join("not-there"), aside.clone()] {
            symlink(&target, &place).expect("a link");
            let before = (tree(&victim), tree(&aside));
            let ended = stage.omup(&["resume"], false).expect(4);
            assert!(!ended.stderr.is_empty(), "{name}: {ended:?}");
            assert_eq!(
                before,
                (tree(&victim), tree(&aside)),
                "{name} was followed to {}",
                target.display()
            );
            std::fs::remove_file(&place).expect("remove the link");
        }
        std::fs::rename(&aside, &place).expect("move back");
    }
    stage.omup(&["resume"], false).expect(70);
}
