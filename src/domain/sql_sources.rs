//! The tables that a statement reads: those after FROM, JOIN and USING, in subqueries too, and the
//! columns that it names together with their table. For [`super::sql_read`].
//!
//! Knows the shape of a statement only as far as that needs. What is not certain is left out, and
//! [`Sources::whole`] says so where that was a table.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Engine;
use super::schema_touch::Touch;
use super::sql_read::Cursor;
use super::sql_words::Word;

/// What a statement reads.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub touches: Vec<Touch>,
    /// False where a table may stand in it that was not recognized.
    pub whole: bool,
}

/// Where the first of the words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// In a list of tables, as after `UPDATE`.
    Tables,
    /// In a `DELETE`: `USING` begins a list of tables.
    Delete,
    Elsewhere,
}

/// A table in a list.
struct Item {
    table: String,
    /// The name for its columns, and the place where it stands.
    called: String,
    at: usize,
}

/// One depth of parentheses.
struct Level {
    /// FROM begins a list of tables here; in `EXTRACT(EPOCH FROM t)` it does not.
    query: bool,
    /// Within a list of tables: a comma brings the next one.
    list: bool,
    /// A table comes next.
    expects: bool,
}

const QUERY: &[&str] = &["SELECT", "WITH", "VALUES"];
const WRITES: &[&str] = &["INSERT", "UPDATE", "DELETE", "MERGE"];

/// Words that end a list of tables.
const ENDS: &[&str] = &[
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "SET",
    "SELECT",
    "VALUES",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "RETURNING",
    "WINDOW",
    "FOR",
];

/// Words that may follow a table and are no name for it; those of [`ENDS`] are none either.
const NO_ALIAS: &[&str] = &[
    "ON",
    "USING",
    "JOIN",
    "INNER",
    "LEFT",
    "RIGHT",
    "FULL",
    "OUTER",
    "CROSS",
    "NATURAL",
    "STRAIGHT_JOIN",
    "USE",
    "FORCE",
    "IGNORE",
    "PARTITION",
    "TABLESAMPLE",
    "LOCK",
    "AS",
];

/// Columns that every table has without naming them.
const HIDDEN: &[&str] = &[
    "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid", "rowid",
];

pub(super) fn sources(
    engine: Engine,
    words: &[Word],
    start: Start,
    named: &BTreeSet<String>,
) -> Sources {
    let mut look = Look {
        engine,
        words,
        items: Vec::new(),
        whole: true,
    };
    look.go(start);
    look.items
        .retain(|item| !named.contains(&item.table.to_lowercase()) && !made(engine, &item.table));
    Sources {
        touches: look.touches(named),
        whole: look.whole,
    }
}

/// The names that WITH gives to queries, in lower case.
pub(super) fn named_queries(words: &[Word]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if !words.iter().any(|word| word.is("WITH")) {
        return names;
    }
    for (at, word) in words.iter().enumerate() {
        let open = words[at + 1..]
            .iter()
            .position(|word| !word.is_any(&["NOT", "MATERIALIZED"]));
        let opens = word.is("AS") && open.is_some_and(|o| words[at + 1 + o] == Word::Sign('('));
        if !opens {
            continue;
        }
        // `name (a, b) AS (`
        let mut before = at;
        if before > 0 && words[before - 1] == Word::Sign(')') {
            before = words[..before]
                .iter()
                .rposition(|word| *word == Word::Sign('('))
                .unwrap_or(0);
        }
        if let Some(Word::Plain(name) | Word::Quoted(name)) = words[..before].last() {
            names.insert(name.to_lowercase());
        }
    }
    names
}

/// Tables that the engine has, or that OpenMetadata's workflow engine makes by itself when the
/// server runs.
fn made(engine: Engine, table: &str) -> bool {
    let name = table.to_lowercase();
    let own: &[&str] = match engine {
        Engine::Postgres => &["pg_"],
        Engine::Mysql => &[],
        Engine::Sqlite => &["sqlite_"],
    };
    let dual = engine == Engine::Mysql && name == "dual";
    dual || own
        .iter()
        .chain(&["act_", "flw_"])
        .any(|first| name.starts_with(first))
}

struct Look<'a> {
    engine: Engine,
    words: &'a [Word],
    items: Vec<Item>,
    whole: bool,
}

