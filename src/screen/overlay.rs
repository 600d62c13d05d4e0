//! What lies over a page: help, why, commands, details, questions.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::frame::framed;
use super::rows::{Role, Row, pad, wrap};
use super::theme::Theme;
use super::{pages, put_rows, words};
use crate::domain::clean_text::CleanText;
use crate::wizard::State;
use crate::wizard::keymap;
use crate::wizard::popup::{Choose, Focus, Kind, Line, Purpose, Typed};

pub fn draw(state: &State, theme: &Theme, frame: &mut Frame<'_>, over: Rect) {
    let Some(popup) = &state.popup else { return };
    match &popup.kind {
        Kind::Help { query, scroll } => {
            let area = large(frame.area());
            framed(
                theme,
                frame,
                area,
                &format!("Help: {}  (Esc closes)", state.page.title()),
            );
            let rows = help(state, query.value());
            put_rows(theme, frame, inside(area), &rows, *scroll);
        }
        Kind::Why { scroll } => {
            let area = large(frame.area());
            framed(
                theme,
                frame,
                area,
                "Why, and what can go wrong  (Esc closes)",
            );
            let rows = words::context(state.page);
            put_rows(theme, frame, inside(area), &rows, *scroll);
        }
        Kind::Commands { scroll } => {
            let area = large(frame.area());
            framed(theme, frame, area, "The exact commands  (Esc closes)");
            let rows = pages::commands(state);
            put_rows(theme, frame, inside(area), &rows, *scroll);
        }
        Kind::Detail { scroll } => {
            let area = large(frame.area());
            framed(theme, frame, area, "More about this  (Esc closes)");
            let rows = pages::detail(state);
            put_rows(theme, frame, inside(area), &rows, *scroll);
        }
        Kind::Choose(choose) => self::choose(theme, frame, over, choose),
        Kind::Typed(typed) => self::typed(theme, frame, over, typed),
        Kind::Line(line) => self::line(theme, frame, over, line),
    }
}

fn inside(area: Rect) -> Rect {
    Rect::new(
        area.x + 2,
        area.y + 1,
        area.width.saturating_sub(4),
        area.height.saturating_sub(2),
    )
}

/// Nearly the whole screen.
fn large(area: Rect) -> Rect {
    let width = area.width.saturating_sub(8).min(96);
    let height = area.height.saturating_sub(4);
    Rect::new((area.width - width) / 2, 2, width, height)
}

/// As high as its rows need.
fn fitting(over: Rect, rows: &[Row]) -> Rect {
    let width = over.width.min(66).max(40.min(over.width));
    let lines = wrap(rows, width.saturating_sub(4)).len() as u16;
    let height = (lines + 2).min(over.height);
    let x = over.x + (over.width - width) / 2;
    let y = over.y + (over.height - height) / 2;
    Rect::new(x, y, width, height)
}

fn help(state: &State, query: &str) -> Vec<Row> {
    let mut rows = vec![
        Row::dim("type to search: ").and(pad(query, 30), Role::FieldNow),
        Row::empty(),
    ];
    let needle = query.to_lowercase();
    let mut keys = Vec::new();
    for binding in keymap::bindings(state.page, state.run_now()) {
        keys.push(
            Row::new(format!("  {}", pad(binding.shown, 10)), Role::Strong)
                .and(binding.help, Role::Plain)
                .hang(12),
        );
    }
    let mut all = vec![Row::heading("Keys that work here")];
    all.extend(keys);
    all.push(Row::empty());
    all.extend(words::context(state.page));
    all.extend(words::glossary());
    let before = rows.len();
    rows.extend(
        all.into_iter()
            .filter(|row| needle.is_empty() || row.plain().to_lowercase().contains(&needle)),
    );
    if rows.len() == before {
        rows.push(Row::dim("Nothing of that stands here."));
    }
    rows
}

fn choose(theme: &Theme, frame: &mut Frame<'_>, over: Rect, choose: &Choose) {
    let mut rows: Vec<Row> = choose
        .text
        .iter()
        .map(|t| Row::text(CleanText::new(t).to_string()))
        .collect();
    rows.push(Row::empty());
    for (index, option) in choose.options.iter().enumerate() {
        let marked = index == choose.cursor;
        let sign = if marked { "▸ " } else { "  " };
        rows.push(
            Row::new(format!("{sign}{}", pad(&option.label, 18)), Role::Strong)
                .and(option.about.clone(), Role::Plain)
                .hang(20)
                .mark(marked),
        );
    }
    let area = fitting(over, &rows);
    framed(theme, frame, area, &choose.title);
    put_rows(theme, frame, inside(area), &rows, 0);
}

