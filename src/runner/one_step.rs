//! One step: run as a task of its own and written down, or looked at after an interruption.

use std::rc::Rc;
use std::time::Instant;

use crate::domain::event::Event;
use crate::domain::run_view::Phase;
use crate::domain::step::{Failure, Looked, Outcome, StepId};
use crate::exit_code::ExitCode;
use crate::steps::context::Recorder as _;

use super::drive::Work;
use super::recorder::{Shared, THE_JOURNAL};

/// Runs one step as a task of its own, so that a panic in it ends the step and not the runner, and
/// an abort before the point of no return can end it.
pub(super) async fn run_step(
    work: Rc<Work>,
    shared: Rc<Shared>,
    id: StepId,
) -> Result<(), Failure> {
    let attempt = shared.view().attempts.get(&id).copied().unwrap_or(0) + 1;
    shared.record(Event::StepStarted { step: id, attempt })?;
    let started = Instant::now();
    let task = {
        let (work, shared) = (work.clone(), shared.clone());
        tokio::task::spawn_local(async move {
            crate::process::effect::panic_at(id.id());
            match work.step(id) {
                Some(step) => {
                    let context = work.context(&shared);
                    // The report tells how it went, whatever is behind the address by now.
                    if id != StepId::Report {
                        context.same_database(id).await?;
                    }
                    step.run(&context).await
                }
                None => Err(Failure::new(
                    ExitCode::Internal,
                    format!("find the step '{}'", id.id()),
                    "the journal names a step that this plan does not have",
                    "nothing was done",
                    "use the version of omup that began this run",
                )),
            }
        })
    };
    let ended = supervise(task, &shared).await;
    let seconds = started.elapsed().as_secs_f64();
    match ended {
        Ok(outcome) => shared.record(Event::StepEnded {
            step: id,
            attempt,
            outcome,
            seconds,
        }),
        // An open question is no failure: the step stays where it is and is asked again on resume.
        Err(failure)
            if failure.exit == ExitCode::WaitingForInput
                || failure.what.as_str() == THE_JOURNAL =>
        {
            Err(failure)
        }
        Err(failure) => {
            shared.record(Event::StepFailed {
                step: id,
                attempt,
                failure: failure.clone(),
                seconds,
            })?;
            Err(failure)
        }
    }
}

/// Waits for a step; an abort ends it, unless the database may already be under the new version's hands.
async fn supervise(
    mut task: tokio::task::JoinHandle<Result<Outcome, Failure>>,
    shared: &Shared,
) -> Result<Outcome, Failure> {
    loop {
        let changed = shared.changed.notified();
        let view = shared.view();
        if view.abort_asked
            && matches!(view.phase(), Phase::BeforeDowntime | Phase::Down)
            && !task.is_finished()
        {
            task.abort();
            let _ = (&mut task).await;
            return Err(Failure::new(
                ExitCode::StoppedAndPutBack,
                "go on with this step",
                "somebody asked to abort the run",
                "the database is as it was",
                "`omup resume` goes on from here, `omup run` begins anew",
            ));
        }
        tokio::select! {
            ended = &mut task => return match ended {
                Ok(result) => result,
                Err(error) => Err(Failure::new(
                    ExitCode::Internal,
                    "run this step",
                    if error.is_panic() { "omup itself has a fault here (logs/runner.log in the run's folder says where)" } else { "the step was cancelled" },
                    "the journal holds everything up to this step",
                    "keep the run's folder and report the fault; `omup rollback` shows the ways back",
                )),
            },
            () = changed => {}
        }
    }
}

pub(super) fn interrupted_unknown(id: StepId) -> Failure {
    Failure::new(
        ExitCode::FailedAfterPoint,
        format!("go on with '{}'", id.title()),
        "it was interrupted and only a person can tell how it ended",
        "the backup is untouched",
        "`omup rollback` shows the ways back",
    )
}

/// True: the interrupted step turned out to be done.
pub(super) async fn look(work: Rc<Work>, shared: Rc<Shared>, id: StepId) -> Result<bool, Failure> {
    let started = Instant::now();
    let looked = match work.step(id) {
        Some(step) => step.look(&work.context(&shared)).await?,
        None => return Err(interrupted_unknown(id)),
    };
    shared.record(Event::Looked {
        step: id,
        looked: looked.clone(),
    })?;
    match looked {
        Looked::Done { message } => {
            let attempt = shared.view().attempts.get(&id).copied().unwrap_or(1);
            let seconds = started.elapsed().as_secs_f64();
            shared.record(Event::StepEnded {
                step: id,
                attempt,
                outcome: Outcome::Success { message },
                seconds,
            })?;
            Ok(true)
        }
        Looked::NotDone { .. } => Ok(false),
        Looked::Unknown { message } => {
            let mut failure = interrupted_unknown(id);
            failure.why = message;
            let attempt = shared.view().attempts.get(&id).copied().unwrap_or(1);
            shared.record(Event::StepFailed {
                step: id,
                attempt,
                failure: failure.clone(),
                seconds: started.elapsed().as_secs_f64(),
            })?;
            Err(failure)
        }
    }
}
