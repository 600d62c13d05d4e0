//! Reads a dump statement by statement and insists on its header and its trailer.

use std::io::BufRead;

use super::{DumpError, HEADER, TRAILER};
use crate::practice::dialect::Dialect;
use crate::practice::statements::split;

/// A dump that is being read.
pub struct Statements<R> {
    input: R,
    /// The trailer was seen: nothing may follow.
    complete: bool,
}

impl<R: BufRead> Statements<R> {
    /// Starts with the header.
    ///
    /// # Errors
    /// When the first line is not the header.
    pub fn of(mut input: R) -> Result<Self, DumpError> {
        let mut line = String::new();
        input.read_line(&mut line).map_err(DumpError::Input)?;
        if line.trim_end() != HEADER {
            return Err(DumpError::NoHeader);
        }
        Ok(Self {
            input,
            complete: false,
        })
    }

    /// The next statement; `None` after the trailer, when it was the last line.
    ///
    /// # Errors
    /// When the dump ends without its trailer, or goes on after it.
    pub fn following(&mut self) -> Result<Option<String>, DumpError> {
        let mut pending = String::new();
        loop {
            let start = pending.len();
            let read = self.input.read_line(&mut pending);
            if read.map_err(DumpError::Input)? == 0 {
                return if self.complete && pending.is_empty() {
                    Ok(None)
                } else {
                    Err(DumpError::NoTrailer)
                };
            }
            if self.complete {
                return Err(DumpError::NoTrailer);
            }
            let line = &pending[start..];
            if start == 0 && line.strip_suffix('\n') == Some(TRAILER) {
                self.complete = true;
                pending.clear();
                continue;
            }
            // A statement ends at the end of a line; a literal or a trigger may hold such lines
            // too, so a piece counts as whole only when the splitter finds its end.
            if line.trim_end().ends_with(';') && ends_whole(&pending) {
                return Ok(Some(pending));
            }
        }
    }
}

/// Whether the text is whole statements: with a further word behind it, that word stands alone.
fn ends_whole(text: &str) -> bool {
    let probe = format!("{text}\nSELECT");
    split(&probe, Dialect::Sqlite)
        .last()
        .is_some_and(|last| last == "SELECT")
}

/// Reads a dump to its end without doing anything with it.
///
/// # Errors
/// When it is not whole.
pub fn check(input: impl BufRead) -> Result<(), DumpError> {
    let mut statements = Statements::of(input)?;
    while statements.following()?.is_some() {}
    Ok(())
}
