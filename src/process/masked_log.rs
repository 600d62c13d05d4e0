//! Secrets in the logs of other people's tools, masked when nobody writes them any more.
//!
//! The raw log is kept whole but for the secrets; a last line says that something was masked.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use super::{lock_is_held, private_file};
use crate::domain::secret::{MASK, Redactor};

/// Masks every `*.log` of children in a folder. A log whose child (`children/<name>.lock`) still lives is left
/// for the next call: rewriting it would lose what is still being written.
///
/// # Errors
/// The first log that could not be read or replaced; the others are done all the same.
pub fn mask_folder(logs: &Path, children: &Path, redactor: &Redactor) -> io::Result<()> {
    let mut first = Ok(());
    for entry in std::fs::read_dir(logs)?.flatten() {
        let path = entry.path();
        // The runner's own log is open in the runner itself, and masked as it is written.
        if entry.file_name() == "runner.log"
            || path.extension().is_none_or(|extension| extension != "log")
            || !entry.file_type().is_ok_and(|kind| kind.is_file())
        {
            continue;
        }
        let lock = path
            .file_stem()
            .map(|stem| children.join(stem).with_extension("lock"));
        if lock.is_some_and(|lock| lock_is_held(&lock).unwrap_or(true)) {
            continue;
        }
        if let Err(error) = mask(&path, redactor) {
            first = first.and(Err(error));
        }
    }
    first
}

/// Masks one log: whole with its secrets, or whole without them, never half. True: there were some.
///
/// # Errors
/// It cannot be read or replaced; it then stands as it was.
pub fn mask(path: &Path, redactor: &Redactor) -> io::Result<bool> {
    if redactor.stream(BufReader::new(File::open(path)?), io::sink())? == 0 {
        return Ok(false);
    }
    private_file::replace(path, |new| {
        let mut new = BufWriter::new(new);
        let mut last = LastByte {
            inner: BufReader::new(File::open(path)?),
            byte: b'\n',
        };
        let masked = redactor.stream(&mut last, &mut new)?;
        let end = if last.byte == b'\n' { "" } else { "\n" };
        writeln!(
            new,
            "{end}[omup: {masked} secrets in this log were replaced by {MASK}]"
        )?;
        new.flush()
    })?;
    Ok(true)
}

/// Remembers the last byte that was read.
struct LastByte<R> {
    inner: R,
    byte: u8,
}

impl<R: Read> Read for LastByte<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(byte) = buffer[..count].last() {
            self.byte = *byte;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;

    #[test]
    fn a_log_loses_its_secrets_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("migrate.log");
        let redactor = Redactor::new([&Secret::new("hunter2-hunter2".to_string())]);
        private_file::write_atomically(
            &path,
            b"a\nurl=x?password=hunter2-hunter2&y\n\xff\x1b[31m raw\nno newline",
        )
        .expect("written");
        assert!(mask(&path, &redactor).expect("masked"));
        let text = std::fs::read(&path).expect("read");
        assert_eq!(text, b"a\nurl=x?password=********&y\n\xff\x1b[31m raw\nno newline\n[omup: 1 secrets in this log were replaced by ********]\n");
        assert!(!mask(&path, &redactor).expect("nothing left"));
    }

    #[test]
    fn a_log_that_is_still_written_is_left_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let redactor = Redactor::new([&Secret::new("hunter2".to_string())]);
        let log = dir.path().join("migrate.log");
        std::fs::write(&log, "hunter2\n").expect("written");
        let held = super::super::lock::take(&dir.path().join("migrate.lock")).expect("taken");
        mask_folder(dir.path(), dir.path(), &redactor).expect("looked");
        assert_eq!(std::fs::read_to_string(&log).expect("read"), "hunter2\n");
        drop(held);
        mask_folder(dir.path(), dir.path(), &redactor).expect("looked");
        assert!(
            !std::fs::read_to_string(&log)
                .expect("read")
                .contains("hunter2")
        );
    }
}
