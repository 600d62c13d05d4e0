//! Where OpenMetadata runs: how its configuration is read and switched, who owns its server, how
//! its own tool is called and its API asked. Knows nothing of backups, steps or screens.

pub mod bare_metal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::domain::clean_text::CleanText;
use crate::domain::instance::Used;
use crate::domain::migration::History;
use crate::domain::migration::PendingWork;
use crate::domain::names::Engine;
use crate::domain::secret::Secret;
use crate::domain::survey::{DeploymentFacts, Owner, Probe};
use crate::domain::version::OmVersion;
use crate::process::{ProcessError, ToolCommand};

/// What can go wrong with a deployment.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// A file of the deployment cannot be read or understood.
    #[error("cannot read {path}: {reason}", path = .path.display())]
    Unreadable { path: PathBuf, reason: CleanText },
    /// A setting is missing or has a value that we cannot use.
    #[error("{setting} in {path}: {reason}", path = .path.display())]
    Setting {
        path: PathBuf,
        setting: String,
        reason: CleanText,
    },
    /// This folder is no OpenMetadata installation.
    #[error("{path} is not an OpenMetadata installation: {reason}", path = .path.display())]
    NotAnInstall { path: PathBuf, reason: CleanText },
    /// The server could not be stopped or started through its owner.
    #[error("cannot {doing} the server through its owner: {reason}")]
    Owner { doing: String, reason: CleanText },
    /// The API did not answer as expected.
    #[error("{request}: {reason}")]
    Api { request: String, reason: CleanText },
    #[error(transparent)]
    Process(#[from] ProcessError),
}

pub type Result<T> = std::result::Result<T, DeploymentError>;

/// Which installation of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Old,
    New,
}

/// One part of the server's health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthPart {
    pub name: String,
    /// `None`: could not look (for example no token).
    pub passed: Option<bool>,
    pub message: CleanText,
}

/// What the old side's server is configured with and talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uses {
    /// Dotted keys of its configuration with their values; secrets read `set`.
    pub keys: Probe<BTreeMap<String, CleanText>>,
    /// The same keys as the new side's file has them, with its own defaults.
    pub target_keys: Probe<BTreeMap<String, CleanText>>,
    /// The old file's keys without any variable.
    pub file_keys: Probe<BTreeMap<String, CleanText>>,
    /// The new file's keys with the old side's variables.
    pub carried_keys: Probe<BTreeMap<String, CleanText>>,
    /// Variables with a value that the old file asks for and the new one does not.
    pub unasked_variables: Probe<Vec<String>>,
    /// Component to its version.
    pub platform: BTreeMap<String, Used>,
}

/// Looking at and acting on one deployment.
#[async_trait]
pub trait Deployment: Send + Sync {
    /// Reads files and processes; changes nothing.
    async fn facts(&self) -> Result<DeploymentFacts>;
    /// The database password and other secrets of the old configuration, from durable sources.
    async fn database_password(&self) -> Result<Option<Secret>>;
    /// Every secret value of the configuration (password, Fernet key, tokens): for the redactor.
    async fn secrets(&self) -> Result<Vec<Secret>>;
    /// What the old side's server uses: its keys, its search server, its Airflow.
    async fn uses(&self) -> Uses;
    /// Version by the files of one side.
    async fn version_by_files(&self, side: Side) -> Result<OmVersion>;
    /// Version by the running server.
    async fn version_by_server(&self) -> Result<OmVersion>;
    /// What the target's files would run on a database with this history.
    async fn pending(&self, engine: Engine, history: &History) -> Result<PendingWork>;
    /// Who owns the server process that listens now.
    async fn owner(&self) -> Result<Owner>;
    /// Stops the server through this owner and waits until its process is gone (at most
    /// `seconds`). It is no error if it does not run, nor if somebody starts another: ask
    /// [`Deployment::owner`] afterwards.
    async fn stop(&self, owner: &Owner, side: Side, seconds: u64) -> Result<()>;
    /// Starts the server of one side through this owner; returns when the owner has taken the
    /// order, not when the server is healthy. The server outlives us.
    async fn start(&self, owner: &Owner, side: Side) -> Result<()>;
    /// Undoes what [`Deployment::stop`] did so that nobody else starts the server (a mask, a `down` file).
    async fn allow_start(&self, owner: &Owner, side: Side) -> Result<()>;
    /// The command lines that [`Deployment::stop`] and [`Deployment::start`] would run, for the plan and the
    /// way back by hand.
    fn stop_command(&self, owner: &Owner, side: Side) -> Vec<String>;
    fn start_command(&self, owner: &Owner, side: Side) -> Vec<String>;
    /// OpenMetadata's own tool of one side, ready to start, with `DB_PARAMS` replaced when given.
    async fn ops_tool(
        &self,
        side: Side,
        args: &[&str],
        db_params: Option<&str>,
        password: Option<&Secret>,
    ) -> Result<ToolCommand>;
    /// Carries the operator's configuration over from the old to the new side, and returns what was
    /// written: (file, what changed). Running it twice gives the same files.
    async fn carry_over(&self) -> Result<Vec<(PathBuf, CleanText)>>;
    /// What [`Deployment::carry_over`] would write; changes nothing.
    async fn carry_over_preview(&self) -> Result<Vec<(PathBuf, CleanText)>>;
    /// Sets the configured database name of one side; returns (file, old name). Atomic, keeps mode and owner of
    /// the file; running it twice gives the same file.
    async fn set_database_name(&self, side: Side, database: &str) -> Result<(PathBuf, String)>;
    /// The database name configured now for one side.
    async fn database_name(&self, side: Side) -> Result<String>;
    /// A shell line that does what [`Deployment::set_database_name`] does, for the way back by hand.
    fn set_name_by_hand(&self, side: Side, database: &str) -> String;
    /// Health parts of the running server; the first two (`version`, `liveness`) need no token.
    async fn health(&self, token: Option<&Secret>) -> Vec<HealthPart>;
    /// Where the server writes its log on one side.
    fn server_log(&self, side: Side) -> PathBuf;
}

/// The file whose presence above both installations marks a practice deployment.
pub const PRACTICE_MARKER: &str = ".omup-practice";

/// True when a folder or one of its two parents carries the practice marker.
pub fn is_practice(home: &Path) -> bool {
    home.ancestors()
        .take(3)
        .any(|folder| folder.join(PRACTICE_MARKER).is_file())
}
