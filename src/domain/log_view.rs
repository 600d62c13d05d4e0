//! A window onto a log file, and the question that asks for it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;

/// How bad a line is, by its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Other,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Counted from 0 in the file.
    pub number: u64,
    pub text: CleanText,
    pub level: LogLevel,
    /// It matches the search.
    pub hit: bool,
}

/// Which part of the log is wanted; rows are those of the filtered view, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogPlace {
    Row(u64),
    End,
    NextHit { after: u64 },
    PreviousHit { before: u64 },
    NextTrouble { after: u64 },
    PreviousTrouble { before: u64 },
}

/// A question to the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogQuery {
    pub file: PathBuf,
    pub filter: Option<String>,
    pub search: Option<String>,
    pub place: LogPlace,
    pub rows: u16,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogWindow {
    pub query: LogQuery,
    /// Row of the first line.
    pub top: u64,
    pub lines: Vec<LogLine>,
    /// Rows of the filtered view, as far as known.
    pub rows: u64,
    pub file_lines: u64,
    pub errors: u64,
    pub warnings: u64,
    /// Row of the hit or trouble that was asked for.
    pub hit: Option<u64>,
    /// Its number among the hits, from 1.
    pub hit_number: Option<u64>,
    pub hits: Option<u64>,
    /// The search went on at the other end.
    pub wrapped: bool,
    /// Share of the file that is indexed, 0 to 1.
    pub indexed: f32,
    /// Why there is nothing to show.
    pub trouble: Option<CleanText>,
}