impl Look<'_> {
    fn word(&self, at: usize) -> Option<&Word> {
        self.words.get(at)
    }

    fn is(&self, at: usize, keyword: &str) -> bool {
        self.word(at).is_some_and(|word| word.is(keyword))
    }

    fn is_any(&self, at: usize, keywords: &[&str]) -> bool {
        self.word(at).is_some_and(|word| word.is_any(keywords))
    }

    fn sign(&self, at: usize, sign: char) -> bool {
        self.word(at) == Some(&Word::Sign(sign))
    }

    fn after(&self, at: usize, sign: char) -> bool {
        at > 0 && self.sign(at - 1, sign)
    }

    fn cursor(&self, at: usize) -> Cursor<'_> {
        Cursor {
            engine: self.engine,
            words: self.words.get(at..).unwrap_or_default(),
        }
    }

    fn go(&mut self, start: Start) {
        let tables = start == Start::Tables;
        let mut levels = vec![Level {
            query: true,
            list: tables,
            expects: tables,
        }];
        for at in 0..self.words.len() {
            let bottom = levels.len() == 1;
            let Some(level) = levels.last_mut() else {
                break;
            };
            let word = &self.words[at];
            if self.after(at, '.') {
                continue;
            }
            if level.expects {
                if word.is_any(&["LATERAL", "ONLY"]) {
                    continue;
                }
                level.expects = false;
                if *word == Word::Sign('(') {
                    let query = self.is_any(at + 1, QUERY);
                    levels.push(Level {
                        query: true,
                        list: !query,
                        expects: !query,
                    });
                } else {
                    self.item(at);
                }
                continue;
            }
            match word {
                Word::Sign('(') => {
                    let writes = self.is_any(at + 1, WRITES);
                    self.whole &= !writes;
                    levels.push(Level {
                        query: writes || self.is_any(at + 1, QUERY),
                        list: false,
                        expects: false,
                    });
                }
                Word::Sign(')') if bottom => self.whole = false,
                Word::Sign(')') => {
                    levels.pop();
                }
                Word::Sign(',') => level.expects = level.list,
                Word::Plain(_) if level.query => {
                    let distinct = at > 1
                        && self.is(at - 1, "DISTINCT")
                        && self.is_any(at - 2, &["IS", "NOT"]);
                    let using = word.is("USING")
                        && bottom
                        && start == Start::Delete
                        && (!self.sign(at + 1, '(') || self.is_any(at + 2, QUERY));
                    if using
                        || (word.is("FROM") && !distinct)
                        || word.is_any(&["JOIN", "STRAIGHT_JOIN"])
                    {
                        level.list = true;
                        level.expects = true;
                    } else if word.is_any(ENDS)
                        || (word.is("ON") && self.is_any(at + 1, &["CONFLICT", "DUPLICATE"]))
                    {
                        level.list = false;
                    }
                }
                Word::Plain(_) | Word::Quoted(_) | Word::Text | Word::Sign(_) => {}
            }
        }
        self.whole &= levels.len() == 1;
    }

    /// The table that stands here, if it is one.
    fn item(&mut self, at: usize) {
        let keyword = self.is_any(at, ENDS) || self.is_any(at, NO_ALIAS) || self.is_any(at, QUERY);
        let place = match (&self.words[at], self.word(at + 1)) {
            (Word::Plain(_) | Word::Quoted(_), Some(Word::Sign('('))) if !keyword => return,
            (Word::Plain(name) | Word::Quoted(name), Some(Word::Sign('.'))) => {
                let catalog = ["information_schema", "pg_catalog", "performance_schema"];
                self.whole &= catalog.iter().any(|one| name.eq_ignore_ascii_case(one));
                return;
            }
            _ => self.cursor(at).table().filter(|_| !keyword),
        };
        let Some(table) = place else {
            self.whole = false;
            return;
        };
        let alias = if self.is(at + 1, "AS") {
            at + 2
        } else {
            at + 1
        };
        let other = self.is_any(alias, ENDS) || self.is_any(alias, NO_ALIAS);
        let (called, at) = match self.cursor(alias).name().filter(|_| !other) {
            Some(called) => (called, alias),
            None => (table.clone(), at),
        };
        self.items.push(Item {
            table,
            called: called.to_lowercase(),
            at,
        });
    }

    /// Each table, with the columns that certainly belong to it.
    fn touches(&self, named: &BTreeSet<String>) -> Vec<Touch> {
        let mut tables: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for item in &self.items {
            tables.entry(&item.table).or_default();
        }
        for at in 0..self.words.len() {
            let pair = self.sign(at + 1, '.')
                && !self.after(at, '.')
                && !self.sign(at + 3, '.')
                && !self.sign(at + 3, '(');
            if !pair {
                continue;
            }
            let called = match &self.words[at] {
                Word::Plain(name) | Word::Quoted(name) => name.to_lowercase(),
                Word::Text | Word::Sign(_) => continue,
            };
            let (Some(table), Some(column)) =
                (self.certain(&called, named), self.cursor(at + 2).name())
            else {
                continue;
            };
            if let Some(columns) = tables.get_mut(table)
                && !HIDDEN.contains(&column.as_str())
                && !columns.contains(&column)
            {
                columns.push(column);
            }
        }
        tables
            .into_iter()
            .map(|(table, columns)| Touch::Uses {
                table: table.to_string(),
                columns,
            })
            .collect()
    }

    /// The table that is called so, where the name stands for one table only: every place where it
    /// stands by itself is in a list of tables and means that one.
    fn certain(&self, called: &str, named: &BTreeSet<String>) -> Option<&str> {
        if named.contains(called) {
            return None;
        }
        let of: Vec<&Item> = self.items.iter().filter(|i| i.called == called).collect();
        let first = of.first()?;
        let alone = (0..self.words.len()).filter(|at| {
            let is = match &self.words[*at] {
                Word::Plain(name) | Word::Quoted(name) => name.to_lowercase() == called,
                Word::Text | Word::Sign(_) => false,
            };
            is && !self.after(*at, '.') && !self.sign(at + 1, '.')
        });
        let mut places = 0;
        for at in alone {
            places += 1;
            of.iter().find(|item| item.at == at)?;
        }
        let one = of.iter().all(|item| item.table == first.table) && places == of.len();
        one.then_some(first.table.as_str())
    }
}
