//! OpenMetadata unpacked on a host: two homes side by side, an environment file, a start script or
//! a supervisor. The practice deployment has the same layout and is driven by this very code.

mod api;
mod carried_env;
mod carry;
mod config;
mod database_name;
mod detached;
mod environment;
mod files;
pub mod find;
mod install;
mod jdbc;
mod kept_values;
mod link;
mod needs;
mod ops;
mod orders;
mod owner;
mod pending;
#[cfg(test)]
mod pending_tests;
mod procfs;
mod secrets;
mod server_control;
mod settings;
mod statement;
mod substitute;
mod uses;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{Deployment, HealthPart, Result, Side, Uses, is_practice};
use crate::domain::answers::{DeploymentAnswers, ServerAnswers};
use crate::domain::clean_text::CleanText;
use crate::domain::migration::{History, PendingWork};
use crate::domain::names::Engine;
use crate::domain::secret::Secret;
use crate::domain::survey::{DeploymentFacts, DeploymentKind, Owner};
use crate::domain::version::OmVersion;
use crate::process::ToolCommand;

use carry::Carry;
use config::{Config, Running};
use owner::Ground;
use procfs::{Listener, Procfs};

/// The API's port in the delivered configuration.
const USUAL_PORT: u16 = 8585;

/// Two installations on this host.
#[derive(Debug, Clone)]
pub struct BareMetal {
    old_home: PathBuf,
    new_home: PathBuf,
    answers: ServerAnswers,
    name: Option<String>,
    /// The server that ran when this value was made, and the environment it has.
    running: Option<(u32, BTreeMap<String, String>)>,
}

impl BareMetal {
    /// Looks at both homes. Fails when one of them is no installation or the old one's
    /// configuration cannot be read.
    pub fn open(deployment: &DeploymentAnswers, server: &ServerAnswers) -> Result<Self> {
        install::must_be_install(&deployment.old_home)?;
        install::must_be_install(&deployment.new_home)?;
        let mut opened = Self {
            old_home: deployment.old_home.clone(),
            new_home: deployment.new_home.clone(),
            answers: server.clone(),
            name: deployment.name.clone(),
            running: None,
        };
        let proc = Procfs::default();
        let port = Config::read(&opened.old_home, None).map(|config| config.api_port);
        if let Listener::Process(pid) = proc.listener(port.unwrap_or(USUAL_PORT)) {
            opened.running = proc.environment(pid).map(|found| (pid, found));
        }
        // With what only the running server knows: it may be what makes the file readable.
        opened.config(Side::Old)?;
        Ok(opened)
    }

    fn home(&self, side: Side) -> &Path {
        match side {
            Side::Old => &self.old_home,
            Side::New => &self.new_home,
        }
    }

    fn running(&self) -> Option<Running<'_>> {
        self.running.as_ref().map(|(pid, environment)| Running {
            pid: *pid,
            environment,
        })
    }

    /// The configuration of one side as its files stand now.
    fn config(&self, side: Side) -> Result<Config> {
        Config::read(self.home(side), self.running())
    }

    /// The new side as it will be after the carry-over.
    fn new_config_carried(&self) -> Result<Config> {
        let carry = Carry::plan(&self.old_home, &self.new_home)?;
        Config::with_environment_file(&self.new_home, &carry.environment, self.running())
    }

    fn port(&self, side: Side) -> Result<u16> {
        Ok(self.config(side)?.api_port)
    }

    /// The side whose port answers: after the switch the new one may listen elsewhere, where the
    /// operator wants it so.
    fn serving(&self) -> Result<Config> {
        let old = self.config(Side::Old)?;
        let Ok(new) = self.config(Side::New) else {
            return Ok(old);
        };
        let proc = Procfs::default();
        let only_new = new.api_port != old.api_port
            && proc.listener(old.api_port) == Listener::Nobody
            && proc.listener(new.api_port) != Listener::Nobody;
        Ok(if only_new { new } else { old })
    }

    /// Entity type to number of entities as the server counts them.
    pub async fn entity_counts(&self, token: &Secret) -> Result<BTreeMap<String, u64>> {
        api::entity_counts(&self.serving()?.api_url, token).await
    }

    fn find_owner(&self, side: Side) -> Result<Owner> {
        let homes = [self.old_home.as_path(), self.new_home.as_path()];
        let ground = Ground {
            proc: &Procfs::default(),
            homes: &homes,
            answers: &self.answers,
            systemd_runs: Path::new("/run/systemd/system").is_dir(),
        };
        Ok(owner::find(&ground, self.port(side)?))
    }
}

