//! The database behind OpenMetadata: one trait for looking, one for acting.
//!
//! A [`Database`] cannot write: the survey and a dry run get nothing else. An [`Admin`] adds what
//! backup, proof, settings and restore need. Neither knows steps, screens or the journal.

pub mod entity_tables;
mod fitted_restore;
mod mysql;
mod orphans;
mod params;
mod password_file;
mod postgres;
pub mod quoting;
pub mod row_sql;
mod sqlite;
mod text_rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::backup::{DatabaseShape, ReadLocked};
use crate::domain::clean_text::CleanText;
use crate::domain::content::Content;
use crate::domain::instance::RowsFound;
use crate::domain::lock_holder::LockHolder;
use crate::domain::migration::History;
use crate::domain::names::{Engine, Identity};
use crate::domain::row_question::{Patience, RowQuestion};
use crate::domain::secret::Secret;
use crate::domain::sql_ground::{SqlGround, SqlQuestion};
use crate::domain::survey::{ConnectionFacts, DatabaseFacts, Session};
use crate::process::{Place, ToolCommand};

pub use fitted_restore::FittedRestore;

/// What can go wrong with a database, sorted by what the operator can do about it.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Nobody answers there.
    #[error("cannot reach {engine} at {address}: {reason}", engine = .engine.title())]
    Unreachable {
        engine: Engine,
        address: String,
        reason: CleanText,
    },
    /// It answers and does not let us in.
    #[error("{address} refuses user '{user}': {reason}")]
    Refused {
        address: String,
        user: CleanText,
        reason: CleanText,
    },
    /// There is no such database on that server.
    #[error("there is no database '{database}' at {address}")]
    NoSuchDatabase {
        address: String,
        database: CleanText,
    },
    /// The connection was lost while something ran.
    #[error("lost the connection while {doing}: {reason}")]
    Lost { doing: String, reason: CleanText },
    /// The server refused a statement.
    #[error("{doing} was refused: {reason}")]
    Statement { doing: String, reason: CleanText },
    /// Another run holds the lock; `holder` is how it calls itself.
    #[error("another run holds this database: {holder}")]
    Locked { holder: CleanText },
    /// What was found is not what was expected.
    #[error("{0}")]
    Unexpected(CleanText),
    /// The state folder does not take the file from which client tools read the password.
    #[error("cannot write the password file {path}: {reason}", path = .path.display())]
    PasswordFile {
        path: std::path::PathBuf,
        reason: CleanText,
    },
    /// A client tool could not be used.
    #[error(transparent)]
    Tool(#[from] crate::process::ProcessError),
}

pub type Result<T> = std::result::Result<T, DatabaseError>;

