//! `omup status`: where a run stands, by its journal and its locks.

use super::attach;
use super::error::Result;
use super::out;
use super::run::view_of;
use crate::domain::run_view::{RunView, StepState};
use crate::domain::step::Outcome;
use crate::exit_code::ExitCode;
use crate::runner::folder::RunFolder;

/// Prints it; the exit code is 0 whatever the run's own is.
pub fn status(folder: &RunFolder, json: bool) -> Result<ExitCode> {
    let view = view_of(folder)?;
    let alive = attach::alive(folder);
    let next = next_words(folder, &view, alive);
    if json {
        out::json(&serde_json::json!({
            "schema_version": 1,
            "run": folder.run,
            "folder": folder.path,
            "runner_alive": alive,
            "phase": view.phase(),
            "exit": view.ended.as_ref().map(|(exit, _)| exit.number()),
            "next": next,
            "view": view,
        }));
        return Ok(ExitCode::Ok);
    }
    for line in words(folder, &view, alive) {
        out::line(line);
    }
    out::line(format!("next: {next}"));
    Ok(ExitCode::Ok)
}

/// The run in lines for a person.
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
        format!(
            "phase {:?}, runner {}",
            view.phase(),
            if alive { "alive" } else { "not running" }
        ),
    ];
    for (id, state) in view.earlier_steps.iter().chain(&view.steps) {
        let text = match state {
            StepState::ToDo => "to do".to_string(),
            StepState::Running { .. } if alive => "running".to_string(),
            StepState::Running { .. } => "interrupted".to_string(),
            StepState::Ended { outcome, .. } => match outcome {
                Outcome::Success { message } => format!("done: {message}"),
                Outcome::Warning { message } => format!("warning: {message}"),
                Outcome::Skipped { reason } => format!("skipped: {reason}"),
            },
            StepState::Failed { failure } => format!("FAILED: {failure}"),
        };
        lines.push(format!("  {:<44} {text}", id.title()));
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

/// The command to type next.
fn next_words(folder: &RunFolder, view: &RunView, alive: bool) -> String {
    let run = &folder.run;
    if let Some(question) = &view.question {
        return format!(
            "omup answer {run} {}={}",
            question.id,
            question.answers_words()
        );
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
