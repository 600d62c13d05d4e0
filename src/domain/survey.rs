//! All that was learned about a deployment without changing it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::backup::DatabaseShape;
use super::clean_text::CleanText;
use super::instance::InstanceFacts;
use super::lock_holder::LockHolder;
use super::migration::{History, PendingWork};
use super::names::{Engine, Identity};
use super::sql_ground::SqlGround;
use super::version::OmVersion;

/// A fact that could be learned, or the reason why not. "Could not look" is never a default value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Probe<T> {
    Known(T),
    Unknown(CleanText),
}

impl<T> Probe<T> {
    pub fn known(&self) -> Option<&T> {
        match self {
            Probe::Known(value) => Some(value),
            Probe::Unknown(_) => None,
        }
    }

    /// From a result whose error becomes the reason.
    pub fn from_result<E: std::fmt::Display>(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Probe::Known(value),
            Err(error) => Probe::Unknown(CleanText::from(error.to_string())),
        }
    }
}

fn nobody_looked<T>() -> Probe<T> {
    Probe::Unknown("nobody has looked".into())
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    pub schema_version: u32,
    /// RFC 3339, UTC.
    pub taken_at: String,
    pub host: HostFacts,
    pub deployment: DeploymentFacts,
    pub versions: VersionFacts,
    pub database: DatabaseFacts,
    pub history: Probe<History>,
    /// What the target's own files would run, computed by us.
    pub pending: Probe<PendingWork>,
    /// What the database says to that work before it runs.
    #[serde(default = "nobody_looked")]
    pub ground: Probe<SqlGround>,
    pub sessions: Probe<Vec<Session>>,
    /// Who holds locks that a change of a table would wait for.
    #[serde(default = "not_looked")]
    pub locks: Probe<Vec<LockHolder>>,
    pub tools: Vec<ToolFacts>,
    pub disks: Vec<DiskFacts>,
    /// Files of OpenMetadata's old `metadata backup` in the folder of backups.
    #[serde(default)]
    pub data_only_files: Vec<PathBuf>,
    /// Entity table to number of rows, from statistics (an estimate).
    pub estimated_rows: Probe<BTreeMap<String, u64>>,
    /// Entity type to relations whose end is gone; `None` where nobody asked: it reads whole tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orphans: Option<Probe<BTreeMap<String, u64>>>,
    /// What it has and uses, as far as the changes of the releases ask.
    #[serde(default)]
    pub instance: InstanceFacts,
}

