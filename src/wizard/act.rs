//! Keys on a page: what they mean is in the key table, what it does is here.

use super::State;
use super::action::Action;
use super::choosing;
use super::clients;
use super::event::Effect;
use super::form::{self, FieldId};
use super::guards;
use super::key::{Code, Key};
use super::keymap;
use super::moving;
use super::page::Page;
use super::popup::{Kind, Purpose};
use super::popups;
use super::questions;
use crate::domain::log_view::LogPlace;

pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    if state.width < super::items::SMALLEST.0 || state.height < super::items::SMALLEST.1 {
        return match key.code {
            Code::Char('q' | 'd') => vec![Effect::Leave],
            Code::Char('c') if key.ctrl => vec![Effect::Leave],
            Code::Char('l') if key.ctrl => vec![Effect::Redraw],
            _ => Vec::new(),
        };
    }
    if state.popup.is_some() {
        return popups::key(state, key);
    }
    if let Some(field) = state.field()
        && typed(state, field, key)
    {
        return Vec::new();
    }
    match keymap::action(key, state.page, state.run_now()) {
        Some(action) => act(state, action),
        None => Vec::new(),
    }
}

/// A key inside a text field; the keys that lead out of it stay keys.
fn typed(state: &mut State, field: FieldId, key: Key) -> bool {
    let leads_out = matches!(
        key.code,
        Code::Up
            | Code::Down
            | Code::Tab
            | Code::BackTab
            | Code::Enter
            | Code::Esc
            | Code::PageUp
            | Code::PageDown
            | Code::F(_)
    ) || (key.ctrl && matches!(key.code, Code::Char('c' | 'l' | 'r' | 'z')));
    if leads_out {
        return false;
    }
    form::type_into(state.form.field_mut(field), key);
    changed(state, field);
    true
}

/// What was looked at belongs to other answers than these.
pub fn changed(state: &mut State, field: FieldId) {
    match field {
        FieldId::OldHome | FieldId::NewHome | FieldId::PasswordFile | FieldId::Name => {
            state.looked = None;
            state.look_trouble = None;
        }
        FieldId::BackupDir | FieldId::Window | FieldId::Mib => {}
    }
}

pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if state.popup.is_some() {
        popups::paste(state, text);
    } else if let Some(field) = state.field() {
        form::paste_into(state.form.field_mut(field), text);
        changed(state, field);
    } else if state.page == Page::Clients {
        return clients::pasted(state, text);
    }
    Vec::new()
}

pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Help => questions::open(
            state,
            Kind::Help {
                query: Default::default(),
                scroll: 0,
            },
        ),
        Action::Why => questions::open(state, Kind::Why { scroll: 0 }),
        Action::Commands => questions::open(state, Kind::Commands { scroll: 0 }),
        Action::Quit => questions::leave(state),
        Action::Interrupt => {
            let twice = state
                .interrupted_ms
                .is_some_and(|at| state.boot_ms.saturating_sub(at) < 2000);
            state.interrupted_ms = Some(state.boot_ms);
            if twice {
                return vec![Effect::Leave];
            }
            questions::leave(state)
        }
        // A name typed a moment too early must not leave, and its rest not reach the shell.
        Action::Detach => questions::leave(state),
        Action::Stop => questions::stop(state),
        Action::TakeHelm => questions::take_helm(state),
        Action::Ways => state.go(Page::Ways),
        Action::Journal => state.go(Page::Journal),
        Action::Log => state.go(Page::Log),
        Action::Open => match state.item() {
            Some(item) => choosing::open(state, item),
            None => moving::back_to_run(state),
        },
        Action::Toggle => match state.item() {
            Some(item) => choosing::toggle(state, item),
            None => Vec::new(),
        },
        Action::Accept => guards::accept(state),
        Action::Waive => guards::waive(state),
        Action::Tell => questions::line(state, Purpose::Known),
        Action::All => {
            state.show_all = !state.show_all;
            state.cursor.insert(state.page, 0);
            Vec::new()
        }
        Action::Back => moving::back(state),
        Action::Up => moving::step(state, -1),
        Action::Down => moving::step(state, 1),
        Action::PageUp => moving::page(state, false),
        Action::PageDown => moving::page(state, true),
        Action::Top => moving::to_end(state, false),
        Action::Bottom => moving::to_end(state, true),
        Action::NextLog => moving::other_log(state, true),
        Action::PreviousLog => moving::other_log(state, false),
        Action::Follow => moving::log_at(state, LogPlace::End),
        Action::Search => questions::line(state, Purpose::Search),
        Action::Filter => questions::line(state, Purpose::Filter),
        Action::Wrap => {
            state.log.wrap = !state.log.wrap;
            Vec::new()
        }
        Action::NextTrouble => {
            let from = moving::log_from(state);
            moving::log_at(state, LogPlace::NextTrouble { from })
        }
        Action::NextHit => moving::hit(state, true),
        Action::PreviousHit => moving::hit(state, false),
        Action::Copy => vec![Effect::Copy(super::copy::copy_of(state))],
        Action::Redraw => vec![Effect::Redraw],
        Action::Snapshot => vec![Effect::Snapshot],
        Action::Suspend => vec![Effect::Suspend],
    }
}
