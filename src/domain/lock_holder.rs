//! Somebody who holds locks that a change of a table has to wait for, as a person has to see it.

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;
use super::survey::Session;

/// Characters of a statement that are shown.
const QUERY: usize = 160;

/// A session, or a prepared transaction, with what it holds in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// `pid` 0: a prepared transaction of PostgreSQL, which has no session any more.
    pub session: Session,
    /// Seconds since its transaction began, else since it did anything; `None`: hidden.
    pub seconds: Option<u64>,
    /// Names of tables, and what else it holds.
    pub holds: Vec<CleanText>,
    /// Seconds that a session of our migration has waited for it; `None`: none waits.
    pub waited_seconds: Option<u64>,
}

impl LockHolder {
    /// `a lock on a_table held by connection 123, user 'x' from 10.0.0.7 ('app'), 12 min old: SELECT ...`
    pub fn words(&self) -> String {
        let session = &self.session;
        let what = match self.holds.as_slice() {
            [] => "something".to_string(),
            [one] => one.to_string(),
            [one, rest @ ..] => format!("{one} and {} more", rest.len()),
        };
        let age = self.seconds.map_or("age not known".to_string(), |seconds| {
            format!("{} old", age(seconds))
        });
        if session.pid == 0 {
            return format!("a lock on {what} held by a prepared transaction, {age}");
        }
        let query = without_literals(session.query.as_str());
        format!(
            "a lock on {what} held by connection {}, user '{}' from {} ('{}', {}), {age}: {}",
            session.pid,
            session.user,
            session.address,
            session.application,
            session.state,
            CleanText::limited(&query, QUERY)
        )
    }
}

/// An age in words.
pub fn age(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        (_, _, _) => format!("{days} d {} h", hours % 24),
    }
}

/// A statement without the texts in it: they may be anybody's secrets, and say little about who it is.
/// Where the engines disagree about what ends a text, the rest is left out.
pub fn without_literals(sql: &str) -> String {
    let mut out = String::new();
    let mut letters = sql.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        match letter {
            '\'' | '"' => {
                out.extend([letter, '?', letter]);
                loop {
                    match letters.next() {
                        Some('\\') => return out + " …",
                        // Doubled, it belongs to the text.
                        Some(end) if end == letter && letters.peek() == Some(&letter) => {
                            letters.next();
                        }
                        Some(end) if end == letter => break,
                        Some(_) => {}
                        None => return out,
                    }
                }
            }
            '$' if next.is_some_and(|next| next == '$' || next.is_alphabetic()) => {
                return out + "…";
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{LockHolder, without_literals};
    use crate::domain::survey::Session;

    #[test]
    fn texts_in_a_statement_are_not_shown() {
        assert_eq!(
            without_literals("update t set a = 'it''s x', b = \"y\" where c = $1"),
            "update t set a = '?', b = \"?\" where c = $1"
        );
        assert_eq!(without_literals("select 'cut off"), "select '?'");
        // An escape in MySQL, two plain letters in PostgreSQL.
        assert_eq!(without_literals("select 'a\\', 'secret'"), "select '?' …");
        assert_eq!(without_literals("do $$ secret $$"), "do …");
    }

    #[test]
    fn who_holds_what_for_how_long() {
        let mut holder = LockHolder {
            session: Session {
                pid: 123,
                user: "bob".into(),
                address: "10.0.0.7:4711".into(),
                application: "mysql".into(),
                state: "Sleep".into(),
                transaction_seconds: Some(725),
                query: "select * from query_entity where name = 'secret'".into(),
                ours: false,
            },
            seconds: Some(725),
            holds: vec!["query_entity".into(), "table_entity".into()],
            waited_seconds: Some(3),
        };
        assert_eq!(
            holder.words(),
            "a lock on query_entity and 1 more held by connection 123, user 'bob' from 10.0.0.7:4711 ('mysql', Sleep), \
             12 min 5 s old: select * from query_entity where name = '?'"
        );
        holder.session.pid = 0;
        holder.seconds = None;
        assert_eq!(
            holder.words(),
            "a lock on query_entity and 1 more held by a prepared transaction, age not known"
        );
    }
}
