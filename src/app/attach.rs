//! Watching a run: its journal as it grows, its progress while its runner lives.

use std::io::IsTerminal as _;
use std::process::Child;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::error::{CommandError, Result};
use super::out;
use super::plain::Plain;
use super::signals::Signals;
use crate::domain::event::Event;
use crate::domain::run_view::{Phase, Question, RunView};
use crate::exit_code::ExitCode;
use crate::runner::control::{self, Command, Say};
use crate::runner::folder::RunFolder;
use crate::runner::journal::Follower;
use crate::runner::lease::Lease;

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Which events are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The whole story.
    Start,
    /// Only what this runner does.
    LastRunner,
}

/// Follows until the run ends for now; gives its exit code. `child` is our own child, if we started
/// the runner, so that its early end is noticed.
pub async fn follow(
    folder: &RunFolder,
    from: From,
    json: bool,
    child: Option<Child>,
) -> Result<ExitCode> {
    // Before the first word: whoever reads it may end us at once.
    let mut signals = Signals::listen().map_err(CommandError::from_cause(
        ExitCode::Internal,
        "listen for signals",
    ))?;
    let mut plain = Plain::new(json);
    let mut follower = Follower::open(&folder.journal())?;
    let entries = follower.more()?;
    let skip = match from {
        From::Start => 0,
        From::LastRunner => entries
            .iter()
            .rposition(|e| matches!(e.event, Event::RunnerStarted { .. }))
            .unwrap_or(0),
    };
    // Of a run that we begin, the line that creates it belongs to the telling.
    let skip = if skip <= 1 { 0 } else { skip };
    for (index, entry) in entries.iter().enumerate() {
        if index < skip {
            plain.catch_up(entry);
        } else {
            plain.event(entry);
        }
    }
    let mut child = child;
    let mut person = Person::default();
    let mut progress = watch(folder).await;
    loop {
        let held = Lease::holder(&folder.lock()).is_some();
        for entry in follower.more()? {
            plain.event(&entry);
        }
        if plain.closed() {
            return Ok(left(&plain, folder, ExitCode::OutputClosed));
        }
        let gone = child
            .as_mut()
            .is_none_or(|child| !matches!(child.try_wait(), Ok(None)));
        // Our own runner is waited for: its last line can be read before the disk has refused it.
        if let Some((exit, _)) = plain.view().ended.clone()
            && if child.is_some() { gone } else { !held }
        {
            plain.finish();
            return match last_line_refused(&mut child) {
                true => Err(died(folder, child)),
                false => Ok(exit),
            };
        }
        if !held && gone {
            plain.finish();
            return Err(died(folder, child));
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            line = person.line(plain.view()) => answer_typed(folder, plain.view(), &line).await,
            news = next_progress(&mut progress) => match news {
                Some(news) => plain.progress(&news),
                None => progress = None,
            },
            exit = signals.next() => return Ok(left(&plain, folder, exit)),
        }
        if progress.is_none() && held {
            progress = watch(folder).await;
        }
    }
}

/// Whoever sits at the terminal, asked only while a question is open.
#[derive(Default)]
struct Person {
    /// The question that was last put to them.
    asked: Option<String>,
    lines: Option<tokio::sync::mpsc::Receiver<String>>,
}

impl Person {
    /// The next typed line; waits for ever without a terminal or an open question.
    async fn line(&mut self, view: &RunView) -> String {
        let stdin = std::io::stdin();
        let Some(question) = view.question.as_ref().filter(|_| stdin.is_terminal()) else {
            return std::future::pending().await;
        };
        if self.asked.as_ref() != Some(&question.id) {
            self.asked = Some(question.id.clone());
            out::error(prompt(view, question));
            // What was typed before the question stood there is no answer to it.
            let _ = rustix::termios::tcflush(&stdin, rustix::termios::QueueSelector::IFlush);
            while self
                .lines
                .as_mut()
                .is_some_and(|lines| lines.try_recv().is_ok())
            {}
        }
        let lines = self.lines.get_or_insert_with(|| {
            let (sender, receiver) = tokio::sync::mpsc::channel(1);
            // A thread of its own: reading a terminal cannot be taken back, and must not hold the view up.
            std::thread::spawn(move || {
                for line in std::io::stdin().lines().map_while(std::result::Result::ok) {
                    if sender.blocking_send(line).is_err() {
                        break;
                    }
                }
            });
            receiver
        });
        match lines.recv().await {
            Some(line) => line,
            None => std::future::pending().await,
        }
    }
}

/// The word that ends the run where nothing is lost by that.
const STOP: &str = "stop";

fn may_stop(view: &RunView) -> bool {
    matches!(view.phase(), Phase::BeforeDowntime | Phase::Down)
}

fn prompt(view: &RunView, question: &Question) -> String {
    let stop = match may_stop(view) {
        true => format!(", {STOP} and Enter to stop here and put everything back"),
        false => String::new(),
    };
    format!(
        "type {} and Enter to go on{stop}, or Ctrl-C to leave this view (the run waits):",
        question.answers_words()
    )
}

