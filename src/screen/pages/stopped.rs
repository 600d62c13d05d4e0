//! Stopped: the reason, what is known of it, the ways on.

use super::{buttons, running};
use crate::domain::clean_text::CleanText;
use crate::domain::log_view::LogLine;
use crate::domain::run_view::Phase;
use crate::domain::step::{Failure, StepId};
use crate::exit_code::ExitCode;
use crate::knowledge::{Diagnosis, Names};
use crate::screen::rows::{Role, Row};
use crate::screen::units;
use crate::wizard::State;
use crate::wizard::run_watch::RunWatch;

pub fn page(state: &State) -> Vec<Row> {
    let Some(run) = &state.run else {
        return vec![Row::text("No run is open.")];
    };
    let mut rows = running::alarms(run);
    rows.extend(running::downtime(state, run));
    let failed = failed(run);
    let short = short(state);
    match failed {
        Some((step, failure)) => {
            // The exit code of a stop that somebody wanted.
            let wanted = failure.exit == ExitCode::StoppedAndPutBack;
            rows.push(match wanted {
                true => Row::new("– Stopped, as it was asked for", Role::Strong).hang(2),
                false => Row::new(format!("✖ Failed to {}", failure.what), Role::Bad).hang(2),
            });
            if run.view.failure().is_none() {
                rows.push(Row::new(
                    "  It was put back: the old version serves again.",
                    Role::Good,
                ));
            }
            if step.title().to_lowercase() != failure.what.as_str() {
                rows.push(label("Step", step.title()));
            }
            // What failed and the ways on are seen at once; a long reason stands whole in the journal.
            rows.push(label(
                "Why",
                &shortened(failure.why.as_str(), short, IN_JOURNAL),
            ));
            // A symptom tells no more than the failure itself: what the run says to do next stands, it goes below.
            let known = state.log.diagnosis.as_ref();
            match known.filter(|known| known.failure.names == Names::Cause) {
                Some(known) => rows.extend(known_cause(known, short)),
                None => rows.push(label(
                    "Next",
                    &shortened(failure.next.as_str(), short, IN_JOURNAL),
                )),
            }
            rows.push(label("Still safe", failure.still_safe.as_str()));
        }
        None if run.view.ended.is_none() && !run.alive => {
            rows.push(
                Row::new(
                    "? Interrupted: the runner is gone without a last word",
                    Role::Warn,
                )
                .hang(2),
            );
            rows.push(Row::empty());
            rows.push(label("Why", "not known: it may have been killed, or the machine restarted; what it did up to then is in the journal"));
            if let Some(step) = run.current() {
                let how = match run.left_child {
                    Some(pid) => format!(
                        "its program (process {pid}) STILL RUNS and is watched by nobody: start nothing beside it; going on takes it up"
                    ),
                    None => {
                        "not known how it ended; going on looks first and repeats nothing blindly"
                            .to_string()
                    }
                };
                rows.push(label("Step", &format!("{}: {how}", step.title())));
            }
        }
        None => {}
    }
    rows.push(label("Users", &users(run)));
    if failed.is_none() {
        rows.extend(end_and_backup(run));
    }
    rows.push(Row::empty());
    rows.extend(buttons(state));
    if let Some((_, failure)) = failed {
        rows.extend(log_lines(state));
        rows.push(Row::empty());
        rows.extend(end_and_backup(run));
        let known = state.log.diagnosis.as_ref();
        if known.is_some_and(|known| known.failure.names == Names::Cause) {
            rows.push(label("Next", failure.next.as_str()));
        }
    }
    rows.extend(diagnosis(state));
    rows.extend(right_end(state));
    if failed.is_none() {
        rows.extend(log_lines(state));
    }
    rows
}

/// What failed: in the present goal, or in this run before it was put back.
fn failed(run: &RunWatch) -> Option<(StepId, &Failure)> {
    let earlier = run.last_failure.as_ref().map(|(step, why)| (*step, why));
    run.view.failure().or(earlier.filter(|_| {
        matches!(
            &run.view.ended,
            Some((exit, _)) if !matches!(exit, ExitCode::Ok | ExitCode::RolledBack | ExitCode::WaitingForInput)
        )
    }))
}

