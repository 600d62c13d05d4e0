//! Validation of the version that serves now: version, health part by part, nothing pending, entities
//! and relations before and after, and what the releases on the way ask to be looked at.

use async_trait::async_trait;

use super::context::Context;
use super::validate_points as points;
use super::{Preview, Step, look};
use crate::deployment::Side;
use crate::domain::event::Event;
use crate::domain::plan::Intent;
use crate::domain::step::{Failure, Outcome, StepId};
use crate::domain::validation::{Point, PointResult};
use crate::exit_code::ExitCode;
use crate::knowledge::{Knowledge, ProvenBy};

pub struct Validate {
    pub step: StepId,
}

#[async_trait(?Send)]
impl Step for Validate {
    fn id(&self) -> StepId {
        self.step
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        let mut intents = vec![
            Intent::Request { line: "GET /api/v1/system/version".into() },
            Intent::Request { line: "GET /api/v1/system/health, admin /healthcheck, /api/v1/system/status with a token; of Airflow, where it is used, /api/v2/openmetadata/health or /api/v1/openmetadata/health".into() },
        ];
        if self.step == StepId::Validate {
            intents.push(look(
                "nothing pending by the new version's files; entity counts before and after; relations without an end before and after",
            ));
            intents.extend(asked_by_releases(preview));
        }
        intents
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let new = self.step == StepId::Validate;
        let side = if new { Side::New } else { Side::Old };
        let (serving, version) = points::version(context, side)
            .await
            .map_err(|why| self.failed(&why))?;
        let mut seen = vec![version];
        seen.extend(points::health(context).await);
        seen.extend(points::plugin(context).await);
        if new {
            seen.push(
                points::pending(context)
                    .await
                    .map_err(|why| self.failed(&why))?,
            );
            let after = context
                .database
                .entity_counts()
                .await
                .map_err(|e| self.failed(&e.to_string()))?;
            let taken = super::rows_taken::of(context);
            let before = &context.view().facts.counts_before;
            seen.push(points::counts(before, &after, &taken));
            seen.push(points::relations(context).await);
            seen.extend(points::of_releases(context));
        }
        context.recorder.record(Event::Validated {
            step: self.step,
            points: seen.clone(),
        })?;
        let of = |wanted: &PointResult| -> Vec<&Point> {
            seen.iter()
                .filter(|point| point.result == *wanted)
                .collect()
        };
        let failed: Vec<&str> = of(&PointResult::Failed)
            .iter()
            .map(|point| point.message.as_str())
            .collect();
        if !failed.is_empty() {
            return Err(self.failed(&failed.join("; ")));
        }
        let counted = seen
            .iter()
            .find(|point| point.about.as_str() == "entities" && point.result == PointResult::Passed)
            .map(|point| format!("; {}", point.message))
            .unwrap_or_default();
        let yours = match of(&PointResult::ByPerson).len() {
            0 => String::new(),
            1 => "; one point is yours to look at (see the report)".to_string(),
            many => format!("; {many} points are yours to look at (see the report)"),
        };
        let message = format!("{serving} serves and is healthy{counted}{yours}");
        let doubts: Vec<String> = of(&PointResult::Doubt)
            .iter()
            .map(|point| format!("{}: {}", point.about, point.message))
            .collect();
        Ok(if doubts.is_empty() {
            Outcome::Success {
                message: message.into(),
            }
        } else {
            Outcome::Warning {
                message: format!("{message}; {}", doubts.join("; ")).into(),
            }
        })
    }
}

/// What the releases on the way ask to be looked at, in the plan's words.
fn asked_by_releases(preview: &Preview<'_>) -> Vec<Intent> {
    let versions = &preview.survey.versions;
    let (Some(from), Some(to)) = (versions.database.known(), versions.target.known()) else {
        return Vec::new();
    };
    let wanted = &preview.answers.validate;
    Knowledge::embedded()
        .after(preview.survey, from, to)
        .iter()
        .map(|after| {
            let proof = match after.by {
                ProvenBy::Reindex if wanted.reindex.unwrap_or(true) => {
                    format!("proven by the step '{}'", StepId::Reindex.title())
                }
                ProvenBy::DeployPipelines if wanted.deploy_pipelines.unwrap_or(true) => {
                    format!("proven by the step '{}'", StepId::DeployPipelines.title())
                }
                ProvenBy::Reindex | ProvenBy::DeployPipelines | ProvenBy::Person => {
                    "yours to look at".to_string()
                }
            };
            look(&format!("{}: {} ({proof})", after.since, after.look))
        })
        .collect()
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
