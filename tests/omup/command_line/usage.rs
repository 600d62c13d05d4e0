//! What is typed wrongly is said plainly, with exit code 2 and nothing done; what programs read is JSON.

use omup::exit_code::ExitCode;
use serde_json::Value;

use super::{quiet, unconfirmed};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::folder::Folder;
use crate::support::omup::{Ended, Omup};

fn omup(folder: &Folder, arguments: &[&str]) -> Ended {
    Omup::new(folder).args(arguments).run(RUN)
}

const COMMANDS: &[&str] = &[
    "sandbox",
    "check",
    "plan",
    "run",
    "resume",
    "status",
    "attach",
    "answer",
    "abort",
    "rollback",
    "verify",
    "report",
    "runs",
    "checks",
    "notes",
    "clients",
    "exit-codes",
];

#[test]
fn every_command_explains_itself_and_refuses_what_it_does_not_know() {
    let folder = Folder::new("help");
    let all = omup(&folder, &["--help"]).expect(0).stdout;
    for command in COMMANDS {
        assert!(
            all.contains(&format!("  {command} ")),
            "{command} is in the list"
        );
        let help = omup(&folder, &[command, "--help"]).expect(0).stdout;
        assert!(
            help.contains("Usage: omup") && help.lines().count() > 4,
            "{command}: {help}"
        );
        let wrong = omup(&folder, &[command, "--no-such-flag"]).expect(2);
        assert!(
            wrong.stderr.contains("--no-such-flag") && wrong.stdout.is_empty(),
            "{command}: {}",
            wrong.stderr
        );
    }
    assert!(
        !all.contains("\n  runner") && !all.contains("\n  practice"),
        "hidden: {all}"
    );
    omup(&folder, &["no-such-command"]).expect(2);
    let asked = omup(&folder, &[]).expect(70);
    assert!(
        asked.stderr.contains("nobody answered"),
        "without a terminal it asks: {}",
        asked.stderr
    );
    omup(&folder, &["--version"]).expect(0);
    assert!(!folder.join("state").exists(), "nothing was made");
}

#[test]
fn an_answers_file_that_is_wrong_is_told_with_file_key_and_what_to_do() {
    let stage = Stage::sqlite(
        "answers",
        &Setting {
            serve: false,
            ..unconfirmed("")
        },
    );
    let good = std::fs::read_to_string(stage.answers()).expect("answers");
    let path = stage.answers().display().to_string();
    let old_home = stage.home("old_home").display().to_string();
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        (
            "unknown key",
            format!("{good}\n[server]\nstopp = \"x\"\n").into(),
            &["line", "'stopp'", "unknown field", "expected one of"],
        ),
        (
            "secret in a wrong place",
            format!("{good}\n[database]\npassword = \"hunter2-hunter2\"\n").into(),
            &["'password'", "unknown field", "password_file"],
        ),
        (
            "unknown section",
            format!("{good}\n[databse]\n").into(),
            &["databse", "unknown field"],
        ),
        (
            "wrong type",
            format!("{good}\n[memory]\nmib = \"much\"\n").into(),
            &["'mib'", "invalid type", "line"],
        ),
        (
            "wrong value",
            format!("{good}\n[memory]\nmib = 3\n").into(),
            &["memory.mib", "between 20 and 1024"],
        ),
        (
            "unknown word",
            format!("{good}\n[memory]\nway = \"magic\"\n").into(),
            &["'way'", "magic", "role"],
        ),
        (
            "relative path",
            good.replace(&old_home, "relative/folder").into(),
            &["deployment.old_home", "not an absolute path"],
        ),
        (
            "missing section",
            "[deployment]\nkind = \"bare-metal\"\nold_home = \"/a\"\nnew_home = \"/b\"\n".into(),
            &["missing field `backup`"],
        ),
        ("not TOML", "this is no TOML [".into(), &["line 1"]),
        (
            "too large",
            "#".repeat(300_000).into(),
            &["larger than 256 kB"],
        ),
        (
            "not UTF-8",
            b"[deployment]\nkind = \"\xff\"\n".to_vec(),
            &["UTF-8", "byte 22"],
        ),
        ("empty", Vec::new(), &["missing field `deployment`"]),
    ];
    for (about, text, words) in cases {
        std::fs::write(stage.answers(), text).expect("write");
        for command in ["check", "plan", "run"] {
            let ended = stage.omup(&[command, "--answers"], true).expect(2);
            assert!(
                ended.stderr.contains(&path),
                "{about}: the file is named: {}",
                ended.stderr
            );
            assert!(
                words.iter().all(|word| ended.stderr.contains(word)),
                "{about}: {}",
                ended.stderr
            );
            assert!(
                !ended.stderr.contains("hunter2"),
                "{about}: {}",
                ended.stderr
            );
            assert_eq!(
                ended.stderr.lines().count(),
                1,
                "{about}: one sentence: {}",
                ended.stderr
            );
        }
    }
    std::fs::remove_file(stage.answers()).expect("remove");
    let ended = stage.omup(&["run", "--answers"], true).expect(2);
    assert!(
        ended.stderr.contains(&path) && ended.stderr.contains("No such file"),
        "{}",
        ended.stderr
    );
    let folder = stage.omup(&["run", "--answers", "/"], false).expect(2);
    assert!(folder.stderr.contains("directory"), "{}", folder.stderr);
    assert_eq!(
        std::fs::read_dir(stage.folder.join("state/runs")).map_or(0, Iterator::count),
        0,
        "no run was made"
    );
}

