//! The last lines of a child's log, for an error message.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::domain::clean_text::CleanText;

/// The last `lines` lines that are not blank, joined by ` / `; empty if there is nothing to read.
/// Only what stands after byte `since` counts: a log may hold what earlier children said. Reads at
/// most 8 KiB from the end, whatever the size of the log.
pub fn last_lines(path: &Path, since: u64, lines: usize) -> CleanText {
    let tail = read_tail(path, since, 8192).unwrap_or_default();
    let text = String::from_utf8_lossy(&tail);
    let mut found: Vec<&str> = text
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(lines)
        .collect();
    found.reverse();
    CleanText::limited(&found.join(" / "), 1000)
}

/// Bytes of a log now; 0 for one that is not there.
pub fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| meta.len())
}

/// The last `most` bytes of a log, nothing before byte `since`.
///
/// # Errors
/// It cannot be read.
pub fn read_tail(path: &Path, since: u64, most: u64) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(most).max(since)))?;
    let mut tail = Vec::new();
    file.take(most).read_to_end(&mut tail)?;
    Ok(tail)
}
