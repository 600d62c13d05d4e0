//! The two rows above every page: which system this is, and where one stands.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::rail;
use super::rows::{Role, cut, pad};
use super::theme::{self, Theme};
use super::units;
use crate::wizard::State;
use crate::wizard::page::{Page, Rail};
use crate::wizard::run_watch::RunWatch;

/// Deployment, database, versions, badge. The badge, the name and the versions are never left out.
pub fn identity(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let practice = state.lesson.is_some()
        || state.run.as_ref().is_some_and(|run| run.view.practice)
        || state.looked.as_ref().is_some_and(|looked| {
            looked.survey.deployment.kind == crate::domain::survey::DeploymentKind::Practice
        });
    let run = state.run.as_ref().filter(|run| !run.preparing);
    // A run has the answer that it was begun with.
    let production = match run {
        Some(run) => {
            let answers = run.answers.as_ref();
            answers
                .and_then(|a| a.deployment.production)
                .unwrap_or(true)
        }
        None => state.form.production,
    };
    let known = run.is_some() || state.looked.is_some();
    let read_only = run.is_some_and(|run| run.read_only());
    let (badge, bad) = match () {
        () if practice => ("[PRACTICE]", false),
        () if read_only => ("[READ ONLY]", false),
        () if !known => ("[NO TARGET]", false),
        () if production => ("[PRODUCTION]", true),
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
    } else if unfinished(state) > 0 {
        parts.push("not connected to it yet".to_string());
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

/// Runs of before that are not at their end, on the page that offers them.
fn unfinished(state: &State) -> usize {
    if state.page != Page::First {
        return 0;
    }
    let runs = state.runs.iter().flatten();
    runs.filter(|run| run.unfinished && !run.damaged).count()
}

/// What may stand at the right of the second row, the longest first.
fn rights(state: &State, run: Option<&RunWatch>) -> Vec<String> {
    let Some(run) = run else {
        let text = match unfinished(state) {
            _ if state.run.is_some() => "being prepared, kept".to_string(),
            0 => "nothing changed yet".to_string(),
            1 => "one run is not finished".to_string(),
            runs => format!("{runs} runs are not finished"),
        };
        return vec![text];
    };
    let name = format!("run {}", run.id);
    let down = run.down_seconds(state.now_ms);
    match down.map(|seconds| format!("down {}", units::clock(seconds))) {
        Some(down) => vec![format!("{down} · {name}"), down],
        None if run.alive => {
            let leave = "safe to leave".to_string();
            vec![format!("{name} · {leave}"), leave]
        }
        None => vec![name],
    }
}

/// Step, page, state; on narrow screens also the rail as one line of signs.
pub fn place(state: &State, theme: &Theme, frame: &mut Frame<'_>, area: Rect, narrow: bool) {
    let mut left = match state.page.rail() {
        Some(rail) => {
            let crumb: String = if narrow {
                Rail::ALL
                    .iter()
                    .map(|r| rail::glyph(state, *r).glyph)
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
            let words = if narrow { "" } else { " this step" };
            left += &format!("{}{words}", theme::running(state.boot_ms).glyph);
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
    let width = usize::from(area.width).saturating_sub(2);
    let room = width.saturating_sub(left.width() + 1);
    // The longest that fits beside it; the run's name stands in the list of runs too.
    let right = rights(state, run)
        .into_iter()
        .find(|right| right.width() <= room)
        .unwrap_or_default();
    let left = pad(&left, width.saturating_sub(right.width()));
    let text = format!(" {left}{right} ");
    frame.render_widget(
        Line::styled(theme.letters(&text), theme.style(Role::Plain)),
        area,
    );
}
