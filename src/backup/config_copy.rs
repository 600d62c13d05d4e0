//! Copies of the deployment's configuration files: part of the backup and of its manifest.

use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::{BackupError, Result};
use super::{pipeline, read_back, sha256_hex};
use crate::domain::backup::{ConfigCopy, StoredFile};
use crate::process::effect::hit;
use crate::process::private_file;

/// Folder of the copies within a backup.
pub(super) const FOLDER: &str = "config";
/// A configuration file larger than this is not one.
const MOST: u64 = 64 << 20;

/// Copies each file to `config/<number>-<name>`, 0600, and reads it back. The number keeps two files
/// of one name apart; where it stood and its mode are in the manifest.
pub(super) fn copy_all(sources: &[PathBuf], folder: &Path) -> Result<Vec<ConfigCopy>> {
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    let below = folder.join(FOLDER);
    hit("config folder: before");
    private_file::create_folder(&below)
        .map_err(|error| BackupError::storage("create", &below, &error))?;
    hit("config folder: after");
    let mut copies = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        copies.push(copy(number + 1, source, folder)?);
    }
    for dir in [&below, folder] {
        private_file::fsync_dir(dir)
            .map_err(|error| BackupError::storage("make durable", dir, &error))?;
    }
    Ok(copies)
}

fn copy(number: usize, source: &Path, folder: &Path) -> Result<ConfigCopy> {
    let (bytes, mode) =
        read(source).map_err(|error| BackupError::storage("read", source, &error))?;
    let path = format!("{FOLDER}/{number:03}-{}", plain_name(source));
    let target = folder.join(&path);
    hit("config copy: before");
    write(&target, &bytes).map_err(|error| BackupError::storage("write", &target, &error))?;
    hit("config copy: after");
    Ok(ConfigCopy {
        source: source.to_path_buf(),
        mode,
        stored: StoredFile {
            path,
            bytes: bytes.len() as u64,
            sha256: sha256_hex(&bytes),
        },
    })
}

/// The bytes and the mode bits. Links are followed: mounted configuration is full of them.
fn read(source: &Path) -> std::io::Result<(Vec<u8>, u32)> {
    if source.to_str().is_none() {
        return Err(std::io::Error::other("its name is not valid UTF-8"));
    }
    let real = std::fs::canonicalize(source)?;
    let file = read_back::open(&real)?;
    let mode = file.metadata()?.mode() & 0o7777;
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(std::io::Error::other(format!(
            "it is larger than {MOST} bytes"
        )));
    }
    Ok((bytes, mode))
}

fn write(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = private_file::create_new(target)?;
    file.write_all(bytes)?;
    pipeline::durable(&file)?;
    if std::fs::read(target)? != bytes {
        return Err(std::io::Error::other(
            "the bytes read back from the disk are not those that were written",
        ));
    }
    Ok(())
}

/// The file's name in letters that need no quoting anywhere.
fn plain_name(source: &Path) -> String {
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.chars()
        .take(80)
        .map(|c| if plain(c) { c } else { '_' })
        .collect()
}
