//! Starting the runner process of a run: own session, secrets through a pipe, nothing on its
//! command line but the run's id.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::error::{CommandError, Result};
use super::logind;
use crate::domain::clean_text::CleanText;
use crate::domain::secret::{Redactor, Secret};
use crate::domain::way_back::WayId;
use crate::exit_code::ExitCode;
use crate::runner::control;
use crate::runner::folder::{RunFolder, State};
use crate::runner::outlive::{self, Login, Way};
use crate::steps::context::Secrets;

/// Secrets as they cross the pipe to the runner; never written anywhere else.
#[derive(Serialize, Deserialize)]
pub struct WireSecrets {
    database_password: Option<String>,
    api_token: Option<String>,
    /// Further values to mask.
    mask: Vec<String>,
}

impl WireSecrets {
    pub fn of(secrets: &Secrets) -> Self {
        let text = |secret: &Option<Secret>| secret.as_ref().map(|s| s.reveal().to_string());
        Self {
            database_password: text(&secrets.database_password),
            api_token: text(&secrets.api_token),
            mask: secrets
                .redactor
                .secrets()
                .map(|s| s.reveal().to_string())
                .collect(),
        }
    }

    pub fn into_secrets(self) -> Secrets {
        let all: Vec<Secret> = self.mask.into_iter().map(Secret::new).collect();
        Secrets {
            database_password: self.database_password.map(Secret::new),
            api_token: self.api_token.map(Secret::new),
            redactor: Redactor::new(&all),
        }
    }
}

/// What the runner is started for.
#[derive(Debug, Clone, Default)]
pub struct Errand {
    /// A failed step may be run again.
    pub retry: bool,
    /// Another goal than the one the journal has.
    pub way: Option<WayId>,
    /// A person sits at the terminal: questions wait at least so many seconds.
    pub wait: Option<u32>,
    /// Answers given before anybody could ask: (id, value, who).
    pub answers: Vec<(String, String, String)>,
    /// Lead the run to a safe state instead of going on; who wants it.
    pub abort: Option<String>,
    /// A backup is all that is wanted.
    pub backup: bool,
}

/// Starts the runner and waits until it has taken the run or has ended.
pub async fn start(
    state: &State,
    folder: &RunFolder,
    secrets: &Secrets,
    errand: &Errand,
) -> Result<Child> {
    let exe = std::env::current_exe().map_err(CommandError::from_cause(
        ExitCode::Internal,
        "find the omup program",
    ))?;
    let way = outlive::way(login().await);
    if way == Way::WouldDie {
        return Err(CommandError::new(
            ExitCode::Usage,
            "the runner would end with this login (KillUserProcesses=yes); run `loginctl enable-linger` first",
        ));
    }
    let mut command = match way {
        Way::Setsid | Way::WouldDie => Command::new(&exe),
        Way::SystemScope | Way::UserScope => {
            let mut command = Command::new("systemd-run");
            command.args(["--scope", "--quiet", "--collect"]);
            if way == Way::UserScope {
                command.arg("--user");
            }
            command.arg(&exe);
            command
        }
    };
    command
        .arg("--state-dir")
        .arg(&state.root)
        .arg("runner")
        .arg(folder.run.as_str());
    if errand.retry {
        command.arg("--retry");
    }
    if let Some(way) = errand.way {
        command.arg("--way").arg(way.id());
    }
    if let Some(seconds) = errand.wait {
        command.arg("--wait").arg(seconds.to_string());
    }
    for (id, value, who) in &errand.answers {
        command
            .arg("--answer")
            .arg(format!("{id}={value}"))
            .arg("--who")
            .arg(who);
    }
    if errand.backup {
        command.arg("--backup");
    }
    if let Some(who) = &errand.abort {
        command.arg("--abort").arg(who);
    }
    let log = crate::process::private_file::open_log(&folder.logs().join("runner.log")).map_err(
        CommandError::from_cause(ExitCode::StateFolder, "open the runner's log"),
    )?;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(CommandError::from_cause(
            ExitCode::Internal,
            "start the runner",
        ))?;
    let wire = serde_json::to_vec(&WireSecrets::of(secrets)).map_err(CommandError::from_cause(
        ExitCode::Internal,
        "hand over the secrets",
    ))?;
    if let Some(mut pipe) = child.stdin.take() {
        // A runner that ended at once closes the pipe; its exit code tells more than this error.
        let _ = pipe.write_all(&wire);
    }
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(30) {
        if let Ok(Some(_)) = child.try_wait() {
            return Ok(child);
        }
        if crate::runner::lease::Lease::holder(&folder.lock())
            .flatten()
            .is_some_and(|h| h.pid == child.id())
            && control::connect(&folder.path).await.is_ok()
        {
            return Ok(child);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(child)
}

/// The last line that the runner itself wrote, for errors before its journal could speak.
pub fn last_words(folder: &RunFolder) -> CleanText {
    let text = std::fs::read(folder.logs().join("runner.log")).unwrap_or_default();
    let start = text.len().saturating_sub(4096);
    let text = String::from_utf8_lossy(&text[start..]).into_owned();
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .map(CleanText::new)
        .unwrap_or_default()
}

async fn login() -> Login {
    let root = rustix::process::geteuid().is_root();
    let systemd = std::path::Path::new("/run/systemd/system").is_dir()
        && std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|dir| dir.join("systemd-run").is_file())
        });
    // Of root, and without systemd, nothing depends on it.
    let kills = systemd && !root && logind::kills_user_processes().await;
    let user = std::env::var("USER").unwrap_or_default();
    let lingers = !user.is_empty()
        && !user.contains('/')
        && std::path::Path::new("/var/lib/systemd/linger")
            .join(user)
            .exists();
    Login {
        root,
        systemd,
        kills_user_processes: kills,
        lingers,
    }
}
