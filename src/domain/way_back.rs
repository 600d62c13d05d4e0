//! The ways back from where a run stands, each with its price. Computed from facts, never stored.

use super::duration::about;
use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;
use super::plan::Goal;
use super::run_view::{Phase, RunView, StepState};
use super::space::size;
use super::step::StepId;

/// The ways that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WayId {
    /// Nothing has been changed: put settings back and end the run.
    EndHere,
    /// The database is as it was: start the old server again.
    StartOld,
    /// Restore the backup into a new database and let the old version serve it.
    Restore,
    /// Go on forward: let the migration run again from where it stopped.
    GoOn,
    /// The same with more sort memory, after the migration failed for too little of it.
    MoreMemory,
}

impl WayId {
    pub fn id(self) -> &'static str {
        match self {
            WayId::EndHere => "end-here",
            WayId::StartOld => "start-old",
            WayId::Restore => "restore",
            WayId::GoOn => "go-on",
            WayId::MoreMemory => "more-memory",
        }
    }

    pub fn parse(text: &str) -> Option<WayId> {
        [
            WayId::EndHere,
            WayId::StartOld,
            WayId::Restore,
            WayId::GoOn,
            WayId::MoreMemory,
        ]
        .into_iter()
        .find(|way| way.id() == text)
    }

    /// True for a way that leads on to the new version.
    pub fn is_forward(self) -> bool {
        match self {
            WayId::GoOn | WayId::MoreMemory => true,
            WayId::EndHere | WayId::StartOld | WayId::Restore => false,
        }
    }
}

/// What the examination of a migration says that failed for too little sort memory. In bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MoreMemory {
    Possible {
        from: u64,
        to: u64,
        /// What runs again, and what is not known.
        about: CleanText,
    },
    Not {
        why: CleanText,
    },
}

/// What the world says now; gathered by the application, judged here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Situation {
    /// The source database still equals the certificate. `None`: could not look.
    pub source_unchanged: Option<bool>,
    /// The backup was verified just now, byte for byte.
    pub backup_good: Option<bool>,
    /// What is wrong with it, with the file's name.
    pub backup_trouble: Option<CleanText>,
    /// The database holds another migration history than the run found when it began.
    pub history_changed: bool,
    /// A migration process or session is still alive.
    pub migration_alive: bool,
    /// All rows that the target needs are there.
    pub migration_complete: Option<bool>,
    /// Rows written since the backup's snapshot. `None`: could not count.
    pub writes_since_backup: Option<u64>,
    /// Only where the migration failed for too little sort memory.
    pub more_memory: Option<MoreMemory>,
}

/// One way back with what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayBack {
    pub id: WayId,
    pub title: String,
    /// What is lost, in words with the count.
    pub loses: CleanText,
    /// Seconds; `None` where nobody can tell.
    pub about_seconds: Option<u64>,
    /// What that figure rests on: what was measured, and what is only allowed for. Empty where nothing is to be said.
    #[serde(default)]
    pub basis: String,
    pub recommended: bool,
    /// Why it cannot be taken now; empty when it can.
    pub hindrance: Option<CleanText>,
}

/// What is allowed for beside a restore, in seconds: stop, start and health of the old server. A rule of ours, not a
/// measurement.
pub const SWITCH_SECONDS: u64 = 60;

/// Seconds of a way back by a restore that was measured: with what is allowed for beside it.
pub fn with_switch(restore_seconds: f64) -> u64 {
    restore_seconds.ceil() as u64 + SWITCH_SECONDS
}

impl WayBack {
    /// How long it takes and how that is known, in words.
    pub fn takes(&self) -> String {
        let time = match self.about_seconds {
            Some(0) => return "no time".to_string(),
            Some(seconds) => about(seconds),
            None => "not known".to_string(),
        };
        if self.basis.is_empty() {
            return time;
        }
        format!("{time} ({})", self.basis)
    }
}

