//! `omup clients`: OpenMetadata's Python packages in real virtual environments, and the operators' files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use omup::domain::client_report::COMMAND;
use serde_json::Value;

use crate::support::folder::Folder;
use crate::support::omup::{Ended, Omup};
use crate::support::tool::tool;

const LIMIT: Duration = Duration::from_secs(60);

fn clients(folder: &Folder, args: &[&str]) -> Ended {
    Omup::new(folder)
        .args([&["clients"], args].concat())
        .run(LIMIT)
        .expect(0)
}

/// The client at a place, out of what was printed as JSON.
#[track_caller]
fn at<'a>(told: &'a Value, place: &str) -> &'a Value {
    let all = told["clients"].as_array().expect("clients");
    let wanted = |one: &&Value| one["client"]["place"] == place;
    all.iter()
        .find(wanted)
        .unwrap_or_else(|| panic!("no {place} in {told:#}"))
}

/// What the printed command says in an environment, started by a shell as a person would.
fn reported(environment: &Path) -> String {
    let path = std::env::join_paths([
        environment.join("bin"),
        PathBuf::from("/usr/bin"),
        PathBuf::from("/bin"),
    ])
    .expect("a path");
    let output = Command::new("sh")
        .args(["-c", COMMAND])
        .env("PATH", path)
        .output()
        .expect("a shell");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn environments_on_this_host_are_found_and_judged_by_the_targets_rule() {
    let Some(bed) = tool("clients") else { return };
    let folder = Folder::new("clients");
    let named = bed.to_string_lossy().into_owned();
    let told = clients(&folder, &["1.12.8", "--in", &named, "--json"]);
    let told: Value = serde_json::from_str(&told.stdout).expect("JSON");
    let old = at(&told, &format!("{named}/old"));
    assert_eq!(old["client"]["ingestion"], "1.12.4.1");
    assert_eq!(old["client"]["managed_apis"], "1.12.4.1");
    assert_eq!(old["standing"], "accepted", "{old:#}");
    let extras = old["client"]["extras"].to_string();
    assert!(
        extras.contains("athena") && !extras.contains("snowflake"),
        "{extras}"
    );
    let line = old["line"].as_str().expect("a line");
    assert!(
        line.starts_with(&format!(
            "{named}/old/bin/python3 -m pip install --upgrade 'openmetadata-ingestion["
        )),
        "{line}"
    );
    assert!(
        line.ends_with("]~=1.12.8.0' 'openmetadata-managed-apis~=1.12.8.0'"),
        "{line}"
    );
    let new = at(&told, &format!("{named}/new"));
    assert_eq!(
        (
            new["client"]["ingestion"].as_str(),
            new["standing"].as_str()
        ),
        (Some("2.0.7.0"), Some("refused"))
    );
    assert!(new["client"]["managed_apis"].is_null());
}

#[test]
fn another_host_tells_the_same_by_the_printed_command() {
    let Some(bed) = tool("clients") else { return };
    let folder = Folder::new("clients_report");
    let report = folder.write(
        "airflow-1.txt",
        format!("$ python3 -c ...\n{}", reported(&bed.join("old"))),
    );
    let report = report.to_string_lossy().into_owned();
    let here = bed.to_string_lossy().into_owned();
    let told = clients(
        &folder,
        &["2.0.7", "--in", &here, "--report", &report, "--json"],
    );
    let told: Value = serde_json::from_str(&told.stdout).expect("JSON");
    let (local, remote) = (
        at(&told, &format!("{here}/old")),
        at(&told, &format!("airflow-1:{here}/old")),
    );
    for key in ["python", "ingestion", "managed_apis", "airflow", "extras"] {
        assert_eq!(local["client"][key], remote["client"][key], "{key}");
    }
    assert_eq!(local["line"], remote["line"]);
    assert_eq!(remote["standing"], "refused");
}

#[test]
fn a_report_without_the_line_is_not_taken_for_a_host_without_clients() {
    let folder = Folder::new("clients_bad");
    let report = folder.write("airflow-2.txt", "bash: python3: command not found\n");
    let said = clients(&folder, &["2.0.7", "--report", &report.to_string_lossy()]);
    assert!(
        said.stdout.contains("holds no line of the command"),
        "{}",
        said.stdout
    );
    let gone = folder.join("nowhere").to_string_lossy().into_owned();
    let said = clients(&folder, &["2.0.7", "--in", &gone]);
    assert!(said.stdout.contains(&gone), "{}", said.stdout);
}

#[test]
fn what_a_release_breaks_in_the_operators_files_is_named_by_line() {
    let folder = Folder::new("clients_code");
    std::fs::create_dir_all(folder.join("dags/.git")).expect("folders");
    folder.write(
        "dags/profile.py",
        "import os\nfrom metadata.profiler.api.workflow import ProfilerWorkflow\n",
    );
    folder.write(
        "dags/.git/old.py",
        "from metadata.profiler.api.workflow import ProfilerWorkflow\n",
    );
    folder.write(
        "dags/fine.py",
        "from metadata.workflow.profiler import ProfilerWorkflow\n",
    );
    let dags = folder.join("dags").to_string_lossy().into_owned();
    let said = clients(&folder, &["1.3.4", "--from", "1.1.7", "--code", &dags]);
    let place = format!("{dags}/profile.py:2: from metadata.profiler.api.workflow");
    assert!(said.stdout.contains(&place), "{}", said.stdout);
    assert!(said.stdout.contains("    instead: "), "{}", said.stdout);
    assert!(
        said.stdout.contains("1 places in 2 files"),
        "{}",
        said.stdout
    );
    let after = clients(&folder, &["1.4.0", "--from", "1.3.4", "--code", &dags]);
    assert!(
        after.stdout.contains("0 places in 2 files"),
        "{}",
        after.stdout
    );
}
