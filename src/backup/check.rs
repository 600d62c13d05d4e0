//! Is a stored dump whole? Each sign alone can lie, so all are asked and each is named:
//! the bytes on the disk are those that were written, they decompress whole, the database's own tool
//! reads the archive to its end, it lists the snapshot's tables, and the trailer is there.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::error::{BackupError, Result};
use super::listing;
use super::pipeline::{Watch, tool_failure};
use super::progress::{Counters, TICK, told};
use super::read_back::{self, Pass, Stop};
use crate::database::{ArchiveScan, Database};
use crate::domain::clean_text::CleanText;
use crate::process::pipe::{Piped, Pipes, on_thread};
use crate::process::{Place, ToolCommand};

/// What a stored dump is expected to be.
pub(super) struct Expected<'a> {
    pub(super) file: &'a Path,
    pub(super) bytes: u64,
    pub(super) sha256: &'a str,
    pub(super) raw_bytes: u64,
    pub(super) tables: &'a [String],
    pub(super) place: Place,
    pub(super) log: &'a Path,
    pub(super) stall_limit: Duration,
}

/// The most that is kept of a listing; a dump whose tables are found in its own text (the practice
/// database) must not be larger.
pub(super) const LISTING: usize = 256 << 20;

pub(super) type Observe<'a> = &'a (dyn Fn() + Send + Sync);

/// Every reason why the stored dump cannot be called restorable; empty when there is none.
pub(super) async fn whole(
    expected: &Expected<'_>,
    db: &dyn Database,
    counters: &Arc<Counters>,
    observe: Observe<'_>,
) -> Result<Vec<CleanText>> {
    let mut reasons = Vec::new();
    let list_tool = db.list_tool();
    let read = match (db.check_tool(), db.scan()) {
        (Some(tool), _) => {
            through_check_tool(expected, &tool, list_tool.is_none(), counters, observe).await?
        }
        (None, Some(scan)) => through_scan(expected, scan, counters, observe).await?,
        (None, None) => {
            return Ok(vec!["nothing can read this engine's dumps back".into()]);
        }
    };
    reasons.extend(read.reasons);
    let pass = &read.pass;
    if pass.bytes != expected.bytes || pass.sha256 != expected.sha256 {
        reasons.push("the bytes read back from the disk are not those that were written".into());
    }
    if let Some(error) = &pass.broken {
        reasons.push(format!("it does not decompress whole ({error})").into());
    } else if pass.raw_bytes != expected.raw_bytes {
        reasons.push(
            format!(
                "it decompresses to {} bytes, the dump tool wrote {}",
                pass.raw_bytes, expected.raw_bytes
            )
            .into(),
        );
    }
    if pass.raw_bytes == 0 {
        reasons.push("it is empty".into());
    }
    if let Some(trailer) = db.trailer()
        && !pass.tail.has_line(trailer.trim_end())
    {
        reasons.push(format!("the line that ends a dump is missing ('{trailer}')").into());
    }
    let tables = match (read.found, list_tool) {
        (Found::Tables(tables), _) => tables,
        (Found::Text(text), None) => db.tables_in_archive(&text),
        (Found::Text(_), Some(tool)) => {
            match listing::of(expected, &tool, counters, observe).await? {
                Ok(listing) => db.tables_in_archive(&listing),
                Err(why) => {
                    reasons.push(why);
                    return Ok(reasons);
                }
            }
        }
    };
    reasons.extend(missing_tables(expected.tables, &tables));
    Ok(reasons)
}

/// What the pass over the stored file gave.
struct ReadThrough {
    pass: Pass,
    found: Found,
    reasons: Vec<CleanText>,
}

/// Where the tables of a dump are known from.
enum Found {
    /// The decompressed text, kept where they are looked up in it, else empty.
    Text(String),
    /// Read as it streamed by.
    Tables(Vec<String>),
}

