//! One practice deployment on one engine, and its programs run as an operator does.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::engine::{Database, Engine};
use crate::support::folder::Folder;
use crate::support::omup::{Ended, Omup};
use crate::support::port;

/// Longest run of one program on the small seed.
pub const RUN: Duration = Duration::from_secs(120);

pub struct Deployment {
    /// Kept as long as the deployment stands in it.
    _folder: Folder,
    pub database: Database,
    pub made: serde_json::Value,
}

impl Deployment {
    /// `None` and the test is recorded as skipped; `more` are further arguments of `practice make`.
    #[track_caller]
    pub fn new(engine: Engine, about: &str, more: &[&str]) -> Option<Self> {
        let database = engine.fresh_database(about)?;
        let folder = Folder::new(about);
        let ports = [port::free(), port::free()].map(|port| port.to_string());
        let place = folder.join("deployment").display().to_string();
        let made = Omup::new(&folder)
            .args(["practice", "make", &place, "--size", "300KB"])
            .args(["--server-port", &ports[0], "--admin-port", &ports[1]])
            .args(database.practice_arguments(&folder))
            .args(more)
            .run(RUN)
            .expect(0);
        Some(Self {
            made: serde_json::from_str(&made.stdout).expect("practice make prints JSON"),
            _folder: folder,
            database,
        })
    }

    /// Replaces the faults.
    pub fn faults(&self, text: &str) {
        std::fs::write(self.made["faults_file"].as_str().expect("a path"), text)
            .expect("write the faults");
    }

    /// `openmetadata-ops.sh WORDS` of one side, ready to run in its home with the old side's environment.
    pub fn tool(&self, side: &str, words: &str, variables: &[(&str, &str)]) -> Command {
        let home = |side: &str| self.made[side].as_str().expect("a path").to_owned();
        let mut command = Command::new("bash");
        command
            .arg("-c")
            .arg("set -a; . \"$0\"; exec bash bootstrap/openmetadata-ops.sh $1")
            .arg(format!("{}/conf/openmetadata-env.sh", home("old_home")))
            .arg(words)
            .current_dir(home(side))
            .envs(variables.iter().copied())
            .stdin(Stdio::null());
        command
    }

    /// The same, run to its end.
    pub fn ops(&self, side: &str, words: &str, variables: &[(&str, &str)]) -> Ended {
        let output = self
            .tool(side, words, variables)
            .output()
            .unwrap_or_else(|error| panic!("cannot start bash: {error}"));
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What `SERVER_CHANGE_LOG` records as done, the newest first.
    pub fn versions(&self) -> Vec<String> {
        self.database
            .sql("select version from SERVER_CHANGE_LOG order by installed_rank desc")
            .lines()
            .map(String::from)
            .collect()
    }

    pub fn start(&self) {
        self.control("start");
    }

    pub fn stop(&self) {
        self.control("stop");
    }

    fn control(&self, word: &str) {
        let home = self.made["old_home"].as_str().expect("a path");
        let status = Command::new(format!("{home}/bin/openmetadata.sh"))
            .arg(word)
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("the script starts");
        assert!(status.success(), "{word}: {status}");
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let home = self.made["old_home"].as_str().unwrap_or_default();
        let pid = std::fs::read_to_string(format!("{home}/logs/openmetadata.pid"));
        if let Some(process) = pid
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .and_then(crate::support::process::Process::of)
        {
            process.kill_tree();
        }
    }
}
