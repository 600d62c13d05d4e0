//! What the wizard does to a run: made, marked, started, answered.

use super::World;
use crate::app::error::{CommandError, Result};
use crate::app::launch::{self, Errand};
use crate::app::tui::session::Session;
use crate::app::{open, run};
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::event::Event as RunEvent;
use crate::exit_code::ExitCode;
use crate::process::private_file::write_atomically;
use crate::runner::control::Command;
use crate::wizard::State;

impl World {
    pub(super) fn record(&self, event: impl FnOnce(CleanText, u32) -> RunEvent) {
        let who = CleanText::limited(&run::who(), 80);
        let uid = rustix::process::getuid().as_raw();
        let event = event(who, uid);
        let recorded = self.session().and_then(|session| session.record(&event));
        self.tell(recorded);
    }

    /// Makes a run and owns its journal until its runner is started.
    pub(super) fn prepare(&mut self, answers: Answers) {
        // What is prepared already is kept: only its answers change.
        if let Some(session) = self.session.as_ref().filter(|session| session.preparing()) {
            let kept = keep(session, &answers);
            return self.tell(kept);
        }
        let (runs, tell, made) = (self.runs.clone(), self.tell.clone(), self.made.clone());
        self.background(async move {
            let opened = open::deployment(&answers).await?;
            let (folder, journal) = run::create(&runs, &answers, &opened).await?;
            *made.borrow_mut() = Some(Session::own(folder, journal, tell)?);
            Ok(None)
        });
    }

    pub(super) fn open(&mut self, id: &str) {
        let opened = self
            .runs
            .run(id)
            .map_err(CommandError::from)
            .and_then(|folder| Session::open(folder, self.watch_only, self.tell.clone()));
        match opened {
            Ok(session) => self.session = Some(session),
            Err(error) => self.tell(Err(error)),
        }
    }

    pub(super) fn start(&mut self, plan_digest: String) {
        self.record(|who, uid| RunEvent::PlanApproved {
            plan_digest,
            who,
            uid,
        });
        if let Some(session) = &self.session {
            session.release();
        }
        self.launch(Errand {
            wait: run::person_waits(),
            ..Errand::default()
        });
    }

    /// Starts a runner for the open run, with its secrets read from their durable sources.
    pub(super) fn launch(&self, errand: Errand) {
        let runs = self.runs.clone();
        match self.session() {
            Ok(session) => {
                session.expect_runner();
                self.background(async move {
                    let answers = open::answers(&session.folder.answers())?;
                    let opened = match open::deployment(&answers).await {
                        Ok(opened) => opened,
                        Err(error) => {
                            if run::view_of(&session.folder)?.being_prepared() {
                                session.take_back()?;
                            }
                            return Err(error);
                        }
                    };
                    match launch::start(&runs, &session.folder, &opened.secrets, &errand).await {
                        Ok(child) => {
                            session.started(child);
                            Ok(None)
                        }
                        Err(error) => {
                            if run::view_of(&session.folder)?.being_prepared() {
                                session.take_back()?;
                            }
                            Err(error)
                        }
                    }
                })
            }
            Err(error) => self.tell(Err(error)),
        }
    }

    /// To the living runner; where none lives, a right answer starts it again.
    pub(super) fn answer(&self, id: String, value: String, state: &State) {
        let alive = state.run.as_ref().is_some_and(|run| run.alive);
        if alive {
            let sent = self.session().and_then(|session| {
                session.send(Command::Answer {
                    id,
                    value,
                    who: run::who(),
                })
            });
            return self.tell(sent);
        }
        self.launch(Errand {
            answers: vec![(id, value, run::who())],
            wait: run::person_waits(),
            ..Errand::default()
        });
    }
}

pub(super) fn keep(session: &Session, answers: &Answers) -> Result<()> {
    if !session.preparing() {
        return Ok(());
    }
    let text = toml::to_string(answers).map_err(CommandError::from_cause(
        ExitCode::Internal,
        "keep the answers",
    ))?;
    write_atomically(&session.folder.answers(), text.as_bytes()).map_err(CommandError::from_cause(
        ExitCode::StateFolder,
        "keep the answers",
    ))
}
