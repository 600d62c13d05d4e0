//! Where one looks: the mark, the scrolling, the log's window, the way back from page to page.

use super::State;
use super::event::Effect;
use super::items;
use super::keymap::RunNow;
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
    if matches!(
        state.page,
        Page::Notes | Page::Checks | Page::Checklist | Page::Clients
    ) {
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
    let lines = (state.lines)(state);
    let here = usize::from((state.measure)(state).top);
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
    let Some(last) = items.checked_sub(1) else {
        scroll(state, by);
        return Vec::new();
    };
    let last = i64::try_from(last).unwrap_or(0);
    let at = i64::try_from(state.cursor()).unwrap_or(0).min(last);
    let to = at.saturating_add(by).clamp(0, last);
    if to == at {
        // Beyond the last thing to choose there may be more to read.
        scroll(state, by.signum());
        return Vec::new();
    }
    state.scroll.remove(&state.page);
    state
        .cursor
        .insert(state.page, usize::try_from(to).unwrap_or(0));
    Vec::new()
}

/// How a page fills its pane, in lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    /// All of the page.
    pub lines: u16,
    /// Lines of the page that are shown at once.
    pub rows: u16,
    /// The first one that is shown.
    pub top: u16,
}

/// Scrolls the text and leaves the mark where it is; says whether anything moved.
fn scroll(state: &mut State, by: i64) -> bool {
    let measure = (state.measure)(state);
    let most = measure.lines.saturating_sub(measure.rows);
    let to = i64::from(measure.top)
        .saturating_add(by)
        .clamp(0, i64::from(most));
    let to = u16::try_from(to).unwrap_or(0);
    if to != measure.top {
        state.scroll.insert(state.page, to);
    }
    to != measure.top
}

/// Where nearly every line can be marked, the mark itself goes by pages.
fn is_list(page: Page) -> bool {
    matches!(
        page,
        Page::Notes | Page::Checks | Page::Plan | Page::Ways | Page::Runs | Page::Log
    )
}

/// A page up or down: in a list the mark, elsewhere the text; where that is at its end, the mark goes to its own.
pub fn page(state: &mut State, down: bool) -> Vec<Effect> {
    let sign = if down { 1 } else { -1 };
    if is_list(state.page) {
        return step(state, sign * i64::from(state.body_rows()));
    }
    let rows = (state.measure)(state).rows.saturating_sub(1).max(1);
    if !scroll(state, sign * i64::from(rows)) && !items::of(state).is_empty() {
        step(state, sign * (i64::MAX / 2));
    }
    Vec::new()
}

/// To the beginning or the end of the page, with the mark.
pub fn to_end(state: &mut State, down: bool) -> Vec<Effect> {
    let far = if down { i64::MAX / 2 } else { i64::MIN / 2 };
    if state.page == Page::Log {
        return step(state, far);
    }
    if let Some(last) = items::of(state).len().checked_sub(1) {
        state.cursor.insert(state.page, if down { last } else { 0 });
    }
    scroll(state, far);
    Vec::new()
}

/// Another log of the same run.
pub fn other_log(state: &mut State, forwards: bool) -> Vec<Effect> {
    let logs = state.logs();
    let shown = state.log.query.as_ref().map(|query| &query.file);
    let now = logs.iter().position(|(_, log)| Some(log) == shown);
    let Some(now) = now.filter(|_| logs.len() > 1) else {
        state.say("this run has written no other log yet", false);
        return Vec::new();
    };
    let step = if forwards { 1 } else { logs.len() - 1 };
    state.log.chosen = Some((now + step) % logs.len());
    state.log.window = None;
    state.ask_log()
}

pub fn back(state: &mut State) -> Vec<Effect> {
    if state.message.take().is_some_and(|message| message.bad) {
        return Vec::new();
    }
    match state.trail.pop() {
        // The run has gone on since: its page is where it stands now, with the question that it may ask.
        Some(page) if page.is_of_run() && state.run_now() != RunNow::None => back_to_run(state),
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
