//! The log pane: a window onto a file of any size.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::pages::level_role;
use super::rows::{Role, Row, wrap};
use super::theme::Theme;
use crate::domain::clean_text::CleanText;
use crate::domain::log_view::LogPlace;
use crate::wizard::State;

pub fn draw(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some(query) = &state.log.query else {
        let rows = [Row::text(
            "No program of this run has written a log yet. Esc leads back.",
        )];
        super::put_rows(theme, frame, area, &rows, 0);
        return;
    };
    let mut head = String::new();
    if query.place == LogPlace::End {
        head += "follow ON";
    } else {
        head += "follow off (F)";
        if state.log.unseen > 0 {
            head += &format!(" · {} new below", state.log.unseen);
        }
    }
    let window = state.log.window.as_ref();
    if let Some(window) = window {
        head += &format!(
            " · {} lines · {} warnings · {} errors",
            window.file_lines, window.warnings, window.errors
        );
        if window.indexed < 1.0 {
            head += &format!(" · reading {:.0} %", window.indexed * 100.0);
        }
        if let (Some(search), Some(hits)) = (&state.search, window.hits) {
            let number = window
                .hit_number
                .map(|n| format!("{n} of "))
                .unwrap_or_default();
            head += &format!(" · {search} {number}{hits}");
            if window.wrapped {
                head += " (went round)";
            }
        }
    }
    if let Some(filter) = &query.filter {
        head += &format!(" · only {filter}");
    }
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
    rows.push(Row::dim(format!("── {name}")).cut());
    let lines = wrap(&rows, body.width);
    let from = if query.place == LogPlace::End {
        lines.len().saturating_sub(usize::from(body.height))
    } else {
        0
    };
    super::put_lines(theme, frame, body, &lines[from..], 0);
}
