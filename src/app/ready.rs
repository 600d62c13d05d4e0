//! What a runner has to hold before its first step: the deployment and database open and known for the same, both
//! locks taken, the plan made or read.

use std::rc::Rc;

use super::error::{CommandError, Result};
use super::json_file::{read_json, write_json};
use super::open::{self, Opened};
use super::runner_process::{Errand, hostname, lease};
use super::situation;
use crate::database::{Database, Lock};
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::event::{Event, Fact};
use crate::domain::names::Identity;
use crate::domain::plan::{Goal, Plan};
use crate::domain::run_view::{Phase, RunView, StepState};
use crate::domain::step::StepId;
use crate::domain::survey::Survey;
use crate::domain::way_back::{MoreMemory, WayId};
use crate::exit_code::ExitCode;
use crate::runner::drive::Work;
use crate::runner::folder::{RunFolder, State};
use crate::runner::lease::Lease;
use crate::runner::recorder::Shared;
use crate::steps::context::{Recorder as _, Secrets};

pub(super) struct Ready {
    pub work: Rc<Work>,
    pub lock: Box<dyn Lock>,
    pub lease: Lease,
}

/// Opens deployment and database, pins the identity, takes both locks, makes or reads the plan.
pub(super) async fn prepare(
    state: &State,
    folder: RunFolder,
    answers: Answers,
    secrets: Secrets,
    shared: &Shared,
    errand: &Errand,
) -> Result<Ready> {
    let way = errand.way;
    let deployment = open::without_secrets(&answers)?;
    let view = shared.view();
    // What was judged by it is judged anew, so it is looked at anew: the disk may be larger by now.
    let judged = matches!(view.step(StepId::Checks), Some(StepState::Ended { .. }));
    let begun = judged || matches!(view.goal, Some(Goal::WayBack { .. }));
    let saved: Option<Survey> = match begun {
        true => read_json(&folder.survey())?,
        false => None,
    };
    // Once the run has switched names, the configuration speaks of another database than the run does.
    let connection = match &saved {
        Some(survey) => survey.deployment.connection.clone(),
        None => deployment.facts().await?.connection,
    };
    let practice = crate::deployment::is_practice(&answers.deployment.old_home);
    let opened = Opened {
        deployment,
        connection,
        secrets,
        practice,
    };
    let target = open::target(&opened, &format!("omup {}", folder.run), &folder.private());
    let (database, admin) = open::handles(target).await?;
    let identity = database.identity().await?;
    if let Some(survey) = &saved
        && survey.database.identity != identity
    {
        return Err(CommandError::new(
            ExitCode::CannotSurvey,
            format!(
                "this run was made for {}, but behind the same address is now {identity}; nothing was done",
                survey.database.identity
            ),
        ));
    }
    let lease = lease(&state.lock_file(&lock_key(&identity)), &folder)?;
    let lock_note = format!("{}@{}", folder.run, hostname());
    let lock = admin.lock(&lock_note).await?;
    super::beside::nobody_migrates(state, &folder, &identity, database.as_ref()).await?;
    if let Some(survey) = &saved {
        still_the_old_version(&view, way, survey, database.as_ref()).await?;
    }
    let survey = match saved {
        Some(survey) => survey,
        None => {
            let survey =
                open::survey(&opened, database.as_ref(), &answers, &state.root, false).await?;
            write_json(&folder.survey(), &survey)?;
            survey
        }
    };
    let goal = match way {
        Some(way) if way.is_forward() => Goal::Upgrade,
        Some(way) => Goal::WayBack { way },
        None if errand.backup => Goal::BackUp,
        None => view.goal.clone().unwrap_or(Goal::Upgrade),
    };
    if way == Some(WayId::MoreMemory) {
        raise_memory(shared, &survey, &answers, database.as_ref()).await?;
    }
    let saved_plan: Option<Plan> = match begun {
        true => read_json(&folder.plan())?,
        false => None,
    };
    let (plan, digest) = match saved_plan {
        Some(plan) if plan.goal == goal => {
            let digest = open::plan_digest(&plan);
            (plan, digest)
        }
        Some(_) | None => {
            let made =
                open::plan(goal.clone(), &opened, database.as_ref(), &survey, &answers).await?;
            still_approved(&view, &goal, &made.1, &folder)?;
            write_json(&folder.plan(), &made.0)?;
            made
        }
    };
    if view.goal.as_ref() != Some(&goal) || view.plan_digest.as_ref() != Some(&digest) {
        shared.record(Event::Planned {
            goal,
            identity,
            from: plan.from.clone(),
            to: plan.to.clone(),
            steps: plan.steps.iter().map(|step| step.id).collect(),
            plan_digest: digest.clone(),
        })?;
    }
    let work = Work {
        folder,
        survey,
        answers,
        plan,
        plan_digest: digest,
        database,
        admin,
        deployment: opened.deployment,
        place: open::place(),
        lock_note,
        secrets: opened.secrets,
    };
    Ok(Ready {
        work: Rc::new(work),
        lock,
        lease,
    })
}

