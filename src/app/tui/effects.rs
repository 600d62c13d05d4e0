//! What the wizard asks for, done: each in the background, its outcome an event.

mod work;

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::rc::Rc;

use tokio::sync::mpsc;

use super::runs;
use super::session::Session;
use crate::app::error::{CommandError, Result};
use crate::app::launch::Errand;
use crate::app::terminal::{self, Terminal};
use crate::app::{check, run, situation};
use crate::deployment::bare_metal::find;
use crate::domain::answers::Answers;
use crate::domain::event::Event as RunEvent;
use crate::domain::run_view::Phase;
use crate::domain::way_back::ways_back;
use crate::exit_code::ExitCode;
use crate::logs::Reader;
use crate::process::private_file::write_atomically;
use crate::runner::control::Command;
use crate::runner::folder::State as Runs;
use crate::wizard::State;
use crate::wizard::event::{Candidate, Effect, Event, Looked, Trouble};

/// The world behind the wizard.
pub struct World {
    runs: Rc<Runs>,
    tell: mpsc::UnboundedSender<Event>,
    session: Option<Rc<Session>>,
    /// A run that was made in the background, until the next effect takes it over.
    made: Rc<RefCell<Option<Rc<Session>>>>,
    log: Option<Reader>,
    watch_only: bool,
    mender: Option<Rc<super::Mender>>,
}

fn trouble(error: CommandError) -> Trouble {
    Trouble {
        message: error.message,
        exit: error.exit.number(),
    }
}

impl World {
    pub fn new(
        runs: Rc<Runs>,
        tell: mpsc::UnboundedSender<Event>,
        watch_only: bool,
        mender: Option<super::Mender>,
    ) -> Self {
        Self {
            runs,
            tell,
            session: None,
            made: Rc::default(),
            log: None,
            watch_only,
            mender: mender.map(Rc::new),
        }
    }

    /// Does it in the background; what fails is an event.
    fn background(&self, work: impl Future<Output = Result<Option<Event>>> + 'static) {
        let tell = self.tell.clone();
        tokio::task::spawn_local(async move {
            let event = match work.await {
                Ok(event) => event,
                Err(error) => Some(Event::Failed(trouble(error))),
            };
            if let Some(event) = event {
                let _ = tell.send(event);
            }
        });
    }

    fn tell(&self, outcome: Result<()>) {
        if let Err(error) = outcome {
            let _ = self.tell.send(Event::Failed(trouble(error)));
        }
    }

    fn session(&self) -> Result<Rc<Session>> {
        self.session.clone().ok_or_else(|| {
            CommandError::new(
                ExitCode::Usage,
                "no run is open; open one from the list of runs",
            )
        })
    }

