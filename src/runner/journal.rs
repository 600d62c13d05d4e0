//! The journal of a run: JSON lines, append only, synced before and after each effect.
//!
//! A line is `{"v":1,"seq":..,"at":..,"mono_ms":..,"prev":..,"kind":..,...,"sum":..}` and a newline.
//! `sum` is the SHA-256 (hex) of the line without its `sum`; `prev` is the `sum` of the line before.
//! A line without its newline was not written. This detects accidents, not forgery.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::event::Event;

/// Format of a line; a reader stops at a version that it does not know.
pub const VERSION: u32 = 1;

/// `prev` of the first line.
pub const ORIGIN: &str = "omup-journal";

/// No honest line is longer than this many bytes.
pub const MAX_LINE: usize = 4 * 1024 * 1024;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub v: u32,
    /// 1 for the first line, then one more each.
    pub seq: u64,
    /// Wall clock, RFC 3339, UTC. Order comes from `seq`, never from here.
    pub at: String,
    /// Milliseconds since the writing process opened the journal, by the monotonic clock.
    pub mono_ms: u64,
    pub prev: String,
    #[serde(flatten)]
    pub event: Event,
}

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("cannot {doing} the journal {path}: {source}", path = .path.display())]
    Io {
        doing: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the journal {path} is damaged at line {line}: {why}", path = .path.display())]
    Damaged {
        path: PathBuf,
        line: u64,
        why: String,
    },
}

/// What reading gives: every whole line, and how many bytes of an unfinished line follow.
#[derive(Debug, Default)]
pub struct Reading {
    pub entries: Vec<Entry>,
    pub torn_bytes: u64,
    /// `sum` of the last whole line.
    pub last_sum: Option<String>,
    /// Bytes of the whole lines.
    pub good_bytes: u64,
}

/// Checks the lines of a journal one after another.
#[derive(Debug)]
pub struct Checker {
    path: PathBuf,
    line: u64,
    prev: String,
}

impl Checker {
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            line: 0,
            prev: ORIGIN.to_string(),
        }
    }

    /// Takes one line without its newline.
    pub fn line(&mut self, raw: &[u8]) -> Result<Entry, JournalError> {
        self.line += 1;
        let damaged = |why: &str| JournalError::Damaged {
            path: self.path.clone(),
            line: self.line,
            why: why.to_string(),
        };
        let text = std::str::from_utf8(raw).map_err(|_| damaged("it is not UTF-8"))?;
        let (body, sum) = split_sum(text).ok_or_else(|| damaged("its checksum is missing"))?;
        let mut hash = Sha256::new();
        hash.update(body.as_bytes());
        hash.update(b"}");
        if hex(&hash.finalize()) != sum {
            return Err(damaged("its checksum does not fit"));
        }
        let whole = format!("{body}}}");
        let entry: Entry = serde_json::from_str(&whole)
            .map_err(|error| damaged(&format!("it cannot be understood ({error})")))?;
        if entry.v != VERSION {
            return Err(damaged(&format!(
                "format {} is not known to this omup",
                entry.v
            )));
        }
        if entry.seq != self.line {
            return Err(damaged(&format!(
                "it has number {} where {} was due",
                entry.seq, self.line
            )));
        }
        if entry.prev != self.prev {
            return Err(damaged("it does not follow the line before"));
        }
        self.prev = sum.to_string();
        Ok(entry)
    }
}

/// Reads a whole journal. An unfinished last line is counted, not an error.
pub fn read(path: &Path) -> Result<Reading, JournalError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|source| JournalError::Io {
            doing: "read",
            path: path.to_path_buf(),
            source,
        })?;
    read_bytes(path, &bytes)
}

/// As [`read`], of a run that has begun: a journal without a single whole line says nothing, not even that nothing
/// was done.
pub fn read_begun(path: &Path) -> Result<Reading, JournalError> {
    let reading = read(path)?;
    if reading.entries.is_empty() {
        return Err(JournalError::Damaged {
            path: path.to_path_buf(),
            line: 1,
            why: "it holds no whole line".to_string(),
        });
    }
    Ok(reading)
}

/// As [`read`], from bytes; `path` only names them in errors.
pub fn read_bytes(path: &Path, bytes: &[u8]) -> Result<Reading, JournalError> {
    let mut checker = Checker::new(path);
    let mut reading = Reading::default();
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        reading.entries.push(checker.line(&rest[..end])?);
        reading.good_bytes += end as u64 + 1;
        rest = &rest[end + 1..];
    }
    reading.torn_bytes = rest.len() as u64;
    reading.last_sum = (!reading.entries.is_empty()).then(|| checker.prev.clone());
    Ok(reading)
}

fn split_sum(text: &str) -> Option<(&str, &str)> {
    const TAIL: &str = ",\"sum\":\"";
    let inner = text.strip_suffix("\"}")?;
    let (body, sum) = inner.split_at_checked(inner.len().checked_sub(64)?)?;
    let body = body.strip_suffix(TAIL)?;
    sum.bytes()
        .all(|b| b.is_ascii_hexdigit())
        .then_some((body, sum))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}

/// The writing end. There is one in the world for a journal: its holder has the run's lock.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    reserve: PathBuf,
    file: File,
    seq: u64,
    prev: String,
    bytes: u64,
    broken: bool,
    started: Instant,
}

