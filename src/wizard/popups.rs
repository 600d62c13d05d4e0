//! Keys while something lies over the page.

use tui_input::Input;

use super::act;
use super::clients;
use super::event::Effect;
use super::form;
use super::guards;
use super::key::{Code, Key};
use super::moving;
use super::page::Page;
use super::popup::{Choose, Focus, GUARD_MS, Kind, Line, Purpose, Typed};
use super::{About, State};
use crate::domain::log_view::LogPlace;
use crate::domain::sought::Sought;

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
    Line(Purpose, String, bool),
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
            Kind::Line(line) => line_key(line, key),
        }
    };
    match after {
        After::Stays => Vec::new(),
        After::Waits => {
            state.say_about(
                "type exactly what is asked for; Esc goes back",
                true,
                About::Typing,
            );
            Vec::new()
        }
        After::Closes(effects) => {
            state.popup = None;
            effects
        }
        After::Line(purpose, text, pattern) => said(state, purpose, text, pattern),
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

fn line_key(line: &mut Line, key: Key) -> After {
    match key.code {
        Code::Enter => {
            let text = line.input.value();
            // Blanks at the ends of a pattern may be meant.
            let text = if line.pattern { text } else { text.trim() };
            return After::Line(line.purpose.clone(), text.to_string(), line.pattern);
        }
        Code::Char('r') if key.ctrl && line.purpose.seeks() => line.pattern = !line.pattern,
        _ => {
            form::type_into(&mut line.input, key);
        }
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

/// A line was typed to its end. A pattern that is none stays where it can be mended.
fn said(state: &mut State, purpose: Purpose, text: String, pattern: bool) -> Vec<Effect> {
    let sought = match Sought::new(&text, pattern) {
        Ok(sought) => sought,
        Err(why) => {
            state.say(why, true);
            return Vec::new();
        }
    };
    state.popup = None;
    match purpose {
        Purpose::Search => {
            state.search = sought;
            if state.search.is_none() {
                return Vec::new();
            }
            if state.page == Page::Log {
                let from = state.log.window.as_ref().map_or(0, |w| w.top);
                return moving::log_at(state, LogPlace::NextHit { from });
            }
            act::act(state, super::action::Action::NextHit)
        }
        Purpose::Filter => {
            if let Some(query) = &mut state.log.query {
                query.filter = sought;
            }
            moving::log_at(state, LogPlace::End)
        }
        Purpose::Accept(note) => {
            if text.is_empty() {
                state.say("no reason was given; nothing was written down", true);
                return Vec::new();
            }
            guards::accepted(state, &note, &text)
        }
        Purpose::Waive(check) => {
            if text.is_empty() {
                state.say("a waiver needs a reason; nothing was waived", true);
                return Vec::new();
            }
            guards::waived(state, &check, &text)
        }
        Purpose::Client => clients::pasted(state, &text),
        Purpose::Known => guards::told(state, &text),
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Key, Kind, Purpose, Sought, State, key};
    use crate::wizard::page::Page;
    use crate::wizard::{Look, questions};

    #[test]
    fn a_pattern_that_is_none_stays_where_it_can_be_mended() {
        let mut state = State::new(Look::default(), "mara".into());
        state.page = Page::Report;
        questions::line(&mut state, Purpose::Search);
        for letter in "a(".chars() {
            key(&mut state, Key::char(letter));
        }
        key(&mut state, Key::ctrl('r'));
        key(&mut state, Key::plain(Code::Enter));
        let open = state.popup.as_ref().map(|popup| &popup.kind);
        assert!(matches!(open, Some(Kind::Line(line)) if line.pattern));
        assert!(state.message.as_ref().is_some_and(|said| said.bad));
        key(&mut state, Key::plain(Code::Backspace));
        key(&mut state, Key::plain(Code::Enter));
        assert!(state.popup.is_none());
        assert_eq!(state.search, Some(Sought::Pattern("a".to_string())));
        // The next search begins as the last one was.
        questions::line(&mut state, Purpose::Search);
        key(&mut state, Key::ctrl('r'));
        key(&mut state, Key::char('b'));
        key(&mut state, Key::plain(Code::Enter));
        assert_eq!(state.search, Some(Sought::Words("b".to_string())));
    }
}
