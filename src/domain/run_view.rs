//! The one fold of a run's events that everything else reads: panes, resume, report, exit code. How an event
//! changes it is in `fold`.

mod fold;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::backup::Level;
use super::clean_text::CleanText;
use super::event::{ChecklistAnswer, Choice, Event};
use super::finding::Finding;
use super::names::{Identity, RunId};
use super::plan::Goal;
use super::step::{Failure, Outcome, StepId};
use super::survey::Owner;
use super::validation::Point;
use super::version::OmVersion;
use crate::exit_code::ExitCode;

/// The go-aheads: the step that asks, and the id of its question.
pub const GO_AHEADS: &[(StepId, &str)] = &[
    (StepId::StartDowntime, "start-of-downtime"),
    (StepId::PointOfNoReturn, "point-of-no-return"),
];

/// Where a run stands, seen from the users of OpenMetadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The old version serves; nothing of it was changed.
    BeforeDowntime,
    /// The server was stopped (or is being stopped); the database is as it was.
    Down,
    /// A command of the new version may have reached the database.
    AfterPoint,
    /// The new version serves.
    Upgraded,
    /// The old version serves again after a way back.
    RolledBack,
}

/// One step's state, derived from events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum StepState {
    ToDo,
    Running {
        attempt: u32,
    },
    Ended {
        #[serde(flatten)]
        outcome: Outcome,
        seconds: f64,
    },
    Failed {
        failure: Failure,
    },
}

/// A question that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub id: String,
    pub text: CleanText,
    /// What has to be typed; empty where there are choices.
    pub expects: CleanText,
    pub safe: CleanText,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

impl Question {
    /// Every answer that it takes.
    pub fn answers(&self) -> Vec<CleanText> {
        if self.choices.is_empty() {
            return vec![self.expects.clone()];
        }
        self.choices
            .iter()
            .map(|choice| choice.value.as_str().into())
            .collect()
    }

    /// Its answers for a person who types one: `a`, or `a | b`.
    pub fn answers_words(&self) -> String {
        one_of(&self.answers())
    }
}

/// A child process of the run as last heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    pub step: StepId,
    pub name: String,
    pub pid: u32,
    pub started_ticks: u64,
    pub boot_id: String,
    pub log: PathBuf,
    #[serde(default)]
    pub log_begin: u64,
    pub lock: PathBuf,
    pub ended: Option<CleanText>,
}

/// What somebody said of a release note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadNote {
    pub who: CleanText,
    /// It asked to act.
    pub asks: bool,
    /// Why they go on with it, where that was said.
    pub why: Option<CleanText>,
}

/// A time in which users were locked out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lockout {
    /// Wall clock, milliseconds since 1970.
    pub from_ms: i64,
    pub to_ms: i64,
    /// By the clock since boot where both ends have it.
    pub seconds: f64,
}

/// A setting that was changed and not put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedSetting {
    pub scope: CleanText,
    pub name: String,
    pub old: Option<String>,
    pub new: String,
    /// Values that this run had set before `new`, oldest first: a kill between the journal and the
    /// database leaves one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<String>,
}

impl ChangedSetting {
    /// True for a value that this run has set.
    pub fn is_ours(&self, value: &str) -> bool {
        self.new == value || self.earlier.iter().any(|earlier| earlier == value)
    }
}

/// Facts by name, the newest of each kind.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Facts {
    pub backup_dir: Option<PathBuf>,
    pub manifest_sha256: Option<String>,
    pub backup_bytes: Option<u64>,
    pub backup_seconds: Option<f64>,
    pub level: Option<Level>,
    pub restore_seconds: Option<f64>,
    pub proven_rows: Option<u64>,
    pub scratch: Vec<String>,
    pub changed_settings: Vec<ChangedSetting>,
    pub memory: Option<(u64, CleanText)>,
    /// Bytes that somebody chose after a migration failed for too little; goes before the answers.
    #[serde(default)]
    pub memory_raised: Option<u64>,
    /// Sessions that were ended because somebody chose so.
    #[serde(default)]
    pub ended_lock_holders: Vec<i64>,
    pub downtime_started_ms: Option<i64>,
    pub downtime_ended_ms: Option<i64>,
    /// Since boot, when the downtime began; `None` in journals of older builds.
    pub downtime_started_boot_ms: Option<u64>,
    /// How long the last downtime was, in seconds.
    pub downtime_seconds: Option<f64>,
    pub owner: Option<Owner>,
    pub server_stopped: bool,
    pub gate_equal: bool,
    pub gate_rows_written: Option<u64>,
    pub point_crossed_ms: Option<i64>,
    pub counts_before: BTreeMap<String, u64>,
    /// `None` where they were not counted.
    pub orphans_before: Option<BTreeMap<String, u64>>,
    pub migrated: bool,
    pub serving: Option<OmVersion>,
    pub restored_database: Option<String>,
    pub restored_equal: bool,
    pub name_switched: Option<(PathBuf, String, String)>,
    pub upgraded_kept: Option<String>,
}

impl Facts {
    /// What the database is that a way back leaves beside the restored one.
    pub fn what_is_kept(&self) -> &'static str {
        if self.migrated {
            "the upgraded database"
        } else {
            "the half migrated database"
        }
    }
}