/// Up to the point of no return the database must be as this run has found it: nobody else may have upgraded it
/// meanwhile, and no journal may make us believe so.
async fn still_the_old_version(
    view: &RunView,
    way: Option<WayId>,
    survey: &Survey,
    database: &dyn Database,
) -> Result<()> {
    let upgrade = way.is_none() && !matches!(view.goal, Some(Goal::WayBack { .. }));
    if !upgrade || !matches!(view.phase(), Phase::BeforeDowntime | Phase::Down) {
        return Ok(());
    }
    let now = database.history().await?;
    // One that could not be read was told by the checks, and was answered for.
    if survey.history.known().is_none_or(|found| *found == now) {
        return Ok(());
    }
    Err(CommandError::new(
        ExitCode::CannotSurvey,
        "the database's migration history is not what this run found when it began: somebody else has migrated it, or a backup was put in its place. Nothing was done. Next: see which version it holds (`omup check`), and begin anew with `omup run`",
    ))
}

/// Looks once more, now that nobody else can work on this database, and writes down what was chosen;
/// the steps that follow give the migration so much.
async fn raise_memory(
    shared: &Shared,
    survey: &Survey,
    answers: &Answers,
    database: &dyn Database,
) -> Result<()> {
    let refused = |why: &str| {
        Err(CommandError::new(
            ExitCode::FailedAfterPoint,
            format!("the sort memory was not raised and nothing was started: {why}"),
        ))
    };
    match situation::more_memory(&shared.view(), survey, answers, database).await {
        Some(MoreMemory::Possible { from, to, .. }) => {
            let who = super::run::who();
            shared.record(Event::Fact {
                step: StepId::TuneMemory,
                fact: Fact::MemoryRaised {
                    from,
                    to,
                    who: CleanText::limited(&who, 80),
                },
            })?;
            Ok(shared.record(Event::Reopened {
                steps: vec![StepId::TuneMemory, StepId::Migrate],
            })?)
        }
        Some(MoreMemory::Not { why }) => refused(why.as_str()),
        None => refused("the migration did not fail for too little of it"),
    }
}

/// A plan that a person approved on the screen is the only one that may begin.
fn still_approved(view: &RunView, goal: &Goal, digest: &str, folder: &RunFolder) -> Result<()> {
    match &view.approved {
        Some(approved) if *goal == Goal::Upgrade && approved != digest => {
            // What was surveyed for the plan that nobody has seen must not be taken up again.
            let _ = std::fs::remove_file(folder.survey());
            Err(CommandError::new(
                ExitCode::ChecksBlock,
                "the deployment has changed since the plan was approved, and the plan with it; nothing was done. Look at it again and approve the new plan",
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// A short name for a database, as a file name.
pub fn lock_key(identity: &Identity) -> String {
    use sha2::Digest as _;
    let text = format!(
        "{:?}|{}|{}",
        identity.engine, identity.server, identity.database
    );
    crate::runner::journal::hex(&sha2::Sha256::digest(text.as_bytes())[..16])
}
