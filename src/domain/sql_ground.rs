//! What the pending statements ask of the database before they run: can its log keep them, does it
//! have the functions that they call, are the tables as they expect.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::migration::PendingWork;
use super::names::Engine;
use super::schema_touch::{Reading, SchemaShape, Touch};

/// What is to be found out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SqlQuestion {
    /// Every character beyond ASCII in any statement, once.
    pub letters: String,
    /// Functions that some servers do not have, as they are called there.
    pub calls: BTreeSet<String>,
    /// Tables by the names that the statements use.
    pub tables: BTreeSet<String>,
}

/// What the database says to it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SqlGround {
    /// The column that keeps the statements; `None` where there is no log table yet.
    pub log: Option<LogColumn>,
    /// Which of the functions the server does not have, with its own words.
    pub missing: BTreeMap<String, String>,
    pub schema: SchemaShape,
}

/// The column `sqlStatement` of `SERVER_MIGRATION_SQL_LOGS`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogColumn {
    /// As the engine calls it, `latin1`, `UTF8`.
    pub charset: String,
    /// The most characters of a statement; `None` where there is no limit.
    pub longest: Option<u64>,
    /// Those of the letters that it cannot keep.
    pub lost: String,
}

/// Functions that MySQL took out of the server in 9.6: they are there only with a component.
///
/// Source: <https://dev.mysql.com/doc/refman/9.6/en/legacy-hashing-component.html>
const LEFT_MYSQL: [&str; 3] = ["MD5", "SHA1", "SHA"];

/// The functions in question that a statement calls, in upper case.
pub fn calls(engine: Engine, statement: &str) -> Vec<String> {
    match engine {
        Engine::Mysql => {}
        Engine::Postgres | Engine::Sqlite => return Vec::new(),
    }
    let upper = statement.to_ascii_uppercase();
    LEFT_MYSQL
        .into_iter()
        .filter(|name| called(&upper, name))
        .map(str::to_string)
        .collect()
}

/// True where the name stands as a word with a parenthesis after it. One inside of a text or a
/// comment counts too: that is a question too many, never one too few.
fn called(statement: &str, name: &str) -> bool {
    statement.match_indices(name).any(|(at, _)| {
        let before = statement[..at].chars().next_back();
        let inside = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        !inside && statement[at + name.len()..].trim_start().starts_with('(')
    })
}

/// The characters beyond ASCII of a statement, each once, in their order.
pub fn letters(statement: &str) -> String {
    let mut seen = BTreeSet::new();
    statement
        .chars()
        .filter(|c| !c.is_ascii() && seen.insert(*c))
        .collect()
}

impl SqlQuestion {
    /// Everything that the pending work asks.
    pub fn of(work: &PendingWork) -> Self {
        let mut question = Self::default();
        for statement in work.versions.iter().flat_map(|version| &version.statements) {
            let needs = &statement.needs;
            for letter in needs.letters.chars() {
                if !question.letters.contains(letter) {
                    question.letters.push(letter);
                }
            }
            question.calls.extend(needs.calls.iter().cloned());
            match &needs.reading {
                Reading::Read { touches, .. } => {
                    for touch in touches {
                        question.tables.extend(touch.table().map(str::to_string));
                        if let Touch::RenamesTable { to, .. } = touch {
                            question.tables.insert(to.clone());
                        }
                    }
                }
                Reading::NotRead { mentions } => question.tables.extend(mentions.iter().cloned()),
            }
        }
        question
    }
}

#[cfg(test)]
mod tests {
    use super::{calls, letters};
    use crate::domain::names::Engine;

    #[test]
    fn functions_are_found_as_words_with_their_parenthesis() {
        let found = |text: &str| calls(Engine::Mysql, text).join(" ");
        assert_eq!(found("UPDATE t SET h = md5 (name)"), "MD5");
        assert_eq!(found("SELECT SHA(a), Sha1(b)"), "SHA1 SHA");
        assert_eq!(found("SELECT my_md5(a), md5 FROM t WHERE SHA2(a, 256)"), "");
        assert!(calls(Engine::Postgres, "SELECT md5(a)").is_empty());
    }

    #[test]
    fn letters_beyond_ascii_stand_once() {
        assert_eq!(letters("-- Ärger: “ä” – ä"), "Ä“ä”–");
        assert_eq!(letters("plain"), "");
    }
}