/// How many letters of a reason stand above the ways on; more of them on a higher screen.
fn short(state: &State) -> usize {
    160 + usize::from(state.height.saturating_sub(24)) * 40
}

/// The lines of the log that matter: around the one that a known failure was read from, with those that the advice
/// names by their words; else the last ones.
fn log_lines(state: &State) -> Vec<Row> {
    let window = state.log.window.as_ref();
    let Some(window) = window.filter(|window| !window.lines.is_empty()) else {
        return Vec::new();
    };
    let row = |line: &LogLine, here: bool| {
        let sign = if here { "* " } else { "  " };
        Row::dim(sign)
            .and(line.text.to_string(), running::level_role(line.level))
            .cut()
    };
    let mut rows = vec![Row::empty()];
    let lines = &window.lines;
    let known = state.log.diagnosis.as_ref();
    let at = known.and_then(|known| usize::try_from(known.line).ok()?.checked_sub(1));
    let Some((known, at)) = known.zip(at.filter(|at| *at < lines.len())) else {
        rows.push(Row::rule("last lines of its log; L opens it"));
        let skipped = lines.len().saturating_sub(6);
        rows.extend(lines.iter().skip(skipped).map(|line| row(line, false)));
        return rows;
    };
    rows.push(Row::rule("lines of its log; L opens it"));
    let first = at.saturating_sub(1);
    // The advice quotes a line that stands above: 'Migration Run started'.
    let named = known.failure.next.split('\'').skip(1).step_by(2);
    let mut above: Vec<usize> = named
        .filter_map(|words| {
            lines[..first]
                .iter()
                .rposition(|line| line.text.as_str().contains(words))
        })
        .collect();
    above.sort_unstable();
    above.dedup();
    for index in above {
        // Its end tells which version: it is shown whole.
        let mut whole = row(&lines[index], false).hang(4);
        whole.cut = false;
        rows.push(whole);
        rows.push(Row::dim("  …"));
    }
    for (index, line) in lines.iter().enumerate().skip(first).take(6) {
        rows.push(row(line, index == at));
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
        rows.push(match failed(run) {
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
fn shortened(text: &str, letters: usize, whole: &str) -> String {
    let short = CleanText::limited(text, letters);
    if short.as_str() == text {
        return text.to_string();
    }
    // Not in the middle of a word, unless that is a long path.
    let short = short.as_str().trim_end_matches('…');
    let end = short.rfind(' ').unwrap_or(0);
    if short.len() - end > 30 {
        return format!("{short}… ({whole})");
    }
    format!("{} … ({whole})", short[..end].trim_end())
}

/// The known failure in short: what it is and what to do.
fn known_cause(known: &Diagnosis, letters: usize) -> Vec<Row> {
    vec![
        label(
            "Known",
            &format!(
                "{} ({})",
                known.failure.title,
                known.failure.certainty.word()
            ),
        ),
        label("Do", &shortened(&known.failure.next, letters, "more below")),
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
pub fn right_end(state: &State) -> Vec<Row> {
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
fn users(run: &RunWatch) -> String {
    let words = match run.view.phase() {
        Phase::BeforeDowntime if !run.lockouts.is_empty() => {
            let seconds: f64 = run.lockouts.iter().sum();
            return format!(
                "work with the old version again; they were locked out for {}",
                units::clock(units::whole(seconds))
            );
        }
        Phase::BeforeDowntime => {
            "notice nothing: the old version serves, the database is as it was"
        }
        Phase::Down => "are locked out; the database is as it was",
        // How far it has got, the reason above says.
        Phase::AfterPoint => {
            "are locked out; the new version has reached the database: leave the old server down"
        }
        Phase::Upgraded => "work with the new version",
        Phase::RolledBack => "work with the old version again",
    };
    words.to_string()
}
