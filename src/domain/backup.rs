//! What is known of a backup: its manifest, how well it is proven, and the certificate of the proof.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;
use super::content::{Content, Difference};
use super::names::{Engine, Identity};
use super::version::OmVersion;

/// How well a backup is proven; each level holds what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Every stage of the pipeline ended well and the file is on disk.
    Written,
    /// The stored bytes were read back from the disk and their SHA-256 is the one written.
    Checksummed,
    /// The archive was read to its end by the database's own tool and lists every table.
    Restorable,
    /// A copy was restored elsewhere and equals the source.
    RestoredAndEqual,
}

impl Level {
    pub fn words(self) -> &'static str {
        match self {
            Level::Written => "written",
            Level::Checksummed => "checksummed",
            Level::Restorable => "restorable",
            Level::RestoredAndEqual => "restored and equal",
        }
    }
}

/// What became of a read lock around the moment in which a dump began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadLocked {
    /// Writers were held up so long, by the lock itself.
    Held { milliseconds: u64 },
    /// The dump was taken without it.
    NotPossible { why: CleanText },
}

/// One stored file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredFile {
    /// Path relative to the backup's folder; never absolute, never with `..`.
    pub path: String,
    /// Stored bytes.
    pub bytes: u64,
    /// SHA-256 of the stored bytes, hex.
    pub sha256: String,
}

/// `manifest.json` of a backup folder: written last, so its presence says that the backup ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub schema_version: u32,
    /// The run that took it.
    pub run: String,
    pub identity: Identity,
    pub engine: Engine,
    /// `server_version` of the database.
    pub server_version: String,
    /// The OpenMetadata version of the content.
    pub openmetadata: Option<OmVersion>,
    /// The dump tool's own version line.
    pub tool: String,
    /// RFC 3339, UTC.
    pub started: String,
    pub ended: String,
    /// The snapshot's moment by the database server's clock, Unix ms: writes are counted from it.
    pub taken_ms: Option<i64>,
    /// PostgreSQL: WAL position of the snapshot.
    pub position: Option<String>,
    /// Bytes of the dump before compression.
    pub raw_bytes: u64,
    pub dump: StoredFile,
    /// Configuration files of the deployment, kept below `config/`.
    pub config: Vec<ConfigCopy>,
    /// Names of the tables of the snapshot that the dump was taken in.
    pub tables: Vec<String>,
    /// The content of that snapshot, where the proof asks for it.
    pub content: Option<Content>,
    /// Owner, encoding, collation, role settings: what a restored database is given again.
    pub database: DatabaseShape,
}

/// What a new database needs to be the same as the old one from outside.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseShape {
    pub owner: String,
    pub encoding: String,
    pub collate: String,
    pub ctype: String,
    /// PostgreSQL: `c` (libc) or `i` (ICU); empty where the engine has none.
    pub locale_provider: String,
    /// `role<TAB>setting=value` (role empty = every role), as in `pg_db_role_setting`.
    pub settings: Vec<String>,
    /// The database's own ACL, one `grantee=privileges` an entry, empty when default.
    pub acl: Vec<String>,
    pub comment: Option<String>,
}

/// One configuration file in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigCopy {
    /// Where it stood.
    pub source: PathBuf,
    /// Unix mode bits (for example `0o600`).
    pub mode: u32,
    pub stored: StoredFile,
}

/// The proof of a backup, `certificate.json` beside the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    pub schema_version: u32,
    pub level: Level,
    /// SHA-256 of the manifest that it speaks of.
    pub manifest_sha256: String,
    /// In which database the copy was restored.
    pub scratch: Option<String>,
    /// How long that restore took, in seconds; the base of "going back takes about".
    pub restore_seconds: Option<f64>,
    /// RFC 3339, UTC.
    pub at: String,
    /// What differed; empty when equal.
    pub differences: Vec<Difference>,
}
