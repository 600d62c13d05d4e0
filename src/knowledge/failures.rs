//! Known failures, from the data under `assets/failures`: what a log line says, why, and what to do.
//! Values and the list of what is built in; reading a file is in `failure_file`, matching in `diagnose`.

use serde::{Deserialize, Serialize};

use super::failure_file;
use super::files::FAILURES;
use super::pattern::Pattern;
use crate::domain::version::OmVersion;

/// The part of an upgrade that wrote a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Dump,
    Restore,
    Migrate,
    Start,
    Validate,
    Reindex,
    Pipelines,
    Ingestion,
}

/// The engines whose messages the files describe; a failure without one is either's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FailureEngine {
    Postgres,
    Mysql,
}

/// What a matching line gives away. A cause stands before a symptom, a symptom before a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Names {
    /// The line itself says what is wrong.
    Cause,
    /// Something went wrong; the reason is in other lines.
    Symptom,
    /// Harmless, or only a hint.
    Note,
}

/// How sure the cause is when the line is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    Sure,
    Likely,
    Possible,
}

impl Certainty {
    pub fn word(self) -> &'static str {
        match self {
            Certainty::Sure => "sure",
            Certainty::Likely => "likely",
            Certainty::Possible => "possible",
        }
    }
}

/// Whether the same step may simply be run again, once the next step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Again {
    Safe,
    /// Something was left half done: go back to the backup first.
    RestoreFirst,
    /// It depends on how far the step had come.
    Look,
}

impl Again {
    pub fn sentence(self) -> &'static str {
        match self {
            Again::Safe => "running it again is safe",
            Again::RestoreFirst => "do not run it again before the backup is restored",
            Again::Look => "whether it may be run again depends on how far it came: look first",
        }
    }
}

/// What omup itself can do about a failure, when a person chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mend {
    /// Gives the migration the next larger sort memory.
    MoreSortMemory,
}

/// One known failure.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Hand-written, never used for another failure.
    pub id: String,
    pub title: String,
    #[serde(skip)]
    pub patterns: Vec<Pattern>,
    pub names: Names,
    pub engine: Option<FailureEngine>,
    pub phases: Vec<Phase>,
    /// First target version that it was seen with; all before where absent.
    pub target_from: Option<OmVersion>,
    /// Last target version that it was seen with; all after where absent.
    pub target_to: Option<OmVersion>,
    /// Only when the database comes from below this version.
    pub source_below: Option<OmVersion>,
    pub cause: String,
    pub next: String,
    pub again: Again,
    /// `None`: a person has to do what `next` says.
    pub mend: Option<Mend>,
    pub certainty: Certainty,
    pub sources: Vec<String>,
    /// `YYYY-MM-DD`: when we last read the sources.
    pub copied: String,
}

/// What is known of the log; what is not known excludes nothing.
#[derive(Debug, Clone, Default)]
pub struct LogContext {
    pub from: Option<OmVersion>,
    pub to: Option<OmVersion>,
    /// Orders the answers; excludes none, because one log often holds more than its own phase.
    pub phase: Option<Phase>,
    pub engine: Option<FailureEngine>,
}

impl Failure {
    /// False when engine or versions say that it cannot be this one.
    pub fn fits(&self, context: &LogContext) -> bool {
        let outside = |limit: &Option<OmVersion>, version: &Option<OmVersion>, order| matches!((limit, version), (Some(limit), Some(version)) if version.triple().cmp(&limit.triple()) == order);
        let other_engine =
            matches!((self.engine, context.engine), (Some(own), Some(asked)) if own != asked);
        let from_above = matches!((&self.source_below, &context.from), (Some(limit), Some(from)) if from.triple() >= limit.triple());
        !(other_engine
            || from_above
            || outside(&self.target_from, &context.to, std::cmp::Ordering::Less)
            || outside(&self.target_to, &context.to, std::cmp::Ordering::Greater))
    }
}

/// What is built in. A file with a mistake gives what is right in it, and fails the test of
/// `failure_check_tests`.
pub fn embedded() -> Vec<Failure> {
    FAILURES
        .iter()
        .flat_map(|(name, text)| failure_file::read(name, text).failures)
        .collect()
}
