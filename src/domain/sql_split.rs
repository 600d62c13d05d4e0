//! Cuts a migration file into statements as OpenMetadata's parser (Flyway's) does. Knows quotes,
//! dollar quotes, comments, parentheses and SQLite's trigger bodies; knows no other grammar.
//!
//! MySQL differs: a backslash protects the next character in both kinds of quotes, names stand in
//! backticks, `#` begins a comment and `--` only before a blank, `/*!` holds code, and a dollar is a
//! letter (MySQL manual, "Comments" and "String Literals").

use super::names::Engine;

/// What becomes of comments that stand before a statement: part of its text, or not.
///
/// Flyway changed its mind about it, and the logged checksum is of the text; which rule a database
/// was written with is found by trying them on statements that are known to have run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadingComments {
    /// Flyway 10 and newer: all of them belong to the statement.
    Kept,
    /// Flyway 6 to 9: those that no blank line separates from the statement.
    Attached,
    /// None of them.
    Dropped,
}

impl LeadingComments {
    pub const ALL: [LeadingComments; 3] = [
        LeadingComments::Kept,
        LeadingComments::Attached,
        LeadingComments::Dropped,
    ];
}

/// The statements of a file in their order, trimmed, without the semicolon that ends each; empty
/// ones vanish.
pub fn split(engine: Engine, text: &str, comments: LeadingComments) -> Vec<String> {
    let mut statements = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    while !rest.is_empty() {
        let body = skip_comments(engine, rest);
        let lead = &rest[..rest.len() - body.len()];
        let end = statement_end(engine, body);
        let from = lead.len() - kept(engine, lead, comments).len();
        let whole = &rest[from..lead.len() + end];
        if !body[..end].trim().is_empty() {
            statements.push(whole.trim().to_owned());
        }
        let tail = &body[end..];
        rest = tail.strip_prefix(';').unwrap_or(tail);
    }
    statements
}

/// The part of the text before a statement that belongs to it.
fn kept(engine: Engine, lead: &str, comments: LeadingComments) -> &str {
    match comments {
        LeadingComments::Kept => lead,
        LeadingComments::Dropped => &lead[lead.len()..],
        LeadingComments::Attached => {
            // From the last run of blanks that holds two line ends; blanks inside a comment are
            // not such a run, so walk comment by comment.
            let mut rest = lead;
            let mut start = 0;
            loop {
                let blank = rest.len() - rest.trim_start().len();
                if rest[..blank].matches('\n').count() >= 2 {
                    start = lead.len() - rest.len() + blank;
                }
                rest = &rest[blank..];
                match comment_length(engine, rest) {
                    // The line end of a `--` comment is part of the blanks that follow it.
                    Some(length) => rest = &rest[length..],
                    None => return &lead[start..],
                }
            }
        }
    }
}

fn skip_comments(engine: Engine, text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(length) = comment_length(engine, rest) {
        rest = rest[length..].trim_start();
    }
    rest
}

/// The length of the comment that the text begins with, its line end not included.
fn comment_length(engine: Engine, text: &str) -> Option<usize> {
    let mysql = engine == Engine::Mysql;
    let dashes = text.strip_prefix("--").is_some_and(|rest| {
        !mysql || rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c.is_control())
    });
    if dashes || (mysql && text.starts_with('#')) {
        Some(text.find('\n').unwrap_or(text.len()))
    } else if mysql && text.starts_with("/*!") {
        None
    } else {
        let inside = text.strip_prefix("/*")?;
        Some(2 + length_to(inside, "*/"))
    }
}

/// The byte offset of the semicolon that ends the first statement, or the text's length.
fn statement_end(engine: Engine, text: &str) -> usize {
    let mysql = engine == Engine::Mysql;
    let has_body = is_trigger_with_body(text);
    let mut at = 0;
    let mut depth = 0_usize;
    let mut escapes = false;
    while let Some(tail) = text.get(at..).filter(|tail| !tail.is_empty()) {
        let first = tail.as_bytes()[0];
        let skip = match first {
            b'\'' if escapes || mysql => 1 + length_of_escaped(&tail[1..], '\''),
            b'"' if mysql => 1 + length_of_escaped(&tail[1..], '"'),
            b'`' if mysql => 1 + length_to(&tail[1..], "`"),
            b'#' if mysql => comment_length(engine, tail).unwrap_or(1),
            b'\'' => 1 + length_to(&tail[1..], "'"),
            b'"' => 1 + length_to(&tail[1..], "\""),
            b'-' | b'/' => comment_length(engine, tail).unwrap_or(1),
            b'$' if !mysql => match dollar_tag(tail) {
                Some(tag) => tag.len() + length_to(&tail[tag.len()..], tag),
                None => 1,
            },
            b'(' => {
                depth += 1;
                1
            }
            b')' => {
                depth = depth.saturating_sub(1);
                1
            }
            b';' if depth == 0 && (!has_body || ends_with_word(&text[..at], "END")) => return at,
            _ => tail.chars().next().map_or(1, char::len_utf8),
        };
        escapes = (first == b'E' || first == b'e')
            && tail[1..].starts_with('\'')
            && !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        at += skip;
    }
    text.len()
}

