//! What stands around every page: identity, place, rail, message, hints; and the page for a screen
//! that is too small.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr as _;

use super::pages;
use super::rows::{Role, cut, pad};
use super::theme::{self, Glyph, Theme};
use super::units;
use crate::domain::run_view::StepState;
use crate::wizard::State;
use crate::wizard::items::SMALLEST;
use crate::wizard::keymap;
use crate::wizard::page::{Page, Rail};

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
            Constraint::Length(21),
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

/// Deployment, database, versions, badge. The badge, the name and the versions are never left out.
pub fn identity(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let practice = state.lesson.is_some()
        || state.run.as_ref().is_some_and(|run| run.view.practice)
        || state.looked.as_ref().is_some_and(|looked| {
            looked.survey.deployment.kind == crate::domain::survey::DeploymentKind::Practice
        });
    let run = state.run.as_ref().filter(|run| !run.preparing);
    let known = run.is_some() || state.looked.is_some();
    let read_only = run.is_some_and(|run| run.read_only());
    let (badge, bad) = match () {
        () if practice => ("[PRACTICE]", false),
        () if read_only => ("[READ ONLY]", false),
        () if !known => ("[NO TARGET]", false),
        () if state.form.production || run.is_some() => ("[PRODUCTION]", true),
        () => ("[not production]", false),
    };
    let badge = if practice && read_only {
        "[PRACTICE, READ ONLY]"
    } else {
        badge
    };
    let mut parts: Vec<String> = Vec::new();
    let version = |v: &Option<crate::domain::version::OmVersion>| {
        v.as_ref().map_or("?".to_string(), ToString::to_string)
    };
    if let Some(run) = run {
        parts.push(run.view.deployment.to_string());
        if let Some(identity) = &run.view.identity {
            parts.push(format!("{} {}", identity.engine.title(), identity.database));
        }
        parts.push(format!(
            "{} → {}",
            version(&run.view.from),
            version(&run.view.to)
        ));
        parts.push(run.view.host.to_string());
    } else if let Some(looked) = &state.looked {
        parts.push(looked.survey.deployment.name.to_string());
        let identity = &looked.plan.identity;
        parts.push(format!("{} {}", identity.engine.title(), identity.database));
        parts.push(format!(
            "{} → {}",
            version(&looked.plan.from),
            version(&looked.plan.to)
        ));
        parts.push(looked.survey.host.hostname.to_string());
    } else {
        parts.push("not connected yet".to_string());
    }
    let room = usize::from(area.width).saturating_sub(badge.width() + 3);
    // What gives way first: the host, then the length of the deployment's name.
    if parts.len() == 4 && parts.join("  ").width() > room {
        parts.pop();
    }
    if parts.len() == 3 && parts.join("  ").width() > room {
        // Then the engine: which database it is stays.
        let database = parts[1].rsplit(' ').next().unwrap_or_default().to_string();
        parts[1] = database;
    }
    if parts.len() == 3 && parts.join("  ").width() > room {
        let others = parts[1].width() + parts[2].width() + 4;
        parts[0] = cut(&parts[0], room.saturating_sub(others).max(6));
    }
    let left = pad(&parts.join("  "), room);
    let style = if bad {
        theme.style(Role::Bad)
    } else {
        theme
            .style(Role::Strong)
            .add_modifier(ratatui::style::Modifier::REVERSED)
    };
    let line = Line::from(vec![
        Span::raw(" "),
        Span::styled(theme.letters(&left), theme.style(Role::Strong)),
        Span::raw(" "),
        Span::styled(badge, style),
    ]);
    frame.render_widget(line, area);
}

/// Step, page, state; on narrow screens also the rail as one line of signs.
pub fn place(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect, narrow: bool) {
    let mut left = match state.page.rail() {
        Some(rail) => {
            let crumb: String = if narrow {
                Rail::ALL
                    .iter()
                    .map(|r| rail_glyph(state, *r).glyph)
                    .collect::<String>()
                    + "  "
            } else {
                String::new()
            };
            format!("step {}/8 {}  {crumb}", rail.number(), rail.long())
        }
        None => format!("{}  ", state.page.title()),
    };
    let run = state.run.as_ref().filter(|run| !run.preparing);
    if let Some(run) = run {
        if run.view.question.is_some() {
            left += "▶ waits for you";
        } else if run.alive {
            left += &format!("{} running", theme::running(state.boot_ms).glyph);
            if let Some(step) = run.current()
                && let Some(at) = run.began.get(&step)
            {
                let seconds = state.now_ms.saturating_sub(*at).max(0) as u64 / 1000;
                left += &format!(" {}", units::clock(seconds));
            }
        } else if run.view.ended.is_none() {
            left += "? interrupted";
        }
    }
    let right = match run {
        Some(run) if run.alive => {
            let down = run
                .down_seconds(state.now_ms)
                .map(|s| format!("down {} · ", units::clock(s)))
                .unwrap_or_default();
            let leave = if down.is_empty() {
                " · safe to leave"
            } else {
                ""
            };
            format!("{down}run {}{leave}", run.id)
        }
        Some(run) => format!("run {}", run.id),
        None if state.run.is_some() => "being prepared, kept".to_string(),
        None => "nothing changed yet".to_string(),
    };
    let width = usize::from(area.width).saturating_sub(2);
    let right = cut(
        &right,
        width.saturating_sub(left.width().min(34) + 1).max(10),
    );
    let left = pad(&left, width.saturating_sub(right.width()));
    let text = format!(" {left}{right} ");
    frame.render_widget(
        Line::styled(theme.letters(&text), theme.style(Role::Plain)),
        area,
    );
}

