//! The way back's restore: the backup goes into a new database beside the upgraded one, is compared,
//! and only then gets a name to serve under.

use async_trait::async_trait;

use super::back_up::{recorded_manifest, telling, told};
use super::context::Context;
use super::digest_gate::differences;
use super::prove::restore_request;
use super::{Preview, Step, command, look};
use crate::backup::{During, restore};
use crate::domain::event::Fact;
use crate::domain::plan::Intent;
use crate::domain::step::{Failure, Outcome, StepId};
use crate::exit_code::ExitCode;

pub struct RestoreBackup;
pub struct CompareRestored;

/// The name while it is being restored: disposable.
pub fn unfinished_name(context: &Context<'_>) -> String {
    format!(
        "{}{}_back",
        crate::database::OUR_PREFIX,
        context.run.compact()
    )
}

/// The name under which it serves, no longer one that omup would ever drop. At most 63 bytes.
pub fn serving_name(context: &Context<'_>) -> String {
    let configured = &context.survey.database.identity.database;
    format!(
        "{}{}",
        crate::database::back_prefix(configured),
        context.run.compact()
    )
}

fn failed(context: &Context<'_>, what: &str, why: &str) -> Failure {
    Failure::new(
        ExitCode::RollbackFailed,
        what,
        context.clean(why).as_str(),
        "the upgraded database and the backup are untouched",
        "mend the cause, then `omup resume --again`; way-back.md in the run's folder does the same by hand",
    )
}

#[async_trait(?Send)]
impl Step for RestoreBackup {
    fn id(&self) -> StepId {
        StepId::RestoreBackup
    }

    fn downtime(&self) -> bool {
        true
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        vec![
            look("every stored byte of the backup against its manifest"),
            Intent::Sql {
                statement: "CREATE DATABASE omup_<run>_back, of the old one's shape".into(),
            },
            command(&preview.commands.restore),
        ]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let what = "restore the backup into a new database";
        let dir = context
            .view()
            .facts
            .backup_dir
            .ok_or_else(|| failed(context, what, "the run has no backup"))?;
        let serving = serving_name(context);
        let database = context
            .admin
            .restored_as(&unfinished_name(context), &serving);
        let facts = context.view().facts;
        let restored = facts.restored_database;
        // Where it is restored under its last name, an interrupted attempt stands in its place.
        let interrupted =
            restored.is_none() && database == serving && facts.scratch.contains(&serving);
        if !interrupted
            && context
                .database
                .exists(&serving)
                .await
                .map_err(|e| failed(context, what, &e.to_string()))?
        {
            let ours = [&database, &serving].contains(&&restored.unwrap_or_default());
            if !ours {
                let why = format!(
                    "the database '{serving}' is there already and this run did not make it; rename it or drop it"
                );
                return Err(failed(context, what, &why));
            }
            // An earlier attempt got as far as naming it; the comparison comes again.
            context.fact(
                StepId::RestoreBackup,
                Fact::Restored {
                    database: serving.clone(),
                    dir,
                    seconds: 0.0,
                },
            )?;
            return Ok(Outcome::Success {
                message: format!("'{serving}' was restored before").into(),
            });
        }
        let claimed = context.claim(StepId::RestoreBackup, &database).await;
        claimed.map_err(|why| failed(context, what, &why))?;
        recorded_manifest(context, &dir)
            .map_err(|error| told(context, error.failure(During::Restore)))?;
        let request = restore_request(context, &dir, &database, "restore");
        let restored = telling(context, StepId::RestoreBackup, |tell| {
            let (admin, request) = (context.admin.clone(), &request);
            async move { restore(request, admin.as_ref(), &tell).await }
        })
        .await
        .map_err(|error| told(context, error.failure(During::Restore)))?;
        context.fact(
            StepId::RestoreBackup,
            Fact::Restored {
                database: database.clone(),
                dir,
                seconds: restored.seconds,
            },
        )?;
        let message = format!("restored into '{database}' in {:.1} s", restored.seconds);
        if restored.left_to_do.is_empty() {
            return Ok(Outcome::Success {
                message: message.into(),
            });
        }
        Ok(Outcome::Warning {
            message: format!(
                "{message}; these need more rights than this user has: {}",
                restored.left_to_do.join("; ")
            )
            .into(),
        })
    }
}

#[async_trait(?Send)]
impl Step for CompareRestored {
    fn id(&self) -> StepId {
        StepId::CompareRestored
    }

    fn downtime(&self) -> bool {
        true
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        vec![
            look(
                "tables, rows, digests, sequences, grants and schema against the backup's manifest",
            ),
            Intent::Sql {
                statement: format!(
                    "ALTER DATABASE omup_<run>_back RENAME TO {}<run>",
                    crate::database::back_prefix(&preview.survey.database.identity.database)
                )
                .into(),
            },
        ]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let what = "compare the restored database with the backup";
        let fail = |why: String| failed(context, what, &why);
        let view = context.view();
        let (dir, mut database) = match (view.facts.backup_dir, view.facts.restored_database) {
            (Some(dir), Some(database)) => (dir, database),
            _ => return Err(fail("nothing was restored".to_string())),
        };
        let serving = serving_name(context);
        let known = database.clone();
        if database != serving
            && context
                .database
                .exists(&serving)
                .await
                .map_err(|e| fail(e.to_string()))?
        {
            database = serving.clone();
        }
        let manifest = recorded_manifest(context, &dir)
            .map_err(|e| fail(e.to_string()))?
            .manifest;
        let sibling = context
            .database
            .sibling(&database)
            .await
            .map_err(|e| fail(e.to_string()))?;
        let differences = differences(context, StepId::CompareRestored, &manifest, sibling)
            .await
            .map_err(fail)?
            .ok_or_else(|| fail("the backup holds no digests to compare with".to_string()))?;
        if !differences.is_empty() {
            let named: Vec<String> = differences
                .iter()
                .take(8)
                .map(|d| format!("{}: {}", d.what, d.detail))
                .collect();
            return Err(fail(format!(
                "'{database}' differs from the backup: {}",
                named.join("; ")
            )));
        }
        if database != serving || view.facts.scratch.contains(&serving) {
            context.effect(
                StepId::CompareRestored,
                if database == serving {
                    format!("call '{serving}' finished")
                } else {
                    format!("rename '{database}' to '{serving}'")
                },
            )?;
            context
                .admin
                .rename_ours(&database, &serving)
                .await
                .map_err(|e| fail(e.to_string()))?;
            crate::process::effect::hit("restored database named");
        }
        // Killed between the name and its record, it has the name already: what follows must be told all the same.
        if known != serving || view.facts.scratch.contains(&serving) {
            context.fact(
                StepId::CompareRestored,
                Fact::ScratchDropped { database: known },
            )?;
            context.fact(
                StepId::CompareRestored,
                Fact::Restored {
                    database: serving.clone(),
                    dir,
                    seconds: view.facts.restore_seconds.unwrap_or(0.0),
                },
            )?;
        }
        let (tables, rows) = manifest
            .content
            .as_ref()
            .map_or((0, 0), |c| (c.tables.len() as u64, c.rows()));
        context.fact(
            StepId::CompareRestored,
            Fact::RestoredEqual {
                database: serving.clone(),
                tables,
                rows,
            },
        )?;
        Ok(Outcome::Success {
            message: format!("'{serving}' is restored and equal: {tables} tables, {rows} rows")
                .into(),
        })
    }
}
