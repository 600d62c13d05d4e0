//! One pass from the dump tool to a durable file: dump, compress, hash, store, fsync.
//!
//! Knows nothing of what a dump should hold; that is judged afterwards (`check.rs`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use super::error::{BackupError, Result, Stage, StageFailure, reason};
use super::progress::{Counters, TICK, Watchdog};
use super::stages::{self, WAITING};
use crate::domain::clean_text::CleanText;
use crate::process::effect::hit;
use crate::process::pipe::{Piped, Pipes, on_thread};
use crate::process::{End, Place, ToolCommand, private_file};

/// signal(7): what writing to a pipe without a reader brings.
const SIGPIPE: i32 = 13;

/// What to dump, and where to.
pub(super) struct Order<'a> {
    pub(super) tool: &'a ToolCommand,
    pub(super) place: Place,
    /// The file to create, `....partial`.
    pub(super) partial: &'a Path,
    /// Standard error of the dump tool.
    pub(super) log: &'a Path,
    pub(super) stall_limit: Duration,
}

/// A file that is on the disk, every stage having ended well. Whether the dump is whole is open.
pub(super) struct Written {
    pub(super) bytes: u64,
    pub(super) sha256: String,
    pub(super) raw_bytes: u64,
}

/// Runs the pipeline; `observe` is called at each tick. On failure the partial file is removed.
pub(super) async fn run(
    order: &Order<'_>,
    counters: &Arc<Counters>,
    observe: &(dyn Fn() + Send + Sync),
) -> Result<Written> {
    let mut leftover = Leftover(Some(order.partial.to_path_buf()));
    let written = dump(order, counters, observe).await?;
    leftover.0 = None;
    Ok(written)
}

/// Removes the partial file, which frees a full disk, unless it was told to keep it.
struct Leftover(Option<PathBuf>);

impl Drop for Leftover {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // It may not have been created; and a file that stays is marked by its name.
            let _ = std::fs::remove_file(path);
        }
    }
}

async fn dump(
    order: &Order<'_>,
    counters: &Arc<Counters>,
    observe: &(dyn Fn() + Send + Sync),
) -> Result<Written> {
    hit("dump file: before");
    let file = private_file::create_new(order.partial)
        .map_err(|error| BackupError::storage("create", order.partial, &error))?;
    hit("dump file: after");
    hit("dump tool: before");
    let pipes = Pipes {
        stdin: false,
        stdout: true,
    };
    let mut child = Piped::start(order.tool, order.place, pipes, order.log)?;
    hit("dump tool: after");
    let output = child.stdout.take();
    let (to_compress, from_read) = sync_channel(WAITING);
    let (to_store, from_compress) = sync_channel(WAITING);
    let c = Arc::clone(counters);
    let read = on_thread("read the dump", move || match output {
        Some(output) => stages::read(output, &to_compress, &c),
        None => Ok(()),
    })?;
    let c = Arc::clone(counters);
    let compress = on_thread("compress", move || {
        stages::compress(&from_read, to_store, &c)
    })?;
    let c = Arc::clone(counters);
    let store = on_thread("store", move || stages::store(&from_compress, file, &c))?;

    let threads = async { tokio::join!(read, compress, store) };
    tokio::pin!(threads);
    let mut watch = Watch::new(counters, order.stall_limit);
    let (read, compress, store) = loop {
        tokio::select! {
            ended = &mut threads => break ended,
            () = tokio::time::sleep(TICK) => {
                watch.look(&child);
                observe();
            }
        }
    };
    let end = watch.end_of(&mut child, observe).await?;

    let mut failures = Vec::new();
    failures.extend(read?.err());
    failures.extend(compress?.err());
    let stored = store?.map_err(|failure| failures.push(failure)).ok();
    let said = child.last_lines();
    if watch.stalled {
        return Err(BackupError::Stalled {
            doing: "dumping",
            seconds: order.stall_limit.as_secs(),
            said,
        });
    }
    // A tool that nobody reads from any more ends by SIGPIPE; that says nothing of its own.
    let unread = end == End::Signal(SIGPIPE) && !failures.is_empty();
    if !end.ok() && !watch.killed && !unread {
        failures.push(StageFailure {
            stage: Stage::Dump,
            why: tool_failure(child.program(), end, &said),
        });
    }
    let (Some((file, sha256, bytes)), true) = (stored, failures.is_empty()) else {
        return Err(BackupError::Stages(failures));
    };
    // An fsync may take long without any byte being counted, so the watchdog does not see it. It is
    // called once: after a failed fsync the kernel may have dropped the pages, and a second one
    // would say yes to a file that is not there.
    hit("dump fsync: before");
    on_thread("fsync", move || durable(&file))?
        .await?
        .map_err(|error| {
            BackupError::Stages(vec![StageFailure {
                stage: Stage::Sync,
                why: reason(&error),
            }])
        })?;
    hit("dump fsync: after");
    Ok(Written {
        bytes,
        sha256,
        raw_bytes: counters.raw.load(Ordering::Relaxed),
    })
}

/// On the disk, and out of the page cache, so that reading it back reads the disk.
pub(super) fn durable(file: &std::fs::File) -> std::io::Result<()> {
    file.sync_all()?;
    // Advice: file systems without a page cache of this kind may refuse it.
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    Ok(())
}

pub(super) fn tool_failure(program: &str, end: End, said: &CleanText) -> CleanText {
    if said.as_str().is_empty() {
        return CleanText::from(format!("{program} ended with {end} and said nothing"));
    }
    CleanText::from(format!("{program} ended with {end}: {said}"))
}

/// Ends a child that stalls or whose reader failed, and remembers why.
pub(super) struct Watch<'a> {
    counters: &'a Counters,
    watchdog: Watchdog<'a>,
    limit: Duration,
    pub(super) killed: bool,
    pub(super) stalled: bool,
}

impl<'a> Watch<'a> {
    pub(super) fn new(counters: &'a Counters, limit: Duration) -> Self {
        Self {
            counters,
            watchdog: Watchdog::new(counters),
            limit,
            killed: false,
            stalled: false,
        }
    }

    /// One look; kills the child's group when a stage failed or nothing moved for the limit.
    pub(super) fn look(&mut self, child: &Piped) {
        let silent = self.watchdog.silence() > self.limit;
        let failed = self.counters.failed.load(Ordering::Acquire);
        if (silent || failed) && !self.killed {
            self.killed = true;
            self.stalled = silent && !failed;
            child.kill();
        }
    }

    /// Waits for a child whose pipes are closed. It may have closed them and not end.
    pub(super) async fn end_of(
        &mut self,
        child: &mut Piped,
        observe: &(dyn Fn() + Send + Sync),
    ) -> Result<End> {
        loop {
            match tokio::time::timeout(TICK, child.wait()).await {
                Ok(end) => return Ok(end?),
                Err(_) => {
                    self.look(child);
                    observe();
                }
            }
        }
    }
}
