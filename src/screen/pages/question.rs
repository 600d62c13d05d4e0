//! The two go-aheads: start of downtime, and point of no return. Nothing here is one key away.

use super::buttons;
use super::running;
use crate::domain::answers::PERSON_WAITS_HOURS;
use crate::domain::duration::about;
use crate::domain::way_back::{self, SWITCH_SECONDS};
use crate::screen::rows::{Role, Row};
use crate::screen::units;
use crate::wizard::page::Page;
use crate::wizard::{State, who_else};

/// The question without what the lines below say of the backup, and why an answers file does not count, where it says so.
fn asked(text: &str, point: bool) -> Vec<String> {
    match text.split_once(" The backup is ").filter(|_| !point) {
        Some((first, rest)) => {
            let why = rest
                .split_once(". (")
                .and_then(|(_, why)| why.strip_suffix(')'));
            let why = why.map(str::to_string);
            std::iter::once(first.to_string()).chain(why).collect()
        }
        None => vec![text.to_string()],
    }
}

pub fn rows(state: &State) -> Vec<Row> {
    let Some(run) = &state.run else {
        return vec![Row::text("No run is open.")];
    };
    let point = state.page == Page::Point;
    let facts = &run.view.facts;
    let mut rows = running::alarms(run);
    rows.extend(running::downtime(state, run));
    let Some(question) = &run.view.question else {
        rows.push(Row::text("The go-ahead was given; the run goes on."));
        return rows;
    };
    rows.push(if point {
        Row::new(
            "The last place from which going back needs no restore.",
            Role::Strong,
        )
    } else {
        Row::new(
            "The run waits for you. Users notice nothing yet.",
            Role::Strong,
        )
    });
    rows.extend(
        asked(question.text.as_str(), point)
            .into_iter()
            .map(Row::text),
    );
    let window = run.answers.as_ref();
    let window = window.and_then(|answers| answers.run.agreed_downtime_minutes);
    if let Some(minutes) = window.filter(|_| !point) {
        rows.push(Row::text(format!(
            "The agreed window is {minutes} min from your word."
        )));
    }
    rows.push(Row::empty());
    let yes = |ok: bool, text: String| {
        let (sign, role) = if ok {
            ("✔ ", Role::Good)
        } else {
            ("○ ", Role::Dim)
        };
        Row::new(format!("  {sign}"), role)
            .and(text, Role::Plain)
            .hang(4)
    };
    let backup = match (&facts.level, &facts.backup_dir) {
        (Some(level), Some(_)) => format!("backup {}", level.words()),
        (None, Some(_)) => "backup taken, not proven".to_string(),
        (_, None) => "no backup".to_string(),
    };
    rows.push(yes(facts.level.is_some(), backup));
    // At the point the question itself says so.
    if let Some(seconds) = facts.restore_seconds.filter(|_| !point) {
        rows.push(yes(
            true,
            format!(
                "a restore took {seconds:.1} s here: going back later takes {}, with {SWITCH_SECONDS} s allowed for stop and start",
                about(way_back::with_switch(seconds))
            ),
        ));
    }
    if let Some((bytes, way)) = &facts.memory {
        rows.push(yes(
            true,
            format!("sort memory {} ({way})", units::bytes(*bytes)),
        ));
    }
    if point {
        rows.push(yes(
            facts.server_stopped,
            "the old server is stopped, and nobody writes".to_string(),
        ));
        rows.push(yes(
            facts.gate_equal,
            "the source equals the backup, with nobody writing".to_string(),
        ));
    }
    rows.push(Row::empty());
    if point {
        rows.push(Row::new(
            "After this the new version reaches the database.",
            Role::Warn,
        ));
    }
    if run.alive {
        let asked = run.answers.as_ref().map_or(0, |a| a.run.wait_for_answers);
        let hours = PERSON_WAITS_HOURS.max(asked / 3600);
        rows.push(Row::dim(format!(
            "The run waits {hours} h for an answer{}. Without one it ends: {}.",
            if point { ", users locked out" } else { "" },
            question.safe
        )));
    }
    if run.read_only() {
        let who = who_else(&state.who, run.helm.as_ref());
        rows.push(Row::new(
            format!("{who} steers this run; this screen only watches (T takes the helm)."),
            Role::Warn,
        ));
    }
    if !run.alive {
        rows.push(Row::text(
            "No runner works now; a right answer starts it again.",
        ));
    }
    rows.push(Row::empty());
    rows.extend(buttons(state));
    rows
}