#[test]
fn a_password_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::sqlite(
        "open-password",
        &Setting {
            serve: false,
            ..unconfirmed("")
        },
    );
    let file = stage.folder.write("db-password", "hunter2-hunter2\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("mode");
    stage.answer(&format!("[database]\npassword_file = {file:?}\n"), false);
    let ended = stage.omup(&["check", "--answers"], true).expect(2);
    assert!(
        ended.stderr.contains("chmod 600") && !ended.stderr.contains("hunter2"),
        "{}",
        ended.stderr
    );
}

/// Every line is one document with a version of its shape.
#[track_caller]
fn json_lines(text: &str) -> Vec<Value> {
    let documents: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(!documents.is_empty());
    assert!(
        documents.iter().all(|one| one["schema_version"] == 1
            && one["kind"].is_string()
            && one["seq"].is_u64())
    );
    documents
}

#[test]
fn a_run_for_programs_is_one_json_document_a_line() {
    let stage = Stage::sqlite("run-json", &quiet(""));
    let ended = stage.omup(&["run", "--json", "--answers"], true).expect(0);
    let documents = json_lines(&ended.stdout);
    assert_eq!(documents[0]["kind"], "run-created");
    let last = documents.last().expect("an end");
    assert_eq!(
        (last["kind"].as_str(), last["exit"].as_str()),
        (Some("run-ended"), Some("ok"))
    );
    let numbers: Vec<u64> = documents
        .iter()
        .filter_map(|one| one["seq"].as_u64())
        .collect();
    assert_eq!(
        numbers,
        (1..=documents.len() as u64).collect::<Vec<_>>(),
        "nothing is left out, nothing told twice"
    );
    let shown = json_lines(
        &stage
            .omup(&["runs", "show", "--json"], false)
            .expect(0)
            .stdout,
    );
    assert_eq!(shown, documents, "the history tells the same");
    let attached = json_lines(&stage.omup(&["attach", "--json"], false).expect(0).stdout);
    assert_eq!(attached, documents);
}

#[test]
fn catalogues_notes_and_exit_codes_can_be_read_without_a_deployment() {
    let folder = Folder::new("catalogues");
    let checks: Value = serde_json::from_str(
        &omup(&folder, &["checks", "list", "--json"])
            .expect(0)
            .stdout,
    )
    .expect("JSON");
    assert_eq!(checks["schema_version"], 1);
    let list = checks["checks"].as_array().expect("a list");
    assert!(
        list.len() > 15
            && list.iter().all(|check| check["id"]
                .as_str()
                .is_some_and(|id| id.starts_with("OM-"))
                && check["blocks"].is_string())
    );
    assert_eq!(
        omup(&folder, &["checks", "list"])
            .expect(0)
            .stdout
            .lines()
            .count(),
        list.len()
    );

    let notes: Value = serde_json::from_str(
        &omup(&folder, &["notes", "1.10.7", "1.12.4", "--json"])
            .expect(0)
            .stdout,
    )
    .expect("JSON");
    assert_eq!(notes["schema_version"], 1);
    let count = notes["notes"].as_array().expect("a list").len();
    assert!(count > 3);
    let words = omup(&folder, &["notes", "1.10.7", "1.12.4"])
        .expect(0)
        .stdout;
    assert!(
        words.contains(&format!("{count} changes between 1.10.7 and 1.12.4")),
        "{words}"
    );
    omup(&folder, &["notes", "one", "two"]).expect(2);

    let codes = omup(&folder, &["exit-codes"]).expect(0).stdout;
    for (_, number, meaning) in ExitCode::TABLE {
        assert!(
            codes.contains(&format!("{number:>4}  {meaning}")),
            "{codes}"
        );
    }
    for command in [
        &["status"][..],
        &["report"],
        &["attach", "--plain"],
        &["resume"],
        &["abort"],
        &["rollback"],
        &["answer", "last", "a=b"],
        &["runs", "show"],
    ] {
        let ended = omup(&folder, command).expect(4);
        assert!(
            ended.stderr.contains("no run was begun"),
            "{command:?}: {}",
            ended.stderr
        );
    }
    omup(&folder, &["runs", "list"]).expect(0);
    for command in [
        &["status", "../../etc"][..],
        &["status", "/etc/passwd"],
        &["status", "a/b"],
        &["status", "."],
    ] {
        omup(&folder, command).expect(4);
    }
}
