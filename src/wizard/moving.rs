//! Where one looks: the mark, the scrolling, the log's window, the way back from page to page.

use super::State;
use super::event::Effect;
use super::items;
use super::page::Page;
use super::popup::Purpose;
use super::questions;
use crate::domain::log_view::LogPlace;

/// Row that a jump starts from: the last one asked for, else the top of the window.
pub fn log_mark(state: &State) -> u64 {
    let window = state.log.window.as_ref();
    window.and_then(|w| w.hit.or(Some(w.top))).unwrap_or(0)
}

pub fn log_at(state: &mut State, place: LogPlace) -> Vec<Effect> {
    let rows = state.body_rows().saturating_sub(1);
    let search = state.search.clone();
    let Some(query) = &mut state.log.query else {
        return Vec::new();
    };
    query.place = place;
    query.rows = rows;
    query.search = search;
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
        let mark = log_mark(state);
        let place = if forwards {
            LogPlace::NextHit { after: mark }
        } else {
            LogPlace::PreviousHit { before: mark }
        };
        return log_at(state, place);
    }
    text_hit(state, forwards);
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
    let needle = search.to_lowercase();
    let hits = || {
        lines
            .iter()
            .enumerate()
            .filter(|(_, l)| l.to_lowercase().contains(&needle))
    };
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
        None => state.say(format!("'{search}' is not here"), false),
    }
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
