//! Cuts a migration file into its statements and gives each the checksum it is logged under.
//!
//! Knows quotes, dollar quotes, comments and the bodies of triggers and routines; knows no other
//! grammar.

use md5::{Digest as _, Md5};

use super::dialect::Dialect;

/// Splits at the semicolons that end statements. Comments before a statement are dropped, those
/// inside it stay; empty statements vanish.
pub fn split(text: &str, dialect: Dialect) -> Vec<String> {
    let mut statements = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let rest_after_blank = skip_blank(rest, dialect);
        let end = statement_end(rest_after_blank, dialect);
        let (statement, tail) = rest_after_blank.split_at(end);
        let statement = statement.trim();
        if !statement.is_empty() {
            statements.push(statement.to_owned());
        }
        rest = tail.strip_prefix(';').unwrap_or(tail);
    }
    statements
}

/// The key of a statement in SERVER_MIGRATION_SQL_LOGS: MD5 of its text, in hex.
pub fn checksum(statement: &str) -> String {
    Md5::digest(statement.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn skip_blank(text: &str, dialect: Dialect) -> &str {
    let mut rest = text.trim_start();
    while let Some(length) = comment_length(rest, dialect) {
        rest = rest[length..].trim_start();
    }
    rest
}

/// The length of the comment that the text begins with. MySQL wants a blank behind `--` and has `#`
/// too; its `/*! ... */` is a statement.
fn comment_length(text: &str, dialect: Dialect) -> Option<usize> {
    let to_line_end = || Some(text.find('\n').unwrap_or(text.len()));
    match dialect {
        Dialect::Mysql if text.starts_with('#') => return to_line_end(),
        Dialect::Mysql if text.starts_with("/*!") => return None,
        Dialect::Mysql if text.starts_with("--") => {
            let blank = text[2..].chars().next();
            return blank.is_none_or(char::is_whitespace).then(to_line_end)?;
        }
        Dialect::Postgres | Dialect::Mysql | Dialect::Sqlite => {}
    }
    if text.starts_with("--") {
        to_line_end()
    } else {
        let inside = text.strip_prefix("/*")?;
        Some(2 + length_to(inside, "*/"))
    }
}

/// The byte offset of the semicolon that ends the first statement, or the text's length.
fn statement_end(text: &str, dialect: Dialect) -> usize {
    let mut has_body = has_body(text, dialect);
    let creates = is_word_at(text, 0, "CREATE");
    let mysql = dialect == Dialect::Mysql;
    let mut at = 0;
    while let Some(tail) = text.get(at..).filter(|tail| !tail.is_empty()) {
        let comment = comment_length(tail, dialect);
        has_body |= mysql && creates && is_word_at(text, at, "BEGIN");
        let skip = match (tail.as_bytes()[0], comment) {
            (_, Some(length)) => length,
            (b'/', None) if tail.starts_with("/*") => 2 + length_to(&tail[2..], "*/"),
            (quote @ (b'\'' | b'"'), None) if mysql => 1 + length_of_escaped(&tail[1..], quote),
            (b'\'', None) => 1 + length_to(&tail[1..], "'"),
            (b'"', None) => 1 + length_to(&tail[1..], "\""),
            (b'`', None) if mysql => 1 + length_to(&tail[1..], "`"),
            (b'$', None) if !mysql => match dollar_tag(tail) {
                Some(tag) => tag.len() + length_to(&tail[tag.len()..], tag),
                None => 1,
            },
            (b';', None) if !has_body || ends_with_word(&text[..at], "END") => return at,
            (_, None) => tail.chars().next().map_or(1, char::len_utf8),
        };
        at += skip;
    }
    text.len()
}

/// The rest of a literal in which a backslash protects the next character.
fn length_of_escaped(text: &str, quote: u8) -> usize {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == char::from(quote) {
            return at + 1;
        }
    }
    text.len()
}

fn length_to(text: &str, end: &str) -> usize {
    text.find(end).map_or(text.len(), |at| at + end.len())
}

fn dollar_tag(text: &str) -> Option<&str> {
    let close = text[1..].find('$')? + 1;
    text[1..close]
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_')
        .then(|| &text[..=close])
}

/// Whether semicolons up to an `END` belong to the statement: SQLite writes a trigger so. PostgreSQL
/// names a function or quotes the body; on MySQL it is seen when its `BEGIN` comes.
fn has_body(text: &str, dialect: Dialect) -> bool {
    let mut words = text.split_whitespace();
    match dialect {
        Dialect::Postgres | Dialect::Mysql => false,
        Dialect::Sqlite => ["CREATE", "TRIGGER"].iter().all(|wanted| {
            words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case(wanted))
        }),
    }
}

