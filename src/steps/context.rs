//! What a step is given: facts, the traits it acts through, and the recorder it must tell first.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use crate::database::{Admin, Database, DatabaseError};
use crate::deployment::Deployment;
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::event::{Event, Fact};
use crate::domain::names::{Identity, RunId};
use crate::domain::plan::Goal;
pub use crate::domain::progress::Progress;
use crate::domain::run_view::RunView;
use crate::domain::secret::{Redactor, Secret};
use crate::domain::step::{Failure, StepId};
use crate::domain::survey::{ConnectionFacts, Survey};
use crate::exit_code::ExitCode;
use crate::process::Place;

/// Secrets that a run holds in memory only.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    pub database_password: Option<Secret>,
    pub api_token: Option<Secret>,
    pub redactor: Redactor,
}

/// Where facts go before they are acted on. Implemented by the runner over its journal.
#[async_trait(?Send)]
pub trait Recorder {
    /// Writes and syncs one event; the caller must not act when this fails.
    fn record(&self, event: Event) -> Result<(), Failure>;
    /// The fold of everything recorded so far.
    fn view(&self) -> RunView;
    /// True when an open question waits for a person at all.
    fn waits_for_answers(&self) -> bool;
    /// Tells who watches; may be lost.
    fn progress(&self, progress: Progress);
    /// Asks a person and waits as long as the answers allow. `None`: nobody answered in time.
    async fn ask(&self, question: Ask) -> Result<Option<String>, Failure>;
}

/// A question with the only value that lets the work go on.
#[derive(Debug, Clone)]
pub struct Ask {
    pub id: &'static str,
    pub text: String,
    /// The text to type, shown to the person; compared whole.
    pub expects: String,
    /// What happens without an answer.
    pub safe: String,
}

/// Everything a step may use.
pub struct Context<'a> {
    pub folder: &'a Path,
    pub run: &'a RunId,
    pub survey: &'a Survey,
    pub answers: &'a Answers,
    pub database: Arc<dyn Database>,
    pub admin: Arc<dyn Admin>,
    pub deployment: Arc<dyn Deployment>,
    pub place: Place,
    pub secrets: &'a Secrets,
    pub recorder: &'a dyn Recorder,
    /// Digest of the plan that this run follows, and the identity as the answers name it.
    pub plan_digest: &'a str,
}

