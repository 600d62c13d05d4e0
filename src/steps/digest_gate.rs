//! The digest gate: with nobody writing, the source must equal the backup, else a final backup is
//! taken and proven while users wait.

use std::sync::Arc;

use async_trait::async_trait;

use super::back_up::{recorded_manifest, take_backup};
use super::context::{Context, Progress};
use super::prove::prove_backup;
use super::{Preview, Step, look};
use crate::backup::{compare as compare_content, verify_read};
use crate::database::Database;
use crate::domain::backup::{Level, Manifest};
use crate::domain::content::Difference;
use crate::domain::event::Fact;
use crate::domain::plan::Intent;
use crate::domain::step::{Failure, Outcome, StepId};
use crate::exit_code::ExitCode;

pub struct DigestGate;

#[async_trait(?Send)]
impl Step for DigestGate {
    fn id(&self) -> StepId {
        StepId::DigestGate
    }

    fn downtime(&self) -> bool {
        true
    }

    fn preview(&self, _preview: &Preview<'_>) -> Vec<Intent> {
        vec![look(
            "the backup read back from the disk, and every table's digest against the one kept with the backup; where anything differs, a final backup is taken and proven",
        )]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        context.same_source(StepId::DigestGate).await?;
        let rows_written = context.database.rows_written().await;
        let why = match first_backup(context).await? {
            Ok(manifest) => {
                return passed(
                    context,
                    &manifest,
                    rows_written,
                    "the first backup stands, read back byte for byte: nothing was written since",
                );
            }
            Err(why) => why,
        };
        take_backup(context, StepId::DigestGate, Some(&why)).await?;
        prove_backup(context, StepId::DigestGate)
            .await?
            .at_level(context)?;
        let dir = context
            .view()
            .facts
            .backup_dir
            .ok_or_else(|| failed("there is no backup"))?;
        let manifest = recorded_manifest(context, &dir)
            .map_err(|e| failed(&e.to_string()))?
            .manifest;
        let rows_written = context.database.rows_written().await;
        let differences = compare(context, &manifest).await?;
        if !differences.is_empty() {
            let named: Vec<String> = differences.iter().take(5).map(words).collect();
            return Err(failed(&format!(
                "somebody writes although nobody should: the source differs from the final backup ({})",
                named.join("; ")
            )));
        }
        passed(
            context,
            &manifest,
            rows_written,
            "a final backup was taken and proven; the source equals it",
        )
    }
}

/// The first backup's manifest, where it is whole on the disk and the source equals it; else why a final one is taken.
/// It may have lain there for hours: it is read back while the source is compared with it.
async fn first_backup(context: &Context<'_>) -> Result<Result<Manifest, String>, Failure> {
    let facts = context.view().facts;
    let Some(dir) = facts.backup_dir else {
        return Ok(Err("there is none yet".to_string()));
    };
    let read = match recorded_manifest(context, &dir) {
        Ok(read) => read,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let manifest = read.manifest.clone();
    if facts.level < Some(context.answers.backup.level) {
        return Ok(Err(
            "the first one is not proven to the level asked for".to_string()
        ));
    }
    let (read_back, differences) = tokio::join!(
        verify_read(&dir, read, &|_| {}),
        compare(context, &manifest)
    );
    if let Err(error) = read_back {
        return Ok(Err(error.to_string()));
    }
    let differences = differences?;
    if differences.is_empty() {
        return Ok(Ok(manifest));
    }
    let named: Vec<String> = differences.iter().take(5).map(words).collect();
    Ok(Err(format!(
        "the source has changed since the first one ({} differences, {})",
        differences.len(),
        named.join("; ")
    )))
}

/// A difference in the words of the gate: the backup was there first, the database is as it is now.
pub fn words(difference: &Difference) -> String {
    let detail = difference
        .detail
        .as_str()
        .replace("in the source", "in the backup")
        .replace("in the copy", "now");
    format!("{}: {detail}", difference.what)
}

async fn compare(context: &Context<'_>, manifest: &Manifest) -> Result<Vec<Difference>, Failure> {
    differences(
        context,
        StepId::DigestGate,
        manifest,
        context.database.clone(),
    )
    .await
    .map_err(|e| failed(&e))?
    .ok_or_else(|| failed("the backup holds no digests to compare with"))
}

/// In what a database differs now from a backup, with progress; `None` where the backup has no digests.
pub async fn differences(
    context: &Context<'_>,
    step: StepId,
    manifest: &Manifest,
    database: Arc<dyn Database>,
) -> Result<Option<Vec<Difference>>, String> {
    let (sender, mut receiver) = tokio::sync::watch::channel((0usize, 0usize, String::new()));
    let tell = move |done: usize, total: usize, table: &str| {
        sender.send_replace((done, total, table.to_string()));
    };
    let work = async {
        compare_content(manifest, database.as_ref(), &tell)
            .await
            .map_err(|e| e.to_string())
    };
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            Ok(()) = receiver.changed() => {
                let (done, total, table) = receiver.borrow_and_update().clone();
                context.recorder.progress(Progress {
                    step,
                    doing: context.clean(&format!("digesting {table}")),
                    done: Some(done as u64),
                    total: Some(total as u64),
                    unit: "tables".to_string(),
                    estimated: false,
                });
            }
        }
    }
}

fn passed(
    context: &Context<'_>,
    manifest: &Manifest,
    rows_written: Option<u64>,
    words: &str,
) -> Result<Outcome, Failure> {
    let (tables, rows) = manifest
        .content
        .as_ref()
        .map_or((0, 0), |c| (c.tables.len() as u64, c.rows()));
    super::way_back_file::write(context, StepId::DigestGate, manifest)?;
    context.fact(
        StepId::DigestGate,
        Fact::GateEqual {
            tables,
            rows,
            rows_written,
        },
    )?;
    let level = context.view().facts.level.map_or("", Level::words);
    Ok(Outcome::Success {
        message: format!("{words}: {tables} tables, {rows} rows; the backup is {level}").into(),
    })
}

fn failed(why: &str) -> Failure {
    Failure::new(
        ExitCode::Verification,
        "pass the digest gate",
        why,
        "the database is as it was",
        "find who writes (`omup check`), then `omup resume`",
    )
}
