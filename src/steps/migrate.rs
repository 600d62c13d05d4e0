//! The migration itself: the new version's own tool, watched from a second connection, its outcome
//! judged by the rows that it leaves and never by a printed word or an exit code alone.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::child::{self, ChildEnd};
use super::context::Context;
use super::lock_holders;
use super::migrate_verdict::{Judged, verdict};
use super::migrate_watch::Watch;
use super::more_memory;
use super::settings::migration_params;
use super::{Preview, Step, command, look};
use crate::deployment::Side;
use crate::domain::backup::Level;
use crate::domain::event::Fact;
use crate::domain::plan::Intent;
use crate::domain::space::size;
use crate::domain::step::{Failure, Looked, Outcome, StepId};
use crate::domain::way_back::{MoreMemory, WayId};
use crate::exit_code::ExitCode;

pub const NAME: &str = "migrate";

pub struct Migrate;

#[async_trait(?Send)]
impl Step for Migrate {
    fn id(&self) -> StepId {
        StepId::Migrate
    }

    fn downtime(&self) -> bool {
        true
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        let mut intents = vec![command(&preview.commands.migrate)];
        if let Some(pending) = preview.survey.pending.known() {
            for version in &pending.versions {
                intents.push(look(&format!(
                    "{}: {} statements of the new version's own SQL, then its data step",
                    version.version,
                    version.statements.len()
                )));
            }
        }
        intents.push(look(
            "sessions that hold locks in the migration's way; ended only if you choose so",
        ));
        intents.push(look("rows of both migration logs: every version finished, every statement recorded, nothing pending"));
        intents
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        context.same_database(StepId::Migrate).await?;
        if context.view().facts.counts_before.is_empty() {
            let before = context
                .database
                .entity_counts()
                .await
                .map_err(|e| failed(context, &e.to_string()))?;
            context.fact(StepId::Migrate, Fact::CountsBefore { counts: before })?;
        }
        no_orphans(context).await?;
        lock_holders::before(context).await?;
        let params = migration_params(context);
        let tool = context
            .deployment
            .ops_tool(
                Side::New,
                &["migrate"],
                Some(&params),
                context.secrets.database_password.as_ref(),
            )
            .await
            .map_err(|e| failed(context, &e.to_string()))?;
        lock_holders::not_aborted(context)?;
        let watch = Watch::new(context);
        let end = child::run(context, StepId::Migrate, NAME, &tool, || watch.beat()).await?;
        lock_holders::over(context)?;
        conclude(context, end).await
    }

    async fn look(&self, context: &Context<'_>) -> Result<Looked, Failure> {
        let watch = Watch::new(context);
        child::adopt(context, StepId::Migrate, NAME, || watch.beat()).await?;
        lock_holders::over(context)?;
        no_orphans(context).await?;
        match judge(context).await? {
            Judged::Complete { statements } => {
                record_complete(context, statements)?;
                Ok(Looked::Done { message: format!("the migration had gone on by itself and is complete: {statements} statements recorded").into() })
            }
            Judged::Untouched => Ok(Looked::NotDone {
                message: "no statement of the new version had run".into(),
            }),
            Judged::Partial { why } => {
                let line = child::telling_line(&child::tail(context, NAME));
                Ok(Looked::Unknown {
                    message: context.clean(&format!(
                        "the migration ended before its end: {why}; its log says: {line}"
                    )),
                })
            }
        }
    }
}

