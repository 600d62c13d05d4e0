//! What a migration statement touches, read with caution: the forms that OpenMetadata's migrations
//! are made of. Everything else is "not read", and is told so; nothing is guessed.

use std::collections::BTreeSet;

use super::names::Engine;
use super::schema_touch::{Reading, Touch};
use super::sql_words::{Word, words};

/// Reads each statement. One that cannot be read mentions every table that another one touches and
/// that stands in it as a word.
pub fn read_all<'a>(engine: Engine, statements: impl IntoIterator<Item = &'a str>) -> Vec<Reading> {
    let statements: Vec<&str> = statements.into_iter().collect();
    let read: Vec<Option<Vec<Touch>>> = statements
        .iter()
        .map(|statement| touches(engine, statement))
        .collect();
    let tables: BTreeSet<&str> = read.iter().flatten().flatten().map(Touch::table).collect();
    statements
        .iter()
        .zip(&read)
        .map(|(statement, touches)| match touches {
            Some(touches) => Reading::Read {
                touches: touches.clone(),
            },
            None => Reading::NotRead {
                mentions: mentioned(statement, &tables),
            },
        })
        .collect()
}

/// What the statement touches; `None` where its form is not known.
pub fn touches(engine: Engine, statement: &str) -> Option<Vec<Touch>> {
    let words = words(engine, statement)?;
    let mut at = Cursor {
        engine,
        words: &words,
    };
    match at.take_any(&[
        "ALTER", "CREATE", "DROP", "UPDATE", "INSERT", "REPLACE", "DELETE", "TRUNCATE", "RENAME",
    ])? {
        "ALTER" => super::sql_read_alter::alter(&mut at),
        "CREATE" => super::sql_read_create::create(&mut at),
        "DROP" => drop(&mut at),
        "UPDATE" => update(&mut at),
        "INSERT" | "REPLACE" => insert(&mut at),
        "DELETE" => {
            at.take("FROM").then_some(())?;
            at.take("ONLY");
            let table = at.table()?;
            // `DELETE a, b FROM` and `DELETE FROM a, b USING` are of several tables.
            (!at.sign_is(',')).then(|| vec![uses(table)])
        }
        "TRUNCATE" => {
            at.take("TABLE");
            at.take("ONLY");
            let table = at.table()?;
            (!at.sign_is(',')).then(|| vec![uses(table)])
        }
        _ => rename(&mut at),
    }
}

/// The tables that stand somewhere in a statement as a word.
fn mentioned(statement: &str, tables: &BTreeSet<&str>) -> Vec<String> {
    let said: BTreeSet<String> = statement
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
        .map(str::to_lowercase)
        .collect();
    tables
        .iter()
        .filter(|table| said.contains(&table.to_lowercase()))
        .map(|table| (*table).to_string())
        .collect()
}

pub(super) fn uses(table: String) -> Touch {
    Touch::Uses {
        table,
        columns: Vec::new(),
    }
}

/// A place in a statement.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub engine: Engine,
    pub words: &'a [Word],
}

impl<'a> Cursor<'a> {
    pub fn next(&mut self) -> Option<&'a Word> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    pub fn take(&mut self, keyword: &str) -> bool {
        let there = self.words.first().is_some_and(|word| word.is(keyword));
        if there {
            self.words = &self.words[1..];
        }
        there
    }

    /// Takes the first of the keywords that stands here.
    pub fn take_any(&mut self, keywords: &[&'static str]) -> Option<&'static str> {
        keywords.iter().copied().find(|keyword| self.take(keyword))
    }

    /// Takes all of these keywords, in order, or none.
    pub fn take_all(&mut self, keywords: &[&str]) -> bool {
        let there = self.words.len() >= keywords.len()
            && keywords
                .iter()
                .zip(self.words)
                .all(|(keyword, word)| word.is(keyword));
        if there {
            self.words = &self.words[keywords.len()..];
        }
        there
    }

    pub fn sign_is(&self, sign: char) -> bool {
        self.words.first() == Some(&Word::Sign(sign))
    }

    /// A column's or an index's name, as the engine keeps it.
    pub fn name(&mut self) -> Option<String> {
        Some(match self.next()? {
            Word::Quoted(name) if self.engine == Engine::Postgres => name.clone(),
            // MySQL and SQLite do not tell columns apart by their case, PostgreSQL folds them.
            Word::Plain(name) | Word::Quoted(name) => name.to_lowercase(),
            Word::Text | Word::Sign(_) => return None,
        })
    }

    /// A table's name; one with a schema before it is not read.
    pub fn table(&mut self) -> Option<String> {
        let name = match self.next()? {
            Word::Quoted(name) if self.engine != Engine::Sqlite => name.clone(),
            Word::Plain(name) if self.engine == Engine::Mysql => name.clone(),
            Word::Plain(name) | Word::Quoted(name) => name.to_lowercase(),
            Word::Text | Word::Sign(_) => return None,
        };
        (!self.sign_is('.')).then_some(name)
    }

    /// What stands in the parentheses that begin here, cut at the commas of that depth.
    pub fn list(&mut self) -> Option<Vec<&'a [Word]>> {
        if !self.sign_is('(') {
            return None;
        }
        let mut depth = 0_usize;
        for (at, word) in self.words.iter().enumerate() {
            match word {
                Word::Sign('(') => depth += 1,
                Word::Sign(')') => depth -= 1,
                Word::Plain(_) | Word::Quoted(_) | Word::Text | Word::Sign(_) => {}
            }
            if depth == 0 {
                let inside = &self.words[1..at];
                self.words = &self.words[at + 1..];
                return Some(parts(inside));
            }
        }
        None
    }
}