#[async_trait]
impl Deployment for BareMetal {
    async fn facts(&self) -> Result<DeploymentFacts> {
        let old = self.config(Side::Old)?;
        let kind = if is_practice(&self.old_home) {
            DeploymentKind::Practice
        } else {
            DeploymentKind::BareMetal
        };
        let name = self.name.clone().unwrap_or_else(|| {
            let host = rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned();
            format!("{host}:{}", self.old_home.display())
        });
        let owner = self.find_owner(Side::Old)?;
        Ok(DeploymentFacts {
            kind,
            name: name.into(),
            old_home: self.old_home.clone(),
            new_home: self.new_home.clone(),
            connection: old.connection(),
            api_url: old.api_url.clone(),
            admin_url: old.admin_url.clone(),
            settings: self.settings(&old, &owner),
            owner,
            config_files: install::config_files(&self.old_home),
            fleeting_secrets: old.fleeting().into_iter().map(CleanText::from).collect(),
        })
    }

    async fn database_password(&self) -> Result<Option<Secret>> {
        let old = self.config(Side::Old)?;
        let found = match old.password {
            Some(password) => Some(password),
            // MySQL's file is read where its sessions are opened: it holds more than the password.
            None => match old.url.engine {
                Engine::Postgres => secrets::password_from_pgpass(&old.url, &old.user),
                Engine::Mysql | Engine::Sqlite => None,
            },
        };
        Ok(found)
    }

    async fn secrets(&self) -> Result<Vec<Secret>> {
        let mut all = self.config(Side::Old)?.secrets();
        // The new side may be unreadable before the carry-over; its secrets are the old ones then.
        if let Ok(new) = self.new_config_carried() {
            all.extend(new.secrets());
        }
        all.extend(self.database_password().await?);
        Ok(all)
    }

    async fn uses(&self) -> Uses {
        uses::of(self.config(Side::Old), self.home(Side::New)).await
    }

    async fn version_by_files(&self, side: Side) -> Result<OmVersion> {
        install::version(self.home(side))
    }

    async fn version_by_server(&self) -> Result<OmVersion> {
        api::version(&self.serving()?.api_url).await
    }

    async fn pending(&self, engine: Engine, history: &History) -> Result<PendingWork> {
        let target = install::version(&self.new_home)?;
        let new = self.new_config_carried()?;
        let ground = pending::Ground {
            target: &target,
            native: &new.native_path,
            extension: new.extension_path.as_deref(),
            engine,
        };
        pending::compute(&ground, history)
    }

    async fn owner(&self) -> Result<Owner> {
        self.find_owner(Side::Old)
    }

    async fn stop(&self, owner: &Owner, side: Side, seconds: u64) -> Result<()> {
        self.stop_server(owner, side, seconds).await
    }

    async fn allow_start(&self, owner: &Owner, side: Side) -> Result<()> {
        self.allow_others(owner, side).await
    }

    async fn start(&self, owner: &Owner, side: Side) -> Result<()> {
        self.start_server(owner, side).await
    }

    fn stop_command(&self, owner: &Owner, side: Side) -> Vec<String> {
        orders::stop_orders(owner, self.home(side))
            .iter()
            .map(orders::Order::shown)
            .collect()
    }

    fn start_command(&self, owner: &Owner, side: Side) -> Vec<String> {
        self.start_lines(owner, side)
    }

    async fn ops_tool(
        &self,
        side: Side,
        args: &[&str],
        db_params: Option<&str>,
        password: Option<&Secret>,
    ) -> Result<ToolCommand> {
        ops::tool(&self.config(side)?, args, db_params, password)
    }

    async fn carry_over(&self) -> Result<Vec<(PathBuf, CleanText)>> {
        Carry::plan(&self.old_home, &self.new_home)?.write()
    }

    async fn carry_over_preview(&self) -> Result<Vec<(PathBuf, CleanText)>> {
        Ok(Carry::plan(&self.old_home, &self.new_home)?.told())
    }

    async fn set_database_name(&self, side: Side, database: &str) -> Result<(PathBuf, String)> {
        database_name::set(&self.config(side)?, database)
    }

    async fn database_name(&self, side: Side) -> Result<String> {
        Ok(self.config(side)?.url.database)
    }

    fn set_name_by_hand(&self, side: Side, database: &str) -> String {
        match self.config(side) {
            Ok(config) => database_name::by_hand(&config, database),
            Err(error) => format!("# set the database name to {database}: {error}"),
        }
    }

    async fn health(&self, token: Option<&Secret>) -> Vec<HealthPart> {
        match self.serving() {
            Ok(side) => api::health(&side.api_url, &side.admin_url, token).await,
            Err(error) => vec![HealthPart {
                name: "version".to_owned(),
                passed: None,
                message: error.to_string().into(),
            }],
        }
    }

    fn server_log(&self, side: Side) -> PathBuf {
        self.config(side).map_or_else(
            |_| self.home(side).join("logs/openmetadata.log"),
            |config| config.log_file,
        )
    }
}
