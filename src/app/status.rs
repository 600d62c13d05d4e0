//! `omup status`: where a run stands, by its journal and its locks.

use super::attach;
use super::error::Result;
use super::out;
use super::run::view_of;
use crate::domain::run_view::{GO_AHEADS, Phase, RunView, StepState};
use crate::domain::step::{Outcome, StepId};
use crate::exit_code::ExitCode;
use crate::runner::folder::RunFolder;
use crate::steps::context::wall_ms;

/// Prints it; the exit code is 0 whatever the run's own is.
pub fn status(folder: &RunFolder, json: bool) -> Result<ExitCode> {
    let view = view_of(folder)?;
    let alive = attach::alive(folder);
    if json {
        out::json(&serde_json::json!({
            "schema_version": 1,
            "run": folder.run,
            "folder": folder.path,
            "runner_alive": alive,
            "phase": view.phase(),
            "exit": view.ended.as_ref().map(|(exit, _)| exit.number()),
            "next": next_command(folder, &view, alive),
            "view": view,
        }));
        return Ok(ExitCode::Ok);
    }
    for line in words(folder, &view, alive) {
        out::line(line);
    }
    out::line(format!("next: {}", next_words(folder, &view, alive)));
    Ok(ExitCode::Ok)
}

/// The run in lines for a person: which one, what its users can do, what is safe, every step.
pub fn words(folder: &RunFolder, view: &RunView, alive: bool) -> Vec<String> {
    let version = |v: &Option<crate::domain::version::OmVersion>| {
        v.as_ref()
            .map_or("unknown".to_string(), ToString::to_string)
    };
    let mark = if view.practice { "PRACTICE " } else { "" };
    let mut lines = vec![
        format!(
            "{mark}run {} for {}: {} -> {}",
            folder.run,
            view.deployment,
            version(&view.from),
            version(&view.to)
        ),
        format!("folder {}", folder.path.display()),
        format!("users  {}", users(view)),
        format!("backup {}", backup(view)),
        format!("runner {}", runner(view, alive)),
    ];
    let steps: Vec<_> = view.earlier_steps.iter().chain(&view.steps).collect();
    let width = steps
        .iter()
        .map(|(id, _)| id.title().chars().count())
        .max()
        .unwrap_or(0);
    for (id, state) in steps {
        lines.push(format!(
            "  {:<width$} {}",
            id.title(),
            step(folder, view, *id, state, alive)
        ));
    }
    for alarm in &view.alarms {
        lines.push(format!("ALARM: {alarm}"));
    }
    if let Some(question) = &view.question {
        lines.push(format!("QUESTION {}: {}", question.id, question.text));
    }
    if let Some((exit, message)) = &view.ended {
        lines.push(format!(
            "ended with exit code {} ({}): {message}",
            exit.number(),
            exit.meaning()
        ));
    }
    lines
}

/// Milliseconds since the start of downtime: a clock that was set says nothing, the machine's own does while it runs.
fn down_ms(view: &RunView, start: i64) -> i64 {
    let same_boot = view.runner_boot.is_some() && view.runner_boot == crate::process::boot_id();
    let by_boot = view
        .facts
        .downtime_started_boot_ms
        .filter(|_| same_boot)
        .and_then(|start| crate::process::uptime_ms()?.checked_sub(start));
    match by_boot {
        Some(ms) => i64::try_from(ms).unwrap_or(i64::MAX),
        None => wall_ms().saturating_sub(start).max(0),
    }
}

/// What the users of OpenMetadata can do now, and since when they cannot.
fn users(view: &RunView) -> String {
    let since = || {
        let start = view.facts.downtime_started_ms?;
        let at = jiff::Timestamp::from_millisecond(start).ok()?;
        let seconds = down_ms(view, start) / 1000;
        Some(format!(
            "since {} ({} min {:02} s)",
            at.strftime("%H:%M:%S UTC"),
            seconds / 60,
            seconds % 60
        ))
    };
    let locked_out = || format!("locked out {}", since().unwrap_or_default());
    match view.phase() {
        // Whether a server runs is not this run's doing, and is not claimed here.
        Phase::BeforeDowntime => {
            "this run has neither stopped a server nor changed the database".to_string()
        }
        Phase::Down => format!("{}; this run has not changed the database", locked_out()),
        Phase::AfterPoint if view.facts.point_crossed_ms.is_some() => format!(
            "{}; the new version may have changed the database",
            locked_out()
        ),
        Phase::AfterPoint => locked_out(),
        Phase::Upgraded => "can work: the new version serves".to_string(),
        Phase::RolledBack => {
            "can work: the old version serves, its database was led back".to_string()
        }
    }
}

