//! The file behind a path: is it there, did it grow, is it still the same? Knows no lines.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use super::scan::fill;

/// Bytes at both ends by which a file is known again.
const SAMPLE: u64 = 256;

/// A file that is open.
#[derive(Debug)]
pub struct Source {
    pub file: File,
    /// Bytes, when it was last looked at.
    pub length: u64,
    /// Device and inode. As long as the file is open no other can have the same.
    identity: (u64, u64),
    modified: (i64, i64),
    first: Vec<u8>,
    last: Vec<u8>,
}

/// What became of the file behind the path.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    Same,
    /// Appended to, as far as can be seen.
    Grown,
    /// Another file stands there, or what was read of this one is no longer in it.
    Replaced,
    /// No file stands there.
    Gone,
}

impl Source {
    /// Opens a regular file. Anything else (a pipe would never end, a terminal would be read away) is an error.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Without waiting, should it have become a pipe that nobody writes to.
        let wait_for_nobody = OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let flags = i32::try_from(wait_for_nobody.bits()).unwrap_or(0);
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(path)?;
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut source = Self {
            file,
            length: 0,
            identity: identity(&facts),
            modified: (0, 0),
            first: Vec::new(),
            last: Vec::new(),
        };
        source.remember(&facts)?;
        Ok(source)
    }

    /// Looks at the path again.
    pub fn look(&mut self, path: &Path) -> io::Result<News> {
        let facts = match std::fs::metadata(path) {
            Ok(facts) => facts,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(News::Gone),
            Err(error) => return Err(error),
        };
        if identity(&facts) != self.identity || facts.len() < self.length {
            return Ok(News::Replaced);
        }
        if facts.len() == self.length && modified(&facts) == self.modified {
            return Ok(News::Same);
        }
        // Emptied and written anew it may be longer than before: the bytes tell.
        let last_at = self.length - self.last.len() as u64;
        if self.sample(0, self.first.len())? != self.first
            || self.sample(last_at, self.last.len())? != self.last
        {
            return Ok(News::Replaced);
        }
        let grown = facts.len() > self.length;
        self.remember(&facts)?;
        Ok(if grown { News::Grown } else { News::Same })
    }

    fn remember(&mut self, facts: &Metadata) -> io::Result<()> {
        let length = facts.len();
        let size = usize::try_from(length.min(SAMPLE)).unwrap_or(0);
        let first = self.sample(0, size)?;
        let last = self.sample(length - size as u64, size)?;
        if last.len() == size {
            (self.length, self.modified) = (length, modified(facts));
            (self.first, self.last) = (first, last);
        }
        // Otherwise it was cut short this moment, and the next look tells.
        Ok(())
    }

    fn sample(&self, at: u64, size: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; size];
        let got = fill(&self.file, &mut bytes, at)?;
        bytes.truncate(got);
        Ok(bytes)
    }
}

fn identity(facts: &Metadata) -> (u64, u64) {
    (facts.dev(), facts.ino())
}

fn modified(facts: &Metadata) -> (i64, i64) {
    (facts.mtime(), facts.mtime_nsec())
}
