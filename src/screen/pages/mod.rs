//! One file a page or a family of pages: rows from the state, nothing that acts.

mod before;
mod clients;
mod connect;
mod finish;
mod first;
mod lists;
mod notes;
mod question;
mod running;
mod settings;
mod stopped;

use super::rows::{Role, Row, cut_middle};
use crate::wizard::State;
use crate::wizard::items::{Do, Item};
use crate::wizard::page::Page;

/// The rows of the page that is shown.
pub fn rows(state: &State) -> Vec<Row> {
    match state.page {
        Page::First => first::rows(state),
        Page::Connect => connect::rows(state),
        Page::Notes => notes::notes(state),
        Page::Checks => notes::checks(state),
        Page::Checklist => settings::checklist(state),
        Page::BackupPlan => settings::backup(state),
        Page::Buffers => settings::buffers(state),
        Page::Clients => clients::rows(state),
        Page::Plan => before::plan(state),
        Page::Backup
        | Page::Proof
        | Page::Gate
        | Page::Migrate
        | Page::Validate
        | Page::WayBack => running::rows(state),
        Page::Downtime | Page::Point => question::rows(state),
        Page::Stopped => stopped::page(state),
        Page::Finish => finish::page(state),
        Page::Ways => lists::ways(state),
        Page::Runs => lists::runs(state),
        Page::Journal => lists::journal(state),
        Page::Report => lists::report(state),
        // The log has as many lines as it likes: it is drawn by its own file.
        Page::Log => Vec::new(),
    }
}

/// The rows for details of the marked item.
pub fn detail(state: &State) -> Vec<Row> {
    match state.item() {
        Some(Item::Note(index)) => notes::note_detail(state, index),
        Some(Item::Check(index)) => notes::check_detail(state, index),
        Some(Item::Point(index)) => settings::point_detail(state, index),
        Some(Item::Step(index)) => before::step_detail(state, index),
        Some(Item::Client(index)) => match crate::wizard::clients::known(state).get(index) {
            Some(client) => clients::more(client),
            None => Vec::new(),
        },
        _ => vec![Row::text("There is nothing more to tell about this.")],
    }
}

/// `▸ ` before the marked item.
fn pointer(marked: bool) -> &'static str {
    if marked { "▸ " } else { "  " }
}

/// A thing to do, as a row.
fn button(state: &State, what: Do) -> Row {
    let marked = state.item() == Some(Item::Do(what));
    let role = if marked { Role::Strong } else { Role::Plain };
    Row::new(format!("{}{}", pointer(marked), what.words()), role)
        .hang(2)
        .mark(marked)
}

/// All things to do that the page has, as rows.
fn buttons(state: &State) -> Vec<Row> {
    crate::wizard::items::of(state)
        .into_iter()
        .filter_map(|item| match item {
            Item::Do(what) => Some(button(state, what)),
            _ => None,
        })
        .collect()
}

/// A choice of several, one of them taken.
fn radio(state: &State, item: Item, taken: bool, label: &str, about: &str) -> Row {
    let marked = state.item() == Some(item);
    let sign = if taken { "(•)" } else { "( )" };
    Row::text(format!("{}{sign} {label}", pointer(marked)))
        .and(
            if about.is_empty() {
                String::new()
            } else {
                format!(": {about}")
            },
            Role::Dim,
        )
        .hang(6)
        .mark(marked)
}

/// Columns between the borders of the main pane.
fn columns(state: &State) -> usize {
    let screen = ratatui::layout::Rect::new(0, 0, state.width, state.height);
    usize::from(super::frame::panes(screen).main.width)
}

/// A labelled text field.
fn field(state: &State, id: crate::wizard::form::FieldId) -> Vec<Row> {
    let marked = state.field() == Some(id);
    let input = state.form.field(id);
    let value = input.value();
    let cells = columns(state).saturating_sub(21).clamp(8, 41);
    // While it is written, the part around the cursor is shown; else both ends, of which the last tells the version.
    let skip = if marked {
        input.visual_scroll(cells.saturating_sub(1))
    } else {
        0
    };
    let shown = if marked {
        around(value, skip, cells)
    } else {
        cut_middle(value, cells)
    };
    let (shown, role) = match (marked, value.is_empty()) {
        (true, _) => (shown, Role::FieldNow),
        (false, true) => (id.without().to_string(), Role::Dim),
        (false, false) => (shown, Role::Field),
    };
    let filled = super::rows::pad(&shown, cells);
    let label = super::rows::pad(id.label(), 17);
    let mut row = Row::text(format!("{}{label} ", pointer(marked)))
        .and(filled, role)
        .cut();
    if marked {
        let at = input.visual_cursor().saturating_sub(skip);
        row.cursor = u16::try_from(20 + at).ok();
    }
    let mut rows = vec![row];
    if marked {
        rows.push(Row::dim(format!("                    {}", id.help())).hang(20));
    }
    rows
}

/// So many cells of a text, from a column on.
fn around(text: &str, skip: usize, cells: usize) -> String {
    use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};
    let mut shown = String::new();
    let mut passed = 0;
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if passed >= skip && shown.width() + width <= cells {
            shown.push(c);
        }
        passed += width;
    }
    shown
}

/// How one step of the run looks.
pub fn step_glyph(
    state: &State,
    run: &crate::wizard::run_watch::RunWatch,
    step: &crate::domain::run_view::StepState,
) -> super::theme::Glyph {
    running::glyph(state, run, step)
}

/// Every command that the plan will run.
pub fn commands(state: &State) -> Vec<Row> {
    before::commands(state)
}

/// The role of a log line.
pub fn level_role(level: crate::domain::log_view::LogLevel) -> Role {
    running::level_role(level)
}
