//! `omup sandbox`: the whole story on a small practice deployment, with the real runner, journal,
//! backup and ways back. No server, no root, no network.

use std::path::{Path, PathBuf};

use super::check;
use super::error::{CommandError, Result};
use super::out;
use super::rollback::{Asked, rollback};
use super::run;
use crate::domain::run_view::Phase;
use crate::exit_code::ExitCode;
use crate::practice::make::{Engine, Made, MakeOptions, Owner, make};
use crate::process::private_file::write_atomically;
use crate::process::{Place, ToolCommand, quick};
use crate::runner::folder::State;

/// A scenario: what goes wrong, and how the run must end.
struct Scenario {
    name: &'static str,
    about: &'static str,
    /// The text of the practice deployment's `faults.toml`.
    faults: &'static str,
    upgrade_ends: ExitCode,
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "good",
        about: "everything goes well; then it is taken back all the same",
        faults: "",
        upgrade_ends: ExitCode::Ok,
    },
    Scenario {
        name: "migration-fails",
        about: "a statement of the migration fails half way; the way back is a restore",
        faults: "fail_statement = \"1.12.0:2\"\n",
        upgrade_ends: ExitCode::FailedAfterPoint,
    },
    Scenario {
        name: "dump-ends-early",
        about: "the dump ends early with exit code 0; the backup is refused, nothing is changed",
        faults: "dump_ends_early_after_bytes = 200000\n",
        upgrade_ends: ExitCode::Backup,
    },
    Scenario {
        name: "success-printed",
        about: "the tool prints success and exits 0, but a version is missing",
        faults: "success_with_versions_missing = true\n",
        upgrade_ends: ExitCode::FailedAfterPoint,
    },
    Scenario {
        name: "search-down",
        about: "search is down after the schema has moved; the way back is a restore",
        faults: "search_down = true\n",
        upgrade_ends: ExitCode::FailedAfterPoint,
    },
];

pub async fn sandbox(unattended: bool, scenario: Option<&str>, keep: bool) -> Result<ExitCode> {
    let name = scenario.unwrap_or("good");
    if name == "list" {
        for scenario in SCENARIOS {
            out::line(format!("{:<18} {}", scenario.name, scenario.about));
        }
        return Ok(ExitCode::Ok);
    }
    let scenario = SCENARIOS.iter().find(|s| s.name == name).ok_or_else(|| {
        CommandError::new(
            ExitCode::Usage,
            format!("there is no scenario '{name}' (see `omup sandbox --scenario list`)"),
        )
    })?;
    if !unattended {
        return attended(scenario, keep).await;
    }
    let folder = Folder::new(keep)?;
    let practice = Practice::make(&folder.path, scenario).await?;
    let outcome = story(&folder.path, &practice, scenario).await;
    practice.stop_servers().await;
    if keep {
        out::line(format!("PRACTICE: kept in {}", folder.path.display()));
    } else {
        out::line(
            "PRACTICE: the folder is removed (--keep keeps it). Next: write answers.toml for your own deployment, then `omup check --answers answers.toml`.",
        );
    }
    outcome
}

/// The full-screen wizard on the practice deployment; without a terminal, plain questions.
async fn attended(scenario: &Scenario, keep: bool) -> Result<ExitCode> {
    let found = Folder::left_behind(scenario.name)?;
    let (folder, begun) = match found {
        Some(folder) => (folder, true),
        None => (Folder::named(scenario.name)?, false),
    };
    let made = if begun {
        None
    } else {
        out::line("PRACTICE: making a small deployment, a moment …");
        Some(Practice::make(&folder.path, scenario).await?)
    };
    let state = State::open(folder.path.join("state"))?;
    let answers_file = folder.path.join("answers.toml");
    if let Some(practice) = &made {
        practice.write_answers(&folder.path, &answers_file, "")?;
    }
    let lesson = crate::wizard::Lesson {
        name: scenario.name.to_string(),
        about: scenario.about.to_string(),
    };
    let ended = super::wizard::practise(state, &answers_file, lesson).await;
    let state = State::open(folder.path.join("state"))?;
    let goes_on = state.runs().iter().any(super::attach::alive);
    // A terminal that was lost, or a run that is not done: the next `omup sandbox` goes on with it.
    let lost = !matches!(ended, Ok(ExitCode::Ok));
    if keep || goes_on || lost {
        if !lost {
            out::line(format!(
                "PRACTICE: kept in {}; `omup sandbox --scenario {}` goes on with it.",
                folder.path.display(),
                scenario.name
            ));
        }
        return ended;
    }
    Practice::stop_all(&folder.path).await;
    folder.remove();
    out::line("PRACTICE: the practice deployment is removed (--keep keeps it).");
    ended
}

