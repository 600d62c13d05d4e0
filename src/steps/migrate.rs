//! The migration itself: the new version's own tool, watched from a second connection, its outcome
//! judged by the rows that it leaves and never by a printed word or an exit code alone.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::child::{self, ChildEnd};
use super::context::{Context, Progress};
use super::lock_holders;
use super::more_memory;
use super::settings::migration_params;
use super::{Preview, Step, command, look};
use crate::deployment::Side;
use crate::domain::backup::Level;
use crate::domain::event::Fact;
use crate::domain::migration::{History, PendingWork};
use crate::domain::plan::Intent;
use crate::domain::space::size;
use crate::domain::step::{Failure, Looked, Outcome, StepId};
use crate::domain::way_back::{MoreMemory, WayId};
use crate::exit_code::ExitCode;

pub const NAME: &str = "migrate";

pub struct Migrate;

/// What the rows say.
enum Judged {
    Complete {
        statements: u64,
    },
    /// Exactly the work that was pending before is pending still.
    Untouched,
    Partial {
        why: String,
    },
}

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
        let before = context
            .database
            .entity_counts()
            .await
            .map_err(|e| failed(context, &e.to_string()))?;
        context.fact(StepId::Migrate, Fact::CountsBefore { counts: before })?;
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
        (Judged::Partial { why }, end) => Err(failed(&format!(
            "the tool ended with {}, but {why}: {line}",
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

fn verdict(
    history: &History,
    pending: &PendingWork,
    planned: Option<&PendingWork>,
    before: Option<&History>,
) -> Judged {
    let unfinished: Vec<&str> = history
        .native
        .iter()
        .flatten()
        .filter(|row| {
            row.status
                .as_ref()
                .is_some_and(|s| s.as_str() != "COMPLETED")
        })
        .map(|row| row.version.as_str())
        .collect();
    let planned = planned.cloned().unwrap_or_default();
    let missing_versions: Vec<String> = planned
        .versions
        .iter()
        .filter(|v| !history.finished(&v.version))
        .map(|v| v.version.to_string())
        .collect();
    let missing_statements = planned
        .versions
        .iter()
        .flat_map(|v| &v.statements)
        .filter(|s| !history.has_run(s))
        .count();
    if unfinished.is_empty()
        && missing_versions.is_empty()
        && missing_statements == 0
        && pending.versions.is_empty()
    {
        let distinct: BTreeSet<&str> = planned
            .versions
            .iter()
            .flat_map(|v| &v.statements)
            .map(|s| s.checksum.as_str())
            .collect();
        return Judged::Complete {
            statements: distinct.len() as u64,
        };
    }
    if before.is_some_and(|before| before == history) && *pending == planned {
        return Judged::Untouched;
    }
    let at = history.highest();
    let mut parts = vec![at.map_or_else(
        || "the database records no version".to_string(),
        |version| format!("the database is recorded at {version}"),
    )];
    if !missing_versions.is_empty() {
        parts.push(format!(
            "{} not recorded as finished",
            missing_versions.join(", ")
        ));
    }
    if missing_statements > 0 {
        parts.push(format!(
            "{missing_statements} of {} statements not recorded",
            planned.statements()
        ));
    }
    if !unfinished.is_empty() {
        parts.push(format!(
            "rows for {} say that they are not completed",
            unfinished.join(", ")
        ));
    }
    if parts.len() == 1 {
        parts.push(format!(
            "{} versions are still pending by the new version's own files",
            pending.versions.len()
        ));
    }
    Judged::Partial {
        why: parts.join("; "),
    }
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
            return Ok(());
        }
        context.doing(
            StepId::Migrate,
            format!("waiting for a statement of an earlier migration that still runs in the database ({} s): {}", started.elapsed().as_secs(), orphans[0].query),
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// The second connection that counts recorded statements.
struct Watch<'a, 'b> {
    context: &'a Context<'b>,
    started: Instant,
    total: u64,
}

impl<'a, 'b> Watch<'a, 'b> {
    fn new(context: &'a Context<'b>) -> Self {
        let total = context
            .survey
            .pending
            .known()
            .map_or(0, |p| p.statements() as u64);
        Self {
            context,
            started: Instant::now(),
            total,
        }
    }

    /// One heartbeat: how far it is by the log table, and for how long it has been at it.
    async fn beat(&self) {
        let planned: Vec<_> = self
            .context
            .survey
            .pending
            .known()
            .map(|p| p.versions.clone())
            .unwrap_or_default();
        let recorded = self.context.database.recorded_statements().await;
        let (done, doing) = match recorded {
            Ok(counts) => {
                let done: u64 = planned
                    .iter()
                    .map(|v| {
                        counts
                            .get(&v.version.to_string())
                            .copied()
                            .unwrap_or(0)
                            .min(v.statements.len() as u64)
                    })
                    .sum();
                let at = planned.iter().enumerate().find(|(_, v)| {
                    counts.get(&v.version.to_string()).copied().unwrap_or(0)
                        < v.statements.len() as u64
                });
                let doing = match at {
                    Some((i, v)) => {
                        let n = counts.get(&v.version.to_string()).copied().unwrap_or(0) as usize;
                        let head = v
                            .statements
                            .get(n)
                            .map_or("its data step", |s| s.head.as_str());
                        format!(
                            "version {} ({}/{}), statement {}/{}: {head}",
                            v.version,
                            i + 1,
                            planned.len(),
                            n + 1,
                            v.statements.len()
                        )
                    }
                    None => "all statements recorded; the tool finishes".to_string(),
                };
                (Some(done), doing)
            }
            Err(error) => (None, format!("cannot look at the log table ({error})")),
        };
        let doing = match lock_holders::while_running(self.context).await {
            Some(waits) => format!("{waits} ({doing})"),
            None => doing,
        };
        let seconds = self.started.elapsed().as_secs();
        self.context.recorder.progress(Progress {
            step: StepId::Migrate,
            doing: self.context.clean(&format!("{doing}; {seconds} s so far")),
            done,
            total: Some(self.total),
            unit: "statements".to_string(),
            estimated: false,
        });
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
