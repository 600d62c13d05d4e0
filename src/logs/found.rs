//! The lines of a file that have what a filter or a search wants in them.

use super::marks::Marks;
use super::needle::{Needle, Parts};
use super::scan::{Scan, Sink};

#[derive(Debug)]
pub struct Found {
    pub scan: Scan,
    pub lines: Lines,
}

#[derive(Debug)]
pub struct Lines {
    pub needle: Needle,
    pub marks: Marks,
    parts: Parts,
}

impl Found {
    /// Nothing read yet.
    pub fn new(needle: Needle) -> Self {
        Self {
            scan: Scan::default(),
            lines: Lines {
                needle,
                marks: Marks::default(),
                parts: Parts::default(),
            },
        }
    }
}

impl Sink for Lines {
    fn line(&mut self, _: u64, line: &[u8]) {
        self.marks.push(self.needle.is_in(line));
    }

    fn long(&mut self) {
        self.parts = Parts::default();
    }

    fn part(&mut self, _: u64, part: &[u8]) {
        self.parts.feed(&self.needle, part);
    }

    fn parts_end(&mut self, _: u64) {
        self.marks.push(self.parts.found(&self.needle));
    }

    fn take_back(&mut self) {
        self.marks.pop();
    }
}
