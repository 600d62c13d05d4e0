//! The hint row: which of the keys that count here are worth a place in it, the most important first.

use super::action::Action;
use super::keymap::{self, Binding, Scope};
use super::page::Page;
use super::{State, items};
use crate::domain::run_view::Phase;

/// Keys and what they do, for the page as it is now.
pub fn hints(state: &State) -> Vec<(&'static str, &'static str)> {
    let nothing_to_choose = items::of(state).is_empty();
    let text = matches!(state.page, Page::Log | Page::Journal | Page::Report);
    let mut shown: Vec<&Binding> = keymap::bindings(state.page, state.run_now())
        .filter(|binding| !binding.hint.is_empty())
        .filter(|binding| !matches!(binding.action, Action::Help | Action::Quit))
        .filter(|binding| {
            !(nothing_to_choose && matches!(binding.scope, Scope::Lists | Scope::Marks))
        })
        .filter(|binding| !leads_nowhere(state, binding.action))
        .collect();
    if text {
        // The way out of it first.
        shown.sort_by_key(|binding| match binding.action {
            Action::Back => 0,
            Action::Copy => 1,
            _ => 2,
        });
    }
    let words = |binding: &Binding| match binding.action {
        Action::Up if nothing_to_choose => "scroll",
        _ => binding.hint,
    };
    shown
        .into_iter()
        .map(|binding| (binding.shown, words(binding)))
        .collect()
}

/// It would show the page that is shown, or one that has nothing to tell any more.
fn leads_nowhere(state: &State, action: Action) -> bool {
    let back = |run: &super::run_watch::RunWatch| run.view.phase() == Phase::RolledBack;
    match action {
        Action::Journal => state.page == Page::Journal,
        Action::Log => state.page == Page::Log,
        Action::Ways => state.page == Page::Ways || state.run.as_ref().is_some_and(back),
        _ => false,
    }
}
