//! The loop: what is next, do it, write it down; and the way to a safe state when something fails.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::database::{Admin, Database, DatabaseError, Lock};
use crate::deployment::Deployment;
use crate::domain::answers::Answers;
use crate::domain::event::Event;
use crate::domain::plan::{Goal, Plan};
use crate::domain::resume::{Next, next};
use crate::domain::run_view::{Phase, RunView};
use crate::domain::step::{Failure, StepId};
use crate::domain::survey::Survey;
use crate::exit_code::ExitCode;
use crate::process::Place;
use crate::steps::context::{Context, Recorder as _, Secrets};
use crate::steps::{Step, steps_of};

use super::folder::RunFolder;
use super::one_step::{interrupted_unknown, look, run_step};
use super::put_back::put_back;
use super::recorder::{Shared, THE_JOURNAL};

/// How often the lock's connection says something, shorter than the idle limits of firewalls and balancers (AWS network
/// load balancers: 350 s by default).
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// Tries to take a lost lock anew, and the pause between two.
const LOCK_TRIES: u32 = 30;
const LOCK_PAUSE: Duration = Duration::from_secs(3);

/// Everything that a run needs beside its journal.
pub struct Work {
    pub folder: RunFolder,
    pub survey: Survey,
    pub answers: Answers,
    pub plan: Plan,
    pub plan_digest: String,
    pub database: Arc<dyn Database>,
    pub admin: Arc<dyn Admin>,
    pub deployment: Arc<dyn Deployment>,
    pub place: Place,
    /// Who holds the lock on the database, in words for others: this run on this host.
    pub lock_note: String,
    pub secrets: Secrets,
}

impl Work {
    pub(super) fn context<'a>(&'a self, shared: &'a Shared) -> Context<'a> {
        Context {
            folder: &self.folder.path,
            run: &self.folder.run,
            survey: &self.survey,
            answers: &self.answers,
            database: self.database.clone(),
            admin: self.admin.clone(),
            deployment: self.deployment.clone(),
            place: self.place,
            secrets: &self.secrets,
            recorder: shared,
            plan_digest: &self.plan_digest,
        }
    }

    pub(super) fn step(&self, id: StepId) -> Option<Box<dyn Step>> {
        steps_of(&self.plan.goal, &self.answers)
            .into_iter()
            .find(|step| step.id() == id)
    }
}

/// Drives the plan to its end or to a safe stop; must run on a `LocalSet`. `retry` lets the step
/// that failed last be run again.
pub async fn drive(
    work: Rc<Work>,
    shared: Rc<Shared>,
    mut lock: Box<dyn Lock>,
    retry: bool,
) -> ExitCode {
    let mut again = shared.view().failure().map(|(id, _)| id).filter(|_| retry);
    let (exit, message) = loop {
        let id = match next(&shared.view(), again) {
            // What was interrupted is looked at first, whatever is wanted then.
            Next::Run(_) | Next::Stopped(_) if shared.view().abort_asked => {
                break aborted(&work, &shared).await;
            }
            Next::Complete => break complete(&work, &shared.view()).await,
            Next::Stopped(id) => break stopped(&work, &shared, id).await,
            Next::Run(id) => id,
            Next::Look(id) => {
                match with_lock(look(work.clone(), shared.clone(), id), &mut lock).await {
                    Ok(_) if shared.view().abort_asked => break aborted(&work, &shared).await,
                    Ok(true) => continue,
                    Ok(false) => id,
                    Err(failure) => break failed(&work, &shared, id, failure, false).await,
                }
            }
            Next::Ask(id) => {
                break failed(&work, &shared, id, interrupted_unknown(id), false).await;
            }
        };
        again = again.filter(|failed| *failed != id);
        if let Err(unlocked) = still_locked(&work, &mut lock).await {
            break not_locked(&work, &shared, id, unlocked).await;
        }
        match with_lock(run_step(work.clone(), shared.clone(), id), &mut lock).await {
            Ok(()) if shared.view().abort_asked => break aborted(&work, &shared).await,
            Ok(()) => {}
            Err(failure) => {
                // The journal does not tell of itself.
                let shown = failure.what.as_str() != THE_JOURNAL;
                break failed(&work, &shared, id, failure, shown).await;
            }
        }
    };
    lock.release().await;
    mask_logs(&work, &shared);
    let told = shared.record(Event::RunEnded {
        exit,
        message: work.secrets.redactor.redact(&message).into(),
    });
    // An end that is not in the journal is not known to the next runner, whatever it was.
    let exit = if told.is_ok() {
        exit
    } else {
        ExitCode::StateFolder
    };
    // Every end has its report; a disk that refuses it has been told in the journal's end already.
    let _ = crate::steps::report::write(&work.folder.path, &shared.view(), &work.secrets.redactor);
    exit
}

