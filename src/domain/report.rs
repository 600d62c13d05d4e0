//! The report for the ticket: the fold of a run as a page and as a document. Pure text.

use std::fmt::Write as _;

use super::duration::{clock, whole};
use super::finding::{Finding, Verdict};
use super::run_view::{ReadNote, RunView, StepState};
use super::space::size;
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
    line(format!("State: {}.", phase_words(view)));
    line(String::new());
    line("## Steps".to_string());
    line(String::new());
    line("| step | how it ended | seconds |".to_string());
    line("| --- | --- | --- |".to_string());
    for (id, state) in view.earlier_steps.iter().chain(&view.steps) {
        let (text, seconds) = state_words(view, *id, state);
        line(format!("| {} | {} | {seconds} |", id.title(), cell(&text)));
    }
    line(String::new());
    line("## Backup".to_string());
    line(String::new());
    match (&view.facts.backup_dir, view.facts.level) {
        (Some(dir), level) => {
            let words = level.map_or("not proven", |level| level.words());
            let rows = view.facts.proven_rows;
            let rows = rows.map_or("rows not counted".to_string(), |rows| {
                format!("{rows} rows")
            });
            line(format!("{}: {words}, {rows}.", dir.display()));
            if let Some(seconds) = view.facts.restore_seconds {
                line(format!("A restore took {seconds:.1} s."));
            }
        }
        (None, _) => line("None was taken.".to_string()),
    }
    for lockout in &view.lockouts {
        line(format!(
            "Downtime: {} ({} to {} UTC).",
            clock(whole(lockout.seconds)),
            utc(lockout.from_ms, "%Y-%m-%d %H:%M:%S"),
            utc(lockout.to_ms, "%H:%M:%S")
        ));
    }
    if let Some(kept) = &view.facts.upgraded_kept {
        line(format!(
            "Kept beside: {} `{kept}`; drop it when nobody needs it any more.",
            view.facts.what_is_kept()
        ));
    }
    if let Some((bytes, way)) = &view.facts.memory {
        line(format!(
            "Sort memory of the migration: {} ({way}){}.",
            size(*bytes),
            if view.facts.memory_raised.is_some() {
                ", raised after it failed for too little"
            } else {
                ""
            }
        ));
    }
    for pid in &view.facts.ended_lock_holders {
        line(format!(
            "Connection {pid} of the database was ended by choice: it held a lock in the migration's way."
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
    if !view.not_carried.is_empty() {
        line(String::new());
        line("## Settings that the new version has other values for".to_string());
        line(String::new());
        for setting in &view.not_carried {
            line(format!("- {setting}"));
        }
    }
    line(String::new());
    line("## What people said".to_string());
    line(String::new());
    let notes = notes_read(view);
    let listed = notes.len() > 1;
    for text in notes {
        line(text);
    }
    if listed && !view.checklist.is_empty() {
        line(String::new());
    }
    for (text, answer, who) in view.checklist.values() {
        line(format!("- {}: {text} ({who})", answer.words()));
    }
    line(String::new());
    if !view.users_notice.is_empty() {
        line("## What your users will notice".to_string());
        line(String::new());
        for text in &view.users_notice {
            line(format!("- {text}"));
        }
        line(String::new());
    }
    line("## Checks".to_string());
    line(String::new());
    for finding in &view.findings {
        line(finding_line(finding));
    }
    for (title, points, steps) in [
        (
            "## Validation of the upgrade, before the way back",
            &view.earlier_validation,
            &view.earlier_steps,
        ),
        ("## Validation", &view.validation, &view.steps),
    ] {
        if !points.is_empty() {
            line(String::new());
            line(title.to_string());
            line(String::new());
            for point in points {
                line(point_line(view, steps, point));
            }
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

fn utc(ms: i64, form: &str) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(at) => at.strftime(form).to_string(),
        Err(_) => "unknown".to_string(),
    }
}

/// How many notes were read, and of each that asked to act or was answered with a reason, by whom.
fn notes_read(view: &RunView) -> Vec<String> {
    let listed = |said: &&ReadNote| said.asks || said.why.is_some();
    let count = view.notes_read.values().filter(listed).count();
    let mut lines = vec![match count {
        0 => format!("Release notes marked as read: {}.", view.notes_read.len()),
        _ => format!(
            "Release notes marked as read: {}; those that asked to act, and by whom:",
            view.notes_read.len()
        ),
    }];
    for (name, said) in view.notes_read.iter().filter(|(_, said)| listed(said)) {
        let why = said.why.as_ref();
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        lines.push(format!("- {name} ({}){why}", said.who));
    }
    lines
}

/// A point that a step proves has the end of that step.
fn point_line(view: &RunView, steps: &[(StepId, StepState)], point: &Point) -> String {
    let proof = match &point.result {
        PointResult::ByStep { step } => {
            let state = steps.iter().find(|(id, _)| id == step);
            let (text, _) = state.map_or_else(
                || ("not part of this run".to_string(), String::new()),
                |(id, state)| state_words(view, *id, state),
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

fn state_words(view: &RunView, id: StepId, state: &StepState) -> (String, String) {
    match state {
        // Its runner may live, or have left the question behind: it is open in both cases.
        StepState::Running { .. } if view.question.is_some() => {
            ("waits for an answer".to_string(), String::new())
        }
        // The report is written while its own step runs.
        StepState::Running { .. } if id == StepId::Report => {
            ("this page".to_string(), String::new())
        }
        StepState::ToDo => ("not done".to_string(), String::new()),
        StepState::Running { .. } if view.ended.is_none() => (
            "begun, not ended when this was written".to_string(),
            String::new(),
        ),
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

#[cfg(test)]
mod tests;
