//! The log pane: a window onto a file of any size.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::pages::level_role;
use super::rows::{Role, Row, cells, cut_middle, wrap};
use super::theme::Theme;
use crate::domain::clean_text::CleanText;
use crate::domain::log_view::{LogPlace, LogQuery, LogWindow};
use crate::wizard::State;

pub fn draw(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some(query) = &state.log.query else {
        let rows = [Row::text(
            "No program of this run has written a log yet. Esc leads back.",
        )];
        super::put_rows(theme, frame, area, &rows, 0);
        return;
    };
    let window = state.log.window.as_ref();
    let head = head(state, query, window).join(" · ");
    let name = CleanText::new(&query.file.display().to_string());
    let head_rows = [Row::dim(head).cut()];
    super::put_rows(
        theme,
        frame,
        Rect::new(area.x, area.y, area.width, 1),
        &head_rows,
        0,
    );
    let body = Rect::new(
        area.x,
        area.y + 1,
        area.width,
        area.height.saturating_sub(1),
    );
    let Some(window) = window else {
        let rows = [Row::dim(format!("reading {name} …"))];
        super::put_rows(theme, frame, body, &rows, 0);
        return;
    };
    let mut rows: Vec<Row> = window
        .lines
        .iter()
        .enumerate()
        .map(|(i, line)| {
            let here = window.hit == Some(window.top + i as u64);
            let role = if line.hit && !here {
                Role::Accent
            } else {
                level_role(line.level)
            };
            let row = Row::new(line.text.to_string(), role).mark(here);
            if state.log.wrap {
                row.hang(2)
            } else {
                row.cut()
            }
        })
        .collect();
    if let Some(trouble) = &window.trouble {
        rows.push(Row::new(format!("{trouble}"), Role::Warn));
    }
    if rows.is_empty() {
        rows.push(Row::dim("no line (yet) that is to be shown"));
    }
    rows.push(Row::dim(foot(state, &query.file, area.width)).cut());
    let lines = wrap(&rows, body.width);
    let from = if query.place == LogPlace::End {
        lines.len().saturating_sub(usize::from(body.height))
    } else {
        0
    };
    super::put_lines(theme, frame, body, &lines[from..], 0);
}

/// What is told of the log in one line, the most telling first: the rest may not fit.
fn head(state: &State, query: &LogQuery, window: Option<&LogWindow>) -> Vec<String> {
    let mut head = Vec::new();
    let hits = window.and_then(|window| state.search.as_ref().zip(window.hits));
    if let (Some((search, hits)), Some(window)) = (hits, window) {
        let number = window.hit_number.map(|n| format!("{n} of "));
        let round = if window.wrapped { " (went round)" } else { "" };
        head.push(if hits == 0 && window.indexed >= 1.0 {
            format!("{search}: not in this log")
        } else {
            format!("{search} {}{hits}{round}", number.unwrap_or_default())
        });
    }
    if let Some(filter) = &query.filter {
        head.push(format!("only {filter}"));
    }
    if query.place == LogPlace::End {
        head.push("follow ON".to_string());
    } else {
        head.push("follow off (F)".to_string());
        if state.log.unseen > 0 {
            head.push(format!("{} new below", state.log.unseen));
        }
    }
    if let Some(window) = window {
        if window.indexed < 1.0 {
            head.push(format!("reading {:.0} %", window.indexed * 100.0));
        }
        head.push(format!("{} errors", window.errors));
        head.push(format!("{} warnings", window.warnings));
        head.push(format!("{} lines", window.file_lines));
    }
    head
}

/// Which log it is: its place among the run's logs, and the file, whose name is read whatever its folder.
fn foot(state: &State, file: &std::path::Path, width: u16) -> String {
    let logs = state.logs();
    let at = logs.iter().position(|(_, log)| log == file);
    let which = match at.filter(|_| logs.len() > 1) {
        Some(at) => format!("── log {} of {}  ", at + 1, logs.len()),
        None => "── ".to_string(),
    };
    let room = usize::from(width).saturating_sub(cells(&which)).max(20);
    which + &cut_middle(CleanText::new(&file.display().to_string()).as_str(), room)
}
