//! Where one looks: the mark, the scrolling, the log's window, the way back from page to page.

use super::State;
use super::event::Effect;
use super::items;
use super::page::Page;
use super::popup::Purpose;
use super::questions;
use crate::domain::log_view::LogPlace;
use crate::domain::sought::{Sought, regex};

/// The first row that a jump forwards may find: after what was jumped to before, else the first one shown.
pub fn log_from(state: &State) -> u64 {
    let window = state.log.window.as_ref();
    window.map_or(0, |w| w.hit.map_or(w.top, |hit| hit.saturating_add(1)))
}

/// The row that a jump backwards starts from.
fn log_before(state: &State) -> u64 {
    let window = state.log.window.as_ref();
    window.and_then(|w| w.hit.or(Some(w.top))).unwrap_or(0)
}

pub fn log_at(state: &mut State, place: LogPlace) -> Vec<Effect> {
    let rows = state.body_rows().saturating_sub(1);
    let search = state.search.clone();
    let grows = state.log_grows();
    let Some(query) = &mut state.log.query else {
        return Vec::new();
    };
    query.place = place;
    query.rows = rows;
    query.search = search;
    query.grows = grows;
    if place == LogPlace::End {
        state.log.unseen = 0;
    }
    vec![Effect::AskLog(query.clone())]
}

pub fn hit(state: &mut State, forwards: bool) -> Vec<Effect> {
    if state.search.is_none() {
        return questions::line(state, Purpose::Search);
    }
    if state.page == Page::Log {
        let place = if forwards {
            LogPlace::NextHit {
                from: log_from(state),
            }
        } else {
            LogPlace::PreviousHit {
                before: log_before(state),
            }
        };
        return log_at(state, place);
    }
    if matches!(state.page, Page::Notes | Page::Checks) {
        super::searching::hit(state, forwards);
    } else {
        text_hit(state, forwards);
    }
    Vec::new()
}

/// Scrolls journal or report to the next line with the words.
fn text_hit(state: &mut State, forwards: bool) {
    let Some(search) = state.search.clone() else {
        return;
    };
    let lines: Vec<String> = match state.page {
        Page::Journal => state
            .run
            .iter()
            .flat_map(|run| run.story.iter().map(|(_, words)| words.to_string()))
            .collect(),
        Page::Report => match &state.report {
            Some(Ok(text)) => text.lines().map(str::to_string).collect(),
            Some(Err(_)) | None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let here = usize::from(state.scroll.get(&state.page).copied().unwrap_or(0));
    let is_in = finder(&search);
    let hits = || lines.iter().enumerate().filter(|(_, line)| is_in(line));
    let found = if forwards {
        hits().find(|(i, _)| *i > here).or_else(|| hits().next())
    } else {
        hits()
            .rfind(|(i, _)| *i < here)
            .or_else(|| hits().next_back())
    };
    match found {
        Some((row, _)) => {
            state
                .scroll
                .insert(state.page, u16::try_from(row).unwrap_or(u16::MAX));
        }
        None => state.say(format!("{search} is not here"), false),
    }
}

/// The same rules as in a log.
pub fn finder(sought: &Sought) -> Box<dyn Fn(&str) -> bool> {
    let text = sought.text().to_string();
    if sought.is_pattern()
        && let Ok(regex) = regex(&text)
    {
        return Box::new(move |line| regex.is_match(line));
    }
    if text.chars().any(char::is_uppercase) {
        return Box::new(move |line| line.contains(&text));
    }
    Box::new(move |line| line.to_lowercase().contains(&text))
}

/// Moves the mark, or the text where nothing can be marked.
pub fn step(state: &mut State, by: i64) -> Vec<Effect> {
    if state.page == Page::Log {
        let Some(window) = &state.log.window else {
            return Vec::new();
        };
        let last = window
            .rows
            .saturating_sub(u64::from(state.body_rows().saturating_sub(1)));
        let top = i64::try_from(window.top)
            .unwrap_or(i64::MAX / 4)
            .saturating_add(by);
        let top = u64::try_from(top.max(0)).unwrap_or(0);
        // Any step up ends following; the end itself is asked for by its own key.
        return if top >= last && by > i64::from(u16::MAX) {
            log_at(state, LogPlace::End)
        } else {
            log_at(state, LogPlace::Row(top.min(last)))
        };
    }
    let items = items::of(state).len();
    if items == 0 {
        let row = i64::from(state.scroll.get(&state.page).copied().unwrap_or(0));
        // The drawing stops at the last row; the number may stand beyond it.
        let row = row.saturating_add(by).clamp(0, i64::from(u16::MAX));
        state
            .scroll
            .insert(state.page, u16::try_from(row).unwrap_or(u16::MAX));
        return Vec::new();
    }
    let last = i64::try_from(items - 1).unwrap_or(0);
    let at = i64::try_from(state.cursor()).unwrap_or(0).min(last);
    let to = at.saturating_add(by).clamp(0, last);
    state
        .cursor
        .insert(state.page, usize::try_from(to).unwrap_or(0));
    Vec::new()
}

pub fn back(state: &mut State) -> Vec<Effect> {
    if state.message.take().is_some_and(|message| message.bad) {
        return Vec::new();
    }
    match state.trail.pop() {
        Some(page) => state.arrive(page),
        None => back_to_run(state),
    }
}

/// To the page where the run stands.
pub fn back_to_run(state: &mut State) -> Vec<Effect> {
    match state
        .run
        .as_ref()
        .filter(|run| !run.preparing)
        .map(|run| run.page())
    {
        Some(page) => {
            state.trail.clear();
            state.arrive(page)
        }
        None => Vec::new(),
    }
}
