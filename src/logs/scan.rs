//! Line by line through a file that may still grow, in bounded memory. Knows nothing of what is made of the lines.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// The longest line that is given whole, in bytes, and how much is read at once.
pub const BUFFER: usize = 256 * 1024;

/// What is made of the lines.
pub trait Sink {
    /// A whole line, without its newline.
    fn line(&mut self, start: u64, line: &[u8]);
    /// A line begins that is too long to be given whole; its parts follow.
    fn long(&mut self);
    /// A part of it, which stands at `at` in the file.
    fn part(&mut self, at: u64, part: &[u8]);
    /// The parts so far are a line: it has ended, or the file has. In the second case it is taken back before
    /// more parts of the same line follow.
    fn parts_end(&mut self, start: u64);
    /// The newest line was the torn end of the file and is about to be told again, longer.
    fn take_back(&mut self);
}

/// A place in a file from which reading goes on.
#[derive(Debug, Default)]
pub struct Scan {
    line_start: u64,
    /// Where reading goes on: a line's start, or within a long line.
    at: u64,
    in_long: bool,
    /// The newest line of the sink has no newline yet.
    torn: bool,
    /// Bytes of the file that the sink has been told of.
    told: u64,
}

impl Scan {
    /// Where the torn last line ends, or else the newest line with its newline.
    pub fn end(&self) -> (u64, bool) {
        if self.torn {
            (self.told, true)
        } else {
            (self.line_start, false)
        }
    }

    /// Bytes read so far.
    pub fn told(&self) -> u64 {
        self.told
    }

    /// Reads on for about `budget` bytes of a file that has `length`. True: there is more to read.
    pub fn advance(
        &mut self,
        file: &File,
        length: u64,
        budget: u64,
        buffer: &mut [u8],
        sink: &mut impl Sink,
    ) -> io::Result<bool> {
        if self.told >= length {
            return Ok(false);
        }
        if self.torn {
            sink.take_back();
            self.torn = false;
        }
        let stop = self.at.saturating_add(budget);
        while self.at < length {
            if self.at >= stop {
                self.told = self.at;
                return Ok(true);
            }
            let want = usize::try_from(length - self.at).unwrap_or(usize::MAX);
            let want = want.min(buffer.len());
            let got = fill(file, &mut buffer[..want], self.at)?;
            if got == 0 {
                // Cut short meanwhile; whoever looks at the file's length will see it.
                return Ok(false);
            }
            let at_end = got < buffer.len();
            if self.chunk(&buffer[..got], at_end, sink) {
                return Ok(false);
            }
        }
        if self.in_long {
            sink.parts_end(self.line_start);
            self.torn = true;
        }
        self.told = self.at;
        Ok(false)
    }

    /// True: the file has no more, and its torn last line was told.
    fn chunk(&mut self, chunk: &[u8], at_end: bool, sink: &mut impl Sink) -> bool {
        let mut from = 0;
        if self.in_long {
            let end = memchr::memchr(b'\n', chunk);
            sink.part(self.at, &chunk[..end.unwrap_or(chunk.len())]);
            let Some(end) = end else {
                self.at += chunk.len() as u64;
                return false;
            };
            sink.parts_end(self.line_start);
            self.in_long = false;
            from = end + 1;
            self.line_start = self.at + from as u64;
        }
        let lines_from = from;
        for newline in memchr::memchr_iter(b'\n', &chunk[lines_from..]) {
            let newline = lines_from + newline;
            sink.line(self.line_start, &chunk[from..newline]);
            from = newline + 1;
            self.line_start = self.at + from as u64;
        }
        let rest = &chunk[from..];
        if at_end && !rest.is_empty() {
            sink.line(self.line_start, rest);
            self.torn = true;
            self.told = self.line_start + rest.len() as u64;
            self.at = self.line_start;
            return true;
        }
        if from == 0 {
            sink.long();
            sink.part(self.at, rest);
            self.in_long = true;
            self.at += rest.len() as u64;
        } else {
            // What is left begins the next reading, so that only lines longer than the buffer are cut.
            self.at = self.line_start;
        }
        false
    }
}

/// Reads until the buffer is full or the file ends.
pub fn fill(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match file.read_at(&mut buffer[got..], at + got as u64) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}
