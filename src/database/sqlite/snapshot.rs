//! A consistent view of a practice database: a copy beside it, made by `VACUUM INTO`.
//!
//! SQLite cannot hand a read transaction to another process, so the dump tool and the digests both
//! read the copy, and the practice server goes on writing meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::facts::{columns, shape, tables};
use super::file::{open, refused, rows, text};
use super::now_ms;
use crate::database::quoting::{identifier, literal};
use crate::database::{Progress, Result, Snapshot};
use crate::domain::backup::DatabaseShape;
use crate::domain::content::{Content, DigestMethod, TableDigest};

const PREFIX: &str = ".omup-snapshot-";

/// Rows fetched at a time.
const BATCH: usize = 500;

/// The copy; removed when closed or dropped.
pub struct SqliteSnapshot {
    session: SqliteConnection,
    copy: Copy,
    taken_ms: i64,
}

struct Copy {
    path: PathBuf,
    shown: String,
}

impl Drop for Copy {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            // Nobody is left to tell; the next snapshot sweeps it away.
            let _ = std::fs::remove_file(name);
        }
    }
}

impl SqliteSnapshot {
    /// Copies the database as of now.
    pub async fn take(file: &std::path::Path) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = file.parent().unwrap_or(std::path::Path::new("/"));
        sweep(folder);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{PREFIX}{}-{number}.db", std::process::id()));
        let shown = path.display().to_string();
        let copy = Copy { path, shown };
        let doing = "copying the practice database";
        let from = file.to_path_buf();
        // A task of its own: whoever drops us cannot stop SQLite in the middle of its copy, and the
        // copy has to be removed after that.
        let copying = tokio::spawn(async move {
            // query_only would refuse VACUUM INTO, which writes nothing into the source.
            let mut source = open(&from, false).await?;
            let taken_ms = now_ms();
            let sql = format!("VACUUM INTO {}", literal(&copy.shown)?);
            rows(&mut source, doing, sql).await?;
            source
                .close()
                .await
                .map_err(|error| refused(doing, &error))?;
            Ok::<_, crate::database::DatabaseError>((copy, taken_ms))
        });
        let (copy, taken_ms) = copying.await.map_err(|error| {
            crate::database::DatabaseError::Unexpected(error.to_string().into())
        })??;
        let session = open(&copy.path, true).await?;
        Ok(Self {
            session,
            copy,
            taken_ms,
        })
    }

    async fn digest(&mut self, table: &str) -> Result<TableDigest> {
        let columns = columns(&mut self.session, table).await?;
        let quoted: Result<Vec<String>> = columns
            .iter()
            .map(|column| Ok(value(&identifier(column)?)))
            .collect();
        let row = quoted?.join(" || ',' || ");
        let mut sum: u128 = 0;
        let mut count: u64 = 0;
        loop {
            // The copy stands still, so pages by number of rows are the same rows each time.
            let sql = format!(
                "SELECT {row} FROM {} LIMIT {BATCH} OFFSET {count}",
                identifier(table)?
            );
            let found = rows(&mut self.session, "digesting a table", sql).await?;
            for row in &found {
                sum = sum.wrapping_add(row_hash(text(row, 0)));
            }
            count += found.len() as u64;
            if found.len() < BATCH {
                break;
            }
        }
        let digest = if count == 0 {
            "0".to_string()
        } else {
            format!("{sum:032x}")
        };
        Ok(TableDigest {
            rows: count,
            digest,
        })
    }
}

/// A column as text that says type and value; `quote()` would end at a NUL in a text.
fn value(column: &str) -> String {
    format!("CASE typeof({column}) WHEN 'text' THEN 't' || hex({column}) ELSE quote({column}) END")
}

/// First half of the SHA-256 of a row's text.
fn row_hash(row: &str) -> u128 {
    let hash = Sha256::digest(row.as_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    u128::from_be_bytes(half)
}

/// Removes copies of processes that are gone.
fn sweep(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX))
            .and_then(|rest| rest.split_once('-'))
            .and_then(|(pid, _)| pid.parse::<u32>().ok());
        if let Some(pid) = owner
            && !std::path::Path::new(&format!("/proc/{pid}")).exists()
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    fn id(&self) -> &str {
        &self.copy.shown
    }

    fn position(&self) -> Option<String> {
        None
    }

    fn taken_ms(&self) -> i64 {
        self.taken_ms
    }

    async fn tables(&mut self) -> Result<Vec<String>> {
        tables(&mut self.session).await
    }

    async fn content(&mut self, step: &Progress<'_>) -> Result<Content> {
        let found = rows(
            &mut self.session,
            "reading the schema",
            "SELECT type, name, COALESCE(sql, '') FROM sqlite_schema \
             WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name"
                .to_string(),
        )
        .await?;
        let mut objects = BTreeSet::new();
        let mut schema = Sha256::new();
        let mut schema_parts = BTreeMap::new();
        for row in &found {
            let name = format!("{} {}", text(row, 0), text(row, 1));
            let part = format!("{name}: {}\n", text(row, 2));
            schema.update(&part);
            schema_parts.insert(name.clone(), hex(&Sha256::digest(&part)));
            objects.insert(name);
        }
        let names = tables(&mut self.session).await?;
        let mut digests = BTreeMap::new();
        for (done, name) in names.iter().enumerate() {
            step(done, names.len(), name);
            digests.insert(name.clone(), self.digest(name).await?);
        }
        step(names.len(), names.len(), "");
        Ok(Content {
            method: DigestMethod::SqliteRowSum,
            objects,
            schema_sha256: hex(&schema.finalize()),
            schema_parts,
            later: Default::default(),
            sequences: sequences(&mut self.session).await?,
            grants: BTreeSet::new(),
            tables: digests,
        })
    }

    async fn shape(&mut self) -> Result<DatabaseShape> {
        Ok(shape())
    }

    async fn close(self: Box<Self>) -> Result<()> {
        let Self { session, copy, .. } = *self;
        let closed = session.close().await;
        drop(copy);
        closed.map_err(|error| refused("closing the snapshot", &error))
    }
}

/// Where AUTOINCREMENT stands.
async fn sequences(session: &mut SqliteConnection) -> Result<BTreeMap<String, String>> {
    let there = rows(
        session,
        "looking for sequences",
        "SELECT name FROM sqlite_schema WHERE name = 'sqlite_sequence'".to_string(),
    )
    .await?;
    if there.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = rows(
        session,
        "reading the sequences",
        "SELECT name, CAST(seq AS TEXT) FROM sqlite_sequence".to_string(),
    )
    .await?;
    Ok(found
        .iter()
        .map(|row| (text(row, 0).to_string(), format!("{},true", text(row, 1))))
        .collect())
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
