//! One file a page or a family of pages: rows from the state, nothing that acts.

mod before;
mod clients;
mod connect;
mod ended;
mod first;
mod lists;
mod notes;
mod question;
mod running;
mod settings;

use super::rows::{Role, Row};
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
        Page::Stopped => ended::stopped(state),
        Page::Finish => ended::finish(state),
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

/// A labelled text field.
fn field(state: &State, id: crate::wizard::form::FieldId, width: usize) -> Vec<Row> {
    use unicode_width::UnicodeWidthStr as _;
    let marked = state.field() == Some(id);
    let input = state.form.field(id);
    let value = input.value();
    // The part around the cursor is shown where the text is longer than the field.
    let cells = width.saturating_sub(21).max(8);
    let hidden = value.width().saturating_sub(cells);
    // Of a path its end tells more; while it is written, the part around the cursor.
    let skip = if marked {
        input.visual_scroll(cells.saturating_sub(1))
    } else if hidden > 0 {
        hidden + 1
    } else {
        0
    };
    let dots = !marked && hidden > 0;
    let mut shown = if dots {
        "…".to_string()
    } else {
        String::new()
    };
    let mut passed = 0;
    for c in value.chars() {
        let w = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if passed >= skip && shown.width() + w <= cells {
            shown.push(c);
        }
        passed += w;
    }
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
