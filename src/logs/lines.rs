//! One line: which part of it is shown, and how bad it is by its own words. Knows no files.

use std::ops::Range;

use crate::domain::clean_text::CleanText;
use crate::domain::log_view::LogLevel;

/// Characters of a line that are shown.
const SHOWN: usize = 2000;

/// Bytes at the beginning of a line whose words tell how bad it is.
pub const JUDGED: usize = 80;

/// A line without its control characters; of a progress line only what stood last.
pub fn shown(line: &[u8]) -> CleanText {
    CleanText::limited(&String::from_utf8_lossy(last_text(line)), SHOWN)
}

/// What a terminal would still show of a line that returned to its beginning: the text after the last `\r`.
pub fn last_text(line: &[u8]) -> &[u8] {
    &line[Returns::default().feed(line).1]
}

/// The same for a line that comes in parts.
#[derive(Debug, Default)]
pub struct Returns {
    /// The last byte so far was a `\r`; whether it overwrites anything is told by what comes next.
    pending: bool,
}

impl Returns {
    /// Takes the next part: is everything before it overwritten, and which of its bytes are left?
    pub fn feed(&mut self, part: &[u8]) -> (bool, Range<usize>) {
        let end = part
            .iter()
            .rposition(|byte| *byte != b'\r')
            .map_or(0, |at| at + 1);
        if end == 0 {
            self.pending |= !part.is_empty();
            return (false, 0..0);
        }
        let was_pending = std::mem::replace(&mut self.pending, end < part.len());
        match memchr::memrchr(b'\r', &part[..end]) {
            Some(at) => (true, at + 1..end),
            None => (was_pending, 0..end),
        }
    }
}

/// By the first word that names a level, or by how an error begins. `line` is [`last_text`] of a line.
pub fn level(line: &[u8]) -> LogLevel {
    // An escape sequence may stand before the word that counts.
    if memchr::memchr(0x1b, &line[..line.len().min(JUDGED)]).is_some() {
        let head = &line[..line.len().min(4 * JUDGED)];
        let clean = CleanText::limited(&String::from_utf8_lossy(head), JUDGED);
        return plain_level(clean.as_str().as_bytes());
    }
    plain_level(line)
}

fn plain_level(line: &[u8]) -> LogLevel {
    let head = &line[..line.len().min(JUDGED)];
    // A frame of a stack trace names classes, and is no trouble of its own.
    if head.trim_ascii_start().starts_with(b"at ") {
        return LogLevel::Other;
    }
    let mut at = 0;
    while let Some(skip) = head[at..].iter().position(u8::is_ascii_alphabetic) {
        let start = at + skip;
        let length = head[start..]
            .iter()
            .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
            .unwrap_or(head.len() - start);
        let end = start + length;
        let before = start.checked_sub(1).map(|before| head[before]);
        if let Some(level) = word_level(before, &head[start..end], line.get(end).copied()) {
            return level;
        }
        at = end;
    }
    LogLevel::Other
}

/// Words that are a level wherever they stand.
const WORDS: &[(&[u8], LogLevel)] = &[
    (b"ERROR", LogLevel::Error),
    (b"FATAL", LogLevel::Error),
    (b"SEVERE", LogLevel::Error),
    (b"PANIC", LogLevel::Error),
    (b"CRITICAL", LogLevel::Error),
    (b"WARN", LogLevel::Warn),
    (b"WARNING", LogLevel::Warn),
    (b"INFO", LogLevel::Info),
    (b"DEBUG", LogLevel::Debug),
    (b"TRACE", LogLevel::Debug),
];

/// `before` and `after` are the bytes around the word: `pg_dump: error: ...` and `[Warning]` are levels, "no error" is none.
fn word_level(before: Option<u8>, word: &[u8], after: Option<u8>) -> Option<LogLevel> {
    // Part of a longer name, which begins with a digit or an underscore.
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    if let Some((_, level)) = WORDS.iter().find(|(name, _)| *name == word) {
        return Some(*level);
    }
    let labelled = after == Some(b':') || (before == Some(b'[') && after == Some(b']'));
    if labelled
        && let Some((_, level)) = WORDS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
    {
        return Some(*level);
    }
    // `java.lang.OutOfMemoryError: ...`, `Exception in thread ...`
    let thrown = word.ends_with(b"Exception") || (word.ends_with(b"Error") && word.len() > 5);
    (thrown && !matches!(after, Some(b'.' | b'('))).then_some(LogLevel::Error)
}

#[cfg(test)]
mod tests {
    use super::{Returns, last_text, level, shown};
    use crate::domain::log_view::LogLevel::{Debug, Error, Info, Other, Warn};
    use proptest::prelude::*;

    #[test]
    fn a_line_is_as_bad_as_its_own_words_say() {
        for (line, expected) in [
            (
                "2026-11-21 10:00:00,123 INFO  [main] o.f.Migrate - done",
                Info,
            ),
            ("ERROR [2026-11-21] x", Error),
            ("2026-11-21 10:00:00 UTC [42] FATAL:  password", Error),
            ("SEVERE: it broke", Error),
            ("WARNING: old", Warn),
            ("[Warning] Using a password", Warn),
            ("pg_dump: error: connection failed", Error),
            ("pg_restore: warning: errors ignored on restore: 1", Warn),
            ("Error: no such table", Error),
            ("Exception in thread \"main\" x", Error),
            ("Caused by: java.sql.SQLException: no", Error),
            ("java.lang.OutOfMemoryError: Java heap space", Error),
            ("TRACE x", Debug),
            ("DEBUG x", Debug),
            // the first word counts, not the worst
            ("INFO 0 rows in ERROR table, WARN off", Info),
            ("INFO java.io.IOException was handled", Info),
            // names are not levels
            ("create table ERROR_LOG (id int)", Other),
            ("TERROR and INFORM and XWARN", Other),
            ("no error, no warning, all good", Other),
            (
                "\tat org.x.SomeException.<init>(SomeException.java:1)",
                Other,
            ),
            ("ErrorHandler.start(1)", Other),
            ("\u{1b}[1;31mERROR\u{1b}[0m red", Error),
            ("", Other),
        ] {
            assert_eq!(level(line.as_bytes()), expected, "{line}");
        }
        let late = format!("{}ERROR", " ".repeat(90));
        assert_eq!(level(late.as_bytes()), Other, "only the beginning counts");
    }

    #[test]
    fn a_progress_line_shows_what_stood_last() {
        for (line, expected) in [
            ("1 %\r50 %\r100 %", "100 %"),
            ("1 %\r50 %\r", "50 %"),
            ("dos\r", "dos"),
            ("\r\r", ""),
            ("", ""),
        ] {
            assert_eq!(shown(line.as_bytes()).as_str(), expected);
        }
    }

    proptest! {
        #[test]
        fn parts_tell_the_same_as_the_whole(line in "[ab\r]{0,30}", cut in 0usize..31, other in 0usize..31) {
            let bytes = line.as_bytes();
            let (a, b) = (cut.min(other).min(bytes.len()), cut.max(other).min(bytes.len()));
            let mut returns = Returns::default();
            let mut text = Vec::new();
            for part in [&bytes[..a], &bytes[a..b], &bytes[b..]] {
                let (overwritten, left) = returns.feed(part);
                if overwritten {
                    text.clear();
                }
                text.extend_from_slice(&part[left]);
            }
            prop_assert_eq!(text.as_slice(), last_text(bytes));
        }

        #[test]
        fn no_bytes_break_it(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            level(&line);
            prop_assert!(shown(&line).as_str().chars().all(|c| !c.is_control()));
        }
    }
}
