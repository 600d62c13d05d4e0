//! The report for the ticket: the fold of a run as a page and as a document. Pure text.

use std::fmt::Write as _;

use super::finding::{Finding, Verdict};
use super::run_view::{RunView, StepState};
use super::step::{Outcome, StepId};
use super::validation::{Point, PointResult};
use super::version::OmVersion;

/// The machine's form; `schema_version` changes when a field changes its meaning.
pub fn document(view: &RunView) -> serde_json::Value {
    serde_json::json!({ "schema_version": 1, "phase": view.phase(), "view": view })
}

/// The person's form, Markdown.
pub fn page(view: &RunView) -> String {
    let mut page = String::new();
    let version = |v: &Option<OmVersion>| {
        v.as_ref()
            .map_or("unknown".to_string(), ToString::to_string)
    };
    // Writing into a String cannot fail.
    let mut line = |text: String| {
        let _ = writeln!(page, "{text}");
    };
    let run = view.run.as_ref().map_or("unknown", |run| run.as_str());
    line(format!(
        "# {}OpenMetadata {} -> {}",
        if view.practice { "PRACTICE: " } else { "" },
        version(&view.from),
        version(&view.to)
    ));
    line(String::new());
    line(format!(
        "Run {run} of {} on {}, deployment {}.",
        view.user, view.host, view.deployment
    ));
    if let Some(identity) = &view.identity {
        line(format!("Database {identity}."));
    }
    line(format!("Stands: {}.", phase_words(view)));
    line(String::new());
    line("## Steps".to_string());
    line(String::new());
    line("| step | how it ended | seconds |".to_string());
    line("| --- | --- | --- |".to_string());
    for (id, state) in view.earlier_steps.iter().chain(&view.steps) {
        let (text, seconds) = state_words(*id, state);
        line(format!("| {} | {} | {seconds} |", id.title(), cell(&text)));
    }
    line(String::new());
    line("## Backup".to_string());
    line(String::new());
    match (&view.facts.backup_dir, view.facts.level) {
        (Some(dir), level) => {
            let words = level.map_or("not proven", |level| level.words());
            line(format!(
                "{}: {words}, {} rows.",
                dir.display(),
                view.facts.proven_rows.unwrap_or(0)
            ));
            if let Some(seconds) = view.facts.restore_seconds {
                line(format!("A restore took {seconds:.1} s."));
            }
        }
        (None, _) => line("None was taken.".to_string()),
    }
    if let Some(seconds) = view.facts.downtime_seconds {
        line(format!("Downtime: {seconds:.1} s."));
    }
    if let Some(kept) = &view.facts.upgraded_kept {
        line(format!(
            "The upgraded database `{kept}` is kept; drop it when nobody needs it any more."
        ));
    }
    if let Some((bytes, way)) = &view.facts.memory {
        line(format!(
            "Sort memory of the migration: {} MB ({way}).",
            bytes / 1024 / 1024
        ));
    }
    for setting in &view.facts.changed_settings {
        line(format!(
            "NOT put back: {} for the {} is {}, was {}.",
            setting.name,
            setting.scope,
            setting.new,
            setting.old.as_deref().unwrap_or("default")
        ));
    }
    line(String::new());
    line("## Checks".to_string());
    line(String::new());
    for finding in &view.findings {
        line(finding_line(finding));
    }
    if !view.validation.is_empty() {
        line(String::new());
        line("## Validation".to_string());
        line(String::new());
        for point in &view.validation {
            line(point_line(view, point));
        }
    }
    if !view.alarms.is_empty() {
        line(String::new());
        line("## Alarms".to_string());
        line(String::new());
        for alarm in &view.alarms {
            line(format!("- {alarm}"));
        }
    }
    line(String::new());
    line(
        "The journal (journal.jsonl) beside this page holds every fact with its time.".to_string(),
    );
    page
}

/// A point that a step proves has the end of that step.
fn point_line(view: &RunView, point: &Point) -> String {
    let proof = match &point.result {
        PointResult::ByStep { step } => {
            let state = view.steps.iter().find(|(id, _)| id == step);
            let (text, _) = state.map_or_else(
                || ("not part of this run".to_string(), String::new()),
                |(id, state)| state_words(*id, state),
            );
            format!(" -> step '{}': {text}", step.title())
        }
        PointResult::Passed | PointResult::Failed | PointResult::Doubt | PointResult::ByPerson => {
            String::new()
        }
    };
    format!(
        "- {} {}: {}{proof}",
        point.word(),
        point.about,
        point.message
    )
}

fn finding_line(finding: &Finding) -> String {
    let waived = finding
        .waived
        .as_ref()
        .map(|w| format!(" Waived by {} until {}: {}.", w.who, w.expires, w.reason))
        .unwrap_or_default();
    let remedy = match (&finding.remedy, finding.verdict) {
        (Some(remedy), Verdict::Warn | Verdict::Fail | Verdict::Unknown) => format!(" -> {remedy}"),
        _ => String::new(),
    };
    format!(
        "- {} {} {}: {}{waived}{remedy}",
        finding.verdict.word(),
        finding.id,
        finding.title,
        finding.message
    )
}

fn phase_words(view: &RunView) -> String {
    use super::run_view::Phase;
    let serving = view
        .facts
        .serving
        .as_ref()
        .map_or("nothing".to_string(), ToString::to_string);
    match view.phase() {
        Phase::BeforeDowntime => {
            "before the start of downtime; the old version was not touched".to_string()
        }
        Phase::Down => "in downtime, before the point of no return".to_string(),
        Phase::AfterPoint => "after the point of no return, not serving".to_string(),
        Phase::Upgraded => format!("upgraded, {serving} serves"),
        Phase::RolledBack => format!("rolled back, {serving} serves"),
    }
}

fn state_words(id: StepId, state: &StepState) -> (String, String) {
    match state {
        // The report is written while its own step runs.
        StepState::Running { .. } if id == StepId::Report => {
            ("this page".to_string(), String::new())
        }
        StepState::ToDo => ("not done".to_string(), String::new()),
        StepState::Running { .. } => ("interrupted".to_string(), String::new()),
        StepState::Ended { outcome, seconds } => {
            let text = match outcome {
                Outcome::Success { message } => message.to_string(),
                Outcome::Warning { message } => format!("WARNING: {message}"),
                Outcome::Skipped { reason } => format!("skipped: {reason}"),
            };
            (text, format!("{seconds:.1}"))
        }
        StepState::Failed { failure } => (format!("FAILED: {failure}"), String::new()),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "/")
}
