//! The runner process: takes the run, opens what it works on, and drives it.

use std::io::Read as _;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::error::{CommandError, Result};
use super::launch::WireSecrets;
use super::open::{self, Opened};
use super::out;
use super::situation;
use crate::database::{Database, Lock};
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::event::{Event, Fact};
use crate::domain::names::Identity;
use crate::domain::plan::{Goal, Plan};
use crate::domain::run_view::{Phase, RunView, StepState};
use crate::domain::step::StepId;
use crate::domain::survey::Survey;
use crate::domain::way_back::{MoreMemory, WayId};
use crate::exit_code::ExitCode;
use crate::process::private_file::write_atomically;
use crate::runner::control;
use crate::runner::drive::{Work, drive};
use crate::runner::folder::{RunFolder, State};
use crate::runner::journal::Journal;
use crate::runner::lease::{Holder, Lease, LeaseError};
use crate::runner::recorder::Shared;
use crate::runner::watch;
use crate::steps::context::{Recorder as _, Secrets};

/// What the hidden `runner` command was started for.
#[derive(Debug, Clone, Default)]
pub struct Errand {
    pub run: String,
    pub retry: bool,
    pub way: Option<WayId>,
    /// A person sits at the terminal: questions wait at least so many seconds.
    pub wait: Option<u32>,
    pub answers: Vec<(String, String)>,
    pub who: Vec<String>,
    /// Lead the run to a safe state; who wants it.
    pub abort: Option<String>,
}

/// Runs on a `LocalSet`. Its standard input holds the secrets, to the end.
pub async fn main(state_root: PathBuf, errand: Errand) -> Result<ExitCode> {
    // Own session: the login's terminal can go away without a signal to us. It fails only for a
    // process that leads a session already, which is as good.
    let _ = rustix::process::setsid();
    if let Err(error) = crate::process::private_file::harden_process() {
        out::error(format!("omup: cannot forbid core dumps: {error}"));
    }
    // A limit on the size of files is told by the write that meets it; it must not end the runner.
    let limit = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    let _size_limit = signal(limit).map_err(CommandError::from_cause(
        ExitCode::Internal,
        "listen for signals",
    ))?;
    crate::process::effect::arm();
    let secrets = read_secrets()?;
    tell_panics(secrets.redactor.clone());
    let state = State::open(state_root)?;
    let folder = state.run(&errand.run)?;
    let _lease = lease(&folder.lock(), &folder)?;
    folder.fill_reserve()?;
    let (mut journal, reading) = Journal::resume(&folder.journal(), &folder.reserve())?;
    let events: Vec<Event> = reading
        .entries
        .iter()
        .map(|entry| entry.event.clone())
        .collect();
    let mut view = RunView::of(&events);
    let mut opening = Vec::new();
    if reading.torn_bytes > 0 {
        opening.push(Event::TailCut {
            bytes: reading.torn_bytes,
        });
    }
    opening.push(Event::RunnerStarted {
        pid: std::process::id(),
        boot_id: crate::process::boot_id().unwrap_or_default(),
        started_ticks: crate::process::started_ticks(std::process::id()).unwrap_or(0),
        build: env!("CARGO_PKG_VERSION").to_string(),
        outlives_login: "own session".into(),
    });
    for event in opening {
        journal.append(&event)?;
        view.apply(&event);
    }
    let answers = open::answers(&folder.answers())?;
    let wait = Duration::from_secs(u64::from(
        answers.run.wait_for_answers.max(errand.wait.unwrap_or(0)),
    ));
    let shared = Shared::new(journal, view, wait);
    let listener = control::bind(&folder.path).map_err(CommandError::from_cause(
        ExitCode::StateFolder,
        "open the control socket",
    ))?;
    let server = tokio::task::spawn_local(control::serve(
        listener,
        shared.clone(),
        folder.run.to_string(),
    ));
    for ((id, value), who) in errand.answers.iter().zip(&errand.who) {
        deliver(&shared, id, value, who)?;
    }
    if let Some(who) = &errand.abort {
        shared.record(Event::AbortAsked {
            who: CleanText::limited(who, 80),
            uid: rustix::process::getuid().as_raw(),
        })?;
    }
    let exit = match prepare(
        &state,
        folder.clone(),
        answers,
        secrets,
        &shared,
        errand.way,
    )
    .await
    {
        Ok(ready) => {
            let alarms = tokio::task::spawn_local(watch::alarms(
                ready.work.database.clone(),
                ready.work.survey.deployment.connection.user.clone(),
                shared.clone(),
            ));
            let exit = drive(ready.work, shared.clone(), ready.lock, errand.retry).await;
            alarms.abort();
            drop(ready.lease);
            exit
        }
        Err(error) => {
            shared.record(Event::RunEnded {
                exit: error.exit,
                message: error.message.clone(),
            })?;
            error.exit
        }
    };
    server.abort();
    Ok(exit)
}

/// What a fault of our own says goes into the runner's log, without the secrets that it may quote.
fn tell_panics(redactor: crate::domain::secret::Redactor) {
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or("without a word");
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        out::error(redactor.redact(&format!("omup: a fault of omup itself at {place}: {said}")));
    }));
}

