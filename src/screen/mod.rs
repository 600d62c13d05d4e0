//! How the wizard looks: `draw(&State)` and nothing that acts.
//!
//! ```text
//! row 1        which system this is                                       [PRODUCTION]
//! row 2        where we are, what state                            run · safe to leave
//! ┌─ Steps ──┬─ page ───────────────────────────────────┬─ Why, and what can go wrong ┐
//! │ rail     │ body, scrolled so that the mark is seen  │ from 100 columns            │
//! └──────────┴──────────────────────────────────────────┴─────────────────────────────┘
//! last row     keys that work now
//! ```

mod frame;
mod head;
mod log;
mod overlay;
mod pages;
mod rail;
pub mod rows;
#[cfg(test)]
mod tests;
mod theme;
mod units;
mod words;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::wizard::Measure;
use crate::wizard::State;
use crate::wizard::items::SMALLEST;
use crate::wizard::page::Page;
use rows::{Line, Row, wrap};
use theme::Theme;

/// Draws everything.
pub fn draw(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    let theme = Theme::new(state.look);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        frame::too_small(state, &theme, frame, area);
        return;
    }
    let panes = frame::panes(area);
    head::identity(state, &theme, frame, row_of(area, 0));
    head::place(state, &theme, frame, row_of(area, 1), panes.rail.is_none());
    frame::boxes(state, &theme, frame, &panes);
    if let Some(rail) = panes.rail {
        rail::rail(state, &theme, frame, rail, area.width >= 100);
    }
    if let Some(context) = panes.context {
        let lines = wrap(&words::context(state.page), context.width);
        put_lines(&theme, frame, context, &lines, 0);
    }
    let (main, said) = frame::message_room(state, panes.main);
    if state.page == Page::Log {
        log::draw(state, &theme, frame, main);
    } else {
        body(state, &theme, frame, main);
    }
    put_lines(&theme, frame, said.0, &said.1, 0);
    frame::hints(state, &theme, frame, row_of(area, area.height - 1));
    overlay::draw(
        state,
        &theme,
        frame,
        panes.main.union(panes.rail.unwrap_or(panes.main)),
    );
}

/// The lines of the page, wrapped as they are drawn.
pub fn lines(state: &State) -> Vec<String> {
    let main = frame::panes(Rect::new(0, 0, state.width, state.height)).main;
    plain(state, main.width)
}

/// The body as plain lines, for those who have no full screen.
pub fn plain(state: &State, width: u16) -> Vec<String> {
    wrap(&pages::rows(state), width)
        .iter()
        .map(Line::plain)
        .collect()
}

/// The frame as text, as wide and high as the screen is.
pub fn snapshot(state: &State) -> Vec<String> {
    let backend = ratatui::backend::TestBackend::new(state.width.max(1), state.height.max(1));
    let Ok(mut terminal) = ratatui::Terminal::new(backend);
    let Ok(drawn) = terminal.draw(|frame| draw(state, frame));
    let buffer = drawn.buffer;
    (0..buffer.area.height)
        .map(|y| {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
                line.push_str(symbol);
                x += (unicode_width::UnicodeWidthStr::width(symbol).max(1)) as u16;
            }
            line.trim_end().to_string()
        })
        .collect()
}

/// Lines below the mark that are kept in sight, so that it is seen how the list goes on.
const AFTER_MARK: usize = 3;

fn row_of(area: Rect, row: u16) -> Rect {
    Rect::new(area.x, area.y + row, area.width, 1)
}

/// Which lines of a page are shown.
struct View {
    lines: Vec<Line>,
    top: usize,
    /// Lines of the page that are shown at once.
    rows: usize,
    /// The first line of the mark, where it is not among them: it then stands below the others, because Enter still
    /// means it.
    foot: Option<usize>,
}

