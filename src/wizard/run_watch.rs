//! A run as this screen sees it: the fold of its journal, who steers, how fast it goes.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use super::event::JournalLine;
use super::page::Page;
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::event::{Event as RunEvent, Fact};
use crate::domain::plan::Goal;
use crate::domain::progress::Progress;
use crate::domain::run_view::{Phase, RunView};
use crate::domain::step::{Failure, StepId};
use crate::domain::way_back::with_switch;
use crate::exit_code::ExitCode;

/// Story lines kept in memory; the journal on disk has them all.
const STORY: usize = 2000;

/// Samples of progress for rate and sparkline: one a second, a minute long.
pub const SAMPLES: usize = 60;

#[derive(Debug, Clone)]
pub struct RunWatch {
    pub id: String,
    pub folder: PathBuf,
    pub answers: Option<Box<Answers>>,
    pub view: RunView,
    pub story: VecDeque<(CleanText, CleanText)>,
    /// This process owns the journal: nothing was started yet.
    pub preparing: bool,
    pub alive: bool,
    pub helm: Option<CleanText>,
    pub mine: bool,
    pub foreign: bool,
    pub progress: Option<Progress>,
    /// The newest thing that the run has set going, and in which step.
    pub doing: Option<(StepId, CleanText)>,
    pub meter: Meter,
    pub disk_free: Option<u64>,
    /// Step to when it began, wall clock.
    pub began: BTreeMap<StepId, i64>,
    /// Step to seconds, of those that ended.
    pub took: BTreeMap<StepId, f64>,
    /// Every time that users were locked out and let in again, in seconds.
    pub lockouts: Vec<f64>,
    /// When users were locked out first in this attempt, wall clock in ms: the agreed window began then.
    pub window_began_ms: Option<i64>,
    /// A program that goes on without a runner.
    pub left_child: Option<u32>,
    /// What failed last in this run, also where it has been put back since.
    pub last_failure: Option<(StepId, Failure)>,
    /// A question was open already when the bell rang.
    pub rung_for: Option<String>,
    /// Since boot: when we last heard anything.
    pub heard_ms: u64,
}

/// How fast a counter moves.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    step: Option<StepId>,
    unit: String,
    /// (since boot in ms, value), newest last.
    samples: VecDeque<(u64, u64)>,
    pub first: Option<(u64, u64)>,
}

impl Meter {
    pub fn feed(&mut self, progress: &Progress, boot_ms: u64) {
        let again = progress.done < self.samples.back().map(|(_, last)| *last);
        let other = !progress.unit.is_empty() && self.unit != progress.unit;
        if self.step != Some(progress.step) || other || (again && progress.done.is_some()) {
            *self = Meter {
                step: Some(progress.step),
                unit: progress.unit.clone(),
                ..Meter::default()
            };
        }
        let Some(done) = progress.done else { return };
        self.first.get_or_insert((boot_ms, done));
        let several = self.samples.len() > 1;
        match self.samples.back_mut() {
            Some((at, value)) if several && boot_ms.saturating_sub(*at) < 1000 => {
                *value = done;
            }
            _ => self.samples.push_back((boot_ms, done)),
        }
        while self.samples.len() > SAMPLES + 1 {
            self.samples.pop_front();
        }
    }

    /// Units a second over the last ten seconds; `None` before there is anything to say.
    pub fn rate(&self, now_ms: u64) -> Option<f64> {
        let (last_at, last) = *self.samples.back()?;
        let (at, value) = *self
            .samples
            .iter()
            .find(|(at, _)| last_at.saturating_sub(*at) <= 10_000)?;
        let seconds = now_ms.max(last_at).saturating_sub(at) as f64 / 1000.0;
        (seconds >= 0.5).then(|| last.saturating_sub(value) as f64 / seconds)
    }