/// An answer that came while no runner lived: worth something only where a question waits for it.
fn deliver(shared: &Shared, id: &str, value: &str, who: &str) -> Result<()> {
    let uid = rustix::process::getuid().as_raw();
    match control::answer(shared, id, value, who, uid) {
        control::Say::Refused { reason } => Err(CommandError::new(
            ExitCode::WaitingForInput,
            reason.as_str(),
        )),
        control::Say::Hello { .. } | control::Say::Done { .. } | control::Say::Progress { .. } => {
            Ok(())
        }
    }
}

struct Ready {
    work: Rc<Work>,
    lock: Box<dyn Lock>,
    lease: Lease,
}

/// Opens deployment and database, pins the identity, takes both locks, makes or reads the plan.
async fn prepare(
    state: &State,
    folder: RunFolder,
    answers: Answers,
    secrets: Secrets,
    shared: &Shared,
    way: Option<WayId>,
) -> Result<Ready> {
    let deployment = open::without_secrets(&answers)?;
    let view = shared.view();
    // What was judged by it is judged anew, so it is looked at anew: the disk may be larger by now.
    let judged = matches!(view.step(StepId::Checks), Some(StepState::Ended { .. }));
    let begun = judged || matches!(view.goal, Some(Goal::WayBack { .. }));
    let saved: Option<Survey> = match begun {
        true => read_json(&folder.survey())?,
        false => None,
    };
    // Once the run has switched names, the configuration speaks of another database than the run does.
    let connection = match &saved {
        Some(survey) => survey.deployment.connection.clone(),
        None => deployment.facts().await?.connection,
    };
    let practice = crate::deployment::is_practice(&answers.deployment.old_home);
    let opened = Opened {
        deployment,
        connection,
        secrets,
        practice,
    };
    let target = open::target(&opened, &format!("omup {}", folder.run), &folder.private());
    let (database, admin) = open::handles(target).await?;
    let identity = database.identity().await?;
    if let Some(survey) = &saved
        && survey.database.identity != identity
    {
        return Err(CommandError::new(
            ExitCode::CannotSurvey,
            format!(
                "this run was made for {}, but behind the same address is now {identity}; nothing was done",
                survey.database.identity
            ),
        ));
    }
    let lease = lease(&state.lock_file(&lock_key(&identity)), &folder)?;
    let note = format!("{}@{}", folder.run, hostname());
    let lock = admin.lock(&note).await?;
    super::beside::nobody_migrates(state, &folder, &identity, database.as_ref()).await?;
    if let Some(survey) = &saved {
        still_the_old_version(&view, way, survey, database.as_ref()).await?;
    }
    let survey = match saved {
        Some(survey) => survey,
        None => {
            let survey =
                open::survey(&opened, database.as_ref(), &answers, &state.root, false).await?;
            write_json(&folder.survey(), &survey)?;
            survey
        }
    };
    let goal = match way {
        Some(way) if way.is_forward() => Goal::Upgrade,
        Some(way) => Goal::WayBack { way },
        None => view.goal.clone().unwrap_or(Goal::Upgrade),
    };
    if way == Some(WayId::MoreMemory) {
        raise_memory(shared, &survey, &answers, database.as_ref()).await?;
    }
    let saved_plan: Option<Plan> = match begun {
        true => read_json(&folder.plan())?,
        false => None,
    };
    let (plan, digest) = match saved_plan {
        Some(plan) if plan.goal == goal => {
            let digest = open::plan_digest(&plan);
            (plan, digest)
        }
        Some(_) | None => {
            let made =
                open::plan(goal.clone(), &opened, database.as_ref(), &survey, &answers).await?;
            still_approved(&view, &goal, &made.1, &folder)?;
            write_json(&folder.plan(), &made.0)?;
            made
        }
    };
    if view.goal.as_ref() != Some(&goal) || view.plan_digest.as_ref() != Some(&digest) {
        shared.record(Event::Planned {
            goal,
            identity,
            from: plan.from.clone(),
            to: plan.to.clone(),
            steps: plan.steps.iter().map(|step| step.id).collect(),
            plan_digest: digest.clone(),
        })?;
    }
    let work = Work {
        folder,
        survey,
        answers,
        plan,
        plan_digest: digest,
        database,
        admin,
        deployment: opened.deployment,
        place: open::place(),
        secrets: opened.secrets,
    };
    Ok(Ready {
        work: Rc::new(work),
        lock,
        lease,
    })
}

/// Up to the point of no return the database must be as this run has found it: nobody else may have upgraded it
/// meanwhile, and no journal may make us believe so.
async fn still_the_old_version(
    view: &RunView,
    way: Option<WayId>,
    survey: &Survey,
    database: &dyn Database,
) -> Result<()> {
    let upgrade = way.is_none() && !matches!(view.goal, Some(Goal::WayBack { .. }));
    if !upgrade || !matches!(view.phase(), Phase::BeforeDowntime | Phase::Down) {
        return Ok(());
    }
    let now = database.history().await?;
    // One that could not be read was told by the checks, and was answered for.
    if survey.history.known().is_none_or(|found| *found == now) {
        return Ok(());
    }
    Err(CommandError::new(
        ExitCode::CannotSurvey,
        "the database's migration history is not what this run found when it began: somebody else has migrated it, or a backup was put in its place. Nothing was done. Next: see which version it holds (`omup check`), and begin anew with `omup run`",
    ))
}