/// Cuts at the commas outside of parentheses.
pub(super) fn parts(words: &[Word]) -> Vec<&[Word]> {
    let mut depth = 0_usize;
    words
        .split(|word| {
            match word {
                Word::Sign('(') => depth += 1,
                Word::Sign(')') => depth = depth.saturating_sub(1),
                Word::Plain(_) | Word::Quoted(_) | Word::Text | Word::Sign(_) => {}
            }
            depth == 0 && *word == Word::Sign(',')
        })
        .collect()
}

fn drop(at: &mut Cursor<'_>) -> Option<Vec<Touch>> {
    at.take("TEMPORARY");
    at.take("TABLE").then_some(())?;
    let lenient = at.take_all(&["IF", "EXISTS"]);
    let mut touches = Vec::new();
    loop {
        let table = at.table()?;
        touches.push(Touch::Drops { table, lenient });
        if !at.sign_is(',') {
            return Some(touches);
        }
        at.next();
    }
}

fn update(at: &mut Cursor<'_>) -> Option<Vec<Touch>> {
    at.take_any(&["LOW_PRIORITY", "IGNORE", "ONLY"]);
    let table = at.table()?;
    if !at.words.first()?.is("SET") {
        // An alias; anything else is of several tables.
        at.take("AS");
        at.name()?;
    }
    at.take("SET").then_some(())?;
    let end = outside(at.words, &["WHERE", "FROM", "ORDER", "LIMIT", "RETURNING"]);
    let mut columns = Vec::new();
    for part in parts(&at.words[..end]) {
        let mut part = Cursor {
            engine: at.engine,
            words: part,
        };
        let mut column = part.name()?;
        if part.sign_is('.') {
            part.next();
            column = part.name()?;
        }
        part.sign_is('=').then_some(())?;
        columns.push(column);
    }
    Some(vec![Touch::Uses { table, columns }])
}

/// The place of the first of these keywords that stands outside of parentheses.
fn outside(words: &[Word], keywords: &[&str]) -> usize {
    let mut depth = 0_usize;
    words
        .iter()
        .position(|word| {
            match word {
                Word::Sign('(') => depth += 1,
                Word::Sign(')') => depth = depth.saturating_sub(1),
                Word::Plain(_) | Word::Quoted(_) | Word::Text | Word::Sign(_) => {}
            }
            depth == 0 && word.is_any(keywords)
        })
        .unwrap_or(words.len())
}

fn insert(at: &mut Cursor<'_>) -> Option<Vec<Touch>> {
    at.take_any(&["LOW_PRIORITY", "DELAYED"]);
    at.take("IGNORE");
    at.take_all(&["OR", "IGNORE"]);
    at.take_all(&["OR", "REPLACE"]);
    at.take("INTO").then_some(())?;
    let table = at.table()?;
    if at.take("AS") {
        at.name()?;
    }
    let mut columns = Vec::new();
    for element in at.list().into_iter().flatten() {
        match element {
            [Word::Plain(_) | Word::Quoted(_)] => {
                let mut element = Cursor {
                    engine: at.engine,
                    words: element,
                };
                columns.push(element.name()?);
            }
            // `INSERT INTO t (SELECT ...)`
            _ => return None,
        }
    }
    Some(vec![Touch::Uses { table, columns }])
}

fn rename(at: &mut Cursor<'_>) -> Option<Vec<Touch>> {
    at.take("TABLE").then_some(())?;
    let mut touches = Vec::new();
    loop {
        let table = at.table()?;
        at.take("TO").then_some(())?;
        let to = at.table()?;
        touches.push(Touch::RenamesTable { table, to });
        if !at.sign_is(',') {
            return Some(touches);
        }
        at.next();
    }
}
