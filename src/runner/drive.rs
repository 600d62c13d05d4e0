//! The loop: what is next, do it, write it down; and the way to a safe state when something fails.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use crate::database::{Admin, Database, Lock};
use crate::deployment::Deployment;
use crate::domain::answers::Answers;
use crate::domain::event::{Event, Fact};
use crate::domain::plan::{Goal, Plan};
use crate::domain::resume::{Next, next};
use crate::domain::run_view::{Phase, RunView};
use crate::domain::step::{Failure, Looked, Outcome, StepId};
use crate::domain::survey::Survey;
use crate::exit_code::ExitCode;
use crate::process::Place;
use crate::steps::context::{Context, Recorder as _, Secrets};
use crate::steps::{Step, steps_of};

use super::folder::RunFolder;
use super::recorder::Shared;

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
    pub secrets: Secrets,
}

impl Work {
    fn context<'a>(&'a self, shared: &'a Shared) -> Context<'a> {
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

    fn step(&self, id: StepId) -> Option<Box<dyn Step>> {
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
            Next::Look(id) => match look(work.clone(), shared.clone(), id).await {
                Ok(_) if shared.view().abort_asked => break aborted(&work, &shared).await,
                Ok(true) => continue,
                Ok(false) => id,
                Err(failure) => break failed(&work, &shared, id, failure, false).await,
            },
            Next::Ask(id) => {
                break failed(&work, &shared, id, interrupted_unknown(id), false).await;
            }
        };
        again = again.filter(|failed| *failed != id);
        if let Err(failure) = still_locked(&work, &mut lock).await {
            break (ExitCode::LockLost, failure.to_string());
        }
        match run_step(work.clone(), shared.clone(), id).await {
            Ok(()) if shared.view().abort_asked => break aborted(&work, &shared).await,
            Ok(()) => {}
            Err(failure) => break failed(&work, &shared, id, failure, true).await,
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
            Goal::Upgrade => ExitCode::Validation,
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
        Goal::WayBack { .. } => {
            let kept = view
                .facts
                .upgraded_kept
                .as_ref()
                .map(|name| format!("; the upgraded database '{name}' is kept beside"))
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

/// The version that was validated answers at the very end too.
async fn still_serves(work: &Work, view: &RunView) -> Result<(), String> {
    const TRIES: u32 = 5;
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

async fn still_locked(work: &Work, lock: &mut Box<dyn Lock>) -> Result<(), Failure> {
    if lock.held().await {
        return Ok(());
    }
    match work.admin.lock(work.folder.run.as_str()).await {
        Ok(again) => {
            *lock = again;
            Ok(())
        }
        Err(error) => Err(Failure::new(
            ExitCode::LockLost,
            "hold the lock on the database",
            error.to_string(),
            "nothing further was started",
            "see who holds it, then `omup resume`",
        )),
    }
}

/// Runs one step as a task of its own, so that a panic in it ends the step and not the runner, and
/// an abort before the point of no return can end it.
async fn run_step(work: Rc<Work>, shared: Rc<Shared>, id: StepId) -> Result<(), Failure> {
    let attempt = shared.view().attempts.get(&id).copied().unwrap_or(0) + 1;
    shared.record(Event::StepStarted { step: id, attempt })?;
    let started = Instant::now();
    let task = {
        let (work, shared) = (work.clone(), shared.clone());
        tokio::task::spawn_local(async move {
            crate::process::effect::panic_at(id.id());
            match work.step(id) {
                Some(step) => {
                    let context = work.context(&shared);
                    // The report tells how it went, whatever is behind the address by now.
                    if id != StepId::Report {
                        context.same_database(id).await?;
                    }
                    step.run(&context).await
                }
                None => Err(Failure::new(
                    ExitCode::Internal,
                    format!("find the step '{}'", id.id()),
                    "the journal names a step that this plan does not have",
                    "nothing was done",
                    "use the version of omup that began this run",
                )),
            }
        })
    };
    let ended = supervise(task, &shared).await;
    let seconds = started.elapsed().as_secs_f64();
    match ended {
        Ok(outcome) => shared.record(Event::StepEnded {
            step: id,
            attempt,
            outcome,
            seconds,
        }),
        // An open question is no failure: the step stays where it is and is asked again on resume.
        Err(failure)
            if failure.exit == ExitCode::WaitingForInput
                || failure.exit == ExitCode::StateFolder =>
        {
            Err(failure)
        }
        Err(failure) => {
            shared.record(Event::StepFailed {
                step: id,
                attempt,
                failure: failure.clone(),
                seconds,
            })?;
            Err(failure)
        }
    }
}

/// Waits for a step; an abort ends it, unless the database may already be under the new version's hands.
async fn supervise(
    mut task: tokio::task::JoinHandle<Result<Outcome, Failure>>,
    shared: &Shared,
) -> Result<Outcome, Failure> {
    loop {
        let changed = shared.changed.notified();
        let view = shared.view();
        if view.abort_asked
            && matches!(view.phase(), Phase::BeforeDowntime | Phase::Down)
            && !task.is_finished()
        {
            task.abort();
            let _ = (&mut task).await;
            return Err(Failure::new(
                ExitCode::StoppedAndPutBack,
                "go on with this step",
                "somebody asked to abort the run",
                "the database is as it was",
                "`omup resume` goes on from here, `omup run` begins anew",
            ));
        }
        tokio::select! {
            ended = &mut task => return match ended {
                Ok(result) => result,
                Err(error) => Err(Failure::new(
                    ExitCode::Internal,
                    "run this step",
                    if error.is_panic() { "omup itself has a fault here (logs/runner.log in the run's folder says where)" } else { "the step was cancelled" },
                    "the journal holds everything up to this step",
                    "keep the run's folder and report the fault; `omup rollback` shows the ways back",
                )),
            },
            () = changed => {}
        }
    }
}

fn interrupted_unknown(id: StepId) -> Failure {
    Failure::new(
        ExitCode::FailedAfterPoint,
        format!("go on with '{}'", id.title()),
        "it was interrupted and only a person can tell how it ended",
        "the backup is untouched",
        "`omup rollback` shows the ways back",
    )
}

/// True: the interrupted step turned out to be done.
async fn look(work: Rc<Work>, shared: Rc<Shared>, id: StepId) -> Result<bool, Failure> {
    let started = Instant::now();
    let looked = match work.step(id) {
        Some(step) => step.look(&work.context(&shared)).await?,
        None => return Err(interrupted_unknown(id)),
    };
    shared.record(Event::Looked {
        step: id,
        looked: looked.clone(),
    })?;
    match looked {
        Looked::Done { message } => {
            let attempt = shared.view().attempts.get(&id).copied().unwrap_or(1);
            let seconds = started.elapsed().as_secs_f64();
            shared.record(Event::StepEnded {
                step: id,
                attempt,
                outcome: Outcome::Success { message },
                seconds,
            })?;
            Ok(true)
        }
        Looked::NotDone { .. } => Ok(false),
        Looked::Unknown { message } => {
            let mut failure = interrupted_unknown(id);
            failure.why = message;
            let attempt = shared.view().attempts.get(&id).copied().unwrap_or(1);
            shared.record(Event::StepFailed {
                step: id,
                attempt,
                failure: failure.clone(),
                seconds: started.elapsed().as_secs_f64(),
            })?;
            Err(failure)
        }
    }
}

/// A step that failed in an earlier life of this run: the exit code is told again.
async fn stopped(work: &Work, shared: &Shared, id: StepId) -> (ExitCode, String) {
    let failure = shared.view().failure().map(|(_, failure)| failure.clone());
    match failure {
        Some(failure) => failed(work, shared, id, failure, false).await,
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
    if failure.exit == ExitCode::StateFolder {
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

/// Before the point of no return every failure leads back: the old server is started if it was
/// stopped, settings are put back, and the steps that this undid are open again.
async fn put_back(work: &Work, shared: &Shared, exit: ExitCode, why: String) -> (ExitCode, String) {
    let down =
        shared.view().facts.downtime_started_ms.is_some() && shared.view().phase() == Phase::Down;
    let context = work.context(shared);
    let mut undone = Vec::new();
    let mut trouble = Vec::new();
    let reopened = [
        StepId::StartDowntime,
        StepId::StopServer,
        StepId::ProveQuiet,
        StepId::DigestGate,
        StepId::PointOfNoReturn,
    ];
    // A server started now would work on somebody's database, and what we put back would be theirs.
    if let Some(other) = context.another_database().await {
        if !down {
            return (exit, format!("{why} Nothing was put back: {other}."));
        }
        let told = match shared.record(Event::Reopened {
            steps: reopened.to_vec(),
        }) {
            Ok(()) => String::new(),
            Err(failure) => format!(" {failure}."),
        };
        return (
            ExitCode::CannotSurvey,
            format!(
                "{why} Nothing was put back and the old server was not started: {other}.{told}"
            ),
        );
    }
    if down {
        // Said first: from here a server is meant to run, and its session is no alarm.
        if let Err(failure) = shared.record(Event::Reopened {
            steps: reopened.to_vec(),
        }) {
            trouble.push(failure.to_string());
        }
        match context.migrated_by_others().await {
            Some(why) => trouble.push(format!(
                "the old server was not started, it cannot serve this database: {why}"
            )),
            None => match crate::steps::serve_old_again(&context).await {
                Ok(()) => undone.push("the old server serves again".to_string()),
                Err(failure) => trouble.push(failure.to_string()),
            },
        }
    }
    if !shared.view().facts.changed_settings.is_empty() {
        match crate::steps::put_settings_back(&context).await {
            // What somebody else changed meanwhile is theirs, and they are told.
            Ok(Outcome::Warning { message }) => undone.push(format!("settings: {message}")),
            Ok(Outcome::Success { .. } | Outcome::Skipped { .. }) => {
                undone.push("settings are put back".to_string())
            }
            Err(failure) => trouble.push(failure.to_string()),
        }
        if let Err(failure) = shared.record(Event::Reopened {
            steps: vec![StepId::TuneMemory],
        }) {
            trouble.push(failure.to_string());
        }
    }
    for database in shared.view().facts.scratch {
        match work.admin.drop_ours(&database).await {
            Ok(()) => {
                if let Err(failure) = shared.record(Event::Fact {
                    step: StepId::Prove,
                    fact: Fact::ScratchDropped { database },
                }) {
                    trouble.push(failure.to_string());
                }
            }
            // A copy left beside harms nobody: the next attempt drops it, and `omup check` names it.
            Err(error) => undone.push(format!(
                "the scratch database '{database}' is left behind ({error})"
            )),
        }
    }
    if !trouble.is_empty() {
        return (
            ExitCode::FailedBeforePoint,
            format!("{why} Putting back failed too: {}", trouble.join("; ")),
        );
    }
    let exit = match exit {
        ExitCode::WaitingForInput => ExitCode::WaitingForInput,
        _ if down => ExitCode::StoppedAndPutBack,
        other => other,
    };
    let undone = if undone.is_empty() {
        "nothing had been changed".to_string()
    } else {
        undone.join(", ")
    };
    (exit, format!("{why} Put back: {undone}."))
}