/// Looks once more, now that nobody else can work on this database, and writes down what was chosen;
/// the steps that follow give the migration so much.
async fn raise_memory(
    shared: &Shared,
    survey: &Survey,
    answers: &Answers,
    database: &dyn Database,
) -> Result<()> {
    let refused = |why: &str| {
        Err(CommandError::new(
            ExitCode::FailedAfterPoint,
            format!("the sort memory was not raised and nothing was started: {why}"),
        ))
    };
    match situation::more_memory(&shared.view(), survey, answers, database).await {
        Some(MoreMemory::Possible { from, to, .. }) => {
            let who = super::run::who();
            shared.record(Event::Fact {
                step: StepId::TuneMemory,
                fact: Fact::MemoryRaised {
                    from,
                    to,
                    who: CleanText::limited(&who, 80),
                },
            })?;
            Ok(shared.record(Event::Reopened {
                steps: vec![StepId::TuneMemory, StepId::Migrate],
            })?)
        }
        Some(MoreMemory::Not { why }) => refused(why.as_str()),
        None => refused("the migration did not fail for too little of it"),
    }
}

/// A plan that a person approved on the screen is the only one that may begin.
fn still_approved(view: &RunView, goal: &Goal, digest: &str, folder: &RunFolder) -> Result<()> {
    match &view.approved {
        Some(approved) if *goal == Goal::Upgrade && approved != digest => {
            // What was surveyed for the plan that nobody has seen must not be taken up again.
            let _ = std::fs::remove_file(folder.survey());
            Err(CommandError::new(
                ExitCode::ChecksBlock,
                "the deployment has changed since the plan was approved, and the plan with it; nothing was done. Look at it again and approve the new plan",
            ))
        }
        Some(_) | None => Ok(()),
    }
}

fn read_secrets() -> Result<Secrets> {
    let failed = |why: String| {
        CommandError::new(
            ExitCode::Usage,
            format!(
                "the runner is started by omup itself and reads its secrets from a pipe: {why}"
            ),
        )
    };
    let mut text = zeroize::Zeroizing::new(String::new());
    std::io::stdin()
        .take(1024 * 1024)
        .read_to_string(&mut text)
        .map_err(|e| failed(e.to_string()))?;
    let wire: WireSecrets = serde_json::from_str(&text).map_err(|e| failed(e.to_string()))?;
    // No child may find the pipe.
    let null = std::fs::File::open("/dev/null").map_err(|e| failed(e.to_string()))?;
    rustix::stdio::dup2_stdin(&null).map_err(|e| failed(e.to_string()))?;
    Ok(wire.into_secrets())
}

pub fn lease(path: &std::path::Path, folder: &RunFolder) -> Result<Lease> {
    let holder = Holder {
        run: folder.run.clone(),
        pid: std::process::id(),
        host: hostname(),
        user: super::run::who(),
        since: jiff::Timestamp::now().to_string(),
    };
    Lease::take(path, &holder).map_err(|error| match error {
        LeaseError::Held(Some(holder)) => CommandError::new(
            ExitCode::Locked,
            format!(
                "run {} of {} on {} (process {}) works on this database since {}; watch it with `omup attach {} --plain`",
                holder.run, holder.user, holder.host, holder.pid, holder.since, holder.run
            ),
        ),
        LeaseError::Held(None) => CommandError::new(ExitCode::Locked, "another omup process works on this database"),
        LeaseError::Io { .. } => CommandError::new(ExitCode::StateFolder, error.to_string()),
    })
}

/// A short name for a database, as a file name.
pub fn lock_key(identity: &Identity) -> String {
    use sha2::Digest as _;
    let text = format!(
        "{:?}|{}|{}",
        identity.engine, identity.server, identity.database
    );
    crate::runner::journal::hex(&sha2::Sha256::digest(text.as_bytes())[..16])
}

pub fn hostname() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// Reads one of our own JSON files of the run's folder; `None` where it does not exist.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &std::path::Path) -> Result<Option<T>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(CommandError::new(
                ExitCode::StateFolder,
                format!("cannot read {}: {error}", path.display()),
            ));
        }
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        CommandError::new(
            ExitCode::StateFolder,
            format!("{} is damaged: {error}", path.display()),
        )
    })
}

fn write_json<T: serde::Serialize>(path: &std::path::Path, value: &T) -> Result<()> {
    let text = serde_json::to_vec_pretty(value).map_err(CommandError::from_cause(
        ExitCode::Internal,
        "write a document",
    ))?;
    write_atomically(path, &text).map_err(CommandError::from_cause(
        ExitCode::StateFolder,
        &format!("write {}", path.display()),
    ))
}
