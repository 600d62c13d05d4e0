//! `omup run` and `omup resume`: make a run, start its runner, watch it.

use std::path::Path;

use super::attach::{self, From};
use super::error::{CommandError, Result};
use super::launch::{self, Errand};
use super::open;
use super::out;
use crate::domain::answers::{Answers, PERSON_WAITS_HOURS};
use crate::domain::event::Event;
use crate::domain::names::RunId;
use crate::domain::run_view::RunView;
use crate::exit_code::ExitCode;
use crate::process::private_file::write_atomically;
use crate::runner::folder::{RunFolder, State};
use crate::runner::journal::{self, Journal, JournalError};

/// Who does this, for journal and locks: the person behind `sudo` where there is one.
pub fn who() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
        .unwrap_or_else(|| crate::survey::host::this_user().to_string())
}

/// What a new run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Upgrade,
    Backup,
}

/// A new run from an answers file, watched to its end.
pub async fn run(
    state: &State,
    answers_file: &Path,
    wanted: Wanted,
    json: bool,
    detach: bool,
) -> Result<ExitCode> {
    let answers = open::answers(answers_file)?;
    let opened = open::deployment(&answers).await?;
    let (folder, journal) = create(state, &answers, &opened).await?;
    drop(journal);
    let child = launch::start(
        state,
        &folder,
        &opened.secrets,
        &Errand {
            wait: person_waits().filter(|_| !detach),
            backup: wanted == Wanted::Backup,
            ..Errand::default()
        },
    )
    .await?;
    finish(&folder, json, detach, child).await
}

/// Makes a run in the state folder, with its answers and the first line of its journal.
pub async fn create(
    state: &State,
    answers: &Answers,
    opened: &open::Opened,
) -> Result<(RunFolder, Journal)> {
    let folder = state.create_run(&new_run_id(state)?)?;
    let text = toml::to_string(answers).map_err(CommandError::from_cause(
        ExitCode::Internal,
        "keep the answers",
    ))?;
    write_atomically(&folder.answers(), text.as_bytes()).map_err(CommandError::from_cause(
        ExitCode::StateFolder,
        "keep the answers",
    ))?;
    let mut journal = Journal::create(&folder.journal(), &folder.reserve())?;
    let facts = opened.deployment.facts().await?;
    journal.append(&Event::RunCreated {
        run: folder.run.clone(),
        build: env!("CARGO_PKG_VERSION").to_string(),
        practice: opened.practice,
        deployment: facts.name.clone(),
        host: super::runner_process::hostname().as_str().into(),
        user: who().as_str().into(),
        old_home: facts.old_home.clone(),
        new_home: facts.new_home.clone(),
    })?;
    Ok((folder, journal))
}

/// Goes on with a run whose runner is gone or has stopped.
pub async fn resume(
    state: &State,
    run: &str,
    again: bool,
    json: bool,
    detach: bool,
) -> Result<ExitCode> {
    let folder = state.run(run)?;
    if attach::alive(&folder) {
        return attach::follow(&folder, From::LastRunner, json, None).await;
    }
    let view = view_of(&folder)?;
    let errand = Errand {
        retry: again || view.may_simply_retry(),
        wait: person_waits().filter(|_| !detach),
        ..Errand::default()
    };
    start_and_follow(state, &folder, &errand, json, detach).await
}

/// Starts a runner for an existing run, with its secrets read again from their durable sources.
pub async fn start_and_follow(
    state: &State,
    folder: &RunFolder,
    errand: &Errand,
    json: bool,
    detach: bool,
) -> Result<ExitCode> {
    let answers = open::answers(&folder.answers())?;
    let opened = open::deployment(&answers).await?;
    let child = launch::start(state, folder, &opened.secrets, errand).await?;
    finish(folder, json, detach, child).await
}