/// The state of one name of the rail.
fn rail_glyph(state: &State, rail: Rail) -> Glyph {
    let run = state.run.as_ref().filter(|run| !run.preparing);
    let Some(run) = run else {
        let here = state.page.rail();
        return match here {
            Some(here) if here == rail => theme::HERE,
            Some(here) if rail < here && matches!(rail, Rail::Connect | Rail::Notes) => theme::DONE,
            _ if rail == Rail::Connect && state.looked.is_some() => theme::DONE,
            _ => theme::TODO,
        };
    };
    let view = &run.view;
    let back = view
        .steps
        .iter()
        .any(|(id, _)| Page::of_step(*id) == Page::WayBack);
    let of = |id: &crate::domain::step::StepId| {
        view.steps
            .iter()
            .chain(&view.earlier_steps)
            .find(|(step, _)| step == id)
            .map(|(_, state)| state)
    };
    let states: Vec<&StepState> = rail.steps().iter().filter_map(of).collect();
    if rail == Rail::Connect {
        return theme::DONE;
    }
    if states.is_empty() {
        return theme::SKIPPED;
    }
    let any = |wanted: fn(&StepState) -> bool| states.iter().any(|s| wanted(s));
    if any(|s| matches!(s, StepState::Failed { .. })) {
        return theme::FAILED;
    }
    if let Some(running) = states
        .iter()
        .find(|s| matches!(s, StepState::Running { .. }))
    {
        return if view.question.is_some() {
            theme::HERE
        } else {
            pages_glyph(state, running)
        };
    }
    if states.iter().all(|s| matches!(s, StepState::Ended { .. })) {
        let warned = states.iter().any(|s| {
            matches!(
                s,
                StepState::Ended {
                    outcome: crate::domain::step::Outcome::Warning { .. },
                    ..
                }
            )
        });
        return if warned { theme::WARNED } else { theme::DONE };
    }
    let broken = view.failure().is_some() || back;
    if broken { theme::BLOCKED } else { theme::TODO }
}

fn pages_glyph(state: &State, step: &StepState) -> Glyph {
    match &state.run {
        Some(run) => pages::step_glyph(state, run, step),
        None => theme::TODO,
    }
}

pub fn rail(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect, long: bool) {
    let here = state.page.rail();
    let mut y = area.y + 1;
    for rail in Rail::ALL {
        let glyph = rail_glyph(state, rail);
        let name = if long { rail.long() } else { rail.short() };
        let role = if here == Some(rail) {
            Role::Strong
        } else {
            Role::Plain
        };
        let line = Line::from(vec![
            Span::raw(" "),
            Span::styled(theme.glyph(glyph), theme.style(glyph.role)),
            Span::styled(format!(" {} {name}", rail.number()), theme.style(role)),
        ]);
        if y < area.bottom() {
            frame.render_widget(line, Rect::new(area.x, y, area.width, 1));
        }
        y += if long && area.height >= 24 { 2 } else { 1 };
    }
    let mut extra = vec!["? help"];
    if state.has_run() {
        extra.extend(["R ways back", "J journal", "L log"]);
    }
    y += 1;
    for text in extra {
        if y < area.bottom() {
            let line = Line::styled(format!(" {text}"), theme.style(Role::Dim));
            frame.render_widget(line, Rect::new(area.x, y, area.width, 1));
        }
        y += 1;
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

/// A message lies on the lower border of the main pane, and over the last rows where it is long.
pub fn message(state: &State, theme: &Theme, frame: &mut Frame<'_>, panes: &Panes) {
    let Some(message) = &state.message else {
        return;
    };
    let main = panes.main;
    let role = if message.bad { Role::Bad } else { Role::Accent };
    let row = super::rows::Row::new(format!(" {} ", message.text), role);
    let lines = super::rows::wrap(&[row], main.width);
    let shown = lines.len().min(4);
    let top = main.bottom().saturating_sub(shown as u16 - 1);
    for (i, line) in lines.iter().take(shown).enumerate() {
        let area = Rect::new(main.x, top + i as u16, main.width, 1);
        frame.render_widget(Clear, area);
        super::put_line(theme, frame, area, line);
    }
}

/// The keys that work now; the least important are left out first, help and the way out never.
pub fn hints(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width).saturating_sub(2);
    let fixed = "? help  q leave";
    let mut text = String::new();
    if state.field().is_some() {
        text = "letters go into the field  ↑↓ Tab next field  Enter next  Esc back  F1 help"
            .to_string();
    } else {
        let bindings = keymap::bindings(state.page, state.has_run())
            .filter(|b| !b.hint.is_empty() && !matches!(b.shown, "?" | "q"));
        for binding in bindings {
            let more = format!("{} {}  ", binding.shown, binding.hint);
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
