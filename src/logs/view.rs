//! One file as it is looked at: its index, the rows that the filter lets through, the hits.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::PathBuf;

use super::lines::{self, Needle, SEARCHED};
use super::scan::Scan;
use crate::domain::clean_text::CleanText;
use crate::domain::log_view::{LogLevel, LogLine, LogPlace, LogQuery, LogWindow};

/// Lines with something in them: numbers of lines, ascending.
#[derive(Debug, Default)]
struct Hits {
    needle: Option<Needle>,
    scan: Scan,
    /// Lines seen so far.
    seen: u64,
    lines: Vec<u64>,
}

impl Hits {
    fn turn_to(&mut self, text: Option<&str>) {
        let needle = Needle::new(text);
        if self.needle != needle {
            *self = Hits {
                needle,
                ..Hits::default()
            };
        }
    }

    fn advance(&mut self, file: &File, length: u64, budget: u64) -> std::io::Result<bool> {
        let Some(needle) = &self.needle else {
            return Ok(false);
        };
        let (seen, lines) = (&mut self.seen, &mut self.lines);
        self.scan.advance(file, length, budget, |_, head| {
            if needle.is_in(head) {
                lines.push(*seen);
            }
            *seen += 1;
        })
    }
}

pub struct View {
    path: PathBuf,
    file: Option<File>,
    /// Device and inode: a log may be replaced by another file.
    identity: (u64, u64),
    length: u64,
    scan: Scan,
    /// Where each whole line begins: 8 bytes a line.
    starts: Vec<u64>,
    /// Numbers of the lines that warn or tell an error.
    trouble_lines: Vec<u64>,
    errors: u64,
    warnings: u64,
    filter: Hits,
    search: Hits,
    trouble: Option<CleanText>,
}

impl View {
    pub fn open(query: &LogQuery) -> Self {
        let mut view = Self {
            path: query.file.clone(),
            file: None,
            identity: (0, 0),
            length: 0,
            scan: Scan::default(),
            starts: Vec::new(),
            trouble_lines: Vec::new(),
            errors: 0,
            warnings: 0,
            filter: Hits::default(),
            search: Hits::default(),
            trouble: None,
        };
        view.turn_to(query);
        view
    }

    /// Another question; what is known of the same file is kept.
    pub fn turn_to(&mut self, query: &LogQuery) {
        if self.path != query.file {
            *self = Self::open(query);
            return;
        }
        self.filter.turn_to(query.filter.as_deref());
        self.search.turn_to(query.search.as_deref());
    }

    fn forget(&mut self) {
        let (filter, search) = (self.filter.needle.clone(), self.search.needle.clone());
        self.scan = Scan::default();
        self.starts = Vec::new();
        self.trouble_lines = Vec::new();
        (self.errors, self.warnings) = (0, 0);
        self.filter = Hits {
            needle: filter,
            ..Hits::default()
        };
        self.search = Hits {
            needle: search,
            ..Hits::default()
        };
    }

    /// Reads on for about `budget` bytes; true: there is more.
    pub fn advance(&mut self, budget: u64) -> bool {
        match self.read_on(budget) {
            Ok(more) => more,
            Err(error) => {
                let text = format!("cannot read {}: {error}", self.path.display());
                self.trouble = Some(text.into());
                self.file = None;
                false
            }
        }
    }

    fn read_on(&mut self, budget: u64) -> std::io::Result<bool> {
        let meta = std::fs::metadata(&self.path)?;
        let identity = (meta.dev(), meta.ino());
        if self.file.is_none() || identity != self.identity || meta.len() < self.length {
            self.forget();
            self.file = Some(File::open(&self.path)?);
            self.identity = identity;
        }
        self.trouble = None;
        self.length = meta.len();
        let Some(file) = &self.file else {
            return Ok(false);
        };
        let (starts, trouble) = (&mut self.starts, &mut self.trouble_lines);
        let (errors, warnings) = (&mut self.errors, &mut self.warnings);
        let mut more = self
            .scan
            .advance(file, self.length, budget, |start, head| {
                let number = starts.len() as u64;
                match lines::level(head) {
                    LogLevel::Error => {
                        *errors += 1;
                        trouble.push(number);
                    }
                    LogLevel::Warn => {
                        *warnings += 1;
                        trouble.push(number);
                    }
                    LogLevel::Info | LogLevel::Debug | LogLevel::Other => {}
                }
                starts.push(start);
            })?;
        more |= self.filter.advance(file, self.length, budget)?;
        more |= self.search.advance(file, self.length, budget)?;
        Ok(more)
    }

    /// Whole lines, and the torn one.
    fn file_lines(&self) -> u64 {
        self.starts.len() as u64 + u64::from(self.scan.torn().is_some())
    }

    fn rows(&self) -> u64 {
        match &self.filter.needle {
            None => self.file_lines(),
            Some(needle) => {
                let torn = self
                    .filter
                    .scan
                    .torn()
                    .is_some_and(|head| needle.is_in(head));
                self.filter.lines.len() as u64 + u64::from(torn)
            }
        }
    }

