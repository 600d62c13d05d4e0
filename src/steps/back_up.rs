//! Taking the backup: database and configuration, nothing of the deployment is changed.

use async_trait::async_trait;

use super::context::{Context, Progress};
use super::{Preview, Step, command, look};
use crate::backup::{self, During, STALL_LIMIT, TakeRequest, Taken, take};
use crate::domain::backup::ReadLocked;
use crate::domain::event::Fact;
use crate::domain::plan::{Goal, Intent};
use crate::domain::step::{Failure, Outcome, StepId};

pub struct BackUp;

#[async_trait(?Send)]
impl Step for BackUp {
    fn id(&self) -> StepId {
        StepId::BackUp
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        let dir = preview.answers.backup.dir.display();
        let mut intents = vec![
            command(&preview.commands.dump),
            Intent::File {
                path: format!("{dir}/<time>-<run>/").into(),
                change: "a new folder: the dump compressed with zstd, SHA256SUMS, manifest.json"
                    .into(),
            },
        ];
        if preview.answers.backup.read_lock {
            intents.push(Intent::Sql {
                statement: "LOCK TABLES <all> READ, until the dump has opened its view: 2 s waited for at most, three tries, 5 s held at most (MySQL)".into(),
            });
        }
        for file in &preview.survey.deployment.config_files {
            intents.push(Intent::File {
                path: file.display().to_string().into(),
                change: "copied into the backup".into(),
            });
        }
        intents.push(look("the stored file read back from the disk, through the database's own tool to its end, and its list of tables"));
        intents
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let taken = take_backup(context, StepId::BackUp, None).await?;
        if context.view().goal != Some(Goal::BackUp) {
            super::way_back_file::tell_if_spoiled(context, &taken.manifest)?;
        }
        let tables = taken.manifest.tables.len();
        let message = format!(
            "{tables} tables and {} configuration files in {}",
            taken.manifest.config.len(),
            taken.folder.display()
        );
        Ok(match &taken.read_locked {
            None => Outcome::Success {
                message: message.into(),
            },
            Some(ReadLocked::Held { milliseconds }) => Outcome::Success {
                message: format!(
                    "{message}; writers were held up for {milliseconds} ms by the read lock"
                )
                .into(),
            },
            Some(ReadLocked::NotPossible { why }) => Outcome::Warning {
                message: context.clean(&format!(
                    "{message}; without the read lock that [backup] asks for: {why}. A table that was written while the dump began is proven at the digest gate"
                )),
            },
        })
    }
}

/// Takes one backup into a new folder and records it; `after` why the first one does not do.
pub async fn take_backup(
    context: &Context<'_>,
    step: StepId,
    after: Option<&str>,
) -> Result<Taken, Failure> {
    context.same_source(step).await?;
    let dir = context.answers.backup.dir.display();
    context.effect(
        step,
        match after {
            Some(why) => format!("final backup: {why}; below {dir}"),
            None => format!("take a backup below {dir}"),
        },
    )?;
    let request = TakeRequest {
        dir: context.answers.backup.dir.clone(),
        run: context.run.clone(),
        config: context.survey.deployment.config_files.clone(),
        content: true,
        read_lock: context.answers.backup.read_lock,
        place: context.place,
        log: context.log(step.id()),
        stall_limit: context
            .answers
            .backup
            .stall_seconds
            .map_or(STALL_LIMIT, |seconds| {
                std::time::Duration::from_secs(u64::from(seconds))
            }),
        server_version: context.survey.database.version_text.to_string(),
        openmetadata: context.survey.versions.database.known().cloned(),
        database_bytes: Some(context.survey.database.bytes),
        changed: context.view().facts.changed_settings,
        role: context.survey.deployment.connection.user.clone(),
    };
    let taken = telling(context, step, |tell| {
        let (database, request) = (context.database.clone(), &request);
        async move { take(request, database.as_ref(), &tell).await }
    })
    .await
    .map_err(|error| told(context, error.failure(During::Take)))?;
    context.fact(
        step,
        Fact::BackupTaken {
            dir: taken.folder.clone(),
            manifest_sha256: taken.manifest_sha256.clone(),
            bytes: taken.manifest.dump.bytes,
            raw_bytes: taken.manifest.raw_bytes,
            seconds: taken.seconds,
        },
    )?;
    Ok(taken)
}

/// The manifest of the backup that this run took, and of no other that stands in its place.
pub fn recorded_manifest(
    context: &Context<'_>,
    dir: &std::path::Path,
) -> backup::Result<backup::manifest::ReadManifest> {
    let recorded = context.view().facts.manifest_sha256.unwrap_or_default();
    backup::read_recorded(dir, &recorded)
}

/// Masks secrets in a failure that another room has worded.
pub fn told(context: &Context<'_>, failure: Failure) -> Failure {
    Failure {
        what: context.clean(failure.what.as_str()),
        why: context.clean(failure.why.as_str()),
        still_safe: failure.still_safe,
        next: failure.next,
        exit: failure.exit,
    }
}

/// Runs backup work and hands its progress on; the work may tell from any thread.
pub async fn telling<F, Fut, T>(context: &Context<'_>, step: StepId, work: F) -> T
where
    F: FnOnce(Box<dyn Fn(backup::Progress) + Send + Sync>) -> Fut,
    Fut: Future<Output = T>,
{
    let (sender, mut receiver) = tokio::sync::watch::channel(None);
    let work = work(Box::new(move |progress| {
        sender.send_replace(Some(progress));
    }));
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            changed = receiver.changed() => {
                if changed.is_err() {
                    return work.await;
                }
                let news = receiver.borrow_and_update().clone();
                if let Some(news) = news {
                    context.recorder.progress(words(step, &news));
                }
            }
        }
    }
}

fn words(step: StepId, news: &backup::Progress) -> Progress {
    let mut doing = news.phase.words().to_string();
    if let Some(table) = &news.table {
        doing.push_str(&format!(", {table}"));
    }
    if news.tables_total > 0 {
        doing.push_str(&format!(
            " (table {} of {})",
            news.tables_done, news.tables_total
        ));
    }
    if news.waiting_seconds >= 2 {
        doing.push_str(&format!(
            "; nothing has moved for {} s",
            news.waiting_seconds
        ));
    }
    Progress {
        step,
        doing: doing.into(),
        done: Some(news.raw_bytes),
        total: news.estimated_total,
        unit: "bytes".to_string(),
        estimated: true,
    }
}
