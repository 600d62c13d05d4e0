//! Whether systemd-logind ends what a user leaves behind: `KillUserProcesses=` of logind.conf(5).
//!
//! Asked of logind itself; where it does not answer, read from its files as systemd reads them. No call takes longer
//! than [`PATIENCE`].

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::process::{Place, ToolCommand, output};

const PATIENCE: Duration = Duration::from_secs(3);

/// Folders of configuration, the first one counts most (logind.conf(5)).
const FOLDERS: [&str; 4] = [
    "/etc/systemd",
    "/run/systemd",
    "/usr/local/lib/systemd",
    "/usr/lib/systemd",
];

/// True: logind ends a user's processes with the last session.
pub async fn kills_user_processes() -> bool {
    let property = ToolCommand::new("busctl").args([
        "get-property",
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
        "KillUserProcesses",
    ]);
    if let Some(kills) = said(&property).await.and_then(|text| property_value(&text)) {
        return kills;
    }
    let config = ToolCommand::new("systemd-analyze").args(["cat-config", "systemd/logind.conf"]);
    match said(&config).await {
        Some(text) => in_force(&[text]),
        None => in_force(&files(&FOLDERS.map(Path::new))),
    }
}

async fn said(tool: &ToolCommand) -> Option<String> {
    let output = output(tool, Place::Local, PATIENCE).await.ok()?;
    output.success(tool).ok().map(|output| output.text())
}

/// What `busctl get-property` prints of a boolean: `b true`.
fn property_value(text: &str) -> Option<bool> {
    match text.trim() {
        "b true" => Some(true),
        "b false" => Some(false),
        _ => None,
    }
}

/// The texts of `logind.conf` and its drop-ins, in the order in which systemd reads them: the main file of the first
/// folder that has one, then each drop-in by its name, of equal names that of the first folder.
fn files(folders: &[&Path]) -> Vec<String> {
    let mut drop_ins = BTreeMap::new();
    for folder in folders {
        let entries = std::fs::read_dir(folder.join("logind.conf.d"));
        for entry in entries.into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|ext| ext == "conf") {
                drop_ins.entry(entry.file_name()).or_insert(entry.path());
            }
        }
    }
    let main = folders.iter().map(|folder| folder.join("logind.conf"));
    let main = main.into_iter().find(|path| path.exists());
    main.iter()
        .chain(drop_ins.values())
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect()
}

/// The value that these texts give, read one after the other: the last assignment that is a truth value. Where there
/// is none, the comment of the shipped file tells what this systemd was built with; without one it is `no`, as
/// distributions build it.
fn in_force(texts: &[String]) -> bool {
    let lines = || texts.iter().flat_map(|text| text.lines()).map(str::trim);
    let set = lines().filter_map(assigned).next_back();
    let built_in = lines()
        .filter_map(|line| assigned(line.strip_prefix('#')?))
        .next();
    set.or(built_in).unwrap_or(false)
}

fn assigned(line: &str) -> Option<bool> {
    let (key, value) = line.split_once('=')?;
    (key.trim() == "KillUserProcesses").then_some(())?;
    truth(value.trim())
}

/// systemd's words for a truth value (systemd.syntax(7)).
fn truth(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{files, in_force, property_value};

    #[test]
    fn every_way_to_write_it_is_understood() {
        let table = [
            ("", false),
            ("[Login]\n#KillUserProcesses=no\n", false),
            ("[Login]\n#KillUserProcesses=yes\n", true),
            ("[Login]\nKillUserProcesses=yes\n", true),
            ("[Login]\n  KillUserProcesses = TRUE  \n", true),
            ("KillUserProcesses=1", true),
            ("KillUserProcesses =on\r\n", true),
            ("KillUserProcesses=off", false),
            ("; KillUserProcesses=yes", false),
            ("#KillUserProcesses=yes\nKillUserProcesses=no", false),
            ("KillUserProcesses=yes\nKillUserProcesses=no", false),
            (
                "KillUserProcesses=no\n# /etc/systemd/logind.conf.d/h.conf\nKillUserProcesses=yes",
                true,
            ),
            ("KillUserProcesses=yes\nKillUserProcesses=maybe", true),
            ("KillUserProcesses=\nKillOnlyUsers=yes", false),
        ];
        for (text, kills) in table {
            assert_eq!(in_force(&[text.to_string()]), kills, "{text:?}");
        }
        for (text, kills) in [
            ("b true\n", Some(true)),
            ("b false\n", Some(false)),
            ("", None),
            ("s \"true\"\n", None),
        ] {
            assert_eq!(property_value(text), kills, "{text:?}");
        }
    }

    #[test]
    fn a_drop_in_counts_by_its_name_and_its_folder() {
        let place = tempfile::tempdir().expect("a folder");
        let folders = ["etc", "run", "lib"].map(|name| place.path().join(name));
        let folders: Vec<&Path> = folders.iter().map(AsRef::as_ref).collect();
        let write = |name: &str, value: &str| {
            let path = place.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, format!("[Login]\nKillUserProcesses={value}\n")).expect("written");
            in_force(&files(&folders))
        };
        assert!(!in_force(&files(&folders)), "nothing is there");
        assert!(write("lib/logind.conf", "yes"));
        assert!(!write("etc/logind.conf", "no"), "it hides that of lib");
        assert!(write("lib/logind.conf.d/50-harden.conf", "true"));
        assert!(
            !write("run/logind.conf.d/50-harden.conf", "0"),
            "run hides lib"
        );
        assert!(
            write("etc/logind.conf.d/50-harden.conf", "yes"),
            "etc hides run"
        );
        assert!(
            !write("lib/logind.conf.d/60-last.conf", "no"),
            "the last name wins"
        );
        assert!(
            !write("etc/logind.conf.d/70-other.txt", "yes"),
            "only .conf counts"
        );
    }
}