/// Everything a reader wants to know of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunView {
    pub run: Option<RunId>,
    pub practice: bool,
    pub deployment: CleanText,
    pub host: CleanText,
    pub user: CleanText,
    pub old_home: PathBuf,
    pub new_home: PathBuf,
    pub goal: Option<Goal>,
    pub identity: Option<Identity>,
    pub from: Option<OmVersion>,
    pub to: Option<OmVersion>,
    pub plan_digest: Option<String>,
    pub steps: Vec<(StepId, StepState)>,
    /// Steps of goals that were left for another goal (the upgrade, after a way back was chosen).
    pub earlier_steps: Vec<(StepId, StepState)>,
    pub attempts: BTreeMap<StepId, u32>,
    pub findings: Vec<Finding>,
    /// What the people who use the deployment will notice of the new version.
    #[serde(default)]
    pub users_notice: Vec<CleanText>,
    /// What the last validation of the present goal looked at.
    pub validation: Vec<Point>,
    /// How often and when users were locked out, oldest first; a downtime that lasts is not among them.
    #[serde(default)]
    pub lockouts: Vec<Lockout>,
    /// Settings of the old version that the new one has other values for.
    #[serde(default)]
    pub not_carried: Vec<CleanText>,
    /// What the validations of goals looked at that were left for another goal.
    #[serde(default)]
    pub earlier_validation: Vec<Point>,
    /// Names of the release notes that somebody has read, with what was said.
    pub notes_read: BTreeMap<String, ReadNote>,
    /// Point of the checklist to what was said: the text answered, the answer, who.
    pub checklist: BTreeMap<String, (CleanText, ChecklistAnswer, CleanText)>,
    /// Digest of the plan that a person approved.
    pub approved: Option<String>,
    pub question: Option<Question>,
    pub answers: BTreeMap<String, CleanText>,
    /// Who gave them.
    #[serde(default)]
    pub answered_by: BTreeMap<String, CleanText>,
    pub children: Vec<Child>,
    pub facts: Facts,
    pub alarms: Vec<CleanText>,
    pub abort_asked: bool,
    /// Somebody has called users back in once: what was confirmed beforehand counts no more.
    #[serde(default)]
    pub aborted_in_downtime: bool,
    /// The runner is on its way to a safe state: what is answered now was asked by what it gives up.
    #[serde(default)]
    pub putting_back: bool,
    pub helm: Option<CleanText>,
    pub runner_pid: Option<u32>,
    pub runner_ticks: Option<u64>,
    pub runner_boot: Option<String>,
    pub ended: Option<(ExitCode, CleanText)>,
    pub events: u64,
    pub unknown_events: u64,
}

/// Answers as a person reads them: `a`, or `a | b`.
pub fn one_of(answers: &[CleanText]) -> String {
    answers
        .iter()
        .map(CleanText::as_str)
        .collect::<Vec<_>>()
        .join(" | ")
}

impl RunView {
    /// Folds a whole journal.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut view = Self::default();
        for event in events {
            view.apply(event);
        }
        view
    }

    /// True while a person still prepares the run in the wizard: no runner has taken it yet.
    pub fn being_prepared(&self) -> bool {
        self.runner_pid.is_none()
    }

    /// What an answer to this question may be: the open one's, or a go-ahead's that is still to come.
    /// Empty: it is not asked.
    pub fn expected_answers(&self, id: &str) -> Vec<CleanText> {
        if let Some(question) = self.question.as_ref().filter(|question| question.id == id) {
            return question.answers();
        }
        self.go_ahead_to_come(id).into_iter().collect()
    }

    fn go_ahead_to_come(&self, id: &str) -> Option<CleanText> {
        if self.putting_back || self.abort_asked {
            return None;
        }
        let (step, _) = GO_AHEADS.iter().find(|(_, name)| *name == id)?;
        let to_come = !matches!(self.step(*step)?, StepState::Ended { .. });
        let name = self.identity.as_ref()?.database.as_str();
        (to_come && !self.answers.contains_key(id)).then(|| name.into())
    }

    /// The state of one step of the present goal.
    pub fn step(&self, id: StepId) -> Option<&StepState> {
        self.steps
            .iter()
            .find(|(step, _)| *step == id)
            .map(|(_, state)| state)
    }

    /// Where the users of OpenMetadata stand.
    pub fn phase(&self) -> Phase {
        let way_back = matches!(self.goal, Some(Goal::WayBack { .. }));
        let facts = &self.facts;
        if way_back
            && facts.downtime_ended_ms.is_some()
            && self
                .step(StepId::ValidateOld)
                .is_some_and(|s| matches!(s, StepState::Ended { .. }))
        {
            return Phase::RolledBack;
        }
        if facts.point_crossed_ms.is_some() {
            if facts.downtime_ended_ms.is_some() && !way_back {
                Phase::Upgraded
            } else {
                Phase::AfterPoint
            }
        } else if facts.downtime_started_ms.is_some() && facts.downtime_ended_ms.is_none() {
            Phase::Down
        } else {
            Phase::BeforeDowntime
        }
    }

    /// A failed step may be tried again without a word of a person: before the point of no return, on a way back (its
    /// steps clear away what they left), and where only the database or another file could not be reached.
    pub fn may_simply_retry(&self) -> bool {
        matches!(self.phase(), Phase::BeforeDowntime | Phase::Down)
            || matches!(self.goal, Some(Goal::WayBack { .. }))
            || self.failure().is_some_and(|(step, failure)| {
                // A migration whose end was not seen is for a person to judge.
                step != StepId::Migrate && failure.exit == ExitCode::CannotSurvey
            })
    }

    /// The first failed step of the present goal.
    pub fn failure(&self) -> Option<(StepId, &Failure)> {
        self.steps.iter().find_map(|(id, state)| match state {
            StepState::Failed { failure } => Some((*id, failure)),
            StepState::ToDo | StepState::Running { .. } | StepState::Ended { .. } => None,
        })
    }

    /// True when every step of the present goal has ended.
    pub fn complete(&self) -> bool {
        !self.steps.is_empty()
            && self
                .steps
                .iter()
                .all(|(_, state)| matches!(state, StepState::Ended { .. }))
    }
}
