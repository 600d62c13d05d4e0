//! Sort memory of a practice database on SQLite, which has none of its own: a server's setting in a
//! file beside the database, and the session's own wish (`work_mem` in the connection's options),
//! which goes before it. Without the file a sort may take what it needs.

use std::path::Path;

use crate::domain::memory::bytes_of;

/// The server's settings, in the folder of the databases: `sort_memory = 256kB`.
pub const FILE: &str = "server.cnf";

/// Bytes that a session on this database file gets, with the settings that it asks for.
pub fn of_session(database: &Path, settings: &[(String, String)]) -> Option<u64> {
    let text = std::fs::read_to_string(database.with_file_name(FILE)).ok()?;
    let usual = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| name.trim() == "sort_memory")
        .and_then(|(_, value)| bytes_of(value))?;
    let wished = settings
        .iter()
        .rev()
        .find(|(name, _)| name == "work_mem")
        .and_then(|(_, value)| bytes_of(value));
    Some(wished.unwrap_or(usual))
}

#[cfg(test)]
mod tests {
    use super::{FILE, of_session};

    #[test]
    fn the_session_goes_before_the_server_and_without_a_file_there_is_no_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("a.db");
        let wish = [("work_mem".to_owned(), "20MB".to_owned())];
        assert_eq!(of_session(&database, &wish), None);
        std::fs::write(folder.path().join(FILE), "sort_memory = 256kB\n").expect("written");
        assert_eq!(of_session(&database, &[]), Some(256 << 10));
        assert_eq!(of_session(&database, &wish), Some(20 << 20));
    }
}
