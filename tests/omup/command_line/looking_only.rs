//! `check` and `plan` write nothing: no file but in their own temporary folder, no row.

use std::process::{Command, Stdio};

use super::{tree, unconfirmed};
use crate::story::stage::Stage;
use crate::support::digest::difference;
use crate::support::skip::skip;

/// Files that a traced call opened for writing, made, renamed or removed.
fn writes(trace: &str) -> Vec<String> {
    const MAKES: &[&str] = &[
        "mkdir",
        "mkdirat",
        "rename",
        "renameat",
        "renameat2",
        "unlink",
        "unlinkat",
        "link",
        "linkat",
        "symlink",
        "symlinkat",
        "truncate",
        "chmod",
        "fchmodat",
        "creat",
        "mknod",
        "mknodat",
        "rmdir",
        "utimensat",
    ];
    trace
        .lines()
        .filter(|line| !line.contains(" = -1 "))
        .filter(|line| {
            let call = line
                .split('(')
                .next()
                .unwrap_or_default()
                .rsplit(' ')
                .next()
                .unwrap_or_default();
            let opens = call.starts_with("open")
                && ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"]
                    .iter()
                    .any(|flag| line.contains(flag));
            opens || MAKES.contains(&call)
        })
        .filter(|line| {
            !["\"/dev/null\"", "\"/dev/tty\"", "\"/proc/self/"]
                .iter()
                .any(|own| line.contains(own))
        })
        .map(String::from)
        .collect()
}

fn looking(stage: &Stage) {
    let name = stage.database_name();
    let temporary = stage.folder.join("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let rows = |stage: &Stage| {
        stage.postgres_database().map(|database| {
            database.sql_as_superuser("select pg_stat_force_next_flush()");
            // The user's tables only: the server's own vacuum writes statistics into its catalogs at any time.
            database.sql_as_superuser("select coalesce(sum(n_tup_ins), 0), coalesce(sum(n_tup_upd), 0), coalesce(sum(n_tup_del), 0) from pg_stat_user_tables")
        })
    };
    let before = (stage.contents(&name), rows(stage));
    let files = tree(&stage.folder.join("deployment"));
    for command in ["check", "plan"] {
        let trace = stage.folder.join(format!("{command}.trace"));
        let status = Command::new("strace")
            .args(["-f", "-qq", "-s", "400", "-e", "trace=%file", "-o"])
            .arg(&trace)
            .arg(env!("CARGO_BIN_EXE_omup"))
            .args([command, "--json", "--answers"])
            .arg(stage.answers())
            .env(
                "OMUP_STATE_DIR",
                stage.folder.join("state-that-is-not-there"),
            )
            .env("TMPDIR", &temporary)
            .env("PATH", stage.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let Ok(status) = status else {
            return skip("strace is not installed");
        };
        assert_eq!(status.code(), Some(0), "{command}");
        let text = String::from_utf8_lossy(&std::fs::read(&trace).expect("the trace")).into_owned();
        assert!(text.lines().count() > 100, "the trace says something");
        let own = temporary.display().to_string();
        let foreign: Vec<String> = writes(&text)
            .into_iter()
            .filter(|line| !line.contains(&own))
            // SQLite in WAL mode keeps its readers apart by locks in these files; the rows are compared below.
            .filter(|line| !line.contains("/openmetadata_db.db"))
            .collect();
        assert_eq!(foreign, Vec::<String>::new(), "{command}");
    }
    assert_eq!(
        std::fs::read_dir(&temporary).expect("list").count(),
        0,
        "its own folder is removed"
    );
    assert!(!stage.folder.join("state-that-is-not-there").exists());
    let shown = |files: &[(std::path::PathBuf, Vec<u8>, std::time::SystemTime)]| {
        files
            .iter()
            .map(|(path, content, _)| (path.clone(), content.len()))
            .collect::<Vec<_>>()
    };
    let after = tree(&stage.folder.join("deployment"));
    let server_log = |path: &std::path::Path| {
        let path = path.to_string_lossy();
        path.contains("/logs") || path.ends_with(".db-shm")
    };
    let (kept, now): (Vec<_>, Vec<_>) = (
        files
            .into_iter()
            .filter(|(path, ..)| !server_log(path))
            .collect(),
        after
            .into_iter()
            .filter(|(path, ..)| !server_log(path))
            .collect(),
    );
    assert_eq!(shown(&kept), shown(&now));
    assert!(kept == now, "a file of the deployment has changed");
    assert_eq!(
        difference(&before.0, &stage.contents(&name)),
        Vec::<String>::new()
    );
    assert_eq!(before.1, rows(stage), "no row was written");
}

/// Promise 32.
#[test]
fn check_and_plan_write_nothing_on_sqlite() {
    looking(&Stage::sqlite("looking", &unconfirmed("")));
}

/// Promise 32.
#[test]
fn check_and_plan_write_nothing_on_postgres() {
    if let Some(stage) = Stage::postgres("looking", &unconfirmed("")) {
        looking(&stage);
    }
}

/// Promise 32.
#[test]
fn check_and_plan_write_nothing_on_mysql() {
    if let Some(stage) = Stage::mysql("looking", &unconfirmed("")) {
        looking(&stage);
    }
}

/// The trace is read rightly.
#[test]
fn a_write_would_be_seen_in_the_trace() {
    let trace = "12 openat(AT_FDCWD, \"/x\", O_WRONLY|O_CREAT, 0600) = 3\n12 openat(AT_FDCWD, \"/x\", O_RDONLY) = 3\n13 mkdir(\"/y\", 0700) = 0\n13 mkdir(\"/z\", 0700) = -1 EEXIST\n";
    assert_eq!(writes(trace).len(), 2);
}
