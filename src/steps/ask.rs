//! The two typed go-aheads: start of downtime, and point of no return.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::context::{Ask, Context, wall_ms};
use super::nobody_serves::nobody_serves;
use super::prove_quiet::may_write;
use super::{Preview, Step, since_gate};
use crate::backup::{read_recorded, stands, verify_read};
use crate::checks;
use crate::domain::duration::about;
use crate::domain::event::{Event, Fact};
use crate::domain::plan::Intent;
use crate::domain::step::{Failure, Outcome, StepId};
use crate::domain::way_back::{self, SWITCH_SECONDS};
use crate::exit_code::ExitCode;

pub const START_OF_DOWNTIME: &str = "start-of-downtime";
pub const POINT_OF_NO_RETURN: &str = "point-of-no-return";

/// After a question that was open for longer, the backup is read back once more.
const LONG: Duration = Duration::from_secs(60);

/// What the confirmations of an answers file are worth in this run: their text when plan and
/// server are the very ones they name, else why not.
fn prepared(context: &Context<'_>, value: Option<&String>) -> Result<Option<String>, String> {
    let Some(value) = value else { return Ok(None) };
    let confirm = &context.answers.confirm;
    let server = &context.survey.database.identity.server;
    if context.view().aborted_in_downtime {
        return Err(
            "the run was aborted in its downtime after the answers file confirmed it".to_string(),
        );
    }
    match (&confirm.plan, &confirm.server) {
        (Some(plan), Some(named)) if plan == context.plan_digest && named == server => Ok(Some(value.clone())),
        (Some(plan), _) if plan != context.plan_digest => {
            Err("the answers file confirms another plan than this one (see `omup plan`)".to_string())
        }
        (Some(_), Some(_)) => Err("the answers file confirms another server than this one".to_string()),
        _ => Err("the answers file confirms without naming plan and server (confirm.plan, confirm.server)".to_string()),
    }
}

async fn confirmed(
    context: &Context<'_>,
    id: &'static str,
    value: Option<&String>,
    text: String,
    safe: &str,
) -> Result<(), Failure> {
    let expects = context.survey.database.identity.database.clone();
    let earlier = context
        .view()
        .answers
        .get(id)
        .map(|v| v.as_str().to_string());
    if earlier.as_deref() == Some(expects.as_str()) {
        return Ok(());
    }
    let worthless = match prepared(context, value) {
        Ok(Some(typed)) if typed == expects => {
            return context.recorder.record(Event::Answered {
                id: id.to_string(),
                value: typed.into(),
                who: "answers file".into(),
                uid: context.survey.host.uid,
                accepted: true,
            });
        }
        Ok(Some(_)) => Some("the answers file holds another name than the database's".to_string()),
        Ok(None) => None,
        Err(why) => Some(why),
    };
    let text = match worthless {
        Some(why) => format!("{text} ({why})"),
        None => text,
    };
    let answer = context
        .recorder
        .ask(Ask {
            id,
            text,
            expects: expects.clone(),
            safe: safe.to_string(),
        })
        .await?;
    match answer {
        Some(typed) if typed == expects => Ok(()),
        Some(_) | None => Err(Failure::new(
            ExitCode::WaitingForInput,
            format!("go on without an answer to '{id}'"),
            "nobody has typed the database's name",
            safe,
            format!("`omup answer {} {id}={expects}`", context.run),
        )),
    }
}

/// The run may have waited for days since its checks: a waiver whose day is over waives nothing any more.
fn waivers_stand(context: &Context<'_>, step: StepId, safe: &str) -> Result<(), Failure> {
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let view = context.view();
    let ended: Vec<String> = checks::ended_waivers(&view.findings, &today)
        .iter()
        .map(|waiver| {
            format!(
                "the waiver of {} by {} ended on {} (UTC)",
                waiver.check, waiver.who, waiver.expires
            )
        })
        .collect();
    if ended.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        ExitCode::ChecksBlock,
        format!("go on with '{}'", step.title()),
        ended.join("; "),
        safe,
        "mend what was waived, or waive it again in the answers ([[waive]]); then a new run, `omup run`",
    ))
}

/// A backup whose folder somebody has moved or emptied must be missed before users are locked out, not when it is
/// needed: the steps that make one are opened again.
fn backup_stands(context: &Context<'_>) -> Result<(), Failure> {
    let facts = context.view().facts;
    let recorded = facts.manifest_sha256.unwrap_or_default();
    match facts.backup_dir.map(|dir| stands(&dir, &recorded)) {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(lost(context, &error.to_string())?),
        None => Err(lost(context, "there is no backup")?),
    }
}

/// Every byte of it again.
async fn read_back(context: &Context<'_>) -> Result<(), Failure> {
    let facts = context.view().facts;
    let recorded = facts.manifest_sha256.unwrap_or_default();
    let Some(dir) = facts.backup_dir else {
        return Err(lost(context, "there is no backup")?);
    };
    context.doing(
        StepId::PointOfNoReturn,
        "reading the backup back: the question was open for long",
    );
    let read_back = match read_recorded(&dir, &recorded) {
        Ok(read) => verify_read(&dir, read, &|_| {}).await,
        Err(error) => Err(error),
    };
    match read_back {
        Ok(_) => Ok(()),
        Err(error) => Err(lost(context, &error.to_string())?),
    }
}

