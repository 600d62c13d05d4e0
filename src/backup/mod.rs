//! Backups: take (dump, compress, hash, store), verify, prove, restore.
//!
//! Knows databases and processes; not steps, screens or the journal. A backup is a folder whose
//! `manifest.json` is written last: its presence says that the backup is complete.

mod check;
pub mod compare;
mod config_copy;
mod error;
mod listing;
pub mod manifest;
mod pipeline;
mod progress;
pub mod prove;
mod read_back;
pub mod restore;
pub mod space;
mod stages;
pub mod store;
mod stored_damage;
mod tail;
pub mod take;
mod unpack;
pub mod verify;

#[cfg(test)]
mod tests;

pub use compare::{compare, require_same};
pub use error::{BackupError, Damage, During, Result, Stage, StageFailure};
pub use manifest::{read_certificate, read_manifest, read_recorded, stands};
pub use progress::{Phase, Progress, Tell};
pub use prove::{ProveRequest, Proved, prove};
pub use restore::{Leftover, RestoreRequest, Restored, restore};
pub use take::{TakeRequest, Taken, take};
pub use verify::{Verified, verify, verify_read};

use std::time::Duration;

/// How long nothing may move before a dump is ended; a table lock of somebody else counts too.
pub const STALL_LIMIT: Duration = Duration::from_secs(300);

/// The page with the way back by hand, which may stand beside a backup and is no part of it.
pub const WAY_BACK: &str = "way-back.md";

/// Bytes as lower-case hex.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// SHA-256 of some bytes, hex.
fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(bytes))
}

/// The time now as RFC 3339 in UTC, whole seconds.
fn now_text() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}