    /// What was done in each of the last seconds, oldest first; `None` where nothing was heard.
    pub fn per_second(&self, now_ms: u64) -> Vec<Option<u64>> {
        let mut bars = vec![None; SAMPLES];
        for pair in self.samples.iter().collect::<Vec<_>>().windows(2) {
            let [(_, before), (at, value)] = pair else {
                continue;
            };
            let age = (now_ms.saturating_sub(*at) / 1000) as usize;
            if age < SAMPLES {
                let bar = &mut bars[SAMPLES - 1 - age];
                *bar = Some(bar.unwrap_or(0) + value.saturating_sub(*before));
            }
        }
        bars
    }

    /// Seconds left, told only after ten seconds and three per cent, and not while it stands still.
    pub fn seconds_left(&self, total: u64, now_ms: u64) -> Option<u64> {
        let (began, from) = self.first?;
        let (_, done) = *self.samples.back()?;
        if now_ms.saturating_sub(began) < 10_000 || done * 100 < total * 3 || done <= from {
            return None;
        }
        if self.stalled_seconds(now_ms) > 20 {
            return None;
        }
        // Half the way of the whole and of the last seconds: calm, and yet it follows.
        let whole = (done - from) as f64 / (now_ms.saturating_sub(began) as f64 / 1000.0);
        let speed = self.rate(now_ms).map_or(whole, |rate| (whole + rate) / 2.0);
        (speed > 0.0).then(|| (total.saturating_sub(done) as f64 / speed).ceil() as u64)
    }

    /// How long the counter has not moved.
    pub fn stalled_seconds(&self, now_ms: u64) -> u64 {
        let Some((_, last)) = self.samples.back() else {
            return 0;
        };
        let since = self
            .samples
            .iter()
            .rev()
            .take_while(|(_, value)| value == last)
            .last()
            .map_or(now_ms, |(at, _)| *at);
        now_ms.saturating_sub(since) / 1000
    }
}

impl RunWatch {
    pub fn new(
        id: String,
        folder: PathBuf,
        preparing: bool,
        answers: Option<Box<Answers>>,
    ) -> Self {
        Self {
            id,
            folder,
            answers,
            view: RunView::default(),
            story: VecDeque::new(),
            preparing,
            alive: false,
            helm: None,
            mine: preparing,
            foreign: false,
            progress: None,
            doing: None,
            meter: Meter::default(),
            disk_free: None,
            began: BTreeMap::new(),
            took: BTreeMap::new(),
            lockouts: Vec::new(),
            window_began_ms: None,
            left_child: None,
            last_failure: None,
            rung_for: None,
            heard_ms: 0,
        }
    }

    /// Takes in new lines of the journal.
    pub fn take_in(&mut self, lines: &[JournalLine]) {
        for line in lines {
            self.view.apply(&line.event);
            match &line.event {
                RunEvent::StepStarted { step, .. } => {
                    self.began.insert(*step, line.at_ms);
                    self.progress = None;
                    self.doing = None;
                }
                RunEvent::Effect { step, what } => {
                    self.doing = Some((*step, what.clone()));
                }
                RunEvent::StepEnded { step, seconds, .. } => {
                    self.took.insert(*step, *seconds);
                    self.progress = None;
                }
                RunEvent::StepFailed {
                    step,
                    failure,
                    seconds,
                    ..
                } => {
                    self.took.insert(*step, *seconds);
                    self.progress = None;
                    self.last_failure = Some((*step, failure.clone()));
                }
                RunEvent::Fact {
                    fact: Fact::DowntimeEnded { .. },
                    ..
                } => {
                    self.lockouts.extend(self.view.facts.downtime_seconds);
                    self.window_began_ms = None;
                }
                RunEvent::Fact {
                    fact: Fact::DowntimeStarted { at_ms, .. },
                    ..
                } => {
                    self.window_began_ms.get_or_insert(*at_ms);
                }
                // Put back: the next attempt has a window of its own.
                RunEvent::Reopened { steps } if steps.contains(&StepId::StartDowntime) => {
                    self.window_began_ms = None;
                }
                RunEvent::RunnerStarted { .. } => {
                    self.preparing = false;
                    self.last_failure = None;
                    // Until somebody has looked: what was started is taken to live.
                    self.alive = true;
                }
                _ => {}
            }
            let time = CleanText::from(line.at.as_str().get(11..19).unwrap_or(""));
            for words in &line.words {
                self.story.push_back((time.clone(), words.clone()));
            }
        }
        while self.story.len() > STORY {
            self.story.pop_front();
        }
    }