    /// The line that stands in a row of the view.
    fn line_of(&self, row: u64) -> Option<u64> {
        if row >= self.rows() {
            return None;
        }
        if self.filter.needle.is_none() {
            return Some(row);
        }
        let index = usize::try_from(row).ok()?;
        Some(
            self.filter
                .lines
                .get(index)
                .copied()
                .unwrap_or(self.filter.seen),
        )
    }

    /// The row of a line, or of the next one that the filter lets through.
    fn row_of(&self, line: u64) -> Option<u64> {
        if self.filter.needle.is_none() {
            return Some(line);
        }
        self.filter
            .lines
            .binary_search(&line)
            .ok()
            .map(|row| row as u64)
    }

    fn read_line(&self, number: u64) -> Vec<u8> {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(start) = self.starts.get(index).copied() else {
            return self.scan.torn().unwrap_or_default().to_vec();
        };
        let next = self
            .starts
            .get(index + 1)
            .copied()
            .unwrap_or(self.scan.line_start);
        let length = usize::try_from(next.saturating_sub(start + 1))
            .unwrap_or(SEARCHED)
            .min(SEARCHED);
        let mut bytes = vec![0; length];
        let got = self
            .file
            .as_ref()
            .and_then(|file| file.read_at(&mut bytes, start).ok())
            .unwrap_or(0);
        bytes.truncate(got);
        bytes
    }

    /// First line of `lines` after (or before) a row of the view, going round once at the end.
    fn jump(&self, lines: &[u64], row: u64, forwards: bool) -> (Option<u64>, bool) {
        let rows = || lines.iter().filter_map(|line| self.row_of(*line));
        if forwards {
            let here = self.line_of(row).unwrap_or(row);
            let first = lines.partition_point(|line| *line <= here);
            let next = lines[first..].iter().find_map(|line| self.row_of(*line));
            match next {
                Some(row) => (Some(row), false),
                None => (rows().next(), true),
            }
        } else {
            let here = self.line_of(row).unwrap_or(u64::MAX);
            let first = lines.partition_point(|line| *line < here);
            let before = lines[..first]
                .iter()
                .rev()
                .find_map(|line| self.row_of(*line));
            match before {
                Some(row) => (Some(row), false),
                None => (lines.iter().rev().find_map(|line| self.row_of(*line)), true),
            }
        }
    }

    /// The window that is asked for.
    pub fn window(&self, query: &LogQuery) -> LogWindow {
        let rows = self.rows();
        let height = u64::from(query.rows.max(1));
        let last_top = rows.saturating_sub(height);
        let jumped = match query.place {
            LogPlace::Row(_) | LogPlace::End => None,
            LogPlace::NextHit { after } => Some(self.jump(&self.search.lines, after, true)),
            LogPlace::PreviousHit { before } => Some(self.jump(&self.search.lines, before, false)),
            LogPlace::NextTrouble { after } => Some(self.jump(&self.trouble_lines, after, true)),
            LogPlace::PreviousTrouble { before } => {
                Some(self.jump(&self.trouble_lines, before, false))
            }
        };
        let (hit, wrapped) = jumped.unwrap_or((None, false));
        let top = match (query.place, hit) {
            (LogPlace::Row(row), _) => row.min(last_top),
            (LogPlace::End, _) => last_top,
            // A third of the window before the hit, so that what led to it is seen.
            (_, Some(hit)) => hit.saturating_sub(height / 3).min(last_top),
            (
                LogPlace::NextHit { after: row }
                | LogPlace::NextTrouble { after: row }
                | LogPlace::PreviousHit { before: row }
                | LogPlace::PreviousTrouble { before: row },
                None,
            ) => row.min(last_top),
        };
        let lines = (top..rows.min(top + height))
            .filter_map(|row| self.line_of(row))
            .map(|number| {
                let bytes = self.read_line(number);
                LogLine {
                    number,
                    text: lines::shown(&bytes),
                    level: lines::level(&bytes),
                    hit: self.search.needle.as_ref().is_some_and(|n| n.is_in(&bytes)),
                }
            })
            .collect();
        let number = hit.and_then(|row| self.line_of(row)).and_then(|line| {
            let list = match query.place {
                LogPlace::NextHit { .. } | LogPlace::PreviousHit { .. } => &self.search.lines,
                LogPlace::NextTrouble { .. } | LogPlace::PreviousTrouble { .. } => {
                    &self.trouble_lines
                }
                LogPlace::Row(_) | LogPlace::End => return None,
            };
            list.binary_search(&line).ok().map(|index| index as u64 + 1)
        });
        let share = |scan: &Scan| {
            if self.length == 0 {
                1.0
            } else {
                scan.at as f32 / self.length as f32
            }
        };
        let mut indexed = share(&self.scan);
        for hits in [&self.filter, &self.search] {
            if hits.needle.is_some() {
                indexed = indexed.min(share(&hits.scan));
            }
        }
        LogWindow {
            query: query.clone(),
            top,
            lines,
            rows,
            file_lines: self.file_lines(),
            errors: self.errors,
            warnings: self.warnings,
            hit,
            hit_number: number,
            hits: self
                .search
                .needle
                .is_some()
                .then_some(self.search.lines.len() as u64),
            wrapped,
            indexed,
            trouble: self.trouble.clone(),
        }
    }
}
