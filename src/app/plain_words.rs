//! Events, findings and progress in words, one line each.

use crate::domain::event::{Event, Fact};
use crate::domain::finding::{Finding, Verdict};
use crate::domain::run_view::RunView;
use crate::domain::space::size;
use crate::domain::step::{Looked, Outcome};
use crate::steps::context::Progress;

/// What is being done, and how far it is.
pub fn progress_words(progress: &Progress) -> String {
    let amount = |n: u64| {
        if progress.unit == "bytes" {
            size(n)
        } else {
            n.to_string()
        }
    };
    let share = match (progress.done, progress.total) {
        (Some(done), Some(total)) if total > 0 => {
            let about = if progress.estimated { "about " } else { "" };
            let percent = (done.min(total) * 100) / total;
            format!(
                " ({} of {about}{} {}, {percent} %)",
                amount(done),
                amount(total),
                if progress.unit == "bytes" {
                    ""
                } else {
                    &progress.unit
                }
            )
        }
        (Some(done), _) => format!(" ({})", amount(done)),
        (None, _) => String::new(),
    };
    format!("{}: {}{share}", progress.step.title(), progress.doing)
}

/// One event in words; some say nothing to a person.
pub fn lines(event: &Event, view: &RunView) -> Vec<String> {
    let place = |step: &crate::domain::step::StepId| {
        let n = view
            .steps
            .iter()
            .position(|(id, _)| id == step)
            .map_or(0, |i| i + 1);
        format!("[{n}/{}]", view.steps.len())
    };
    match event {
        Event::RunCreated {
            run,
            practice,
            deployment,
            ..
        } => {
            let mark = if *practice { "PRACTICE " } else { "" };
            vec![format!("{mark}run {run} for {deployment} (times are UTC)")]
        }
        Event::RunnerStarted { .. } => {
            vec!["the runner has taken the run; it goes on if this terminal is lost".to_string()]
        }
        Event::TailCut { bytes } => vec![format!(
            "an unfinished last line of the journal ({bytes} bytes) was cut off"
        )],
        Event::Planned {
            from,
            to,
            identity,
            steps,
            plan_digest,
            ..
        } => {
            let version = |v: &Option<crate::domain::version::OmVersion>| {
                v.as_ref()
                    .map_or("unknown".to_string(), ToString::to_string)
            };
            vec![
                format!(
                    "plan: {} -> {}, database {}, {} steps",
                    version(from),
                    version(to),
                    identity.database,
                    steps.len()
                ),
                format!("      plan {plan_digest}"),
                format!("      server {}", identity.server),
            ]
        }
        Event::Checked { findings } => findings
            .iter()
            .filter(|f| worth_a_line(f))
            .map(finding_line)
            .collect(),
        Event::UsersNotice { lines } => vec![format!(
            "users will notice {} changes; the report lists them",
            lines.len()
        )],
        Event::NoteRead {
            note,
            read,
            who,
            why,
            ..
        } => {
            let why = why.as_ref();
            let why = why.map_or_else(String::new, |why| format!(", and goes on: {why}"));
            vec![format!(
                "{who} has {} the note: {note}{why}",
                if *read { "read" } else { "opened again" }
            )]
        }
        Event::ChecklistAnswered {
            text, answer, who, ..
        } => vec![format!("checklist: {text} {} ({who})", answer.words())],
        Event::PlanApproved {
            plan_digest, who, ..
        } => vec![format!("{who} has approved the plan {plan_digest}")],
        Event::QuestionAsked {
            id,
            text,
            expects,
            safe,
            choices,
        } => {
            let mut lines = vec![format!("QUESTION {id}: {text}")];
            if choices.is_empty() {
                lines.push(format!(
                    "         type exactly: {expects}   (without an answer: {safe})"
                ));
            }
            lines.extend(
                choices
                    .iter()
                    .map(|choice| format!("         {:<12} {}", choice.value, choice.words)),
            );
            if !choices.is_empty() {
                lines.push(format!("         without an answer: {safe}"));
            }
            lines
        }
        Event::QuestionWithdrawn { id, why } => vec![format!("'{id}' is asked no more: {why}")],
        Event::Answered {
            id, who, accepted, ..
        } => {
            vec![format!(
                "'{id}' {} by {who}",
                if *accepted {
                    "answered"
                } else {
                    "answered wrongly; still open,"
                }
            )]
        }
        Event::StepStarted { step, attempt } => {
            let again = if *attempt > 1 {
                format!(" (attempt {attempt})")
            } else {
                String::new()
            };
            vec![format!("{} {}{again}", place(step), step.title())]
        }
        Event::Effect { what, .. } => vec![format!("      > {what}")],
        Event::ChildStarted { name, pid, log, .. } => vec![format!(
            "      {name} runs as process {pid}, log {}",
            log.display()
        )],
        Event::ChildEnded { name, end, .. } => vec![format!("      {name} ended with {end}")],
        Event::ChildAdopted { name, pid, .. } => vec![format!(
            "      {name} (process {pid}) still runs from before: waiting for it, not starting another"
        )],
        Event::Fact { fact, .. } => fact_line(fact)
            .into_iter()
            .map(|line| format!("      {line}"))
            .collect(),
        Event::Looked { looked, .. } => vec![match looked {
            Looked::Done { message } => format!("      looked: done ({message})"),
            Looked::NotDone { message } => format!("      looked: not done ({message})"),
            Looked::Unknown { message } => format!("      looked: cannot tell ({message})"),
        }],
        Event::StepEnded {
            outcome, seconds, ..
        } => vec![match outcome {
            Outcome::Success { message } => format!("      done in {seconds:.1} s: {message}"),
            Outcome::Warning { message } => {
                format!("      WARNING after {seconds:.1} s: {message}")
            }
            Outcome::Skipped { reason } => format!("      skipped: {reason}"),
        }],
        Event::StepFailed { failure, .. } => vec![
            format!("      FAILED to {}", failure.what),
            format!("      why:        {}", failure.why),
            format!("      still safe: {}", failure.still_safe),
            format!("      next:       {}", failure.next),
        ],
        Event::Validated { points, .. } => points
            .iter()
            .map(|point| {
                format!(
                    "      {:<6} {}: {}",
                    point.word(),
                    point.about,
                    point.message
                )
            })
            .collect(),
        Event::Reopened { steps } => vec![format!("{} steps are open again", steps.len())],
        Event::Alarm { text } => vec![format!("ALARM: {text}")],
        Event::AbortAsked { who, .. } => vec![format!("{who} asked to abort")],
        Event::HelmTaken { who, .. } => vec![format!("{who} has the helm")],
        Event::RunEnded { exit, message } => vec![format!(
            "END (exit code {}, {}): {message}",
            exit.number(),
            exit.meaning()
        )],
        Event::Unknown => vec!["an event of a newer omup".to_string()],
    }
}

