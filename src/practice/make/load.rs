//! Puts made rows into the database: COPY on PostgreSQL, many-row inserts elsewhere.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::rows::Filling;
use super::world::{Cell, World};
use crate::practice::connection::{Dialect, Session, SqlError};

/// How much COPY text is gathered before it is sent.
const COPY_BATCH_BYTES: usize = 4 << 20;
/// Up to so many rows an insert is faster than COPY, whose end waits some 40 ms for a delayed
/// acknowledgement (Nagle's algorithm): a second or two for all the small tables.
const SMALL_TABLE_ROWS: u64 = 100;
/// How much text one insert on MySQL gets: well below its `max_allowed_packet`, and a commit is rare.
const STATEMENT_BYTES: usize = 4 << 20;
/// Below SQLite's limit of 32766 bound values for every table we fill.
const INSERT_BATCH_ROWS: u64 = 200;

/// Fills one table and tells how many rows it now has.
///
/// # Errors
/// The database's own error.
pub async fn fill(
    session: &mut Session,
    world: &World,
    filling: &Filling,
) -> Result<u64, SqlError> {
    let count = world.count(filling.table);
    if session.dialect() == Dialect::Postgres && count <= SMALL_TABLE_ROWS {
        let rows: Vec<String> = (0..count)
            .map(|index| values_text(&filling.row(world, index), Dialect::Postgres))
            .collect();
        let statement = format!(
            "INSERT INTO {} ({}) VALUES {}",
            filling.table,
            filling.columns,
            rows.join(", ")
        );
        session.execute(&statement).await?;
    } else if session.dialect() == Dialect::Mysql {
        insert_as_text(session, world, filling, count).await?;
    } else if let Some(link) = session.postgres() {
        let statement = format!("COPY {} ({}) FROM STDIN", filling.table, filling.columns);
        let mut copy = link.copy_in_raw(&statement).await?;
        let mut batch = String::new();
        for index in 0..count {
            write_copy_line(&mut batch, &filling.row(world, index));
            if batch.len() >= COPY_BATCH_BYTES {
                copy.send(batch.as_bytes()).await?;
                batch.clear();
            }
        }
        copy.send(batch.as_bytes()).await?;
        copy.finish().await?;
    } else if let Some(link) = session.sqlite() {
        let mut index = 0;
        while index < count {
            let end = (index + INSERT_BATCH_ROWS).min(count);
            insert(link, world, filling, index..end).await?;
            index = end;
        }
    }
    Ok(count)
}

async fn insert_as_text(
    session: &mut Session,
    world: &World,
    filling: &Filling,
    count: u64,
) -> Result<(), SqlError> {
    let begin = format!(
        "INSERT INTO {} ({}) VALUES ",
        filling.table, filling.columns
    );
    let mut statement = begin.clone();
    for index in 0..count {
        if statement.len() > begin.len() {
            statement.push_str(", ");
        }
        statement.push_str(&values_text(&filling.row(world, index), Dialect::Mysql));
        if statement.len() >= STATEMENT_BYTES || index + 1 == count {
            session.execute(&statement).await?;
            statement.truncate(begin.len());
        }
    }
    Ok(())
}

async fn insert(
    link: &mut SqliteConnection,
    world: &World,
    filling: &Filling,
    rows: std::ops::Range<u64>,
) -> Result<(), SqlError> {
    let places = format!(
        "({})",
        vec!["?"; filling.columns.split(", ").count()].join(", ")
    );
    let statement = format!(
        "INSERT INTO {} ({}) VALUES {}",
        filling.table,
        filling.columns,
        vec![places.as_str(); (rows.end - rows.start) as usize].join(", ")
    );
    let mut query = sqlx::query(AssertSqlSafe(statement));
    for cell in rows.flat_map(|index| filling.row(world, index)) {
        query = match cell {
            Cell::Null => query.bind(None::<String>),
            Cell::Text(text) => query.bind(text),
            Cell::Int(number) => query.bind(number),
            Cell::Real(number) => query.bind(number),
            Cell::Flag(flag) => query.bind(flag),
            Cell::Bytes(bytes) => query.bind(bytes),
        };
    }
    query.execute(link).await?;
    Ok(())
}

/// One row as SQL; on PostgreSQL every value is a quoted literal, whose type the column gives.
fn values_text(cells: &[Cell], dialect: Dialect) -> String {
    let mysql = dialect == Dialect::Mysql;
    let literals: Vec<String> = cells
        .iter()
        .map(|cell| match cell {
            Cell::Null => "NULL".to_owned(),
            Cell::Text(text) => dialect.text(text),
            Cell::Int(number) => format!("'{number}'"),
            Cell::Real(number) if mysql => format!("{number:e}"),
            Cell::Real(number) => format!("'{number:e}'"),
            Cell::Flag(flag) if mysql => flag.to_string(),
            Cell::Flag(flag) => format!("'{flag}'"),
            Cell::Bytes(bytes) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                if mysql {
                    format!("X'{hex}'")
                } else {
                    format!("'\\x{hex}'")
                }
            }
        })
        .collect();
    format!("({})", literals.join(", "))
}

/// One line of COPY's text format (PostgreSQL manual, COPY, "Text Format").
fn write_copy_line(line: &mut String, cells: &[Cell]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            line.push('\t');
        }
        match cell {
            Cell::Null => line.push_str("\\N"),
            Cell::Int(number) => {
                let _ = write!(line, "{number}");
            }
            Cell::Real(number) => {
                let _ = write!(line, "{number:e}");
            }
            Cell::Flag(flag) => line.push_str(if *flag { "t" } else { "f" }),
            Cell::Bytes(bytes) => {
                line.push_str("\\\\x");
                for byte in bytes {
                    let _ = write!(line, "{byte:02x}");
                }
            }
            Cell::Text(text) => {
                for letter in text.chars() {
                    match letter {
                        '\\' => line.push_str("\\\\"),
                        '\n' => line.push_str("\\n"),
                        '\r' => line.push_str("\\r"),
                        '\t' => line.push_str("\\t"),
                        other => line.push(other),
                    }
                }
            }
        }
    }
    line.push('\n');
}

#[cfg(test)]
mod tests {
    use super::{Cell, Dialect, values_text, write_copy_line};

    #[test]
    fn a_row_is_quoted_whatever_it_holds() {
        let cells = [
            Cell::Null,
            Cell::from("it's \\N"),
            Cell::Bytes(vec![0, 255]),
            Cell::Flag(false),
        ];
        assert_eq!(
            values_text(&cells, Dialect::Postgres),
            "(NULL, 'it''s \\N', '\\x00ff', 'false')"
        );
        assert_eq!(
            values_text(&cells, Dialect::Mysql),
            "(NULL, 'it''s \\\\N', X'00ff', false)"
        );
    }

    #[test]
    fn copy_text_is_escaped() {
        let mut line = String::new();
        write_copy_line(
            &mut line,
            &[
                Cell::Null,
                Cell::from("\\N\ta\nb"),
                Cell::from(""),
                Cell::Bytes(vec![0, 255]),
                Cell::Real(5e-324),
                Cell::Flag(true),
            ],
        );
        assert_eq!(line, "\\N\t\\\\N\\ta\\nb\t\t\\\\x00ff\t5e-324\tt\n");
    }
}