    /// Only watching: somebody else steers, or the runner is of another build.
    pub fn read_only(&self) -> bool {
        self.alive && (self.foreign || (!self.mine && self.helm.is_some()))
    }

    /// The step that runs, or that was running when the runner went away.
    pub fn current(&self) -> Option<StepId> {
        use crate::domain::run_view::StepState;
        self.view
            .steps
            .iter()
            .find(|(_, state)| matches!(state, StepState::Running { .. }))
            .map(|(id, _)| *id)
    }

    /// The page that shows where the run stands.
    pub fn page(&self) -> Page {
        if self.preparing {
            return Page::Plan;
        }
        if let Some((exit, _)) = self.view.ended.as_ref().filter(|_| !self.alive) {
            return match exit {
                ExitCode::Ok | ExitCode::RolledBack => Page::Finish,
                ExitCode::WaitingForInput if self.view.question.is_some() => self.question_page(),
                _ => Page::Stopped,
            };
        }
        if !self.alive {
            return Page::Stopped;
        }
        if self.view.question.is_some() {
            return self.question_page();
        }
        match self.current() {
            Some(step) => self.page_of(step),
            None => {
                let last = self.view.steps.iter().rev().find(|(_, state)| {
                    matches!(state, crate::domain::run_view::StepState::Ended { .. })
                });
                last.map_or(Page::Backup, |(id, _)| self.page_of(*id))
            }
        }
    }

    /// The page that shows a step of this run: on a way back all but its end stand on one.
    fn page_of(&self, step: StepId) -> Page {
        let back = matches!(self.view.goal, Some(Goal::WayBack { .. }));
        match Page::of_step(step) {
            Page::Gate if back => Page::WayBack,
            page => page,
        }
    }

    fn question_page(&self) -> Page {
        match self.view.question.as_ref().map(|q| q.id.as_str()) {
            Some("point-of-no-return") if self.view.facts.downtime_started_ms.is_some() => {
                Page::Point
            }
            Some("point-of-no-return" | "start-of-downtime") | None => Page::Downtime,
            // Asked beside the work, on the page of the step that asks.
            Some(_) => self.current().map_or(Page::Migrate, Page::of_step),
        }
    }

    /// Seconds that users have been locked out, while they are.
    pub fn down_seconds(&self, now_ms: i64) -> Option<u64> {
        let facts = &self.view.facts;
        let start = facts.downtime_started_ms?;
        if facts.downtime_ended_ms.is_some() {
            return None;
        }
        if self.view.phase() == Phase::BeforeDowntime {
            return None;
        }
        Some(now_ms.saturating_sub(start).max(0) as u64 / 1000)
    }

    /// When the agreed window ends, wall clock in ms.
    pub fn window_ends_ms(&self) -> Option<i64> {
        let minutes = self.answers.as_ref()?.run.agreed_downtime_minutes?;
        Some(self.window_began_ms? + i64::from(minutes) * 60_000)
    }

    /// Wall clock in ms by which to decide to go back, to be back within the agreed window; `None` also where no
    /// restore was measured.
    pub fn decide_by_ms(&self) -> Option<i64> {
        // Going back already: nothing is left to decide.
        if matches!(self.view.goal, Some(Goal::WayBack { .. })) {
            return None;
        }
        let back = with_switch(self.view.facts.restore_seconds?) as i64;
        Some(self.window_ends_ms()? - back * 1000)
    }
}
