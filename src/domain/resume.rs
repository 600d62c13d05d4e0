//! What to do next in a run, decided from its events alone.

use super::run_view::{RunView, StepState};
use super::step::{Interrupted, StepId};

/// The next thing that a runner does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Run this step (again).
    Run(StepId),
    /// It was started and did not end: look at the world first.
    Look(StepId),
    /// It was started and did not end, and only a person can tell.
    Ask(StepId),
    /// A step failed; nothing is done until somebody decides.
    Stopped(StepId),
    /// All steps have ended.
    Complete,
}

/// Decides. `again` is the failed step that may be run again (the person said "go on").
pub fn next(view: &RunView, again: Option<StepId>) -> Next {
    for (id, state) in &view.steps {
        match state {
            StepState::Ended { .. } => {}
            StepState::ToDo => return Next::Run(*id),
            StepState::Failed { .. } if again != Some(*id) => return Next::Stopped(*id),
            // A person has seen how it failed and wants it run again: looking could only say the same.
            StepState::Failed { .. } => return Next::Run(*id),
            StepState::Running { .. } => {
                return match id.interrupted() {
                    Interrupted::RunAgain => Next::Run(*id),
                    Interrupted::Look => Next::Look(*id),
                    Interrupted::Ask => Next::Ask(*id),
                };
            }
        }
    }
    Next::Complete
}
