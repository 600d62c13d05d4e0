//! The runner process: takes the run, opens what it works on, and drives it.

use std::io::Read as _;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::error::{CommandError, Result};
use super::launch::WireSecrets;
use super::open;
use super::out;
use super::ready::prepare;
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::event::Event;
use crate::domain::run_view::RunView;
use crate::domain::way_back::WayId;
use crate::exit_code::ExitCode;
use crate::runner::control;
use crate::runner::drive::drive;
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
    /// A backup is all that is wanted.
    pub backup: bool,
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
    let answers = open::answers(&folder.answers());
    let waits = answers.as_ref().map_or(0, |a| a.run.wait_for_answers);
    let wait = Duration::from_secs(u64::from(waits.max(errand.wait.unwrap_or(0))));
    let shared = Shared::new(journal, view, wait);
    match work(&state, folder, answers, secrets, &shared, &errand).await {
        Ok(exit) => Ok(exit),
        // Whatever it was, the next reader of the journal is told.
        Err(error) => {
            shared.record(Event::RunEnded {
                exit: error.exit,
                message: error.message.clone(),
            })?;
            Ok(error.exit)
        }
    }
}

/// From the control socket to the end of the run.
async fn work(
    state: &State,
    folder: RunFolder,
    answers: Result<Answers>,
    secrets: Secrets,
    shared: &Rc<Shared>,
    errand: &Errand,
) -> Result<ExitCode> {
    let answers = answers?;
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
        deliver(shared, id, value, who)?;
    }
    if let Some(who) = &errand.abort {
        shared.record(Event::AbortAsked {
            who: CleanText::limited(who, 80),
            uid: rustix::process::getuid().as_raw(),
        })?;
    }
    let ready = prepare(state, folder, answers, secrets, shared, errand).await?;
    let alarms = tokio::task::spawn_local(watch::alarms(
        ready.work.database.clone(),
        ready.work.survey.deployment.connection.user.clone(),
        shared.clone(),
    ));
    let exit = drive(ready.work, shared.clone(), ready.lock, errand.retry).await;
    alarms.abort();
    drop(ready.lease);
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

pub fn hostname() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}
