//! The checks over the survey that the plan was made from; blockers end the run here.

use std::time::Duration;

use async_trait::async_trait;

use super::context::Context;
use super::{Preview, Step, look};
use crate::checks;
use crate::domain::clean_text::CleanText;
use crate::domain::event::{Event, Fact};
use crate::domain::finding::{Blocks, Finding, Verdict, counts};
use crate::domain::plan::{Goal, Intent};
use crate::domain::step::{Failure, Outcome, StepId};
use crate::domain::survey::Survey;
use crate::exit_code::ExitCode;
use crate::knowledge::Knowledge;

pub struct Checks;

/// The exit code that a set of findings asks for, and the findings that ask for it.
pub fn blockers(findings: &[Finding]) -> Option<(ExitCode, Vec<&Finding>)> {
    let holding = findings.iter().filter(|f| f.holds(Blocks::BeforeMigrate));
    with_exit(holding.collect())
}

/// As [`blockers`] where a backup is all that is wanted: which version could be reached from it matters not, and one
/// that knows only Flyway's history is an OpenMetadata too.
fn backup_blockers<'a>(
    findings: &'a [Finding],
    survey: &Survey,
) -> Option<(ExitCode, Vec<&'a Finding>)> {
    let flyway = survey
        .history
        .known()
        .and_then(|found| found.flyway.as_ref());
    let old = flyway.is_some_and(|rows| !rows.is_empty());
    let of_upgrade = |f: &Finding| f.id.starts_with(PATH) || (old && f.id == NOT_EMPTY);
    let holding = findings
        .iter()
        .filter(|f| f.holds(Blocks::BeforeBackup) && !of_upgrade(f));
    with_exit(holding.collect())
}

/// The check that asks for a history of migrations.
const NOT_EMPTY: &str = "OM-DB-004";

/// How the checks of versions and their path are called.
const PATH: &str = "OM-VER";

fn with_exit(blocking: Vec<&Finding>) -> Option<(ExitCode, Vec<&Finding>)> {
    if blocking.is_empty() {
        return None;
    }
    let path = blocking.iter().any(|f| {
        f.blocks == Blocks::Always && f.id.starts_with(PATH) && f.verdict == Verdict::Fail
    });
    Some((
        if path {
            ExitCode::PathRefused
        } else {
            ExitCode::ChecksBlock
        },
        blocking,
    ))
}

/// The most time for counting while the old version serves.
const PATIENCE: Duration = Duration::from_secs(120);

/// Relations without an end, for the comparison after the upgrade. Not having counted them stops
/// nothing: the validation then says so.
async fn count_orphans(context: &Context<'_>) -> Result<(), Failure> {
    match tokio::time::timeout(PATIENCE, context.database.orphans()).await {
        Ok(Ok(orphans)) => context.fact(StepId::Checks, Fact::OrphansBefore { orphans }),
        Ok(Err(_)) | Err(_) => Ok(()),
    }
}

/// For the report, where it is copied from.
fn tell_users(context: &Context<'_>, knowledge: &Knowledge) -> Result<(), Failure> {
    let versions = &context.survey.versions;
    let (Some(from), Some(to)) = (versions.database.known(), versions.target.known()) else {
        return Ok(());
    };
    let lines = knowledge.users_notice(context.survey, from, to);
    if lines.is_empty() {
        return Ok(());
    }
    let lines = lines.into_iter().map(CleanText::from).collect();
    context.recorder.record(Event::UsersNotice { lines })
}

#[async_trait(?Send)]
impl Step for Checks {
    fn id(&self) -> StepId {
        StepId::Checks
    }

    fn preview(&self, _preview: &Preview<'_>) -> Vec<Intent> {
        vec![
            look("versions, rights, tools, free space, sessions, history, owner of the server"),
            look("relations whose end is gone, counted for the comparison after the upgrade"),
        ]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let knowledge = Knowledge::embedded();
        let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        let findings = checks::run_all(context.survey, context.answers, &knowledge, &today);
        context.recorder.record(Event::Checked {
            findings: findings.clone(),
        })?;
        tell_users(context, &knowledge)?;
        let blocking = match context.view().goal {
            Some(Goal::BackUp) => backup_blockers(&findings, context.survey),
            Some(Goal::Upgrade | Goal::WayBack { .. }) | None => blockers(&findings),
        };
        if let Some((exit, blocking)) = blocking {
            let list: Vec<String> = blocking
                .iter()
                .map(|f| {
                    let remedy = f
                        .remedy
                        .as_ref()
                        .map(|r| format!(" ({r})"))
                        .unwrap_or_default();
                    let because = f
                        .evidence
                        .first()
                        .map(|line| format!(", {line}"))
                        .unwrap_or_default();
                    format!(
                        "{} {}: {}{because}{remedy}",
                        f.id,
                        f.verdict.word(),
                        f.message
                    )
                })
                .collect();
            return Err(Failure::new(
                exit,
                "pass the checks",
                list.join("; "),
                "nothing was changed",
                "mend these, or waive by id with a reason in the answers ([[waive]]), then `omup run` again",
            ));
        }
        count_orphans(context).await?;
        let words: Vec<String> = counts(&findings)
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(verdict, n)| format!("{n} {}", verdict.word()))
            .collect();
        let worth_reading = findings
            .iter()
            .any(|f| matches!(f.verdict, Verdict::Warn | Verdict::Unknown | Verdict::Fail));
        let message = words.join(", ").into();
        Ok(if worth_reading {
            Outcome::Warning { message }
        } else {
            Outcome::Success { message }
        })
    }
}
