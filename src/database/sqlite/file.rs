//! The practice database's file: where it lies, how it is opened, how SQL is asked of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};

use crate::database::{DatabaseError, Result};
use crate::domain::clean_text::CleanText;
use crate::domain::names::Engine;

/// How long a busy file is waited for.
const BUSY: Duration = Duration::from_secs(20);

/// One row, every column as text; `None` is NULL. Numbers are cast in the query.
pub type TextRow = Vec<Option<String>>;

/// A folder of databases, each a file `NAME.db`.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// The file of a database.
    ///
    /// # Errors
    /// When the name cannot be a file's name here.
    pub fn file(&self, database: &str) -> Result<PathBuf> {
        let bad = database.is_empty()
            || database.starts_with('.')
            || database.len() > 200
            || database.contains(['/', '\0']);
        if bad {
            return Err(DatabaseError::Unexpected(CleanText::from(format!(
                "'{database}' cannot be the name of a practice database"
            ))));
        }
        Ok(self.0.join(format!("{database}.db")))
    }

    /// Names of the databases, sorted.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn databases(&self) -> Result<Vec<String>> {
        let entries =
            std::fs::read_dir(&self.0).map_err(|error| unreachable(&self.0, &error.to_string()))?;
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".db").map(str::to_string))
            .filter(|name| !name.starts_with('.') && !name.is_empty())
            .collect();
        names.sort();
        Ok(names)
    }
}

/// Opens a file that exists; SQLite opens lazily, so it is asked something at once.
///
/// # Errors
/// No such database, unreadable, no database at all.
pub async fn open(file: &Path, read_only: bool) -> Result<SqliteConnection> {
    if !file.exists() {
        return Err(DatabaseError::NoSuchDatabase {
            address: file
                .parent()
                .unwrap_or(Path::new("/"))
                .display()
                .to_string(),
            database: file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
                .into(),
        });
    }
    // Reading a database in WAL mode writes its `-shm` file, so "read only" is a pragma.
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .busy_timeout(BUSY)
        .foreign_keys(false)
        .pragma("query_only", if read_only { "ON" } else { "OFF" })
        .disable_statement_logging();
    let mut session = options
        .connect()
        .await
        .map_err(|error| unreachable(file, &error.to_string()))?;
    rows(
        &mut session,
        "opening the file",
        "SELECT 1 FROM sqlite_schema LIMIT 1".to_string(),
    )
    .await
    .map_err(|error| unreachable(file, &error.to_string()))?;
    Ok(session)
}

/// Runs a query whose columns are all text.
///
/// # Errors
/// The engine's words; `doing` names the query in them.
pub async fn rows(
    session: &mut SqliteConnection,
    doing: &str,
    sql: String,
) -> Result<Vec<TextRow>> {
    let found = sqlx::query(AssertSqlSafe(sql))
        .fetch_all(session)
        .await
        .map_err(|error| refused(doing, &error))?;
    found
        .iter()
        .map(|row| {
            (0..row.len())
                .map(|at| row.try_get_unchecked::<Option<String>, _>(at))
                .collect::<std::result::Result<TextRow, sqlx::Error>>()
        })
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| refused(doing, &error))
}

/// The text in a column; empty for NULL.
pub fn text(row: &TextRow, column: usize) -> &str {
    row.get(column).and_then(Option::as_deref).unwrap_or("")
}

/// The number in a column.
///
/// # Errors
/// When it is none.
pub fn number<N: std::str::FromStr>(row: &TextRow, column: usize) -> Result<N> {
    text(row, column).parse().map_err(|_| {
        DatabaseError::Unexpected(CleanText::from(format!(
            "expected a number in the practice database and found '{}'",
            text(row, column)
        )))
    })
}

pub fn refused(doing: &str, error: &sqlx::Error) -> DatabaseError {
    DatabaseError::Statement {
        doing: doing.to_string(),
        reason: error.to_string().into(),
    }
}

pub fn unreachable(path: &Path, reason: &str) -> DatabaseError {
    DatabaseError::Unreachable {
        engine: Engine::Sqlite,
        address: path.display().to_string(),
        reason: reason.into(),
    }
}
