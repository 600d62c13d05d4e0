//! The locks of a run on this host: one on its folder, one on the database it works on.
//!
//! Both are `flock`s: the kernel gives them up the moment that the holder dies, so no stale lock
//! ever has to be deleted by hand. The lock on the database's own server is a third one
//! (`database::Admin::lock`).

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::names::RunId;

/// Who holds a lock; written into the lock file by the holder, for others to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub run: RunId,
    pub pid: u32,
    pub host: String,
    pub user: String,
    /// RFC 3339, UTC.
    pub since: String,
}

/// A held lock; given up when dropped.
#[derive(Debug)]
pub struct Lease {
    _file: File,
}

/// Why a lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Somebody else has it. `None`: it has not written its name yet.
    #[error("it is held by another process")]
    Held(Option<Holder>),
    #[error("cannot lock {path}: {source}", path = .path.display())]
    Io {
        path: std::path::PathBuf,
        source: std::io::Error,
    },
}

impl Lease {
    /// Takes the lock without waiting.
    pub fn take(path: &Path, holder: &Holder) -> Result<Self, LeaseError> {
        let io = |source| LeaseError::Io {
            path: path.to_path_buf(),
            source,
        };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32)
            .open(path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LeaseError::Held(read_holder(&mut file))),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        file.set_len(0).map_err(io)?;
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        serde_json::to_writer(&file, holder).map_err(|e| io(std::io::Error::other(e)))?;
        file.flush().map_err(io)?;
        Ok(Self { _file: file })
    }

    /// Who holds this lock now; `None` when nobody does.
    pub fn holder(path: &Path) -> Option<Option<Holder>> {
        let mut file = File::options().read(true).write(true).open(path).ok()?;
        match file.try_lock_shared() {
            Ok(()) => None,
            Err(TryLockError::WouldBlock) => Some(read_holder(&mut file)),
            Err(TryLockError::Error(_)) => None,
        }
    }
}

fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(4096).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
