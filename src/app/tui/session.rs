//! The run that is open on this screen: its journal, followed; its runner, steered; or, while it is
//! being prepared, its journal, owned.

use std::cell::{Cell, RefCell};
use std::process::Child;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::link::{Helm, Link};
use super::writes::Writes;
use crate::app::error::{CommandError, Result};
use crate::app::{attach, plain_words, run, runner_process};
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::event::Event as RunEvent;
use crate::domain::run_view::RunView;
use crate::domain::step::StepId;
use crate::exit_code::ExitCode;
use crate::runner::control::Command;
use crate::runner::folder::RunFolder;
use crate::runner::journal::{Entry, Follower, Journal};
use crate::runner::lease::Lease;
use crate::wizard::event::{Event, JournalLine, Trouble};

/// How often the journal of a living run is looked at, and one that nobody works on, where the kernel does not tell of
/// writes.
const LOOK: Duration = Duration::from_millis(100);
const LOOK_IDLE: Duration = Duration::from_secs(2);

/// A run on the screen.
pub struct Session {
    pub folder: RunFolder,
    /// While the run is being prepared here: nobody else may write its journal.
    owned: RefCell<Option<(Lease, Journal)>>,
    link: RefCell<Option<Link>>,
    child: RefCell<Option<Child>>,
    helm: Rc<Helm>,
    /// A runner is being started: it is looked for without a rest.
    expecting: Cell<bool>,
    watch_only: bool,
    tell: mpsc::UnboundedSender<Event>,
    follower: RefCell<Option<tokio::task::JoinHandle<()>>>,
}

impl Session {
    /// A run that is prepared here: takes its lock and its journal.
    pub fn own(
        folder: RunFolder,
        journal: Journal,
        tell: mpsc::UnboundedSender<Event>,
    ) -> Result<Rc<Self>> {
        let lease = runner_process::lease(&folder.lock(), &folder)?;
        Ok(Self::start(
            folder,
            Some((lease, journal)),
            false,
            tell,
            None,
        ))
    }

    /// Opens an existing run, whatever its state.
    pub fn open(
        folder: RunFolder,
        watch_only: bool,
        tell: mpsc::UnboundedSender<Event>,
    ) -> Result<Rc<Self>> {
        let view = run::view_of(&folder)?;
        let answers = crate::app::open::answers(&folder.answers()).ok();
        let owned = if view.being_prepared() && !attach::alive(&folder) {
            let lease = runner_process::lease(&folder.lock(), &folder)?;
            let (journal, _) = Journal::resume(&folder.journal(), &folder.reserve())?;
            Some((lease, journal))
        } else {
            None
        };
        Ok(Self::start(folder, owned, watch_only, tell, answers))
    }

    fn start(
        folder: RunFolder,
        owned: Option<(Lease, Journal)>,
        watch_only: bool,
        tell: mpsc::UnboundedSender<Event>,
        answers: Option<Answers>,
    ) -> Rc<Self> {
        let answers = answers.or_else(|| crate::app::open::answers(&folder.answers()).ok());
        let _ = tell.send(Event::RunOpened {
            id: folder.run.to_string(),
            folder: folder.path.clone(),
            preparing: owned.is_some(),
            answers: answers.map(Box::new),
        });
        let session = Rc::new(Self {
            folder,
            owned: RefCell::new(owned),
            link: RefCell::new(None),
            child: RefCell::new(None),
            helm: Rc::default(),
            expecting: Cell::new(false),
            watch_only,
            tell,
            follower: RefCell::new(None),
        });
        let follower = tokio::task::spawn_local(follow(Rc::downgrade(&session)));
        *session.follower.borrow_mut() = Some(follower);
        session
    }

    /// Writes into the journal of a run that is prepared here.
    pub fn record(&self, event: &RunEvent) -> Result<()> {
        match self.owned.borrow_mut().as_mut() {
            Some((_, journal)) => {
                journal.append(event)?;
                Ok(())
            }
            None => Err(CommandError::new(
                ExitCode::Usage,
                "this run has been started: what was marked and answered before stays as it is",
            )),
        }
    }

    /// Gives the journal up to the runner that is about to be started.
    pub fn release(&self) {
        self.owned.borrow_mut().take();
    }

    /// Takes the journal back: no runner could be started, so the run is still being prepared here.
    pub fn take_back(&self) -> Result<()> {
        let lease = runner_process::lease(&self.folder.lock(), &self.folder)?;
        let (journal, _) = Journal::resume(&self.folder.journal(), &self.folder.reserve())?;
        *self.owned.borrow_mut() = Some((lease, journal));
        Ok(())
    }

    /// True while the journal is ours.
    pub fn preparing(&self) -> bool {
        self.owned.borrow().is_some()
    }

    /// A runner is about to be started, and steered from here.
    pub fn expect_runner(&self) {
        self.helm.follows.set(false);
        self.expecting.set(true);
    }

    /// The runner that this screen has started: its end is noticed.
    pub fn started(&self, child: Child) {
        self.expecting.set(false);
        *self.child.borrow_mut() = Some(child);
    }

