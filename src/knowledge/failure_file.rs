//! A file of failures: its shape, and everything that can be wrong with it, by file and line.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use super::diagnose::Diagnoser;
use super::failures::{Again, Certainty, Failure, FailureEngine, LogContext, Names, Phase};
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
        certainty: written.certainty,
        sources: written
            .sources
            .into_iter()
            .map(Spanned::into_inner)
            .collect(),
        copied: written.copied.into_inner(),
    });
}

/// How much was checked, and what is wrong.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub files: usize,
    pub failures: usize,
    pub samples: usize,
    pub near_misses: usize,
    pub mistakes: Vec<Mistake>,
}

/// Reads all files together: each by itself, ids used twice, and every sample and near miss against
/// every failure, without any context to help.
pub fn check(files: &[(String, String)]) -> Checked {
    let read: Vec<(&str, Read)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), read(name, text)))
        .collect();
    let failures: Vec<Failure> = read
        .iter()
        .flat_map(|(_, read)| read.failures.clone())
        .collect();
    let mut out = Checked {
        files: files.len(),
        failures: failures.len(),
        ..Checked::default()
    };
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for (file, read) in &read {
        out.samples += read.samples.len();
        out.near_misses += read.near_misses.len();
        out.mistakes.extend(read.mistakes.iter().cloned());
        let mistake = |line: usize, what: String| Mistake {
            file: (*file).to_string(),
            line,
            what,
        };
        for id in &read.ids {
            let here = format!("{file}:{}", id.line);
            if let Some(there) = seen.insert(&id.id, here) {
                out.mistakes.push(mistake(
                    id.line,
                    format!("{}: this id stands in {there} too", id.id),
                ));
            }
        }
        for sample in &read.samples {
            let answers = answers(&failures, &sample.text);
            let what = match answers.iter().position(|id| *id == sample.id) {
                Some(0) => continue,
                Some(_) => format!(
                    "{}: the sample is taken for {} first",
                    sample.id, answers[0]
                ),
                None => format!("{}: no pattern matches the sample", sample.id),
            };
            out.mistakes.push(mistake(sample.line, what));
        }
        for miss in &read.near_misses {
            if answers(&failures, &miss.text).contains(&miss.id) {
                let what = format!("{}: a pattern matches the near miss", miss.id);
                out.mistakes.push(mistake(miss.line, what));
            }
        }
    }
    out.mistakes
        .sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    out
}

/// The ids that one line is diagnosed as, best first.
fn answers(failures: &[Failure], text: &str) -> Vec<String> {
    let mut diagnoser = Diagnoser::new(failures, &LogContext::default());
    diagnoser.line(1, &CleanText::new(text));
    diagnoser
        .finish()
        .diagnoses
        .into_iter()
        .map(|diagnosis| diagnosis.failure.id)
        .collect()
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{check, read};
    use crate::knowledge::FAILURE_FILES;

    const WHOLE: &str = r#"[[failure]]
id = "disk-full"
title = "t"
match = ["No space left on device"]
names = "cause"
phases = ["migrate"]
cause = "c"
next = "n"
again = "look"
certainty = "sure"
sources = ["https://example.org/"]
copied = "2026-11-26"
samples = ["ERROR: No space left on device"]
near_misses = ["space left on device: 3 GB"]
"#;

    fn mistakes(text: &str) -> Vec<String> {
        check(&[("one.toml".to_string(), text.to_string())])
            .mistakes
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn every_failure_file_is_right() {
        let files: Vec<(String, String)> = FAILURE_FILES
            .iter()
            .map(|(name, text)| ((*name).to_string(), (*text).to_string()))
            .collect();
        let checked = check(&files);
        assert!(
            checked.mistakes.is_empty(),
            "\n{}",
            checked
                .mistakes
                .iter()
                .map(|mistake| format!("assets/failures/{mistake}\n"))
                .collect::<String>()
        );
        assert!(checked.samples >= checked.failures && checked.failures > 0);
    }

    #[test]
    fn every_file_in_the_folder_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/failures");
        let mut names: Vec<String> = folder
            .read_dir()
            .expect("the folder")
            .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
            .filter(|name| name.ends_with(".toml"))
            .collect();
        names.sort();
        let built_in: Vec<&str> = FAILURE_FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, built_in, "src/knowledge/failures.rs lists them");
    }

    #[test]
    fn a_whole_file_has_no_mistake() {
        assert_eq!(mistakes(WHOLE), [""; 0]);
        assert_eq!(read("one.toml", WHOLE).failures.len(), 1);
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        for (right, wrong, line, word) in [
            (
                "\"No space left on device\"",
                "\"* on\"",
                4,
                "begins or ends",
            ),
            (
                "\"No space left on device\"",
                "\"No space*left\"",
                4,
                "no whole word",
            ),
            ("id = \"disk-full\"", "id = \"Disk Full\"", 2, "an id is"),
            (
                "copied = \"2026-11-26\"",
                "copied = \"2026-13-26\"",
                12,
                "a date",
            ),
            ("copied = \"2026-11-26\"\n", "", 1, "copied"),
            (
                "sources = [\"https://example.org/\"]",
                "sources = []",
                1,
                "sources is empty",
            ),
            (
                "device\"]\nnames",
                "device\", \"No room on the device\"]\nnames",
                4,
                "no sample",
            ),
            ("https://example.org/", "ftp://example.org/", 11, "https"),
            (
                "ERROR: No space",
                "ERROR: Much space",
                13,
                "no pattern matches",
            ),
            (
                "space left on device: 3",
                "No space left on device: 3",
                14,
                "near miss",
            ),
            ("title = \"t\"", "titel = \"t\"", 3, "titel"),
            ("\"sure\"", "\"certain\"", 10, "certain"),
            ("names = \"cause\"", "names =", 5, ""),
        ] {
            let text = WHOLE.replacen(right, wrong, 1);
            assert_ne!(text, WHOLE, "{wrong}");
            let found = mistakes(&text);
            let place = format!("one.toml:{line}: ");
            assert!(
                found
                    .iter()
                    .any(|one| one.starts_with(&place) && one.contains(word)),
                "{wrong}: {found:#?}"
            );
        }
    }

    #[test]
    fn an_id_in_two_files_names_both() {
        let files = ["a.toml", "b.toml"].map(|name| (name.to_string(), WHOLE.to_string()));
        let mistakes = check(&files).mistakes;
        assert!(
            mistakes
                .iter()
                .any(|one| one.file == "b.toml" && one.what.contains("a.toml:2")),
            "{mistakes:?}"
        );
    }

    #[test]
    fn a_sample_that_another_failure_takes_is_a_mistake() {
        let other = WHOLE.replace("disk-full", "disk-full-for-error").replace(
            "No space left on device\"]\nnames",
            "ERROR: No space left on device\"]\nnames",
        );
        let files = [WHOLE, &other].map(|text| ("a.toml".to_string(), text.to_string()));
        let mistakes = check(&files).mistakes;
        assert!(
            mistakes
                .iter()
                .any(|one| one.what.contains("taken for disk-full-for-error first")),
            "{mistakes:?}"
        );
    }
}
