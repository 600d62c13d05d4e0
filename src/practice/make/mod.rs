//! Makes a practice deployment: a folder with the marker, two installations and a database shaped
//! like OpenMetadata's at 1.10.7.
//!
//! Knows nothing of upgrades; 1.12.4 lies beside it, as an operator would have unpacked it.

pub mod arguments;
mod documents;
mod engines;
mod entities;
mod files;
mod happenings;
mod install;
mod load;
mod made;
mod relations;
mod rows;
mod schema;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use arguments::{Engine, MakeOptions, Owner, Server};
pub use files::{NEW_VERSION, OLD_VERSION};
pub use made::{DatabaseMade, Made};

use super::connection::{Dialect, Session, SqlError};
use super::folder::MARKER;
use super::jdbc::{JdbcUrl, Target};
use super::migrations::{self, MigrationFilesError};

/// The watchdog's script below the practice folder: `start` and `stop`.
pub const WATCHDOG: &str = "watchdog.sh";

/// The token that the practice server accepts.
pub const TOKEN: &str = "practice-token";

#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    #[error("refused to make a practice deployment in {0}: the folder is not empty")]
    FolderNotEmpty(PathBuf),
    #[error(
        "refused to fill the database {database}: it already holds {tables} tables; make an \
         empty one for practice"
    )]
    DatabaseNotEmpty { database: String, tables: String },
    #[error("failed to prepare {path}: {reason}")]
    Folder {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error(transparent)]
    Install(#[from] install::InstallError),
    #[error("failed to connect to the practice database: {0}")]
    Connect(SqlError),
    #[error("failed to fill the practice database, at {place}: {reason}")]
    Database { place: String, reason: SqlError },
    #[error(transparent)]
    Migrations(#[from] MigrationFilesError),
}

/// Makes a practice deployment.
///
/// # Errors
/// When the folder or the database is not empty, or something cannot be written. What was made
/// until then stays.
pub async fn make(options: MakeOptions) -> Result<Made, MakeError> {
    let folder = prepare_folder(&options.folder)?;
    let (url, user, password) = address(&options.engine, &folder);
    let dialect = url.target.dialect();
    let mut session = Session::open(&url, &user, &password)
        .await
        .map_err(MakeError::Connect)?;
    refuse_tables(&mut session, &options.engine).await?;

    install::install(&options, &folder, dialect)?;
    let old_home = install::home(&folder, OLD_VERSION);
    let new_home = install::home(&folder, NEW_VERSION);

    let world = world::World {
        seed: options.seed,
        size: options.size,
        longest_query: options.longest_query,
    };
    let pgcrypto = schema::create(&mut session, &world, &old_home).await?;
    let mut row_counts = BTreeMap::new();
    for filling in rows::fillings() {
        let count = load::fill(&mut session, &world, &filling)
            .await
            .map_err(|reason| MakeError::Database {
                place: format!("the rows of {}", filling.table),
                reason,
            })?;
        row_counts.insert(filling.table.to_owned(), count);
    }
    let commit = session.execute("COMMIT").await;
    commit.map_err(at_database("COMMIT"))?;
    match dialect {
        Dialect::Postgres => {
            let analyze = session.execute("ANALYZE").await;
            analyze.map_err(at_database("ANALYZE"))?;
        }
        // SQLite's would leave tables of its own behind, which OpenMetadata never made; MySQL does it
        // by itself.
        Dialect::Sqlite | Dialect::Mysql => {}
    }
    session
        .close()
        .await
        .map_err(at_database("saying goodbye"))?;

    let native =
        |home: &Path| migrations::native(&home.join("bootstrap/sql/migrations/native"), dialect);
    let had = native(&old_home)?.len();
    let pending = native(&new_home)?
        .split_off(had)
        .iter()
        .map(|migration| migration.version.to_string())
        .collect();
    let (database_file, database) = match url.target {
        Target::Sqlite { file } => (
            Some(file),
            DatabaseMade {
                host: folder.join("data").to_string_lossy().into_owned(),
                port: 0,
                name: "openmetadata_db".to_owned(),
                user,
            },
        ),
        Target::Postgres {
            host,
            port,
            database: name,
        }
        | Target::Mysql {
            host,
            port,
            database: name,
        } => (
            None,
            DatabaseMade {
                host,
                port,
                name,
                user,
            },
        ),
    };
    Ok(Made {
        engine: dialect.folder(),
        old_version: OLD_VERSION,
        new_version: NEW_VERSION,
        old_home,
        new_home,
        database_file,
        database,
        server_port: options.server_port,
        admin_port: options.admin_port,
        token: TOKEN,
        owner: options.owner,
        service_folder: match options.owner {
            Owner::PidFile | Owner::Watchdog => None,
            Owner::Supervisor => Some(folder.join("service/openmetadata")),
        },
        faults_file: folder.join("faults.toml"),
        seed: options.seed,
        pending,
        pgcrypto,
        total_rows: row_counts.values().sum(),
        row_counts,
        folder,
    })
}

fn prepare_folder(folder: &Path) -> Result<PathBuf, MakeError> {
    let failed = |reason| MakeError::Folder {
        path: folder.to_owned(),
        reason,
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let folder_path = std::fs::canonicalize(folder).map_err(failed)?;
    if std::fs::read_dir(&folder_path)
        .map_err(failed)?
        .next()
        .is_some()
    {
        return Err(MakeError::FolderNotEmpty(folder_path));
    }
    let marker = "This folder is a practice deployment made by omup. Nothing in it is real.\n";
    std::fs::write(folder_path.join(MARKER), marker).map_err(failed)?;
    Ok(folder_path)
}

fn address(engine: &Engine, folder: &Path) -> (JdbcUrl, String, String) {
    let (target, user, password) = match engine {
        Engine::Sqlite => (
            Target::Sqlite {
                file: folder.join("data/openmetadata_db.db"),
            },
            "openmetadata_user".to_owned(),
            String::new(),
        ),
        Engine::Postgres(server) => (
            Target::Postgres {
                host: server.host.clone(),
                port: server.port,
                database: server.database.clone(),
            },
            server.user.clone(),
            server.password.clone(),
        ),
        Engine::Mysql(server) => (
            Target::Mysql {
                host: server.host.clone(),
                port: server.port,
                database: server.database.clone(),
            },
            server.user.clone(),
            server.password.clone(),
        ),
    };
    if let Target::Sqlite { file } = &target {
        // An empty file is an empty SQLite database; a failure shows when it is opened.
        let _ = install::write_bytes(file, b"", 0o600);
    }
    (JdbcUrl::bare(target), user, password)
}

async fn refuse_tables(session: &mut Session, engine: &Engine) -> Result<(), MakeError> {
    let (count, database) = match engine {
        Engine::Sqlite => return Ok(()),
        Engine::Postgres(server) => (
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') \
             AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'",
            &server.database,
        ),
        Engine::Mysql(server) => (
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = database()",
            &server.database,
        ),
    };
    let tables = session
        .value(count)
        .await
        .map_err(at_database("looking for tables"))?
        .unwrap_or_default();
    if tables == "0" {
        Ok(())
    } else {
        Err(MakeError::DatabaseNotEmpty {
            database: database.clone(),
            tables,
        })
    }
}

fn at_database(place: &str) -> impl FnOnce(SqlError) -> MakeError {
    let place = place.to_owned();
    move |reason| MakeError::Database { place, reason }
}
