//! Whoever starts and stops the server is asked to do it, and one that brings it back by itself is
//! found before the point of no return.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::stage::{RUN, Setting, Stage};
use crate::support::process::Process;
use crate::support::{tool, wait};

/// A process of the test with all that it started; ended when dropped.
struct Keeper(Child);

impl Keeper {
    fn start(command: &mut Command) -> Keeper {
        let silent = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Keeper(silent.spawn().expect("the keeper starts"))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(process) = Process::of(self.0.id()) {
            process.kill_tree();
        }
        let _ = self.0.wait();
    }
}

fn wait_until_serving(stage: &Stage, version: &str) {
    wait::until(version, Duration::from_secs(30), || {
        (stage.serving()? == version).then_some(())
    });
}

fn not_served() -> Setting {
    Setting {
        faults: "server_write_interval_ms = 0\n".to_string(),
        serve: false,
        confirm: false,
        ..Setting::default()
    }
}

#[test]
fn a_supervised_server_goes_up_and_back_and_up_again() {
    let Some(runit) = tool::tool("runit") else {
        return;
    };
    let stage = Stage::sqlite(
        "supervised",
        &Setting {
            owner: "supervisor",
            ..not_served()
        },
    );
    let service = stage.made["service_folder"].as_str().expect("a path");
    let path = format!(
        "{}:{}",
        runit.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let _runsv = Keeper::start(
        Command::new(runit.join("runsv"))
            .arg(service)
            .env("PATH", path),
    );
    wait_until_serving(&stage, "1.10.7");
    let name = stage.database_name();
    let omup = |arguments: &[&str], answers: bool, code: i32| {
        stage
            .call(arguments, answers)
            .path_first(&runit)
            .run(RUN)
            .expect(code)
    };

    stage.answer("", true);
    omup(&["run", "--answers"], true, 0);
    assert_eq!(stage.serving().as_deref(), Some("1.12.4"));
    assert!(
        !Path::new(service).join("down").exists(),
        "a reboot would start it"
    );
    let link = stage.home("old_home").with_file_name("current");
    assert_eq!(
        std::fs::read_link(&link).expect("a link"),
        stage.home("new_home")
    );

    omup(
        &["rollback", "--way", "restore", "--confirm", &name],
        false,
        60,
    );
    assert_eq!(stage.serving().as_deref(), Some("1.10.7"));
    assert_eq!(
        std::fs::read_link(&link).expect("a link"),
        stage.home("old_home")
    );

    // The old version stands on the restored database now: what the first try carried over must
    // not lead the second one to the upgraded database.
    stage.answer("", true);
    omup(&["run", "--answers"], true, 0);
    assert_eq!(stage.serving().as_deref(), Some("1.12.4"));
    let env = stage.home("new_home").join("conf/openmetadata-env.sh");
    let env = std::fs::read_to_string(env).expect("the carried file");
    assert!(env.contains(&format!("OM_DATABASE={name}_back_")), "{env}");
}

#[test]
fn the_commands_of_the_answers_stop_and_start_each_version() {
    let stage = Stage::sqlite(
        "commands",
        &Setting {
            serve: true,
            ..not_served()
        },
    );
    let server = "[server]\nstop = \"cd {home} && bin/openmetadata.sh stop\"\nstart = \"cd {home} && bin/openmetadata.sh start\"\n";
    stage.answer(server, true);
    stage.omup(&["run", "--answers"], true).expect(0);
    assert_eq!(stage.serving().as_deref(), Some("1.12.4"));
    let log = stage.home("new_home").join("logs/omup-control.log");
    let log = std::fs::read_to_string(log).expect("what the command said");
    assert!(log.contains("Starting OpenMetadata"), "{log}");

    let old = stage.home("old_home").display().to_string();
    stage.answer(&server.replace("{home}", &old), false);
    let said = stage.omup(&["check", "--answers"], true).stdout;
    let line = said
        .lines()
        .find(|line| line.contains("OM-OWN-002"))
        .expect("the check");
    assert!(line.starts_with("FAIL") && line.contains(&old), "{line}");
}

/// Starts the server again as soon as it ends, as nobody's supervisor.
fn stubborn(stage: &Stage) -> Keeper {
    let home = stage.home("old_home");
    std::fs::create_dir_all(home.join("logs")).expect("logs");
    let script = "while :; do bin/openmetadata-server-start.sh conf/openmetadata.yaml & echo $! > child; wait; done";
    let keeper = Keeper::start(Command::new("bash").args(["-c", script]).current_dir(&home));
    wait_until_serving(stage, "1.10.7");
    keeper
}

#[test]
fn a_server_of_an_unknown_owner_is_not_touched() {
    let stage = Stage::sqlite("unknown-owner", &not_served());
    let _keeper = stubborn(&stage);
    stage.answer("", true);
    let ended = stage.omup(&["run", "--answers"], true).expect(10);
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert!(
        all.contains("OM-OWN-001") && all.contains("bash (process"),
        "{all}"
    );
    assert_eq!(stage.serving().as_deref(), Some("1.10.7"));
}

#[test]
fn a_server_that_comes_back_by_itself_ends_the_upgrade_before_the_point() {
    let stage = Stage::sqlite("comes-back", &not_served());
    let _keeper = stubborn(&stage);
    let server = "[server]\nstop = \"kill -9 $(cat {home}/child)\"\nstart = \"cd {home} && bin/openmetadata.sh start\"\n";
    stage.answer(server, true);
    let ended = stage.omup(&["run", "--answers"], true);
    assert!(
        ended
            .stdout
            .contains("the server came back by itself, though your command `kill -9"),
        "{}",
        ended.stdout
    );
    let name = stage.database_name();
    assert!(
        !stage
            .recorded_versions(&name)
            .contains(&"1.12.4".to_string()),
        "nothing was migrated"
    );
    wait_until_serving(&stage, "1.10.7");
}

#[test]
fn a_secret_that_only_the_server_has_ends_the_upgrade_in_the_checks() {
    let stage = Stage::sqlite("fleeting", &not_served());
    let file = stage.home("old_home").join("conf/openmetadata-env.sh");
    let text = std::fs::read_to_string(&file).expect("the environment file");
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("FERNET_KEY"))
        .collect();
    std::fs::write(&file, lines.join("\n") + "\n").expect("written");
    let home = stage.home("old_home");
    let mut script = Command::new("bin/openmetadata.sh");
    let started = script
        .arg("start")
        .current_dir(&home)
        .env("FERNET_KEY", "canary-of-the-test");
    let status = started
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.expect("the script starts").success());
    wait_until_serving(&stage, "1.10.7");
    stage.answer("", true);
    let ended = stage.omup(&["run", "--answers"], true).expect(10);
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert!(
        all.contains("OM-SEC-001") && !all.contains("canary-of-the-test"),
        "{all}"
    );
}
