//! The description of a made deployment, printed as one JSON document.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::Owner;

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct Made {
    pub folder: PathBuf,
    pub engine: &'static str,
    pub old_version: &'static str,
    pub new_version: &'static str,
    pub old_home: PathBuf,
    pub new_home: PathBuf,
    /// The SQLite file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_file: Option<PathBuf>,
    /// Of the database: host (or folder), port, name, user.
    pub database: DatabaseMade,
    pub server_port: u16,
    pub admin_port: u16,
    pub token: &'static str,
    pub owner: Owner,
    /// The runit service folder of a supervised server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_folder: Option<PathBuf>,
    pub faults_file: PathBuf,
    pub seed: u64,
    /// Versions that the new installation would migrate.
    pub pending: Vec<String>,
    /// Whether pgcrypto could be created.
    pub pgcrypto: bool,
    pub row_counts: BTreeMap<String, u64>,
    pub total_rows: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct DatabaseMade {
    pub host: String,
    pub port: u16,
    pub name: String,
    pub user: String,
}