/// Sends what was typed as the answer to the open question; a wrong one leaves it open, and it is asked again.
async fn answer_typed(folder: &RunFolder, view: &RunView, typed: &str) {
    let Some(question) = &view.question else {
        return;
    };
    let is_answer = |word: &str| {
        let mut answers = question.answers().into_iter();
        answers.any(|answer| answer.as_str() == word)
    };
    if typed.trim() == STOP && may_stop(view) && !is_answer(STOP) {
        let who = super::run::who();
        match command(folder, &Command::Abort { who }, None).await {
            Ok(Say::Refused { reason }) => out::error(reason),
            Ok(Say::Done { message }) => out::error(message),
            Ok(Say::Hello { .. } | Say::Progress { .. }) => {}
            Err(error) => out::error(error.message),
        }
        return;
    }
    if typed.trim().is_empty() {
        out::error(format!(
            "(an empty line is no answer; type {} to go on, or `omup abort {}` in another terminal)",
            question.answers_words(),
            folder.run
        ));
        return;
    }
    let answer = Command::Answer {
        id: question.id.clone(),
        value: typed.trim().to_string(),
        who: super::run::who(),
    };
    match command(folder, &answer, None).await {
        Ok(Say::Refused { reason }) => {
            out::error(reason);
            out::error(prompt(view, question));
        }
        Ok(Say::Done { .. } | Say::Hello { .. } | Say::Progress { .. }) => {}
        Err(error) => out::error(error.message),
    }
}

fn left(plain: &Plain, folder: &RunFolder, exit: ExitCode) -> ExitCode {
    plain.finish();
    out::error(format!(
        "omup: only this view ended; the run goes on. Come back with `omup attach {} --plain`, end it with `omup abort {}`",
        folder.run, folder.run
    ));
    exit
}

/// True when our runner, which has ended, could not make its last line durable.
fn last_line_refused(child: &mut Option<Child>) -> bool {
    child
        .as_mut()
        .and_then(|child| child.wait().ok())
        .and_then(|status| status.code())
        == Some(i32::from(ExitCode::StateFolder.number()))
}

/// The runner is gone without a last word: say so, with what is safe and what is next.
fn died(folder: &RunFolder, child: Option<Child>) -> CommandError {
    let code = child
        .and_then(|mut child| child.wait().ok())
        .and_then(|status| status.code());
    let words = super::launch::last_words(folder);
    let exit = code
        .and_then(|code| {
            ExitCode::TABLE
                .iter()
                .find(|(_, number, _)| i32::from(*number) == code)
        })
        .map_or(ExitCode::Internal, |(exit, _, _)| *exit);
    let text = if words.as_str().is_empty() && exit == ExitCode::StateFolder {
        format!(
            "the runner of run {} stopped because it could not write the journal in {}; nothing further was started. \
             Next: make room there or mend the disk, then `omup resume {}`",
            folder.run,
            folder.path.display(),
            folder.run
        )
    } else if words.as_str().is_empty() {
        format!(
            "the runner of run {} is gone without a last word (killed, or the machine was restarted); everything it did is in its journal. \
             Next: `omup status {}`, then `omup resume {}`",
            folder.run, folder.run, folder.run
        )
    } else {
        words.as_str().trim_start_matches("omup: ").to_string()
    };
    CommandError::new(exit, text)
}

type Progress = Option<tokio::io::Lines<BufReader<tokio::net::UnixStream>>>;

async fn watch(folder: &RunFolder) -> Progress {
    let mut stream = control::connect(&folder.path).await.ok()?;
    let mut line = serde_json::to_vec(&Command::Watch {}).ok()?;
    line.push(b'\n');
    stream.write_all(&line).await.ok()?;
    Some(BufReader::new(stream).lines())
}

async fn next_progress(progress: &mut Progress) -> Option<crate::steps::context::Progress> {
    let Some(lines) = progress else {
        return std::future::pending().await;
    };
    loop {
        let line = lines.next_line().await.ok()??;
        if let Ok(Say::Progress { progress }) = serde_json::from_str(&line) {
            return Some(progress);
        }
    }
}

/// Sends one command to the living runner of a run and gives what it says; `helm`: takes the helm over
/// first, under this name.
pub async fn command(folder: &RunFolder, command: &Command, helm: Option<String>) -> Result<Say> {
    let failed = |e: std::io::Error| {
        CommandError::new(
            ExitCode::StateFolder,
            format!("cannot talk to the runner of {}: {e}", folder.run),
        )
    };
    let mut stream = control::connect(&folder.path).await.map_err(failed)?;
    let taking = helm.map(|who| Command::TakeHelm { who });
    let mut unanswered = 0;
    for command in taking.iter().chain([command]) {
        let mut line = serde_json::to_vec(command).map_err(|e| failed(std::io::Error::other(e)))?;
        line.push(b'\n');
        stream.write_all(&line).await.map_err(failed)?;
        unanswered += 1;
    }
    let mut lines = BufReader::new(stream).lines();
    let talk = async {
        while let Some(line) = lines.next_line().await.map_err(failed)? {
            match serde_json::from_str(&line) {
                Ok(Say::Hello { protocol, .. }) if protocol != control::PROTOCOL => {
                    return Err(CommandError::new(
                        ExitCode::Usage,
                        "the runner is of another omup version: it can only be watched (`omup attach --plain`)",
                    ));
                }
                Ok(Say::Hello { .. } | Say::Progress { .. }) => {}
                // The helm is had; the answer to the command itself comes next.
                Ok(Say::Done { .. }) if unanswered > 1 => unanswered -= 1,
                Ok(said) => return Ok(said),
                Err(error) => {
                    return Err(CommandError::new(
                        ExitCode::Internal,
                        format!("the runner said something that cannot be understood: {error}"),
                    ));
                }
            }
        }
        Err(CommandError::new(
            ExitCode::StateFolder,
            "the runner closed the connection",
        ))
    };
    tokio::time::timeout(Duration::from_secs(10), talk)
        .await
        .map_err(|_| {
            CommandError::new(
                ExitCode::StateFolder,
                "the runner did not answer within 10 s: nothing was done. `omup status` says whether it stands still",
            )
        })?
}

/// True while a runner process holds this run.
pub fn alive(folder: &RunFolder) -> bool {
    Lease::holder(&folder.lock()).is_some()
}
