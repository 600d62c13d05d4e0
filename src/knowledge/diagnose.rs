//! From the lines of a log to the failures that they speak of. Line by line, in memory that does
//! not grow with the log, in time that grows with its length and hardly with the number of failures.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use super::failures::{Failure, LogContext, Names};
use super::first_error::{FirstError, NumberedLine};
use super::masked::masked;
use super::pattern::{LONGEST_WORD, Pattern, folded, is_word};
use crate::domain::clean_text::CleanText;

/// The longest piece of a line that is shown, in characters.
pub const SHOWN: usize = 400;

/// One failure that the log speaks of.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    #[serde(flatten)]
    pub failure: Failure,
    /// The line that says so best; the first of them.
    pub line: u64,
    /// That line, or the part around the match of a long one, with what looks like a secret masked.
    pub text: CleanText,
    /// How many lines say it.
    pub times: u64,
}

/// What came out of a log.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosed {
    /// Best first.
    pub diagnoses: Vec<Diagnosis>,
    /// Lines read.
    pub lines: u64,
    /// The lines around the first one that looks like an error, known or not.
    pub first_error: Vec<NumberedLine>,
}

struct Found {
    line: u64,
    text: CleanText,
    times: u64,
    specificity: usize,
    /// Another failure's pattern says more about each of its lines.
    beaten: bool,
}

/// Takes a log line by line.
pub struct Diagnoser<'k> {
    failures: Vec<&'k Failure>,
    context: LogContext,
    /// A word that a pattern cannot do without -> (failure, pattern).
    anchors: HashMap<Box<[u8]>, Vec<(usize, usize)>>,
    /// First byte -> lengths of the anchors that begin with it: turns most words away unhashed.
    lengths: [u64; 256],
    found: Vec<Option<Found>>,
    first_error: FirstError,
    lines: u64,
}

impl<'k> Diagnoser<'k> {
    pub fn new(failures: &'k [Failure], context: &LogContext) -> Self {
        let failures: Vec<&Failure> = failures.iter().filter(|one| one.fits(context)).collect();
        let mut out = Self {
            found: failures.iter().map(|_| None).collect(),
            anchors: HashMap::new(),
            lengths: [0; 256],
            context: context.clone(),
            first_error: FirstError::default(),
            lines: 0,
            failures,
        };
        out.index();
        out
    }

    /// Every pattern is filed under its rarest word, the longest of several.
    fn index(&mut self) {
        let patterns = || self.failures.iter().flat_map(|failure| &failure.patterns);
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for word in patterns().flat_map(|pattern| pattern.words()) {
            *seen.entry(word).or_default() += 1;
        }
        for (failure, known) in self.failures.iter().enumerate() {
            for (number, pattern) in known.patterns.iter().enumerate() {
                let rarest = pattern.words().iter().min_by_key(|word| {
                    (
                        seen.get(word.as_str()).copied().unwrap_or(0),
                        Reverse(word.len()),
                    )
                });
                let Some(word) = rarest.map(|word| word.as_bytes()) else {
                    continue;
                };
                self.lengths[usize::from(word[0])] |= 1 << word.len();
                self.anchors
                    .entry(word.into())
                    .or_default()
                    .push((failure, number));
            }
        }
    }

    /// The next line. `number` counts from 1.
    pub fn line(&mut self, number: u64, text: &CleanText) {
        self.lines += 1;
        self.first_error.line(number, text);
        let candidates = self.candidates(text.as_str().as_bytes());
        if candidates.is_empty() {
            return;
        }
        let line = folded(text.as_str());
        let mut here: Vec<(usize, &Pattern)> = Vec::new();
        for (failure, pattern) in candidates {
            let known: &'k Failure = self.failures[failure];
            let pattern = &known.patterns[pattern];
            if pattern.find(&line).is_none() {
                continue;
            }
            match here.iter_mut().find(|(other, _)| *other == failure) {
                Some(other) if other.1.specificity() >= pattern.specificity() => {}
                Some(other) => other.1 = pattern,
                None => here.push((failure, pattern)),
            }
        }
        let best = here
            .iter()
            .map(|(failure, pattern)| self.rank(*failure, pattern))
            .min();
        for (failure, pattern) in here {
            let beaten = best.is_some_and(|best| best < self.rank(failure, pattern));
            self.record(failure, number, beaten, pattern.specificity(), || {
                excerpt(text.as_str(), pattern)
            });
        }
    }

