//! The lines around the first one that looks like an error, known or not: the honest answer when
//! nothing known matches. Keeps a handful of lines, however long the log.

use std::collections::VecDeque;

use serde::Serialize;

use super::diagnose::SHOWN;
use super::masked::masked;
use super::pattern::is_word;
use crate::domain::clean_text::CleanText;

const BEFORE: usize = 3;
const AFTER: usize = 6;

/// A line of the log with its number, from 1; cut, and with what looks like a secret masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberedLine {
    pub line: u64,
    pub text: CleanText,
    /// True for the line that looks like the error.
    pub error: bool,
}

/// How much a line looks like an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Looks {
    Quiet,
    /// `failed`, `denied`: said in passing too.
    Doubtful,
    /// `ERROR`, `FATAL`, an exception.
    Error,
}

#[derive(Debug, Default)]
pub(super) struct FirstError {
    recent: VecDeque<(u64, CleanText)>,
    /// How sure, the lines, and how many are still to come.
    kept: Option<(Looks, Vec<NumberedLine>, usize)>,
}

impl FirstError {
    pub fn line(&mut self, number: u64, text: &CleanText) {
        let so_far = self.kept.as_ref().map_or(Looks::Quiet, |kept| kept.0);
        if so_far == Looks::Error {
            self.follow(number, text);
            return;
        }
        let looks = looks(text.as_str());
        if looks > so_far {
            let mut lines: Vec<NumberedLine> = self
                .recent
                .iter()
                .map(|(number, text)| shown(*number, text, false))
                .collect();
            lines.push(shown(number, text, true));
            self.kept = Some((looks, lines, AFTER));
        } else {
            self.follow(number, text);
        }
        if self.recent.len() == BEFORE {
            self.recent.pop_front();
        }
        let head = CleanText::limited(text.as_str(), CleanText::MAX);
        self.recent.push_back((number, head));
    }

    fn follow(&mut self, number: u64, text: &CleanText) {
        if let Some((_, lines, left)) = &mut self.kept
            && *left > 0
        {
            *left -= 1;
            lines.push(shown(number, text, false));
        }
    }

    pub fn finish(self) -> Vec<NumberedLine> {
        self.kept.map(|(_, lines, _)| lines).unwrap_or_default()
    }
}

fn shown(line: u64, text: &CleanText, error: bool) -> NumberedLine {
    NumberedLine {
        line,
        text: CleanText::limited(&masked(text.as_str()), SHOWN),
        error,
    }
}

fn looks(line: &str) -> Looks {
    let mut out = Looks::Quiet;
    for word in line.as_bytes().split(|byte| !is_word(*byte)) {
        let is = |other: &str| word.eq_ignore_ascii_case(other.as_bytes());
        let ends = |end: &str| {
            word.len() >= end.len()
                && word[word.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
        };
        if ends("exception") || ends("error") || is("fatal") || is("panic") {
            return Looks::Error;
        }
        if is("failed") || is("failure") || is("denied") || is("refused") || is("cannot") {
            out = Looks::Doubtful;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{CleanText, FirstError};

    #[test]
    fn a_true_error_stands_before_a_passing_word() {
        let mut first = FirstError::default();
        let log = "one\ntwo failed\nthree\nfour\nERROR five\nsix\npassword=x";
        for (number, line) in (1..).zip(log.lines()) {
            first.line(number, &CleanText::new(line));
        }
        let lines = first.finish();
        let numbers: Vec<u64> = lines.iter().map(|line| line.line).collect();
        assert_eq!(numbers, [2, 3, 4, 5, 6, 7]);
        assert!(lines[3].error && !lines[0].error);
        assert_eq!(lines[5].text.as_str(), "password=********");
    }
}
