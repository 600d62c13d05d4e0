//! Reads the table of contents that `pg_restore --list` prints.
//!
//! A line is `dumpId; tableoid oid KIND schema name owner` (`PrintTOCSummary` in PostgreSQL's
//! `pg_backup_archiver.c`); line ends in names are printed as blanks, an empty schema as `-`, an empty
//! owner as nothing. The parts are separated by blanks and may hold some: a schema or an owner with a
//! blank in its name cannot be told from the table's own. Such a table is listed under a name that no
//! snapshot has, so that the comparison fails and names it.

use super::names::shown;

/// Kinds of more than one word, the longer ones first; everything else is one word.
const KINDS: &[&str] = &[
    "ACCESS METHOD",
    "BLOB DATA",
    "BLOB METADATA",
    "CHECK CONSTRAINT",
    "DATABASE PROPERTIES",
    "DEFAULT ACL",
    "DOMAIN CONSTRAINT",
    "EVENT TRIGGER",
    "FK CONSTRAINT",
    "FOREIGN DATA WRAPPER",
    "FOREIGN SERVER",
    "FOREIGN TABLE",
    "INDEX ATTACH",
    "MATERIALIZED VIEW DATA",
    "MATERIALIZED VIEW",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "PROCEDURAL LANGUAGE",
    "PUBLICATION TABLES IN SCHEMA",
    "PUBLICATION TABLE",
    "ROW SECURITY",
    "SECURITY LABEL",
    "SEQUENCE OWNED BY",
    "SEQUENCE SET",
    "SHELL TYPE",
    "STATISTICS DATA",
    "SUBSCRIPTION TABLE",
    "TABLE ATTACH",
    "TABLE DATA",
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
    "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE",
    "USER MAPPING",
];

/// One line of the list.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub kind: &'a str,
    pub schema: &'a str,
    pub name: &'a str,
    /// Empty where an entry has none.
    pub owner: &'a str,
}

/// The entry of a line; `None` for comments and anything else.
pub fn entry(line: &str) -> Option<Entry<'_>> {
    let (id, rest) = line.split_once("; ")?;
    let (table, rest) = rest.split_once(' ')?;
    let (object, rest) = rest.split_once(' ')?;
    for number in [id, table, object] {
        number.parse::<u64>().ok()?;
    }
    let long = KINDS.iter().find(|kind| {
        rest.strip_prefix(**kind)
            .is_some_and(|after| after.starts_with(' '))
    });
    let length = long.map_or_else(|| rest.find(' '), |kind| Some(kind.len()))?;
    let (kind, rest) = rest.split_at(length);
    let (schema, rest) = rest.strip_prefix(' ')?.split_once(' ')?;
    let (name, owner) = rest.rsplit_once(' ')?;
    Some(Entry {
        kind,
        schema,
        name,
        owner,
    })
}

/// Tables whose rows are in the archive, named and sorted as the snapshot names them.
pub fn tables(listing: &str) -> Vec<String> {
    let mut found: Vec<String> = listing
        .lines()
        .filter_map(entry)
        .filter(|entry| entry.kind == "TABLE DATA")
        .map(|entry| shown(entry.schema, entry.name))
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::{Entry, entry, tables};

    #[test]
    fn lines_of_table_data_are_found() {
        let listing = ";\n; Archive created at 2026-11-21 06:08:45 UTC\n;     TOC Entries: 8\n;\n\
            2; 3079 16386 EXTENSION - pgcrypto \n\
            215; 1259 16423 TABLE public t om\n\
            3375; 0 16423 TABLE DATA public t om\n\
            3376; 0 16424 TABLE DATA public two words om\n\
            3377; 0 16425 TABLE DATA own a.b om\n\
            3378; 0 0 SEQUENCE SET public t_id_seq om\n\
            3379; 0 16430 MATERIALIZED VIEW DATA public m om\n\
            3380; 0 16431 TABLE DATA public a; 1 2 TABLE DATA x y om\n";
        assert_eq!(
            tables(listing),
            ["a; 1 2 TABLE DATA x y", "own.\"a.b\"", "t", "two words"]
        );
        assert!(tables("").is_empty());
    }

    #[test]
    fn kinds_of_one_word_and_of_more() {
        let line = "2; 3079 16386 EXTENSION - pgcrypto ";
        let found = Entry {
            kind: "EXTENSION",
            schema: "-",
            name: "pgcrypto",
            owner: "",
        };
        assert_eq!(entry(line), Some(found));
        assert_eq!(
            entry("3; 0 0 COMMENT - EXTENSION pgcrypto ").map(|e| e.name),
            Some("EXTENSION pgcrypto")
        );
        assert_eq!(
            entry("3; 0 0 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES postgres")
                .map(|e| (e.kind, e.owner)),
            Some(("DEFAULT ACL", "postgres"))
        );
        assert_eq!(entry("; TOC Entries: 8"), None);
    }
}