fn worth_a_line(finding: &Finding) -> bool {
    !matches!(finding.verdict, Verdict::Pass | Verdict::Skip)
}

/// A finding on one line.
pub fn finding_line(finding: &Finding) -> String {
    let waived = finding
        .waived
        .as_ref()
        .map(|w| format!(" (waived by {}: {})", w.who, w.reason))
        .unwrap_or_default();
    let remedy = finding
        .remedy
        .as_ref()
        .map(|r| format!(" -> {r}"))
        .unwrap_or_default();
    format!(
        "{:<7} {}  {}: {}{waived}{remedy}",
        finding.verdict.word(),
        finding.id,
        finding.title,
        finding.message
    )
}

fn fact_line(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::BackupTaken {
            dir,
            bytes,
            raw_bytes,
            seconds,
            ..
        } => {
            format!(
                "backup {} ({}, {} before compression, {seconds:.1} s)",
                dir.display(),
                size(*bytes),
                size(*raw_bytes)
            )
        }
        Fact::BackupProven {
            level,
            rows,
            restore_seconds,
            ..
        } => {
            let restore = restore_seconds
                .map(|s| format!(", a restore took {s:.1} s"))
                .unwrap_or_default();
            format!("the backup is {} ({rows} rows{restore})", level.words())
        }
        Fact::SettingChanging {
            scope,
            name,
            old,
            new,
        } => format!(
            "{name} for the {scope}: {} -> {new}",
            old.as_deref().unwrap_or("default")
        ),
        Fact::SettingPutBack { scope, name } => format!("{name} for the {scope} is put back"),
        Fact::LockHolderEnded { pid, who } => {
            format!("connection {pid} was ended, as {who} chose")
        }
        Fact::MemoryRaised { from, to, who } => format!(
            "{who} raises the migration's sort memory from {} to {}",
            size(*from),
            size(*to)
        ),
        Fact::MemoryProven { bytes, way } => {
            format!("sort memory {} ({way})", size(*bytes))
        }
        Fact::DowntimeStarted { .. } => "downtime begins: users are locked out".to_string(),
        Fact::DowntimeEnded { serving, .. } => format!("downtime ends: {serving} serves"),
        Fact::GateEqual { tables, rows, .. } => {
            format!("the source equals the backup: {tables} tables, {rows} rows")
        }
        Fact::PointCrossed { .. } => {
            "point of no return crossed: from here, going back means a restore".to_string()
        }
        Fact::Restored {
            database, seconds, ..
        } => format!("restored into '{database}' in {seconds:.1} s"),
        Fact::RestoredEqual {
            database,
            tables,
            rows,
        } => format!("'{database}' equals the backup: {tables} tables, {rows} rows"),
        Fact::NameSwitched { file, old, new } => format!("{}: '{old}' -> '{new}'", file.display()),
        Fact::UpgradedKept { database } => format!("the upgraded database '{database}' is kept"),
        Fact::ScratchMade { .. }
        | Fact::ScratchDropped { .. }
        | Fact::OwnerFound { .. }
        | Fact::ServerStopped {}
        | Fact::QuietProven { .. }
        | Fact::CountsBefore { .. }
        | Fact::OrphansBefore { .. }
        | Fact::MigrationComplete { .. }
        | Fact::ServerStarted { .. } => return None,
    })
}
