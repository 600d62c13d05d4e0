//! The runs of the state folder as the wizard lists them.

use crate::app::attach;
use crate::app::run::view_of;
use crate::domain::clean_text::CleanText;
use crate::domain::run_view::{Phase, RunView};
use crate::exit_code::ExitCode;
use crate::runner::folder::State;
use crate::wizard::event::RunLine;

/// Newest first.
pub fn list(state: &State) -> Vec<RunLine> {
    let mut lines: Vec<RunLine> = state
        .runs()
        .iter()
        .map(|folder| {
            let alive = attach::alive(folder);
            match view_of(folder) {
                Ok(view) => {
                    let version = |v: &Option<crate::domain::version::OmVersion>| {
                        v.as_ref().map_or("?".to_string(), ToString::to_string)
                    };
                    let versions = if view.from.is_some() || view.to.is_some() {
                        format!("{} → {}", version(&view.from), version(&view.to))
                    } else {
                        String::new()
                    };
                    let (words, unfinished) = match &view.ended {
                        _ if view.being_prepared() && alive => {
                            ("is being prepared in another terminal".to_string(), false)
                        }
                        _ if view.being_prepared() => {
                            ("being prepared, nothing was started".to_string(), true)
                        }
                        _ if alive && view.question.is_some() => {
                            (format!("waits for you{}", locked_out(&view)), true)
                        }
                        _ if alive => (format!("is working{}", locked_out(&view)), true),
                        None => (
                            format!(
                                "interrupted, not known how the last step ended{}",
                                locked_out(&view)
                            ),
                            true,
                        ),
                        Some((exit, _)) => {
                            let open = match exit {
                                ExitCode::Ok | ExitCode::RolledBack => false,
                                ExitCode::WaitingForInput => true,
                                _ => matches!(view.phase(), Phase::AfterPoint | Phase::Down),
                            };
                            let words = format!(
                                "exit {}: {}{}",
                                exit.number(),
                                exit.meaning(),
                                locked_out(&view)
                            );
                            (words, open)
                        }
                    };
                    let words = match view.phase() {
                        Phase::Down | Phase::AfterPoint if unfinished => {
                            format!("users are locked out; {words}")
                        }
                        _ => words,
                    };
                    RunLine {
                        id: folder.run.to_string(),
                        versions: versions.into(),
                        deployment: view.deployment.clone(),
                        state: words.into(),
                        alive,
                        unfinished,
                        damaged: false,
                    }
                }
                Err(error) => RunLine {
                    id: folder.run.to_string(),
                    versions: CleanText::default(),
                    deployment: CleanText::default(),
                    state: error.message,
                    alive,
                    unfinished: false,
                    damaged: true,
                },
            }
        })
        .collect();
    lines.reverse();
    lines
}

/// Since when nobody can use OpenMetadata, where that is so.
fn locked_out(view: &RunView) -> String {
    let began = match view.phase() {
        Phase::Down | Phase::AfterPoint if view.facts.downtime_ended_ms.is_none() => {
            view.facts.downtime_started_ms
        }
        // On the way back the new version serves until it is stopped.
        Phase::Down | Phase::AfterPoint => None,
        Phase::BeforeDowntime | Phase::Upgraded | Phase::RolledBack => None,
    };
    let time = began.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map(|time| {
        format!(
            "; users are locked out since {} UTC",
            time.strftime("%H:%M")
        )
    })
    .unwrap_or_default()
}
