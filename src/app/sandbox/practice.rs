//! Making a practice deployment for a scenario: its faults, its old server running, its answers.
//! Prints nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::place;
use super::scenarios::Scenario;
use crate::app::check;
use crate::app::error::{CommandError, Result};
use crate::domain::answers::Answers;
use crate::exit_code::ExitCode;
use crate::practice::make::{Engine, Made, MakeOptions, Owner, make};
use crate::process::private_file::write_atomically;
use crate::process::{Place, ToolCommand, quick};
use crate::runner::folder::State;

/// Longest run of a start or stop script.
const SCRIPT: Duration = Duration::from_secs(20);

/// How fast dump and migration go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Pace {
    /// As fast as the machine.
    Fast,
    /// Some 10 s for each dump and for the migration, so that a learner sees them work.
    Slow,
}

impl Pace {
    /// As lines of `faults.toml`.
    fn faults(self) -> &'static str {
        match self {
            Pace::Fast => "",
            Pace::Slow => "statement_delay_ms = 600\ndump_bytes_per_second = 250000\n",
        }
    }
}

/// A practice deployment with its old server running.
pub struct Practice {
    folder: PathBuf,
    made: Made,
    scenario: &'static Scenario,
    pace: Pace,
}

impl Practice {
    /// Makes the deployment below an existing folder and starts its old server.
    ///
    /// # Errors
    /// When something cannot be written or the server does not serve within 10 s.
    pub async fn make(folder: &Path, scenario: &'static Scenario, pace: Pace) -> Result<Self> {
        let failed =
            |what: &'static str| CommandError::from_cause::<String>(ExitCode::Internal, what);
        let (server_port, admin_port) = free_ports()?;
        let made = make(MakeOptions {
            folder: folder.join("deployment"),
            engine: Engine::Sqlite,
            seed: 7,
            size: 2 * 1024 * 1024,
            longest_query: None,
            server_port,
            admin_port,
            owner: if scenario.watchdog {
                Owner::Watchdog
            } else {
                Owner::PidFile
            },
            binary: std::env::current_exe()
                .map_err(|e| failed("find the omup program")(e.to_string()))?,
        })
        .await
        .map_err(|e| failed("make the practice deployment")(e.to_string()))?;
        let practice = Self {
            folder: folder.to_path_buf(),
            made,
            scenario,
            pace,
        };
        write_faults(&practice.made.folder, pace, scenario.faults)?;
        write_sort_memory(&practice.made.folder, scenario.sort_memory)?;
        control(&practice.made.old_home, "start").await?;
        practice.wait_until_it_serves().await?;
        if scenario.watchdog {
            run(&watchdog(&practice.made.folder), "start").await?;
        }
        Ok(practice)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn scenario(&self) -> &'static Scenario {
        self.scenario
    }

    /// Mends what the scenario broke, as the operator would outside of `omup`.
    ///
    /// # Errors
    /// When a file cannot be written or the watchdog does not end.
    pub async fn mend(&self) -> Result<()> {
        mend_below(&self.folder, self.scenario, self.pace).await
    }

    /// Answers as an operator would begin with: no go-ahead is given.
    ///
    /// # Errors
    /// Never for the scenarios of this program; a test reads them all.
    pub fn answers_without_confirmation(&self) -> Result<Answers> {
        toml::from_str(&self.answers_text("")).map_err(CommandError::from_cause(
            ExitCode::Internal,
            "read the answers of the scenario",
        ))
    }

    /// Writes the answers without a go-ahead into the session's answers file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_answers(&self) -> Result<PathBuf> {
        self.write_answers_with("")
    }

    /// Writes answers with both go-aheads, made as an operator would: plan first, then confirm it.
    ///
    /// # Errors
    /// When the plan cannot be made or the file cannot be written.
    pub async fn write_confirmed_answers(&self, state: &State) -> Result<PathBuf> {
        let path = self.write_answers()?;
        let looked = check::look(state, &path).await?;
        let identity = &looked.plan.identity;
        self.write_answers_with(&format!(
            "\n[confirm]\nplan = {:?}\nserver = {:?}\nstart_of_downtime = {:?}\npoint_of_no_return = {:?}\n",
            looked.plan_digest, identity.server, identity.database, identity.database
        ))
    }

    /// Stops whatever runs of the deployment.
    pub async fn stop_servers(&self) {
        stop(&self.made.folder, &self.made.old_home, &self.made.new_home).await;
    }

    fn answers_text(&self, more: &str) -> String {
        format!(
            "[deployment]\nkind = \"bare-metal\"\nname = \"practice\"\nold_home = {:?}\nnew_home = {:?}\n\n[backup]\ndir = {:?}\n{}{more}",
            self.made.old_home,
            self.made.new_home,
            self.folder.join("backups"),
            self.scenario.answers,
        )
    }

    fn write_answers_with(&self, more: &str) -> Result<PathBuf> {
        let path = place::answers_in(&self.folder);
        write(&path, &self.answers_text(more), "write the answers")?;
        Ok(path)
    }

    /// A plan made before the server listens would find no owner of it.
    async fn wait_until_it_serves(&self) -> Result<()> {
        for _ in 0..200 {
            let api = tokio::net::TcpStream::connect(("127.0.0.1", self.made.server_port)).await;
            let admin = tokio::net::TcpStream::connect(("127.0.0.1", self.made.admin_port)).await;
            if api.is_ok() && admin.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(CommandError::new(
            ExitCode::Internal,
            "the practice server did not start within 10 s",
        ))
    }
}

