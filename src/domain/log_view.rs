//! A window onto a log file, and the question that asks for it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;
use super::sought::Sought;

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
    /// What a terminal would show of it, at most 2000 characters; a longer line ends in `…`.
    pub text: CleanText,
    pub level: LogLevel,
    /// It matches the search.
    pub hit: bool,
}

/// Which part of the log is wanted; rows are those of the filtered view, from 0. A hit matches the search, trouble is
/// an error or a warning; both are looked for once round the end, from a row on (that row too) or before one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogPlace {
    /// This row on top; the last rows if the view is shorter.
    Row(u64),
    /// The last rows, also while the log grows.
    End,
    NextHit {
        from: u64,
    },
    PreviousHit {
        before: u64,
    },
    NextTrouble {
        from: u64,
    },
    PreviousTrouble {
        before: u64,
    },
}

/// A question to the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogQuery {
    pub file: PathBuf,
    /// Only lines that have it are rows of the view.
    pub filter: Option<Sought>,
    pub search: Option<Sought>,
    pub place: LogPlace,
    /// Rows of the window.
    pub rows: u16,
    /// Somebody may still write into it: it is looked at again and again.
    #[serde(default)]
    pub grows: bool,
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
    /// Lines, errors and warnings of the file as far as known, whatever the filter.
    pub file_lines: u64,
    pub errors: u64,
    pub warnings: u64,
    /// Row of the hit or trouble that was asked for.
    pub hit: Option<u64>,
    /// Its number among the hits, from 1; none for trouble that the search does not match.
    pub hit_number: Option<u64>,
    /// Rows of the view that match the search, as far as known.
    pub hits: Option<u64>,
    /// The search went on at the other end.
    pub wrapped: bool,
    /// Share of the file that is read for index, filter and search, 0 to 1; 1 only when it is all of it.
    pub indexed: f32,
    /// The file is missing, cannot be read, or was removed; or it was replaced since the question.
    pub trouble: Option<CleanText>,
}