fn typed(theme: &Theme, frame: &mut Frame<'_>, over: Rect, typed: &Typed) {
    let mut rows: Vec<Row> = typed
        .text
        .iter()
        .map(|t| Row::text(CleanText::new(t).to_string()))
        .collect();
    rows.push(Row::empty());
    rows.push(
        Row::text("Type the database's name to go on:  ")
            .and(CleanText::new(&typed.expects).to_string(), Role::Strong)
            .hang(2),
    );
    let role = if typed.focus == Focus::Field {
        Role::FieldNow
    } else {
        Role::Field
    };
    let mut field = Row::text("> ")
        .and(pad(typed.input.value(), 40), role)
        .cut();
    if typed.focus == Focus::Field {
        field.cursor = u16::try_from(2 + typed.input.visual_cursor()).ok();
    }
    rows.push(field);
    rows.push(Row::empty());
    let cancel = typed.focus == Focus::Cancel;
    rows.push(
        Row::text(format!(
            "{}[ Cancel  Esc ]",
            if cancel { "▸ " } else { "  " }
        ))
        .mark(cancel),
    );
    let go = typed.focus == Focus::Go;
    let words = if typed.matches() && typed.focus == Focus::Field {
        format!(
            "[ {} ]  Enter goes there, Enter again does it",
            typed.button
        )
    } else if typed.matches() {
        format!("[ {} ]", typed.button)
    } else {
        format!("[ {} ]  once the name stands above", typed.button)
    };
    rows.push(
        Row::new(
            format!("{}{words}", if go { "▸ " } else { "  " }),
            if typed.matches() {
                Role::Strong
            } else {
                Role::Dim
            },
        )
        .hang(4)
        .mark(go),
    );
    let area = fitting(over, &rows);
    framed(theme, frame, area, &typed.title);
    // On a small screen the buttons are seen when they have the focus.
    let scroll = if typed.focus == Focus::Field {
        0
    } else {
        u16::MAX
    };
    put_rows(theme, frame, inside(area), &rows, scroll);
}

fn line(theme: &Theme, frame: &mut Frame<'_>, over: Rect, line: &Line) {
    let words = match &line.purpose {
        Purpose::Search => "Search for (capitals count only where you type one):".to_string(),
        Purpose::Filter => "Show only lines that have (empty: all):".to_string(),
        Purpose::Known => "What do you know? Such as airflow = 2.10.5, opensearch = none, database_free_gib = 200. What omup sees itself counts more.".to_string(),
        Purpose::Client => "Paste the line that begins with omup-client:".to_string(),
        Purpose::Accept(note) => format!(
            "{}: why do you go on with it? It stands in the report, with your name.",
            CleanText::new(note)
        ),
        Purpose::Waive(check) => format!(
            "Waive {check}: why do you go on all the same? It stands in the report, for a week."
        ),
    };
    let mut field = Row::text("> ")
        .and(pad(line.input.value(), 48), Role::FieldNow)
        .cut();
    field.cursor = u16::try_from(2 + line.input.visual_cursor()).ok();
    let mut rows = vec![Row::text(words), field];
    if line.purpose.seeks() {
        let (words, pattern) = if line.pattern {
            (Role::Dim, Role::Strong)
        } else {
            (Role::Strong, Role::Dim)
        };
        let sign = |on| if on { "(•) " } else { "( ) " };
        rows.push(
            Row::new(format!("{}words as typed  ", sign(!line.pattern)), words)
                .and(format!("{}pattern (regex)  ", sign(line.pattern)), pattern)
                .and("Ctrl-R changes", Role::Dim),
        );
    }
    rows.push(Row::dim("Enter takes it, Esc leaves everything as it is"));
    let area = fitting(over, &rows);
    let title = match &line.purpose {
        Purpose::Search => "Search",
        Purpose::Filter => "Filter",
        Purpose::Client => "Clients on another host",
        Purpose::Known => "What omup could not see",
        Purpose::Accept(_) => "Go on with a note",
        Purpose::Waive(_) => "Waive a check",
    };
    framed(theme, frame, area, title);
    put_rows(theme, frame, inside(area), &rows, 0);
}
