//! Proving the backup: a copy is restored into a scratch database and compared.

use std::path::Path;

use async_trait::async_trait;

use super::back_up::{recorded_manifest, telling, told};
use super::context::Context;
use super::{Preview, Step, command, look};
use crate::backup::prove::scratch_name;
use crate::backup::{
    BackupError, During, Leftover, ProveRequest, RestoreRequest, prove, read_certificate,
};
use crate::domain::backup::{Certificate, Level};
use crate::domain::clean_text::CleanText;
use crate::domain::event::{Event, Fact};
use crate::domain::plan::{Goal, Intent};
use crate::domain::step::{Failure, Outcome, StepId};
use crate::exit_code::ExitCode;

pub struct Prove;

/// Parallel restore jobs: what two cores carry beside a serving database.
pub const JOBS: u32 = 2;

#[async_trait(?Send)]
impl Step for Prove {
    fn id(&self) -> StepId {
        StepId::Prove
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        if preview.answers.backup.level < Level::RestoredAndEqual {
            return vec![look(
                "nothing is restored: the answers ask for a lower level",
            )];
        }
        vec![
            Intent::Sql {
                statement: "CREATE DATABASE omup_<run>_proof".into(),
            },
            command(&preview.commands.restore),
            look(
                "tables, rows, digests, sequences, grants and schema of the copy against the source",
            ),
            Intent::Sql {
                statement: "DROP DATABASE omup_<run>_proof".into(),
            },
        ]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let proof = prove_backup(context, StepId::Prove).await?;
        let view = context.view();
        if let (true, Some(Goal::Upgrade), Some(why)) = (
            proof.falls_short(context),
            &view.goal,
            &proof.written_meanwhile,
        ) {
            return Ok(Outcome::Warning {
                message: format!(
                    "the backup is {}, not yet equal: {why}. With nobody writing, at the digest gate, another is taken and proven; `[backup] read_lock` proves it here",
                    proof.certificate.level.words()
                )
                .into(),
            });
        }
        proof.at_level(context)?;
        let certificate = proof.certificate;
        // An upgrade writes it at the gate, where its last backup stands.
        if let (Some(Goal::BackUp), Some(dir)) = (view.goal, view.facts.backup_dir) {
            let manifest = recorded_manifest(context, &dir)
                .map_err(|error| told(context, error.failure(During::Prove)))?;
            super::way_back_file::write(context, StepId::Prove, &manifest.manifest)?;
        }
        Ok(Outcome::Success {
            message: format!("the backup is {}", certificate.level.words()).into(),
        })
    }
}

/// What a proof has come to.
pub struct Proof {
    pub certificate: Certificate,
    /// Nothing is wrong, but these tables were written while the dump began.
    written_meanwhile: Option<CleanText>,
}

impl Proof {
    fn falls_short(&self, context: &Context<'_>) -> bool {
        self.certificate.level < context.answers.backup.level
    }

    /// # Errors
    /// When the backup is of a lower level than the answers ask for.
    pub fn at_level(&self, context: &Context<'_>) -> Result<(), Failure> {
        if !self.falls_short(context) {
            return Ok(());
        }
        let (is, wanted) = (self.certificate.level, context.answers.backup.level);
        let why = match &self.written_meanwhile {
            Some(why) => format!(": {why}"),
            None => String::new(),
        };
        let next = match &self.written_meanwhile {
            Some(_) => {
                "ask for `[backup] read_lock = true` in the answers, which keeps writers away for that moment, or for a lower level (backup.level), then begin anew"
            }
            None => {
                "mend the cause, or ask for a lower level in the answers (backup.level), then begin anew"
            }
        };
        Err(Failure::new(
            ExitCode::Verification,
            "prove the backup to the level asked for",
            format!(
                "it is {} and {} was asked for{why}",
                is.words(),
                wanted.words()
            ),
            "nothing was changed",
            next,
        ))
    }
}

/// Restores a copy of the newest backup of the run, compares it, and records what that proved. A backup that turned out
/// to be none is opened for another.
pub async fn prove_backup(context: &Context<'_>, step: StepId) -> Result<Proof, Failure> {
    let view = context.view();
    let Some(dir) = view.facts.backup_dir else {
        return Err(unproven("there is no backup yet"));
    };
    let manifest = recorded_manifest(context, &dir)
        .map_err(|error| told(context, error.failure(During::Prove)))?;
    let rows = manifest
        .manifest
        .content
        .as_ref()
        .map_or(0, |content| content.rows());
    let (certificate, written_meanwhile) = if context.answers.backup.level < Level::RestoredAndEqual
    {
        // The level was reached while it was taken; nothing is restored.
        let certificate = read_certificate(&dir, &manifest.sha256)
            .map_err(|error| told(context, error.failure(During::Prove)))?
            .ok_or_else(|| unproven("the backup has no certificate"))?;
        (certificate, None)
    } else {
        let scratch = scratch_name(context.run);
        let claimed = context.claim(step, &scratch).await;
        claimed.map_err(|why| unproven(&why))?;
        let request = ProveRequest {
            restore: restore_request(context, &dir, &scratch, "prove-restore"),
            keep: false,
        };
        let proved = telling(context, step, |tell| {
            let (admin, request) = (context.admin.clone(), &request);
            async move { prove(request, admin.as_ref(), &tell).await }
        })
        .await;
        let proved = match proved {
            Ok(proved) => proved,
            Err(error) => {
                // It would be no better the next time.
                let none = matches!(
                    error,
                    BackupError::Damaged { .. } | BackupError::Different(_)
                );
                if none && step == StepId::Prove {
                    context.recorder.record(Event::Reopened {
                        steps: vec![StepId::BackUp],
                    })?;
                }
                return Err(told(context, error.failure(During::Prove)));
            }
        };
        context.fact(step, Fact::ScratchDropped { database: scratch })?;
        (proved.certificate, proved.reason)
    };
    context.fact(
        step,
        Fact::BackupProven {
            dir,
            level: certificate.level,
            restore_seconds: certificate.restore_seconds,
            rows,
        },
    )?;
    Ok(Proof {
        certificate,
        written_meanwhile,
    })
}

/// A restore of this run into a database that omup made; an interrupted one is in the way.
pub fn restore_request(
    context: &Context<'_>,
    dir: &Path,
    target: &str,
    name: &str,
) -> RestoreRequest {
    RestoreRequest {
        folder: dir.to_path_buf(),
        target: target.to_string(),
        leftover: Leftover::Drop,
        jobs: JOBS,
        work: context.answers.backup.dir.clone(),
        place: context.place,
        log: context.log(name),
        lock: context.child_lock(name),
    }
}

fn unproven(why: &str) -> Failure {
    Failure::new(
        ExitCode::Verification,
        "prove the backup",
        why,
        "nothing was changed",
        "mend the cause, then `omup resume` proves it again; `omup run` begins anew",
    )
}
