//! Row counts and order-free digests of every table that a dump carries.
//!
//! `hash_record_extended` takes any row whose columns have a hash function; a column whose type has
//! none, or whose hash is not that of its text after a restore (an enum hashes its OID, an interval
//! takes 24 hours for a day), goes in as text.

use std::collections::BTreeMap;

use super::names::{listed, shown};
use super::reader::Reader;
use super::rows::{TextRow, first, number, text};
use crate::database::quoting::{identifier, qualified};
use crate::database::{DatabaseError, Progress, Result};
use crate::domain::clean_text::CleanText;
use crate::domain::content::{DigestMethod, TableDigest};

/// Types whose own hash says all that their value says (but 1.0 and 1.00, see
/// [`DigestMethod::words`]) and is the same after a restore; names as in `pg_type`.
const HASHABLE: &[&str] = &[
    "bool",
    "bytea",
    "char",
    "cidr",
    "date",
    "float4",
    "float8",
    "inet",
    "int2",
    "int4",
    "int8",
    "jsonb",
    "macaddr",
    "macaddr8",
    "name",
    "numeric",
    "oid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "uuid",
];

/// Text types: hashed under `COLLATE "C"`, which looks at the bytes alone.
const TEXTS: &[&str] = &["bpchar", "text", "varchar"];

/// Tables with rows of their own that `pg_dump` writes: no partitioned parents, no foreign tables, no
/// temporary ones; of an extension's tables only those that it declared as configuration.
pub const DUMPED: &str = "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind = 'r' AND c.relpersistence <> 't' \
     AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
     AND (NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass \
         AND d.objid = c.oid AND d.deptype = 'e') \
       OR EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig)))";

/// The method for a server's major version.
///
/// # Errors
/// Below 11 there is no 64-bit text hash.
pub fn method(major: u32) -> Result<DigestMethod> {
    match major {
        14.. => Ok(DigestMethod::PostgresHashRecord),
        11..14 => Ok(DigestMethod::PostgresHashText),
        0..11 => Err(DatabaseError::Unexpected(CleanText::from(format!(
            "PostgreSQL {major} has no hash that could prove a backup; 11 is the oldest that has"
        )))),
    }
}

/// Names as `pg_restore --list` gives them, in the same order as our own lists.
pub async fn dumped_tables(reader: &mut Reader<'_>) -> Result<Vec<String>> {
    let rows = reader
        .ask(
            "listing the tables",
            format!("SELECT n.nspname, c.relname FROM {DUMPED}"),
        )
        .await?;
    let mut names: Vec<String> = rows
        .iter()
        .map(|row| shown(&listed(text(row, 0)), &listed(text(row, 1))))
        .collect();
    names.sort();
    Ok(names)
}

/// A fingerprint of every table; `step` is told before each and once at the end.
pub async fn tables(
    reader: &mut Reader<'_>,
    method: DigestMethod,
    step: &Progress<'_>,
) -> Result<BTreeMap<String, TableDigest>> {
    let columns = reader
        .ask(
            "listing the columns",
            format!(
                "SELECT n.nspname, c.relname, a.attname, t.typname, tn.nspname \
                 FROM (SELECT c.oid, c.relname, c.relnamespace FROM {DUMPED}) c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                 LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
                 LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace \
                 ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\", a.attnum"
            ),
        )
        .await?;
    let tables = by_table(&columns);
    let total = tables.len();
    let mut digests = BTreeMap::new();
    for (done, ((schema, table), columns)) in tables.iter().enumerate() {
        let name = shown(schema, table);
        step(done, total, &name);
        let sql = statement(method, schema, table, columns)?;
        let row = first(
            reader
                .ask(
                    &format!("digesting table {}", CleanText::from(name.as_str())),
                    sql,
                )
                .await?,
        )?;
        digests.insert(
            name,
            TableDigest {
                rows: number(&row, 0)?,
                digest: text(&row, 1).to_string(),
            },
        );
    }
    step(total, total, "");
    Ok(digests)
}

/// A column's name and type; the type is empty outside `pg_catalog`.
struct Column {
    name: String,
    kind: String,
}

