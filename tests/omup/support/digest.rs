//! What a database holds, as one digest a table, by a way that shares nothing with omup's own digests.
//!
//! Each table is written out by `COPY (SELECT ... ORDER BY every column)` through `psql` and hashed here, so two
//! databases compare equal only when every value has the same text. Sequences, views, functions and the schema
//! itself are compared through `pg_dump --schema-only` and the sequences' values.

pub mod mysql;

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::postgres::Database;

/// Name of a table or another part -> SHA-256 in hexadecimal.
pub type Contents = BTreeMap<String, String>;

const TABLES: &str = "select format('%I.%I', n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    order by 1";

const SEQUENCES: &str = "select format('%I.%I', schemaname, sequencename), last_value
    from pg_sequences order by 1";

/// The whole database: each table's rows, the sequences, the schema.
#[track_caller]
pub fn contents(database: &Database) -> Contents {
    let mut contents = Contents::new();
    // Names may hold newlines: an array of JSON strings survives them, lines would not.
    let names = database.sql_as_superuser(&format!("select json_agg(t) from ({TABLES}) as x(t)"));
    let names: Option<Vec<String>> =
        serde_json::from_str(if names.is_empty() { "null" } else { &names })
            .unwrap_or_else(|error| panic!("list of tables: {error}"));
    for name in names.unwrap_or_default() {
        let rows = table(database, &name);
        contents.insert(format!("table {name}"), rows);
    }
    let sequences = database.sql_as_superuser(SEQUENCES);
    contents.insert("sequences".to_owned(), hash(sequences.as_bytes()));
    contents.insert("schema".to_owned(), hash(schema(database).as_bytes()));
    contents
}

/// The rows of one table; `name` is quoted already. Row order and column order on disk do not matter.
#[track_caller]
fn table(database: &Database, name: &str) -> String {
    // `t.*` and not `t`: a column named t would be taken for the whole row.
    let row = "row(t.*)::text collate \"C\"";
    let sql = format!("copy (select {row} from {name} as t order by 1) to stdout");
    hash(database.sql_as_superuser(&sql).as_bytes())
}

fn schema(database: &Database) -> String {
    let output = database
        .server
        .client("pg_dump", &database.name)
        .arg("--schema-only")
        .output()
        .unwrap_or_else(|error| panic!("cannot start pg_dump: {error}"));
    assert!(
        output.status.success(),
        "pg_dump: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    // The key of `\restrict` is new in every dump.
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What differs, in words; empty when both are equal.
pub fn difference(before: &Contents, after: &Contents) -> Vec<String> {
    let mut words = Vec::new();
    for (part, digest) in before {
        match after.get(part) {
            None => words.push(format!("{part} is missing")),
            Some(other) if other != digest => words.push(format!("{part} differs")),
            Some(_) => {}
        }
    }
    let new = after.keys().filter(|part| !before.contains_key(*part));
    words.extend(new.map(|part| format!("{part} is new")));
    words
}

/// SHA-256 in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