/// Upgrade, look at the outcome, take it back where there is something to take back.
async fn story(folder: &Path, practice: &Practice, scenario: &Scenario) -> Result<ExitCode> {
    out::line(format!("PRACTICE: {}", scenario.about));
    out::line(format!(
        "PRACTICE: the deployment lies in {}",
        folder.display()
    ));
    let state = State::open(folder.join("state"))?;
    let answers = practice.answers(&state, folder).await?;
    let ended = run::run(&state, &answers, false, false).await?;
    expect(ended, scenario.upgrade_ends)?;
    let run = state.run("last")?;
    let view = run::view_of(&run)?;
    if view.phase() == Phase::BeforeDowntime {
        out::line(
            "PRACTICE: nothing was changed; the old version serves. That is the right end of this scenario.",
        );
        return Ok(ExitCode::Ok);
    }
    out::line("");
    out::line("PRACTICE: now the way back, as after a bad night: `omup rollback`");
    let mut asked = Asked {
        run: run.run.to_string(),
        ..Asked::default()
    };
    rollback(&state, &asked).await?;
    asked.way = Some("restore".to_string());
    asked.confirm = view.identity.map(|identity| identity.database);
    let back = rollback(&state, &asked).await?;
    expect(back, ExitCode::RolledBack)?;
    out::line(
        "PRACTICE: the old version serves the restored database, equal to the backup. The report:",
    );
    out::line("");
    super::report::report(&run, false)?;
    Ok(ExitCode::Ok)
}

fn expect(got: ExitCode, wanted: ExitCode) -> Result<()> {
    if got == wanted {
        return Ok(());
    }
    Err(CommandError::new(
        ExitCode::Internal,
        format!(
            "the practice story ended with exit code {} ({}) where {} was due",
            got.number(),
            got.meaning(),
            wanted.number()
        ),
    ))
}

/// The practice folder, removed at the end unless it is to be kept.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn new(keep: bool) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("omup-sandbox-{}", std::process::id()));
        crate::process::private_file::create_folder(&path).map_err(CommandError::from_cause(
            ExitCode::StateFolder,
            &format!("make {}", path.display()),
        ))?;
        Ok(Self { path, keep })
    }
}

impl Folder {
    /// The practice folder of this user and scenario: always the same, so that it is found again.
    fn place(name: &str) -> PathBuf {
        let uid = rustix::process::getuid().as_raw();
        std::env::temp_dir().join(format!("omup-practice-{uid}-{name}"))
    }

    /// One that an earlier session has left: a folder of ours that nobody else can write.
    fn left_behind(name: &str) -> Result<Option<Self>> {
        use std::os::unix::fs::MetadataExt as _;
        let path = Self::place(name);
        let Ok(meta) = std::fs::symlink_metadata(&path) else {
            return Ok(None);
        };
        let ours = meta.is_dir()
            && meta.uid() == rustix::process::getuid().as_raw()
            && meta.mode() & 0o077 == 0;
        if !ours {
            return Err(CommandError::new(
                ExitCode::StateFolder,
                format!(
                    "{} is there and is not a private folder of yours; nothing was done. Look what it is, and move it away",
                    path.display()
                ),
            ));
        }
        if path.join("answers.toml").is_file() {
            return Ok(Some(Self { path, keep: true }));
        }
        // The making was interrupted: there is nothing in it to go on with.
        let _ = std::fs::remove_dir_all(&path);
        Ok(None)
    }

    fn named(name: &str) -> Result<Self> {
        let path = Self::place(name);
        crate::process::private_file::create_folder(&path).map_err(CommandError::from_cause(
            ExitCode::StateFolder,
            &format!("make {}", path.display()),
        ))?;
        Ok(Self { path, keep: true })
    }

