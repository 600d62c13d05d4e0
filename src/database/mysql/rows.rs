//! Statements as plain text, answers as text: the text protocol, which needs no prepared statement
//! and no decoding of catalog types.

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Row as _, ValueRef as _};

pub use crate::database::text_rows::{TextRow, first, maybe, number, text};

/// Runs the statement and gives its rows. Foreign text in it went through `quoting`.
///
/// # Errors
/// The driver's own error.
pub async fn rows(
    connection: &mut MySqlConnection,
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
                    if row.try_get_raw(at)?.is_null() {
                        return Ok(None);
                    }
                    let bytes = row.try_get_unchecked::<&[u8], _>(at)?;
                    Ok(Some(String::from_utf8_lossy(bytes).into_owned()))
                })
                .collect()
        })
        .collect()
}

/// MySQL's `1`, and the words of its variables.
pub fn truth(row: &TextRow, column: usize) -> bool {
    matches!(text(row, column), "1" | "ON" | "YES")
}