/// Our own reader of plain dumps, for an engine that has no tool to check one.
async fn through_scan(
    expected: &Expected<'_>,
    mut scan: Box<dyn ArchiveScan>,
    counters: &Arc<Counters>,
    observe: Observe<'_>,
) -> Result<ReadThrough> {
    let file = open(expected.file)?;
    let c = Arc::clone(counters);
    let reading = on_thread("read back", move || {
        let read = read_back::pass(file, &c, &mut |block| {
            scan.push(block);
            Ok(())
        });
        (read, scan.finish())
    })?;
    let (read, scanned) = told(reading, &observe).await?;
    let pass = read.map_err(|(Stop::Disk(error) | Stop::Sink(error))| {
        BackupError::storage("read back", expected.file, &error)
    })?;
    Ok(ReadThrough {
        pass,
        found: Found::Tables(scanned.tables),
        reasons: scanned.problems,
    })
}

async fn through_check_tool(
    expected: &Expected<'_>,
    tool: &ToolCommand,
    keep_text: bool,
    counters: &Arc<Counters>,
    observe: Observe<'_>,
) -> Result<ReadThrough> {
    let file = open(expected.file)?;
    let pipes = Pipes {
        stdin: true,
        stdout: false,
    };
    let mut child = Piped::start(tool, expected.place, pipes, expected.log)?;
    let mut input = child.stdin.take();
    let c = Arc::clone(counters);
    let reading = on_thread("read back", move || {
        let mut text = Vec::new();
        let mut stopped = false;
        let read = read_back::pass(file, &c, &mut |block| {
            if keep_text {
                if text.len() + block.len() > LISTING {
                    return Err(io::Error::other("the dump is too large to be read as text"));
                }
                text.extend_from_slice(block);
            }
            if let Some(pipe) = &mut input
                && let Err(error) = pipe.write_all(block)
            {
                if error.kind() != io::ErrorKind::BrokenPipe {
                    return Err(error);
                }
                // It ended early; the pass goes on, since the disk has to be read all the same.
                input = None;
                stopped = true;
            }
            Ok(())
        });
        if read.is_err() {
            c.failed.store(true, Ordering::Release);
        }
        (read, text, stopped)
    })?;
    let mut watch = Watch::new(counters, expected.stall_limit);
    let (read, text, stopped) = watched(reading, &mut watch, &child, observe).await??;
    let end = watch.end_of(&mut child, observe).await?;
    let pass = read.map_err(|(Stop::Disk(error) | Stop::Sink(error))| {
        BackupError::storage("read back", expected.file, &error)
    })?;
    if watch.stalled {
        return Err(stalled(expected, &child));
    }
    let mut reasons = Vec::new();
    if !end.ok() {
        let why = tool_failure(child.program(), end, &child.last_lines());
        reasons.push(format!("the archive cannot be read to its end: {why}").into());
    } else if stopped {
        reasons.push(
            format!(
                "{} stopped reading before the archive's end",
                child.program()
            )
            .into(),
        );
    }
    Ok(ReadThrough {
        pass,
        found: Found::Text(String::from_utf8_lossy(&text).into_owned()),
        reasons,
    })
}

pub(super) async fn watched<T>(
    work: impl Future<Output = T>,
    watch: &mut Watch<'_>,
    child: &Piped,
    observe: Observe<'_>,
) -> Result<T> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            () = tokio::time::sleep(TICK) => {
                watch.look(child);
                observe();
            }
        }
    }
}

pub(super) fn stalled(expected: &Expected<'_>, child: &Piped) -> BackupError {
    BackupError::Stalled {
        doing: "reading the archive back",
        seconds: expected.stall_limit.as_secs(),
        said: child.last_lines(),
    }
}

pub(super) fn open(file: &Path) -> Result<std::fs::File> {
    read_back::open(file).map_err(|error| BackupError::storage("read back", file, &error))
}

/// Tables of the snapshot that the archive does not list, and the other way round.
fn missing_tables(wanted: &[String], listed: &[String]) -> Vec<CleanText> {
    let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    let missing = wanted
        .difference(&listed)
        .map(|table| format!("table '{table}' of the snapshot is not in the archive"));
    let extra = listed
        .difference(&wanted)
        .map(|table| format!("table '{table}' of the archive was not in the snapshot"));
    missing.chain(extra).map(CleanText::from).collect()
}
