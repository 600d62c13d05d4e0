//! Taking a backup: a snapshot, its dump, its digests, the configuration, and the manifest last.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::check::{self, Expected};
use super::error::{BackupError, Result};
use super::pipeline::{self, Order};
use super::progress::{Counters, Phase, Tell, told};
use super::{compare, config_copy, manifest, now_text, store};
use crate::database::{Database, Snapshot};
use crate::domain::backup::{Certificate, Level, Manifest, ReadLocked, StoredFile};
use crate::domain::content::Content;
use crate::domain::names::RunId;
use crate::domain::run_view::ChangedSetting;
use crate::domain::version::OmVersion;
use crate::process::effect::hit;
use crate::process::pipe::on_thread;
use crate::process::{Place, log_tail, private_file, quick};

/// What to back up, and where to.
#[derive(Debug, Clone)]
pub struct TakeRequest {
    /// The folder of backups; a new one is made in it.
    pub dir: PathBuf,
    pub run: RunId,
    /// Configuration files to copy.
    pub config: Vec<PathBuf>,
    /// Digest the snapshot's content too. Without it the backup can never be proven equal.
    pub content: bool,
    /// Keep writers away for the moment in which the dump begins, where its view cannot be shared.
    pub read_lock: bool,
    pub place: Place,
    /// What the dump tool and the check tool say goes there (0600, appended).
    pub log: PathBuf,
    /// How long nothing may move, [`super::STALL_LIMIT`] by default.
    pub stall_limit: Duration,
    /// The database server's version as it prints it.
    pub server_version: String,
    /// The OpenMetadata version of the content.
    pub openmetadata: Option<OmVersion>,
    /// Bytes of the database, for the estimate of the progress.
    pub database_bytes: Option<u64>,
    /// Settings of the database for `role` that the run itself has changed: the backup has what stood there before.
    pub changed: Vec<ChangedSetting>,
    pub role: String,
}

/// A database's settings as they were before the run changed some of them for `role`. Each is
/// `ROLE`, a tabulator, `NAME=VALUE`.
fn before_changes(settings: Vec<String>, role: &str, changed: &[ChangedSetting]) -> Vec<String> {
    let before = |setting: String| -> Option<String> {
        let ours = setting.split_once('\t').and_then(|(whose, pair)| {
            let (name, value) = pair.split_once('=')?;
            let is_ours =
                |one: &&ChangedSetting| whose == role && one.name == name && one.is_ours(value);
            changed.iter().find(is_ours)
        });
        match ours {
            None => Some(setting),
            Some(one) => one
                .old
                .as_ref()
                .map(|old| format!("{role}\t{}={old}", one.name)),
        }
    };
    settings.into_iter().filter_map(before).collect()
}

/// A complete backup.
#[derive(Debug, Clone)]
pub struct Taken {
    pub folder: PathBuf,
    pub manifest: Manifest,
    pub manifest_sha256: String,
    /// [`Level::Restorable`]: less is refused.
    pub level: Level,
    /// What became of the read lock, where one was asked for.
    pub read_locked: Option<ReadLocked>,
    /// Wall seconds from the snapshot to the manifest.
    pub seconds: f64,
}

/// Takes a backup. The database is only read. What fails leaves a folder marked incomplete, and
/// every older backup as it is.
///
/// Call it on a thread that lives as long as the process: the dump tool is killed when the thread
/// that started it ends.
pub async fn take(request: &TakeRequest, db: &dyn Database, tell: Tell<'_>) -> Result<Taken> {
    let begun = Instant::now();
    // What a killed attempt of this very run left; nobody else writes under its id.
    store::mark_torn(&request.dir, &request.run)?;
    let folder = store::new_folder(&request.dir, &request.run)?;
    match take_into(&folder.path, request, db, tell).await {
        Ok((manifest, manifest_sha256, read_locked)) => Ok(Taken {
            folder: folder.path,
            manifest,
            manifest_sha256,
            level: Level::Restorable,
            read_locked,
            seconds: begun.elapsed().as_secs_f64(),
        }),
        Err(error) => {
            folder.give_up();
            Err(error)
        }
    }
}