/// What OpenMetadata's documentation asks for ("Before you upgrade").
const ENOUGH: &str = "20MB";

/// Mends what the scenario broke in the deployment below a folder, as the operator would outside of
/// `omup`.
///
/// # Errors
/// When a file cannot be written or the watchdog does not end.
pub async fn mend_below(folder: &Path, scenario: &Scenario, pace: Pace) -> Result<()> {
    let deployment = folder.join("deployment");
    write_faults(&deployment, pace, "")?;
    if scenario.sort_memory.is_some() {
        write_sort_memory(&deployment, Some(ENOUGH))?;
    }
    if scenario.watchdog {
        run(&watchdog(&deployment), "stop").await?;
    }
    Ok(())
}

fn write_faults(deployment: &Path, pace: Pace, faults: &str) -> Result<()> {
    let text = format!("{}{faults}", pace.faults());
    let file = deployment.join("faults.toml");
    write(&file, &text, "write the faults")
}

/// What the practice database's server gives each session for sorting.
fn write_sort_memory(deployment: &Path, memory: Option<&str>) -> Result<()> {
    let Some(memory) = memory else {
        return Ok(());
    };
    let file = deployment
        .join("data")
        .join(crate::practice::sort_memory::FILE);
    let text = format!("sort_memory = {memory}\n");
    write(&file, &text, "write the database's setting")
}

/// Stops whatever runs of the deployment below a folder that an earlier session has left.
pub async fn stop_servers_below(folder: &Path) {
    let Ok(answers) = crate::app::open::answers(&place::answers_in(folder)) else {
        return;
    };
    let homes = &answers.deployment;
    stop(&folder.join("deployment"), &homes.old_home, &homes.new_home).await;
}

async fn stop(deployment: &Path, old_home: &Path, new_home: &Path) {
    let watchdog = watchdog(deployment);
    // First, or it starts what is stopped. One of the two servers does not run; its script says so.
    if watchdog.is_file() {
        let _ = run(&watchdog, "stop").await;
    }
    for home in [old_home, new_home] {
        let _ = control(home, "stop").await;
    }
}

fn watchdog(deployment: &Path) -> PathBuf {
    deployment.join(crate::practice::make::WATCHDOG)
}

async fn control(home: &Path, word: &str) -> Result<()> {
    run(&home.join("bin/openmetadata.sh"), word).await
}

async fn run(script: &Path, word: &str) -> Result<()> {
    let tool = ToolCommand::new(script)
        .arg(word)
        .folder(script.parent().unwrap_or(Path::new("/")));
    quick::output(&tool, Place::Local, SCRIPT)
        .await
        .map_err(CommandError::from_cause(
            ExitCode::Internal,
            &format!("run {} {word}", script.display()),
        ))?;
    Ok(())
}

fn write(path: &Path, text: &str, doing: &str) -> Result<()> {
    write_atomically(path, text.as_bytes())
        .map_err(CommandError::from_cause(ExitCode::StateFolder, doing))
}

/// Two free ports on the loopback address.
fn free_ports() -> Result<(u16, u16)> {
    let port = || {
        std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| Ok((listener.local_addr()?.port(), listener)))
            .map_err(CommandError::from_cause(
                ExitCode::Internal,
                "find a free port",
            ))
    };
    let (first, second) = (port()?, port()?);
    Ok((first.0, second.0))
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use crate::app::sandbox::scenarios;
    use crate::domain::answers::Answers;
    use crate::practice::faults::Faults;

    #[test]
    fn faults_and_answers_of_every_scenario_are_understood_at_every_pace() {
        for scenario in scenarios() {
            for pace in [Pace::Fast, Pace::Slow] {
                let faults = format!("{}{}", pace.faults(), scenario.faults);
                let read = toml::from_str::<Faults>(&faults);
                assert!(read.is_ok(), "{}: {read:?}", scenario.name);
            }
            let answers = format!(
                "[deployment]\nkind = \"bare-metal\"\nold_home = \"/o\"\nnew_home = \"/n\"\n[backup]\ndir = \"/b\"\n{}",
                scenario.answers
            );
            let read = toml::from_str::<Answers>(&answers);
            assert!(read.is_ok(), "{}: {read:?}", scenario.name);
        }
    }
}
