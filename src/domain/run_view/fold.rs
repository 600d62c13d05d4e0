//! What each event says about the run.

use super::{
    ChangedSetting, Child, GO_AHEADS, Lockout, Phase, Question, ReadNote, RunView, StepState,
};
use crate::domain::event::{Event, Fact};
use crate::domain::plan::{Goal, NOT_CARRIED};
use crate::domain::step::StepId;

impl RunView {
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
                if self
                    .runner_boot
                    .as_ref()
                    .is_some_and(|before| before != boot_id)
                {
                    // The machine's own clock has begun anew.
                    self.facts.downtime_started_boot_ms = None;
                }
                self.runner_boot = Some(boot_id.clone());
                self.ended = None;
                self.abort_asked = false;
                self.putting_back = false;
                self.nobody_watched();
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
                let other = self.goal.as_ref().is_some_and(|old| old != goal);
                if other {
                    self.earlier_steps.append(&mut self.steps);
                    self.earlier_validation.append(&mut self.validation);
                }
                let known = if other && matches!(goal, Goal::Upgrade) {
                    self.taken_up_again(steps)
                } else {
                    std::mem::take(&mut self.steps)
                };
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
            Event::UsersNotice { lines } => self.users_notice = lines.clone(),
            Event::Validated { points, .. } => self.validation = points.clone(),
            Event::NoteRead {
                note,
                read,
                asks,
                why,
                who,
                uid: _,
            } => {
                if *read {
                    let said = ReadNote {
                        who: who.clone(),
                        asks: *asks,
                        why: why.clone(),
                    };
                    self.notes_read.insert(note.clone(), said);
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
                choices,
            } => {
                self.question = Some(Question {
                    id: id.clone(),
                    text: text.clone(),
                    expects: expects.clone(),
                    safe: safe.clone(),
                    choices: choices.clone(),
                });
            }
            Event::QuestionWithdrawn { id, .. } => {
                if self.question.as_ref().is_some_and(|q| q.id == *id) {
                    self.question = None;
                }
            }
            Event::Answered {
                id,
                value,
                accepted,
                who,
                ..
            } => {
                if *accepted {
                    self.answered_by.insert(id.clone(), who.clone());
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
            Event::Effect { what, .. } => {
                if what.as_str().contains(NOT_CARRIED) && !self.not_carried.contains(what) {
                    self.not_carried.push(what.clone());
                }
            }
            Event::Looked { .. } => {}
            Event::ChildStarted {
                step,
                name,
                pid,
                started_ticks,
                boot_id,
                command: _,
                log,
                log_begin,
                lock,
            } => {
                self.children.push(Child {
                    step: *step,
                    name: name.clone(),
                    pid: *pid,
                    started_ticks: *started_ticks,
                    boot_id: boot_id.clone(),
                    log: log.clone(),
                    log_begin: *log_begin,
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
                        self.putting_back = true;
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
            Event::AbortAsked { .. } => {
                self.abort_asked = true;
                self.aborted_in_downtime |= self.phase() == Phase::Down;
            }
            Event::HelmTaken { who, .. } => self.helm = Some(who.clone()),
            Event::RunEnded { exit, message } => {
                self.ended = Some((*exit, message.clone()));
                self.putting_back = false;
            }
            Event::Unknown => self.unknown_events += 1,
        }
    }

    /// The upgrade's steps again after a way back was begun and given up: as they stood, but what needs the new server
    /// is open, since the way back has stopped it.
    fn taken_up_again(&mut self, steps: &[StepId]) -> Vec<(StepId, StepState)> {
        const WITH_SERVER: &[StepId] = &[
            StepId::StartServer,
            StepId::Validate,
            StepId::Reindex,
            StepId::DeployPipelines,
            StepId::PutSettingsBack,
            StepId::Report,
        ];
        let earlier = std::mem::take(&mut self.earlier_steps);
        let (known, left) = earlier
            .into_iter()
            .partition(|(id, _)| steps.contains(id) && !WITH_SERVER.contains(id));
        self.earlier_steps = left;
        let mut known: Vec<(StepId, StepState)> = known;
        // A step that both goals have (the proof that nobody writes) stands as it ended well.
        known.sort_by_key(|(_, state)| !matches!(state, StepState::Ended { .. }));
        known
    }

    /// While no runner lived, somebody may have written: what was proven of the source with nobody writing is to be
    /// proven again, up to the point of no return.
    fn nobody_watched(&mut self) {
        let proven = matches!(self.step(StepId::ProveQuiet), Some(StepState::Ended { .. }));
        if proven && self.facts.point_crossed_ms.is_none() && self.goal == Some(Goal::Upgrade) {
            self.set(StepId::ProveQuiet, StepState::ToDo);
            self.set(StepId::DigestGate, StepState::ToDo);
            self.facts.gate_equal = false;
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
                    .iter_mut()
                    .find(|s| s.scope == *scope && s.name == *name);
                match known {
                    // What it was before this run is what is put back.
                    Some(setting) if setting.new == *new => {}
                    Some(setting) => {
                        let before = std::mem::replace(&mut setting.new, new.clone());
                        setting.earlier.push(before);
                    }
                    None => facts.changed_settings.push(ChangedSetting {
                        scope: scope.clone(),
                        name: name.clone(),
                        old: old.clone(),
                        new: new.clone(),
                        earlier: Vec::new(),
                    }),
                }
            }
            Fact::SettingPutBack { scope, name } => {
                facts
                    .changed_settings
                    .retain(|s| !(s.scope == *scope && s.name == *name));
            }
            Fact::LockHolderEnded { pid, .. } => facts.ended_lock_holders.push(*pid),
            Fact::MemoryRaised { to, .. } => facts.memory_raised = Some(*to),
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
                // Told again by a runner that found it ended.
                let told = facts.downtime_ended_ms.replace(*at_ms).is_some();
                facts.serving = Some(serving.clone());
                if let (Some(from_ms), Some(seconds), false) =
                    (facts.downtime_started_ms, facts.downtime_seconds, told)
                {
                    self.lockouts.push(Lockout {
                        from_ms,
                        to_ms: *at_ms,
                        seconds,
                    });
                }
            }
            Fact::OwnerFound { owner } => facts.owner = Some(owner.clone()),
            Fact::ServerStopped {} => facts.server_stopped = true,
            Fact::QuietProven { .. } => {}
            Fact::GateEqual { rows_written, .. } => {
                facts.gate_equal = true;
                facts.gate_rows_written = *rows_written;
            }
            Fact::PointCrossed { at_ms } => facts.point_crossed_ms = Some(*at_ms),
            // What a migration that failed has left is no "before".
            Fact::CountsBefore { counts } if facts.counts_before.is_empty() => {
                facts.counts_before = counts.clone();
            }
            Fact::CountsBefore { .. } => {}
            Fact::OrphansBefore { orphans } => facts.orphans_before = Some(orphans.clone()),
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
}
