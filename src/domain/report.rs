//! The report for the ticket: the fold of a run as a page and as a document. Pure text.

use std::fmt::Write as _;

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
    line(format!("Stands: {}.", phase_words(view)));
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
        // The new version had served in between: then this is the second downtime of the run.
        let second = view.earlier_steps.iter().any(|(step, state)| {
            *step == StepId::StartServer && matches!(state, StepState::Ended { .. })
        });
        line(if second {
            format!(
                "Downtime of the way back: {seconds:.1} s; that of the upgrade before it stands in the journal."
            )
        } else {
            format!("Downtime: {seconds:.1} s.")
        });
    }
    if let Some(kept) = &view.facts.upgraded_kept {
        line(format!(
            "The upgraded database `{kept}` is kept; drop it when nobody needs it any more."
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
mod tests {
    use super::page;
    use crate::domain::event::{ChecklistAnswer, Event};
    use crate::domain::names::{Engine, Identity};
    use crate::domain::plan::Goal;
    use crate::domain::run_view::RunView;
    use crate::domain::step::StepId;
    use crate::domain::validation::{Point, PointResult};
    use crate::domain::way_back::WayId;

    fn planned(goal: Goal, steps: Vec<StepId>) -> Event {
        Event::Planned {
            goal,
            identity: Identity {
                engine: Engine::Postgres,
                server: "1".into(),
                oid: "2".into(),
                database: "db".into(),
            },
            from: None,
            to: None,
            steps,
            plan_digest: "d".into(),
        }
    }

    #[test]
    fn it_names_who_read_what_asked_to_act_and_why() {
        let old =
            r#"{"kind":"note-read","note":"1.1.0 old [000000]","read":true,"who":"ines","uid":0}"#;
        let read = |note: &str, asks, why: Option<&str>| Event::NoteRead {
            note: note.into(),
            read: true,
            asks,
            why: why.map(Into::into),
            who: "mara".into(),
            uid: 0,
        };
        let events = [
            serde_json::from_str(old).expect("an event of an older build"),
            read("1.2.0 quiet [aaaaaa]", false, None),
            read("1.2.0 asks [bbbbbb]", true, None),
            read(
                "1.3.0 goes on [cccccc]",
                true,
                Some("Airflow is gone on Monday"),
            ),
        ];
        let text = page(&RunView::of(&events));
        let told = "Release notes marked as read: 4; those that asked to act, and by whom:\n\
            - 1.2.0 asks [bbbbbb] (mara)\n\
            - 1.3.0 goes on [cccccc] (mara): Airflow is gone on Monday\n";
        assert!(text.contains(told), "{text}");
        assert!(
            !text.contains("quiet") && !text.contains("(ines)"),
            "{text}"
        );
    }

    #[test]
    fn it_lists_what_users_will_notice() {
        let lines = vec!["The Explore page is a tree.".into()];
        let text = page(&RunView::of(&[Event::UsersNotice { lines }]));
        let told = "## What your users will notice\n\n- The Explore page is a tree.\n\n## Checks\n";
        assert!(text.contains(told), "{text}");
        assert!(!page(&RunView::default()).contains("users will notice"));
    }

    #[test]
    fn after_a_way_back_the_validation_of_the_upgrade_is_still_told() {
        let point = |about: &str, result| Point::new(about, result, "words");
        let by_step = PointResult::ByStep {
            step: StepId::Reindex,
        };
        let events = [
            planned(Goal::Upgrade, vec![StepId::Validate, StepId::Reindex]),
            Event::Validated {
                step: StepId::Validate,
                points: vec![
                    point("entities", PointResult::Failed),
                    point("search", by_step),
                ],
            },
            planned(
                Goal::WayBack {
                    way: WayId::Restore,
                },
                vec![StepId::ValidateOld],
            ),
        ];
        let before = "## Validation of the upgrade, before the way back\n\n\
            - FAILED entities: words\n\
            - STEP search: words -> step 'Rebuild the search index': not done\n";
        let text = page(&RunView::of(&events));
        assert!(
            text.contains(before) && !text.contains("## Validation\n"),
            "{text}"
        );
        let old = Event::Validated {
            step: StepId::ValidateOld,
            points: vec![point("old server", PointResult::Passed)],
        };
        let text = page(&RunView::of(events.iter().chain([&old])));
        assert!(text.contains(before), "{text}");
        assert!(
            text.contains("## Validation\n\n- PASSED old server: words\n"),
            "{text}"
        );
    }

    #[test]
    fn it_names_who_answered_and_takes_an_open_question_for_no_interruption() {
        let mut events = vec![
            Event::ChecklistAnswered {
                item: "window".into(),
                text: "A window is agreed.".into(),
                answer: ChecklistAnswer::Done,
                who: "mara".into(),
                uid: 0,
            },
            planned(Goal::Upgrade, vec![StepId::PointOfNoReturn]),
            Event::StepStarted {
                step: StepId::PointOfNoReturn,
                attempt: 1,
            },
        ];
        let report = |events: &[Event]| page(&RunView::of(events));
        assert!(report(&events).contains("| Point of no return | begun, not ended"));
        events.push(Event::QuestionAsked {
            id: "point-of-no-return".into(),
            text: "Go on?".into(),
            expects: "db".into(),
            safe: "the old server is started again".into(),
            choices: Vec::new(),
        });
        let text = report(&events);
        assert!(
            text.contains("| Point of no return | waits for an answer |"),
            "{text}"
        );
        assert!(
            text.contains("- done: A window is agreed. (mara)"),
            "{text}"
        );
    }
}
