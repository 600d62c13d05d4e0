//! What a migration statement touches, read with caution: the forms that OpenMetadata's migrations
//! are made of. Everything else is "not read", and is told so; nothing is guessed.

use std::collections::BTreeSet;

use super::names::Engine;
use super::schema_touch::{Reading, Touch};
use super::sql_words::{Word, words};

/// What a statement touches.
#[derive(Debug)]
pub(super) struct Read {
    pub touches: Vec<Touch>,
    /// It may read tables that were not recognized.
    pub partly: bool,
}

/// Reads each statement. One that cannot be read mentions every table that another one touches and
/// that stands in it as a word.
pub fn read_all<'a>(engine: Engine, statements: impl IntoIterator<Item = &'a str>) -> Vec<Reading> {
    let statements: Vec<&str> = statements.into_iter().collect();
    let read: Vec<Option<Read>> = statements
        .iter()
        .map(|statement| read(engine, statement))
        .collect();
    let tables: BTreeSet<&str> = read
        .iter()
        .flatten()
        .flat_map(|read| &read.touches)
        .filter_map(Touch::table)
        .collect();
    statements
        .iter()
        .zip(&read)
        .map(|(statement, read)| match read {
            Some(read) => Reading::Read {
                touches: read.touches.clone(),
                partly: read.partly,
            },
            None => Reading::NotRead {
                mentions: mentioned(statement, &tables),
            },
        })
        .collect()
}

/// What the statement touches; `None` where its form is not known.
pub(super) fn read(engine: Engine, statement: &str) -> Option<Read> {
    let words = words(engine, statement)?;
    let mut at = Cursor {
        engine,
        words: &words,
    };
    let done = |touches| Read {
        touches,
        partly: false,
    };
    match at.take_any(&["ALTER", "CREATE", "DROP", "TRUNCATE", "RENAME"]) {
        Some("ALTER") => super::sql_read_alter::alter(&mut at).map(done),
        Some("CREATE") => super::sql_read_create::create(&mut at).map(done),
        Some("DROP") => drop(&mut at).map(done),
        Some("TRUNCATE") => {
            at.take("TABLE");
            at.take("ONLY");
            let table = at.table()?;
            (!at.sign_is(',')).then(|| done(vec![uses(table)]))
        }
        Some(_) => rename(&mut at).map(done),
        None => super::sql_read_rows::rows(&mut at),
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
    if at.take("INDEX") {
        return drop_index(at);
    }
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

/// `DROP INDEX i ON t` in MySQL; elsewhere the indexes' names alone.
fn drop_index(at: &mut Cursor<'_>) -> Option<Vec<Touch>> {
    if at.engine == Engine::Mysql {
        let index = at.name()?;
        at.take("ON").then_some(())?;
        let table = Some(at.table()?);
        return Some(vec![Touch::DropsIndex {
            table,
            index,
            lenient: false,
        }]);
    }
    at.take("CONCURRENTLY");
    let lenient = at.take_all(&["IF", "EXISTS"]);
    let mut touches = Vec::new();
    loop {
        // One with a schema before it is not read.
        let index = at.name().filter(|_| !at.sign_is('.'))?;
        touches.push(Touch::DropsIndex {
            table: None,
            index,
            lenient,
        });
        if !at.sign_is(',') {
            return Some(touches);
        }
        at.next();
    }
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
