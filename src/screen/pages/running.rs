//! The run at work: what it does, how far it is, how long it will take, what it waits for.

use super::pointer;
use crate::domain::clean_text::CleanText;
use crate::domain::plan::Goal;
use crate::domain::run_view::StepState;
use crate::domain::step::{Outcome, StepId};
use crate::domain::validation::PointResult;
use crate::screen::rows::{Role, Row, cut};
use crate::screen::theme::{self, Glyph};
use crate::screen::units;
use crate::wizard::State;
use crate::wizard::items::Item;
use crate::wizard::page::Page;
use crate::wizard::run_watch::RunWatch;

pub fn rows(state: &State) -> Vec<Row> {
    let Some(run) = &state.run else {
        return vec![Row::text("No run is open.")];
    };
    let mut rows = Vec::new();
    rows.extend(alarms(run));
    rows.extend(choices(state, run));
    rows.extend(progress(state, run));
    let down = downtime(state, run);
    if !down.is_empty() {
        rows.extend(down);
        rows.push(Row::empty());
    }
    rows.extend(steps(state, run, state.page));
    rows.extend(facts(run, state.page));
    rows.extend(tail(state, run));
    rows
}

/// Alarms stand on top of everything.
pub fn alarms(run: &RunWatch) -> Vec<Row> {
    let mut rows: Vec<Row> = run
        .view
        .alarms
        .iter()
        .rev()
        .take(2)
        .map(|text| Row::new(format!("ALARM {text}"), Role::Bad).hang(6))
        .collect();
    if !rows.is_empty() {
        rows.push(Row::empty());
    }
    rows
}

/// A question beside the work, with the answers that it takes.
fn choices(state: &State, run: &RunWatch) -> Vec<Row> {
    let open = run.view.question.as_ref();
    let Some(question) = open.filter(|question| !question.choices.is_empty()) else {
        return Vec::new();
    };
    let mut rows = vec![Row::new(question.text.to_string(), Role::Warn)];
    for (index, choice) in question.choices.iter().enumerate() {
        let marked = state.item() == Some(Item::Choice(index));
        rows.push(
            Row::new(format!("{}{}", pointer(marked), choice.value), Role::Strong)
                .and(format!("  {}", choice.words), Role::Plain)
                .hang(4)
                .mark(marked),
        );
    }
    rows.push(Row::dim(format!("Without an answer: {}.", question.safe)));
    rows.push(Row::empty());
    rows
}

fn progress(state: &State, run: &RunWatch) -> Vec<Row> {
    let Some(progress) = &run.progress else {
        return match run.current() {
            Some(step) if run.alive => {
                let seconds = run.began.get(&step).map_or(0, |at| {
                    state.now_ms.saturating_sub(*at).max(0) as u64 / 1000
                });
                vec![
                    Row::text(format!("{}  ", step.title())).and(units::clock(seconds), Role::Dim),
                    Row::empty(),
                ]
            }
            Some(_) | None => Vec::new(),
        };
    };
    let is_bytes = progress.unit == "bytes";
    let amount = |n: u64| {
        if is_bytes {
            units::bytes(n)
        } else {
            format!("{n} {}", progress.unit)
        }
    };
    let mut rows = Vec::new();
    if let (Some(done), Some(total)) = (progress.done, progress.total.filter(|t| *t > 0)) {
        let percent = done.min(total) * 100 / total;
        rows.push(
            Row::new(units::bar(done, total, 40), Role::Accent)
                .and(format!("  {percent} %"), Role::Strong)
                .cut(),
        );
        let about = if progress.estimated { "about " } else { "" };
        // The unit once, behind the whole.
        let so_far = match is_bytes {
            true => amount(done),
            false => done.to_string(),
        };
        rows.push(Row::text(format!(
            "  Done    {so_far} of {about}{}",
            amount(total)
        )));
    } else if let Some(done) = progress.done {
        rows.push(Row::text(format!("  Done    {}", amount(done))));
    }
    let stalled = run.meter.stalled_seconds(state.boot_ms);
    if let Some(rate) = run.meter.rate(state.boot_ms) {
        let bars = run.meter.per_second(state.boot_ms);
        let bars = units::sparkline(&bars[bars.len().saturating_sub(20)..]);
        let rate = if is_bytes {
            format!("{}/s", units::bytes(rate as u64))
        } else {
            let unit = if progress.unit.is_empty() {
                "done"
            } else {
                &progress.unit
            };
            format!("{rate:.1} {unit}/s")
        };
        rows.push(
            Row::text(format!("  Rate    {rate:<18} "))
                .and(bars, Role::Accent)
                .and("  last 20 s", Role::Dim)
                .cut(),
        );
    }
    let left = match progress.total {
        _ if stalled > 20 => format!("unknown, no progress for {stalled} s"),
        Some(total) => match run.meter.seconds_left(total, state.boot_ms) {
            Some(seconds) => format!(
                "{} (done near {} UTC)",
                units::about(seconds),
                units::time_of_day(state.now_ms + seconds as i64 * 1000)
            ),
            None => "told after 10 s and 3 % of the work".to_string(),
        },
        None => "not known: no total to compare with".to_string(),
    };
    rows.push(Row::text(format!("  Left    {left}")));
    rows.push(Row::text(format!("  Now     {}", progress.doing)).hang(10));
    if let Some(free) = run
        .disk_free
        .filter(|_| matches!(state.page, Page::Backup | Page::Proof))
    {
        rows.push(Row::text(format!(
            "  Disk    {} free where the backup is written",
            units::bytes(free)
        )));
    }
    rows.push(Row::empty());
    rows
}