async fn finish(
    folder: &RunFolder,
    json: bool,
    detach: bool,
    mut child: std::process::Child,
) -> Result<ExitCode> {
    // A runner that has ended already has a story to tell, and its exit code is ours.
    let lives = matches!(child.try_wait(), Ok(None));
    if detach && lives {
        if json {
            // A closed output has nobody to tell; the run goes on.
            let _ = out::json_line(&serde_json::json!({ "schema_version": 1, "run": folder.run }));
        } else {
            out::line(folder.run.as_str());
        }
        return Ok(ExitCode::Ok);
    }
    attach::follow(folder, From::LastRunner, json, Some(child)).await
}

/// How long a question waits when a person sits at this terminal, in seconds; `None` without one.
pub fn person_waits() -> Option<u32> {
    use std::io::IsTerminal as _;
    (std::io::stdin().is_terminal() && std::io::stdout().is_terminal())
        .then_some(PERSON_WAITS_HOURS * 3600)
}

/// The fold of a run's journal.
pub fn view_of(folder: &RunFolder) -> Result<RunView> {
    let reading =
        journal::read_begun(&folder.journal()).map_err(|error| unreadable(folder, error))?;
    Ok(RunView::of(
        reading.entries.iter().map(|entry| &entry.event),
    ))
}

/// What a person can still do where the journal cannot be read.
fn unreadable(folder: &RunFolder, error: JournalError) -> CommandError {
    let damaged = matches!(error, JournalError::Damaged { .. });
    let error = CommandError::from(error);
    if !damaged {
        return error;
    }
    let by_hand = folder.way_back();
    let way = if by_hand.is_file() {
        format!(
            "{} leads back by hand, without the journal",
            by_hand.display()
        )
    } else {
        "the run had not come to the point of no return as far as its folder shows (there is no way-back.md)".to_string()
    };
    CommandError::new(
        error.exit,
        format!(
            "{}. Nothing was done, and nothing is claimed about this run. Next: see by hand which version serves; {way}; keep a copy of {} and begin anew with `omup run`",
            error.message,
            folder.path.display()
        ),
    )
}

/// A new id: time to the second and four random letters, so that two at once differ. Where the clock
/// has gone back, a second after the newest run: ids are the order of the runs.
fn new_run_id(state: &State) -> Result<RunId> {
    let mut bytes = [0u8; 2];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes))
        .map_err(CommandError::from_cause(
            ExitCode::Internal,
            "find a name for the run",
        ))?;
    let newest = state
        .runs()
        .pop()
        .map(|folder| folder.run.as_str().to_string());
    let time = run_time(jiff::Timestamp::now(), newest.as_deref());
    RunId::parse(&format!("{time}-{}", journal::hex(&bytes)))
        .map_err(|e| CommandError::new(ExitCode::Internal, e))
}

/// `YYYYMMDD-HHMMSS` of now, or of the second after the newest run where that is later.
fn run_time(now: jiff::Timestamp, newest: Option<&str>) -> String {
    const FORM: &str = "%Y%m%d-%H%M%S";
    let present = now.strftime(FORM).to_string();
    let Some(newest) = newest
        .and_then(|id| id.get(..15))
        .filter(|newest| *newest >= present.as_str())
    else {
        return present;
    };
    jiff::civil::DateTime::strptime(FORM, newest)
        .and_then(|time| time.checked_add(jiff::Span::new().seconds(1)))
        .map_or(present, |time| time.strftime(FORM).to_string())
}

#[cfg(test)]
mod tests {
    use super::run_time;

    #[test]
    fn a_new_run_is_the_newest_whatever_the_clock_says() {
        let now: jiff::Timestamp = "2026-11-21T07:00:00Z".parse().expect("a time");
        assert_eq!(run_time(now, None), "20261121-070000");
        assert_eq!(
            run_time(now, Some("20261121-065959-abcd")),
            "20261121-070000"
        );
        assert_eq!(
            run_time(now, Some("20261121-070000-abcd")),
            "20261121-070001"
        );
        assert_eq!(
            run_time(now, Some("20361231-235959-abcd")),
            "20370101-000000"
        );
        assert_eq!(run_time(now, Some("zzzz-by-hand")), "20261121-070000");
    }
}
