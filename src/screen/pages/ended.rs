//! The two ends: stopped with the reason, and finished with what is still to do.

use super::{buttons, running};
use crate::domain::clean_text::CleanText;
use crate::domain::run_view::Phase;
use crate::exit_code::ExitCode;
use crate::knowledge::Diagnosis;
use crate::screen::rows::{Role, Row};
use crate::screen::units;
use crate::wizard::State;
use crate::wizard::run_watch::RunWatch;

pub fn stopped(state: &State) -> Vec<Row> {
    let Some(run) = &state.run else {
        return vec![Row::text("No run is open.")];
    };
    let mut rows = running::alarms(run);
    rows.extend(running::downtime(state, run));
    match (&run.view.ended, run.view.failure()) {
        (_, Some((step, failure))) => {
            rows.push(Row::new(format!("✖ Failed to {}", failure.what), Role::Bad).hang(2));
            if step.title().to_lowercase() != failure.what.as_str() {
                rows.push(label("Step", step.title()));
            }
            // What failed and the ways on are seen at once; a long reason stands whole in the journal.
            rows.push(label("Why", &shortened(failure.why.as_str(), IN_JOURNAL)));
            match &state.log.diagnosis {
                Some(known) => rows.extend(known_cause(known)),
                None => rows.push(label("Next", &shortened(failure.next.as_str(), IN_JOURNAL))),
            }
            rows.push(label("Still safe", failure.still_safe.as_str()));
        }
        (None, None) if !run.alive => {
            rows.push(
                Row::new(
                    "? Interrupted: the runner is gone without a last word",
                    Role::Warn,
                )
                .hang(2),
            );
            rows.push(Row::empty());
            rows.push(label("Why", "it was killed, or the machine was restarted; what it did up to then is in the journal"));
            if let Some(step) = run.current() {
                rows.push(label("Step", &format!("{}: not known how it ended; going on looks first and repeats nothing blindly", step.title())));
            }
        }
        (Some(_), None) | (None, None) => {}
    }
    rows.push(label("Users", users(run)));
    if run.view.failure().is_none() {
        rows.extend(end_and_backup(run));
    }
    rows.push(Row::empty());
    rows.extend(buttons(state));
    if let Some((_, failure)) = run.view.failure() {
        rows.push(Row::empty());
        rows.extend(end_and_backup(run));
        if state.log.diagnosis.is_some() {
            rows.push(label("Next", failure.next.as_str()));
        }
    }
    rows.extend(diagnosis(state));
    rows.extend(right_end(state));
    if let Some(window) = state.log.window.as_ref().filter(|w| !w.lines.is_empty()) {
        rows.push(Row::empty());
        rows.push(
            Row::dim("── last lines of its log; L opens it ")
                .and("─".repeat(60), Role::Dim)
                .cut(),
        );
        let skipped = window.lines.len().saturating_sub(6);
        for line in window.lines.iter().skip(skipped) {
            rows.push(Row::new(line.text.to_string(), running::level_role(line.level)).cut());
        }
    }
    rows
}

const IN_JOURNAL: &str = "J has all of it";

/// How the run ended, and the backup that it leaves.
fn end_and_backup(run: &RunWatch) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some((exit, message)) = &run.view.ended {
        let code = format!("exit code {}, {}", exit.number(), exit.meaning());
        // What failed is told above; then the end adds only its code.
        rows.push(match run.view.failure() {
            Some(_) => label("Ended with", &code),
            None => label("It ended", &format!("{message} ({code})")),
        });
    }
    if let Some(dir) = &run.view.facts.backup_dir {
        let level = run.view.facts.level.map_or("taken", |l| l.words());
        rows.push(label(
            "Backup",
            &format!(
                "{level}: {}",
                dir.file_name().unwrap_or_default().to_string_lossy()
            ),
        ));
    }
    rows
}

/// So much of it that the ways on stay in sight; `whole` says where the rest is.
fn shortened(text: &str, whole: &str) -> String {
    let short = CleanText::limited(text, 160);
    if short.as_str() == text {
        text.to_string()
    } else {
        format!("{short} ({whole})")
    }
}

/// The known failure in short: what it is and what to do.
fn known_cause(known: &Diagnosis) -> Vec<Row> {
    vec![
        label(
            "Known",
            &format!(
                "{} ({})",
                known.failure.title,
                known.failure.certainty.word()
            ),
        ),
        label("Do", &shortened(&known.failure.next, "more below")),
    ]
}

/// A known failure in the log of what failed: cause, what to do, how sure, from where we know it.
fn diagnosis(state: &State) -> Vec<Row> {
    let Some(known) = &state.log.diagnosis else {
        return Vec::new();
    };
    let failure = &known.failure;
    let source = failure.sources.first().cloned().unwrap_or_default();
    vec![
        Row::empty(),
        Row::new(
            format!(
                "Known failure ({}): {}",
                failure.certainty.word(),
                failure.title
            ),
            Role::Strong,
        )
        .hang(2),
        label("Log says", known.text.as_str()),
        label("Cause", &failure.cause),
        label("Do", &failure.next),
        label("Again", failure.again.sentence()),
        label("Source", &source),
    ]
}