    /// The order of failures that one line speaks of.
    fn rank(&self, failure: usize, pattern: &Pattern) -> (Names, Reverse<usize>) {
        (self.failures[failure].names, Reverse(pattern.specificity()))
    }

    fn record(
        &mut self,
        failure: usize,
        line: u64,
        beaten: bool,
        specificity: usize,
        text: impl FnOnce() -> CleanText,
    ) {
        let slot = &mut self.found[failure];
        let times = slot.as_ref().map_or(0, |found| found.times) + 1;
        match slot {
            // The first line stays, unless a later one belongs to this failure alone.
            Some(found) if !found.beaten || beaten => found.times = times,
            Some(_) | None => {
                *slot = Some(Found {
                    line,
                    text: text(),
                    times,
                    specificity,
                    beaten,
                });
            }
        }
    }

    /// Patterns one of whose words stands in the line.
    fn candidates(&self, line: &[u8]) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < line.len() {
            if !is_word(line[at]) {
                at += 1;
                continue;
            }
            let from = at;
            while at < line.len() && is_word(line[at]) {
                at += 1;
            }
            let length = at - from;
            let first = line[from].to_ascii_lowercase();
            if length > LONGEST_WORD || self.lengths[usize::from(first)] & (1 << length) == 0 {
                continue;
            }
            let mut word = [0; LONGEST_WORD];
            for (to, byte) in word.iter_mut().zip(&line[from..at]) {
                *to = byte.to_ascii_lowercase();
            }
            for found in self.anchors.get(&word[..length]).into_iter().flatten() {
                if !out.contains(found) {
                    out.push(*found);
                }
            }
        }
        out
    }

    /// The end of the log.
    pub fn finish(self) -> Diagnosed {
        let mut found: Vec<(&Failure, Found)> = self
            .failures
            .into_iter()
            .zip(self.found)
            .filter_map(|(failure, found)| Some((failure, found?)))
            .collect();
        let phase = self.context.phase;
        found.sort_by_key(|(failure, found)| {
            (
                found.beaten,
                failure.names,
                phase.is_some_and(|phase| !failure.phases.contains(&phase)),
                failure.certainty,
                found.line,
                Reverse(found.specificity),
                failure.id.clone(),
            )
        });
        Diagnosed {
            diagnoses: found
                .into_iter()
                .map(|(failure, found)| Diagnosis {
                    failure: failure.clone(),
                    line: found.line,
                    text: found.text,
                    times: found.times,
                })
                .collect(),
            lines: self.lines,
            first_error: self.first_error.finish(),
        }
    }
}

/// At most [`SHOWN`] characters around the match; masked before it is cut, so that no secret loses
/// the word that gives it away. A long line is shown as it was compared.
fn excerpt(line: &str, pattern: &Pattern) -> CleanText {
    let whole = masked(line);
    if whole.chars().count() <= SHOWN {
        return CleanText::new(&whole);
    }
    let line = folded(&whole);
    let (from, to) = pattern.find(&line).unwrap_or((0, 0));
    let to = to.min(from + SHOWN / 2);
    let begin = line.floor_char_boundary(from.saturating_sub(SHOWN / 4));
    let end = line.floor_char_boundary((to + SHOWN / 4).min(line.len()));
    let before = if begin > 0 { "… " } else { "" };
    let after = if end < line.len() { " …" } else { "" };
    CleanText::new(&format!("{before}{}{after}", &line[begin..end]))
}
