//! One file as it is looked at: index, filter and search are kept up with it, and windows are cut out of it.

use std::path::PathBuf;

use super::found::Found;
use super::index::Index;
use super::lines;
use super::needle::Needle;
use super::place::{Known, Stand, resolve};
use super::scan::{BUFFER, Scan, fill};
use super::source::{News, Source};
use crate::domain::clean_text::CleanText;
use crate::domain::log_view::{LogLine, LogQuery, LogWindow};
use crate::domain::sought::Sought;

pub struct View {
    path: PathBuf,
    source: Option<Source>,
    scan: Scan,
    index: Index,
    filter: Option<Found>,
    search: Option<Found>,
    /// Where the reader stands, once it is settled.
    stand: Option<Stand>,
    /// The row on top of the last window.
    top: Option<u64>,
    /// Why nothing (more) can be read.
    trouble: Option<CleanText>,
    /// What happened to the file since the question.
    note: Option<CleanText>,
    buffer: Vec<u8>,
}

/// What one step of reading brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// A window may look different now.
    pub changed: bool,
    /// There is more to read.
    pub more: bool,
}

impl View {
    pub fn open(query: &LogQuery) -> Self {
        Self {
            path: query.file.clone(),
            source: None,
            scan: Scan::default(),
            index: Index::default(),
            filter: Needle::new(query.filter.as_ref()).map(Found::new),
            search: Needle::new(query.search.as_ref()).map(Found::new),
            stand: None,
            top: None,
            trouble: None,
            note: None,
            buffer: vec![0; BUFFER],
        }
    }

    /// Another question; what is known of the same file is kept.
    pub fn turn_to(&mut self, query: &LogQuery) {
        if self.path != query.file {
            *self = Self::open(query);
            return;
        }
        (self.stand, self.note) = (None, None);
        if turn(&mut self.filter, query.filter.as_ref()) {
            // Its rows are others.
            self.top = None;
        }
        turn(&mut self.search, query.search.as_ref());
    }

    /// Reads on for about `budget` bytes.
    pub fn advance(&mut self, budget: u64) -> Step {
        let trouble = self.trouble.take();
        let read = self.look().and_then(|news| {
            let more = self.read_on(budget)?;
            Ok((news, more))
        });
        let (news, more) = read.unwrap_or_else(|error| {
            self.trouble = Some(CleanText::new(&format!(
                "cannot read {}: {error}. The file was not touched; it is tried again by itself",
                self.path.display()
            )));
            (false, false)
        });
        Step {
            changed: news || more || trouble != self.trouble,
            more,
        }
    }

