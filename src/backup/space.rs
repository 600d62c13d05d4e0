//! How much room there is, and whether an archive can be unpacked into it.

use std::io;
use std::path::Path;

use crate::domain::clean_text::CleanText;
use crate::domain::space::size;

/// Refuses to unpack where it does not fit; the size is known exactly, so 5 % are spare enough.
pub(super) fn unpack_fits(
    raw_bytes: u64,
    free: u64,
    at: &Path,
) -> std::result::Result<(), Vec<CleanText>> {
    let need = raw_bytes.saturating_add(raw_bytes / 20);
    if need <= free {
        return Ok(());
    }
    Err(vec![CleanText::from(format!(
        "{}: unpacked archive {} + 5 % = {} needed, {} free",
        at.display(),
        size(raw_bytes),
        size(need),
        size(free)
    ))])
}

/// Bytes that a normal user may still write there.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_unpacked_only_where_it_fits() {
        assert!(unpack_fits(100, 104, Path::new("/x")).is_err());
        assert!(unpack_fits(100, 105, Path::new("/x")).is_ok());
        assert!(unpack_fits(u64::MAX, u64::MAX - 1, Path::new("/x")).is_err());
    }
}
