//! Sort memory of a practice database, as a new session gets it: its server's setting, or what the
//! connection's parameters ask for. Most practice databases have none.

use std::path::Path;

use crate::database::params;
use crate::domain::memory::bytes_of;

/// The practice server's settings, in the folder of the databases.
const SETTINGS: &str = "server.cnf";

/// Bytes in a session without parameters of its own.
pub fn usual(folder: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(folder.join(SETTINGS)).ok()?;
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| name.trim() == "sort_memory")
        .and_then(|(_, value)| bytes_of(value))
}

/// Bytes in a session with these parameters.
pub fn with(folder: &Path, extra: Option<&str>) -> Option<u64> {
    let usual = usual(folder)?;
    let wished = extra
        .and_then(|extra| params::value(extra, "options"))
        .map(|options| params::settings(&options))
        .unwrap_or_default()
        .into_iter()
        .rev()
        .find(|(name, _)| name == "work_mem")
        .and_then(|(_, value)| bytes_of(&value));
    Some(wished.unwrap_or(usual))
}

#[cfg(test)]
mod tests {
    use super::{SETTINGS, usual, with};

    #[test]
    fn a_parameter_goes_before_the_servers_setting() {
        let folder = tempfile::tempdir().expect("a folder");
        let raised = Some("options=-c%20work_mem%3D20MB&ApplicationName=x");
        assert_eq!(with(folder.path(), raised), None);
        std::fs::write(folder.path().join(SETTINGS), "sort_memory = 256kB\n").expect("written");
        assert_eq!(usual(folder.path()), Some(256 << 10));
        assert_eq!(with(folder.path(), Some("a=b")), Some(256 << 10));
        assert_eq!(with(folder.path(), raised), Some(20 << 20));
    }
}
