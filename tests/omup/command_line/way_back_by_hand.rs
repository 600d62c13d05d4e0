//! `way-back.md` leads back without omup: its blocks are run as they stand, by a shell that stops at the first error.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::{old_serves, quiet};
use crate::story::stage::Stage;
use crate::support::digest::difference;
use crate::support::postgres::{PASSWORD, ROLE};
use crate::support::skip::skip;
use crate::support::wait;

fn blocks(page: &str) -> Vec<String> {
    page.split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix("sh\n"))
        .map(String::from)
        .collect()
}

fn by_hand(stage: &Stage) {
    let name = stage.database_name();
    let before = stage.contents(&name);
    stage.omup(&["run", "--answers"], true).expect(41);
    stage.faults("server_write_interval_ms = 0\n");
    let page = std::fs::read_to_string(stage.run_folder().join("way-back.md")).expect("the page");
    let blocks = blocks(&page);
    assert_eq!(blocks.len(), 5, "{page}");
    assert!(
        !page.contains(PASSWORD) && blocks.iter().all(|block| !block.contains("omup ")),
        "{page}"
    );
    // As an operator's account is: client tools on PATH, the password in a file of its own, and no omup.
    let passwords = stage
        .folder
        .write("pgpass", format!("*:*:*:{ROLE}:{PASSWORD}\n"));
    let options = stage
        .folder
        .write(".my.cnf", format!("[client]\npassword = \"{PASSWORD}\"\n"));
    for file in [&passwords, &options] {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("mode");
    }
    for block in &blocks {
        let output = Command::new("sh")
            .args(["-eu", "-c", block])
            .env_clear()
            .env("PATH", stage.path())
            .env("HOME", stage.folder.path())
            .env("PGPASSFILE", &passwords)
            .current_dir(stage.folder.path())
            .stdin(Stdio::null())
            .output()
            .expect("sh");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{}\n{block}\n{said}",
            output.status
        );
    }
    wait::until("the old server", std::time::Duration::from_secs(30), || {
        stage.serving()
    });
    old_serves(stage);
    let restored: Vec<String> = stage
        .databases()
        .into_iter()
        .filter(|other| *other != name)
        .collect();
    assert_eq!(restored.len(), 1, "{restored:?}");
    assert_eq!(
        difference(&before, &stage.contents(&restored[0])),
        Vec::<String>::new(),
        "restored and equal"
    );
}

fn tools(names: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    names
        .iter()
        .all(|name| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

#[test]
fn the_page_leads_back_without_omup_on_sqlite() {
    if !tools(&["sqlite3", "zstd"]) {
        return skip("sqlite3 or zstd is not installed");
    }
    by_hand(&Stage::sqlite(
        "by-hand",
        &quiet("fail_statement = \"1.12.0:2\"\n"),
    ));
}

#[test]
fn the_page_leads_back_without_omup_on_postgres() {
    if !tools(&["zstd", "pg_restore", "psql"]) {
        return skip("zstd or PostgreSQL's client tools are not installed");
    }
    if let Some(stage) = Stage::postgres("by-hand", &quiet("fail_statement = \"1.12.0:2\"\n")) {
        by_hand(&stage);
    }
}

#[test]
fn the_page_leads_back_without_omup_on_mysql() {
    if !tools(&["zstd"]) {
        return skip("zstd is not installed");
    }
    if let Some(stage) = Stage::mysql("by-hand", &quiet("fail_statement = \"1.12.0:2\"\n")) {
        by_hand(&stage);
    }
}
