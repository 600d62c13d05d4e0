//! The end of a run: what serves, how long it took, what is still to do.

use super::{buttons, running, stopped};
use crate::domain::clean_text::CleanText;
use crate::domain::plan::Goal;
use crate::domain::run_view::{GO_AHEADS, Phase, StepState};
use crate::domain::step::{Outcome, StepId};
use crate::exit_code::ExitCode;
use crate::screen::rows::{Role, Row};
use crate::screen::units;
use crate::wizard::State;
use crate::wizard::page::{Page, Rail};
use crate::wizard::run_watch::RunWatch;

/// What went through with a warning on the way that was taken last, and what it said.
fn warnings(run: &RunWatch) -> Vec<Row> {
    let mut rows: Vec<Row> = run
        .view
        .steps
        .iter()
        .filter_map(|(step, state)| match state {
            StepState::Ended {
                outcome: Outcome::Warning { message },
                ..
            } => Some(
                Row::new("  ! ", Role::Warn)
                    .and(format!("{}: ", step.title()), Role::Strong)
                    .and(message.to_string(), Role::Plain)
                    .hang(4),
            ),
            StepState::Ended { .. }
            | StepState::ToDo
            | StepState::Running { .. }
            | StepState::Failed { .. } => None,
        })
        .collect();
    if !rows.is_empty() {
        rows.insert(0, Row::heading("Went through with a warning"));
        rows.push(Row::empty());
    }
    rows
}

/// It waits for a person.
fn asks(step: StepId) -> bool {
    GO_AHEADS.iter().any(|(asking, _)| *asking == step)
}

/// A line of how long some steps took together; none where none of them ran.
fn lasted(run: &RunWatch, name: &str, steps: &[StepId]) -> Option<Row> {
    let times = steps.iter().filter_map(|step| run.took.get(step));
    let seconds: f64 = times.sum();
    (seconds.round() > 0.0).then(|| {
        let clock = units::clock(units::whole(seconds));
        Row::text(format!("  {name:<17} {clock}"))
    })
}

pub fn page(state: &State) -> Vec<Row> {
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
        Some((ExitCode::Ok, message)) if run.view.goal == Some(Goal::BackUp) => {
            rows.push(
                Row::new(
                    format!("✔ The database of {} is backed up", run.view.deployment),
                    Role::Good,
                )
                .hang(2),
            );
            rows.push(Row::text(message.to_string()));
        }
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
    rows.extend(warnings(run));
    rows.push(Row::heading("How long it took"));
    for rail in Rail::ALL {
        let work: Vec<StepId> = rail
            .steps()
            .iter()
            .copied()
            .filter(|step| !asks(*step))
            .collect();
        // Of the notes' step only the checks take time.
        let name = match rail {
            Rail::Notes => "Checks",
            rail => rail.long(),
        };
        rows.extend(lasted(run, name, &work));
    }
    let back: Vec<StepId> = StepId::ALL
        .iter()
        .copied()
        .filter(|step| Page::of_step(*step) == Page::WayBack)
        .collect();
    rows.extend(lasted(run, "Going back", &back));
    let asking: Vec<StepId> = GO_AHEADS.iter().map(|(step, _)| *step).collect();
    rows.extend(lasted(run, "Waited for you", &asking));
    if !run.lockouts.is_empty() {
        let clock = |seconds: f64| units::clock(units::whole(seconds));
        let each: Vec<String> = run.lockouts.iter().map(|each| clock(*each)).collect();
        let parts = match each.as_slice() {
            [upgrade, back] if run.view.phase() == Phase::RolledBack => {
                format!("  (upgrade {upgrade}, going back {back})")
            }
            [_] | [] => String::new(),
            each => format!("  ({})", each.join(" and ")),
        };
        rows.push(
            Row::new(
                format!(
                    "  {:<17} {}",
                    "Users locked out",
                    clock(run.lockouts.iter().sum())
                ),
                Role::Strong,
            )
            .and(parts, Role::Plain),
        );
    }
    rows.push(Row::empty());
    rows.push(Row::heading("Still yours to do"));
    let mut todo = Vec::new();
    if run.view.phase() == Phase::Upgraded {
        todo.push("open the page in a browser, log in, look at one table you know".to_string());
        todo.push(
            "upgrade the clients outside (`omup clients` has the lines) and resume ingestion"
                .to_string(),
        );
        for setting in &run.view.not_carried {
            // The file is the new version's; which setting it is comes after it.
            let text = setting.as_str();
            let text = text.split_once(".yaml: ").map_or(text, |(_, rest)| rest);
            todo.push(format!("set by hand, if it is still wanted: {text}"));
        }
    }
    if run.view.phase() == Phase::RolledBack {
        todo.push("resume the ingestion that was paused by hand".to_string());
        if let Some(database) = &run.view.facts.restored_database {
            todo.push(format!(
                "the old version now uses the database '{}': tell backups and monitoring",
                CleanText::new(database)
            ));
        }
    }
    if let Some(dir) = &run.view.facts.backup_dir {
        todo.push(format!(
            "keep the backup for a while: {}",
            CleanText::new(&dir.display().to_string())
        ));
    }
    if let Some(kept) = &run.view.facts.upgraded_kept {
        todo.push(format!(
            "{} '{}' is kept beside; drop it when nobody needs it",
            run.view.facts.what_is_kept(),
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
    rows.extend(stopped::right_end(state));
    rows
}
