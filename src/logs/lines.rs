//! One line: how bad it is, whether words are in it, how it may be shown.

use crate::domain::clean_text::CleanText;
use crate::domain::log_view::LogLevel;

/// Only so many bytes of a line are searched and judged: one of a gigabyte must not be held.
pub const SEARCHED: usize = 16 * 1024;

/// Characters of a line that are shown.
const SHOWN: usize = 2000;

/// By the words in the first bytes of the line.
pub fn level(head: &[u8]) -> LogLevel {
    let head = &head[..head.len().min(96)];
    let has = |word: &str| memchr::memmem::find(head, word.as_bytes()).is_some();
    if ["ERROR", "FATAL", "SEVERE", "Exception", "error:"]
        .iter()
        .any(|w| has(w))
    {
        LogLevel::Error
    } else if has("WARN") || has("warning:") {
        LogLevel::Warn
    } else if has("INFO") {
        LogLevel::Info
    } else if has("DEBUG") || has("TRACE") {
        LogLevel::Debug
    } else {
        LogLevel::Other
    }
}

/// Words that are looked for: capitals count only where there are any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    text: String,
    exact: bool,
}

impl Needle {
    /// `None` for nothing.
    pub fn new(text: Option<&str>) -> Option<Self> {
        let text = text.filter(|text| !text.is_empty())?;
        let exact = text.chars().any(char::is_uppercase);
        Some(Self {
            text: text.to_string(),
            exact,
        })
    }

    pub fn is_in(&self, line: &[u8]) -> bool {
        if self.exact {
            return memchr::memmem::find(line, self.text.as_bytes()).is_some();
        }
        if self.text.is_ascii() {
            return find_ascii(line, self.text.as_bytes());
        }
        String::from_utf8_lossy(line)
            .to_lowercase()
            .contains(&self.text)
    }
}

/// Case-insensitive for ASCII: jumps to the first letter in both cases, then compares.
fn find_ascii(line: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first().copied() else {
        return true;
    };
    memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), line).any(|at| {
        line.get(at..at + needle.len())
            .is_some_and(|there| there.eq_ignore_ascii_case(needle))
    })
}

/// A line without its control characters; of a progress line only what stood last.
pub fn shown(line: &[u8]) -> CleanText {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = match memchr::memrchr(b'\r', line) {
        Some(at) => &line[at + 1..],
        None => line,
    };
    let line = &line[..line.len().min(SHOWN * 4)];
    CleanText::limited(&String::from_utf8_lossy(line), SHOWN)
}
