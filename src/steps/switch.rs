//! Carrying the configuration over to the new version, and pointing the old one back.

use async_trait::async_trait;

use super::context::Context;
use super::{Preview, Step, look};
use crate::deployment::Side;
use crate::domain::event::Fact;
use crate::domain::plan::Intent;
use crate::domain::step::{Failure, Outcome, StepId};
use crate::exit_code::ExitCode;

/// The new installation gets the operator's configuration.
pub struct SwitchVersion;

#[async_trait(?Send)]
impl Step for SwitchVersion {
    fn id(&self) -> StepId {
        StepId::SwitchVersion
    }

    fn downtime(&self) -> bool {
        true
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        preview
            .commands
            .carry_over
            .iter()
            .map(|(path, change)| Intent::File {
                path: path.as_str().into(),
                change: change.as_str().into(),
            })
            .chain([look("both versions are configured for the same database")])
            .collect()
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let failed = |why: String| {
            Failure::new(
                ExitCode::FailedAfterPoint,
                "carry the configuration over",
                context.clean(&why).as_str(),
                "the database is as it was; no command of the new version has run",
                "mend the cause, then `omup resume --again`, or `omup rollback` to start the old server",
            )
        };
        for (path, change) in context
            .deployment
            .carry_over_preview()
            .await
            .map_err(|e| failed(e.to_string()))?
        {
            context.effect(
                StepId::SwitchVersion,
                format!("{}: {change}", path.display()),
            )?;
        }
        let written = context
            .deployment
            .carry_over()
            .await
            .map_err(|e| failed(e.to_string()))?;
        crate::process::effect::hit("configuration carried over");
        let name = context
            .deployment
            .database_name(Side::New)
            .await
            .map_err(|e| failed(e.to_string()))?;
        let wanted = &context.survey.database.identity.database;
        if name != *wanted {
            return Err(failed(format!(
                "the new version is configured for the database '{name}', not for '{wanted}'"
            )));
        }
        let left = written
            .iter()
            .filter(|(_, change)| change.as_str().contains("not carried over"))
            .count();
        let message = format!(
            "{} parts of the configuration carried over; '{name}' is configured",
            written.len() - left
        );
        if left == 0 {
            return Ok(Outcome::Success {
                message: message.into(),
            });
        }
        Ok(Outcome::Warning { message: format!("{message}; {left} settings of the old version are not carried over, the new version's own values stand (this step in the plan names them, and so does the journal)").into() })
    }
}

/// The old installation gets the restored database's name, where one was restored.
pub struct SwitchBack;

#[async_trait(?Send)]
impl Step for SwitchBack {
    fn id(&self) -> StepId {
        StepId::SwitchBack
    }

    fn downtime(&self) -> bool {
        true
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        vec![Intent::File {
            path: "configuration of the old version".into(),
            change: preview.commands.set_name_old.as_str().into(),
        }]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let failed = |why: String| {
            Failure::new(
                ExitCode::RollbackFailed,
                "point the old version at its database",
                context.clean(&why).as_str(),
                "every database and the backup",
                "way-back.md in the run's folder holds the same by hand; or mend the cause and `omup resume --again`",
            )
        };
        let view = context.view();
        let original = context.survey.database.identity.database.clone();
        let Some(restored) = view
            .facts
            .restored_database
            .filter(|_| view.facts.restored_equal)
        else {
            let name = context
                .deployment
                .database_name(Side::Old)
                .await
                .map_err(|e| failed(e.to_string()))?;
            return if name == original {
                Ok(Outcome::Success {
                    message: format!("the old version is still configured for '{name}'").into(),
                })
            } else {
                Err(failed(format!(
                    "the old version is configured for '{name}', not for '{original}'"
                )))
            };
        };
        context.effect(
            StepId::SwitchBack,
            format!("configure the old version for the database '{restored}'"),
        )?;
        let (file, old) = context
            .deployment
            .set_database_name(Side::Old, &restored)
            .await
            .map_err(|e| failed(e.to_string()))?;
        crate::process::effect::hit("name switched");
        let now = context
            .deployment
            .database_name(Side::Old)
            .await
            .map_err(|e| failed(e.to_string()))?;
        if now != restored {
            return Err(failed(format!("'{}' still names '{now}'", file.display())));
        }
        context.fact(
            StepId::SwitchBack,
            Fact::NameSwitched {
                file: file.clone(),
                old,
                new: restored.clone(),
            },
        )?;
        context.fact(
            StepId::SwitchBack,
            Fact::UpgradedKept {
                database: original.clone(),
            },
        )?;
        Ok(Outcome::Success {
            message: format!(
                "{} names '{restored}'; '{original}' is kept beside",
                file.display()
            )
            .into(),
        })
    }
}
