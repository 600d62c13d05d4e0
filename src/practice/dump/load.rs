//! Reads a dump into a new SQLite database, all in one transaction.

use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};

use super::read::Statements;
use super::{DumpError, LoadArguments, TOOL_VERSION};
use crate::practice::folder::PracticeFolder;

/// Loads a dump into a new file; a refused or failed dump leaves no file behind.
///
/// # Errors
/// When the file exists, the dump lacks its header or trailer, or a statement fails.
pub async fn load(arguments: LoadArguments) -> Result<(), DumpError> {
    let Some(database) = arguments.database.filter(|_| !arguments.tool_version) else {
        return writeln!(std::io::stdout(), "{TOOL_VERSION}").map_err(DumpError::Write);
    };
    PracticeFolder::holding(&database)?;
    // An empty file is an empty database: it may have been created before.
    if std::fs::metadata(&database).is_ok_and(|meta| meta.len() > 0) {
        return Err(DumpError::Exists(database));
    }
    let outcome = match arguments.from {
        None => load_into(&database, std::io::stdin().lock()).await,
        Some(path) => {
            let file = File::open(&path).map_err(DumpError::Input)?;
            load_into(&database, BufReader::new(file)).await
        }
    };
    if outcome.is_err() {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let mut name = database.clone().into_os_string();
            name.push(suffix);
            // Only what this call made; it may not have come so far.
            let _ = std::fs::remove_file(name);
        }
    }
    outcome
}

/// Loads a dump into a file that does not exist yet; what was written before a failure stays.
pub(super) async fn load_into(database: &Path, input: impl BufRead) -> Result<(), DumpError> {
    let mut statements = Statements::of(input)?;
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true)
        // Nobody else knows this file yet; WAL is set at the end.
        .pragma("synchronous", "OFF")
        .foreign_keys(false)
        .disable_statement_logging();
    let mut link = options.connect().await.map_err(|reason| DumpError::Open {
        path: database.to_owned(),
        reason,
    })?;
    run(&mut link, 0, "BEGIN".to_owned()).await?;
    let mut number = 0;
    while let Some(statement) = statements.following()? {
        number += 1;
        run(&mut link, number, statement).await?;
    }
    for sql in ["COMMIT", "PRAGMA journal_mode = WAL"] {
        let done = sqlx::raw_sql(sql).execute(&mut link).await;
        done.map_err(DumpError::Finish)?;
    }
    link.close().await.map_err(DumpError::Finish)?;
    let file = File::open(database).map_err(DumpError::Input)?;
    file.sync_all().map_err(DumpError::Input)
}

async fn run(link: &mut SqliteConnection, number: usize, sql: String) -> Result<(), DumpError> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(link).await;
    done.map(|_| ())
        .map_err(|reason| DumpError::Statement { number, reason })
}
