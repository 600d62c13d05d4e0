//! Statements as plain text, answers as text: the simple query protocol, which needs no prepared
//! statement (poolers lose those) and no decoding of catalog types.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _, ValueRef as _};

use crate::database::DatabaseError;
use crate::domain::clean_text::CleanText;

/// One row, every column as text; `None` is NULL.
pub type TextRow = Vec<Option<String>>;

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

/// The text in a column; empty for NULL or a column that is not there.
pub fn text(row: &TextRow, column: usize) -> &str {
    row.get(column).and_then(Option::as_deref).unwrap_or("")
}

/// The text in a column, `None` for NULL.
pub fn maybe(row: &TextRow, column: usize) -> Option<&str> {
    row.get(column).and_then(Option::as_deref)
}

/// PostgreSQL's `t` and `true`.
pub fn truth(row: &TextRow, column: usize) -> bool {
    matches!(text(row, column), "t" | "true")
}

/// The number in a column.
///
/// # Errors
/// When it is none: the server answered something else than it was asked.
pub fn number<N: std::str::FromStr>(row: &TextRow, column: usize) -> Result<N, DatabaseError> {
    text(row, column).parse().map_err(|_| {
        DatabaseError::Unexpected(CleanText::from(format!(
            "expected a number from the server and got '{}'",
            text(row, column)
        )))
    })
}

/// The first row.
///
/// # Errors
/// When there is none.
pub fn first(rows: Vec<TextRow>) -> Result<TextRow, DatabaseError> {
    rows.into_iter().next().ok_or_else(|| {
        DatabaseError::Unexpected("the server gave no row where one was expected".into())
    })
}
