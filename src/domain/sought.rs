//! What is looked for in a log: words, or a pattern. Capitals count only where one is typed.

use std::fmt;

use regex_automata::meta::{BuildError, Regex};
use regex_automata::util::syntax;
use serde::{Deserialize, Serialize};

/// Most memory for a compiled pattern, in bytes: a counted repetition of a repetition is refused instead of slowing
/// every line down.
const LARGEST: usize = 1 << 20;

/// Words or a pattern, never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sought {
    /// Letter by letter.
    Words(String),
    /// A regular expression of the crate `regex-automata`: searched in linear time, so no pattern can hang the log.
    Pattern(String),
}

impl Sought {
    /// `None` for an empty text.
    ///
    /// # Errors
    /// The text is no pattern; in words for the operator.
    pub fn new(text: &str, pattern: bool) -> Result<Option<Self>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        if !pattern {
            return Ok(Some(Self::Words(text.to_string())));
        }
        let sought = Self::Pattern(text.to_string());
        match regex(text) {
            Ok(_) => Ok(Some(sought)),
            Err(error) => Err(trouble(&error)),
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Self::Words(text) | Self::Pattern(text) => text,
        }
    }

    pub fn is_pattern(&self) -> bool {
        matches!(self, Self::Pattern(_))
    }
}

/// As it stands above a log: `'words'`, `/pattern/`.
impl fmt::Display for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(text) => write!(f, "'{text}'"),
            Self::Pattern(text) => write!(f, "/{text}/"),
        }
    }
}

/// The pattern, ready to search lines that may hold bytes that are no text.
///
/// # Errors
/// It is no pattern, or a monstrous one.
pub fn regex(pattern: &str) -> Result<Regex, Box<BuildError>> {
    Regex::builder()
        .configure(
            Regex::config()
                .utf8_empty(false)
                .nfa_size_limit(Some(LARGEST)),
        )
        .syntax(
            syntax::Config::new()
                .utf8(false)
                .case_insensitive(!has_capital(pattern)),
        )
        .build(pattern)
        .map_err(Box::new)
}

/// A capital that stands for itself: those of `\D`, `\W`, `\S` and `\B` do not.
fn has_capital(pattern: &str) -> bool {
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter.is_uppercase() {
            return true;
        }
    }
    false
}

fn trouble(error: &BuildError) -> String {
    if error.size_limit().is_some() {
        return "this pattern would grow too large: take a smaller repetition".to_string();
    }
    // The message draws an arrow over several lines; its last one says what is wrong.
    let said = error
        .syntax_error()
        .map_or_else(|| error.to_string(), ToString::to_string);
    let last = said.lines().last().unwrap_or_default();
    let last = last.trim().trim_start_matches("error: ");
    format!("this is no pattern: {last}")
}

#[cfg(test)]
mod tests {
    use super::{Sought, has_capital, regex};

    #[test]
    fn a_pattern_is_refused_in_words_before_anything_is_searched() {
        assert_eq!(Sought::new("", true), Ok(None));
        assert_eq!(
            Sought::new("a.*b", false),
            Ok(Some(Sought::Words("a.*b".into())))
        );
        assert_eq!(
            Sought::new("a.*b", true),
            Ok(Some(Sought::Pattern("a.*b".into())))
        );
        let wrong = Sought::new("a(b", true).expect_err("unclosed");
        assert_eq!(wrong, "this is no pattern: unclosed group");
        for monster in ["(a{1000}){1000}", r"\w{5000}"] {
            let wrong = Sought::new(monster, true).expect_err(monster);
            assert!(wrong.contains("too large"), "{wrong}");
        }
    }

    #[test]
    fn capitals_count_only_where_one_stands_for_itself() {
        let found = |pattern: &str, line: &[u8]| regex(pattern).expect(pattern).is_match(line);
        assert!(found("warn|error", b"a WARNING") && !found("Warn", b"a WARNING"));
        assert!(found(r"\Dend", b"THE END") && !has_capital(r"\D\W\S\B") && has_capital(r"\\D"));
        assert!(found("ä.b", "Ä\u{65e5}B".as_bytes()) && found("b$", b"\xff\xfeb"));
    }
}
