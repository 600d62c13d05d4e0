//! What is kept of every line of a file: where it begins, and whether it is trouble.

use std::collections::BTreeMap;

use super::lines::{self, JUDGED, Returns};
use super::marks::Marks;
use super::scan::Sink;
use super::starts::Starts;
use crate::domain::log_view::LogLevel;

#[derive(Debug, Default)]
pub struct Index {
    starts: Starts,
    trouble: Marks,
    errors: u64,
    warnings: u64,
    newest: Option<LogLevel>,
    /// Of lines longer than the buffer: where the text begins that is shown. Few, because they are so long.
    long: BTreeMap<u64, u64>,
    parts: LongLine,
}

/// A line that comes in parts.
#[derive(Debug, Default)]
struct LongLine {
    returns: Returns,
    /// Where the text begins that is shown; `None` before the first part.
    shown_from: Option<u64>,
    /// The beginning of that text.
    head: Vec<u8>,
}

impl Index {
    pub fn lines(&self) -> u64 {
        self.starts.len()
    }

    /// Errors and warnings.
    pub fn counts(&self) -> (u64, u64) {
        (self.errors, self.warnings)
    }

    /// The lines that are an error or a warning.
    pub fn trouble(&self) -> &Marks {
        &self.trouble
    }

    pub fn start(&self, line: u64) -> Option<u64> {
        self.starts.get(line)
    }

    /// From where on a line has to be read to show it.
    pub fn shown_from(&self, line: u64) -> Option<u64> {
        let of_long = self.long.get(&line).copied();
        of_long.or_else(|| self.starts.get(line))
    }

    fn push(&mut self, start: u64, level: LogLevel) {
        let trouble = match level {
            LogLevel::Error => {
                self.errors += 1;
                true
            }
            LogLevel::Warn => {
                self.warnings += 1;
                true
            }
            LogLevel::Info | LogLevel::Debug | LogLevel::Other => false,
        };
        self.trouble.push(trouble);
        self.starts.push(start);
        self.newest = Some(level);
    }
}

impl Sink for Index {
    fn line(&mut self, start: u64, line: &[u8]) {
        self.push(start, lines::level(lines::last_text(line)));
    }

    fn long(&mut self) {
        self.parts = LongLine::default();
    }

    fn part(&mut self, at: u64, part: &[u8]) {
        let (overwritten, left) = self.parts.returns.feed(part);
        if overwritten {
            self.parts.head.clear();
            self.parts.shown_from = None;
        }
        // Escape sequences may stand before the words.
        let room = (4 * JUDGED).saturating_sub(self.parts.head.len());
        let text = &part[left.clone()];
        self.parts
            .head
            .extend_from_slice(&text[..text.len().min(room)]);
        let from = at + left.start as u64;
        self.parts.shown_from.get_or_insert(from);
    }

    fn parts_end(&mut self, start: u64) {
        let shown_from = self.parts.shown_from.unwrap_or(start);
        self.long.insert(self.starts.len(), shown_from);
        self.push(start, lines::level(&self.parts.head));
    }

    fn take_back(&mut self) {
        match self.newest.take() {
            Some(LogLevel::Error) => self.errors -= 1,
            Some(LogLevel::Warn) => self.warnings -= 1,
            Some(LogLevel::Info | LogLevel::Debug | LogLevel::Other) | None => {}
        }
        self.trouble.pop();
        self.starts.pop();
        self.long.remove(&self.starts.len());
    }
}
