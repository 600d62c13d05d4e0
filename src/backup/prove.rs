//! Proving a backup: restore a copy beside the source, digest it, compare, certify.

use super::compare;
use super::error::{BackupError, Result};
use super::progress::{Counters, Phase, Tell, told};
use super::restore::{RestoreRequest, Restored, drop_leftover, restore};
use super::{manifest, now_text};
use crate::database::{Admin, DatabaseError, OUR_PREFIX};
use crate::domain::backup::{Certificate, Level};
use crate::domain::clean_text::CleanText;
use crate::domain::content::Difference;
use crate::domain::names::RunId;

/// What to prove. The scratch copy's name is `restore.target`, see [`scratch_name`].
#[derive(Debug, Clone)]
pub struct ProveRequest {
    /// With [`super::Leftover::Drop`]: the scratch copy of an interrupted proof is in the way.
    pub restore: RestoreRequest,
    /// Keep the scratch copy afterwards.
    pub keep: bool,
}

/// A proof that was made. Differences are an error, so this one says equal, or why it cannot.
#[derive(Debug, Clone)]
pub struct Proved {
    pub certificate: Certificate,
    pub restored: Restored,
    /// Why the level is not "restored and equal", if it is not.
    pub reason: Option<CleanText>,
}

/// The name of a run's scratch copy.
pub fn scratch_name(run: &RunId) -> String {
    format!("{OUR_PREFIX}{}_proof", run.compact())
}

/// Restores the backup into the scratch database, compares and writes the certificate. The scratch
/// copy is dropped in the end, also after a failure, unless it shall be kept.
pub async fn prove(request: &ProveRequest, admin: &dyn Admin, tell: Tell<'_>) -> Result<Proved> {
    let scratch = &request.restore.target;
    if !crate::database::is_ours(scratch) || scratch == admin.looking().name() {
        return Err(BackupError::Database(DatabaseError::Unexpected(
            format!("a proof is never restored into '{scratch}': omup's scratch names begin with '{OUR_PREFIX}'").into(),
        )));
    }
    let proved = prove_in(request, admin, tell).await;
    if request.keep {
        return proved;
    }
    let dropped = drop_leftover(admin, scratch).await;
    // The first failure is the one that counts; a copy that stays is found by the next run.
    let proved = proved?;
    dropped?;
    Ok(proved)
}

async fn prove_in(request: &ProveRequest, admin: &dyn Admin, tell: Tell<'_>) -> Result<Proved> {
    let scratch = &request.restore.target;
    let restored = restore(&request.restore, admin, tell).await?;
    let copy = admin.looking().sibling(scratch).await?;
    let counters = Counters::default();
    let step = |done: usize, total: usize, table: &str| counters.at_table(done, total, table);
    let comparing = compare::compare(&restored.backup.manifest, &*copy, &step);
    let differences = told(comparing, || tell(counters.look(Phase::Compare, None))).await?;
    let reason = match &differences {
        None => Some(CleanText::from(
            "the backup was taken without digests, so the copy has nothing to be compared with",
        )),
        Some(found) => written_meanwhile(found),
    };
    let equal = differences.as_ref().is_some_and(Vec::is_empty);
    let certificate = Certificate {
        schema_version: manifest::SCHEMA_VERSION,
        level: if equal {
            Level::RestoredAndEqual
        } else {
            Level::Restorable
        },
        manifest_sha256: restored.backup.manifest_sha256.clone(),
        scratch: Some(scratch.clone()),
        restore_seconds: Some(milliseconds(restored.seconds)),
        at: now_text(),
        differences: differences.unwrap_or_default(),
    };
    manifest::write_certificate(&request.restore.folder, &certificate)?;
    if !certificate.differences.is_empty() && reason.is_none() {
        return Err(BackupError::Different(certificate.differences));
    }
    Ok(Proved {
        certificate,
        restored,
        reason,
    })
}

/// Why a copy in which nothing is wrong cannot be called equal: tables were written while the dump
/// began, and it holds a state of theirs that nobody digested.
fn written_meanwhile(differences: &[Difference]) -> Option<CleanText> {
    if differences.is_empty() || !differences.iter().all(Difference::proves_nothing) {
        return None;
    }
    let tables: Vec<&str> = differences.iter().map(|d| d.what.as_str()).collect();
    Some(CleanText::from(format!(
        "everything else is equal, but {} written while the dump began: {}",
        if tables.len() == 1 {
            "one table was"
        } else {
            "these tables were"
        },
        tables.join(", ")
    )))
}

/// Whole milliseconds: the certificate has one spelling, and long fractions have several.
fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
