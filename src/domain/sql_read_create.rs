//! `CREATE TABLE` and `CREATE INDEX`, for [`super::sql_read`].

use super::names::Engine;
use super::schema_touch::Touch;
use super::sql_read::Cursor;
use super::sql_words::Word;

/// Words that begin a part of a table's definition which is no column. `KEY` and `INDEX` are names
/// like any other in PostgreSQL.
pub fn is_no_column(engine: Engine, word: &Word) -> bool {
    word.is_any(&["PRIMARY", "UNIQUE", "CONSTRAINT", "FOREIGN", "CHECK"])
        || match engine {
            Engine::Postgres => word.is_any(&["EXCLUDE", "LIKE"]),
            Engine::Mysql => word.is_any(&["KEY", "INDEX", "FULLTEXT", "SPATIAL", "LIKE"]),
            Engine::Sqlite => false,
        }
}

pub fn create(at: &mut Cursor<'_>) -> Option<Vec<Touch>> {
    at.take_any(&["GLOBAL", "LOCAL"]);
    at.take_any(&["TEMPORARY", "TEMP", "UNLOGGED"]);
    if at.take("TABLE") {
        return create_table(at);
    }
    at.take_any(&["UNIQUE", "FULLTEXT", "SPATIAL"]);
    if at.take("INDEX") {
        return create_index(at);
    }
    None
}

fn create_table(at: &mut Cursor<'_>) -> Option<Vec<Touch>> {
    let lenient = at.take_all(&["IF", "NOT", "EXISTS"]);
    let table = at.table()?;
    let elements = at.list();
    let copied = elements.is_none() || at.words.iter().any(|word| word.is_any(&["AS", "SELECT"]));
    let mut columns = Vec::new();
    let mut open = copied;
    for element in elements.into_iter().flatten() {
        let first = element.first()?;
        if is_no_column(at.engine, first) {
            open |= first.is("LIKE");
            continue;
        }
        let mut element = Cursor {
            engine: at.engine,
            words: element,
        };
        columns.push(element.name()?);
    }
    Some(vec![Touch::Creates {
        table,
        columns: (!open).then_some(columns),
        lenient,
    }])
}

fn create_index(at: &mut Cursor<'_>) -> Option<Vec<Touch>> {
    at.take("CONCURRENTLY");
    let lenient = at.take_all(&["IF", "NOT", "EXISTS"]);
    let index = at.name()?;
    // MySQL lets the method stand before the table too.
    if at.take("USING") {
        at.next()?;
    }
    at.take("ON").then_some(())?;
    at.take("ONLY");
    let table = at.table()?;
    if at.take("USING") {
        at.next()?;
    }
    let columns = indexed(at.engine, at.list()?);
    Some(vec![
        Touch::Uses {
            table: table.clone(),
            columns,
        },
        Touch::AddsIndex {
            table,
            index,
            lenient,
        },
    ])
}

/// The columns of an index that stand there as plain names; expressions are passed over.
pub fn indexed(engine: Engine, elements: Vec<&[Word]>) -> Vec<String> {
    elements
        .into_iter()
        .filter_map(|element| {
            let mut element = Cursor {
                engine,
                words: element,
            };
            let name = element.name()?;
            // `name(100)` is the beginning of a column, `lower(name)` an expression.
            let plain = match element.words {
                [Word::Sign('('), Word::Plain(length), ..] => length.parse::<u32>().is_ok(),
                [Word::Sign(_), ..] => false,
                _ => true,
            };
            plain.then_some(name)
        })
        .collect()
}
