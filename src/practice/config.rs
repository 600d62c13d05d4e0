//! Reads `conf/openmetadata.yaml` as the server does: first `${VAR:-default}` is replaced in the
//! text, then the text is YAML (so a value can break the file, as in the real one).
//!
//! Source: dropwizard's EnvironmentVariableSubstitutor; keys as in OpenMetadata's conf.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::jdbc::SocketTimeouts;

/// What the practice parts need from the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    #[serde(default)]
    pub cluster_name: String,
    pub server: Server,
    pub database: Database,
    pub migration_configuration: MigrationConfiguration,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    pub application_connectors: Vec<Connector>,
    pub admin_connectors: Vec<Connector>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Connector {
    pub port: u16,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    pub user: String,
    pub password: String,
    pub url: String,
    #[serde(default)]
    pub properties: DatabaseProperties,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL's parameters may hold a password too.
        formatter
            .debug_struct("Database")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseProperties {
    /// Seconds; 0 = none.
    #[serde(default)]
    pub postgresql_socket_timeout: Option<u64>,
    /// Milliseconds; 0 = none.
    #[serde(default)]
    pub mysql_socket_timeout: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationConfiguration {
    /// Relative to the *current folder*, as in the real tool.
    pub native_path: PathBuf,
    #[serde(default)]
    pub flyway_path: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("failed to read {path}: {reason}")]
    Unreadable {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error("failed to parse {path}: {reason}")]
    Malformed { path: PathBuf, reason: String },
}

impl Config {
    /// Reads a configuration file, taking variables from `variable`.
    ///
    /// # Errors
    /// When the file cannot be read, or is no YAML of the expected shape after substitution.
    pub fn read(
        path: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|reason| ConfigError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
        serde_saphyr::from_str(&substituted(&text, variable)).map_err(|error| {
            ConfigError::Malformed {
                path: path.to_owned(),
                // Only the first line: the rest quotes the file, which may hold a password.
                reason: error
                    .to_string()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            }
        })
    }

    /// The configuration of an installation, with variables from this process.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn of_home(home: &Path) -> Result<Self, ConfigError> {
        Self::read(&home.join("conf/openmetadata.yaml"), |name| {
            std::env::var(name).ok()
        })
    }

    /// How long one answer of the database may take. Five minutes are the default of the newer
    /// releases, on MySQL as a property of the driver (OpenMetadata, HikariCPDataSourceFactory).
    pub fn socket_timeouts(&self) -> SocketTimeouts {
        let properties = &self.database.properties;
        let limit = |wish: Option<u64>, unit: fn(u64) -> Duration| match wish {
            Some(0) => None,
            Some(number) => Some(unit(number)),
            None => Some(Duration::from_secs(300)),
        };
        SocketTimeouts {
            postgres: limit(properties.postgresql_socket_timeout, Duration::from_secs),
            mysql: Some(limit(
                properties.mysql_socket_timeout,
                Duration::from_millis,
            )),
        }
    }
}

/// Replaces `${NAME}` and `${NAME:-default}`. An unset name without a default stays as it is; a
/// comment is text like any other.
pub fn substituted(text: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        result.push_str(before);
        let Some(end) = from.find('}') else {
            rest = from;
            break;
        };
        let inside = &from[2..end];
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        match variable(name).or_else(|| default.map(str::to_owned)) {
            Some(value) => result.push_str(&value),
            None => result.push_str(&from[..=end]),
        }
        rest = &from[end + 1..];
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::{Config, substituted};

    fn with_host(name: &str) -> Option<String> {
        (name == "DB_HOST").then(|| "db.example".to_owned())
    }

    #[test]
    fn variables_win_over_defaults_and_unknown_names_stay() {
        assert_eq!(
            substituted(
                "a: ${DB_HOST:-localhost}:${DB_PORT:-5432} ${GONE}",
                with_host
            ),
            "a: db.example:5432 ${GONE}"
        );
        assert_eq!(substituted("x ${OPEN", with_host), "x ${OPEN");
    }

    #[test]
    fn a_default_with_a_leading_blank_is_trimmed_by_yaml() {
        let text = "clusterName: ${CLUSTER:- openmetadata}\nserver:\n  applicationConnectors:\n  \
                    - {type: http, port: 8585}\n  adminConnectors:\n  - {type: http, port: 8586}\n\
                    database:\n  user: om\n  password: ${PASSWORD:-0123}\n  url: jdbc:x\n\
                    migrationConfiguration:\n  nativePath: \"./n\"\n";
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("openmetadata.yaml");
        std::fs::write(&path, text).expect("written");
        let config = Config::read(&path, |_| None).expect("valid");
        assert_eq!(config.cluster_name, "openmetadata");
        assert_eq!(config.database.password, "0123");
        assert!(!format!("{config:?}").contains("0123"));
    }
}
