//! `omup diagnose` and `omup knowledge check`, as a person with a log and an editor meets them.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::support::folder::Folder;
use crate::support::omup::{Ended, Omup};
use crate::support::wait;

const LIMIT: Duration = Duration::from_secs(30);
const LOG: &[u8] = b"INFO [MigrationWorkflow] WorkFlow Started\n\
    [MigrationWorkFlow] Migration Run started for Version: 1.12.0, with Force Migration : false\n\
    java.lang.RuntimeException: Failed to run sql: [SELECT 1] due to [java.sql.SQLException]\n\
    Caused by: java.sql.SQLException: Out of sort memory, consider increasing server sort buffer size\n";

fn diagnose(folder: &Folder, log: &[u8], args: &[&str]) -> Ended {
    let path = folder.join("log");
    std::fs::write(&path, log).expect("the log");
    call(folder, &path, args).run(LIMIT)
}

fn call(folder: &Folder, log: &Path, args: &[&str]) -> Omup {
    Omup::new(folder)
        .args([&["diagnose"], args].concat())
        .stdin_file(log)
}

fn json(ended: &Ended) -> Value {
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

#[test]
fn a_log_is_explained_for_a_person_and_for_a_program() {
    let folder = Folder::new("diagnose");
    let said = diagnose(&folder, LOG, &[]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    for word in ["mysql-sort-memory", "line 4", "next:", "again:", "https://"] {
        assert!(said.stdout.contains(word), "{word}: {}", said.stdout);
    }
    let args = [
        "--json", "--to", "1.12.4", "--phase", "migrate", "--engine", "mysql",
    ];
    let answer = json(&diagnose(&folder, LOG, &args));
    assert_eq!(answer["diagnoses"][0]["id"], "mysql-sort-memory");
    assert_eq!(answer["diagnoses"][0]["line"], 4);
    assert_eq!(answer["diagnoses"][1]["id"], "statement-failed");
    let postgres = json(&diagnose(&folder, LOG, &["--json", "--engine", "postgres"]));
    assert_eq!(postgres["diagnoses"][0]["id"], "statement-failed");
}

#[test]
fn an_unknown_log_is_answered_honestly() {
    let folder = Folder::new("diagnose-unknown");
    let said = diagnose(
        &folder,
        b"one\ntwo\nERROR: the flux capacitor is empty\n",
        &[],
    );
    assert_eq!(said.code, 0);
    assert!(
        said.stdout.contains("Nothing that this omup knows") && said.stdout.contains(">       3"),
        "{}",
        said.stdout
    );
    let empty = json(&diagnose(&folder, b"", &["--json"]));
    assert_eq!(
        (&empty["lines"], &empty["diagnoses"]),
        (&0.into(), &Value::Array(vec![]))
    );
    let wrong = diagnose(&folder, LOG, &["--to", "new"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
}

#[test]
fn hostile_bytes_reach_neither_terminal_nor_document() {
    let folder = Folder::new("diagnose-hostile");
    let mut log =
        b"\xff\xfe\x00\x1b]0;title\x07\x1b[2J password=hunter2 ERROR \xe2\x80\xae\n".to_vec();
    log.extend_from_slice(b"jdbc:mysql://om:hunter2@h/db Out of sort memory, consider increasing server sort buffer size\x1b[31m\r\n");
    log.extend(std::iter::repeat_n(b'\x9b', 300_000));
    for args in [&[][..], &["--json"]] {
        let said = diagnose(&folder, &log, args);
        assert_eq!(said.code, 0, "{}", said.stderr);
        assert!(said.stdout.contains("mysql-sort-memory"), "{}", said.stdout);
        assert!(!said.stdout.contains("hunter2"), "{}", said.stdout);
        assert!(
            said.stdout.chars().all(|c| c == '\n' || !c.is_control()),
            "{:?}",
            said.stdout
        );
    }
}

/// A log of this size is read in one go without being held.
#[test]
fn two_hundred_megabytes_do_not_take_more_memory() {
    const SIZE: usize = 200 << 20;
    let folder = Folder::new("diagnose-large");
    let path = folder.join("large.log");
    let mut file = BufWriter::new(File::create(&path).expect("the log"));
    let line = "2026-11-26 03:12:45.120 [main] INFO o.o.s.m.a.MigrationWorkflow - still at work on table_entity, row 4711 of many\n";
    for _ in 0..SIZE / 2 / line.len() {
        file.write_all(line.as_bytes()).expect("write");
    }
    // The other half is one line; the failure stands at its end.
    let chunk = "x".repeat(1 << 20);
    for _ in 0..SIZE / 2 / chunk.len() {
        file.write_all(chunk.as_bytes()).expect("write");
    }
    file.write_all(b" due to [java.sql.SQLException: Out of sort memory, consider increasing server sort buffer size]\n")
        .expect("write");
    file.into_inner().expect("flush");
    let running = call(&folder, &path, &["--json"]).start();
    let mut peak = 0;
    wait::until("the end", Duration::from_secs(240), || {
        peak = peak.max(memory(running.process().pid()));
        (!running.process().runs()).then_some(())
    });
    let ended = running.end(LIMIT);
    println!("peak {peak} KiB for 200 MB");
    assert_eq!(json(&ended)["diagnoses"][0]["id"], "mysql-sort-memory");
    assert!(peak > 0 && peak < 64 << 10, "{peak} KiB");
}

/// `VmHWM` of proc(5), in KiB; 0 when the process is gone.
fn memory(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok())
        .unwrap_or(0)
}

#[test]
fn the_files_that_are_built_in_have_no_mistake_and_one_with_a_mistake_is_named() {
    let folder = Folder::new("knowledge-check");
    let check = |args: &[&str]| {
        Omup::new(&folder)
            .args([&["knowledge", "check"], args].concat())
            .run(LIMIT)
    };
    let own = check(&[]);
    assert_eq!(own.code, 0, "{}{}", own.stdout, own.stderr);
    assert!(own.stdout.contains(": 0 mistakes"), "{}", own.stdout);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/failures/resources.toml");
    let text = std::fs::read_to_string(source).expect("the file");
    let place = folder.join("files");
    std::fs::create_dir(&place).expect("a folder");
    let changed = text.replacen("Out of sort memory", "Out of sorted memory", 1);
    std::fs::write(place.join("mine.toml"), &changed).expect("write");
    let found = check(&[place.to_str().expect("a name")]);
    let line = changed
        .lines()
        .position(|line| line.contains("ERROR 1038"))
        .expect("the sample")
        + 1;
    assert_eq!(found.code, 2, "{}", found.stderr);
    assert!(
        found
            .stdout
            .contains(&format!("mine.toml:{line}: mysql-sort-memory: no pattern")),
        "{}",
        found.stdout
    );
    let empty = check(&[folder.path().to_str().expect("a name")]);
    assert_eq!(empty.code, 2);
}
