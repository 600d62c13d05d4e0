//! What pending statements ask of the database: the log's column, functions, tables. Runs none of
//! them; every statement here only reads.

use std::collections::BTreeMap;

use super::Mysql;
use super::rows::{first, maybe, number, text, truth};
use crate::database::quoting::{literal, literals};
use crate::database::{DatabaseError, Result};
use crate::domain::schema_touch::{SchemaShape, TableShape};
use crate::domain::sql_ground::{LogColumn, SqlGround, SqlQuestion};

/// The server's own word for a function that it does not have (MySQL error 1305), in its message.
const NO_FUNCTION: &str = "does not exist";

pub async fn of(mysql: &Mysql, question: &SqlQuestion) -> Result<SqlGround> {
    Ok(SqlGround {
        log: log(mysql, &question.letters).await?,
        missing: missing(mysql, question).await?,
        schema: schema(mysql, question).await?,
    })
}

async fn log(mysql: &Mysql, letters: &str) -> Result<Option<LogColumn>> {
    let doing = "looking at the column of the statement log";
    let rows = mysql
        .look(
            doing,
            "SELECT character_set_name, character_maximum_length FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND UPPER(table_name) = 'SERVER_MIGRATION_SQL_LOGS' \
             AND LOWER(column_name) = 'sqlstatement'"
                .to_string(),
        )
        .await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let charset = text(row, 0).to_string();
    let mut lost = String::new();
    for letter in letters.chars() {
        if !keeps(mysql, &charset, letter).await? {
            lost.push(letter);
        }
    }
    Ok(Some(LogColumn {
        longest: maybe(row, 1).map(|_| number(row, 1)).transpose()?,
        charset,
        lost,
    }))
}

/// Whether a character comes back from the character set as it went in: the server itself converts.
async fn keeps(mysql: &Mysql, charset: &str, letter: char) -> Result<bool> {
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if charset.is_empty() || !charset.chars().all(name) {
        return Err(DatabaseError::Unexpected(
            format!("'{charset}' is no name of a character set").into(),
        ));
    }
    let hex: String = letter
        .encode_utf8(&mut [0; 4])
        .bytes()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let row = first(
        mysql
            .look(
                "asking whether the statement log can keep a character",
                format!(
                    "SELECT HEX(CONVERT(CONVERT(_utf8mb4 0x{hex} USING {charset}) USING utf8mb4)) = '{hex}'"
                ),
            )
            .await?,
    )?;
    Ok(truth(&row, 0))
}

async fn missing(mysql: &Mysql, question: &SqlQuestion) -> Result<BTreeMap<String, String>> {
    let mut missing = BTreeMap::new();
    for name in &question.calls {
        let asked = mysql
            .look("asking for a function", format!("SELECT {name}('x')"))
            .await;
        match asked {
            Ok(_) => {}
            Err(DatabaseError::Statement { reason, .. })
                if reason.as_str().contains(NO_FUNCTION) =>
            {
                missing.insert(name.clone(), reason.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}

async fn schema(mysql: &Mysql, question: &SqlQuestion) -> Result<SchemaShape> {
    let doing = "looking at the tables of the pending statements";
    let row = first(
        mysql
            .look(doing, "SELECT @@lower_case_table_names <> 0".to_string())
            .await?,
    )?;
    let mut shape = SchemaShape {
        tables: BTreeMap::new(),
        fold_tables: truth(&row, 0),
    };
    if question.tables.is_empty() {
        return Ok(shape);
    }
    let named = |column: &str| -> Result<String> {
        let mut any = Vec::new();
        for table in &question.tables {
            any.push(literal(table)?);
        }
        Ok(if shape.fold_tables {
            let folded = question.tables.iter().map(|table| table.to_lowercase());
            let folded: Vec<String> = folded.collect();
            let all = literals(folded.iter().map(String::as_str))?;
            format!("LOWER({column}) IN ({all})")
        } else {
            // Byte by byte: information_schema compares without regard to case.
            format!("BINARY {column} IN ({})", any.join(", "))
        })
    };
    let wanted = named("table_name")?;
    let rows = mysql
        .look(
            doing,
            format!(
                "SELECT table_name, LOWER(column_name) FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND {wanted}"
            ),
        )
        .await?;
    for row in &rows {
        let table: &mut TableShape = shape.tables.entry(text(row, 0).to_string()).or_default();
        table.columns.insert(text(row, 1).to_string());
    }
    let rows = mysql
        .look(
            doing,
            format!(
                "SELECT DISTINCT table_name, LOWER(index_name) FROM information_schema.statistics \
                 WHERE table_schema = DATABASE() AND {wanted}"
            ),
        )
        .await?;
    for row in &rows {
        let table = shape.tables.entry(text(row, 0).to_string()).or_default();
        table.indexes.insert(text(row, 1).to_string());
    }
    let rows = mysql
        .look(
            doing,
            format!(
                "SELECT table_name, table_collation FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_collation IS NOT NULL AND {wanted}"
            ),
        )
        .await?;
    for row in &rows {
        if let Some(table) = shape.tables.get_mut(text(row, 0)) {
            table.collation = Some(text(row, 1).to_string());
        }
    }
    Ok(shape)
}
