//! Restoring a backup into a new database beside the one in use.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::{BackupError, Result};
use super::pipeline::tool_failure;
use super::progress::{Counters, Phase, TICK, Tell};
use super::unpack;
use super::verify::Verified;
use crate::database::Admin;
use crate::process::effect::hit;
use crate::process::{ChildSpec, Place, ToolCommand, child, wait_until_released};

/// What to do with a database of the target's name that already stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// The restore fails.
    Refuse,
    /// It is dropped first: only for a name that this very run made and nobody was pointed at.
    Drop,
}

/// What to restore, and where to.
#[derive(Debug, Clone)]
pub struct RestoreRequest {
    /// The backup's folder.
    pub folder: PathBuf,
    /// The database to create.
    pub target: String,
    pub leftover: Leftover,
    /// Parallel jobs of the restore tool, 1 or more.
    pub jobs: u32,
    /// Where the archive is unpacked (its whole size, removed afterwards).
    pub work: PathBuf,
    pub place: Place,
    /// The restore tool's output (0600, appended).
    pub log: PathBuf,
    /// The lock that the restore tool carries.
    pub lock: PathBuf,
}

/// A finished restore.
#[derive(Debug, Clone)]
pub struct Restored {
    pub database: String,
    /// From creating the database to giving it its owner and settings, without verifying and
    /// unpacking; wall seconds.
    pub seconds: f64,
    /// Verifying and unpacking; wall seconds.
    pub unpack_seconds: f64,
    pub backup: Verified,
    /// Statements that this user has no right to and that the copy lacks; empty = all done.
    pub left_to_do: Vec<String>,
}

/// Restores. The whole backup is verified before the server is touched.
///
/// Call it on a thread that lives as long as the process: the restore tool is killed when the
/// thread that started it ends.
pub async fn restore(
    request: &RestoreRequest,
    admin: &dyn Admin,
    tell: Tell<'_>,
) -> Result<Restored> {
    let begun = Instant::now();
    let name = unpacked_name(&request.target);
    let (backup, unpacked) =
        unpack::verify_and_unpack(&request.folder, &request.work, &name, tell).await?;
    let unpack_seconds = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let shape = &backup.manifest.database;
    match request.leftover {
        Leftover::Refuse => {}
        Leftover::Drop => drop_leftover(admin, &request.target).await?,
    }
    hit("create database: before");
    admin.create(&request.target, shape).await?;
    hit("create database: after");
    let fitted = admin
        .fitted_restore(
            &request.target,
            &unpacked.path,
            request.jobs.max(1),
            request.place,
        )
        .await?;
    run_tool(request, &fitted.tool, tell).await?;
    let mut left_to_do = fitted.left_to_do;
    hit("finish shape: before");
    left_to_do.extend(admin.finish_shape(&request.target, shape).await?);
    hit("finish shape: after");
    Ok(Restored {
        database: request.target.clone(),
        seconds: begun.elapsed().as_secs_f64(),
        unpack_seconds,
        backup,
        left_to_do,
    })
}

/// A fixed name for each target, so that a later attempt finds what an earlier one left. It ends as every
/// file does that nobody may take for a backup: a killed runner leaves it half written.
fn unpacked_name(target: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name: String = target.chars().take(80).filter(|c| plain(*c)).collect();
    format!("unpacked-{name}.partial")
}

/// Drops a database of ours. The server may still be busy in it (autovacuum looks at a fresh copy,
/// and only a superuser may end that), so a refusal is not the last word for half a minute.
pub(super) async fn drop_leftover(admin: &dyn Admin, database: &str) -> Result<()> {
    let begun = Instant::now();
    hit("drop database: before");
    while let Err(error) = admin.drop_ours(database).await {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err(error.into());
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    hit("drop database: after");
    Ok(())
}

async fn run_tool(request: &RestoreRequest, tool: &ToolCommand, tell: Tell<'_>) -> Result<()> {
    // A restore tool of a runner that was killed is killed too, but not before the same instant.
    wait_for_earlier(&request.lock).await?;
    let spec = ChildSpec {
        tool: tool.clone(),
        place: request.place,
        log: request.log.clone(),
        lock: request.lock.clone(),
        outlives: false,
    };
    hit("restore tool: before");
    let mut guard = StopOnDrop(child::start(&spec)?);
    hit("restore tool: after");
    let counters = Counters::default();
    let end = loop {
        match tokio::time::timeout(TICK, guard.0.wait()).await {
            Ok(end) => break end?,
            Err(_) => tell(counters.look(Phase::Restore, None)),
        }
    };
    hit("restore tool ended");
    if end.ok() {
        return Ok(());
    }
    let said = guard.0.last_lines();
    Err(BackupError::Restore {
        database: request.target.as_str().into(),
        why: tool_failure(&spec.tool.name(), end, &said),
    })
}

/// Ends the restore tool when the restore is given up half way.
struct StopOnDrop(child::Running);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.kill_now();
    }
}

async fn wait_for_earlier(lock: &Path) -> Result<()> {
    let limit = Duration::from_secs(10);
    match tokio::time::timeout(limit, wait_until_released(lock)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(BackupError::storage("look at the lock", lock, &error)),
        // Starting the tool will say who holds it.
        Err(_) => Ok(()),
    }
}
