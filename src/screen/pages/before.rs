//! The whole plan with its downtime, before the first change.

use super::{button, pointer};
use crate::domain::answers::MemoryWay;
use crate::domain::clean_text::CleanText;
use crate::domain::plan::{Intent, NOT_CARRIED};
use crate::domain::step::{Danger, StepId};
use crate::screen::rows::{Role, Row};
use crate::wizard::State;
use crate::wizard::items::{Do, Item};
use crate::wizard::page::Page;

pub fn plan(state: &State) -> Vec<Row> {
    let Some(looked) = &state.looked else {
        let words = if state.looking {
            "The plan is being made …"
        } else {
            "There is no plan: the deployment could not be looked at. Esc leads back."
        };
        return vec![Row::text(words)];
    };
    let plan = &looked.plan;
    let version = |v: &Option<crate::domain::version::OmVersion>| {
        v.as_ref().map_or("?".to_string(), ToString::to_string)
    };
    let mut rows = vec![
        Row::text(format!(
            "{} → {}, database ",
            version(&plan.from),
            version(&plan.to)
        ))
        .and(plan.identity.database.clone(), Role::Strong),
        Row::dim(format!(
            "its identity (server:object), as the answers confirm it: {}",
            plan.identity.server
        ))
        .hang(2),
    ];
    let waived: Vec<&str> = looked
        .findings
        .iter()
        .filter(|f| f.waived.is_some())
        .map(|f| f.id.as_str())
        .collect();
    if !waived.is_empty() {
        rows.push(Row::new(
            format!("! waived: {}", waived.join(", ")),
            Role::Warn,
        ));
    }
    rows.push(Row::empty());
    if state.starting {
        rows.push(Row::new("▸ starting the runner …", Role::Accent).mark(state.cursor() == 0));
    } else if state.looking {
        rows.push(
            Row::new(
                "▸ the plan is being made anew with your settings …",
                Role::Accent,
            )
            .mark(state.cursor() == 0),
        );
    } else {
        rows.push(button(state, Do::Start));
    }
    rows.push(Row::empty());
    let mut down = false;
    for (index, step) in plan.steps.iter().enumerate() {
        if step.downtime != down {
            down = step.downtime;
            rows.push(if down {
                Row::new(
                    "── users are locked out from here (1st typed word) ──",
                    Role::Warn,
                )
                .cut()
            } else {
                Row::new("── the new version serves from here ──", Role::Good).cut()
            });
        }
        if step.id == StepId::PointOfNoReturn {
            rows.push(
                Row::new(
                    "── from here a restore leads back (2nd typed word) ──",
                    Role::Warn,
                )
                .cut(),
            );
        }
        let marked = state.item() == Some(Item::Step(index));
        let (danger, role) = what_it_does(step.id, step.danger, state.form.memory);
        rows.push(
            Row::text(format!(
                "{}{:>2} {}  ",
                pointer(marked),
                index + 1,
                step.title
            ))
            .and(danger, role)
            .hang(5)
            .mark(marked),
        );
        let left = step.intents.iter().filter(|intent| {
            matches!(intent, Intent::File { change, .. } if change.as_str().contains(NOT_CARRIED))
        });
        let left = left.count();
        if left > 0 {
            rows.push(
                Row::new(
                    format!("     ! {left} settings of the old version are not carried over: Enter names them"),
                    Role::Warn,
                )
                .hang(7),
            );
        }
    }
    rows.push(Row::empty());
    rows.push(Row::dim("Enter on a step shows what it runs; c shows all commands. The proof measures how long a restore takes; that is shown before you type anything. How long the migration takes nobody can know here.").hang(0));
    rows
}

/// What a step does to the deployment, in a few words.
fn what_it_does(step: StepId, danger: Danger, memory: MemoryWay) -> (&'static str, Role) {
    match (step, danger) {
        (StepId::StartDowntime | StepId::PointOfNoReturn, _) => ("asks you", Role::Strong),
        (StepId::TuneMemory, _) => match memory {
            MemoryWay::Role => ("put back at the end", Role::Plain),
            MemoryWay::Connection => ("only for the migration's connection", Role::Plain),
            MemoryWay::Leave => ("only looks", Role::Dim),
        },
        (StepId::PutSettingsBack, _) => ("the old values again", Role::Plain),
        (_, Danger::Looks) => ("only looks", Role::Dim),
        (_, Danger::Beside) => ("writes only beside it", Role::Dim),
        (_, Danger::Undoable) => ("undone by starting the old server", Role::Plain),
        (_, Danger::NeedsRestore) => ("undone by a restore", Role::Warn),
    }
}

/// One intent in a line.
pub fn intent(intent: &Intent) -> Row {
    let (mark, text, role) = match intent {
        Intent::Command { line, .. } => ("$ ", line.to_string(), Role::Accent),
        Intent::Sql { statement } => ("SQL ", statement.to_string(), Role::Accent),
        Intent::File { path, change } => ("file ", format!("{path}: {change}"), Role::Plain),
        Intent::Request { line } => ("HTTP ", line.to_string(), Role::Accent),
        Intent::Question { text, .. } => ("asks ", text.to_string(), Role::Strong),
        Intent::Look { what } => ("looks ", what.to_string(), Role::Dim),
    };
    Row::dim(format!("  {mark}"))
        .and(CleanText::new(&text).to_string(), role)
        .hang(6)
}

pub fn step_detail(state: &State, index: usize) -> Vec<Row> {
    let Some(step) = state.looked.as_ref().and_then(|l| l.plan.steps.get(index)) else {
        return Vec::new();
    };
    let mut rows = vec![Row::heading(step.title.clone()), Row::empty()];
    if !step.risk.is_empty() {
        rows.push(Row::text(format!("Can go wrong: {}", step.risk)).hang(2));
        rows.push(Row::empty());
    }
    rows.extend(step.intents.iter().map(intent));
    rows
}

/// Every command of the plan, or of the steps of the run's page.
pub fn commands(state: &State) -> Vec<Row> {
    let mut rows = Vec::new();
    if let (Page::Ways, Some(by_hand)) = (state.page, &state.way_back_by_hand) {
        rows.push(Row::dim(
            "The restore by hand, as way-back.md in the run's folder has it; omup runs the same commands.",
        ));
        rows.extend(by_hand.lines().map(|line| Row::text(line.to_string())));
        return rows;
    }
    let Some(looked) = &state.looked else {
        if let Some(run) = &state.run {
            rows.push(Row::text(format!(
                "The plan of this run with every command: {}/plan.json",
                run.folder.display()
            )));
            rows.push(Row::text(format!("$ omup runs show {}", run.id)));
            rows.push(
                Row::text(format!(
                    "To go back by hand without omup: {}/way-back.md",
                    run.folder.display()
                ))
                .hang(2),
            );
            return rows;
        }
        rows.push(Row::text(
            "Nothing was looked at yet; afterwards the plan's commands stand here. The same without this screen, once an answers file is written:",
        ));
        rows.push(Row::text("$ omup check --answers FILE"));
        rows.push(Row::text("$ omup plan --answers FILE"));
        return rows;
    };
    rows.push(Row::dim(
        "Secrets are masked. These are the very commands, in their order.",
    ));
    for step in &looked.plan.steps {
        rows.push(Row::heading(step.title.clone()));
        rows.extend(step.intents.iter().map(intent));
    }
    rows
}