/// Looking at a database. No method of this trait changes anything in it.
#[async_trait]
pub trait Database: Send + Sync {
    fn engine(&self) -> Engine;
    /// The configured database name.
    fn name(&self) -> &str;
    /// The very server and database behind this connection, asked anew at each call.
    async fn identity(&self) -> Result<Identity>;
    async fn facts(&self) -> Result<DatabaseFacts>;
    async fn history(&self) -> Result<History>;
    /// What pending statements ask of this database; nothing of them is run.
    async fn sql_ground(&self, question: &SqlQuestion) -> Result<SqlGround>;
    /// Version text to number of recorded statements; cheap, for progress.
    async fn recorded_statements(&self) -> Result<BTreeMap<String, u64>>;
    /// Every other session in this database (SQLite: every other process that has the file open).
    async fn sessions(&self) -> Result<Vec<Session>>;
    /// Who holds locks on tables of this database, or on what a session of our migration waits for;
    /// omup and its migration left out. What may not be seen is an error with the missing right.
    async fn lock_holders(&self) -> Result<Vec<LockHolder>>;
    /// Entity table to number of rows by the engine's statistics; an estimate, cheap.
    async fn estimated_rows(&self) -> Result<BTreeMap<String, u64>>;
    /// Exact rows of the main entity tables that exist.
    async fn entity_counts(&self) -> Result<BTreeMap<String, u64>>;
    /// Entity type to the number of relations whose end of that type is gone, for every type whose
    /// table is there. Reads whole tables.
    async fn orphans(&self) -> Result<BTreeMap<String, u64>>;
    /// The rows that a question is about, counted up to [`RowsFound::ENOUGH`].
    async fn rows_matching(&self, question: &RowQuestion, patience: Patience) -> Result<RowsFound>;
    /// Rows whose `updatedAt` or `timestamp` lies at or after this time (Unix ms of the server's
    /// clock), over all tables that have such a column.
    async fn writes_since(&self, epoch_ms: i64) -> Result<u64>;
    /// A number that grows with every row that anybody writes into this database's own tables, as the server counts
    /// them; `None` where it does not, or does not let us see it. Only two of them tell something: written rows may be
    /// counted seconds late.
    async fn rows_written(&self) -> Option<u64>;
    /// Milliseconds since 1970 by the server's clock.
    async fn now_ms(&self) -> Result<i64>;
    /// A consistent view that a dump can share and that is digested in the same moment.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>>;
    /// The same under a short lock that keeps writers away until the dump has begun, where the dump tool
    /// cannot share a view: by choice only. An engine whose tool shares it needs no lock.
    async fn locked_snapshot(&self) -> Result<Box<dyn Snapshot>> {
        self.snapshot().await
    }
    /// The dump tool that writes this snapshot's whole database to its standard output.
    fn dump_tool(&self, snapshot: &str) -> ToolCommand;
    /// A tool that reads an archive from standard input to its end and fails if it is not whole;
    /// `None` where the engine has none and [`Database::scan`] reads the dump instead.
    fn check_tool(&self) -> Option<ToolCommand>;
    /// Our own reader of a plain dump, where the engine has no tool that could check one.
    fn scan(&self) -> Option<Box<dyn ArchiveScan>> {
        None
    }
    /// A tool that prints the archive's table of contents, archive on standard input; `None`
    /// where [`Database::tables_in_archive`] finds it in the dump itself.
    fn list_tool(&self) -> Option<ToolCommand>;
    /// Names of tables with data out of the list tool's output (or out of the dump's text).
    fn tables_in_archive(&self, listing: &str) -> Vec<String>;
    /// Prints the version line of the dump tool.
    fn version_tool(&self) -> ToolCommand;
    /// Prints the version line of the restore tool; `None` where one program does both.
    fn restore_version_tool(&self) -> Option<ToolCommand>;
    /// File name of an archive before compression, `database.pgdump`.
    fn archive_name(&self) -> &'static str;
    /// Bytes of the archive per byte of the database, for the estimate; a rough figure.
    fn archive_share(&self) -> f64;
    /// Trailing bytes that a complete plain dump must contain; `None` where the archive format
    /// itself or the scan tells.
    fn trailer(&self) -> Option<&'static str>;
    /// The same kind of handle for another database on the same server.
    async fn sibling(&self, database: &str) -> Result<Arc<dyn Database>>;
    /// True when a database of this name exists on the server.
    async fn exists(&self, database: &str) -> Result<bool>;
    /// Names of the databases on the server.
    async fn databases(&self) -> Result<Vec<String>>;
    /// Sort memory in bytes that a fresh connection opened with these extra parameters sees.
    async fn sort_memory_with(&self, params: Option<&str>) -> Result<Option<u64>>;
    /// Shell lines that restore a stored (compressed) archive into a new database by hand, without
    /// omup; for `way-back.md`. They hold no password.
    fn restore_by_hand(
        &self,
        stored: &std::path::Path,
        database: &str,
        shape: &DatabaseShape,
    ) -> Vec<String>;
    /// What to add to `DB_PARAMS` so that the migration's own connection gets this sort memory
    /// (bytes) and shows itself under this application name.
    fn migration_params(&self, params: &str, application: &str, sort_memory: Option<u64>)
    -> String;
}

/// Told how far a digest is: tables done, tables in all, the table that comes now.
pub type Progress<'a> = dyn Fn(usize, usize, &str) + Send + Sync + 'a;

/// One consistent view of a database, alive as long as this value.
#[async_trait]
pub trait Snapshot: Send {
    /// What the dump tool is given to share the view (PostgreSQL: `pg_export_snapshot`).
    fn id(&self) -> &str;
    /// WAL position or the like at the view.
    fn position(&self) -> Option<String>;
    /// Unix ms of the server's clock at the view.
    fn taken_ms(&self) -> i64;
    /// Names of the tables in it, `schema.table` where the schema is not the default one.
    async fn tables(&mut self) -> Result<Vec<String>>;
    /// Told once the dump's output shows that the tool's own view is open: for an engine whose dump
    /// tool cannot share this one.
    async fn dump_began(&mut self) -> Result<()> {
        Ok(())
    }
    /// What became of the lock of [`Database::locked_snapshot`]; `None` where none was asked for or needed.
    fn read_locked(&self) -> Option<ReadLocked> {
        None
    }
    /// Everything, digested; `step` is told (tables done, tables in all, table now).
    async fn content(&mut self, step: &Progress<'_>) -> Result<Content>;
    async fn shape(&mut self) -> Result<DatabaseShape>;
    async fn close(self: Box<Self>) -> Result<()>;
}

/// Reads a plain dump block by block as it streams by; see [`Database::scan`].
pub trait ArchiveScan: Send {
    fn push(&mut self, block: &[u8]);
    fn finish(self: Box<Self>) -> Scanned;
}

/// What an [`ArchiveScan`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Names of the tables in the dump, sorted.
    pub tables: Vec<String>,
    /// Every reason why it is no dump that may be restored.
    pub problems: Vec<CleanText>,
}

