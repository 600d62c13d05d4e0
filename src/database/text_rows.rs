//! Answers of a server as text, whatever the types: what all catalog queries are read with.

use super::DatabaseError;
use crate::domain::clean_text::CleanText;

/// One row, every column as text; `None` is NULL.
pub type TextRow = Vec<Option<String>>;

/// The text in a column; empty for NULL or a column that is not there.
pub fn text(row: &TextRow, column: usize) -> &str {
    row.get(column).and_then(Option::as_deref).unwrap_or("")
}

/// The text in a column, `None` for NULL.
pub fn maybe(row: &TextRow, column: usize) -> Option<&str> {
    row.get(column).and_then(Option::as_deref)
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