async fn conclude(context: &Context<'_>, end: ChildEnd) -> Result<Outcome, Failure> {
    let judged = judge(context).await?;
    let line = child::telling_line(&child::tail(context, NAME));
    let failed = |why: &str| failed(context, why);
    let ended = match (judged, end) {
        (Judged::Complete { statements }, ChildEnd::Code(0)) => {
            record_complete(context, statements)?;
            Ok(Outcome::Success {
                message: format!("complete: {statements} statements recorded, nothing pending")
                    .into(),
            })
        }
        // The schema is whole but the tool failed behind it (search index, most of all).
        (Judged::Complete { .. }, end) => Err(failed(&format!(
            "every statement is recorded, but the tool ended with {}: {line}. The database is at the new version; what came after it (search indexes) is not done",
            end.words()
        ))),
        (Judged::Untouched, end) => Err(failed(&format!(
            "the tool ended with {} and no version of the new release is recorded: {line}",
            end.words()
        ))),
        (Judged::Partial { why }, ChildEnd::Code(0)) => Err(failed(&format!(
            "the tool ended with exit code 0, but {why}: {line}"
        ))),
        // The reason first: a page shows the beginning.
        (Judged::Partial { why }, end) => Err(failed(&format!(
            "{line} (the tool ended with {}; {why})",
            end.words()
        ))),
    };
    match ended {
        Ok(outcome) => Ok(outcome),
        Err(failure) => Err(with_more_memory(context, failure).await),
    }
}

/// Names the way on by more sort memory where the migration failed for want of it.
async fn with_more_memory(context: &Context<'_>, mut failure: Failure) -> Failure {
    let more = more_memory::examine(
        &context.view(),
        context.survey,
        context.answers,
        context.database.as_ref(),
    )
    .await;
    if let Some(MoreMemory::Possible { to, .. }) = more {
        failure.next = context.clean(&format!(
            "raise the sort memory to {} and go on: `omup rollback {} --way {} --confirm {}`; without `--way` it shows every way with its price",
            size(to),
            context.run,
            WayId::MoreMemory.id(),
            context.survey.database.identity.database
        ));
    }
    failure
}

fn record_complete(context: &Context<'_>, statements: u64) -> Result<(), Failure> {
    let versions = context
        .survey
        .pending
        .known()
        .map(|p| p.versions.iter().map(|v| v.version.clone()).collect())
        .unwrap_or_default();
    context.fact(
        StepId::Migrate,
        Fact::MigrationComplete {
            statements,
            versions,
        },
    )
}

/// Judges by the rows: both logs, no row that says started or failed, nothing pending by the
/// target's own files.
async fn judge(context: &Context<'_>) -> Result<Judged, Failure> {
    context.same_database(StepId::Migrate).await?;
    let history = context
        .database
        .history()
        .await
        .map_err(|e| failed(context, &e.to_string()))?;
    let pending = context
        .deployment
        .pending(context.database.engine(), &history)
        .await
        .map_err(|e| failed(context, &e.to_string()))?;
    Ok(verdict(
        &history,
        &pending,
        context.survey.pending.known(),
        context.survey.history.known(),
    ))
}

/// Waits until no session of a migration of ours is left in the database: a statement whose client
/// is gone may still be running there.
async fn no_orphans(context: &Context<'_>) -> Result<(), Failure> {
    let started = Instant::now();
    loop {
        let sessions = context
            .database
            .sessions()
            .await
            .map_err(|e| failed(context, &e.to_string()))?;
        let orphans: Vec<_> = sessions
            .iter()
            .filter(|s| s.application.as_str().starts_with("omup migrate"))
            .collect();
        if orphans.is_empty() {
            return lock_holders::over(context);
        }
        lock_holders::not_aborted(context)?;
        // It may itself wait for somebody.
        let waits = lock_holders::while_running(context).await;
        let waits = waits.map(|waits| format!(", {waits}")).unwrap_or_default();
        context.doing(
            StepId::Migrate,
            format!("waiting for a statement of an earlier migration that still runs in the database ({} s): {}{waits}", started.elapsed().as_secs(), orphans[0].query),
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn failed(context: &Context<'_>, why: &str) -> Failure {
    let level = context
        .view()
        .facts
        .level
        .map_or("not proven", Level::words);
    Failure::new(
        ExitCode::FailedAfterPoint,
        "migrate the database",
        context.clean(why).as_str(),
        format!("the backup ({level}) and the old installation"),
        format!(
            "`omup rollback {}` shows the ways back with their price; the whole log is logs/{NAME}.log in the run's folder",
            context.run
        ),
    )
}