    /// Sends a command to the living runner.
    pub fn send(&self, command: Command) -> Result<()> {
        let sent = self
            .link
            .borrow()
            .as_ref()
            .is_some_and(|link| link.send(command));
        if sent {
            return Ok(());
        }
        Err(CommandError::new(
            ExitCode::StateFolder,
            "the runner cannot be reached now; try again in a moment, or look with `omup status`",
        ))
    }

    pub fn link_open(&self) -> bool {
        self.link
            .borrow()
            .as_ref()
            .is_some_and(|link| !link.closed())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(follower) = self.follower.borrow_mut().take() {
            follower.abort();
        }
    }
}

/// One line of the journal with its words.
fn line(entry: &Entry, view: &RunView) -> JournalLine {
    let at_ms = entry
        .at
        .parse::<jiff::Timestamp>()
        .map_or(0, |time| time.as_millisecond());
    JournalLine {
        seq: entry.seq,
        at: entry.at.as_str().into(),
        at_ms,
        event: entry.event.clone(),
        words: plain_words::lines(&entry.event, view)
            .iter()
            .map(|words| CleanText::new(words))
            .collect(),
    }
}

/// Follows the journal and looks after the runner, as long as the session lives.
async fn follow(session: std::rc::Weak<Session>) {
    let mut follower = None;
    let mut view = RunView::default();
    let mut caught_up = false;
    let mut alive_before = None;
    let mut silent_failures = 0u32;
    let mut writes = None;
    loop {
        let Some(session) = session.upgrade() else {
            return;
        };
        if follower.is_none() {
            // Before the first line is read: what is written from then on is told.
            writes = Writes::to(&session.folder.journal());
            follower = Follower::open(&session.folder.journal()).ok();
        }
        // Looked at before the journal is read: what a runner that is gone has written is then all there.
        let held = !session.preparing() && attach::alive(&session.folder);
        let news = follower.as_mut().map(Follower::more);
        match news {
            Some(Ok(entries)) => {
                let mut lines = Vec::with_capacity(entries.len());
                for entry in &entries {
                    view.apply(&entry.event);
                    if matches!(entry.event, RunEvent::RunnerStarted { .. }) {
                        // It may be gone already: whoever reads that it was started is told which.
                        alive_before = None;
                    }
                    if let RunEvent::HelmTaken { who, .. } = &entry.event
                        && caught_up
                    {
                        let takes = &session.helm.takes;
                        if takes.get() > 0 {
                            takes.set(takes.get() - 1);
                        } else {
                            session.helm.follows.set(true);
                            let _ = session.tell.send(Event::Runner {
                                alive: true,
                                helm: Some(who.clone()),
                                mine: false,
                                foreign: false,
                                left_child: None,
                            });
                        }
                    }
                    lines.push(line(entry, &view));
                }
                if !lines.is_empty() {
                    let _ = session.tell.send(Event::Journal(lines));
                }
                caught_up = true;
            }
            Some(Err(error)) => {
                silent_failures += 1;
                // Told once: the journal is read again and again, and the message would never end.
                if silent_failures == 1 {
                    let _ = session.tell.send(Event::Failed(Trouble {
                        message: error.to_string().into(),
                        exit: ExitCode::StateFolder.number(),
                    }));
                }
            }
            None => {}
        }
        let mut runner_ended = false;
        if let Some(child) = session.child.borrow_mut().as_mut() {
            // Waited for, so that it is no zombie when it has ended.
            runner_ended = !matches!(child.try_wait(), Ok(None));
        }
        if runner_ended {
            session.child.borrow_mut().take();
        }
        if held && !session.link_open() {
            let link = Link::open(
                session.folder.clone(),
                run::who(),
                session.watch_only,
                session.helm.clone(),
                session.tell.clone(),
            );
            *session.link.borrow_mut() = Some(link);
        }
        let left_child = match held {
            true => None,
            false => crate::app::status::left_child(&session.folder, &view),
        };
        if !session.preparing() && alive_before != Some((held, left_child)) {
            alive_before = Some((held, left_child));
            if !held {
                session.link.borrow_mut().take();
                session.helm.takes.set(0);
            }
            if !held || !session.link_open() {
                let _ = session.tell.send(Event::Runner {
                    alive: held,
                    helm: None,
                    mine: false,
                    foreign: false,
                    left_child,
                });
            }
        }
        if held
            && matches!(
                view.steps.iter().find(|(_, s)| {
                    matches!(s, crate::domain::run_view::StepState::Running { .. })
                }),
                Some((StepId::BackUp | StepId::Prove, _))
            )
        {
            disk(&session);
        }
        let live = held || session.expecting.get() || session.child.borrow().is_some();
        let rest = if live || session.preparing() {
            LOOK
        } else {
            LOOK_IDLE
        };
        drop(session);
        match &writes {
            // Where no runner works, nothing happens but what is written: here while a run is being prepared, by
            // another terminal that takes it up.
            Some(writes) if !live => writes.next().await,
            Some(_) | None => tokio::time::sleep(rest).await,
        }
    }
}

/// Free space where the backup is written.
fn disk(session: &Session) {
    let Ok(answers) = crate::app::open::answers(&session.folder.answers()) else {
        return;
    };
    if let Ok(stat) = rustix::fs::statvfs(&answers.backup.dir) {
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        let _ = session.tell.send(Event::Disk { free });
    }
}
