//! `omup sandbox`: the whole story on a small practice deployment, with the real runner, journal,
//! backup and ways back. No server, no root, no network.
//!
//! [`scenarios`] says what can go wrong and how it must end, [`Practice`] makes the deployment for
//! it, [`place`] knows where it lies. None of the three prints anything.

pub mod place;
mod practice;
mod scenarios;
mod story;

pub use practice::{Pace, Practice, mend_below};
pub use scenarios::{Scenario, Then, scenario, scenarios};

use std::path::PathBuf;

use super::error::{CommandError, Result};
use super::out;
use crate::domain::shell::quoted;
use crate::exit_code::ExitCode;
use crate::runner::folder::State;
use crate::wizard::event::PracticeLine;
use place::{Found, Place};

/// What was asked on the command line.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub unattended: bool,
    /// Where the practice folder lies [default: the temporary folder].
    pub above: Option<PathBuf>,
    /// A name, `list`, or nothing for the good one.
    pub scenario: Option<String>,
    pub keep: bool,
    /// Nothing: slow with a person, fast without.
    pub pace: Option<Pace>,
    /// Plain questions instead of the full screen.
    pub plain: bool,
}

pub async fn sandbox(asked: Asked) -> Result<ExitCode> {
    let name = asked.scenario.as_deref().unwrap_or("good");
    if name == "list" {
        for scenario in scenarios() {
            out::line(format!("{:<18} {}", scenario.name, scenario.about));
        }
        return Ok(ExitCode::Ok);
    }
    let scenario = scenario(name).ok_or_else(|| {
        CommandError::new(
            ExitCode::Usage,
            format!("there is no scenario '{name}' (see `omup sandbox --scenario list`)"),
        )
    })?;
    if !asked.unattended {
        return attended(scenario, &asked).await;
    }
    let place = Place::passing(asked.above.as_deref(), asked.keep)?;
    let pace = asked.pace.unwrap_or(Pace::Fast);
    let practice = Practice::make(&place.path, scenario, pace).await?;
    let outcome = story::tell(&practice).await;
    practice.stop_servers().await;
    if asked.keep {
        out::line(format!("PRACTICE: kept in {}", place.path.display()));
    } else {
        out::line(
            "PRACTICE: the folder is removed (--keep keeps it). Next: write answers.toml for your own deployment, then `omup check --answers answers.toml`.",
        );
    }
    outcome
}

/// The full-screen wizard on the practice deployment; without a terminal, plain questions.
async fn attended(scenario: &'static Scenario, asked: &Asked) -> Result<ExitCode> {
    let pace = asked.pace.unwrap_or(Pace::Slow);
    let mut was_kept = false;
    let place = match Place::of_session(asked.above.as_deref(), scenario.name)? {
        Found::GoesOn(place) => {
            was_kept = true;
            place
        }
        Found::New(place) => {
            out::line("PRACTICE: making a small deployment, a moment …");
            Practice::make(&place.path, scenario, pace)
                .await?
                .write_answers()?;
            place.share();
            place
        }
    };
    let state = State::open(place.state())?;
    let lesson = crate::wizard::Lesson {
        name: scenario.name.to_string(),
        about: scenario.about.to_string(),
        right_end: scenario.right_end.to_string(),
        mending: match scenario.then {
            Then::MendAndGoOn { mending } => Some(mending.to_string()),
            Then::Nothing | Then::GoBack | Then::GoOn => None,
        },
        come_back: come_back(asked.above.as_deref(), scenario.name),
    };
    let command = lesson.come_back.clone();
    let mender = super::tui::Mender {
        folder: place.path.clone(),
        scenario,
        pace,
    };
    let left = super::wizard::practise(state, &place.answers(), lesson, mender, asked.plain).await;
    if asked.plain || !super::terminal::can_draw() {
        // The full screen says it on its last page.
        out::words(format!(
            "PRACTICE: where this scenario is to lead: {}",
            scenario.right_end
        ));
    }
    let state = State::open(place.state())?;
    // What somebody chose to keep goes only when they choose so.
    was_kept &= !state.runs().is_empty();
    let goes_on = state.runs().iter().any(super::attach::alive);
    // A terminal that was lost, or a run that is not done: the next `omup sandbox` goes on with it.
    let (lost, keep) = match &left {
        Ok(left) => (
            left.exit != ExitCode::Ok,
            left.keep.unwrap_or_else(|| was_kept || !all_done(&state)),
        ),
        Err(_) => (true, true),
    };
    if asked.keep || goes_on || lost || keep || !place.is_mine_alone() {
        if !lost {
            out::words(format!(
                "PRACTICE: kept in {}; `{command}` goes on with it.",
                place.path.display()
            ));
        }
        return left.map(|left| left.exit);
    }
    practice::stop_servers_below(&place.path).await;
    place.remove();
    out::words("PRACTICE: the practice deployment is removed (--keep keeps it).");
    left.map(|left| left.exit)
}

/// Every run of a practice session has come to a good end, or there is none.
fn all_done(state: &State) -> bool {
    state.runs().iter().all(|folder| {
        let ended = super::run::view_of(folder).ok().and_then(|view| view.ended);
        matches!(ended, Some((ExitCode::Ok | ExitCode::RolledBack, _)))
    })
}

/// The command that comes back to a session.
fn come_back(above: Option<&std::path::Path>, scenario: &str) -> String {
    let here = above
        .map(|above| format!(" --state-dir {}", quoted(&above.display().to_string())))
        .unwrap_or_default();
    format!("omup sandbox{here} --scenario {scenario}")
}

/// The practice sessions of this user that are not finished, where they lie by default.
pub fn unfinished() -> Vec<PracticeLine> {
    let sessions = scenarios().iter().filter_map(|scenario| {
        let state = State::look(place::session_state(scenario.name)?).ok()?;
        let newest = super::tui::unfinished(&state).into_iter().next()?;
        Some(PracticeLine {
            scenario: scenario.name.into(),
            state: newest.state,
            command: come_back(None, scenario.name).into(),
        })
    });
    sessions.collect()
}
