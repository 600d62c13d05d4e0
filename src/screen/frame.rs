//! What stands around every page: panes, borders, message, hints; and the page for a screen that is too
//! small.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr as _;

use super::rows::{Role, cut, pad};
use super::theme::Theme;
use crate::wizard::State;
use crate::wizard::hints;
use crate::wizard::items::SMALLEST;
use crate::wizard::popup::Kind;

pub struct Panes {
    pub rail: Option<Rect>,
    pub main: Rect,
    pub context: Option<Rect>,
    /// The boxes around them, in the same order.
    outer: [Option<Rect>; 3],
}

/// Columns of the main pane between its borders, in both big layouts.
const MAIN: u16 = 63;

pub fn panes(area: Rect) -> Panes {
    let middle = Rect::new(
        area.x,
        area.y + 2,
        area.width,
        area.height.saturating_sub(3),
    );
    let inner = |outer: Rect| {
        Rect::new(
            outer.x + 2,
            outer.y + 1,
            outer.width.saturating_sub(4),
            outer.height.saturating_sub(2),
        )
    };
    if area.width >= 100 {
        let [rail, main, context] = Layout::horizontal([
            Constraint::Length(22),
            Constraint::Length(MAIN + 2),
            Constraint::Fill(1),
        ])
        .areas(middle);
        return Panes {
            rail: Some(Rect::new(
                rail.x + 1,
                rail.y + 1,
                rail.width - 1,
                rail.height - 2,
            )),
            main: inner(main),
            context: Some(inner(context)),
            outer: [Some(rail), Some(main), Some(context)],
        };
    }
    if area.width >= 80 {
        let [rail, main] =
            Layout::horizontal([Constraint::Length(15), Constraint::Fill(1)]).areas(middle);
        return Panes {
            rail: Some(Rect::new(
                rail.x + 1,
                rail.y + 1,
                rail.width - 1,
                rail.height - 2,
            )),
            main: inner(main),
            context: None,
            outer: [Some(rail), Some(main), None],
        };
    }
    Panes {
        rail: None,
        main: inner(middle),
        context: None,
        outer: [None, Some(middle), None],
    }
}

fn borders(theme: &Theme) -> border::Set<'static> {
    if theme.ascii() {
        border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        }
    } else {
        border::PLAIN
    }
}

/// A box with a title, as popups have it.
pub fn framed(theme: &Theme, frame: &mut Frame<'_>, area: Rect, title: &str) {
    frame.render_widget(Clear, area);
    let title = theme.letters(&format!("─ {title} "));
    let block = Block::bordered()
        .border_set(borders(theme))
        .title(Line::styled(title, theme.style(Role::Strong)));
    frame.render_widget(block, area);
}

pub fn boxes(state: &State, theme: &Theme, frame: &mut Frame<'_>, panes: &Panes) {
    let titles = ["Steps", state.page.title(), "Why, and what can go wrong"];
    for (index, outer) in panes.outer.iter().enumerate() {
        let Some(outer) = outer else { continue };
        let left_of_other = panes.outer[index + 1..].iter().any(Option::is_some);
        let title = theme.letters(&format!("─ {} ", titles[index]));
        let sides = if left_of_other {
            ratatui::widgets::Borders::LEFT
                | ratatui::widgets::Borders::TOP
                | ratatui::widgets::Borders::BOTTOM
        } else {
            ratatui::widgets::Borders::ALL
        };
        let role = if index == 1 { Role::Strong } else { Role::Dim };
        let block = Block::new()
            .borders(sides)
            .border_set(borders(theme))
            .title(Span::styled(title, theme.style(role)));
        frame.render_widget(block, *outer);
        if index > 0 && panes.outer[..index].iter().any(Option::is_some) && !theme.ascii() {
            let buffer = frame.buffer_mut();
            for (y, sign) in [(outer.y, "┬"), (outer.bottom() - 1, "┴")] {
                if let Some(cell) = buffer.cell_mut((outer.x, y)) {
                    cell.set_symbol(sign);
                }
            }
        }
    }
}

/// Signs that there is more above or below.
pub fn more(theme: &Theme, frame: &mut Frame<'_>, area: Rect, above: bool, below: bool) {
    let x = area.right();
    for (there, y, sign) in [
        (above, area.y, "↑"),
        (below, area.bottom().saturating_sub(1), "↓"),
    ] {
        if there {
            frame.render_widget(
                Span::styled(theme.letters(sign), theme.style(Role::Accent)),
                Rect::new(x, y, 1, 1),
            );
        }
    }
}

/// What a message leaves of the main pane, and its lines in the rest: it never lies over the page, where it could hide
/// the mark.
pub fn message_room(state: &State, main: Rect) -> (Rect, (Rect, Vec<super::rows::Line>)) {
    let Some(message) = &state.message else {
        return (main, (Rect::default(), Vec::new()));
    };
    let role = if message.bad { Role::Bad } else { Role::Accent };
    let row = super::rows::Row::new(format!(" {} ", message.text), role);
    let mut lines = super::rows::wrap(&[row], main.width);
    lines.truncate(4.min(usize::from(main.height / 2)));
    let rows = lines.len() as u16;
    let room = Rect {
        height: main.height - rows,
        ..main
    };
    let said = Rect::new(main.x, room.bottom(), main.width, rows);
    (room, (said, lines))
}

/// The keys that work now; the least important are left out first, help and the way out never.
pub fn hints(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width).saturating_sub(2);
    let fixed = "? help  q leave";
    let mut text = String::new();
    if let Some(popup) = &state.popup {
        text = match &popup.kind {
            Kind::Help { .. } => "letters search  ↑↓ scroll  Esc back",
            Kind::Why { .. } | Kind::Commands { .. } | Kind::Detail { .. } => "↑↓ scroll  Esc back",
            Kind::Choose(_) => "↑↓ move  Enter choose  Esc back, nothing is done",
            Kind::Typed(_) => "type the name  Tab next  Enter choose  Esc back",
            Kind::Line(line) if line.purpose.seeks() => {
                "Enter search  Ctrl-R words or pattern  Esc back"
            }
            Kind::Line(_) => "Enter take it  Esc back",
        }
        .to_string();
    } else if state.field().is_some() {
        text = "letters go into the field  ↑↓ Tab next field  Enter next  Esc back  F1 help"
            .to_string();
    } else {
        for (keys, words) in hints::hints(state) {
            let more = format!("{keys} {words}  ");
            if text.width() + more.width() + fixed.width() <= width {
                text += &more;
            }
        }
        text += fixed;
    }
    let text = pad(&text, width);
    frame.render_widget(
        Line::styled(theme.letters(&format!(" {text}")), theme.style(Role::Dim)),
        area,
    );
}

/// One honest page: the work is not touched by a small window.
pub fn too_small(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let mut lines = vec![
        format!(
            "needs {}x{}, has {}x{}",
            SMALLEST.0, SMALLEST.1, area.width, area.height
        ),
        "make the window larger".to_string(),
    ];
    if let Some(run) = &state.run {
        lines.push(format!(
            "run {}: {}",
            run.id,
            if run.alive { "goes on" } else { "stands" }
        ));
        if run.view.question.is_some() {
            lines.push("it waits for you".to_string());
        }
        lines.push("or: omup status".to_string());
    }
    lines.push("q leave (work goes on)".to_string());
    for (y, text) in lines.iter().enumerate().take(usize::from(area.height)) {
        let text = cut(text, usize::from(area.width));
        frame.render_widget(
            Line::raw(theme.letters(&text)),
            Rect::new(area.x, area.y + y as u16, area.width, 1),
        );
    }
}