    fn remove(&self) {
        // Leftovers of practice in the temporary folder harm nobody.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            // Leftovers of practice in the temporary folder harm nobody.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// A practice deployment with its old server running.
struct Practice {
    made: Made,
}

impl Practice {
    async fn make(folder: &Path, scenario: &Scenario) -> Result<Self> {
        let failed =
            |what: &'static str| CommandError::from_cause::<String>(ExitCode::Internal, what);
        let (server_port, admin_port) = free_ports()?;
        let made = make(MakeOptions {
            folder: folder.join("deployment"),
            engine: Engine::Sqlite,
            seed: 7,
            size: 2 * 1024 * 1024,
            server_port,
            admin_port,
            owner: Owner::PidFile,
            binary: std::env::current_exe()
                .map_err(|e| failed("find the omup program")(e.to_string()))?,
        })
        .await
        .map_err(|e| failed("make the practice deployment")(e.to_string()))?;
        std::fs::write(&made.faults_file, scenario.faults)
            .map_err(|e| failed("write the scenario")(e.to_string()))?;
        let practice = Self { made };
        practice.script("start").await?;
        practice.wait_until_it_serves().await?;
        Ok(practice)
    }

    /// A plan made before the server listens would find no owner of it.
    async fn wait_until_it_serves(&self) -> Result<()> {
        for _ in 0..200 {
            let api = tokio::net::TcpStream::connect(("127.0.0.1", self.made.server_port)).await;
            let admin = tokio::net::TcpStream::connect(("127.0.0.1", self.made.admin_port)).await;
            if api.is_ok() && admin.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Err(CommandError::new(
            ExitCode::Internal,
            "the practice server did not start within 10 s",
        ))
    }

    async fn script(&self, word: &str) -> Result<()> {
        let home = if word == "stop-new" {
            &self.made.new_home
        } else {
            &self.made.old_home
        };
        let word = word.strip_suffix("-new").unwrap_or(word);
        let tool = ToolCommand::new(home.join("bin/openmetadata.sh"))
            .arg(word)
            .folder(home);
        quick::output(&tool, Place::Local, std::time::Duration::from_secs(20))
            .await
            .map_err(CommandError::from_cause(
                ExitCode::Internal,
                &format!("{word} the practice server"),
            ))?;
        Ok(())
    }

    async fn stop_servers(&self) {
        for word in ["stop", "stop-new"] {
            // One of the two does not run; its script says so.
            let _ = self.script(word).await;
        }
    }

    fn write_answers(&self, folder: &Path, path: &Path, confirm: &str) -> Result<()> {
        let text = format!(
            "[deployment]\nkind = \"bare-metal\"\nname = \"practice\"\nold_home = {:?}\nnew_home = {:?}\n\n[backup]\ndir = {:?}\n{confirm}",
            self.made.old_home,
            self.made.new_home,
            folder.join("backups")
        );
        write_atomically(path, text.as_bytes()).map_err(CommandError::from_cause(
            ExitCode::StateFolder,
            "write the answers",
        ))
    }

    /// Stops whatever server of a practice folder still runs.
    async fn stop_all(folder: &Path) {
        let Ok(answers) = super::open::answers(&folder.join("answers.toml")) else {
            return;
        };
        for home in [&answers.deployment.old_home, &answers.deployment.new_home] {
            let tool = ToolCommand::new(home.join("bin/openmetadata.sh"))
                .arg("stop")
                .folder(home);
            // One of the two does not run; its script says so.
            let _ = quick::output(&tool, Place::Local, std::time::Duration::from_secs(20)).await;
        }
    }

    /// Answers with both confirmations, made as an operator would: plan first, then confirm it.
    async fn answers(&self, state: &State, folder: &Path) -> Result<PathBuf> {
        let path = folder.join("answers.toml");
        let write = |confirm: &str| self.write_answers(folder, &path, confirm);
        write("")?;
        let looked = check::look(state, &path).await?;
        let identity = &looked.plan.identity;
        write(&format!(
            "\n[confirm]\nplan = {:?}\nserver = {:?}\nstart_of_downtime = {:?}\npoint_of_no_return = {:?}\n",
            looked.plan_digest, identity.server, identity.database, identity.database
        ))?;
        out::line("PRACTICE: the answers, with the plan confirmed:");
        for line in std::fs::read_to_string(&path).unwrap_or_default().lines() {
            out::line(format!("    {line}"));
        }
        out::line("");
        Ok(path)
    }
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
