//! What pending statements ask of the database: the log's column and the tables. Runs none of them;
//! every statement here only reads.

use std::collections::BTreeMap;

use super::Postgres;
use super::facts::schemas;
use super::rows::{first, maybe, number, text, truth};
use crate::database::quoting::{literal, literals};
use crate::database::{DatabaseError, Result};
use crate::domain::schema_touch::SchemaShape;
use crate::domain::sql_ground::{LogColumn, SqlGround, SqlQuestion};

pub async fn of(postgres: &Postgres, question: &SqlQuestion) -> Result<SqlGround> {
    let Some(schema) = schemas(postgres).await?.into_iter().next() else {
        return Ok(SqlGround::default());
    };
    Ok(SqlGround {
        log: log(postgres, &schema, &question.letters).await?,
        // The functions in question are a matter of MySQL.
        missing: BTreeMap::new(),
        schema: shape(postgres, &schema, question).await?,
    })
}

async fn log(postgres: &Postgres, schema: &str, letters: &str) -> Result<Option<LogColumn>> {
    let doing = "looking at the column of the statement log";
    let rows = postgres
        .look(
            doing,
            format!(
                "SELECT character_maximum_length FROM information_schema.columns WHERE table_schema = {} \
                 AND table_name = 'server_migration_sql_logs' AND column_name = 'sqlstatement'",
                literal(schema)?
            ),
        )
        .await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let encoding = first(
        postgres
            .look(
                doing,
                "SELECT pg_catalog.current_setting('server_encoding')".to_string(),
            )
            .await?,
    )?;
    let charset = text(&encoding, 0).to_string();
    let mut lost = String::new();
    // UTF8 keeps every character; SQL_ASCII keeps bytes as they come.
    if !matches!(charset.as_str(), "UTF8" | "SQL_ASCII") {
        for letter in letters.chars() {
            if !keeps(postgres, &charset, letter).await? {
                lost.push(letter);
            }
        }
    }
    Ok(Some(LogColumn {
        longest: maybe(row, 0).map(|_| number(row, 0)).transpose()?,
        charset,
        lost,
    }))
}

/// Whether the server can write a character in the database's own encoding. It is given by its
/// bytes: as text it would be converted, and refused, on its way to the server.
async fn keeps(postgres: &Postgres, encoding: &str, letter: char) -> Result<bool> {
    let hex: String = letter
        .encode_utf8(&mut [0; 4])
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let asked = postgres
        .look(
            "asking whether the statement log can keep a character",
            format!(
                "SELECT pg_catalog.convert('\\x{hex}'::pg_catalog.bytea, 'UTF8', {}) IS NOT NULL",
                literal(encoding)?
            ),
        )
        .await;
    match asked {
        Ok(rows) => Ok(truth(&first(rows)?, 0)),
        // Error 22P05, untranslatable_character.
        Err(DatabaseError::Statement { reason, .. })
            if reason.as_str().contains("has no equivalent") =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Read from the catalog itself: `information_schema` hides tables that the user has no right to.
async fn shape(postgres: &Postgres, schema: &str, question: &SqlQuestion) -> Result<SchemaShape> {
    let mut shape = SchemaShape::default();
    if question.tables.is_empty() {
        return Ok(shape);
    }
    let doing = "looking at the tables of the pending statements";
    let tables = literals(question.tables.iter().map(String::as_str))?;
    let schema = literal(schema)?;
    let columns = postgres
        .look(
            doing,
            format!(
                "SELECT c.relname, a.attname FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                 WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname IN ({tables})"
            ),
        )
        .await?;
    for row in &columns {
        let table = shape.tables.entry(text(row, 0).to_string()).or_default();
        table.columns.extend(maybe(row, 1).map(str::to_string));
    }
    let indexes = postgres
        .look(
            doing,
            format!(
                "SELECT c.relname, i.relname FROM pg_catalog.pg_index x \
                 JOIN pg_catalog.pg_class c ON c.oid = x.indrelid \
                 JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = {schema} AND c.relname IN ({tables})"
            ),
        )
        .await?;
    for row in &indexes {
        let table = shape.tables.entry(text(row, 0).to_string()).or_default();
        table.indexes.insert(text(row, 1).to_string());
    }
    Ok(shape)
}
