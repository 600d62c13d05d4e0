//! Files of `metadata backup`, OpenMetadata's own command from 0.12 to 1.3: rows without their tables.
//!
//! Source: OpenMetadata `ingestion`, `metadata/cli/backup.py` and `db_dump.py` of 1.3: for every table one
//! `TRUNCATE TABLE x;` and one `INSERT` a line, no definitions, and the tables of the migration history
//! left out.

/// Bytes of a file's beginning that are enough to tell.
pub const HEAD: usize = 64 * 1024;

/// Why such a file is no backup for an upgrade.
pub const WHY: &str = "it was written by OpenMetadata's old command `metadata backup` (up to 1.3): rows only, without the tables and without the migration history. It can be loaded only into a database that was already migrated to the very same version, and its loading goes on over rows that fail; so it is not accepted as a backup";

/// True where the beginning of a file shows one: nothing but tables emptied and rows put in.
pub fn is_data_only(head: &str) -> bool {
    let mut lines = head
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.is_empty());
    let emptied = lines
        .next()
        .is_some_and(|line| begins(line, "TRUNCATE TABLE "));
    // A document may go over several lines; what defines something stands at the beginning of one.
    emptied
        && !head.lines().any(|line| {
            ["CREATE ", "ALTER ", "DROP ", "SET ", "LOCK TABLES", "-- "]
                .iter()
                .any(|word| begins(line, word))
        })
}

fn begins(line: &str, word: &str) -> bool {
    line.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::is_data_only;

    #[test]
    fn rows_without_tables_are_told_from_a_dump() {
        assert!(is_data_only(
            "TRUNCATE TABLE chart_entity;\nINSERT INTO chart_entity (json, nameHash) VALUES ('{\"a\": 1}', 'x');\n\nTRUNCATE TABLE tag;\n"
        ));
        for dump in [
            "",
            "-- MySQL dump 10.13\nDROP TABLE IF EXISTS `a`;\nCREATE TABLE `a` (id int);\nINSERT INTO `a` VALUES (1);\n",
            "--\n-- PostgreSQL database dump\n--\nSET statement_timeout = 0;\n",
            "TRUNCATE TABLE a;\nCREATE TABLE b (id int);\n",
            "INSERT INTO a VALUES (1);\n",
            "PGDMP\u{1}\u{f}",
        ] {
            assert!(!is_data_only(dump), "{dump}");
        }
    }
}