async fn take_into(
    folder: &std::path::Path,
    request: &TakeRequest,
    db: &dyn Database,
    tell: Tell<'_>,
) -> Result<(Manifest, String, Option<ReadLocked>)> {
    let started = now_text();
    let version_tool = db.version_tool();
    let version = quick::output(&version_tool, request.place, Duration::from_secs(20))
        .await?
        .success(&version_tool)?
        .text();
    let identity = db.identity().await?;
    let mut snapshot = if request.read_lock {
        db.locked_snapshot().await?
    } else {
        db.snapshot().await?
    };
    let tables = snapshot.tables().await?;
    let mut shape = snapshot.shape().await?;
    shape.settings = before_changes(shape.settings, &request.role, &request.changed);
    let position = snapshot.position();
    let taken_ms = snapshot.taken_ms();

    let final_name = format!("{}.zst", db.archive_name());
    let partial = folder.join(format!("{final_name}.partial"));
    let written = dump(request, db, &mut *snapshot, &partial, tell).await?;
    let (reasons, content) = check_and_digest(
        request,
        db,
        &mut *snapshot,
        &partial,
        &written,
        &tables,
        tell,
    )
    .await?;
    let read_locked = snapshot.read_locked();
    snapshot.close().await?;
    if !reasons.is_empty() {
        // It frees the disk; that it stood here is in the error and in the log.
        let _ = std::fs::remove_file(&partial);
        return Err(BackupError::Incomplete(reasons));
    }
    // The address may lead to another server by now.
    compare::require_same(&identity, &db.identity().await?)?;

    let path = folder.join(&final_name);
    hit("dump rename: before");
    std::fs::rename(&partial, &path)
        .and_then(|()| private_file::fsync_dir(folder))
        .map_err(|error| BackupError::storage("rename", &partial, &error))?;
    hit("dump rename: after");
    tell(Counters::default().look(Phase::Configuration, None));
    let (sources, below) = (request.config.clone(), folder.to_path_buf());
    let config = on_thread("copy configuration", move || {
        config_copy::copy_all(&sources, &below)
    })?
    .await??;
    let manifest = Manifest {
        schema_version: manifest::SCHEMA_VERSION,
        run: request.run.to_string(),
        engine: identity.engine,
        identity,
        server_version: request.server_version.clone(),
        openmetadata: request.openmetadata.clone(),
        tool: version.trim().to_string(),
        started,
        ended: now_text(),
        taken_ms: Some(taken_ms),
        position,
        raw_bytes: written.raw_bytes,
        dump: StoredFile {
            path: final_name,
            bytes: written.bytes,
            sha256: written.sha256,
        },
        config,
        tables,
        content,
        database: shape,
    };
    let sha256 = manifest::write(folder, &manifest)?;
    manifest::write_certificate(
        folder,
        &Certificate {
            schema_version: manifest::SCHEMA_VERSION,
            level: Level::Restorable,
            manifest_sha256: sha256.clone(),
            scratch: None,
            restore_seconds: None,
            at: now_text(),
            differences: Vec::new(),
        },
    )?;
    Ok((manifest, sha256, read_locked))
}

async fn dump(
    request: &TakeRequest,
    db: &dyn Database,
    snapshot: &mut dyn Snapshot,
    partial: &std::path::Path,
    tell: Tell<'_>,
) -> Result<pipeline::Written> {
    let counters = Arc::new(Counters::default());
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate of bytes"
    )]
    let estimate = request
        .database_bytes
        .map(|bytes| (bytes as f64 * db.archive_share()) as u64);
    let tool = db.dump_tool(snapshot.id());
    let order = Order {
        tool: &tool,
        place: request.place,
        partial,
        log: &request.log,
        stall_limit: request.stall_limit,
    };
    let observe = || {
        if let Some(table) = table_in(log_tail::last_lines(&request.log, 0, 1).as_str()) {
            counters.name_table(table);
        }
        tell(counters.look(Phase::Dump, estimate));
    };
    let ended = AtomicBool::new(false);
    let dumping = async {
        let written = pipeline::run(&order, &counters, &observe).await;
        ended.store(true, Ordering::Relaxed);
        written
    };
    // A dump may be so short that nobody sees it begin.
    let begun = async {
        while counters.raw.load(Ordering::Relaxed) < BEGUN && !ended.load(Ordering::Relaxed) {
            tokio::time::sleep(BEGINNING).await;
        }
        snapshot.dump_began().await
    };
    let (written, begun) = tokio::join!(dumping, begun);
    let written = written?;
    begun?;
    Ok(written)
}

