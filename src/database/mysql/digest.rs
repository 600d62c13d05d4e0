//! Row counts and order-free digests of every table.
//!
//! A row's hash is the SHA-256 over its columns: numbers, times and bits as text, everything else by
//! its own SHA-256, NULL as `~`. Both kinds cannot be taken for one another, since a text's hash is 64
//! hex digits and none of the others holds a comma or a tilde. Generated columns are left out: a dump
//! does not carry them, the restored table computes them. The hashes' upper 64 bits are summed.
//! `MD5()` would be faster, but servers from 9.6 on have it no longer by themselves (seen with 9.7).

use std::collections::BTreeMap;

use super::reader::Reader;
use super::rows::{TextRow, first, number, text};
use crate::database::quoting::identifier;
use crate::database::{DatabaseError, Progress, Result};
use crate::domain::clean_text::CleanText;
use crate::domain::content::TableDigest;

/// Types whose text is short and holds neither comma nor tilde; `data_type` of information_schema.
const SHORT: &[&str] = &[
    "tinyint",
    "smallint",
    "mediumint",
    "int",
    "bigint",
    "decimal",
    "date",
    "time",
    "datetime",
    "timestamp",
    "year",
];

/// `mysqldump` writes a negative zero as `-0`, which is read as the whole number 0 (seen with 8.0 and
/// 9.7), so a zero goes in without its sign.
const FLOATING: &[&str] = &["float", "double"];

struct Column {
    name: String,
    kind: String,
}

/// Names of the tables with rows of their own, sorted.
pub async fn dumped_tables(reader: &mut Reader<'_>) -> Result<Vec<String>> {
    let mut names = super::objects::names(reader, super::objects::Kind::Table).await?;
    names.sort();
    Ok(names)
}

/// A fingerprint of every table; `step` is told before each and once at the end.
pub async fn tables(
    reader: &mut Reader<'_>,
    step: &Progress<'_>,
) -> Result<BTreeMap<String, TableDigest>> {
    let rows = reader
        .ask(
            "listing the columns",
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c \
             JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
             WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND c.generation_expression = '' \
             ORDER BY c.table_name, c.ordinal_position"
                .to_string(),
        )
        .await?;
    let mut columns = by_table(&rows);
    let names = dumped_tables(reader).await?;
    let total = names.len();
    let mut digests = BTreeMap::new();
    for (done, name) in names.into_iter().enumerate() {
        step(done, total, &name);
        let columns = columns.remove(&name).unwrap_or_default();
        let digest = table(reader, &name, &columns).await?;
        digests.insert(name, digest);
    }
    step(total, total, "");
    Ok(digests)
}

async fn table(reader: &mut Reader<'_>, name: &str, columns: &[Column]) -> Result<TableDigest> {
    let doing = format!("digesting table {}", CleanText::from(name));
    let row = first(reader.ask(&doing, statement(name, columns)?).await?)?;
    let warned = first(
        reader
            .ask(&doing, "SHOW COUNT(*) WARNINGS".to_string())
            .await?,
    )?;
    if text(&warned, 0) != "0" {
        // A value longer than max_allowed_packet becomes NULL with a warning: not the value.
        return Err(DatabaseError::Unexpected(CleanText::from(format!(
            "{doing}: the server could not hash every value ({} warnings; most likely one is longer than max_allowed_packet)",
            text(&warned, 0)
        ))));
    }
    Ok(TableDigest {
        rows: number(&row, 0)?,
        digest: text(&row, 1).to_string(),
    })
}

fn by_table(rows: &[TextRow]) -> BTreeMap<String, Vec<Column>> {
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in rows {
        tables
            .entry(text(row, 0).to_string())
            .or_default()
            .push(Column {
                name: text(row, 1).to_string(),
                kind: text(row, 2).to_string(),
            });
    }
    tables
}

fn statement(table: &str, columns: &[Column]) -> Result<String> {
    let values: Result<Vec<String>> = columns
        .iter()
        .map(|column| {
            let name = format!("o.{}", identifier(&column.name)?);
            Ok(if SHORT.contains(&column.kind.as_str()) {
                format!("IFNULL({name}, '~')")
            } else if FLOATING.contains(&column.kind.as_str()) {
                format!("IFNULL(IF({name} = 0, '0', {name}), '~')")
            } else if column.kind == "bit" {
                format!("IFNULL({name} + 0, '~')")
            } else {
                format!("IFNULL(SHA2(CAST({name} AS BINARY), 256), '~')")
            })
        })
        .collect();
    let values = values?;
    let row = match values.as_slice() {
        [] => "''".to_string(),
        values => format!("CONCAT_WS(',', {})", values.join(", ")),
    };
    Ok(format!(
        "SELECT COUNT(*), COALESCE(SUM(CAST(CONV(LEFT(SHA2({row}, 256), 16), 16, 10) AS UNSIGNED)), 0) FROM {} AS o",
        identifier(table)?
    ))
}

#[cfg(test)]
mod tests {
    use super::{Column, statement};

    #[test]
    fn columns_go_in_by_their_type() {
        let columns =
            [("id", "varchar"), ("n\"m", "bigint"), ("b", "bit")].map(|(name, kind)| Column {
                name: name.into(),
                kind: kind.into(),
            });
        assert_eq!(
            statement("a;drop", &columns).unwrap(),
            "SELECT COUNT(*), COALESCE(SUM(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', IFNULL(SHA2(CAST(o.\"id\" AS BINARY), 256), '~'), \
             IFNULL(o.\"n\"\"m\", '~'), IFNULL(o.\"b\" + 0, '~')), 256), 16), 16, 10) AS UNSIGNED)), 0) FROM \"a;drop\" AS o"
        );
        assert!(statement("t", &[]).unwrap().contains("SHA2('', 256)"));
    }
}
