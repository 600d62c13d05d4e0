//! The migration itself: the new version's own tool, watched from a second connection, its outcome
//! judged by the rows that it leaves and never by a printed word or an exit code alone.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::child::{self, ChildEnd};
use super::context::Context;
use super::digest_gate::{differences, words};
use super::lock_holders;
use super::migrate_verdict::{Judged, verdict};
use super::migrate_watch::Watch;
use super::more_memory;
use super::nobody_serves::{nobody_serves, of_openmetadata};
use super::settings::{migration_params, still_enough};
use super::{Preview, Step, command, look};
use crate::backup::read_recorded;
use crate::deployment::Side;
use crate::domain::backup::Level;
use crate::domain::event::{Event, Fact};
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
            // For the validation alone: a count that takes too long keeps nobody locked out.
            match context.database.entity_counts().await {
                Ok(counts) => context.fact(StepId::Migrate, Fact::CountsBefore { counts })?,
                Err(error) => context.recorder.record(Event::Alarm {
                    text: context.clean(&format!(
                        "the entities could not be counted before the migration ({error}): the validation cannot compare them"
                    )),
                })?,
            }
        }
        no_orphans(context).await?;
        nobody_serves(context, of_openmetadata)
            .await
            .map_err(|why| served(context, &why))?;
        lock_holders::before(context).await?;
        still_enough(context).await?;
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
        // The wait for locks may have been long; whoever holds one then was asked about there.
        nobody_serves(context, |_, _| false)
            .await
            .map_err(|why| served(context, &why))?;
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
                // Nobody knows the exit code of an adopted child.
                if let Some(line) = child::failing_line(&child::tail(context, NAME)) {
                    context.recorder.record(Event::Alarm {
                        text: context.clean(&format!(
                            "every statement is recorded, but how the tool ended is not known, and its log says: {line}. What comes after the schema (search indexes) may not be done"
                        )),
                    })?;
                }
                Ok(Looked::Done { message: format!("the migration had gone on by itself and is complete: {statements} statements recorded").into() })
            }
            Judged::Untouched => unrecorded(context).await,
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

/// No statement is recorded. One that was executed and not recorded would fail the second time: only a database that
/// still equals the backup is one in which none has run.
async fn unrecorded(context: &Context<'_>) -> Result<Looked, Failure> {
    context.doing(
        StepId::Migrate,
        "no statement is recorded; comparing the database with the backup, since one may have run",
    );
    let facts = context.view().facts;
    let recorded = facts.manifest_sha256.unwrap_or_default();
    let read = facts
        .backup_dir
        .map(|dir| read_recorded(&dir, &recorded).map_err(|error| error.to_string()));
    let found = match read {
        Some(Ok(read)) => {
            let database = context.database.clone();
            differences(context, StepId::Migrate, &read.manifest, database).await
        }
        Some(Err(error)) => Err(error),
        None => Err("there is no backup".to_string()),
    };
    let why = match found {
        Ok(Some(found)) if found.is_empty() => {
            return Ok(Looked::NotDone {
                message: "no statement of the new version had run: none is recorded, and the database equals the backup".into(),
            });
        }
        Ok(Some(found)) => {
            let named: Vec<String> = found.iter().take(5).map(words).collect();
            format!(
                "no statement is recorded, but the database is not what it was: {}",
                named.join("; ")
            )
        }
        Ok(None) => {
            "no statement is recorded, and the backup has no digests to compare the database with"
                .to_string()
        }
        Err(error) => format!(
            "no statement is recorded, and the database could not be compared with the backup: {error}"
        ),
    };
    Ok(Looked::Unknown {
        message: context.clean(&why),
    })
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
        (Judged::Partial { why }, ChildEnd::Code(0)) => {
            let line = child::failing_line(&child::tail(context, NAME));
            let line = line.map(|line| format!(" (its log says: {line})"));
            Err(failed(&format!(
                "the tool said that it went well (exit code 0), but {why}{}",
                line.unwrap_or_default()
            )))
        }
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

fn served(context: &Context<'_>, why: &str) -> Failure {
    Failure::new(
        ExitCode::FailedAfterPoint,
        "begin the migration",
        why,
        "no command of the new version has reached the database in this attempt",
        format!(
            "stop it where it runs and what starts it, then `omup resume {run} --again`; `omup rollback {run}` shows the ways back. What was written meanwhile is in no backup",
            run = context.run
        ),
    )
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
