//! The one fold of a run's events that everything else reads: panes, resume, report, exit code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::backup::Level;
use super::clean_text::CleanText;
use super::event::{ChecklistAnswer, Event, Fact};
use super::finding::Finding;
use super::names::{Identity, RunId};
use super::plan::Goal;
use super::step::{Failure, Outcome, StepId};
use super::survey::Owner;
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
    pub expects: CleanText,
    pub safe: CleanText,
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
    pub lock: PathBuf,
    pub ended: Option<CleanText>,
}

/// A setting that was changed and not put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedSetting {
    pub scope: CleanText,
    pub name: String,
    pub old: Option<String>,
    pub new: String,
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
    pub downtime_started_ms: Option<i64>,
    pub downtime_ended_ms: Option<i64>,
    /// Since boot, when the downtime began; `None` in journals of older builds.
    pub downtime_started_boot_ms: Option<u64>,
    /// How long the last downtime was, in seconds.
    pub downtime_seconds: Option<f64>,
    pub owner: Option<Owner>,
    pub server_stopped: bool,
    pub gate_equal: bool,
    pub point_crossed_ms: Option<i64>,
    pub counts_before: BTreeMap<String, u64>,
    pub migrated: bool,
    pub serving: Option<OmVersion>,
    pub restored_database: Option<String>,
    pub restored_equal: bool,
    pub name_switched: Option<(PathBuf, String, String)>,
    pub upgraded_kept: Option<String>,
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
    /// Names of the release notes that somebody has read.
    pub notes_read: BTreeSet<String>,
    /// Point of the checklist to what was said: the text answered, the answer, who.
    pub checklist: BTreeMap<String, (CleanText, ChecklistAnswer, CleanText)>,
    /// Digest of the plan that a person approved.
    pub approved: Option<String>,
    pub question: Option<Question>,
    pub answers: BTreeMap<String, CleanText>,
    pub children: Vec<Child>,
    pub facts: Facts,
    pub alarms: Vec<CleanText>,
    pub abort_asked: bool,
    pub helm: Option<CleanText>,
    pub runner_pid: Option<u32>,
    pub runner_ticks: Option<u64>,
    pub runner_boot: Option<String>,
    pub ended: Option<(ExitCode, CleanText)>,
    pub events: u64,
    pub unknown_events: u64,
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

    /// Takes in one more event.
    pub fn apply(&mut self, event: &Event) {
        self.events += 1;
        match event {
            Event::RunCreated {
                run,
                build: _,
                practice,
                deployment,
                host,
                user,
                old_home,
                new_home,
            } => {
                self.run = Some(run.clone());
                self.practice = *practice;
                self.deployment = deployment.clone();
                self.host = host.clone();
                self.user = user.clone();
                self.old_home = old_home.clone();
                self.new_home = new_home.clone();
            }
            Event::RunnerStarted {
                pid,
                boot_id,
                started_ticks,
                ..
            } => {
                self.runner_pid = Some(*pid);
                self.runner_ticks = Some(*started_ticks);
                self.runner_boot = Some(boot_id.clone());
                self.ended = None;
                self.abort_asked = false;
            }
            Event::TailCut { .. } => {}
            Event::Planned {
                goal,
                identity,
                from,
                to,
                steps,
                plan_digest,
            } => {
                if self.goal.as_ref().is_some_and(|old| old != goal) {
                    self.earlier_steps.append(&mut self.steps);
                }
                let known = std::mem::take(&mut self.steps);
                self.goal = Some(goal.clone());
                self.identity = Some(identity.clone());
                self.from = from.clone();
                self.to = to.clone();
                self.plan_digest = Some(plan_digest.clone());
                self.steps = steps
                    .iter()
                    .map(|id| {
                        let state = known
                            .iter()
                            .find(|(k, _)| k == id)
                            .map_or(StepState::ToDo, |(_, s)| s.clone());
                        (*id, state)
                    })
                    .collect();
            }
            Event::Checked { findings } => self.findings = findings.clone(),
            Event::NoteRead { note, read, .. } => {
                if *read {
                    self.notes_read.insert(note.clone());
                } else {
                    self.notes_read.remove(note);
                }
            }
            Event::ChecklistAnswered {
                item,
                text,
                answer,
                who,
                uid: _,
            } => {
                let said = (text.clone(), *answer, who.clone());
                self.checklist.insert(item.clone(), said);
            }
            Event::PlanApproved { plan_digest, .. } => self.approved = Some(plan_digest.clone()),
            Event::QuestionAsked {
                id,
                text,
                expects,
                safe,
            } => {
                self.question = Some(Question {
                    id: id.clone(),
                    text: text.clone(),
                    expects: expects.clone(),
                    safe: safe.clone(),
                });
            }
            Event::Answered {
                id,
                value,
                accepted,
                ..
            } => {
                if *accepted {
                    self.answers.insert(id.clone(), value.clone());
                    if self.question.as_ref().is_some_and(|q| q.id == *id) {
                        self.question = None;
                    }
                }
            }
            Event::StepStarted { step, attempt } => {
                self.attempts.insert(*step, *attempt);
                self.set(*step, StepState::Running { attempt: *attempt });
            }
            Event::Effect { .. } | Event::Looked { .. } => {}
            Event::ChildStarted {
                step,
                name,
                pid,
                started_ticks,
                boot_id,
                command: _,
                log,
                lock,
            } => {
                self.children.push(Child {
                    step: *step,
                    name: name.clone(),
                    pid: *pid,
                    started_ticks: *started_ticks,
                    boot_id: boot_id.clone(),
                    log: log.clone(),
                    lock: lock.clone(),
                    ended: None,
                });
            }
            Event::ChildEnded {
                step, name, end, ..
            } => {
                if let Some(child) = self
                    .children
                    .iter_mut()
                    .rev()
                    .find(|c| c.step == *step && c.name == *name)
                {
                    child.ended = Some(end.clone());
                }
            }
            Event::ChildAdopted { .. } => {}
            Event::Fact { fact, .. } => self.fact(fact),
            Event::StepEnded {
                step,
                outcome,
                seconds,
                ..
            } => {
                self.set(
                    *step,
                    StepState::Ended {
                        outcome: outcome.clone(),
                        seconds: *seconds,
                    },
                );
            }
            Event::StepFailed { step, failure, .. } => {
                // Only the running step asks; a step that has failed asks anew when it runs again.
                self.question = None;
                self.set(
                    *step,
                    StepState::Failed {
                        failure: failure.clone(),
                    },
                );
            }
            Event::Reopened { steps } => {
                for step in steps {
                    self.set(*step, StepState::ToDo);
                }
                // Settings that were put back leave the go-aheads alone; the server that serves again does not.
                for (step, id) in GO_AHEADS {
                    if steps.contains(step) {
                        self.answers.remove(*id);
                        self.facts.gate_equal = false;
                        if self
                            .question
                            .as_ref()
                            .is_some_and(|question| question.id == *id)
                        {
                            self.question = None;
                        }
                    }
                }
            }
            Event::Alarm { text } => self.alarms.push(text.clone()),
            Event::AbortAsked { .. } => self.abort_asked = true,
            Event::HelmTaken { who, .. } => self.helm = Some(who.clone()),
            Event::RunEnded { exit, message } => self.ended = Some((*exit, message.clone())),
            Event::Unknown => self.unknown_events += 1,
        }
    }

    fn set(&mut self, step: StepId, state: StepState) {
        if let Some(slot) = self.steps.iter_mut().find(|(id, _)| *id == step) {
            slot.1 = state;
        }
    }

    fn fact(&mut self, fact: &Fact) {
        let facts = &mut self.facts;
        match fact {
            Fact::BackupTaken {
                dir,
                manifest_sha256,
                bytes,
                raw_bytes: _,
                seconds,
            } => {
                facts.backup_dir = Some(dir.clone());
                facts.manifest_sha256 = Some(manifest_sha256.clone());
                facts.backup_bytes = Some(*bytes);
                facts.backup_seconds = Some(*seconds);
                facts.level = None;
                facts.gate_equal = false;
            }
            Fact::BackupProven {
                dir: _,
                level,
                restore_seconds,
                rows,
            } => {
                facts.level = Some(*level);
                facts.restore_seconds = restore_seconds.or(facts.restore_seconds);
                facts.proven_rows = Some(*rows);
            }
            Fact::ScratchMade { database } => {
                if !facts.scratch.contains(database) {
                    facts.scratch.push(database.clone());
                }
            }
            Fact::ScratchDropped { database } => facts.scratch.retain(|name| name != database),
            Fact::SettingChanging {
                scope,
                name,
                old,
                new,
            } => {
                let known = facts
                    .changed_settings
                    .iter()
                    .any(|s| s.scope == *scope && s.name == *name);
                if !known {
                    facts.changed_settings.push(ChangedSetting {
                        scope: scope.clone(),
                        name: name.clone(),
                        old: old.clone(),
                        new: new.clone(),
                    });
                }
            }
            Fact::SettingPutBack { scope, name } => {
                facts
                    .changed_settings
                    .retain(|s| !(s.scope == *scope && s.name == *name));
            }
            Fact::MemoryProven { bytes, way } => facts.memory = Some((*bytes, way.clone())),
            Fact::DowntimeStarted { at_ms, boot_ms } => {
                facts.downtime_started_ms = Some(*at_ms);
                facts.downtime_started_boot_ms = *boot_ms;
                facts.downtime_seconds = None;
                facts.downtime_ended_ms = None;
            }
            Fact::DowntimeEnded {
                at_ms,
                boot_ms,
                serving,
            } => {
                // The wall clock may jump; the one since boot does not, but a boot sets it back.
                let by_boot = facts
                    .downtime_started_boot_ms
                    .zip(*boot_ms)
                    .and_then(|(start, end)| end.checked_sub(start));
                let by_wall = facts
                    .downtime_started_ms
                    .map(|start| at_ms.saturating_sub(start).max(0) as u64);
                facts.downtime_seconds = by_boot.or(by_wall).map(|ms| ms as f64 / 1000.0);
                facts.downtime_ended_ms = Some(*at_ms);
                facts.serving = Some(serving.clone());
            }
            Fact::OwnerFound { owner } => facts.owner = Some(owner.clone()),
            Fact::ServerStopped {} => facts.server_stopped = true,
            Fact::QuietProven { .. } => {}
            Fact::GateEqual { .. } => facts.gate_equal = true,
            Fact::PointCrossed { at_ms } => facts.point_crossed_ms = Some(*at_ms),
            Fact::CountsBefore { counts } => facts.counts_before = counts.clone(),
            Fact::MigrationComplete { .. } => facts.migrated = true,
            Fact::ServerStarted { .. } => facts.server_stopped = false,
            Fact::Restored { database, .. } => {
                facts.restored_database = Some(database.clone());
                facts.restored_equal = false;
            }
            Fact::RestoredEqual { .. } => facts.restored_equal = true,
            Fact::NameSwitched { file, old, new } => {
                facts.name_switched = Some((file.clone(), old.clone(), new.clone()));
            }
            Fact::UpgradedKept { database } => facts.upgraded_kept = Some(database.clone()),
        }
    }

    /// True while a person still prepares the run in the wizard: no runner has taken it yet.
    pub fn being_prepared(&self) -> bool {
        self.runner_pid.is_none()
    }

    /// What an answer to this question must be: the open one's, or a go-ahead's that is still to come.
    pub fn expected_answer(&self, id: &str) -> Option<CleanText> {
        if let Some(question) = self.question.as_ref().filter(|question| question.id == id) {
            return Some(question.expects.clone());
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
