//! The eight names of an upgrade, each with how it stands.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::pages;
use super::rows::Role;
use super::theme::{self, Glyph, Theme};
use crate::domain::run_view::StepState;
use crate::wizard::State;
use crate::wizard::keymap::RunNow;
use crate::wizard::page::{Page, Rail};

/// The state of one name of the rail.
pub fn glyph(state: &State, rail: Rail) -> Glyph {
    let run = state.run.as_ref().filter(|run| !run.preparing);
    let Some(run) = run else {
        let here = state.page.rail();
        return match here {
            Some(here) if here == rail => theme::HERE,
            Some(here) if rail < here && matches!(rail, Rail::Connect | Rail::Notes) => theme::DONE,
            _ if rail == Rail::Connect && state.looked.is_some() => theme::DONE,
            _ => theme::TODO,
        };
    };
    let view = &run.view;
    let back = view
        .steps
        .iter()
        .any(|(id, _)| Page::of_step(*id) == Page::WayBack);
    let of = |id: &crate::domain::step::StepId| {
        view.steps
            .iter()
            .chain(&view.earlier_steps)
            .find(|(step, _)| step == id)
            .map(|(_, state)| state)
    };
    let states: Vec<&StepState> = rail.steps().iter().filter_map(of).collect();
    if rail == Rail::Connect {
        return theme::DONE;
    }
    if states.is_empty() {
        return theme::SKIPPED;
    }
    let any = |wanted: fn(&StepState) -> bool| states.iter().any(|s| wanted(s));
    if any(|s| matches!(s, StepState::Failed { .. })) {
        return theme::FAILED;
    }
    if let Some(running) = states
        .iter()
        .find(|s| matches!(s, StepState::Running { .. }))
    {
        return if view.question.is_some() {
            theme::HERE
        } else {
            pages_glyph(state, running)
        };
    }
    if states.iter().all(|s| matches!(s, StepState::Ended { .. })) {
        let warned = states.iter().any(|s| {
            matches!(
                s,
                StepState::Ended {
                    outcome: crate::domain::step::Outcome::Warning { .. },
                    ..
                }
            )
        });
        let skipped = states.iter().all(|s| {
            matches!(
                s,
                StepState::Ended {
                    outcome: crate::domain::step::Outcome::Skipped { .. },
                    ..
                }
            )
        });
        return match (warned, skipped) {
            (true, _) => theme::WARNED,
            (_, true) => theme::SKIPPED,
            (false, false) => theme::DONE,
        };
    }
    let broken = view.failure().is_some() || back;
    if broken { theme::BLOCKED } else { theme::TODO }
}

fn pages_glyph(state: &State, step: &StepState) -> Glyph {
    match &state.run {
        Some(run) => pages::step_glyph(state, run, step),
        None => theme::TODO,
    }
}

pub fn rail(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect, long: bool) {
    let here = state.page.rail();
    let mut y = area.y + 1;
    for rail in Rail::ALL {
        let glyph = glyph(state, rail);
        let name = if long { rail.long() } else { rail.short() };
        let role = if here == Some(rail) {
            Role::Strong
        } else {
            Role::Plain
        };
        let line = Line::from(vec![
            Span::raw(" "),
            Span::styled(theme.glyph(glyph), theme.style(glyph.role)),
            Span::styled(format!(" {} {name}", rail.number()), theme.style(role)),
        ]);
        if y < area.bottom() {
            frame.render_widget(line, Rect::new(area.x, y, area.width, 1));
        }
        y += if long && area.height >= 24 { 2 } else { 1 };
    }
    let mut extra = vec!["? help"];
    if state.run_now() != RunNow::None {
        extra.extend(["R ways back", "J journal", "L log"]);
    }
    y += 1;
    for text in extra {
        if y < area.bottom() {
            let line = Line::styled(format!(" {text}"), theme.style(Role::Dim));
            frame.render_widget(line, Rect::new(area.x, y, area.width, 1));
        }
        y += 1;
    }
}
