//! Line by line through a file, in bounded memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::lines::SEARCHED;

/// A place in a file from which reading goes on. Whole lines are given as they end; the last one, still
/// without its newline, is asked for by `torn`.
#[derive(Debug, Default)]
pub struct Scan {
    /// Where the line begins that is being read.
    pub line_start: u64,
    /// Where reading goes on.
    pub at: u64,
    /// The beginning of the line that is being read, at most [`SEARCHED`] bytes.
    head: Vec<u8>,
}

impl Scan {
    /// Reads on for at most `budget` bytes; `each` gets start and beginning of every line that ended.
    /// True: there is more to read.
    pub fn advance(
        &mut self,
        file: &File,
        length: u64,
        budget: u64,
        mut each: impl FnMut(u64, &[u8]),
    ) -> io::Result<bool> {
        let end = length.min(self.at.saturating_add(budget));
        let mut buffer = vec![0; 256 * 1024];
        while self.at < end {
            let want = usize::try_from(end - self.at)
                .unwrap_or(usize::MAX)
                .min(buffer.len());
            let got = match file.read_at(&mut buffer[..want], self.at) {
                Ok(0) => break,
                Ok(got) => got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let chunk = &buffer[..got];
            let mut from = 0;
            for newline in memchr::memchr_iter(b'\n', chunk) {
                let piece = &chunk[from..newline];
                if self.head.is_empty() {
                    each(self.line_start, &piece[..piece.len().min(SEARCHED)]);
                } else {
                    self.keep(piece);
                    each(self.line_start, &self.head);
                    self.head.clear();
                }
                from = newline + 1;
                self.line_start = self.at + from as u64;
            }
            self.keep(&chunk[from..]);
            self.at += got as u64;
        }
        Ok(self.at < length)
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = SEARCHED.saturating_sub(self.head.len());
        self.head.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    /// The line without its end, if there is one: its beginning.
    pub fn torn(&self) -> Option<&[u8]> {
        (self.at > self.line_start).then_some(self.head.as_slice())
    }
}