/// Tools print their configuration at times; when all is told, no log keeps a secret of ours.
fn mask_logs(work: &Work, shared: &Shared) {
    if let Err(error) = crate::process::masked_log::mask_folder(
        &work.folder.logs(),
        &work.folder.children(),
        &work.secrets.redactor,
    ) {
        let text = format!(
            "a log in {} may still hold a secret: {error}. Look at it before you send it anywhere",
            work.folder.logs().display()
        );
        // A journal that cannot be written has been told of already.
        let _ = shared.record(Event::Alarm { text: text.into() });
    }
}

async fn complete(work: &Work, view: &RunView) -> (ExitCode, String) {
    // Validated some steps ago: a server may have died since.
    if let Err(why) = still_serves(work, view).await {
        let exit = match work.plan.goal {
            Goal::Upgrade | Goal::BackUp => ExitCode::Validation,
            Goal::WayBack { .. } => ExitCode::RollbackFailed,
        };
        return (exit, why);
    }
    match &work.plan.goal {
        Goal::Upgrade => match &view.facts.serving {
            Some(version) => (
                ExitCode::Ok,
                format!("upgraded: {version} serves, and every row that it needs is there"),
            ),
            None => (ExitCode::Ok, "every step has ended".to_string()),
        },
        Goal::BackUp => {
            let level = view.facts.level.map_or("not proven", |level| level.words());
            let dir = view.facts.backup_dir.clone().unwrap_or_default();
            let message = format!(
                "the backup is {level}: {}; nothing was stopped, and the database was only read",
                dir.display()
            );
            (ExitCode::Ok, message)
        }
        Goal::WayBack { .. } => {
            let kept = view
                .facts
                .upgraded_kept
                .as_ref()
                .map(|name| format!("; {} '{name}' is kept beside", view.facts.what_is_kept()))
                .unwrap_or_default();
            match &view.facts.restored_database {
                Some(database) if view.facts.restored_equal => (
                    ExitCode::RolledBack,
                    format!(
                        "rolled back: '{database}' is restored and equal, and the old version serves it{kept}"
                    ),
                ),
                Some(_) | None => (
                    ExitCode::StoppedAndPutBack,
                    "the old version serves; its database is as it was".to_string(),
                ),
            }
        }
    }
}

/// The version that this goal has validated answers at the very end too.
async fn still_serves(work: &Work, view: &RunView) -> Result<(), String> {
    const TRIES: u32 = 5;
    let validates = [StepId::Validate, StepId::ValidateOld];
    if !view.steps.iter().any(|(id, _)| validates.contains(id)) {
        return Ok(());
    }
    let Some(version) = &view.facts.serving else {
        return Ok(());
    };
    let mut said = String::new();
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        match work.deployment.version_by_server().await {
            Ok(now) if now == *version => return Ok(()),
            Ok(now) => said = format!("{now} answers"),
            Err(error) => said = error.to_string(),
        }
    }
    Err(format!(
        "every step is done, but {version} does not serve any more ({said}): it was validated and has stopped since. The databases are as the report says. Next: read the server's log, start it through its owner and ask `omup status {run}`; `omup rollback {run}` shows the ways back",
        run = work.folder.run
    ))
}

/// A step, with a word over the lock's own connection now and then: what says nothing for long is forgotten by the
/// firewalls between.
async fn with_lock<T>(step: impl Future<Output = T>, lock: &mut Box<dyn Lock>) -> T {
    tokio::pin!(step);
    loop {
        tokio::select! {
            ended = &mut step => return ended,
            // Whether it is held is asked, and seen to, before the next step.
            () = tokio::time::sleep(KEEP_ALIVE) => { let _ = lock.held().await; }
        }
    }
}

/// The lock is held, taken anew where its connection was lost; a server that starts again is waited for a little.
async fn still_locked(work: &Work, lock: &mut Box<dyn Lock>) -> Result<(), DatabaseError> {
    if lock.held().await {
        return Ok(());
    }
    let mut tries = LOCK_TRIES;
    loop {
        match work.admin.lock(&work.lock_note).await {
            Ok(again) => {
                *lock = again;
                return Ok(());
            }
            Err(error) => {
                tries -= 1;
                if tries == 0 || others(&error, &work.lock_note) {
                    return Err(error);
                }
                tokio::time::sleep(LOCK_PAUSE).await;
                // It may only have been slow to answer.
                if lock.held().await {
                    return Ok(());
                }
            }
        }
    }
}

