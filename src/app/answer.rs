//! `omup answer` and `omup abort`: commands to a run from a second terminal.

use super::attach;
use super::error::{CommandError, Result};
use super::launch::Errand;
use super::out;
use super::run::{self, who};
use crate::domain::run_view::{Phase, one_of};
use crate::exit_code::ExitCode;
use crate::runner::control::{Command, Say};
use crate::runner::folder::{RunFolder, State};

/// How an answer is given.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Take the helm over first.
    pub take_helm: bool,
    pub json: bool,
    pub detach: bool,
}

/// Answers the open question of a run; a run whose runner has ended for want of it goes on.
pub async fn answer(state: &State, run: &str, pair: &str, asked: Asked) -> Result<ExitCode> {
    let folder = state.run(run)?;
    let Some((id, value)) = pair.split_once('=') else {
        return Err(CommandError::new(
            ExitCode::Usage,
            format!("'{pair}' is not of the form id=value (see `omup status {run}`)"),
        ));
    };
    if attach::alive(&folder) {
        let command = Command::Answer {
            id: id.to_string(),
            value: value.to_string(),
            who: who(),
        };
        return told(attach::command(&folder, &command, asked.take_helm.then(who)).await?);
    }
    let view = run::view_of(&folder)?;
    let expects = view.expected_answers(id);
    match (expects.is_empty(), &view.question) {
        (false, _) if expects.iter().any(|expected| expected.as_str() == value) => {}
        (false, _) => {
            return Err(CommandError::new(
                ExitCode::Usage,
                format!(
                    "'{id}' expects exactly: {}. Nothing was done; the question stays open",
                    one_of(&expects)
                ),
            ));
        }
        (true, Some(question)) => {
            return Err(CommandError::new(
                ExitCode::Usage,
                format!("the run asks '{}', not '{id}'", question.id),
            ));
        }
        (true, None) => {
            return Err(CommandError::new(
                ExitCode::Usage,
                format!("the run asks nothing now (see `omup status {run}`)"),
            ));
        }
    }
    let errand = Errand {
        answers: vec![(id.to_string(), value.to_string(), who())],
        wait: run::person_waits(),
        ..Errand::default()
    };
    run::start_and_follow(state, &folder, &errand, asked.json, asked.detach).await
}

/// Leads a run to a safe state.
pub async fn abort(state: &State, run: &str, take_helm: bool) -> Result<ExitCode> {
    let folder = state.run(run)?;
    if !attach::alive(&folder) {
        if run::view_of(&folder)?.being_prepared() {
            return Err(CommandError::new(
                ExitCode::Usage,
                format!(
                    "run {} is only being prepared: nothing was started, and there is nothing to abort",
                    folder.run
                ),
            ));
        }
        return abort_without_a_runner(state, &folder).await;
    }
    told(attach::command(&folder, &Command::Abort { who: who() }, take_helm.then(who)).await?)
}

/// A run whose runner is gone in the middle, or that left users locked out, is led to a safe state by a new runner.
async fn abort_without_a_runner(state: &State, folder: &RunFolder) -> Result<ExitCode> {
    let view = run::view_of(folder)?;
    if view.ended.is_some() && view.phase() != Phase::Down {
        return Err(CommandError::new(
            ExitCode::Usage,
            format!(
                "no runner works on run {} now and nothing is left half done; `omup status {}` says where it stands, `omup rollback {}` shows the ways back",
                folder.run, folder.run, folder.run
            ),
        ));
    }
    let errand = Errand {
        abort: Some(who()),
        ..Errand::default()
    };
    run::start_and_follow(state, folder, &errand, false, false).await
}

fn told(said: Say) -> Result<ExitCode> {
    match said {
        Say::Done { message } => {
            out::line(message);
            Ok(ExitCode::Ok)
        }
        Say::Refused { reason } => Err(CommandError::new(ExitCode::Usage, reason.as_str())),
        Say::Hello { .. } | Say::Progress { .. } => Ok(ExitCode::Ok),
    }
}
