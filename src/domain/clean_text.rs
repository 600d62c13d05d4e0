//! Text that may reach a terminal, a report or a JSON document.
//!
//! Database names, log lines, error texts and file names are foreign: they may carry escape
//! sequences (CWE-150), bidirectional overrides or a line of ten megabytes. Only a [`CleanText`]
//! is ever printed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A foreign text made harmless: one line, no control or invisible direction characters, at most
/// [`CleanText::MAX`] characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(from = "String", into = "String")]
pub struct CleanText(String);

impl CleanText {
    /// The longest text that is kept, in characters; the rest becomes one `…`.
    pub const MAX: usize = 4000;

    /// Cleans a text; never fails.
    pub fn new(raw: &str) -> Self {
        Self::limited(raw, Self::MAX)
    }

    /// As [`CleanText::new`] with another limit in characters.
    pub fn limited(raw: &str, max: usize) -> Self {
        let mut out = String::with_capacity(raw.len().min(max.saturating_add(8)));
        let mut count = 0;
        let mut marks = 0;
        let mut chars = raw.chars().peekable();
        while let Some(c) = chars.next() {
            if count >= max {
                out.push('…');
                break;
            }
            match c {
                '\u{1b}' => skip_escape(&mut chars),
                '\u{9b}' => skip_csi(&mut chars),
                '\t' | '\n' | '\r' => {
                    if !out.ends_with(' ') {
                        out.push(' ');
                        count += 1;
                    }
                }
                c if dangerous(c) => {}
                c if combining(c) => {
                    marks += 1;
                    if marks <= 4 {
                        out.push(c);
                    }
                }
                c => {
                    marks = 0;
                    out.push(c);
                    count += 1;
                }
            }
        }
        Self(out.trim_end().to_string())
    }

    /// Cleans bytes of unknown encoding.
    pub fn from_bytes(raw: &[u8]) -> Self {
        let head = &raw[..raw.len().min(Self::MAX * 16)];
        Self::new(&String::from_utf8_lossy(head))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_csi(chars);
        }
        // OSC, DCS, SOS, PM, APC: a string up to BEL or ESC \
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(c) = chars.next() {
                if c == '\u{7}' || c == '\u{9c}' {
                    break;
                }
                if c == '\u{1b}' {
                    if chars.peek() == Some(&'\\') {
                        chars.next();
                    }
                    break;
                }
            }
        }
        Some(_) => {
            chars.next();
        }
        None => {}
    }
}

fn skip_csi(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(&c) = chars.peek() {
        if !('\u{20}'..='\u{7e}').contains(&c) {
            break;
        }
        chars.next();
        if ('\u{40}'..='\u{7e}').contains(&c) {
            break;
        }
    }
}

/// True for what a terminal may obey and a person cannot see: C0, DEL, C1, directions, invisible signs.
pub fn dangerous(c: char) -> bool {
    c.is_control() || invisible(c)
}

fn invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{180e}')
        || ('\u{e0000}'..='\u{e007f}').contains(&c)
}

fn combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe2f}')
}

impl fmt::Display for CleanText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for CleanText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<String> for CleanText {
    fn from(raw: String) -> Self {
        Self::new(&raw)
    }
}

impl From<&str> for CleanText {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<CleanText> for String {
    fn from(clean: CleanText) -> String {
        clean.0
    }
}

#[cfg(test)]
mod tests {
    use super::CleanText;
    use proptest::prelude::*;

    #[test]
    fn sequences_are_gone_whole() {
        assert_eq!(
            CleanText::new("a\u{1b}[31mred\u{1b}[0m b").as_str(),
            "ared b"
        );
        assert_eq!(CleanText::new("t\u{1b}]0;title\u{7}x").as_str(), "tx");
        assert_eq!(
            CleanText::new("one\r\ntwo\tthree").as_str(),
            "one two three"
        );
        assert_eq!(
            CleanText::new("evil\u{202e}txt\u{200b}").as_str(),
            "eviltxt"
        );
        assert_eq!(CleanText::from_bytes(b"caf\xff").as_str(), "caf\u{fffd}");
    }

    #[test]
    fn a_monstrous_line_is_cut() {
        let long = "x".repeat(10_000_000);
        assert_eq!(
            CleanText::new(&long).as_str().chars().count(),
            CleanText::MAX + 1
        );
        let marks = format!("e{}", "\u{301}".repeat(100_000));
        assert!(CleanText::new(&marks).as_str().chars().count() <= 5);
    }

    proptest! {
        #[test]
        fn nothing_dangerous_is_left(raw in ".{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for clean in [CleanText::new(&raw), CleanText::from_bytes(&bytes)] {
                prop_assert!(clean.as_str().chars().all(|c| !c.is_control()));
                prop_assert_eq!(CleanText::new(clean.as_str()), clean);
            }
        }
    }
}
