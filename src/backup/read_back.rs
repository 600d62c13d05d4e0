//! Reading a stored file back: hash of every stored byte and the decompressed stream in one pass.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::atomic::Ordering;

use rustix::fs::{Mode, OFlags};
use sha2::{Digest, Sha256};

use super::progress::Counters;
use super::tail::Tail;

/// What one pass over a stored file found.
pub(super) struct Pass {
    pub(super) bytes: u64,
    pub(super) sha256: String,
    pub(super) raw_bytes: u64,
    pub(super) tail: Tail,
    /// Why it does not decompress whole, if so.
    pub(super) broken: Option<io::Error>,
}

/// Why a pass was given up.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file cannot be read.
    Disk(io::Error),
    /// Whoever was given the bytes does not take them.
    Sink(io::Error),
}

/// Opens a file for reading, never through a link and never something that is no file (a FIFO would
/// wait for ever).
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

/// Reads and hashes the whole file and gives the decompressed bytes to `sink`, block by block. Only
/// a disk or a `sink` that fails ends it; a stream that does not decompress is a finding, and
/// the rest of the file is hashed all the same.
pub(super) fn pass(
    file: File,
    counters: &Counters,
    sink: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> std::result::Result<Pass, Stop> {
    let source = Hashing {
        file,
        hash: Sha256::new(),
        bytes: 0,
        failed: None,
        counters,
    };
    let mut decoder =
        zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(256 * 1024, source))
            .map_err(Stop::Disk)?;
    let mut block = vec![0; 256 * 1024];
    let mut tail = Tail::default();
    let mut raw_bytes = 0;
    let broken = loop {
        match decoder.read(&mut block) {
            Ok(0) => break None,
            Ok(count) => {
                raw_bytes += count as u64;
                counters.raw.store(raw_bytes, Ordering::Relaxed);
                tail.push(&block[..count]);
                sink(&block[..count]).map_err(Stop::Sink)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Some(error),
        }
    };
    let mut source = decoder.finish().into_inner();
    if let Some(error) = source.failed.take() {
        return Err(Stop::Disk(error));
    }
    while source.read(&mut block).map_err(Stop::Disk)? > 0 {}
    Ok(Pass {
        bytes: source.bytes,
        sha256: super::hex(&source.hash.finalize()),
        raw_bytes,
        tail,
        broken,
    })
}

/// Hashes what passes; remembers an error of the disk, which the decoder would pass on as its own.
struct Hashing<'a> {
    file: File,
    hash: Sha256,
    bytes: u64,
    failed: Option<io::Error>,
    counters: &'a Counters,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer) {
            Ok(count) => {
                self.hash.update(&buffer[..count]);
                self.bytes += count as u64;
                self.counters.stored.store(self.bytes, Ordering::Relaxed);
                Ok(count)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.failed = Some(io::Error::new(error.kind(), error.to_string()));
                }
                Err(error)
            }
        }
    }
}
