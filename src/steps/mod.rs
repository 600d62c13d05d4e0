//! The steps: one file each, a pure preview and a run. They act only through the traits of
//! database, deployment and backup, and tell the recorder first.

mod ask;
mod back_up;
mod checks;
pub mod child;
pub mod context;
mod digest_gate;
mod lock_holders;
mod lock_questions;
mod migrate;
pub mod migrate_verdict;
mod migrate_watch;
pub mod more_memory;
mod nobody_serves;
mod ops;
mod pipeline_table;
mod prove;
mod prove_quiet;
pub mod report;
mod restore;
mod rows_taken;
mod server;
mod settings;
mod since_gate;
mod switch;
mod validate;
mod validate_points;
pub mod way_back_file;

use async_trait::async_trait;

use crate::domain::answers::Answers;
use crate::domain::plan::{Goal, Intent, Plan, PlannedStep};
use crate::domain::step::{Failure, Looked, Outcome, StepId};
use crate::domain::survey::Survey;
use crate::domain::way_back::WayId;
use context::Context;

/// What a preview may look at: facts and answers, no handle that acts.
pub struct Preview<'a> {
    pub survey: &'a Survey,
    pub answers: &'a Answers,
    pub commands: &'a Commands,
}

/// Command lines that only the deployment and the engine can spell, gathered before the preview.
#[derive(Debug, Clone, Default)]
pub struct Commands {
    pub dump: String,
    pub restore: String,
    pub stop_old: Vec<String>,
    pub start_old: Vec<String>,
    pub stop_new: Vec<String>,
    pub start_new: Vec<String>,
    pub migrate: String,
    pub reindex: String,
    pub reindex_old: String,
    pub deploy_pipelines: String,
    pub carry_over: Vec<(String, String)>,
    pub set_name_old: String,
}

/// One step of a plan.
#[async_trait(?Send)]
pub trait Step {
    fn id(&self) -> StepId;
    /// Users are locked out while it runs.
    fn downtime(&self) -> bool {
        false
    }
    /// What it would do. Pure: it is given no handle that could do anything.
    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent>;
    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure>;
    /// Looks at the world after an interruption; only asked of steps that declare `Look`.
    async fn look(&self, _context: &Context<'_>) -> Result<Looked, Failure> {
        Ok(Looked::NotDone {
            message: "this step can be run again".into(),
        })
    }
}

/// The steps of a goal, in order.
pub fn steps_of(goal: &Goal, answers: &Answers) -> Vec<Box<dyn Step>> {
    match goal {
        Goal::Upgrade => {
            let mut steps: Vec<Box<dyn Step>> = vec![
                Box::new(checks::Checks),
                Box::new(back_up::BackUp),
                Box::new(prove::Prove),
                Box::new(settings::TuneMemory),
                Box::new(ask::StartDowntime),
                Box::new(server::Stop {
                    step: StepId::StopServer,
                }),
                Box::new(prove_quiet::ProveQuiet),
                Box::new(digest_gate::DigestGate),
                Box::new(ask::PointOfNoReturn),
                Box::new(switch::SwitchVersion),
                Box::new(migrate::Migrate),
                Box::new(server::Start {
                    step: StepId::StartServer,
                }),
                Box::new(validate::Validate {
                    step: StepId::Validate,
                }),
            ];
            if answers.validate.reindex.unwrap_or(true) {
                steps.push(Box::new(ops::Reindex {
                    step: StepId::Reindex,
                }));
            }
            if answers.validate.deploy_pipelines.unwrap_or(true) {
                steps.push(Box::new(ops::DeployPipelines));
            }
            steps.push(Box::new(settings::PutSettingsBack));
            steps.push(Box::new(report::Report));
            steps
        }
        Goal::BackUp => vec![
            Box::new(checks::Checks),
            Box::new(back_up::BackUp),
            Box::new(prove::Prove),
            Box::new(report::Report),
        ],
        Goal::WayBack { way } => match way {
            WayId::Restore => {
                let mut steps: Vec<Box<dyn Step>> = vec![
                    Box::new(server::Stop {
                        step: StepId::StopNewServer,
                    }),
                    Box::new(prove_quiet::ProveQuiet),
                    Box::new(restore::RestoreBackup),
                    Box::new(restore::CompareRestored),
                    Box::new(switch::SwitchBack),
                    Box::new(server::Start {
                        step: StepId::StartOldServer,
                    }),
                    Box::new(validate::Validate {
                        step: StepId::ValidateOld,
                    }),
                ];
                if answers.validate.reindex.unwrap_or(true) {
                    steps.push(Box::new(ops::Reindex {
                        step: StepId::ReindexOld,
                    }));
                }
                steps.push(Box::new(settings::PutSettingsBack));
                steps.push(Box::new(report::Report));
                steps
            }
            WayId::StartOld => vec![
                Box::new(server::Stop {
                    step: StepId::StopNewServer,
                }),
                Box::new(switch::SwitchBack),
                Box::new(server::Start {
                    step: StepId::StartOldServer,
                }),
                Box::new(validate::Validate {
                    step: StepId::ValidateOld,
                }),
                Box::new(settings::PutSettingsBack),
                Box::new(report::Report),
            ],
            WayId::EndHere => vec![
                Box::new(settings::PutSettingsBack),
                Box::new(report::Report),
            ],
            WayId::GoOn | WayId::MoreMemory => steps_of(&Goal::Upgrade, answers),
        },
    }
}

/// The plan as data: what each step would do, computed without doing it.
pub fn plan(goal: Goal, preview: &Preview<'_>) -> Plan {
    let steps = steps_of(&goal, preview.answers)
        .iter()
        .map(|step| PlannedStep {
            id: step.id(),
            title: step.id().title().to_string(),
            danger: step.id().danger(),
            risk: step.id().risk().to_string(),
            downtime: step.downtime(),
            intents: step.preview(preview),
        })
        .collect();
    Plan {
        schema_version: 1,
        goal,
        identity: preview.survey.database.identity.clone(),
        from: preview.survey.versions.database.known().cloned(),
        to: preview.survey.versions.target.known().cloned(),
        steps,
    }
}

fn command(line: &str) -> Intent {
    Intent::Command {
        line: line.into(),
        place: "this host".into(),
    }
}

fn look(what: &str) -> Intent {
    Intent::Look { what: what.into() }
}

pub use checks::blockers;
pub use prove_quiet::may_write;
pub use server::serve_old_again;
pub use settings::put_settings_back;
