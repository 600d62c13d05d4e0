//! The first page: the whole upgrade in one picture, and what is left to do from before.

use super::{button, pointer};
use crate::screen::rows::{Role, Row};
use crate::wizard::items::{Do, Item};
use crate::wizard::{State, come_back};

pub fn rows(state: &State) -> Vec<Row> {
    let mut rows = Vec::new();
    let unfinished: Vec<usize> = crate::wizard::items::of(state)
        .iter()
        .filter_map(|item| match item {
            Item::Run(index) => Some(*index),
            _ => None,
        })
        .collect();
    if !unfinished.is_empty() {
        rows.push(Row::heading("Welcome back: this is not finished"));
        for index in unfinished {
            let Some(run) = state.runs.as_ref().and_then(|runs| runs.get(index)) else {
                continue;
            };
            let marked = state.item() == Some(Item::Run(index));
            let role = if run.alive { Role::Accent } else { Role::Warn };
            rows.push(
                Row::text(format!("{}Go on with run {}", pointer(marked), run.id))
                    .and(format!("  {}", run.state), role)
                    .hang(4)
                    .mark(marked),
            );
        }
        rows.push(Row::empty());
    }
    rows.extend(damaged(state));
    for practice in &state.practices {
        rows.push(
            Row::new("Practice is not finished: ", Role::Strong)
                .and(
                    format!("{}  {}", practice.scenario, practice.state),
                    Role::Warn,
                )
                .hang(2),
        );
        rows.push(
            Row::text("  go on with it by ")
                .and(practice.command.to_string(), Role::Accent)
                .hang(4),
        );
    }
    if !state.practices.is_empty() {
        rows.push(Row::empty());
    }
    if let Some(lesson) = &state.lesson {
        rows.push(Row::new("PRACTICE  ", Role::Strong).and(
            format!("{}. Nothing here is real but the work.", lesson.about),
            Role::Plain,
        ));
        rows.push(Row::empty());
    }
    rows.extend([
        Row::heading("An upgrade, from left to right"),
        // 56 columns: the narrowest main pane shows all three.
        Row::text("notes ─ backup ─ proof ┃ stop ─ compare ┃ migrate, start").cut(),
        Row::dim("the old version serves ┃ users are out  ┃ new version").cut(),
        Row::dim("only read, not changed ┃ 1st typed word ┃ 2nd typed word").cut(),
        Row::empty(),
        Row::text("· The backup is proven by restoring a copy beside production, before anything is stopped. Production is only read.").hang(2),
        Row::text("· Until the second typed word, going back is starting the old server. After it, a restore; the proof has measured how long.").hang(2),
        Row::text("· Nothing is ever restored over your data: a way back restores into a new database beside it.").hang(2),
        Row::text("· How long users are locked out depends on the size; the clock is always in sight.").hang(2),
        Row::text(format!(
            "· Lose this terminal: the work goes on, `{}` shows it.",
            come_back(state)
        ))
        .hang(2),
        Row::empty(),
    ]);
    for what in [Do::Begin, Do::Runs, Do::Leave] {
        rows.push(button(state, what));
    }
    rows
}

/// Runs whose journal cannot be read: one of them may have stopped with users locked out, so it is told here too.
fn damaged(state: &State) -> Vec<Row> {
    let runs = state.runs.iter().flatten();
    let mut rows = Vec::new();
    for run in runs.filter(|run| run.damaged) {
        rows.push(
            Row::new(format!("Run {} cannot be read: ", run.id), Role::Bad)
                .and(run.state.to_string(), Role::Plain)
                .hang(2),
        );
    }
    if !rows.is_empty() {
        rows.push(
            Row::text("  Its upgrade may have stopped half way: before a new one, see which version serves; way-back.md in its folder leads back by hand.")
                .hang(2),
        );
        rows.push(Row::empty());
    }
    rows
}
