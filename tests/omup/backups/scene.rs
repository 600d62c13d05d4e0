//! A stage whose runs end before downtime, and what must be true of its backups at any moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::story::stage::{RUN, Setting, Stage};
use crate::support::digest::hash;
use crate::support::omup::{Ended, Omup};

/// How a run ends that waits for the go-ahead: backed up, proven, nothing changed.
pub const WAITS: i32 = 70;
pub const LEVELS: &[&str] = &["written", "checksummed", "restorable", "restored-and-equal"];

/// Nobody writes, nobody has confirmed: a run ends at the question for the downtime.
pub fn quiet() -> Setting {
    Setting {
        faults: "server_write_interval_ms = 0\n".to_string(),
        confirm: false,
        ..Setting::default()
    }
}

/// How often a sweep disturbs: `OMUP_SWEEP`, 20 without it.
pub fn sweep() -> usize {
    std::env::var("OMUP_SWEEP")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20)
}

/// A run that has not been waited for.
pub fn run(stage: &Stage) -> Omup {
    stage.call(&["run", "--answers"], true)
}

/// Name to SHA-256 of every file below `dir`, by paths relative to it.
pub fn tree(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("readable");
                found.insert(
                    path.strip_prefix(dir).expect("below it").to_path_buf(),
                    hash(&bytes),
                );
            }
        }
    }
    found
}

/// Every file of an earlier look is still there with the same bytes.
#[track_caller]
pub fn assert_untouched(older: &BTreeMap<PathBuf, String>, dir: &Path, told: &str) {
    let now = tree(dir);
    for (path, digest) in older {
        assert_eq!(
            now.get(path),
            Some(digest),
            "{told}: {} of an older backup",
            path.display()
        );
    }
}

/// The folders with a manifest below the folder of backups, oldest first.
pub fn complete(stage: &Stage) -> Vec<PathBuf> {
    entries(&stage.backups())
        .into_iter()
        .filter(|path| path.join("manifest.json").is_file())
        .collect()
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    all.sort();
    all
}

/// `omup verify DIR --json`: exit code and document.
pub fn verify(stage: &Stage, dir: &Path) -> (Ended, Value) {
    let ended = stage
        .call(&["verify", "--json"], false)
        .args([dir])
        .run(RUN);
    let document = serde_json::from_str(&ended.stdout).unwrap_or(Value::Null);
    (ended, document)
}

/// Where `name` stands among the levels, 0 the lowest.
fn rank(level: &Value) -> usize {
    let name = level.as_str().expect("a level");
    LEVELS
        .iter()
        .position(|known| *known == name)
        .unwrap_or_else(|| panic!("level '{name}'"))
}

/// No lie is told: what status claims of a backup, verify says too; what looks complete is whole; what is torn says
/// so by its name. `known` are folders that were looked at before.
#[track_caller]
pub fn assert_honest(stage: &Stage, known: &[PathBuf], told: &str) {
    let facts = stage.status()["view"]["facts"].clone();
    if let Some(dir) = facts["backup_dir"].as_str() {
        let (ended, document) = verify(stage, Path::new(dir));
        assert_eq!(
            (ended.code, &document["good"]),
            (0, &Value::Bool(true)),
            "{told}: {}",
            ended.stderr
        );
        let claimed = &facts["level"];
        assert!(
            claimed.is_null() || rank(claimed) <= rank(&document["level"]),
            "{told}: status says {claimed}, verify {document}"
        );
    }
    for path in entries(&stage.backups()) {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if known.contains(&path) || name.contains(".incomplete") || name.ends_with(".partial") {
            continue;
        }
        assert!(
            path.is_dir(),
            "{told}: {name} is no backup and does not say so"
        );
        if path.join("manifest.json").exists() {
            let (ended, _) = verify(stage, &path);
            assert_eq!(
                ended.code, 0,
                "{told}: {name} looks complete: {}",
                ended.stderr
            );
            continue;
        }
        for file in entries(&path)
            .iter()
            .filter(|file| file.extension().is_some_and(|e| e == "zst"))
        {
            assert!(is_whole(stage, file), "{told}: {} is torn", file.display());
        }
    }
}

/// Reads a stored dump to its end without any help of omup.
fn is_whole(stage: &Stage, file: &Path) -> bool {
    let Ok(dump) = zstd::decode_all(std::fs::File::open(file).expect("readable")) else {
        return false;
    };
    if file
        .file_name()
        .is_some_and(|name| name.to_string_lossy().contains(".sql"))
    {
        let end: &[u8] = match stage.mysql_database() {
            Some(_) => b"\n-- Dump completed\n",
            None => b"-- practice dump complete\n",
        };
        return dump.ends_with(end);
    }
    let archive = stage.folder.write("judged.pgdump", dump);
    let output = std::process::Command::new("pg_restore")
        .args(["-f", "/dev/null"])
        .arg(archive)
        .output();
    output.expect("pg_restore is there").status.success()
}

/// The lines of the newest run's journal.
pub fn journal(stage: &Stage) -> Vec<Value> {
    let text =
        std::fs::read_to_string(stage.run_folder().join("journal.jsonl")).expect("the journal");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// The journal's last failure of a step, as one text: `STEP: ... `.
pub fn failure(stage: &Stage) -> String {
    let lines = journal(stage);
    let line = lines
        .iter()
        .rev()
        .find(|line| line["kind"] == "step-failed")
        .expect("a step failed");
    format!(
        "{}: {}",
        line["step"].as_str().expect("a step"),
        line["failure"]
    )
}

/// Goes on undisturbed to the question: a proven backup, no scratch database, older backups as they were.
#[track_caller]
pub fn assert_resumes(stage: &Stage, older: &BTreeMap<PathBuf, String>, told: &str) {
    let resumed = stage.omup(&["resume"], false);
    assert_eq!(
        resumed.code, WAITS,
        "{told}: resume\n{}\n{}",
        resumed.stdout, resumed.stderr
    );
    assert_honest(stage, &[], told);
    assert_eq!(
        stage.status()["view"]["facts"]["level"],
        "restored-and-equal",
        "{told}"
    );
    assert_untouched(older, &stage.backups(), told);
    assert_eq!(
        stage.databases(),
        vec![stage.database_name()],
        "{told}: nothing is left over"
    );
    let left: Vec<PathBuf> = entries(&stage.backups())
        .into_iter()
        .filter(|path| path.is_file())
        .collect();
    assert_eq!(
        left,
        Vec::<PathBuf>::new(),
        "{told}: no unpacked archive is left"
    );
}
