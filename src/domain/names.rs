//! Ids and names that the whole program agrees on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The database engine behind OpenMetadata. SQLite only serves the practice deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    Postgres,
    Mysql,
    Sqlite,
}

impl Engine {
    /// The name people write.
    pub fn title(self) -> &'static str {
        match self {
            Engine::Postgres => "PostgreSQL",
            Engine::Mysql => "MySQL",
            Engine::Sqlite => "SQLite (practice)",
        }
    }

    /// Where a person's client programs take the password from.
    pub fn password_home(self) -> &'static str {
        match self {
            Engine::Postgres => "`PGPASSFILE` or `~/.pgpass`",
            Engine::Mysql => "`~/.my.cnf` (group `[client]`, `password = \"...\"`)",
            Engine::Sqlite => "nowhere: the practice database has none",
        }
    }

    /// The folder below `bootstrap/sql/migrations/native/<version>/` that holds this engine's SQL.
    pub fn migration_folder(self) -> &'static str {
        match self {
            Engine::Postgres => "postgres",
            Engine::Mysql => "mysql",
            Engine::Sqlite => "sqlite",
        }
    }
}

/// The very server and database: pinned when the run is created, compared before each effect.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    pub engine: Engine,
    /// PostgreSQL: `system_identifier` of the cluster. MySQL: `server_uuid`. SQLite: device and inode of the data folder.
    pub server: String,
    /// PostgreSQL: OID of the database. MySQL: its name as the server writes it. SQLite: an id row kept in the file.
    pub oid: String,
    /// The configured database name.
    pub database: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (server {}, object {})",
            self.database, self.server, self.oid
        )
    }
}

/// The name of a run: `YYYYMMDD-HHMMSS-xxxx`, UTC, unique in its state folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// Accepts only what can be a folder name of ours.
    pub fn parse(text: &str) -> Result<Self, String> {
        let good = (4..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !text.starts_with('-');
        if good {
            Ok(Self(text.to_string()))
        } else {
            Err(
                "a run id has 4 to 40 letters, digits and dashes (see `omup runs list`)"
                    .to_string(),
            )
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id without dashes, for names of databases and roles.
    pub fn compact(&self) -> String {
        self.0.replace('-', "_").to_lowercase()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RunId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> String {
        id.0
    }
}