fn view(state: &State, area: Rect) -> View {
    let lines = wrap(&pages::rows(state), area.width);
    let height = usize::from(area.height);
    let mark = lines
        .iter()
        .position(|line| line.marked)
        .zip(lines.iter().rposition(|line| line.marked));
    let most = lines.len().saturating_sub(height);
    let held = state.scroll.get(&state.page).map(|row| usize::from(*row));
    let top = match (held, mark) {
        (Some(held), _) => held.min(most),
        // The top is kept in sight as long as the mark is.
        (None, Some((_, last))) if last < height => 0,
        // Else only as far as it needs, with the next few lines in sight.
        (None, Some((first, last))) => (last + 1 + AFTER_MARK)
            .saturating_sub(height)
            .min(first)
            .min(most),
        (None, None) if state.page == Page::Journal => most,
        (None, None) => 0,
    };
    let unseen = mark.filter(|(first, _)| *first < top || *first >= top + height);
    match (unseen, held) {
        (Some((first, _)), Some(held)) if height > 1 => View {
            top: held.min(lines.len().saturating_sub(height - 1)),
            rows: height - 1,
            foot: Some(first),
            lines,
        },
        (Some(_) | None, _) => View {
            top,
            rows: height,
            foot: None,
            lines,
        },
    }
}

/// How the page fills its pane; the wizard scrolls by it.
pub fn measure(state: &State) -> Measure {
    let main = frame::panes(Rect::new(0, 0, state.width, state.height)).main;
    let (room, _) = frame::message_room(state, main);
    let view = view(state, room);
    let number = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    Measure {
        lines: number(view.lines.len()),
        rows: number(view.rows),
        top: number(view.top),
    }
}

/// A sentence in lines of at most so many columns, folded between its words where that is possible.
pub fn folded(text: &str, width: u16) -> Vec<String> {
    wrap(&[Row::text(text)], width)
        .iter()
        .map(Line::plain)
        .collect()
}

fn body(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let view = view(state, area);
    let end = (view.top + view.rows).min(view.lines.len());
    put_lines(theme, frame, area, &view.lines[view.top.min(end)..end], 0);
    let text = Rect::new(area.x, area.y, area.width, view.rows as u16);
    frame::more(theme, frame, text, view.top > 0, end < view.lines.len());
    if let Some(line) = view.foot.and_then(|first| view.lines.get(first)) {
        let foot = Rect::new(area.x, text.bottom(), area.width, 1);
        put_line(theme, frame, foot, line);
    }
}

/// Puts lines into an area from its row `from` on; gives the row after them.
fn put_lines(theme: &Theme, frame: &mut Frame<'_>, area: Rect, lines: &[Line], from: u16) -> u16 {
    let mut y = from;
    for line in lines {
        if y >= area.height {
            break;
        }
        put_line(
            theme,
            frame,
            Rect::new(area.x, area.y + y, area.width, 1),
            line,
        );
        y += 1;
    }
    y
}

fn put_line(theme: &Theme, frame: &mut Frame<'_>, area: Rect, line: &Line) {
    let spans: Vec<ratatui::text::Span<'_>> = line
        .spans
        .iter()
        .map(|(text, role)| ratatui::text::Span::styled(theme.letters(text), theme.style(*role)))
        .collect();
    frame.render_widget(ratatui::text::Line::from(spans), area);
    if line.marked {
        let marked = theme.marked();
        frame.buffer_mut().set_style(area, marked);
    }
    if let Some(column) = line.cursor {
        let x = (area.x + column).min(area.right().saturating_sub(1));
        frame.set_cursor_position((x, area.y));
    }
}

/// Rows in an area, wrapped, from a scroll position; gives how many lines there are.
fn put_rows(theme: &Theme, frame: &mut Frame<'_>, area: Rect, rows: &[Row], scroll: u16) -> usize {
    let lines = wrap(rows, area.width);
    let most = lines.len().saturating_sub(usize::from(area.height));
    let top = usize::from(scroll).min(most);
    put_lines(theme, frame, area, &lines[top..], 0);
    frame::more(theme, frame, area, top > 0, top < most);
    lines.len()
}