/// Whether somebody works on the run, and what stands in the way of that.
fn runner(view: &RunView, alive: bool) -> String {
    if !alive {
        return "not running".to_string();
    }
    let stopped = view
        .runner_pid
        .filter(|pid| crate::process::is_stopped(*pid));
    match stopped {
        Some(pid) => {
            format!("stopped by a signal, it does nothing now: `kill -CONT {pid}` lets it go on")
        }
        None if view.abort_asked => {
            "alive; somebody has asked to abort, it goes to a safe state".to_string()
        }
        None => "alive".to_string(),
    }
}

/// What there is to go back to.
fn backup(view: &RunView) -> String {
    match (&view.facts.backup_dir, view.facts.level) {
        (Some(dir), Some(level)) => format!("{}: {}", level.words(), dir.display()),
        (Some(dir), None) => format!("taken, not proven: {}", dir.display()),
        (None, _) => "none yet".to_string(),
    }
}

/// The program of the running step, when it lives.
pub fn left_child(folder: &RunFolder, view: &RunView) -> Option<u32> {
    let runs = |id: StepId| matches!(view.step(id), Some(StepState::Running { .. }));
    let child = view.children.iter().rev().find(|child| runs(child.step))?;
    let lives = crate::process::lock_is_held(&folder.path.join(&child.lock)).unwrap_or(true);
    lives.then_some(child.pid)
}

fn step(folder: &RunFolder, view: &RunView, id: StepId, state: &StepState, alive: bool) -> String {
    let asks = GO_AHEADS
        .iter()
        .any(|(step, name)| *step == id && view.question.as_ref().is_some_and(|q| q.id == *name));
    match state {
        StepState::ToDo => "to do".to_string(),
        StepState::Running { .. } if asks => "asks, and waits for an answer".to_string(),
        StepState::Running { .. } if alive => "running".to_string(),
        StepState::Running { .. } if left_child(folder, view).is_some() => {
            "its program goes on although no runner watches it: `omup resume` takes it up"
                .to_string()
        }
        StepState::Running { .. } => "interrupted".to_string(),
        StepState::Ended { outcome, .. } => match outcome {
            Outcome::Success { message } => format!("done: {message}"),
            Outcome::Warning { message } => format!("warning: {message}"),
            Outcome::Skipped { reason } => format!("skipped: {reason}"),
        },
        StepState::Failed { failure } => format!("FAILED: {failure}"),
    }
}

/// The command to type next, for programs.
fn next_command(folder: &RunFolder, view: &RunView, alive: bool) -> String {
    let run = &folder.run;
    if let Some(question) = &view.question {
        // The first of several is the one that harms nobody.
        let answers = question.answers();
        let answer = answers.first().map_or("", |answer| answer.as_str());
        return format!("omup answer {run} {}={answer}", question.id);
    }
    if alive {
        return format!("omup attach {run} --plain");
    }
    match &view.ended {
        Some((ExitCode::Ok | ExitCode::RolledBack, _)) => format!("omup report {run}"),
        Some((ExitCode::FailedAfterPoint | ExitCode::Validation | ExitCode::RollbackFailed, _)) => {
            format!("omup rollback {run}")
        }
        Some(_) | None => format!("omup resume {run}"),
    }
}

/// The same with what it does, and the safe choice where there are two.
fn next_words(folder: &RunFolder, view: &RunView, alive: bool) -> String {
    let (run, command) = (&folder.run, next_command(folder, view, alive));
    if let Some(question) = &view.question {
        if !question.choices.is_empty() {
            return format!(
                "`{command}`, or another of {}; without an answer: {}",
                question.answers_words(),
                question.safe
            );
        }
        return format!(
            "`{command}` goes on; `omup abort {run}` does not: {}",
            question.safe
        );
    }
    if alive {
        return format!("`{command}` watches it");
    }
    match &view.ended {
        Some((ExitCode::Ok | ExitCode::RolledBack, _)) => format!("`{command}`"),
        Some((ExitCode::FailedAfterPoint | ExitCode::Validation | ExitCode::RollbackFailed, _)) => {
            format!("`{command}` shows the ways from here")
        }
        Some(_) => format!("`{command}` goes on from here once that is mended"),
        None => format!(
            "`{command}` finds out how the last step ended and goes on; `omup abort {run}` leads to a safe state"
        ),
    }
}
