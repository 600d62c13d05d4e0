//! What the pending statements ask of the database, out of their whole texts.

use crate::domain::migration::StatementNeeds;
use crate::domain::names::Engine;
use crate::domain::sql_ground::{calls, letters};
use crate::domain::sql_read::read_all;

/// One for each statement, in their order.
pub fn of(engine: Engine, statements: &[String]) -> Vec<StatementNeeds> {
    let readings = read_all(engine, statements.iter().map(String::as_str));
    statements
        .iter()
        .zip(readings)
        .map(|(statement, reading)| StatementNeeds {
            length: statement.chars().count() as u64,
            letters: letters(statement),
            calls: calls(engine, statement),
            reading,
        })
        .collect()
}
