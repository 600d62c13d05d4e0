//! The table of contents that the database's own tool reads out of a stored archive.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::check::{Expected, LISTING, Observe, open, stalled, watched};
use super::error::{BackupError, Result, reason};
use super::pipeline::{Watch, tool_failure};
use super::progress::Counters;
use crate::domain::clean_text::CleanText;
use crate::process::ToolCommand;
use crate::process::pipe::{Piped, Pipes, on_thread};

/// The list tool's output, or why there is none. It may stop reading after the table of contents.
pub(super) async fn of(
    expected: &Expected<'_>,
    tool: &ToolCommand,
    counters: &Arc<Counters>,
    observe: Observe<'_>,
) -> Result<std::result::Result<String, CleanText>> {
    let file = open(expected.file)?;
    let pipes = Pipes {
        stdin: true,
        stdout: true,
    };
    let mut child = Piped::start(tool, expected.place, pipes, expected.log)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let c = Arc::clone(counters);
    let feed = on_thread("feed the list tool", move || feed(file, input, &c))?;
    let c = Arc::clone(counters);
    let read = on_thread("read the list", move || {
        let mut listing = Vec::new();
        let read = output.map_or(Ok(0), |output| {
            output.take(LISTING as u64).read_to_end(&mut listing)
        });
        c.fed.fetch_add(listing.len() as u64, Ordering::Relaxed);
        read.map(|_| listing)
    })?;
    let both = async { tokio::join!(feed, read) };
    let mut watch = Watch::new(counters, expected.stall_limit);
    let (fed, read) = watched(both, &mut watch, &child, observe).await?;
    let end = watch.end_of(&mut child, observe).await?;
    if watch.stalled {
        return Err(stalled(expected, &child));
    }
    let listing = read?.map_err(|error| BackupError::storage("list", expected.file, &error))?;
    if !end.ok() {
        let why = tool_failure(child.program(), end, &child.last_lines());
        return Ok(Err(
            format!("its table of contents cannot be read: {why}").into()
        ));
    }
    if let Err(error) = fed? {
        return Ok(Err(format!(
            "its table of contents cannot be read: {}",
            reason(&error)
        )
        .into()));
    }
    Ok(Ok(String::from_utf8_lossy(&listing).into_owned()))
}

fn feed(file: std::fs::File, input: Option<io::PipeWriter>, counters: &Counters) -> io::Result<()> {
    let Some(mut input) = input else {
        return Ok(());
    };
    let mut decoder = zstd::stream::read::Decoder::new(file)?;
    let mut block = vec![0; 256 * 1024];
    loop {
        let count = decoder.read(&mut block)?;
        if count == 0 {
            return Ok(());
        }
        match input.write_all(&block[..count]) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(error),
            Ok(()) => counters.fed.fetch_add(count as u64, Ordering::Relaxed),
        };
    }
}