    /// Carries out one effect.
    ///
    /// # Errors
    /// Only where the terminal is gone; everything else is an event.
    pub fn carry_out(
        &mut self,
        effect: Effect,
        state: &State,
        screen: &mut Terminal,
    ) -> io::Result<()> {
        if let Some(made) = self.made.borrow_mut().take() {
            self.session = Some(made);
        }
        match effect {
            Effect::Find => self.background(async {
                let found = tokio::task::spawn_blocking(find::installations)
                    .await
                    .unwrap_or_default();
                Ok(Some(Event::Found(
                    found.into_iter().map(candidate).collect(),
                )))
            }),
            Effect::Look(answers) => {
                let (runs, session) = (self.runs.clone(), self.session.clone());
                self.background(async move {
                    let looked = look(&runs, *answers).await;
                    drop(session);
                    Ok(Some(Event::Looked(Box::new(looked.map_err(trouble)))))
                });
            }
            Effect::ListRuns => {
                let _ = self.tell.send(Event::Runs(runs::list(&self.runs)));
                // Who practises is there already.
                if state.lesson.is_none() {
                    let practices = crate::app::sandbox::unfinished();
                    let _ = self.tell.send(Event::Practices(practices));
                }
            }
            Effect::Prepare(answers) => self.prepare(*answers),
            Effect::KeepAnswers(answers) => {
                let kept = self
                    .session()
                    .and_then(|session| work::keep(&session, &answers));
                self.tell(kept);
            }
            Effect::NoteRead {
                note,
                read,
                asks,
                why,
            } => self.record(|who, uid| RunEvent::NoteRead {
                note: note.clone(),
                read,
                asks,
                why: why.clone(),
                who,
                uid,
            }),
            Effect::ChecklistAnswered { item, text, answer } => {
                self.record(|who, uid| RunEvent::ChecklistAnswered {
                    item: item.clone(),
                    text: text.clone(),
                    answer,
                    who,
                    uid,
                });
            }
            Effect::Start { plan_digest } => self.start(plan_digest),
            Effect::OpenRun(id) => self.open(&id),
            Effect::CloseRun => {
                self.session = None;
                self.log = None;
            }
            Effect::Answer { id, value } => self.answer(id, value, state),
            Effect::Abort => {
                let sent = self
                    .session()
                    .and_then(|session| session.send(Command::Abort { who: run::who() }));
                self.tell(sent);
            }
            Effect::TakeHelm => {
                let sent = self
                    .session()
                    .and_then(|session| session.send(Command::TakeHelm { who: run::who() }));
                self.tell(sent);
            }
            Effect::Resume { again } => {
                let early = state.run.as_ref().is_some_and(|run| {
                    matches!(run.view.phase(), Phase::BeforeDowntime | Phase::Down)
                });
                self.launch(Errand {
                    retry: again || early,
                    wait: run::person_waits(),
                    ..Errand::default()
                });
            }
            Effect::TakeWay { way } => self.launch(Errand {
                retry: true,
                way: Some(way),
                wait: way.is_forward().then(run::person_waits).flatten(),
                ..Errand::default()
            }),
            Effect::Mend => {
                if let Some(mender) = self.mender.clone() {
                    self.background(async move {
                        let (scenario, pace) = (mender.scenario, mender.pace);
                        crate::app::sandbox::mend_below(&mender.folder, scenario, pace).await?;
                        Ok(Some(Event::Mended))
                    });
                }
            }
            Effect::WaysBack => match self.session() {
                Ok(session) => self.background(async move {
                    let ways = situation::gather(&session.folder)
                        .await
                        .map(|(view, now)| ways_back(&view, &now))
                        .map_err(trouble);
                    Ok(Some(Event::Ways(Box::new(ways))))
                }),
                Err(error) => self.tell(Err(error)),
            },
            Effect::ReadReport => {
                let report = self.session().and_then(|session| {
                    std::fs::read_to_string(session.folder.report("md")).map_err(|error| {
                        CommandError::new(
                            ExitCode::StateFolder,
                            format!("no report yet ({error}); it is written when the run ends"),
                        )
                    })
                });
                let _ = self.tell.send(Event::Report(report.map_err(trouble)));
            }
            Effect::ReadWayBack => {
                let page = self.session().ok().and_then(|session| {
                    let file = session.folder.path.join(crate::backup::WAY_BACK);
                    std::fs::read_to_string(file).ok()
                });
                let _ = self.tell.send(Event::WayBackByHand(page));
            }
            Effect::AskLog(query) => {
                if self.log.is_none() {
                    let tell = self.tell.clone();
                    let reader = Reader::start(move |window| {
                        let _ = tell.send(Event::Log(Box::new(window)));
                    });
                    match reader {
                        Ok(reader) => self.log = Some(reader),
                        Err(error) => self.tell(Err(CommandError::new(
                            ExitCode::Internal,
                            format!("cannot read logs: {error}"),
                        ))),
                    }
                }
                if let Some(reader) = &self.log {
                    reader.ask(query);
                }
            }
            Effect::NoLog => self.log = None,
            Effect::Copy(text) => {
                let text = text.trim_end().to_string();
                if text.is_empty() {
                    let _ = self
                        .tell
                        .send(Event::Told("there is nothing to copy here".into()));
                } else {
                    let file = self.runs.root.join("copied.txt");
                    let words = terminal::copy(screen, &text, &file)?;
                    let _ = self.tell.send(Event::Told(words.into()));
                }
            }
            Effect::Title(text) => screen.title(&text)?,
            Effect::Bell => screen.bell()?,
            Effect::Redraw => self.draw_anew(),
            Effect::Suspend => {
                screen.suspend()?;
                self.draw_anew();
            }
            Effect::Snapshot => self.snapshot(state),
            // The loop has ended before.
            Effect::Leave | Effect::LeavePractice { .. } => {}
        }
        Ok(())
    }

    /// A new size, even the same one, draws everything.
    fn draw_anew(&self) {
        let (width, height) = terminal::size();
        let _ = self.tell.send(Event::Resize { width, height });
    }

    /// Keeps what is on the screen as text, for a bug report.
    fn snapshot(&self, state: &State) {
        let mut text = crate::screen::snapshot(state).join("\n");
        text.push_str(&format!("\n\n{}\n", crate::wizard::copy::summary(state)));
        let name = format!(
            "snapshot-{}.txt",
            jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S")
        );
        let file = self.runs.root.join(name);
        let event = match write_atomically(&file, text.as_bytes()) {
            Ok(()) => Event::Told(format!("kept in {}", file.display()).into()),
            Err(error) => Event::Failed(Trouble {
                message: format!("cannot keep the snapshot: {error}").into(),
                exit: ExitCode::StateFolder.number(),
            }),
        };
        let _ = self.tell.send(event);
    }

    /// Lets go of the run: the helm is free, the work goes on.
    pub async fn leave(&mut self) {
        self.log = None;
        self.made.borrow_mut().take();
        self.session = None;
    }
}

async fn look(runs: &Runs, answers: Answers) -> Result<Looked> {
    let looked = check::look_with(runs, answers).await?;
    Ok(Looked {
        answers: looked.answers,
        survey: looked.survey,
        findings: looked.findings,
        plan: looked.plan,
        plan_digest: looked.plan_digest,
    })
}

fn candidate(found: find::Found) -> Candidate {
    let from = match (found.pid, &found.folder) {
        (Some(pid), _) => format!("a running process ({pid})"),
        (None, Some(folder)) => folder.display().to_string(),
        (None, None) => "this host".to_string(),
    };
    Candidate {
        home: found.home,
        version: found.version.to_string().into(),
        from: from.into(),
        runs: found.pid.is_some(),
    }
}