/// Acting on a server. Only steps that the plan names get one.
#[async_trait]
pub trait Admin: Send + Sync {
    /// The handle that only looks.
    fn looking(&self) -> &dyn Database;
    /// Creates an empty database of the given shape; fails if it exists.
    async fn create(&self, database: &str, shape: &DatabaseShape) -> Result<()>;
    /// Gives a restored database the comment, ACL, role settings and owner of the shape. What this
    /// user has no right to is given back as statements, ready for someone who has it; empty = all done.
    async fn finish_shape(&self, database: &str, shape: &DatabaseShape) -> Result<Vec<String>>;
    /// Drops a database that omup made; refuses any name that [`is_ours`] does not know and that does
    /// not bear the mark of [`Admin::restored_as`]. Ends its sessions first. It is no error if it does not exist.
    async fn drop_ours(&self, database: &str) -> Result<()>;
    /// The name under which a database is restored that shall serve as `serving` in the end: `spare`,
    /// a name that omup may drop, where the engine can rename databases; `serving` itself where it
    /// cannot, with a mark in it that says it is unfinished.
    fn restored_as(&self, spare: &str, serving: &str) -> String {
        let _ = serving;
        spare.to_string()
    }
    /// Gives a database that omup made a name of its own, under which omup will never drop it.
    /// Fails if the new name exists. Ends its sessions first. The same name twice takes the mark of
    /// [`Admin::restored_as`] away.
    async fn rename_ours(&self, database: &str, name: &str) -> Result<()>;
    /// The tool that restores an archive (path given, uncompressed) into this database.
    fn restore_tool(&self, database: &str, archive: &std::path::Path, jobs: u32) -> ToolCommand;
    /// The same, fitted to what this user may do: what only a superuser can make is left out of an
    /// archive that lies there already, and told, instead of failing at it half way.
    async fn fitted_restore(
        &self,
        database: &str,
        archive: &std::path::Path,
        jobs: u32,
        place: Place,
    ) -> Result<FittedRestore> {
        let _ = place;
        Ok(FittedRestore::whole(
            self.restore_tool(database, archive, jobs),
        ))
    }
    /// The sort memory that new sessions get by a standing setting, as the engine writes it
    /// (PostgreSQL: of the role in this database, `20MB`; MySQL: of the whole server, bytes);
    /// `None` where nobody set it.
    async fn standing_sort_memory(&self) -> Result<Option<String>>;
    /// Sets it (`Some`) or resets it (`None`).
    async fn set_standing_sort_memory(&self, value: Option<&str>) -> Result<()>;
    /// Takes the server-wide lock on this database name without waiting; it lives as long as the
    /// returned value. `note` (at most 40 bytes are shown) tells others who holds it.
    async fn lock(&self, note: &str) -> Result<Box<dyn Lock>>;
    /// Ends these sessions; only for sessions that the operator or a way back named.
    async fn end_sessions(&self, pids: &[i64]) -> Result<()>;
    /// Ends the session of somebody who holds locks, if it is still the very one and still holds some;
    /// only when the operator named it. False when it is gone already.
    async fn end_lock_holder(&self, holder: &LockHolder) -> Result<bool>;
}

/// A held lock on a database name.
#[async_trait]
pub trait Lock: Send {
    /// True while the server still holds it for us; asked anew.
    async fn held(&mut self) -> bool;
    async fn release(self: Box<Self>);
}

/// Prefix of every database that omup makes on a server.
pub const OUR_PREFIX: &str = "omup_";

/// Between the plain name of a database and the run that restored it.
const BACK: &str = "_back_";

/// What the names of all restored databases of this one begin with: letters that need no quotes anywhere, and short
/// enough for the run's name behind it (63 bytes on PostgreSQL). The database of an earlier way back gets no second
/// suffix.
pub fn back_prefix(configured: &str) -> String {
    let plain = configured
        .split_once(BACK)
        .map_or(configured, |(plain, _)| plain);
    let base: String = plain
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .take(36)
        .collect();
    format!("{base}{BACK}")
}

/// True for names of databases that omup makes: scratch copies and restored ones.
pub fn is_ours(database: &str) -> bool {
    database.starts_with(OUR_PREFIX)
}

/// How to reach a database: facts from the deployment and the password.
#[derive(Debug, Clone)]
pub struct Target {
    pub facts: ConnectionFacts,
    pub password: Option<Secret>,
    /// Shown to the server as application name, such as `omup 20261121-0544`.
    pub application: String,
    /// A 0700 folder for password files that client tools read.
    pub private_folder: std::path::PathBuf,
}

/// A handle that only looks, at a database that is there.
///
/// # Errors
/// Unreachable, refused, no such database.
pub async fn connect(target: Target) -> Result<Arc<dyn Database>> {
    match target.facts.engine {
        Engine::Postgres => Ok(Arc::new(postgres::Postgres::connect(target).await?)),
        Engine::Mysql => Ok(Arc::new(mysql::Mysql::connect(target).await?)),
        Engine::Sqlite => Ok(Arc::new(sqlite::Sqlite::connect(target).await?)),
    }
}

/// A handle that acts on the server; the database itself may not exist (any more).
///
/// # Errors
/// Unreachable, refused.
pub async fn admin(target: Target) -> Result<Arc<dyn Admin>> {
    match target.facts.engine {
        Engine::Postgres => Ok(Arc::new(postgres::Postgres::administer(target).await?)),
        Engine::Mysql => Ok(Arc::new(mysql::Mysql::administer(target).await?)),
        Engine::Sqlite => Ok(Arc::new(sqlite::Sqlite::administer(target)?)),
    }
}
