//! Cuts a migration file into its statements and gives each the checksum it is logged under.
//!
//! Knows quotes, dollar quotes, comments and SQLite's trigger bodies; knows no other grammar.

use md5::{Digest as _, Md5};

/// Splits at the semicolons that end statements. Comments before a statement are dropped, those
/// inside it stay; empty statements vanish.
pub fn split(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let rest_after_blank = skip_blank(rest);
        let end = statement_end(rest_after_blank);
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

fn skip_blank(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let skipped = if rest.starts_with("--") {
            rest.find('\n').map_or("", |end| &rest[end..])
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or("", |end| &rest[end + 2..])
        } else {
            return rest;
        };
        rest = skipped.trim_start();
    }
}

/// The byte offset of the semicolon that ends the first statement, or the text's length.
fn statement_end(text: &str) -> usize {
    let has_body = is_trigger_with_body(text);
    let mut at = 0;
    while let Some(tail) = text.get(at..).filter(|tail| !tail.is_empty()) {
        let skip = match tail.as_bytes()[0] {
            b'\'' => 1 + length_to(&tail[1..], "'"),
            b'"' => 1 + length_to(&tail[1..], "\""),
            b'-' if tail.starts_with("--") => length_to(tail, "\n"),
            b'/' if tail.starts_with("/*") => 2 + length_to(&tail[2..], "*/"),
            b'$' => match dollar_tag(tail) {
                Some(tag) => tag.len() + length_to(&tail[tag.len()..], tag),
                None => 1,
            },
            b';' if !has_body || ends_with_word(&text[..at], "END") => return at,
            _ => tail.chars().next().map_or(1, char::len_utf8),
        };
        at += skip;
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

/// SQLite writes a trigger as `CREATE TRIGGER ... BEGIN ...; ...; END;`, PostgreSQL names a function.
fn is_trigger_with_body(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let create = words
        .next()
        .is_some_and(|word| word.eq_ignore_ascii_case("create"));
    let trigger = words
        .next()
        .is_some_and(|word| word.eq_ignore_ascii_case("trigger"));
    create
        && trigger
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
    use super::{checksum, split};

    #[test]
    fn quotes_comments_and_dollar_quotes_hide_semicolons() {
        let text = "-- first; comment\nSELECT ';', \"a;b\" -- tail; here\n;\n/* x; */ \
                    CREATE FUNCTION f() AS $body$ a; b; $body$ LANGUAGE sql;;\nSELECT 'it''s;é'";
        let statements = split(text);
        assert_eq!(statements.len(), 3, "{statements:#?}");
        assert!(statements[0].starts_with("SELECT ';'"));
        assert!(statements[1].ends_with("LANGUAGE sql"));
        assert_eq!(statements[2], "SELECT 'it''s;é'");
    }

    #[test]
    fn a_sqlite_trigger_is_one_statement() {
        let text = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = 1; DELETE FROM b; \
                    END;\nSELECT 1;";
        assert_eq!(split(text).len(), 2);
        let text = "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f(); \
                    SELECT 1;";
        assert_eq!(split(text).len(), 2);
    }

    #[test]
    fn the_checksum_is_md5_in_hex() {
        assert_eq!(checksum("abc"), "900150983cd24fb0d6963f7d28e17f72");
    }
}
