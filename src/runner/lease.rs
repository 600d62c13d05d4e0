//! The locks of a run on this host: one on its folder, one on the database it works on.
//!
//! Both are `flock`s: the kernel gives them up the moment that the holder dies, so no stale lock
//! ever has to be deleted by hand. The lock on the database's own server is a third one
//! (`database::Admin::lock`).

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

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
    /// Takes the lock without waiting for a holder. Who only looks at it ([`Lease::holder`]) holds it shared for an
    /// instant and is no holder: it is tried for a tenth of a second.
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
        match patiently(|| file.try_lock()) {
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

/// Ten tries, until nobody is in the way.
fn patiently(mut take: impl FnMut() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    for _ in 1..10 {
        match take() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            other => return other,
        }
    }
    take()
}

fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(4096).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(run: &str) -> Holder {
        Holder {
            run: RunId::parse(run).expect("an id"),
            pid: 7,
            host: "h".into(),
            user: "u".into(),
            since: "2026-01-01T00:00:00Z".into(),
        }
    }

    #[test]
    fn who_looks_for_an_instant_is_no_holder() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let dead = holder("20260101-000000-dead");
        drop(Lease::take(&path, &dead).expect("free"));
        let mut looker = Some(File::open(&path).expect("the lock"));
        looker
            .iter()
            .for_each(|file| file.lock_shared().expect("shared"));
        let file = File::open(&path).expect("the lock");
        let mut tries = 0;
        let taken = patiently(|| {
            tries += 1;
            looker.take_if(|_| tries == 4);
            file.try_lock()
        });
        assert!(taken.is_ok() && tries == 4, "{taken:?} after {tries} tries");
    }

    #[test]
    fn a_holder_is_named_and_keeps_the_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let first = holder("20260101-000001-beef");
        let taken = Lease::take(&path, &first).expect("free");
        let second = Lease::take(&path, &holder("20260101-000002-cafe")).expect_err("it is held");
        assert!(
            matches!(&second, LeaseError::Held(Some(named)) if *named == first),
            "{second}"
        );
        drop(taken);
        assert_eq!(Lease::holder(&path), None);
    }
}
