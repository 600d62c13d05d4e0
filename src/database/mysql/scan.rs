//! Reads a dump of `mysqldump` as it streams by: which tables are in it, that it ends with its last
//! line, and nothing that would make a client do more than run SQL.
//!
//! `mysqldump` writes each row's text with its line ends escaped, so outside of the bodies of
//! routines, triggers and events (between `DELIMITER` lines) a line's first word is its own.

use super::tools::TRAILER;
use crate::database::{ArchiveScan, Scanned};
use crate::domain::clean_text::CleanText;

/// How much of a line is looked at: a name has at most 64 letters of 4 bytes, each backtick doubled.
const HEAD: usize = 1024;

/// Problems that are named; the rest is counted.
const NAMED: usize = 5;

#[derive(Default)]
pub struct DumpScan {
    /// The beginning of the line that is being read.
    head: Vec<u8>,
    line: u64,
    /// Inside of a body, where lines are anybody's text.
    body: bool,
    tables: Vec<String>,
    problems: Vec<CleanText>,
    more: usize,
    ended: bool,
}

impl DumpScan {
    fn line(&mut self) {
        self.line += 1;
        let head = std::mem::take(&mut self.head);
        let text = String::from_utf8_lossy(&head);
        let text = text.trim_end_matches('\r');
        if let Some(delimiter) = text.strip_prefix("DELIMITER ") {
            self.body = delimiter.trim() != ";";
            return;
        }
        if self.body || text.is_empty() {
            return;
        }
        // Anything behind the trailer is not mysqldump's.
        if self.ended {
            self.problem("text behind the line that ends the dump");
        }
        if text == TRAILER {
            self.ended = true;
        } else if let Some(name) = text.strip_prefix("CREATE TABLE `") {
            match quoted(name) {
                Some(name) => self.tables.push(name),
                None => self.problem("a table's name cannot be read"),
            }
        } else if text.starts_with('\\') {
            self.problem("a command for the client program, which no dump holds");
        }
    }

    fn problem(&mut self, what: &str) {
        if self.problems.len() < NAMED {
            self.problems
                .push(CleanText::from(format!("line {}: {what}", self.line)));
        } else {
            self.more += 1;
        }
    }
}

impl ArchiveScan for DumpScan {
    fn push(&mut self, mut block: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', block) {
            self.take(&block[..end]);
            self.line();
            block = &block[end + 1..];
        }
        self.take(block);
    }

    fn finish(mut self: Box<Self>) -> Scanned {
        if !self.head.is_empty() {
            self.line();
        }
        if !self.ended {
            let missing = format!("the line that ends a dump is missing ('{TRAILER}')");
            self.problems.insert(0, CleanText::from(missing));
        }
        if self.more > 0 {
            let more = format!("and {} more of the kind", self.more);
            self.problems.push(CleanText::from(more));
        }
        self.tables.sort();
        Scanned {
            tables: self.tables,
            problems: self.problems,
        }
    }
}

impl DumpScan {
    fn take(&mut self, part: &[u8]) {
        let room = HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(&part[..part.len().min(room)]);
    }
}

/// The name up to its closing backtick; doubled ones stand for one.
fn quoted(text: &str) -> Option<String> {
    let mut name = String::new();
    let mut letters = text.chars().peekable();
    loop {
        match letters.next()? {
            '`' if letters.peek() == Some(&'`') => {
                letters.next();
                name.push('`');
            }
            '`' => return Some(name),
            letter => name.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DumpScan;
    use crate::database::{ArchiveScan as _, Scanned};

    const DUMP: &str = "-- MySQL dump 10.13\n/*!40103 SET TIME_ZONE='+00:00' */;\nDROP TABLE IF EXISTS `b`;\n\
        CREATE TABLE `b` (\n  `x` int DEFAULT '\\\\!'\n);\nINSERT INTO `b` VALUES ('CREATE TABLE `no`\\n\\\\! touch');\n\
        CREATE TABLE `a``b;drop` (\n  `id` int\n);\nDELIMITER ;;\nCREATE PROCEDURE p()\nBEGIN\nCREATE TABLE `inner` (x int);\n\\! not a command here\nEND ;;\nDELIMITER ;\n\
        -- Dump completed\n";

    fn scanned(text: &str, block: usize) -> Scanned {
        let mut scan = Box::new(DumpScan::default());
        for part in text.as_bytes().chunks(block) {
            scan.push(part);
        }
        scan.finish()
    }

    #[test]
    fn tables_are_found_wherever_the_blocks_end() {
        for block in [1, 7, 64, 100_000] {
            let found = scanned(DUMP, block);
            assert_eq!(found.tables, ["a`b;drop", "b"], "{block}");
            assert!(found.problems.is_empty(), "{:?}", found.problems);
        }
    }

    #[test]
    fn the_last_line_ends_a_dump_only_where_it_stands_by_itself() {
        let missing = |text: &str| {
            let problems = scanned(text, 10).problems;
            problems.iter().any(|problem| {
                problem
                    .as_str()
                    .contains("line that ends a dump is missing")
            })
        };
        assert!(!missing(DUMP) && !missing(DUMP.trim_end()));
        assert!(missing("") && missing("-- Dump comp"));
        // Cut behind a comment in a routine that says the same.
        let (whole, _) = DUMP.split_once("END ;;").unwrap_or_default();
        assert!(missing(&format!("{whole}-- Dump completed\n")));
    }

    #[test]
    fn what_no_dump_holds_is_named_with_its_line() {
        let evil = DUMP.replacen("DROP TABLE", "\\! touch /tmp/pwn\nDROP TABLE", 1);
        let found = scanned(&evil, 10);
        assert_eq!(found.problems.len(), 1);
        assert!(found.problems[0].as_str().starts_with("line 3: a command"));
        let tail = format!("{DUMP}DROP DATABASE x;\n");
        assert!(
            scanned(&tail, 10).problems[0]
                .as_str()
                .contains("behind the line")
        );
    }
}
