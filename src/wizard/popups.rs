//! Keys while something lies over the page.

use tui_input::Input;

use super::State;
use super::act;
use super::event::Effect;
use super::form;
use super::guards;
use super::key::{Code, Key};
use super::moving;
use super::page::Page;
use super::popup::{Choose, Focus, GUARD_MS, Kind, Purpose, Typed};
use crate::domain::log_view::LogPlace;

pub fn paste(state: &mut State, text: &str) {
    match state.popup.as_mut().map(|popup| &mut popup.kind) {
        Some(Kind::Typed(typed)) if typed.focus == Focus::Field => {
            form::paste_into(&mut typed.input, text);
        }
        Some(Kind::Line(line)) => form::paste_into(&mut line.input, text),
        Some(Kind::Help { query, .. }) => form::paste_into(query, text),
        Some(
            Kind::Typed(_)
            | Kind::Why { .. }
            | Kind::Commands { .. }
            | Kind::Detail { .. }
            | Kind::Choose(_),
        )
        | None => {}
    }
}

/// What a key did to the popup.
enum After {
    Stays,
    Closes(Vec<Effect>),
    Line(Purpose, String),
    Waits,
}

pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(popup) = &mut state.popup else {
        return Vec::new();
    };
    let young = state.boot_ms.saturating_sub(popup.since_ms) < GUARD_MS;
    if key.ctrl && key.code == Code::Char('l') {
        return vec![Effect::Redraw];
    }
    // Typed before the question could be read: thrown away. Only getting out is quick.
    if young && key.code != Code::Esc && matches!(popup.kind, Kind::Choose(_) | Kind::Typed(_)) {
        return Vec::new();
    }
    let out = key.code == Code::Esc || (key.ctrl && key.code == Code::Char('c'));
    let after = if out {
        After::Closes(Vec::new())
    } else {
        match &mut popup.kind {
            Kind::Help { query, scroll } => text_key(key, scroll, Some(query)),
            Kind::Why { scroll } | Kind::Commands { scroll } | Kind::Detail { scroll } => {
                text_key(key, scroll, None)
            }
            Kind::Choose(choose) => choose_key(choose, key),
            Kind::Typed(typed) => typed_key(typed, key),
            Kind::Line(line) => match key.code {
                Code::Enter => {
                    After::Line(line.purpose.clone(), line.input.value().trim().to_string())
                }
                _ => {
                    form::type_into(&mut line.input, key);
                    After::Stays
                }
            },
        }
    };
    match after {
        After::Stays => Vec::new(),
        After::Waits => {
            state.say("type exactly what is asked for; Esc goes back", true);
            Vec::new()
        }
        After::Closes(effects) => {
            state.popup = None;
            effects
        }
        After::Line(purpose, text) => {
            state.popup = None;
            said(state, purpose, text)
        }
    }
}

fn text_key(key: Key, scroll: &mut u16, query: Option<&mut Input>) -> After {
    match (key.code, query) {
        (Code::Up, _) => *scroll = scroll.saturating_sub(1),
        (Code::Down, _) => *scroll = scroll.saturating_add(1),
        (Code::PageUp, _) => *scroll = scroll.saturating_sub(10),
        (Code::PageDown, _) => *scroll = scroll.saturating_add(10),
        (Code::Enter, _) => return After::Closes(Vec::new()),
        (Code::Char('?'), Some(query)) if query.value().is_empty() => {
            return After::Closes(Vec::new());
        }
        (_, Some(query)) => {
            form::type_into(query, key);
            *scroll = 0;
        }
        (Code::Char('k'), None) => *scroll = scroll.saturating_sub(1),
        (Code::Char('j' | ' '), None) => *scroll = scroll.saturating_add(1),
        (Code::Char('q' | 'i' | 'c'), None) => return After::Closes(Vec::new()),
        (_, None) => {}
    }
    After::Stays
}

fn choose_key(choose: &mut Choose, key: Key) -> After {
    let last = choose.options.len().saturating_sub(1);
    match key.code {
        Code::Up | Code::Left | Code::BackTab | Code::Char('k') => {
            choose.cursor = choose.cursor.saturating_sub(1);
        }
        Code::Down | Code::Right | Code::Tab | Code::Char('j') => {
            choose.cursor = (choose.cursor + 1).min(last);
        }
        Code::Enter => {
            let effects = choose.options.get(choose.cursor);
            return After::Closes(effects.map(|o| o.effects.clone()).unwrap_or_default());
        }
        _ => {}
    }
    After::Stays
}

fn typed_key(typed: &mut Typed, key: Key) -> After {
    match (key.code, typed.focus) {
        (Code::Tab | Code::Down, Focus::Field) => typed.focus = Focus::Cancel,
        (Code::Tab | Code::Down | Code::Right, Focus::Cancel) => typed.focus = Focus::Go,
        (Code::Tab | Code::Down, Focus::Go) => typed.focus = Focus::Field,
        (Code::BackTab | Code::Up, Focus::Field) => typed.focus = Focus::Go,
        (Code::BackTab | Code::Up | Code::Left, Focus::Go) => typed.focus = Focus::Cancel,
        (Code::BackTab | Code::Up, Focus::Cancel) => typed.focus = Focus::Field,
        (Code::Enter, Focus::Cancel) => return After::Closes(Vec::new()),
        (Code::Enter, Focus::Field) if typed.matches() => typed.focus = Focus::Go,
        (Code::Enter, Focus::Go) if typed.matches() => {
            return After::Closes(vec![typed.effect.clone()]);
        }
        (Code::Enter, Focus::Field | Focus::Go) => return After::Waits,
        (_, Focus::Field) => {
            form::type_into(&mut typed.input, key);
        }
        (_, Focus::Cancel | Focus::Go) => {}
    }
    After::Stays
}

/// A line was typed to its end.
fn said(state: &mut State, purpose: Purpose, text: String) -> Vec<Effect> {
    match purpose {
        Purpose::Search => {
            state.search = (!text.is_empty()).then_some(text);
            if state.search.is_none() {
                return Vec::new();
            }
            if state.page == Page::Log {
                let after = state
                    .log
                    .window
                    .as_ref()
                    .map_or(0, |w| w.top.saturating_sub(1));
                return moving::log_at(state, LogPlace::NextHit { after });
            }
            act::act(state, super::action::Action::NextHit)
        }
        Purpose::Filter => {
            if let Some(query) = &mut state.log.query {
                query.filter = (!text.is_empty()).then_some(text);
            }
            moving::log_at(state, LogPlace::End)
        }
        Purpose::Waive(check) => {
            if text.is_empty() {
                state.say("a waiver needs a reason; nothing was waived", true);
                return Vec::new();
            }
            guards::waived(state, &check, &text)
        }
    }
}