/// The downtime clock, from the start of downtime on every page.
pub fn downtime(state: &State, run: &RunWatch) -> Vec<Row> {
    let Some(seconds) = run.down_seconds(state.now_ms) else {
        return Vec::new();
    };
    let mut row = Row::new(
        format!("Users locked out for {}", units::clock(seconds)),
        Role::Warn,
    );
    if let Some(by) = run.decide_by_ms() {
        let late = by < state.now_ms;
        let role = if late { Role::Bad } else { Role::Strong };
        let words = if late {
            format!(
                "  the agreed window is too short now to go back in it (decide-by was {} UTC)",
                units::time_of_day(by)
            )
        } else {
            format!(
                "  decide by {} UTC to be back in the window",
                units::time_of_day(by)
            )
        };
        row = row.and(words, role);
    } else if let Some(ends) = run.window_ends_ms() {
        let back = matches!(run.view.goal, Some(Goal::WayBack { .. }));
        let words = match back {
            true => "",
            false => "; no restore was measured, so nobody can say by when to decide",
        };
        row = row.and(
            format!(
                "  the agreed window ends at {} UTC{words}",
                units::time_of_day(ends)
            ),
            Role::Strong,
        );
    }
    vec![row.hang(2)]
}

/// Glyph of a step's state.
pub fn glyph(state: &State, run: &RunWatch, step: &StepState) -> Glyph {
    match step {
        StepState::ToDo => theme::TODO,
        StepState::Running { .. } if run.alive => theme::running(state.boot_ms),
        StepState::Running { .. } => theme::UNKNOWN,
        StepState::Ended { outcome, .. } => match outcome {
            Outcome::Success { .. } => theme::DONE,
            Outcome::Warning { .. } => theme::WARNED,
            Outcome::Skipped { .. } => theme::SKIPPED,
        },
        StepState::Failed { .. } => theme::FAILED,
    }
}

fn of_page(page: Page, step: StepId) -> bool {
    // Sort memory is set beside the proof, checks beside the backup: the pages of the run are few.
    Page::of_step(step) == page
}

fn steps(state: &State, run: &RunWatch, page: Page) -> Vec<Row> {
    let mut rows = Vec::new();
    // A way back has one page for all of its steps.
    let shown = |id: StepId| page == Page::WayBack || of_page(page, id);
    for (id, step) in run.view.steps.iter().filter(|(id, _)| shown(*id)) {
        let sign = glyph(state, run, step);
        let words = match step {
            StepState::ToDo => String::new(),
            StepState::Running { .. } if run.alive => match &run.doing {
                // What it is about, not the whole command: c shows that.
                Some((step, what)) if step == id => cut(what.as_str(), 160),
                Some(_) | None => "…".to_string(),
            },
            StepState::Running { .. } => "interrupted, not known how it ended".to_string(),
            StepState::Ended { outcome, seconds } => {
                let message = match outcome {
                    Outcome::Success { message } | Outcome::Warning { message } => message,
                    Outcome::Skipped { reason } => reason,
                };
                format!("{message}  ({})", units::lasted(*seconds))
            }
            StepState::Failed { failure } => failure.to_string(),
        };
        rows.push(
            Row::new(format!("  {} ", sign.glyph), sign.role)
                .and(id.title(), Role::Strong)
                .and(
                    if words.is_empty() {
                        String::new()
                    } else {
                        format!("  {words}")
                    },
                    Role::Plain,
                )
                .hang(4),
        );
    }
    rows
}

