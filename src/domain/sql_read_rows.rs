//! Statements about rows, `INSERT`, `UPDATE` and `DELETE`, for [`super::sql_read`]: the table that
//! they write with the columns that they name, and what they read ([`super::sql_sources`]).

use std::collections::BTreeSet;

use super::names::Engine;
use super::schema_touch::Touch;
use super::sql_read::{Cursor, Read, parts, uses};
use super::sql_sources::{Sources, Start, named_queries, sources};
use super::sql_words::Word;

const VERBS: &[&str] = &["UPDATE", "INSERT", "REPLACE", "DELETE"];

pub(super) fn rows(at: &mut Cursor<'_>) -> Option<Read> {
    let named = named_queries(at.words);
    let mut before = Sources {
        whole: true,
        ..Sources::default()
    };
    if at.words.first()?.is("WITH") {
        let verb = outside(at.words, VERBS);
        let (with, rest) = at.words.split_at(verb);
        before = sources(at.engine, with, Start::Elsewhere, &named);
        at.words = rest;
    }
    let mut read = match at.take_any(VERBS)? {
        "UPDATE" => update(at, &named)?,
        "DELETE" => delete(at, &named)?,
        _ => insert(at, &named)?,
    };
    read.partly |= !before.whole;
    let target = read.touches.len().min(1);
    read.touches.splice(target..target, before.touches);
    Some(read)
}

/// The table that is written, then what is read.
fn read(target: Option<Touch>, sources: Sources) -> Option<Read> {
    let mut touches: Vec<Touch> = target.into_iter().collect();
    touches.extend(sources.touches);
    (!touches.is_empty()).then_some(Read {
        touches,
        partly: !sources.whole,
    })
}

fn delete(at: &mut Cursor<'_>, named: &BTreeSet<String>) -> Option<Read> {
    at.take_any(&["LOW_PRIORITY"]);
    at.take("QUICK");
    at.take("IGNORE");
    let from = at.words;
    if !at.take("FROM") {
        // `DELETE a, b FROM ...`
        let mysql = at.engine == Engine::Mysql;
        let from = outside(at.words, &["FROM"]);
        let rest = at.words.get(from..).filter(|_| mysql)?;
        return read(None, sources(at.engine, rest, Start::Elsewhere, named));
    }
    at.take("ONLY");
    let table = at.table()?;
    // `DELETE FROM a, b USING` is of several tables.
    if at.sign_is(',') {
        return None;
    }
    let sources = sources(at.engine, from, Start::Delete, named);
    read(Some(uses(table)), sources)
}

fn update(at: &mut Cursor<'_>, named: &BTreeSet<String>) -> Option<Read> {
    at.take_any(&["LOW_PRIORITY"]);
    at.take_any(&["IGNORE", "ONLY"]);
    let sources = sources(at.engine, at.words, Start::Tables, named);
    let table = at.table()?;
    if !at.words.first()?.is("SET") {
        // An alias; anything else is of several tables.
        let mut one = *at;
        one.take("AS");
        if one.name().is_none() || !one.words.first()?.is("SET") {
            return read(None, sources).filter(|_| at.engine == Engine::Mysql);
        }
        *at = one;
    }
    at.take("SET").then_some(())?;
    let end = outside(at.words, &["WHERE", "FROM", "ORDER", "LIMIT", "RETURNING"]);
    let columns = assigned(at.engine, &at.words[..end])?;
    read(Some(Touch::Uses { table, columns }), sources)
}

/// The columns that stand left in `a = 1, b = 2`.
fn assigned(engine: Engine, words: &[Word]) -> Option<Vec<String>> {
    let mut columns = Vec::new();
    for part in parts(words) {
        let mut part = Cursor {
            engine,
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
    Some(columns)
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

fn insert(at: &mut Cursor<'_>, named: &BTreeSet<String>) -> Option<Read> {
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
    let query = |word: Option<&Word>| word.is_some_and(|word| word.is_any(&["SELECT", "WITH"]));
    // `INSERT INTO t (SELECT ...)` names no columns.
    if !(at.sign_is('(') && query(at.words.get(1))) {
        for element in at.list().into_iter().flatten() {
            columns.push(plain(at.engine, element)?);
        }
    }
    let sources = sources(at.engine, at.words, Start::Elsewhere, named);
    for column in conflict(at) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    read(Some(Touch::Uses { table, columns }), sources)
}

/// The columns that the end of an `INSERT` names: those that may not come twice, and those that are
/// written where they do. None where they do not stand there as plain names.
fn conflict(at: &Cursor<'_>) -> Vec<String> {
    let ends = |pair: &[Word]| pair[0].is("ON") && pair[1].is_any(&["DUPLICATE", "CONFLICT"]);
    let Some(on) = at.words.windows(2).position(ends) else {
        return Vec::new();
    };
    let mut at = Cursor {
        engine: at.engine,
        words: &at.words[on..],
    };
    if at.take_all(&["ON", "DUPLICATE", "KEY", "UPDATE"]) {
        return assigned(at.engine, at.words).unwrap_or_default();
    }
    if !at.take_all(&["ON", "CONFLICT"]) {
        return Vec::new();
    }
    let all = at.list().unwrap_or_default();
    let keys: Option<Vec<String>> = all.into_iter().map(|e| plain(at.engine, e)).collect();
    let mut columns = keys.unwrap_or_default();
    at.words = &at.words[outside(at.words, &["DO"])..];
    if at.take_all(&["DO", "UPDATE", "SET"]) {
        let end = outside(at.words, &["WHERE", "RETURNING"]);
        columns.extend(assigned(at.engine, &at.words[..end]).unwrap_or_default());
    }
    columns
}

/// A name that stands alone.
fn plain(engine: Engine, words: &[Word]) -> Option<String> {
    match words {
        [Word::Plain(_) | Word::Quoted(_)] => Cursor { engine, words }.name(),
        _ => None,
    }
}
