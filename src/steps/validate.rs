//! Validation of the version that serves now: version, health part by part, nothing pending,
//! entity counts before and after.

use async_trait::async_trait;

use super::context::Context;
use super::{Preview, Step, look};
use crate::deployment::Side;
use crate::domain::plan::Intent;
use crate::domain::step::{Failure, Outcome, StepId};
use crate::exit_code::ExitCode;

pub struct Validate {
    pub step: StepId,
}

#[async_trait(?Send)]
impl Step for Validate {
    fn id(&self) -> StepId {
        self.step
    }

    fn preview(&self, _preview: &Preview<'_>) -> Vec<Intent> {
        let mut intents = vec![
            Intent::Request { line: "GET /api/v1/system/version".into() },
            Intent::Request { line: "GET /api/v1/system/health, admin /healthcheck, /api/v1/system/status with a token".into() },
        ];
        if self.step == StepId::Validate {
            intents.push(look(
                "nothing pending by the new version's files; entity counts before and after",
            ));
        }
        intents
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let side = if self.step == StepId::Validate {
            Side::New
        } else {
            Side::Old
        };
        let wanted = context
            .deployment
            .version_by_files(side)
            .await
            .map_err(|e| self.failed(&e.to_string()))?;
        let serving = context
            .deployment
            .version_by_server()
            .await
            .map_err(|e| self.failed(&e.to_string()))?;
        if serving != wanted {
            return Err(self.failed(&format!("{serving} serves where {wanted} is wanted")));
        }
        let mut warnings = Vec::new();
        for part in context
            .deployment
            .health(context.secrets.api_token.as_ref())
            .await
        {
            match part.passed {
                Some(true) => {}
                Some(false) => {
                    return Err(
                        self.failed(&format!("{} is unhealthy: {}", part.name, part.message))
                    );
                }
                None => warnings.push(format!("{}: could not look ({})", part.name, part.message)),
            }
        }
        let mut counted = String::new();
        if self.step == StepId::Validate {
            let history = context
                .database
                .history()
                .await
                .map_err(|e| self.failed(&e.to_string()))?;
            let pending = context
                .deployment
                .pending(context.database.engine(), &history)
                .await
                .map_err(|e| self.failed(&e.to_string()))?;
            if !pending.versions.is_empty() {
                return Err(
                    self.failed("migrations are still pending by the new version's own files")
                );
            }
            let before = context.view().facts.counts_before;
            let after = context
                .database
                .entity_counts()
                .await
                .map_err(|e| self.failed(&e.to_string()))?;
            let lost: Vec<String> = before
                .iter()
                .filter_map(|(table, rows)| match after.get(table) {
                    None => Some(format!("{table} is gone ({rows} rows)")),
                    Some(now) if now < rows => {
                        Some(format!("{table}: {rows} rows before, {now} after"))
                    }
                    Some(_) => None,
                })
                .collect();
            if !lost.is_empty() {
                return Err(self.failed(&format!(
                    "rows are missing after the migration: {}",
                    lost.join("; ")
                )));
            }
            counted = format!(
                "; {} entity tables hold at least what they held",
                before.len()
            );
        }
        let message = format!("{serving} serves and is healthy{counted}");
        if warnings.is_empty() {
            Ok(Outcome::Success {
                message: message.into(),
            })
        } else {
            Ok(Outcome::Warning {
                message: format!("{message}; {}", warnings.join("; ")).into(),
            })
        }
    }
}

impl Validate {
    fn failed(&self, why: &str) -> Failure {
        let exit = if self.step == StepId::Validate {
            ExitCode::Validation
        } else {
            ExitCode::RollbackFailed
        };
        Failure::new(
            exit,
            "validate the version that serves now",
            why,
            "the backup and every database",
            "mend the cause and `omup resume --again`, or `omup rollback` for the ways back",
        )
    }
}