impl Journal {
    /// Makes a new, empty journal; fails if there is one.
    pub fn create(path: &Path, reserve: &Path) -> Result<Self, JournalError> {
        let io = |doing, source| JournalError::Io {
            doing,
            path: path.to_path_buf(),
            source,
        };
        let file = File::options()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|e| io("create", e))?;
        alone(&file).map_err(|e| io("take", e))?;
        file.sync_all().map_err(|e| io("sync", e))?;
        sync_folder_of(path).map_err(|e| io("sync the folder of", e))?;
        Ok(Self::at(path, reserve, file, 0, ORIGIN.to_string(), 0))
    }

    /// Opens an existing one for more lines: cuts an unfinished last line off and says how long it
    /// was.
    pub fn resume(path: &Path, reserve: &Path) -> Result<(Self, Reading), JournalError> {
        let io = |doing, source| JournalError::Io {
            doing,
            path: path.to_path_buf(),
            source,
        };
        let mut file = File::options()
            .read(true)
            .write(true)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32)
            .open(path)
            .map_err(|e| io("open", e))?;
        alone(&file).map_err(|e| io("take", e))?;
        let reading = read_begun(path)?;
        if reading.torn_bytes > 0 {
            file.set_len(reading.good_bytes).map_err(|e| io("cut", e))?;
            file.sync_all().map_err(|e| io("sync", e))?;
        }
        file.seek(SeekFrom::End(0)).map_err(|e| io("open", e))?;
        let prev = reading
            .last_sum
            .clone()
            .unwrap_or_else(|| ORIGIN.to_string());
        let seq = reading.entries.len() as u64;
        Ok((
            Self::at(path, reserve, file, seq, prev, reading.good_bytes),
            reading,
        ))
    }

    fn at(path: &Path, reserve: &Path, file: File, seq: u64, prev: String, bytes: u64) -> Self {
        Self {
            path: path.to_path_buf(),
            reserve: reserve.to_path_buf(),
            file,
            seq,
            prev,
            bytes,
            broken: false,
            started: Instant::now(),
        }
    }

    /// Writes one event and syncs it. After an error nothing more is ever written by this value:
    /// a failed sync must not be retried and called good.
    pub fn append(&mut self, event: &Event) -> Result<Entry, JournalError> {
        let io = |path: &Path, doing, source| JournalError::Io {
            doing,
            path: path.to_path_buf(),
            source,
        };
        if self.broken {
            return Err(io(
                &self.path,
                "write",
                std::io::Error::other("an earlier write failed"),
            ));
        }
        let entry = Entry {
            v: VERSION,
            seq: self.seq + 1,
            at: jiff::Timestamp::now().to_string(),
            mono_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            prev: self.prev.clone(),
            event: event.clone(),
        };
        let body = serde_json::to_string(&entry)
            .map_err(|e| io(&self.path, "write", std::io::Error::other(e)))?;
        let sum = hex(&Sha256::digest(body.as_bytes()));
        let line = format!("{},\"sum\":\"{sum}\"}}\n", &body[..body.len() - 1]);
        if let Err(source) = self.write_line(line.as_bytes()) {
            self.broken = true;
            return Err(io(&self.path, "write", source));
        }
        crate::process::effect::hit("journal");
        self.seq += 1;
        self.prev = sum;
        self.bytes += line.len() as u64;
        Ok(entry)
    }

    fn write_line(&mut self, line: &[u8]) -> std::io::Result<()> {
        // What is written to a file without a name is lost with this process.
        if self.file.metadata()?.nlink() == 0 {
            return Err(std::io::Error::other(
                "somebody has removed it; the run must not go on without its story",
            ));
        }
        match self.file.write_all(line) {
            Ok(()) => {}
            Err(error)
                if error.kind() == ErrorKind::StorageFull
                    || error.kind() == ErrorKind::QuotaExceeded =>
            {
                // The reserve is given back to a full disk, once, so that the end of the story can be told.
                self.file.set_len(self.bytes)?;
                self.file.seek(SeekFrom::End(0))?;
                std::fs::remove_file(&self.reserve)?;
                self.file.write_all(line)?;
            }
            Err(error) => return Err(error),
        }
        self.file.sync_data()
    }
}

/// Two writers would end a journal: the lock is on the journal itself, so it holds even where somebody has cleared
/// the lock files away. Held as long as the file is open.
fn alone(file: &File) -> std::io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(std::io::Error::other("another omup writes it now")),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Syncs the folder that holds a file, so that the file's name is durable too.
pub fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Follows a journal that somebody else writes: gives the whole lines that came since last time.
#[derive(Debug)]
pub struct Follower {
    file: File,
    checker: Checker,
    pending: Vec<u8>,
    path: PathBuf,
}

impl Follower {
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(|source| JournalError::Io {
            doing: "open",
            path: path.to_path_buf(),
            source,
        })?;
        Ok(Self {
            file,
            checker: Checker::new(path),
            pending: Vec::new(),
            path: path.to_path_buf(),
        })
    }

    /// The entries written since the last call; never waits.
    pub fn more(&mut self) -> Result<Vec<Entry>, JournalError> {
        let mut entries = Vec::new();
        let mut chunk = [0u8; 64 * 1024];
        loop {
            let read = self
                .file
                .read(&mut chunk)
                .map_err(|source| JournalError::Io {
                    doing: "read",
                    path: self.path.clone(),
                    source,
                })?;
            if read == 0 {
                return Ok(entries);
            }
            self.pending.extend_from_slice(&chunk[..read]);
            while let Some(end) = self.pending.iter().position(|b| *b == b'\n') {
                entries.push(self.checker.line(&self.pending[..end])?);
                self.pending.drain(..=end);
            }
            if self.pending.len() > MAX_LINE {
                return Err(JournalError::Damaged {
                    path: self.path.clone(),
                    line: self.checker.line + 1,
                    why: "the line has no end".to_string(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
