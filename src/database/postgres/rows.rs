//! Statements as plain text, answers as text: the simple query protocol, which needs no prepared
//! statement (poolers lose those) and no decoding of catalog types.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _, ValueRef as _};

pub use crate::database::text_rows::{TextRow, first, maybe, number, text};

/// Runs the statement and gives its rows. Foreign text in it went through `quoting`.
///
/// # Errors
/// The driver's own error.
pub async fn rows(
    connection: &mut PgConnection,
    sql: String,
) -> std::result::Result<Vec<TextRow>, sqlx::Error> {
    let found = sqlx::raw_sql(AssertSqlSafe(sql))
        .fetch_all(connection)
        .await?;
    found
        .iter()
        .map(|row| {
            (0..row.len())
                .map(|at| {
                    let value = row.try_get_raw(at)?;
                    if value.is_null() {
                        return Ok(None);
                    }
                    let text = value.as_str().map_err(sqlx::Error::Decode)?;
                    Ok(Some(text.to_string()))
                })
                .collect()
        })
        .collect()
}

/// PostgreSQL's `t` and `true`.
pub fn truth(row: &TextRow, column: usize) -> bool {
    matches!(text(row, column), "t" | "true")
}