    /// Looks at the file; true: there may be something new.
    fn look(&mut self) -> std::io::Result<bool> {
        let news = match &mut self.source {
            Some(source) => source.look(&self.path)?,
            None => News::Replaced,
        };
        match news {
            // What was not read yet is read on.
            News::Same => return Ok(self.reading()),
            News::Grown => return Ok(true),
            News::Gone => {
                self.trouble = Some(CleanText::new(&format!(
                    "{} was removed; what was read of it is still shown",
                    self.path.display()
                )));
                return Ok(self.reading());
            }
            News::Replaced => {}
        }
        match Source::open(&self.path) {
            Ok(source) => {
                if self.source.is_some() {
                    self.note = Some(CleanText::new(&format!(
                        "{} was replaced or emptied; it was read again from its beginning",
                        self.path.display()
                    )));
                }
                self.forget();
                self.source = Some(source);
                Ok(true)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.trouble = Some(CleanText::new(&format!(
                    "{} is not there (yet); it is shown as soon as it appears",
                    self.path.display()
                )));
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Everything that is known of the lines.
    fn forget(&mut self) {
        self.scan = Scan::default();
        self.index = Index::default();
        for found in [&mut self.filter, &mut self.search].into_iter().flatten() {
            *found = Found::new(found.lines.needle.clone());
        }
        (self.stand, self.top) = (None, None);
    }

    fn read_on(&mut self, budget: u64) -> std::io::Result<bool> {
        let Some(Source { file, length, .. }) = &self.source else {
            return Ok(false);
        };
        let buffer = &mut self.buffer;
        let mut more = self
            .scan
            .advance(file, *length, budget, buffer, &mut self.index)?;
        for found in [&mut self.filter, &mut self.search].into_iter().flatten() {
            more |= found
                .scan
                .advance(file, *length, budget, buffer, &mut found.lines)?;
        }
        Ok(more)
    }

    /// How far the slowest reading is, and the length of the file.
    fn read(&self) -> (u64, u64) {
        let length = self.source.as_ref().map_or(0, |source| source.length);
        let found = [&self.filter, &self.search].into_iter().flatten();
        let slowest = found.map(|found| found.scan.told()).min();
        let told = self.scan.told().min(slowest.unwrap_or(u64::MAX));
        (told.min(length), length)
    }

    fn reading(&self) -> bool {
        let (told, length) = self.read();
        told < length
    }

    fn known(&self) -> Known<'_> {
        Known {
            lines: self.index.lines(),
            filter: self.filter.as_ref().map(|found| &found.lines.marks),
            search: self.search.as_ref().map(|found| &found.lines.marks),
            trouble: self.index.trouble(),
            whole: !self.reading(),
        }
    }

    /// The window that is asked for. Where the reader stands is kept from then on.
    pub fn window(&mut self, query: &LogQuery) -> LogWindow {
        let height = u64::from(query.rows.max(1));
        let known = self.known();
        let rows = known.rows();
        let mut stand = self
            .stand
            .unwrap_or_else(|| resolve(query.place, &known, height, self.top));
        // The torn last line can leave a filtered view again, when a `\r` follows.
        stand.top = stand.top.min(rows.saturating_sub(1));
        let shown = usize::from(query.rows.max(1));
        let lines: Vec<LogLine> = known
            .lines_from(stand.top)
            .take(shown)
            .map(|number| self.line(number))
            .collect();
        let hits = known.hits();
        let hit_line = stand.hit.and_then(|row| known.line_of(row));
        let hit_number = hits.zip(hit_line).and_then(|(hits, line)| {
            let is_hit = hits.0.get(line) == Some(true);
            is_hit.then(|| hits.count_below(line) + 1)
        });
        let hits = hits.map(|hits| hits.count());
        let file_lines = known.lines;
        if stand.settled {
            self.stand = Some(stand);
        }
        self.top = Some(stand.top);
        let (errors, warnings) = self.index.counts();
        LogWindow {
            query: query.clone(),
            top: stand.top,
            lines,
            rows,
            file_lines,
            errors,
            warnings,
            hit: stand.hit,
            hit_number,
            hits,
            wrapped: stand.wrapped,
            indexed: self.indexed(),
            trouble: self.trouble.clone().or_else(|| self.note.clone()),
        }
    }

    /// Never 1 before all is read, however little is missing.
    fn indexed(&self) -> f32 {
        match self.read() {
            (told, length) if told >= length => 1.0,
            (told, length) => (told as f32 / length as f32).min(0.999),
        }
    }

    fn line(&self, number: u64) -> LogLine {
        let bytes = self.bytes_of(number);
        let hit = self.search.as_ref().is_some_and(|found| {
            let marked = found.lines.marks.get(number);
            marked.unwrap_or_else(|| found.lines.needle.is_in(&bytes))
        });
        LogLine {
            number,
            text: lines::shown(&bytes),
            level: lines::level(lines::last_text(&bytes)),
            hit,
        }
    }

    /// What is shown of a line, as it stands in the file; empty if the file has lost it meanwhile.
    fn bytes_of(&self, number: u64) -> Vec<u8> {
        let Some((from, source)) = self.index.shown_from(number).zip(self.source.as_ref()) else {
            return Vec::new();
        };
        let end = match (self.index.start(number + 1), self.scan.end()) {
            (Some(next), _) => next.saturating_sub(1),
            (None, (end, torn)) => end.saturating_sub(u64::from(!torn)),
        };
        let length = usize::try_from(end.saturating_sub(from)).unwrap_or(BUFFER);
        let mut bytes = vec![0; length.min(BUFFER)];
        let got = fill(&source.file, &mut bytes, from).unwrap_or(0);
        bytes.truncate(got);
        bytes
    }
}

/// True: it looks for something else now, from the beginning of the file.
fn turn(found: &mut Option<Found>, sought: Option<&Sought>) -> bool {
    let needle = Needle::new(sought);
    if found.as_ref().map(|found| &found.lines.needle) == needle.as_ref() {
        return false;
    }
    *found = needle.map(Found::new);
    true
}