/// Practice tells at the end what the right one is.
fn right_end(state: &State) -> Vec<Row> {
    let Some(lesson) = &state.lesson else {
        return Vec::new();
    };
    vec![
        Row::empty(),
        Row::new("PRACTICE  the right end: ", Role::Strong)
            .and(lesson.right_end.clone(), Role::Plain)
            .hang(10),
    ]
}

fn label(name: &str, text: &str) -> Row {
    Row::dim(format!("  {name:<11}"))
        .and(CleanText::new(text).to_string(), Role::Plain)
        .hang(13)
}

/// What users see now.
fn users(run: &RunWatch) -> &'static str {
    match run.view.phase() {
        Phase::BeforeDowntime => {
            "notice nothing: the old version serves, the database is as it was"
        }
        Phase::Down => "are locked out; the database is as it was",
        Phase::AfterPoint => {
            "are locked out; the database may be between two versions: leave the server down"
        }
        Phase::Upgraded => "work with the new version",
        Phase::RolledBack => "work with the old version again",
    }
}

pub fn finish(state: &State) -> Vec<Row> {
    let Some(run) = &state.run else {
        return vec![Row::text("No run is open.")];
    };
    let mut rows = running::alarms(run);
    let version = run
        .view
        .facts
        .serving
        .as_ref()
        .map_or("?".to_string(), ToString::to_string);
    match &run.view.ended {
        Some((ExitCode::Ok, message)) => {
            rows.push(
                Row::new(
                    format!("✔ {} runs OpenMetadata {version}", run.view.deployment),
                    Role::Good,
                )
                .hang(2),
            );
            rows.push(Row::text(message.to_string()));
        }
        Some((ExitCode::RolledBack, message)) => {
            rows.push(
                Row::new(
                    format!(
                        "✔ Rolled back: {} runs OpenMetadata {version} again",
                        run.view.deployment
                    ),
                    Role::Good,
                )
                .hang(2),
            );
            rows.push(Row::text(message.to_string()));
        }
        Some((exit, message)) => {
            rows.push(Row::new(format!("{}: {message}", exit.meaning()), Role::Warn).hang(2));
        }
        None => {
            rows.extend(running::downtime(state, run));
            rows.push(Row::text(
                "The last steps: settings are put back, the report is written.",
            ));
            for (id, step) in run.view.steps.iter().rev().take(3).rev() {
                let sign = running::glyph(state, run, step);
                rows.push(
                    Row::new(format!("  {} ", sign.glyph), sign.role).and(id.title(), Role::Plain),
                );
            }
            return rows;
        }
    }
    rows.push(Row::empty());
    rows.extend(buttons(state));
    rows.push(Row::empty());
    rows.push(Row::heading("How long it took"));
    for rail in crate::wizard::page::Rail::ALL {
        let seconds: f64 = rail
            .steps()
            .iter()
            .filter_map(|step| run.took.get(step))
            .sum();
        if seconds > 0.0 {
            rows.push(Row::text(format!(
                "  {:<16} {}",
                rail.long(),
                units::clock(seconds.round() as u64)
            )));
        }
    }
    if let Some(seconds) = run.view.facts.downtime_seconds {
        rows.push(Row::new(
            format!(
                "  {:<16} {}",
                "Users locked out",
                units::clock(seconds.round() as u64)
            ),
            Role::Strong,
        ));
    }
    rows.push(Row::empty());
    rows.push(Row::heading("Still yours to do"));
    let mut todo = Vec::new();
    if run.view.phase() == Phase::Upgraded {
        todo.push("open the page in a browser, log in, look at one table you know".to_string());
        todo.push("upgrade the clients outside (Clients page) and resume ingestion".to_string());
    }
    if let Some(dir) = &run.view.facts.backup_dir {
        todo.push(format!(
            "keep the backup for a while: {}",
            CleanText::new(&dir.display().to_string())
        ));
    }
    if let Some(kept) = &run.view.facts.upgraded_kept {
        todo.push(format!(
            "the upgraded database '{}' is kept beside; drop it when nobody needs it",
            CleanText::new(kept)
        ));
    }
    for setting in &run.view.facts.changed_settings {
        todo.push(format!(
            "{} of {} is still changed",
            setting.name, setting.scope
        ));
    }
    rows.extend(
        todo.into_iter()
            .map(|text| Row::text(format!("  · {text}")).hang(4)),
    );
    rows.push(Row::empty());
    rows.push(
        Row::dim(format!(
            "Report  {}/report.md, report.json",
            CleanText::new(&run.folder.display().to_string())
        ))
        .hang(8),
    );
    rows.push(Row::empty());
    rows.extend(right_end(state));
    rows
}