/// All ways from here, the recommended one first.
pub fn ways_back(view: &RunView, now: &Situation) -> Vec<WayBack> {
    let mut ways = Vec::new();
    let restore_seconds = view.facts.restore_seconds.map(with_switch);
    let allowed = format!("{SWITCH_SECONDS} s allowed for start and health, not measured");
    let unmeasured = "nothing like it was measured".to_string();
    let restore_basis = view.facts.restore_seconds.map_or_else(
        || "no restore was measured".to_string(),
        |s| {
            format!("the restore took {s:.1} s here, {SWITCH_SECONDS} s allowed for stop and start")
        },
    );
    let running = now
        .migration_alive
        .then(|| CleanText::from("a migration is still running: wait for it or end it first"));
    let forward_hindrance = running.clone().or_else(|| turned_back(view));
    match view.phase() {
        Phase::BeforeDowntime => ways.push(WayBack {
            id: WayId::EndHere,
            title: "End here: the old version was never touched".to_string(),
            loses: "nothing".into(),
            about_seconds: Some(0),
            basis: String::new(),
            recommended: true,
            hindrance: None,
        }),
        Phase::Down => ways.push(WayBack {
            id: WayId::StartOld,
            title: "Start the old server again: the database is as it was".to_string(),
            loses: "nothing".into(),
            about_seconds: Some(SWITCH_SECONDS),
            basis: allowed,
            recommended: true,
            hindrance: now.history_changed.then(|| {
                "somebody else has migrated the database since this run began: the old version cannot serve it".into()
            }),
        }),
        Phase::AfterPoint | Phase::Upgraded => {
            let unchanged = now.source_unchanged == Some(true);
            let more = more_memory(view, now, forward_hindrance.as_ref());
            // The schema has moved, no step has failed and the run is not at its end: somebody has stopped it.
            let complete = now.migration_complete == Some(true) && !view.complete();
            let back = matches!(view.goal, Some(Goal::WayBack { .. }));
            let forward = complete && !back && view.failure().is_none();
            let advised = forward || more.as_ref().is_some_and(|way| way.recommended);
            ways.extend(more);
            if unchanged {
                ways.push(WayBack {
                    id: WayId::StartOld,
                    title: "Start the old server again: the database still equals the backup"
                        .to_string(),
                    loses: "nothing".into(),
                    about_seconds: Some(SWITCH_SECONDS),
                    basis: allowed,
                    recommended: !advised,
                    hindrance: running.clone(),
                });
            }
            // The search index has the new version's shape by then; it is rebuilt as a step of this way.
            let loses = match now.writes_since_backup {
                Some(0) => CleanText::from(
                    "nothing that is dated: no row is newer than the backup (tables without a date are not counted)",
                ),
                Some(n) => CleanText::from(format!(
                    "{n} rows dated after the backup, the migration's own among them (they stay in the database that is kept beside)"
                )),
                None => CleanText::from("the writes since the backup; they could not be counted"),
            };
            ways.push(WayBack {
                id: WayId::Restore,
                title: "Restore the backup into a new database and start the old version on it"
                    .to_string(),
                loses,
                about_seconds: restore_seconds,
                basis: restore_basis,
                // Where the new version serves, going back is a choice and no advice.
                recommended: !unchanged && !advised && view.phase() == Phase::AfterPoint,
                hindrance: running.clone().or_else(|| match now.backup_good {
                    Some(true) => None,
                    Some(false) | None => Some(
                        now.backup_trouble
                            .clone()
                            .unwrap_or_else(|| "the backup could not be looked at".into()),
                    ),
                }),
            });
            let on = WayBack {
                id: WayId::GoOn,
                title: String::new(),
                loses: "nothing".into(),
                about_seconds: None,
                basis: unmeasured,
                recommended: forward && forward_hindrance.is_none(),
                hindrance: forward_hindrance,
            };
            if complete {
                ways.push(WayBack {
                    title: if forward {
                        "Go on forward: the migration is complete, what follows it is not done"
                    } else {
                        "Go on forward: the migration is complete; mend what failed after it, then go on with that"
                    }
                    .to_string(),
                    ..on
                });
            } else if now.migration_complete == Some(false) {
                ways.push(WayBack {
                    title: "Go on forward: mend the cause, then let the migration run again".to_string(),
                    loses: "nothing, but statements that ran without being recorded may fail the second time".into(),
                    ..on
                });
            }
            ways.sort_by_key(|way| !way.recommended);
        }
        Phase::RolledBack => {}
    }
    ways
}

/// Why going forward is over: a way back has begun to bring the old version up again.
fn turned_back(view: &RunView) -> Option<CleanText> {
    let begun = |id| {
        let state = view.step(id);
        state.is_some_and(|state| !matches!(state, StepState::ToDo))
    };
    let turned = matches!(view.goal, Some(Goal::WayBack { .. }))
        && (begun(StepId::SwitchBack) || begun(StepId::StartOldServer));
    turned.then(|| {
        "the way back has begun to bring the old version up again: end it (`omup resume`); upgrading is a new run then".into()
    })
}

/// The migration with more sort memory, where that is what it failed for.
fn more_memory(view: &RunView, now: &Situation, running: Option<&CleanText>) -> Option<WayBack> {
    let more = now.more_memory.as_ref()?;
    if view.phase() != Phase::AfterPoint || now.migration_complete != Some(false) {
        return None;
    }
    let (title, loses, hindrance) = match more {
        MoreMemory::Possible { from, to, about } => (
            format!(
                "Raise the sort memory from {} to {} and let the migration go on",
                size(*from),
                size(*to)
            ),
            format!("nothing: what is recorded is not run again; {about}"),
            running.cloned(),
        ),
        MoreMemory::Not { why } => (
            "Raise the sort memory and let the migration go on".to_string(),
            "nothing".to_string(),
            Some(why.clone()),
        ),
    };
    Some(WayBack {
        id: WayId::MoreMemory,
        title,
        loses: loses.into(),
        about_seconds: None,
        basis: "nothing like it was measured".to_string(),
        recommended: matches!(more, MoreMemory::Possible { .. }),
        hindrance,
    })
}
