//! The way to a safe state before the point of no return.

use crate::domain::event::{Event, Fact};
use crate::domain::run_view::Phase;
use crate::domain::step::{Outcome, StepId};
use crate::exit_code::ExitCode;
use crate::steps::context::Recorder as _;

use super::drive::Work;
use super::recorder::Shared;

/// Before the point of no return every failure leads back: the old server is started if it was
/// stopped, settings are put back, and the steps that this undid are open again.
pub(super) async fn put_back(
    work: &Work,
    shared: &Shared,
    exit: ExitCode,
    why: String,
) -> (ExitCode, String) {
    let down =
        shared.view().facts.downtime_started_ms.is_some() && shared.view().phase() == Phase::Down;
    let context = work.context(shared);
    let mut undone = Vec::new();
    let mut trouble = Vec::new();
    let reopened = [
        StepId::StartDowntime,
        StepId::StopServer,
        StepId::ProveQuiet,
        StepId::DigestGate,
        StepId::PointOfNoReturn,
    ];
    // A server started now would work on somebody's database, and what we put back would be theirs.
    if let Some(other) = context.another_database().await {
        if !down {
            return (exit, format!("{why} Nothing was put back: {other}."));
        }
        let told = match shared.record(Event::Reopened {
            steps: reopened.to_vec(),
        }) {
            Ok(()) => String::new(),
            Err(failure) => format!(" {failure}."),
        };
        return (
            ExitCode::CannotSurvey,
            format!(
                "{why} Nothing was put back and the old server was not started: {other}.{told}"
            ),
        );
    }
    if down {
        // Said first: from here a server is meant to run, and its session is no alarm.
        if let Err(failure) = shared.record(Event::Reopened {
            steps: reopened.to_vec(),
        }) {
            trouble.push(failure.to_string());
        }
        match context.migrated_by_others().await {
            Some(why) => trouble.push(format!(
                "the old server was not started, it cannot serve this database: {why}"
            )),
            None => match crate::steps::serve_old_again(&context).await {
                Ok(()) => undone.push("the old server serves again".to_string()),
                Err(failure) => trouble.push(failure.to_string()),
            },
        }
    }
    if !shared.view().facts.changed_settings.is_empty() {
        match crate::steps::put_settings_back(&context).await {
            // What somebody else changed meanwhile is theirs, and they are told.
            Ok(Outcome::Warning { message }) => undone.push(format!("settings: {message}")),
            Ok(Outcome::Success { .. } | Outcome::Skipped { .. }) => {
                undone.push("settings are put back".to_string())
            }
            Err(failure) => trouble.push(failure.to_string()),
        }
        if let Err(failure) = shared.record(Event::Reopened {
            steps: vec![StepId::TuneMemory],
        }) {
            trouble.push(failure.to_string());
        }
    }
    for database in shared.view().facts.scratch {
        match work.admin.drop_ours(&database).await {
            Ok(()) => {
                if let Err(failure) = shared.record(Event::Fact {
                    step: StepId::Prove,
                    fact: Fact::ScratchDropped { database },
                }) {
                    trouble.push(failure.to_string());
                }
            }
            // A copy left beside harms nobody: the next attempt drops it, and `omup check` names it.
            Err(error) => undone.push(format!(
                "the scratch database '{database}' is left behind ({error})"
            )),
        }
    }
    if !trouble.is_empty() {
        return (
            ExitCode::FailedBeforePoint,
            format!("{why} Putting back failed too: {}", trouble.join("; ")),
        );
    }
    let exit = match exit {
        ExitCode::WaitingForInput => ExitCode::WaitingForInput,
        _ if down => ExitCode::StoppedAndPutBack,
        other => other,
    };
    let undone = if undone.is_empty() {
        "nothing had been changed".to_string()
    } else {
        undone.join(", ")
    };
    (exit, format!("{why} Put back: {undone}."))
}
