//! Names and texts inside SQL: the only place that puts foreign text into a statement.
//!
//! Statements cannot take identifiers as bound values, so every table, role and database name goes
//! through [`identifier`]. Both engines read a doubled `"` inside `"..."` as one (PostgreSQL manual,
//! 4.1.1; SQLite, "SQL keywords"), and neither can hold a NUL byte in a name or a text.

use super::DatabaseError;
use crate::domain::clean_text::CleanText;

/// The name as a quoted identifier, safe to stand anywhere a name may stand.
///
/// # Errors
/// When the name is empty or holds a NUL byte: no server can have such a name.
pub fn identifier(name: &str) -> Result<String, DatabaseError> {
    if name.is_empty() {
        return Err(DatabaseError::Unexpected(
            "an empty name cannot stand in a statement".into(),
        ));
    }
    refuse_nul(name)?;
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}

/// `schema.name`, both quoted.
///
/// # Errors
/// As [`identifier`].
pub fn qualified(schema: &str, name: &str) -> Result<String, DatabaseError> {
    Ok(format!("{}.{}", identifier(schema)?, identifier(name)?))
}

/// The text as a string constant. PostgreSQL must have `standard_conforming_strings` on, which every
/// session of ours sets; SQLite knows no other way.
///
/// # Errors
/// When the text holds a NUL byte.
pub fn literal(text: &str) -> Result<String, DatabaseError> {
    refuse_nul(text)?;
    Ok(format!("'{}'", text.replace('\'', "''")))
}

/// A list of string constants, `'a', 'b'`.
///
/// # Errors
/// As [`literal`].
pub fn literals<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<String, DatabaseError> {
    let quoted: Result<Vec<String>, DatabaseError> = texts.into_iter().map(literal).collect();
    Ok(quoted?.join(", "))
}

fn refuse_nul(text: &str) -> Result<(), DatabaseError> {
    if text.contains('\0') {
        return Err(DatabaseError::Unexpected(CleanText::from(format!(
            "'{text}' holds a NUL byte, which cannot stand in a statement"
        ))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{identifier, literal, literals, qualified};
    use proptest::prelude::*;

    /// Names that break naive quoting; the servers' own round trip is in `tests/omup/database.rs`.
    pub const HOSTILE: &[&str] = &[
        "a\"b",
        "\"",
        "\"\"",
        "a;drop",
        "--",
        "/*",
        "\n",
        "${x}",
        "$(x)",
        "`x`",
        "a b",
        "a.b",
        "a'b",
        "\\",
        "ä€漢字",
        "%s",
        "'; --",
    ];

    /// Reads a quoted token the way both engines' lexers do; what is left must be nothing.
    fn read(quoted: &str, mark: char) -> Option<(String, String)> {
        let mut chars = quoted.chars().peekable();
        if chars.next() != Some(mark) {
            return None;
        }
        let mut out = String::new();
        loop {
            match chars.next()? {
                c if c == mark => {
                    if chars.peek() == Some(&mark) {
                        chars.next();
                        out.push(mark);
                    } else {
                        return Some((out, chars.collect()));
                    }
                }
                c => out.push(c),
            }
        }
    }

    #[test]
    fn hostile_names_stay_one_token() {
        let long = "x".repeat(63);
        for name in HOSTILE.iter().copied().chain([long.as_str()]) {
            let quoted = identifier(name).unwrap();
            assert_eq!(read(&quoted, '"'), Some((name.to_string(), String::new())));
            let quoted = literal(name).unwrap();
            assert_eq!(read(&quoted, '\''), Some((name.to_string(), String::new())));
        }
        assert_eq!(qualified("a\"b", "c").unwrap(), "\"a\"\"b\".\"c\"");
        assert_eq!(literals(["a", "b'"]).unwrap(), "'a', 'b'''");
    }

    #[test]
    fn what_no_server_can_hold_is_refused() {
        assert!(identifier("a\0b").is_err());
        assert!(literal("a\0b").is_err());
        assert!(identifier("").is_err());
        assert_eq!(literal("").unwrap(), "''");
    }

    proptest! {
        #[test]
        fn every_name_reads_back(name in "[^\0]{1,80}") {
            prop_assert_eq!(read(&identifier(&name).unwrap(), '"'), Some((name.clone(), String::new())));
            prop_assert_eq!(read(&literal(&name).unwrap(), '\''), Some((name, String::new())));
        }
    }
}