fn by_table(rows: &[TextRow]) -> BTreeMap<(String, String), Vec<Column>> {
    let mut tables: BTreeMap<(String, String), Vec<Column>> = BTreeMap::new();
    for row in rows {
        let columns = tables
            .entry((text(row, 0).to_string(), text(row, 1).to_string()))
            .or_default();
        // A table without columns has one row of NULLs here.
        if !text(row, 2).is_empty() {
            let own = text(row, 4) == "pg_catalog";
            columns.push(Column {
                name: text(row, 2).to_string(),
                kind: if own { text(row, 3) } else { "" }.to_string(),
            });
        }
    }
    tables
}

/// `ONLY`: an inheritance child's rows belong to the child, as in the dump.
fn statement(
    method: DigestMethod,
    schema: &str,
    table: &str,
    columns: &[Column],
) -> Result<String> {
    let table = qualified(schema, table)?;
    let values: Result<Vec<String>> = columns
        .iter()
        .map(|column| {
            let name = format!("o.{}", identifier(&column.name)?);
            Ok(match method {
                DigestMethod::PostgresHashRecord => hashed(&name, &column.kind),
                DigestMethod::PostgresHashText
                | DigestMethod::MysqlRowSha2
                | DigestMethod::SqliteRowSum => name,
            })
        })
        .collect();
    let row = format!("ROW({})", values?.join(", "));
    let hash = match method {
        _ if columns.is_empty() => "0".to_string(),
        DigestMethod::PostgresHashRecord => format!("pg_catalog.hash_record_extended({row}, 0)"),
        DigestMethod::PostgresHashText => {
            format!("pg_catalog.hashtextextended({row}::pg_catalog.text COLLATE \"C\", 0)")
        }
        DigestMethod::MysqlRowSha2 | DigestMethod::SqliteRowSum => {
            return Err(DatabaseError::Unexpected(
                "another engine's digest was asked of PostgreSQL".into(),
            ));
        }
    };
    Ok(format!(
        "SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum({hash}::pg_catalog.numeric), 0) FROM ONLY {table} AS o"
    ))
}

fn hashed(name: &str, kind: &str) -> String {
    if HASHABLE.contains(&kind) {
        name.to_string()
    } else if TEXTS.contains(&kind) {
        format!("{name} COLLATE \"C\"")
    } else {
        format!("{name}::pg_catalog.text COLLATE \"C\"")
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, method, statement};
    use crate::domain::content::DigestMethod;

    #[test]
    fn columns_go_in_by_their_type() {
        let columns = [
            ("id", "uuid"),
            ("json", "json"),
            ("na\"me", "varchar"),
            ("mood", ""),
        ]
        .map(|(name, kind)| Column {
            name: name.into(),
            kind: kind.into(),
        });
        assert_eq!(
            statement(
                DigestMethod::PostgresHashRecord,
                "public",
                "a;drop",
                &columns
            )
            .unwrap(),
            "SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum(pg_catalog.hash_record_extended(ROW(o.\"id\", \
             o.\"json\"::pg_catalog.text COLLATE \"C\", o.\"na\"\"me\" COLLATE \"C\", \
             o.\"mood\"::pg_catalog.text COLLATE \"C\"), 0)::pg_catalog.numeric), 0) \
             FROM ONLY \"public\".\"a;drop\" AS o"
        );
        let text = statement(DigestMethod::PostgresHashText, "s", "t", &columns).unwrap();
        assert!(
            text.contains("hashtextextended(ROW(o.\"id\", o.\"json\""),
            "{text}"
        );
        let none = statement(DigestMethod::PostgresHashRecord, "s", "t", &[]).unwrap();
        assert!(none.contains("sum(0::"), "{none}");
    }

    #[test]
    fn old_servers_are_told_apart() {
        assert_eq!(method(15).unwrap(), DigestMethod::PostgresHashRecord);
        assert_eq!(method(13).unwrap(), DigestMethod::PostgresHashText);
        assert!(
            method(10)
                .unwrap_err()
                .to_string()
                .contains("PostgreSQL 10")
        );
    }
}