impl Context<'_> {
    /// What nothing has happened to, in words, where a step failed that looks or stops.
    pub fn still_safe(&self) -> &'static str {
        let view = self.view();
        match (view.goal, view.facts.point_crossed_ms) {
            (Some(Goal::WayBack { .. }), _) => "the backup; every database is as it stood",
            (_, Some(_)) => "the backup and the old installation",
            (_, None) => "the database is as it was",
        }
    }

    /// Says what is about to be done to the world. Numbered by the journal; a kill may come right
    /// after it.
    pub fn effect(&self, step: StepId, what: impl AsRef<str>) -> Result<(), Failure> {
        self.recorder.record(Event::Effect {
            step,
            what: self.clean(what.as_ref()),
        })
    }

    pub fn fact(&self, step: StepId, fact: Fact) -> Result<(), Failure> {
        self.recorder.record(Event::Fact { step, fact })
    }

    pub fn view(&self) -> RunView {
        self.recorder.view()
    }

    pub fn doing(&self, step: StepId, doing: impl AsRef<str>) {
        self.recorder.progress(Progress {
            step,
            doing: self.clean(doing.as_ref()),
            done: None,
            total: None,
            unit: String::new(),
            estimated: false,
        });
    }

    /// Foreign text made fit to be kept and shown: secrets masked, control characters gone.
    pub fn clean(&self, text: &str) -> CleanText {
        CleanText::new(&self.secrets.redactor.redact(text))
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.folder.join("logs").join(format!("{name}.log"))
    }

    pub fn child_lock(&self, name: &str) -> PathBuf {
        self.folder.join("children").join(format!("{name}.lock"))
    }

    /// How the migration's own sessions show themselves to the database.
    pub fn migration_application(&self) -> String {
        format!("omup migrate {}", self.run)
    }

    /// Stops unless this is still the very server and database that the run was made for.
    pub async fn same_database(&self, step: StepId) -> Result<(), Failure> {
        let mut answer = self.database.identity().await;
        // A line that breaks is tried again before the step, and with it the run, is given up.
        for _ in 0..2 {
            if !matches!(
                answer,
                Err(DatabaseError::Lost { .. } | DatabaseError::Unreachable { .. })
            ) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            answer = self.database.identity().await;
        }
        let now = answer.map_err(|error| {
            Failure::new(
                ExitCode::CannotSurvey,
                format!("identify the database before '{}'", step.title()),
                error.to_string(),
                "nothing was done by this step",
                "see that the database server runs, then `omup resume`",
            )
        })?;
        match self.differs(&now) {
            None => Ok(()),
            Some(why) => Err(Failure::new(
                ExitCode::CannotSurvey,
                format!("go on with '{}': this is another database", step.title()),
                why,
                "nothing was done to either database",
                "point the configuration at the right server, then `omup resume`",
            )),
        }
    }

    /// Stops when the configuration has come to name another database than the run works on: the new version would
    /// be given that one.
    pub async fn same_configuration(&self, step: StepId) -> Result<(), Failure> {
        let failed = |why: String| {
            Failure::new(
                ExitCode::CannotSurvey,
                format!(
                    "go on with '{}': the configuration has changed",
                    step.title()
                ),
                self.clean(&why).as_str(),
                "nothing was done by this step",
                "set it back, then `omup resume`; or begin anew with `omup run`",
            )
        };
        let now = self
            .deployment
            .facts()
            .await
            .map_err(|error| failed(error.to_string()))?
            .connection;
        let planned = &self.survey.deployment.connection;
        let told = |of: &ConnectionFacts| {
            format!(
                "database '{}' on {}:{} as '{}'",
                of.database, of.host, of.port, of.user
            )
        };
        let same = (&now.host, now.port, &now.database, &now.user)
            == (
                &planned.host,
                planned.port,
                &planned.database,
                &planned.user,
            );
        if same {
            return Ok(());
        }
        Err(failed(format!(
            "the run was made for {}, and the old version is configured for {} by now",
            told(planned),
            told(&now)
        )))
    }

    /// As [`Self::same_database`], and up to the point of no return nobody else has migrated it either.
    pub async fn same_source(&self, step: StepId) -> Result<(), Failure> {
        self.same_database(step).await?;
        match self.migrated_by_others().await {
            None => Ok(()),
            Some(why) => Err(Failure::new(
                ExitCode::CannotSurvey,
                format!("go on with '{}'", step.title()),
                why,
                "omup has changed nothing in it",
                "see which version it holds (`omup check`), start the server that belongs to it, and begin anew with `omup run`",
            )),
        }
    }

    /// Says so when the migration history is not the one that was surveyed. What cannot be read is no answer.
    pub async fn migrated_by_others(&self) -> Option<String> {
        let found = self.survey.history.known()?;
        let now = self.database.history().await.ok()?;
        (*found != now).then(|| {
            "the database's migration history is not what this run found when it began: somebody else has migrated it, or has put a backup in its place".to_string()
        })
    }

    /// Says so when another database answers behind the run's address. Nobody answering is no answer.
    pub async fn another_database(&self) -> Option<String> {
        let now = self.database.identity().await.ok()?;
        self.differs(&now)
    }

    fn differs(&self, now: &Identity) -> Option<String> {
        let planned = &self.survey.database.identity;
        (now != planned).then(|| {
            format!("the run was made for {planned}, but behind the same address is now {now}")
        })
    }

    /// Claims the name of a database that this run is about to make: where one stands that the journal
    /// does not know as this run's own, it is somebody's, and is neither used nor dropped.
    ///
    /// # Errors
    /// In words, also when nobody can tell.
    pub async fn claim(&self, step: StepId, database: &str) -> Result<(), String> {
        let made = |name: &String| name.as_str() == database;
        if !self.view().facts.scratch.iter().any(made)
            && self
                .database
                .exists(database)
                .await
                .map_err(|e| e.to_string())?
        {
            return Err(format!(
                "the database '{database}' is there already and this run did not make it; rename it or drop it"
            ));
        }
        let fact = Fact::ScratchMade {
            database: database.to_string(),
        };
        self.fact(step, fact).map_err(|failure| failure.to_string())
    }
}

/// Milliseconds since 1970 by this host's clock; for display, never for order.
pub fn wall_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
