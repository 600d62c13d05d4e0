//! What OpenMetadata's guides ask for after a migration: rebuild the search index, deploy the
//! pipelines again. Both run while the new version serves.

use async_trait::async_trait;

use super::child::{self, ChildEnd};
use super::context::Context;
use super::pipeline_table::judged;
use super::{Preview, Step, command};
use crate::deployment::Side;
use crate::domain::plan::{Goal, Intent};
use crate::domain::step::{Failure, Looked, Outcome, StepId};
use crate::exit_code::ExitCode;

pub struct Reindex {
    pub step: StepId,
}
pub struct DeployPipelines;

/// The most of the output of `deploy-pipelines` that is read, in bytes.
const OUTPUT: u64 = 8 * 1024 * 1024;

async fn run(
    context: &Context<'_>,
    step: StepId,
    side: Side,
    name: &'static str,
) -> Result<ChildEnd, Failure> {
    let params = super::settings::migration_params(context);
    let tool = context
        .deployment
        .ops_tool(
            side,
            &[name],
            Some(&params),
            context.secrets.database_password.as_ref(),
        )
        .await
        .map_err(|e| failed(context, name, &e.to_string()))?;
    child::run(context, step, name, &tool, || async {
        context.doing(step, format!("{name} runs; its log is logs/{name}.log"))
    })
    .await
}

async fn look(context: &Context<'_>, step: StepId, name: &'static str) -> Result<Looked, Failure> {
    child::adopt(context, step, name, || async {
        context.doing(step, format!("waiting for {name} of an earlier runner"))
    })
    .await?;
    // Both commands can be repeated; their exit code is lost, so they are.
    Ok(Looked::NotDone {
        message: format!("{name} can be run again").into(),
    })
}

#[async_trait(?Send)]
impl Step for Reindex {
    fn id(&self) -> StepId {
        self.step
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        match self.step {
            StepId::ReindexOld => vec![command(&preview.commands.reindex_old)],
            _ => vec![command(&preview.commands.reindex)],
        }
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let side = if self.step == StepId::ReindexOld {
            Side::Old
        } else {
            Side::New
        };
        let end = run(context, self.step, side, "reindex").await?;
        let line = child::telling_line(&child::tail(context, "reindex"));
        Ok(match end {
            ChildEnd::Code(0) => Outcome::Success { message: "the tool ended well; its log has the figures (logs/reindex.log)".into() },
            // Search can be rebuilt at any time; the upgrade itself stands.
            end => Outcome::Warning { message: format!("reindex ended with {}: {line}. Run it again from Settings, Applications, Search Indexing", end.words()).into() },
        })
    }

    async fn look(&self, context: &Context<'_>) -> Result<Looked, Failure> {
        look(context, self.step, "reindex").await
    }
}

#[async_trait(?Send)]
impl Step for DeployPipelines {
    fn id(&self) -> StepId {
        StepId::DeployPipelines
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        vec![command(&preview.commands.deploy_pipelines)]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let end = run(
            context,
            StepId::DeployPipelines,
            Side::New,
            "deploy-pipelines",
        )
        .await?;
        Ok(match end {
            ChildEnd::Code(0) => {
                // The table names every pipeline and stands at the end.
                match judged(&child::output(context, "deploy-pipelines", OUTPUT)) {
                    Ok(message) => Outcome::Success {
                        message: message.into(),
                    },
                    Err(why) => Outcome::Warning {
                        message: context.clean(&why),
                    },
                }
            }
            end => Outcome::Warning {
                message: format!(
                    "deploy-pipelines ended with {}: {}",
                    end.words(),
                    child::telling_line(&child::tail(context, "deploy-pipelines"))
                )
                .into(),
            },
        })
    }

    async fn look(&self, context: &Context<'_>) -> Result<Looked, Failure> {
        look(context, StepId::DeployPipelines, "deploy-pipelines").await
    }
}

fn failed(context: &Context<'_>, name: &str, why: &str) -> Failure {
    Failure::new(
        ExitCode::Validation,
        format!("run {name}"),
        context.clean(why).as_str(),
        match context.view().goal {
            Some(Goal::WayBack { .. }) => "the old version serves",
            Some(Goal::Upgrade | Goal::BackUp) | None => "the new version serves",
        },
        "mend the cause, then `omup resume --again`",
    )
}
