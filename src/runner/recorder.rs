//! The recorder that steps are given: the journal, its fold, and those who watch.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, broadcast};

use crate::domain::event::Event;
use crate::domain::run_view::RunView;
use crate::domain::step::Failure;
use crate::exit_code::ExitCode;
use crate::steps::context::{Ask, Progress, Recorder};

use super::journal::{Journal, JournalError};

/// What the runner, its control socket and its steps share. Lives on one thread.
pub struct Shared {
    journal: RefCell<Journal>,
    view: RefCell<RunView>,
    /// Rung whenever an event was recorded.
    pub changed: Notify,
    progress: broadcast::Sender<Progress>,
    wait_for_answers: Duration,
}

impl Shared {
    pub fn new(journal: Journal, view: RunView, wait_for_answers: Duration) -> Rc<Self> {
        let (progress, _) = broadcast::channel(16);
        Rc::new(Self {
            journal: RefCell::new(journal),
            view: RefCell::new(view),
            changed: Notify::new(),
            progress,
            wait_for_answers,
        })
    }

    /// Those who want to see progress.
    pub fn watch_progress(&self) -> broadcast::Receiver<Progress> {
        self.progress.subscribe()
    }
}

/// What failed where the journal itself could not be written.
pub const THE_JOURNAL: &str = "write the journal";

/// The journal cannot be written: the run must not go on.
fn unwritable(error: &JournalError) -> Failure {
    Failure::new(
        ExitCode::StateFolder,
        THE_JOURNAL,
        error.to_string(),
        "nothing further was started; a migration that runs goes on by itself",
        "make room or mend the disk, then `omup resume`",
    )
}

#[async_trait(?Send)]
impl Recorder for Shared {
    fn record(&self, event: Event) -> Result<(), Failure> {
        self.journal
            .borrow_mut()
            .append(&event)
            .map_err(|error| unwritable(&error))?;
        self.view.borrow_mut().apply(&event);
        self.changed.notify_waiters();
        Ok(())
    }

    fn view(&self) -> RunView {
        self.view.borrow().clone()
    }

    fn waits_for_answers(&self) -> bool {
        !self.wait_for_answers.is_zero()
    }

    fn progress(&self, progress: Progress) {
        // Nobody watching is no error.
        let _ = self.progress.send(progress);
    }

    async fn ask(&self, question: Ask) -> Result<Option<String>, Failure> {
        self.record(Event::QuestionAsked {
            id: question.id.to_string(),
            text: question.text.as_str().into(),
            expects: question.expects.as_str().into(),
            safe: question.safe.as_str().into(),
            choices: Vec::new(),
        })?;
        let answered = async {
            loop {
                let changed = self.changed.notified();
                if let Some(value) = self.view.borrow().answers.get(question.id) {
                    return value.as_str().to_string();
                }
                changed.await;
            }
        };
        Ok(tokio::time::timeout(self.wait_for_answers, answered)
            .await
            .ok())
    }
}
