//! Files of OpenMetadata's old `metadata backup` in the folder of backups.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::domain::data_only::{HEAD, is_data_only};

/// More files than this in one folder are not looked at.
const MOST: usize = 1000;

/// Such files directly in the folder, sorted; a folder that cannot be read has none that anybody could take
/// for a backup.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .take(MOST)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "sql") && path.is_file())
        .filter(|path| is_data_only(&head(path).unwrap_or_default()))
        .collect();
    found.sort();
    found
}

fn head(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(HEAD as u64)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
