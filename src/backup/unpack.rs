//! The archive as a plain file: a parallel restore has to jump in it, so a pipe will not do.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::{BackupError, Result};
use super::manifest::read_manifest;
use super::progress::{Phase, Tell};
use super::space;
use super::verify::{Verified, read_whole};
use crate::process::effect::hit;
use crate::process::private_file;

/// An unpacked archive; the file is removed when this value is dropped.
#[derive(Debug)]
pub(super) struct Unpacked {
    pub(super) path: PathBuf,
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        // What stays behind is found by its fixed name and removed by the next attempt.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Verifies the whole backup and unpacks its dump into `<work>/<name>`, 0600, in one pass. What an
/// interrupted attempt left under that name is replaced. Damage removes the file again.
pub(super) async fn verify_and_unpack(
    folder: &Path,
    work: &Path,
    name: &str,
    tell: Tell<'_>,
) -> Result<(Verified, Unpacked)> {
    let read = read_manifest(folder)?;
    private_file::ensure_folder(work)
        .map_err(|error| BackupError::storage("create", work, &error))?;
    let path = work.join(name);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(BackupError::storage("remove", &path, &error));
        }
        Ok(()) | Err(_) => {}
    }
    let free = space::free_bytes(work)
        .map_err(|error| BackupError::storage("ask for free space in", work, &error))?;
    space::unpack_fits(read.manifest.raw_bytes, free, work).map_err(BackupError::NoRoom)?;

    hit("unpack: before");
    let mut out = private_file::create_new(&path)
        .map_err(|error| BackupError::storage("create", &path, &error))?;
    let unpacked = Unpacked { path };
    let most = read.manifest.raw_bytes;
    let mut written = 0;
    let sink = move |block: &[u8]| {
        // A stream that was made to unpack without end must not fill the disk; the pass names it.
        written += block.len() as u64;
        if written > most {
            return Ok(());
        }
        out.write_all(block)
    };
    let verified = read_whole(folder, read, Phase::Unpack, Box::new(sink), tell)
        .await?
        .map_err(|failed| BackupError::storage("unpack to", &unpacked.path, &failed.0))?;
    hit("unpack: after");
    Ok((verified, unpacked))
}
