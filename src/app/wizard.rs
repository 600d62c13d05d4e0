//! The ways into the wizard: a terminal gets the full screen, everything else plain questions.

use std::path::Path;

use super::error::Result;
use super::tui::{self, Left, Mender, Opening};
use super::{open, questions, terminal};
use crate::exit_code::ExitCode;
use crate::runner::folder::State;
use crate::wizard::Lesson;

/// `omup` without a command.
pub async fn begin(state: State, answers: Option<&Path>, plain: bool) -> Result<ExitCode> {
    let answers = answers.map(open::answers).transpose()?;
    let opening = Opening {
        answers,
        ..Opening::default()
    };
    Ok(go(state, opening, plain).await?.exit)
}

/// `omup attach` on a terminal.
pub async fn attach(state: State, run: &str, read_only: bool) -> Result<ExitCode> {
    let opening = Opening {
        run: Some(run.to_string()),
        read_only,
        ..Opening::default()
    };
    Ok(tui::wizard(State::open(state.root)?, opening).await?.exit)
}

/// `omup sandbox`: the wizard on a practice deployment.
pub async fn practise(
    state: State,
    answers: &Path,
    lesson: Lesson,
    mender: Mender,
    plain: bool,
) -> Result<Left> {
    let opening = Opening {
        answers: Some(open::answers(answers)?),
        lesson: Some(lesson),
        mender: Some(mender),
        ..Opening::default()
    };
    go(state, opening, plain).await
}

async fn go(state: State, opening: Opening, plain: bool) -> Result<Left> {
    if plain || !terminal::can_draw() {
        let exit = questions::ask(state, opening).await?;
        return Ok(Left { exit, keep: None });
    }
    tui::wizard(State::open(state.root)?, opening).await
}