/// Bytes of output after which a dump's view is surely open: a dump tool's first block (4 KiB is
/// what C's stdio gathers for a pipe) leaves when more than its opening comment has been written.
const BEGUN: u64 = 4096;

/// How often is looked whether the dump has begun.
const BEGINNING: Duration = Duration::from_millis(20);

/// The table that a verbose dump tool says it is at: `... contents of table "public.x"`.
fn table_in(line: &str) -> Option<&str> {
    let (_, rest) = line.rsplit_once("contents of table ")?;
    Some(rest.trim_matches('"'))
}

/// The stored file is read back through the database's own tool while the server digests the same
/// snapshot: one keeps our core busy, the other the server's.
async fn check_and_digest(
    request: &TakeRequest,
    db: &dyn Database,
    snapshot: &mut dyn Snapshot,
    partial: &std::path::Path,
    written: &pipeline::Written,
    tables: &[String],
    tell: Tell<'_>,
) -> Result<(Vec<crate::domain::clean_text::CleanText>, Option<Content>)> {
    let counters = Arc::new(Counters::default());
    let expected = Expected {
        file: partial,
        bytes: written.bytes,
        sha256: &written.sha256,
        raw_bytes: written.raw_bytes,
        tables,
        place: request.place,
        log: &request.log,
        stall_limit: request.stall_limit,
    };
    let observe = || tell(counters.look(Phase::CheckAndDigest, Some(written.raw_bytes)));
    let step = |done: usize, total: usize, table: &str| counters.at_table(done, total, table);
    let digested = async {
        match request.content {
            true => Ok(Some(snapshot.content(&step).await?)),
            false => Ok::<_, BackupError>(None),
        }
    };
    let both =
        async { tokio::try_join!(check::whole(&expected, db, &counters, &observe), digested) };
    // While only the digests run, the check does not tell.
    told(both, &observe).await
}

#[cfg(test)]
mod tests {
    use super::before_changes;
    use crate::domain::run_view::ChangedSetting;

    fn changed(old: Option<&str>) -> ChangedSetting {
        ChangedSetting {
            scope: "role".into(),
            name: "work_mem".into(),
            old: old.map(String::from),
            new: "32MB".into(),
            earlier: vec!["20MB".into()],
        }
    }

    #[test]
    fn a_backup_has_the_settings_that_stood_before_the_run() {
        let settings = |one: &str| vec![one.to_string(), "\tsearch_path=public".to_string()];
        let cases = [
            ("om\twork_mem=32MB", None, None),
            ("om\twork_mem=20MB", None, None),
            ("om\twork_mem=32MB", Some("5MB"), Some("om\twork_mem=5MB")),
            // Somebody else's: another value, another role, another setting.
            ("om\twork_mem=64MB", None, Some("om\twork_mem=64MB")),
            ("bi\twork_mem=32MB", None, Some("bi\twork_mem=32MB")),
            (
                "om\tmaintenance_work_mem=32MB",
                None,
                Some("om\tmaintenance_work_mem=32MB"),
            ),
        ];
        for (now, old, wanted) in cases {
            let wanted: Vec<String> = wanted
                .map(String::from)
                .into_iter()
                .chain(["\tsearch_path=public".to_string()])
                .collect();
            let before = before_changes(settings(now), "om", &[changed(old)]);
            assert_eq!(before, wanted, "{now} {old:?}");
        }
    }
}
