//! The faults a practice deployment can be told to have, read anew at each start of a part.
//!
//! Knows the file's shape only; each part decides what a fault does to it.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::folder::PracticeFolder;

/// Everything in `faults.toml`; a missing file means no faults.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Milliseconds slept before each migration statement.
    pub statement_delay_ms: u64,
    /// Milliseconds slept between a statement and its record; `faults.at-pause` tells when.
    pub pause_before_record_ms: u64,
    /// `"<version>:<n>"`: the pause is made at this statement only.
    pub pause_before_record_at: Option<StatementPlace>,
    /// `"<version>:<n>"`: the runner that started the tool is killed right after this statement,
    /// before its record, as by a machine that is out of memory.
    pub kill_runner_at: Option<StatementPlace>,
    /// `"<version>:<n>"`, counted from 1 over both files: this statement gets a real SQL error.
    pub fail_statement: Option<StatementPlace>,
    /// `"<version>:<n>"`: the session is lost right after this statement, before its record.
    pub lose_connection_at: Option<StatementPlace>,
    /// Search cannot be reached: `migrate` fails after the database is migrated.
    pub search_down: bool,
    /// `migrate` prints Success and exits 0, but the newest version has no row.
    pub success_with_versions_missing: bool,
    /// So many pipelines cannot be deployed; the exit code stays 0.
    pub deploy_pipelines_failures: u32,
    /// `migrate` prints its configuration, JDBC URL with user and password included, as the real
    /// tool does at DEBUG.
    pub print_password: bool,
    /// `migrate` prints escape sequences, C1 bytes, direction overrides, bytes that are no UTF-8 and
    /// one line of 10 MB.
    pub hostile_log: bool,
    /// `dump` stops after so many bytes, without a word, and exits 0.
    pub dump_ends_early_after_bytes: Option<u64>,
    /// Once a `dump` has begun, no file of the runner that stores it can grow beyond so many bytes.
    pub disk_full_after_bytes: Option<u64>,
    /// `dump` writes no more than so many bytes a second.
    pub dump_bytes_per_second: Option<u64>,
    /// `dump` leaves this table out, without a word.
    pub dump_drops_table: Option<String>,
    /// The data step of 1.12.0 handles no more than so many rows a second.
    pub data_step_rows_per_second: Option<u32>,
    /// Milliseconds between two writes of the living server; 0 = it never writes.
    pub server_write_interval_ms: Option<u64>,
    /// Milliseconds before the server opens its ports.
    pub server_start_delay_ms: u64,
    /// Milliseconds that rebuilding the search indexes takes at least.
    pub reindex_delay_ms: u64,
    /// `/healthcheck` and the status' database step say "not healthy".
    pub health_fails: bool,
}

/// One statement of one version, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct StatementPlace {
    pub version: semver::Version,
    pub number: usize,
}

impl StatementPlace {
    pub fn is(&self, version: &semver::Version, number: usize) -> bool {
        self.version == *version && self.number == number
    }
}

impl TryFrom<String> for StatementPlace {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(version, number)| {
            Some(Self {
                version: semver::Version::parse(version).ok()?,
                number: number.parse().ok().filter(|number| *number > 0)?,
            })
        });
        parsed.ok_or_else(|| {
            format!("a statement is named like \"1.12.0:3\" (counted from 1), not \"{text}\"")
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    #[error("failed to read the faults in {path}: {reason}")]
    Unreadable {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error("failed to understand the faults in {path}: {reason}")]
    Malformed {
        path: PathBuf,
        reason: Box<toml::de::Error>,
    },
}

impl Faults {
    /// Reads the folder's faults.
    ///
    /// # Errors
    /// When the file is there but cannot be read, or holds a key or a value we do not know.
    pub fn read(folder: &PracticeFolder) -> Result<Self, FaultsError> {
        let path = folder.faults_file();
        match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|reason| FaultsError::Malformed {
                path,
                reason: Box::new(reason),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(reason) => Err(FaultsError::Unreadable { path, reason }),
        }
    }

    /// How often the living server writes; `None` = never.
    pub fn server_write_interval(&self) -> Option<Duration> {
        match self.server_write_interval_ms {
            None => Some(Duration::from_secs(1)),
            Some(0) => None,
            Some(milliseconds) => Some(Duration::from_millis(milliseconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Faults;

    #[test]
    fn a_statement_is_named_by_version_and_number() {
        let faults: Faults =
            toml::from_str("fail_statement = \"1.12.0:3\"\nsearch_down = true").expect("valid");
        let place = faults.fail_statement.expect("place");
        assert!(place.is(&semver::Version::new(1, 12, 0), 3));
        assert!(!place.is(&semver::Version::new(1, 12, 0), 2));
        assert!(faults.search_down);
    }

    #[test]
    fn unknown_keys_and_malformed_places_are_refused() {
        assert!(toml::from_str::<Faults>("serch_down = true").is_err());
        assert!(toml::from_str::<Faults>("fail_statement = \"1.12.0:0\"").is_err());
        assert!(toml::from_str::<Faults>("fail_statement = \"third\"").is_err());
    }
}
