//! All failure files together: what can be wrong between them. Every sample has to be diagnosed as
//! its own failure first, with nothing else known.

use std::collections::BTreeMap;

use super::diagnose::Diagnoser;
use super::failure_file::{Mistake, Read, read};
use super::failures::{Failure, LogContext};
use crate::domain::clean_text::CleanText;

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
