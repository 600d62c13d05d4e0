//! The runs of the state folder as the wizard lists them.

use crate::app::attach;
use crate::app::run::view_of;
use crate::domain::clean_text::CleanText;
use crate::domain::run_view::Phase;
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
                            ("waits for you".to_string(), true)
                        }
                        _ if alive => ("is working".to_string(), true),
                        None => (
                            "interrupted, not known how the last step ended".to_string(),
                            true,
                        ),
                        Some((exit, _)) => {
                            let open = match exit {
                                ExitCode::Ok | ExitCode::RolledBack => false,
                                ExitCode::WaitingForInput => true,
                                _ => matches!(view.phase(), Phase::AfterPoint | Phase::Down),
                            };
                            (format!("exit {}: {}", exit.number(), exit.meaning()), open)
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
