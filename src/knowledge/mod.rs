//! What omup knows about OpenMetadata's releases, from the data under `assets/`: notes between two
//! versions, the allowed path, the platform versions that a release needs, known failures. Pure;
//! reads no file at run time.

mod after;
mod checklist;
mod clients;
#[cfg(test)]
mod clients_tests;
mod diagnose;
#[cfg(test)]
mod diagnose_tests;
pub mod failure_check;
#[cfg(test)]
mod failure_check_tests;
mod failure_file;
mod failures;
mod figures;
mod files;
mod first_error;
mod guide_questions;
mod masked;
mod path;
mod pattern;
mod probe;
mod range;
pub mod release_check;
mod releases;
pub mod relevance;

use crate::domain::clean_text::CleanText;
use crate::domain::code_mark::CodeMark;
use crate::domain::row_question::RowQuestion;
use crate::domain::survey::Survey;
use crate::domain::version::OmVersion;

pub use after::{After, AfterPoint, ProvenBy};
pub use checklist::Point;
pub use clients::{ClientAdvice, Standing};
pub use diagnose::{Diagnosed, Diagnoser, Diagnosis};
pub use failures::{
    Again, Certainty, Failure, FailureEngine, LogContext, Mend, Names, Phase as FailurePhase,
};
pub use figures::Figure;
pub use files::{FAILURES as FAILURE_FILES, RELEASES as RELEASE_FILES};
pub use first_error::NumberedLine;
pub use guide_questions::{GuideAnswer, GuideQuestion};
pub use path::{AdvisedStop, PathVerdict};
pub use probe::Probe;
pub use range::{Range, at_least, numbers};
pub use releases::{Change, Kind, Note, Release, Severity, Support};
pub use relevance::{Journey, Judged, Relevance};

/// What users will notice by these notes, oldest change first.
pub fn users_notice<'a>(notes: impl Iterator<Item = &'a Note>) -> Vec<String> {
    let mut told: Vec<(&OmVersion, String)> = notes
        .filter_map(|note| Some((&note.change.since, note.users()?)))
        .collect();
    told.sort();
    told.into_iter().map(|(_, text)| text).collect()
}

/// All releases, ascending, and all known failures.
#[derive(Debug, Clone)]
pub struct Knowledge {
    releases: Vec<Release>,
    checklist: Vec<Point>,
    failures: Vec<Failure>,
    clients: clients::ClientRules,
    stops: path::Stops,
    figures: Vec<figures::Figure>,
}

impl Knowledge {
    /// What is built into this program; a test reads every file of it.
    pub fn embedded() -> Self {
        Self {
            releases: releases::embedded(),
            checklist: checklist::embedded(),
            failures: failures::embedded(),
            clients: clients::embedded(),
            stops: path::embedded(),
            figures: figures::embedded(),
        }
    }

    /// The points that a person answers before the plan.
    pub fn checklist(&self) -> &[Point] {
        &self.checklist
    }

    /// The release line that a version belongs to.
    pub fn release(&self, version: &OmVersion) -> Option<&Release> {
        self.releases
            .iter()
            .find(|release| release.version.minor_line() == version.minor_line())
    }

    /// True for a release that was there when our data was copied; not for a candidate or a snapshot.
    pub fn known(&self, version: &OmVersion) -> bool {
        version.suffix().is_none() && self.covers(version)
    }

    /// The same of the numbers alone: a row of the history may carry the name of an extension.
    pub fn covers(&self, version: &OmVersion) -> bool {
        self.release(version).is_some_and(|release| {
            let newest = release.newest.as_ref();
            newest.is_some_and(|newest| version.triple() <= newest.triple())
        })
    }

    /// The platform versions that a release asks for.
    pub fn support(&self, target: &OmVersion) -> Option<&Support> {
        self.release(target).map(|release| &release.support)
    }

    /// Every change after `from`, up to and including `to`, oldest first.
    pub fn notes(&self, from: &OmVersion, to: &OmVersion) -> Vec<Note> {
        let mut notes: Vec<Note> = self
            .releases
            .iter()
            .flat_map(|release| {
                let copied = &release.copied;
                let changes = release.change.iter();
                changes.map(|change| Note::new(change.clone(), copied.clone()))
            })
            .filter(|note| note.change.since > *from && note.change.since <= *to)
            .collect();
        notes.sort_by(|a, b| {
            a.change
                .since
                .cmp(&b.change.since)
                .then(b.change.severity.cmp(&a.change.severity))
        });
        notes
    }

    /// What the changes between two versions ask of the database: question id and question.
    pub fn row_questions(&self, from: &OmVersion, to: &OmVersion) -> Vec<(String, RowQuestion)> {
        let mut questions = Vec::new();
        for note in self.notes(from, to) {
            for (index, probe) in note.change.probe.iter().enumerate() {
                if let Some(question) = probe.rows.as_ref().or(probe.no_rows.as_ref()) {
                    questions.push((note.change.question_id(index), question.clone()));
                }
            }
        }
        questions
    }

    /// What the changes between two versions break in the operators' files: change id and mark.
    pub fn code_marks(&self, from: &OmVersion, to: &OmVersion) -> Vec<(String, CodeMark)> {
        self.notes(from, to)
            .into_iter()
            .flat_map(|note| {
                let Change { id, code, .. } = note.change;
                code.into_iter().map(move |mark| (id.clone(), mark))
            })
            .collect()
    }

    /// The changes between two versions with what they mean for a deployment, ranked by it; nothing is
    /// left out.
    pub fn judged_notes(&self, survey: &Survey, from: &OmVersion, to: &OmVersion) -> Vec<Note> {
        let journey = Journey { survey, from, to };
        let mut notes = self.notes(from, to);
        for note in &mut notes {
            if note.change.breaking() || !note.change.probe.is_empty() {
                note.judged = Some(relevance::judge(&note.change, &journey));
            }
        }
        notes.sort_by_key(Note::rank);
        notes
    }

    /// What the people who use a deployment will notice of the way between two versions, oldest first.
    pub fn users_notice(&self, survey: &Survey, from: &OmVersion, to: &OmVersion) -> Vec<String> {
        users_notice(self.judged_notes(survey, from, to).iter())
    }

    /// Whether the database may go from one version to another in one hop.
    pub fn path(&self, from: &OmVersion, to: &OmVersion) -> PathVerdict {
        path::judge(self, from, to)
    }

    /// The versions to stop at on the way up, the target as the last.
    pub fn stops(&self, from: &OmVersion, to: &OmVersion) -> Vec<OmVersion> {
        path::stops(self, from, to)
    }

    /// Stops on the way that nobody forces, with the reason.
    pub fn advised_stops(&self, from: &OmVersion, to: &OmVersion) -> Vec<AdvisedStop> {
        path::advised(self, from, to)
    }

    /// Takes a log line by line, for one that is too long to be held.
    pub fn diagnoser(&self, context: &LogContext) -> Diagnoser<'_> {
        Diagnoser::new(&self.failures, context)
    }

    /// What the lines of a log speak of, best first; lines are counted from 1.
    pub fn diagnose<'a>(
        &self,
        lines: impl IntoIterator<Item = &'a CleanText>,
        context: &LogContext,
    ) -> Diagnosed {
        let mut diagnoser = self.diagnoser(context);
        for (number, line) in (1..).zip(lines) {
            diagnoser.line(number, line);
        }
        diagnoser.finish()
    }
}