fn length_to(text: &str, end: &str) -> usize {
    text.find(end).map_or(text.len(), |at| at + end.len())
}

/// The rest of a literal in which a backslash protects the next character: `E'...'`, and MySQL's.
fn length_of_escaped(text: &str, mark: char) -> usize {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            letter if letter == mark => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn dollar_tag(text: &str) -> Option<&str> {
    let close = text[1..].find('$')? + 1;
    text[1..close]
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_')
        .then(|| &text[..=close])
}

/// SQLite writes a trigger as `CREATE TRIGGER ... BEGIN ...; ...; END;`, PostgreSQL names a function.
fn is_trigger_with_body(text: &str) -> bool {
    let mut words = text.split_whitespace().map(str::to_ascii_uppercase);
    words.next().as_deref() == Some("CREATE")
        && words.next().as_deref() == Some("TRIGGER")
        && !text[..text.find(';').unwrap_or(text.len())]
            .to_ascii_uppercase()
            .contains("EXECUTE FUNCTION")
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.split_whitespace()
        .next_back()
        .is_some_and(|last| last.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::{Engine, LeadingComments, split};
    use proptest::prelude::*;

    #[test]
    fn quotes_comments_and_dollar_quotes_hide_semicolons() {
        let text = "-- first; comment\nSELECT ';', \"a;b\" -- tail; here\n;\n/* x; */ \
                    CREATE FUNCTION f() AS $body$ a; b; $body$ LANGUAGE sql;;\nSELECT 'it''s;é';\
                    SELECT E'a\\';b'; SELECT (1;2)";
        let statements = split(Engine::Postgres, text, LeadingComments::Dropped);
        assert_eq!(
            statements,
            [
                "SELECT ';', \"a;b\" -- tail; here",
                "CREATE FUNCTION f() AS $body$ a; b; $body$ LANGUAGE sql",
                "SELECT 'it''s;é'",
                "SELECT E'a\\';b'",
                "SELECT (1;2)",
            ]
        );
    }

    #[test]
    fn mysqls_own_quotes_and_comments_hide_semicolons() {
        let text = "# first; comment\nUPDATE `a;b` SET j = 'it\\'s; one' WHERE x = \"\\\";\";\n\
                    SELECT 1--1; SELECT '$a$'; /*!50003 SELECT 2 */; -- end; of it\n";
        assert_eq!(
            split(Engine::Mysql, text, LeadingComments::Dropped),
            [
                "UPDATE `a;b` SET j = 'it\\'s; one' WHERE x = \"\\\";\"",
                "SELECT 1--1",
                "SELECT '$a$'",
                "/*!50003 SELECT 2 */",
            ]
        );
    }

    #[test]
    fn comments_before_a_statement_follow_the_rule() {
        let text = "-- licence\n\n-- why\n/* how */ SELECT 1;\n\n-- only a comment\n";
        let with = |rule| split(Engine::Postgres, text, rule);
        assert_eq!(
            with(LeadingComments::Kept),
            ["-- licence\n\n-- why\n/* how */ SELECT 1"]
        );
        assert_eq!(
            with(LeadingComments::Attached),
            ["-- why\n/* how */ SELECT 1"]
        );
        assert_eq!(with(LeadingComments::Dropped), ["SELECT 1"]);
    }

    #[test]
    fn a_trigger_body_is_one_statement() {
        let text = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = 1; DELETE FROM b; \
                    END;\nSELECT 1;";
        assert_eq!(
            split(Engine::Postgres, text, LeadingComments::Kept).len(),
            2
        );
        let text = "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f(); \
                    SELECT 1;";
        assert_eq!(
            split(Engine::Postgres, text, LeadingComments::Kept).len(),
            2
        );
    }

    proptest! {
        #[test]
        fn any_text_is_cut_without_a_panic(text in "[-;'\"$/*()\\\\ \n#`!Eaé\u{feff}]{0,60}") {
            for engine in [Engine::Postgres, Engine::Mysql, Engine::Sqlite] {
                for rule in LeadingComments::ALL {
                    for statement in split(engine, &text, rule) {
                        prop_assert!(!statement.is_empty());
                        prop_assert!(text.contains(&statement));
                    }
                }
            }
        }
    }
}
