//! A file of failures: its shape, and what can be wrong with it by itself, by file and line. Files
//! against each other are in `failure_check`.

use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use super::failures::{Again, Certainty, Failure, FailureEngine, Mend, Names, Phase};
use super::pattern::{Pattern, folded};
use crate::domain::clean_text::CleanText;
use crate::domain::version::OmVersion;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    failure: Vec<Spanned<Written>>,
}

/// One `[[failure]]` as people write it. README of `assets/failures` says what the keys mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Spanned<String>,
    title: String,
    #[serde(rename = "match")]
    patterns: Vec<Spanned<String>>,
    names: Names,
    engine: Option<FailureEngine>,
    phases: Vec<Phase>,
    target_from: Option<OmVersion>,
    target_to: Option<OmVersion>,
    source_below: Option<OmVersion>,
    cause: String,
    next: String,
    again: Again,
    mend: Option<Mend>,
    certainty: Certainty,
    sources: Vec<Spanned<String>>,
    copied: Spanned<String>,
    samples: Vec<Spanned<String>>,
    near_misses: Vec<Spanned<String>>,
}

/// A mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub file: String,
    /// From 1.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// A line that a test reads, and whose it is.
#[derive(Debug, Clone)]
pub struct Sample {
    pub id: String,
    pub text: String,
    pub line: usize,
}

/// What one file holds.
#[derive(Debug, Clone, Default)]
pub struct Read {
    pub failures: Vec<Failure>,
    pub samples: Vec<Sample>,
    pub near_misses: Vec<Sample>,
    pub ids: Vec<Sample>,
    pub mistakes: Vec<Mistake>,
}

/// Reads one file; never fails, says what is wrong instead.
pub fn read(file: &str, text: &str) -> Read {
    let lines = Lines::new(file, text);
    let document: Document = match toml::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            return Read {
                mistakes: vec![lines.mistake(at, error.message())],
                ..Read::default()
            };
        }
    };
    let mut out = Read::default();
    if document.failure.is_empty() {
        out.mistakes
            .push(lines.mistake(0, "the file holds no [[failure]]"));
    }
    for entry in document.failure {
        one(&lines, entry, &mut out);
    }
    out
}

fn one(lines: &Lines, entry: Spanned<Written>, out: &mut Read) {
    let start = entry.span().start;
    let written = entry.into_inner();
    let id = written.id.get_ref().clone();
    let mut wrong = |at: usize, what: String| {
        out.mistakes
            .push(lines.mistake(at, &format!("{id}: {what}")));
    };
    if !is_id(&id) {
        wrong(
            written.id.span().start,
            "an id is lower-case letters, digits and hyphens".into(),
        );
    }
    let mut patterns = Vec::new();
    for pattern in &written.patterns {
        match Pattern::parse(pattern.get_ref()) {
            Ok(read) => {
                let sampled = |sample: &Spanned<String>| {
                    let line = CleanText::new(sample.get_ref());
                    read.find(&folded(line.as_str())).is_some()
                };
                if !written.samples.iter().any(sampled) {
                    wrong(pattern.span().start, "no sample shows this pattern".into());
                }
                patterns.push(read);
            }
            Err(error) => wrong(pattern.span().start, error.to_string()),
        }
    }
    for (name, empty) in [
        ("match", written.patterns.is_empty()),
        ("phases", written.phases.is_empty()),
        ("samples", written.samples.is_empty()),
        ("near_misses", written.near_misses.is_empty()),
        ("sources", written.sources.is_empty()),
        ("title", written.title.trim().is_empty()),
        ("cause", written.cause.trim().is_empty()),
        ("next", written.next.trim().is_empty()),
    ] {
        if empty {
            wrong(start, format!("{name} is empty"));
        }
    }
    for source in &written.sources {
        if !source.get_ref().starts_with("https://") {
            wrong(
                source.span().start,
                "a source is an https:// address".into(),
            );
        }
    }
    if !is_date(written.copied.get_ref()) {
        wrong(
            written.copied.span().start,
            "copied is a date, YYYY-MM-DD".into(),
        );
    }
    if matches!((&written.target_from, &written.target_to), (Some(from), Some(to)) if from > to) {
        wrong(start, "target_from is above target_to".into());
    }
    if written.mend.is_some()
        && (written.again != Again::Safe || written.certainty != Certainty::Sure)
    {
        wrong(
            start,
            "mend asks for again = \"safe\" and certainty = \"sure\"".into(),
        );
    }
    let sample = |text: &Spanned<String>| Sample {
        id: id.clone(),
        text: text.get_ref().clone(),
        line: lines.line(text.span().start),
    };
    out.ids.push(sample(&written.id));
    out.samples.extend(written.samples.iter().map(sample));
    out.near_misses
        .extend(written.near_misses.iter().map(sample));
    out.failures.push(Failure {
        id,
        title: written.title,
        patterns,
        names: written.names,
        engine: written.engine,
        phases: written.phases,
        target_from: written.target_from,
        target_to: written.target_to,
        source_below: written.source_below,
        cause: written.cause,
        next: written.next,
        again: written.again,
        mend: written.mend,
        certainty: written.certainty,
        sources: written
            .sources
            .into_iter()
            .map(Spanned::into_inner)
            .collect(),
        copied: written.copied.into_inner(),
    });
}

fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// From a place in a text to its line.
struct Lines<'a> {
    file: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(file: &'a str, text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect();
        Self { file, starts }
    }

    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    fn mistake(&self, at: usize, what: &str) -> Mistake {
        Mistake {
            file: self.file.to_string(),
            line: self.line(at),
            what: what.to_string(),
        }
    }
}
