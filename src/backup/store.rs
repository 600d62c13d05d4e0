//! The folder of backups: one new folder a backup, nothing overwritten, nothing older removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{BackupError, Result};
use super::manifest::MANIFEST;
use crate::domain::names::RunId;
use crate::process::effect::hit;
use crate::process::private_file;

/// What the name of a folder without a manifest is given, so that nobody takes it for a backup.
pub const INCOMPLETE: &str = "incomplete";

/// A backup that is being written.
#[derive(Debug)]
pub(super) struct NewFolder {
    pub(super) path: PathBuf,
}

/// Makes `<dir>/<YYYYMMDDTHHMMSSZ>-<run>-<n>`, 0700, new. The number goes up until a free name is
/// found, so a clock that was set back cannot lead into an older backup.
pub(super) fn new_folder(dir: &Path, run: &RunId) -> Result<NewFolder> {
    private_file::ensure_folder(dir)
        .map_err(|error| BackupError::storage("create the folder of backups", dir, &error))?;
    let stamp = jiff::Timestamp::now()
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string();
    for number in 1..10_000 {
        let path = dir.join(format!("{stamp}-{run}-{number}"));
        hit("backup folder: before");
        match private_file::create_folder(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => {
                return Err(BackupError::storage(
                    "create the backup folder",
                    &path,
                    &error,
                ));
            }
        }
        private_file::fsync_dir(dir)
            .map_err(|error| BackupError::storage("make durable", dir, &error))?;
        hit("backup folder: after");
        return Ok(NewFolder { path });
    }
    let error = io::Error::from(io::ErrorKind::AlreadyExists);
    Err(BackupError::storage("find a free name in", dir, &error))
}

impl NewFolder {
    /// Marks the folder as torn. Best effort: without a manifest it is no backup anyway.
    pub(super) fn give_up(self) {
        let _ = mark_incomplete(&self.path);
    }
}

/// Marks what an earlier attempt of this run left without a manifest; gives the new names. Called
/// before a run takes a backup anew.
pub fn mark_torn(dir: &Path, run: &RunId) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(BackupError::storage("list", dir, &error)),
    };
    let mut marked = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| BackupError::storage("list", dir, &error))?;
        let path = entry.path();
        let ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| is_folder_of(name, run));
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if ours && is_folder && fs::symlink_metadata(path.join(MANIFEST)).is_err() {
            let new_name = mark_incomplete(&path)
                .map_err(|error| BackupError::storage("mark as incomplete", &path, &error))?;
            marked.push(new_name);
        }
    }
    Ok(marked)
}

/// `<stamp>-<run>-<n>` and nothing after it.
fn is_folder_of(name: &str, run: &RunId) -> bool {
    let Some((stamp, rest)) = name.split_once('-') else {
        return false;
    };
    let number = rest
        .strip_prefix(run.as_str())
        .and_then(|rest| rest.strip_prefix('-'));
    stamp.len() == 16
        && number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn mark_incomplete(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_os_string();
    for number in 1..10_000 {
        let mut marked = name.clone();
        marked.push(format!(".{INCOMPLETE}"));
        if number > 1 {
            marked.push(format!(".{number}"));
        }
        let marked = path.with_file_name(marked);
        // Renaming a folder onto an empty one would succeed, so look first.
        if fs::symlink_metadata(&marked).is_ok() {
            continue;
        }
        hit("mark incomplete: before");
        fs::rename(path, &marked)?;
        private_file::fsync_dir(&private_file::folder_of(path))?;
        hit("mark incomplete: after");
        return Ok(marked);
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// Every complete backup below `dir` (folders with a manifest), oldest name first.
pub fn complete_backups(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(BackupError::storage("list", dir, &error)),
    };
    for entry in entries {
        let path = entry
            .map_err(|error| BackupError::storage("list", dir, &error))?
            .path();
        if path.join(MANIFEST).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_torn_folders_are_marked() {
        let dir = tempfile::tempdir().expect("a folder");
        let dir = dir.path().join("backups");
        let run = RunId::parse("20261121-054400-abcd").expect("an id");
        let one = new_folder(&dir, &run).expect("new").path;
        let two = new_folder(&dir, &run).expect("new").path;
        assert_ne!(one, two);
        fs::write(two.join(MANIFEST), "{}").expect("written");
        let other = RunId::parse("20261121-054400-abce").expect("an id");
        let foreign = new_folder(&dir, &other).expect("new").path;
        let marked = mark_torn(&dir, &run).expect("marked");
        assert_eq!(marked.len(), 1);
        assert!(!one.exists() && two.exists() && foreign.exists());
        assert!(marked[0].to_string_lossy().ends_with("-1.incomplete"));
        assert!(mark_torn(&dir, &run).expect("nothing left").is_empty());
        assert_eq!(complete_backups(&dir).expect("list"), [two]);
    }
}