/// What is proven so far, on the pages about it.
fn facts(run: &RunWatch, page: Page) -> Vec<Row> {
    let facts = &run.view.facts;
    let mut rows = Vec::new();
    if matches!(
        page,
        Page::Backup | Page::Proof | Page::Gate | Page::Migrate
    ) {
        if let Some(dir) = &facts.backup_dir {
            rows.push(Row::empty());
            rows.push(
                Row::text(format!(
                    "Backup  {}",
                    CleanText::new(&dir.display().to_string())
                ))
                .hang(8),
            );
        }
        if let Some(level) = facts.level {
            let restore = facts
                .restore_seconds
                .map(|s| format!("; a restore took {s:.1} s here"))
                .unwrap_or_default();
            rows.push(Row::new(format!("        {}{restore}", level.words()), Role::Good).hang(8));
        }
    }
    if page == Page::Validate {
        rows.extend(validation(run));
    }
    if page == Page::Proof {
        rows.push(Row::dim("        The copy lies beside production and is dropped afterwards; production is only read.").hang(8));
    }
    rows
}

/// What the validation looked at, point by point; what is not plainly well first.
pub fn validation(run: &RunWatch) -> Vec<Row> {
    let mut points: Vec<_> = run.view.validation.iter().collect();
    points.sort_by_key(|point| match point.result {
        PointResult::Failed => 0,
        PointResult::Doubt => 1,
        PointResult::ByPerson => 2,
        PointResult::ByStep { .. } => 3,
        PointResult::Passed => 4,
    });
    let mut rows = Vec::new();
    for point in points {
        let (sign, word) = match &point.result {
            PointResult::Passed => (theme::DONE, String::new()),
            PointResult::Failed => (theme::FAILED, String::new()),
            PointResult::Doubt => (theme::WARNED, String::new()),
            PointResult::ByStep { step } => (theme::TODO, format!(" ({})", step.title())),
            PointResult::ByPerson => (theme::UNKNOWN, " (yours to look at)".to_string()),
        };
        rows.push(
            Row::new(format!("  {} ", sign.glyph), sign.role)
                .and(format!("{}  ", point.about), Role::Dim)
                .and(point.message.to_string(), Role::Plain)
                .and(word, Role::Dim)
                .hang(4),
        );
    }
    if !rows.is_empty() {
        rows.insert(0, Row::empty());
    }
    rows
}

/// The last lines: of the program that runs, else of the story.
fn tail(state: &State, run: &RunWatch) -> Vec<Row> {
    let mut rows = Vec::new();
    let window = state.log.window.as_ref().filter(|w| !w.lines.is_empty());
    if matches!(state.page, Page::Migrate | Page::WayBack)
        && let Some(window) = window
    {
        rows.push(Row::empty());
        let attempts = run.current().and_then(|step| run.view.attempts.get(&step));
        let of = match attempts {
            Some(n) if *n > 1 => format!(" of all {n} attempts"),
            Some(_) | None => String::new(),
        };
        rows.push(Row::rule(&format!(
            "log{of}: {} lines, {} warnings, {} errors; L opens it",
            window.file_lines, window.warnings, window.errors
        )));
        for line in &window.lines {
            rows.push(Row::new(line.text.to_string(), level_role(line.level)).cut());
        }
        return rows;
    }
    rows.push(Row::empty());
    rows.push(Row::rule("last lines; J opens the journal"));
    let lines = run.story.len();
    for (time, words) in run.story.iter().skip(lines.saturating_sub(6)) {
        rows.push(
            Row::dim(format!("{time} "))
                .and(cut(words.as_str().trim_start(), 400), Role::Plain)
                .cut(),
        );
    }
    rows
}

pub fn level_role(level: crate::domain::log_view::LogLevel) -> Role {
    use crate::domain::log_view::LogLevel;
    match level {
        LogLevel::Error => Role::Bad,
        LogLevel::Warn => Role::Strong,
        LogLevel::Info | LogLevel::Other => Role::Plain,
        LogLevel::Debug => Role::Dim,
    }
}