fn is_word_at(text: &str, at: usize, word: &str) -> bool {
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.get(at..at + word.len())
        .is_some_and(|found| found.eq_ignore_ascii_case(word))
        && !text[..at].ends_with(inside)
        && !text[at + word.len()..].starts_with(inside)
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.split_whitespace()
        .next_back()
        .is_some_and(|last| last.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::{Dialect, checksum, split};

    #[test]
    fn quotes_comments_and_dollar_quotes_hide_semicolons() {
        let text = "-- first; comment\nSELECT ';', \"a;b\" -- tail; here\n;\n/* x; */ \
                    CREATE FUNCTION f() AS $body$ a; b; $body$ LANGUAGE sql;;\nSELECT 'it''s;é'";
        let statements = split(text, Dialect::Postgres);
        assert_eq!(statements.len(), 3, "{statements:#?}");
        assert!(statements[0].starts_with("SELECT ';'"));
        assert!(statements[1].ends_with("LANGUAGE sql"));
        assert_eq!(statements[2], "SELECT 'it''s;é'");
    }

    #[test]
    fn a_backslash_protects_a_quote_on_mysql_only() {
        let text = r"SELECT 'a\\'; SELECT 'b\';c'; SELECT 'd'";
        assert_eq!(
            split(text, Dialect::Mysql),
            [r"SELECT 'a\\'", r"SELECT 'b\';c'", "SELECT 'd'"]
        );
        assert_eq!(
            split(text, Dialect::Postgres)[1..],
            [r"SELECT 'b\'", "c'; SELECT 'd'"]
        );
    }

    #[test]
    fn mysql_has_its_own_comments_and_names() {
        let text = "# a; b\nSELECT 1 # c; d\n--;\n, `e;``f`, 2--1, \"g\\\";h\";\n\
                    /*!40101 SET a = 1 */; -- end;\n/* x; */ SELECT $$;$$";
        assert_eq!(
            split(text, Dialect::Mysql),
            [
                "SELECT 1 # c; d\n--",
                ", `e;``f`, 2--1, \"g\\\";h\"",
                "/*!40101 SET a = 1 */",
                "SELECT $$",
                "$$"
            ]
        );
    }

    #[test]
    fn a_body_is_one_statement() {
        let text = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = 1; DELETE FROM b; \
                    END;\nSELECT 1;";
        assert_eq!(split(text, Dialect::Sqlite).len(), 2);
        let text = "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f(); \
                    SELECT 1;";
        assert_eq!(split(text, Dialect::Postgres).len(), 2);
        let text = "CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW BEGIN IF NEW.b IS NULL THEN \
                    SET NEW.b = 1; END IF; END;\nCREATE TRIGGER u BEFORE INSERT ON a FOR EACH ROW \
                    SET NEW.b = 'BEGIN';\nCREATE PROCEDURE p() COMMENT 'a;b' begin SELECT 1; end;\n\
                    SELECT 1;";
        assert_eq!(split(text, Dialect::Mysql).len(), 4);
    }

    #[test]
    fn the_checksum_is_md5_in_hex() {
        assert_eq!(checksum("abc"), "900150983cd24fb0d6963f7d28e17f72");
    }
}