/// In surveys of older builds.
fn not_looked<T>() -> Probe<T> {
    Probe::Unknown("it was not looked for".into())
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFacts {
    pub hostname: CleanText,
    pub user: CleanText,
    pub uid: u32,
    /// Kernel boot id, `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentKind {
    BareMetal,
    /// A bare-metal layout that carries the practice marker.
    Practice,
}

impl DeploymentKind {
    pub fn title(self) -> &'static str {
        match self {
            DeploymentKind::BareMetal => "bare metal",
            DeploymentKind::Practice => "PRACTICE deployment",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentFacts {
    pub kind: DeploymentKind,
    /// How people call it: the operator's name, else host and folder.
    pub name: CleanText,
    pub old_home: PathBuf,
    pub new_home: PathBuf,
    pub connection: ConnectionFacts,
    /// `http://host:port`, without a trailing slash.
    pub api_url: String,
    pub admin_url: String,
    pub owner: Owner,
    /// Files to keep in the backup: conf, keys, env.
    pub config_files: Vec<PathBuf>,
    /// Setting name to a fingerprint or value without secrets, from the old configuration.
    pub settings: BTreeMap<String, CleanText>,
    /// Secrets whose only home is the running process's environment.
    pub fleeting_secrets: Vec<CleanText>,
}

/// Where the database is, and from where we know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionFacts {
    pub engine: Engine,
    /// Host name or address; for SQLite the folder of the file.
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    /// `DB_PARAMS` as configured, without secrets.
    pub params: String,
    /// Setting (`host`, `database`, ...) to `file:line` or `environment`.
    pub origin: BTreeMap<String, CleanText>,
}

/// Who starts and stops the server process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "owner", rename_all = "kebab-case")]
pub enum Owner {
    /// `bin/openmetadata.sh` and its pid file.
    PidFile { pid: u32, file: PathBuf },
    /// A systemd unit, found by the cgroup of the listener.
    Systemd { pid: u32, unit: String },
    /// A runit service directory, found by the parent process `runsv`.
    Runit { pid: u32, service: PathBuf },
    /// A supervisord program, found by `SUPERVISOR_PROCESS_NAME` in its environment.
    Supervisord { pid: u32, program: String },
    /// Commands given by the operator in the answers.
    Commands { stop: String, start: String },
    /// Something else holds it: omup cannot stop it through its owner.
    Unknown { pid: u32, parent: CleanText },
    /// No server listens here.
    NotRunning,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionFacts {
    /// Highest native row of `SERVER_CHANGE_LOG`, compared by number.
    pub database: Probe<OmVersion>,
    /// `/api/v1/system/version`.
    pub server: Probe<OmVersion>,
    /// Jar name in the old install folder.
    pub files: Probe<OmVersion>,
    /// Jar name in the new install folder.
    pub target: Probe<OmVersion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseFacts {
    pub identity: Identity,
    /// As the server prints it, `15.18 (Debian ...)`.
    pub version_text: CleanText,
    /// Major version number; 0 for SQLite.
    pub major: u32,
    pub shape: DatabaseShape,
    /// Bytes of the whole database on the server's disk.
    pub bytes: u64,
    /// Bytes of the largest table with its indexes and TOAST.
    pub largest_table: Option<(String, u64)>,
    pub read_only: bool,
    /// Tables of an engine without transactions, and the engine: `table_entity (MyISAM)`. Only MySQL has such.
    #[serde(default)]
    pub without_transactions: Vec<CleanText>,
    /// What the user may do, each probed without changing anything.
    pub rights: Vec<Right>,
    /// Sort memory that a new connection of the user sees, in bytes; `None` where the engine has none.
    pub sort_memory: Option<u64>,
    /// Schemas that hold an OpenMetadata history table.
    pub schemas: Vec<CleanText>,
    /// Other databases on the server with names that omup makes (leftovers of runs).
    pub leftovers: Vec<String>,
    /// Data folder of the server, when it is on this host and can be read.
    pub data_folder: Option<PathBuf>,
    /// What the server writes a second time; `None` where it writes none.
    #[serde(default)]
    pub log: Option<ServerLog>,
}

/// The write-ahead log of PostgreSQL, the binary log of MySQL: every change stands in it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerLog {
    /// Bytes beyond which the server uses old files again; `None` where it keeps them, for an archive,
    /// a replica or until they expire.
    pub limit: Option<u64>,
    /// Where it lies, when the server is on this host.
    pub folder: Option<PathBuf>,
}

/// One right that a later step uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// Such as `CREATE DATABASE`.
    pub name: String,
    pub held: bool,
    /// What needs it.
    pub needed_for: String,
    /// The statement that grants it, ready to copy.
    pub grant: String,
}

/// One session in the database that is not this connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub pid: i64,
    pub user: CleanText,
    /// Client address, or `local`.
    pub address: CleanText,
    pub application: CleanText,
    pub state: CleanText,
    /// Age of the open transaction in seconds, if there is one.
    pub transaction_seconds: Option<u64>,
    /// Start of the current or last statement.
    pub query: CleanText,
    /// True for sessions that omup opened itself (any run of it).
    pub ours: bool,
}

impl Session {
    /// The state of a process that has a SQLite database's file open for writing.
    pub const WRITES_FILE: &'static str = "open for writing";
}

/// A program that a later step starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolFacts {
    /// `pg_dump`, `pg_restore`, `java`.
    pub name: String,
    pub path: Option<PathBuf>,
    /// First line of `--version`, or why it could not be had.
    pub version: Probe<CleanText>,
    /// Version numbers out of that line.
    pub numbers: Option<(u32, u32)>,
}

/// Free space of one filesystem, with what lies on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskFacts {
    /// `backup`, `state`, `database`, `log` (what the server writes a second time).
    pub role: String,
    pub path: PathBuf,
    /// Device number: equal for two roles means one filesystem.
    pub device: u64,
    pub free: u64,
    pub total: u64,
    pub writable: bool,
}
