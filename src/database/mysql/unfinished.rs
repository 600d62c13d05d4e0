//! The mark of a database that omup is still restoring: a table that no dump brings.
//!
//! MySQL cannot rename a database, so a restored one has its last name from the beginning; the mark
//! says that nobody was pointed at it yet, which is what a name of omup's says on other engines. It
//! is taken away by one statement when the copy has been compared.

use super::Mysql;
use super::rows::text;
use crate::database::Result;
use crate::database::quoting::{literal, qualified};

/// The table's name; whatever lists a database's tables leaves it out.
pub const TABLE: &str = "omup_unfinished";

/// The statement that makes the mark.
pub fn mark(database: &str) -> Result<String> {
    Ok(format!(
        "CREATE TABLE {} (about VARCHAR(64)) COMMENT 'omup is restoring this database; it may be dropped'",
        qualified(database, TABLE)?
    ))
}

/// The statement that takes it away.
pub fn unmark(database: &str) -> Result<String> {
    Ok(format!(
        "DROP TABLE IF EXISTS {}",
        qualified(database, TABLE)?
    ))
}

/// True for a database that bears the mark, and for an empty one: it may have been made and not yet
/// been marked.
pub async fn stands(mysql: &Mysql, database: &str) -> Result<bool> {
    let found = mysql
        .act(
            "looking for the mark of an unfinished database",
            format!(
                "SELECT COALESCE(SUM(table_name = '{TABLE}'), 0), COUNT(*) FROM information_schema.tables WHERE table_schema = {}",
                literal(database)?
            ),
        )
        .await?;
    Ok(found
        .first()
        .is_some_and(|row| text(row, 0) == "1" || text(row, 1) == "0"))
}