fn served(why: &str) -> Failure {
    Failure::new(
        ExitCode::FailedBeforePoint,
        "cross the point of no return",
        why,
        "nothing of the new version has reached the database",
        "stop it where it runs and what starts it, then `omup resume`: the source is compared again",
    )
}

/// The failure to tell, with the way to another backup opened.
fn lost(context: &Context<'_>, why: &str) -> Result<Failure, Failure> {
    context.recorder.record(Event::Reopened {
        steps: vec![StepId::BackUp, StepId::Prove],
    })?;
    Ok(Failure::new(
        ExitCode::BackupDamaged,
        "find the backup as it was taken and proven",
        context.clean(why).as_str(),
        "the database is as it was",
        "see what happened to the folder, then `omup resume`: it takes and proves a new backup",
    ))
}

/// The go-ahead after which the server is stopped.
pub struct StartDowntime;

#[async_trait(?Send)]
impl Step for StartDowntime {
    fn id(&self) -> StepId {
        StepId::StartDowntime
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        vec![Intent::Question {
            id: START_OF_DOWNTIME.to_string(),
            text: format!(
                "type the database's name, {}",
                preview.survey.database.identity.database
            )
            .into(),
        }]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let safe = "nothing was stopped; the old version serves";
        waivers_stand(context, StepId::StartDowntime, safe)?;
        backup_stands(context)?;
        let view = context.view();
        let level = view.facts.level.map_or("not proven", |level| level.words());
        let about = view.facts.restore_seconds.map_or_else(
            || "the restore was not measured".to_string(),
            |s| format!("a restore took {s:.1} s"),
        );
        // Without a person to ask, the second go-ahead must be known before users are locked out.
        let confirm = &context.answers.confirm;
        let second = view.answers.contains_key(POINT_OF_NO_RETURN)
            || prepared(context, confirm.point_of_no_return.as_ref())
                == Ok(Some(context.survey.database.identity.database.clone()));
        if !second && !context.recorder.waits_for_answers() {
            let text = "The second go-ahead (point of no return) would find nobody to ask while users are locked out: give it first.";
            confirmed(
                context,
                POINT_OF_NO_RETURN,
                confirm.point_of_no_return.as_ref(),
                text.to_string(),
                safe,
            )
            .await?;
        }
        confirmed(
            context,
            START_OF_DOWNTIME,
            confirm.start_of_downtime.as_ref(),
            format!("Start of downtime: with your word the server is stopped and users are locked out. The backup is {level}; {about}."),
            safe,
        )
        .await?;
        waivers_stand(context, StepId::StartDowntime, safe)?;
        // The question may have been open for long.
        context.same_source(StepId::StartDowntime).await?;
        context.same_configuration(StepId::StartDowntime).await?;
        backup_stands(context)?;
        context.fact(
            StepId::StartDowntime,
            Fact::DowntimeStarted {
                at_ms: wall_ms(),
                boot_ms: crate::process::uptime_ms(),
            },
        )?;
        Ok(Outcome::Success {
            message: "confirmed".into(),
        })
    }
}

/// The go-ahead for the first command of the new version.
pub struct PointOfNoReturn;

#[async_trait(?Send)]
impl Step for PointOfNoReturn {
    fn id(&self) -> StepId {
        StepId::PointOfNoReturn
    }

    fn downtime(&self) -> bool {
        true
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        vec![Intent::Question {
            id: POINT_OF_NO_RETURN.to_string(),
            text: format!(
                "type the database's name, {}",
                preview.survey.database.identity.database
            )
            .into(),
        }]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let view = context.view();
        // Killed between this fact and the step's end; the migration looks for itself.
        if view.facts.point_crossed_ms.is_some() {
            return Ok(Outcome::Success {
                message: "confirmed before".into(),
            });
        }
        if !view.facts.gate_equal || view.facts.level < Some(context.answers.backup.level) {
            return Err(Failure::new(
                ExitCode::Verification,
                "cross the point of no return",
                "there is no backup that passed the digest gate at the level asked for",
                "the database is as it was",
                "`omup resume` takes and proves a backup again",
            ));
        }
        let back = view.facts.restore_seconds.map_or_else(
            || "; how long it takes was not measured".to_string(),
            |s| {
                format!(
                    " ({}: it took {s:.1} s here, {SWITCH_SECONDS} s allowed for stop and start)",
                    about(way_back::with_switch(s))
                )
            },
        );
        let asked = Instant::now();
        confirmed(
            context,
            POINT_OF_NO_RETURN,
            context.answers.confirm.point_of_no_return.as_ref(),
            format!("Point of no return: from here, going back means a restore{back}."),
            "the old server is started again",
        )
        .await?;
        waivers_stand(
            context,
            StepId::PointOfNoReturn,
            "the old server is started again",
        )?;
        context.same_source(StepId::PointOfNoReturn).await?;
        context.same_configuration(StepId::PointOfNoReturn).await?;
        backup_stands(context)?;
        nobody_serves(context, may_write)
            .await
            .map_err(|why| served(&why))?;
        since_gate::nobody_wrote(context, asked.elapsed()).await?;
        if asked.elapsed() > LONG {
            read_back(context).await?;
        }
        context.fact(
            StepId::PointOfNoReturn,
            Fact::PointCrossed { at_ms: wall_ms() },
        )?;
        Ok(Outcome::Success {
            message: "confirmed; the next command is the new version's".into(),
        })
    }
}