/// True where somebody else has the lock; a session of ours that the server takes to live is not somebody else.
fn others(error: &DatabaseError, lock_note: &str) -> bool {
    matches!(error, DatabaseError::Locked { holder } if !holder.as_str().contains(lock_note))
}

/// How the run ends without its lock. Held by another run, the database is theirs: no server is started on it.
async fn not_locked(
    work: &Work,
    shared: &Shared,
    id: StepId,
    error: DatabaseError,
) -> (ExitCode, String) {
    let theirs = others(&error, &work.lock_note);
    let failure = Failure::new(
        ExitCode::LockLost,
        "hold the lock on the database",
        error.to_string(),
        "nothing further was started",
        format!(
            "see who holds it and that the database answers, then `omup resume {}`",
            work.folder.run
        ),
    );
    if theirs {
        let down = match shared.view().phase() {
            Phase::Down => {
                " USERS ARE LOCKED OUT: another run has taken this database, so the old server was not started."
            }
            Phase::BeforeDowntime | Phase::AfterPoint | Phase::Upgraded | Phase::RolledBack => {
                " Another run has taken this database: nothing was put back."
            }
        };
        return (
            failure.exit,
            format!(
                "stopped at '{}' ({failure}).{down} Still safe: {}. Next: {}, or `omup abort {}`, which puts back what this run has changed.",
                id.title(),
                failure.still_safe,
                failure.next,
                work.folder.run
            ),
        );
    }
    failed(work, shared, id, failure, false).await
}

/// A step that failed in an earlier life of this run: the exit code is told again.
async fn stopped(work: &Work, shared: &Shared, id: StepId) -> (ExitCode, String) {
    let failure = shared.view().failure().map(|(_, failure)| failure.clone());
    match failure {
        Some(failure) => {
            let (exit, told) = failed(work, shared, id, failure, false).await;
            let again = format!(
                "That is how it ended before; nothing was tried now. `omup resume {} --again` runs this step again.",
                work.folder.run
            );
            (exit, format!("{told} {again}"))
        }
        None => (
            ExitCode::Internal,
            "a step has failed without a reason".to_string(),
        ),
    }
}

async fn aborted(work: &Work, shared: &Shared) -> (ExitCode, String) {
    match shared.view().phase() {
        Phase::BeforeDowntime | Phase::Down => put_back(work, shared, ExitCode::StoppedAndPutBack, "aborted".to_string()).await,
        Phase::AfterPoint | Phase::Upgraded | Phase::RolledBack => (
            ExitCode::FailedAfterPoint,
            "aborted after the point of no return: nothing further was started; `omup rollback` shows the ways back".to_string(),
        ),
    }
}

/// How the run ends after a failure. `shown`: the journal of this runner has told the failure itself.
async fn failed(
    work: &Work,
    shared: &Shared,
    id: StepId,
    failure: Failure,
    shown: bool,
) -> (ExitCode, String) {
    let why = if shown {
        String::new()
    } else {
        format!(" ({failure})")
    };
    let told = format!(
        "stopped at '{}'{why}. Still safe: {}. Next: {}.",
        id.title(),
        failure.still_safe.as_str().trim_end_matches('.'),
        failure.next.as_str().trim_end_matches('.')
    );
    // What the journal cannot tell is not done. Another file that finds no room keeps nobody locked out.
    if failure.exit == ExitCode::StateFolder
        && (shared.view().phase() != Phase::Down || failure.what.as_str() == THE_JOURNAL)
    {
        return (failure.exit, told);
    }
    if matches!(work.plan.goal, Goal::WayBack { .. }) {
        let exit = if failure.exit == ExitCode::WaitingForInput {
            failure.exit
        } else {
            ExitCode::RollbackFailed
        };
        return (exit, told);
    }
    match shared.view().phase() {
        Phase::BeforeDowntime | Phase::Down => put_back(work, shared, failure.exit, told).await,
        Phase::AfterPoint | Phase::Upgraded | Phase::RolledBack => match failure.exit {
            ExitCode::Validation | ExitCode::WaitingForInput | ExitCode::LockLost => {
                (failure.exit, told)
            }
            _ => (ExitCode::FailedAfterPoint, told),
        },
    }
}
