//! The digest gate: with nobody writing, the source must equal the backup, else a final backup is
//! taken and proven while users wait.

use std::sync::Arc;

use async_trait::async_trait;

use super::back_up::{recorded_manifest, take_backup};
use super::context::{Context, Progress};
use super::prove::prove_backup;
use super::{Preview, Step, look};
use crate::backup::compare as compare_content;
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
            "every table's digest against the backup's certificate; where they differ, a final backup is taken and proven",
        )]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        context.same_database(StepId::DigestGate).await?;
        let dir = context
            .view()
            .facts
            .backup_dir
            .ok_or_else(|| failed("there is no backup"))?;
        let manifest = recorded_manifest(context, &dir)
            .map_err(|e| failed(&e.to_string()))?
            .manifest;
        if context.view().facts.level >= Some(context.answers.backup.level) {
            let differences = compare(context, &manifest).await?;
            if differences.is_empty() {
                return passed(
                    context,
                    &manifest,
                    "the first backup stands: nothing was written since",
                );
            }
            let named: Vec<String> = differences.iter().take(5).map(words).collect();
            context.effect(
                StepId::DigestGate,
                format!("take a final backup: the source has changed since the first one ({} differences, {})", differences.len(), named.join("; ")),
            )?;
        }
        take_backup(context, StepId::DigestGate).await?;
        prove_backup(context, StepId::DigestGate).await?;
        let dir = context
            .view()
            .facts
            .backup_dir
            .ok_or_else(|| failed("there is no backup"))?;
        let manifest = recorded_manifest(context, &dir)
            .map_err(|e| failed(&e.to_string()))?
            .manifest;
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
            "a final backup was taken and proven; the source equals it",
        )
    }
}

/// A difference in the words of the gate: the backup was there first, the database is as it is now.
fn words(difference: &Difference) -> String {
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

fn passed(context: &Context<'_>, manifest: &Manifest, words: &str) -> Result<Outcome, Failure> {
    let (tables, rows) = manifest
        .content
        .as_ref()
        .map_or((0, 0), |c| (c.tables.len() as u64, c.rows()));
    super::way_back_file::write(context, manifest)?;
    context.fact(StepId::DigestGate, Fact::GateEqual { tables, rows })?;
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
