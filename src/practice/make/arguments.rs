//! What `omup practice make` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::practice::dialect::Dialect;

/// Which database the practice deployment stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    Sqlite,
    Postgres,
    Mysql,
}

/// Who starts and stops the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// `bin/openmetadata.sh` with its pid file.
    PidFile,
    /// A runit service that starts `current/` again as soon as it ends.
    Supervisor,
    /// As `PidFile`, with a watchdog that starts the old server whenever it is down.
    Watchdog,
}

#[derive(Debug, Args)]
pub struct MakeArguments {
    /// The folder to make; it must be empty or absent.
    pub folder: PathBuf,
    #[arg(long, value_enum)]
    pub engine: EngineName,
    /// A server's host.
    #[arg(long, default_value = "127.0.0.1")]
    pub url_host: String,
    /// A server's port; the engine's usual one if not said.
    #[arg(long)]
    pub port: Option<u16>,
    /// On a server: the user that owns the database.
    #[arg(long, default_value = "openmetadata_user")]
    pub user: String,
    /// On a server: an existing, empty database.
    #[arg(long, default_value = "openmetadata_db")]
    pub database: String,
    /// On a server: a file that holds the user's password.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// The same seed and size give the same rows.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// About how much data, like 3MB or 700MB.
    #[arg(long, default_value = "3MB", value_parser = parse_size)]
    pub size: u64,
    /// How long the longest query's text is, like 2MB: wider than MySQL's default sort buffer.
    #[arg(long, value_parser = parse_size)]
    pub longest_query: Option<u64>,
    #[arg(long, default_value_t = 8585)]
    pub server_port: u16,
    #[arg(long, default_value_t = 8586)]
    pub admin_port: u16,
    #[arg(long, value_enum, default_value_t = Owner::PidFile)]
    pub owner: Owner,
}

/// What [`super::make`] needs to know.
#[derive(Debug, Clone)]
pub struct MakeOptions {
    pub folder: PathBuf,
    pub engine: Engine,
    pub seed: u64,
    /// Bytes, about.
    pub size: u64,
    /// Bytes of the longest query's text, when one is to be longer than usual.
    pub longest_query: Option<u64>,
    pub server_port: u16,
    pub admin_port: u16,
    pub owner: Owner,
    /// The `omup` binary that the scripts start.
    pub binary: PathBuf,
}

#[derive(Debug, Clone)]
pub enum Engine {
    Sqlite,
    Postgres(Server),
    Mysql(Server),
}

impl Engine {
    pub fn dialect(&self) -> Dialect {
        match self {
            Engine::Sqlite => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
            Engine::Mysql(_) => Dialect::Mysql,
        }
    }
}

/// A database on a server, and who owns it.
#[derive(Clone)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: String,
    pub database: String,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            host,
            port,
            user,
            password: _,
            database,
        } = self;
        write!(formatter, "{user}@{host}:{port}/{database}")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ArgumentsError {
    #[error("failed to read the password in {path}: {reason}")]
    Password {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error("failed to find this program's own path, which the scripts need: {0}")]
    Binary(std::io::Error),
}

impl MakeArguments {
    /// Reads the password file and this program's path.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn into_options(self) -> Result<MakeOptions, ArgumentsError> {
        let server = |usual_port| {
            let password = match &self.password_file {
                None => String::new(),
                Some(path) => std::fs::read_to_string(path)
                    .map_err(|reason| ArgumentsError::Password {
                        path: path.clone(),
                        reason,
                    })?
                    .trim_end_matches(['\n', '\r'])
                    .to_owned(),
            };
            Ok(Server {
                host: self.url_host.clone(),
                port: self.port.unwrap_or(usual_port),
                user: self.user.clone(),
                password,
                database: self.database.clone(),
            })
        };
        let engine = match self.engine {
            EngineName::Sqlite => Engine::Sqlite,
            EngineName::Postgres => Engine::Postgres(server(5432)?),
            EngineName::Mysql => Engine::Mysql(server(3306)?),
        };
        Ok(MakeOptions {
            folder: self.folder,
            engine,
            seed: self.seed,
            size: self.size,
            longest_query: self.longest_query,
            server_port: self.server_port,
            admin_port: self.admin_port,
            owner: self.owner,
            binary: std::env::current_exe().map_err(ArgumentsError::Binary)?,
        })
    }
}

/// `3MB`, `700 MB`, `2GB`, `50000`: decimal units.
fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "KB" | "K" => 1_000,
        "MB" | "M" => 1_000_000,
        "GB" | "G" => 1_000_000_000,
        _ => return Err("a size looks like 3MB".to_owned()),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| "a size looks like 3MB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Engine, Server, parse_size};

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("3MB"), Ok(3_000_000));
        assert_eq!(parse_size("700 mb"), Ok(700_000_000));
        assert_eq!(parse_size("12"), Ok(12));
        assert!(parse_size("much").is_err());
        assert!(parse_size("3 furlongs").is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        let engine = Engine::Mysql(Server {
            host: "h".into(),
            port: 1,
            user: "u".into(),
            password: "hush".into(),
            database: "d".into(),
        });
        assert!(!format!("{engine:?}").contains("hush"));
    }
}
