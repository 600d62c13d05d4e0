//! The full screen: one queue of events, the wizard's `update`, its effects, and the drawing.
//!
//! Everything that can happen comes through one queue, in one order; a record of it, replayed, gives the
//! same frames.

mod effects;
mod link;
mod runs;
mod session;
mod writes;

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::error::{CommandError, Result};
use super::signals::Signals;
use super::terminal::{self, Input, Terminal};
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::shell::quoted;
use crate::exit_code::ExitCode;
use crate::runner::folder::State as Runs;
use crate::screen;
use crate::wizard::event::{Effect, Event, Stamped};
use crate::wizard::{Lesson, State, is_waited_for, update};

use effects::World;

/// Mends what a practice scenario broke, when the learner asks for it.
pub struct Mender {
    pub folder: PathBuf,
    pub scenario: &'static crate::app::sandbox::Scenario,
    pub pace: crate::app::sandbox::Pace,
}

/// What the wizard begins with.
#[derive(Default)]
pub struct Opening {
    pub answers: Option<Answers>,
    pub lesson: Option<Lesson>,
    pub mender: Option<Mender>,
    /// A run to open at once.
    pub run: Option<String>,
    /// Never take a free helm: only watch.
    pub read_only: bool,
}

/// Frames in the background are at least so far apart.
const CALM: Duration = Duration::from_millis(250);

/// How long a frame waits for the answer of the log, which mostly comes in less than one millisecond.
const SOON: Duration = Duration::from_millis(5);

/// How the screen was left.
pub struct Left {
    /// Of the screen.
    pub exit: ExitCode,
    /// What is to become of a practice deployment; `None` where nobody was asked.
    pub keep: Option<bool>,
}

/// Runs the wizard until it is left.
pub async fn wizard(runs: Runs, opening: Opening) -> Result<Left> {
    let mut signals = Signals::listen().map_err(CommandError::from_cause(
        ExitCode::Internal,
        "listen for signals",
    ))?;
    let look = terminal::look();
    let mut state = State::new(look, super::run::who().as_str().into());
    state.lesson = opening.lesson;
    (state.measure, state.lines) = (screen::measure, screen::lines);
    if let Some(answers) = &opening.answers {
        state.form.fill(answers);
    }
    let (sender, mut queue) = mpsc::unbounded_channel();
    let mut world = World::new(
        Rc::new(runs),
        sender.clone(),
        opening.read_only,
        opening.mender,
    );
    terminal::give_back_on_panic();
    let mut screen = Terminal::enter().map_err(CommandError::from_cause(
        ExitCode::Internal,
        "take the terminal for the full screen (`omup --plain` needs none)",
    ))?;
    let (width, height) = terminal::size();
    let mut record = Record::open();
    let mut pending: Vec<Effect> = state.first_effects();
    if let Some(run) = opening.run {
        pending.push(Effect::OpenRun(run));
    }
    let _ = sender.send(Event::Resize { width, height });
    let resized = listen_for_keys(&sender)?;
    let mut winch =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::window_change()).map_err(
            CommandError::from_cause(ExitCode::Internal, "listen for the window's size"),
        )?;
    let mut drawn = Instant::now() - CALM;
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Taken from the queue while a frame waited its turn: it comes before everything else.
    let mut held: Option<Event> = None;
    // A frame that is drawn by then at the latest: the log's answer, which is nearly there, may come into it.
    let mut owed: Option<tokio::time::Instant> = None;
    let mut keep = None;
    let exit = 'screen: loop {
        for effect in pending.drain(..) {
            if let Effect::LeavePractice { keep: wanted } = effect {
                keep = Some(wanted);
                break 'screen ExitCode::Ok;
            }
            if effect == Effect::Leave {
                break 'screen ExitCode::Ok;
            }
            if world.carry_out(effect, &state, &mut screen).is_err() {
                break 'screen ExitCode::HungUp;
            }
        }
        // Also without a runner users may be locked out, and the clock says how long.
        let ticking = state.run.as_ref().is_some_and(|run| {
            run.alive || (!run.preparing && run.down_seconds(state.now_ms).is_some())
        }) || state.message.is_some()
            || state.looking
            || state.starting;
        let event = tokio::select! {
            biased;
            exit = signals.next() => break 'screen exit,
            event = async { held.take() }, if held.is_some() => event,
            event = queue.recv() => event,
            () = tokio::time::sleep_until(owed.unwrap_or_else(tokio::time::Instant::now)), if owed.is_some() => None,
            _ = ticks.tick(), if ticking => Some(Event::Tick),
            _ = winch.recv() => {
                // The reading thread tells the size: it and crossterm must not disagree.
                let _ = (&resized).write_all(b".");
                continue;
            }
            () = terminal::fault() => break 'screen ExitCode::Internal,
            caught_up = screen.ready() => match caught_up {
                // What is newest is drawn now.
                Ok(()) => None,
                Err(_) => break 'screen ExitCode::HungUp,
            },
        };
        // Not even an event: only the terminal is ready again. The queue has no end while `sender` lives.
        let mut urgent = event.is_none();
        let mut next = event;
        // Everything that waits is taken in before one frame is drawn.
        while let Some(event) = next {
            urgent |= is_waited_for(&state, &event);
            if let Event::Resize { width, height } = event {
                screen.resize(width, height);
            }
            if matches!(event, Event::Failed(ref t) if t.message.as_str() == HUNG_UP) {
                break 'screen ExitCode::HungUp;
            }
            let stamped = Stamped {
                at_ms: jiff::Timestamp::now().as_millisecond(),
                boot_ms: crate::process::uptime_ms().unwrap_or(0),
                event,
            };
            record.keep(&stamped);
            pending.extend(update(&mut state, stamped));
            next = if pending.is_empty() {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        if owed.is_none()
            && pending
                .iter()
                .any(|effect| matches!(effect, Effect::AskLog(_)))
        {
            owed = Some(tokio::time::Instant::now() + SOON);
            continue;
        }
        if !urgent && drawn.elapsed() < CALM {
            // A background frame waits its turn, unless something comes first: that is taken in before
            // it, in its place in the order.
            let calm = CALM.saturating_sub(drawn.elapsed());
            let now = tokio::time::Instant::now();
            let rest = owed.map_or(calm, |by| calm.min(by.saturating_duration_since(now)));
            if pending.is_empty()
                && let Ok(Some(event)) = tokio::time::timeout(rest, queue.recv()).await
            {
                held = Some(event);
                continue;
            }
        }
        if screen.draw(|frame| screen::draw(&state, frame)).is_err() {
            break ExitCode::HungUp;
        }
        drawn = Instant::now();
        owed = None;
    };
    let heard = screen.leave();
    world.leave().await;
    if heard && exit != ExitCode::HungUp {
        terminal::last_words(&farewell(&state, keep, width_of(&state)));
    }
    Ok(Left { exit, keep })
}

/// The message of the event that says that the terminal is gone.
const HUNG_UP: &str = "the terminal is gone";

/// Starts the reading thread; a byte on the stream makes it look at the size.
fn listen_for_keys(sender: &mpsc::UnboundedSender<Event>) -> Result<UnixStream> {
    let failed = |what: &'static str| CommandError::from_cause::<String>(ExitCode::Internal, what);
    let (ours, theirs) =
        UnixStream::pair().map_err(|e| failed("open a channel to the terminal")(e.to_string()))?;
    ours.set_nonblocking(true)
        .map_err(|e| failed("open a channel to the terminal")(e.to_string()))?;
    let sender = sender.clone();
    terminal::read_input(theirs, move |input| {
        let event = match input {
            Input::Key(key) => Event::Key(key),
            Input::Paste(text) => Event::Paste(text),
            Input::Resize(width, height) => Event::Resize { width, height },
            Input::HungUp => Event::Failed(crate::wizard::event::Trouble {
                message: HUNG_UP.into(),
                exit: ExitCode::HungUp.number(),
            }),
        };
        sender.send(event).is_ok()
    })
    .map_err(|e| failed("read the terminal")(e.to_string()))?;
    Ok(ours)
}

/// Columns of the lines that stay: never the last one, where some terminals begin a new line by themselves.
fn width_of(state: &State) -> u16 {
    state.width.saturating_sub(1).max(20)
}

/// What stays on the terminal when the screen is left, no line wider than that. `keep`: what becomes of a practice
/// deployment, where that was asked.
fn farewell(state: &State, keep: Option<bool>, width: u16) -> Vec<CleanText> {
    let mut lines: Vec<CleanText> = terminal::said()
        .iter()
        .map(|words| format!("omup: a fault of omup itself: {words}").into())
        .collect();
    let summary = crate::wizard::copy::summary(state);
    lines.extend(summary.lines().map(CleanText::new));
    if let Some(run) = &state.run {
        let come_back = crate::wizard::come_back(state);
        if run.alive && state.lesson.is_some() {
            lines.push(
                format!("The run goes on without this screen. Come back with `{come_back}`.")
                    .into(),
            );
        } else if run.alive {
            lines.push(
                format!(
                    "The run goes on without this screen. Come back with `omup`, or `omup attach {}`; end it with `omup abort {}`.",
                    run.id, run.id
                )
                .into(),
            );
        } else if run.preparing {
            lines.push(
                format!("Nothing was started. `{come_back}` goes on with the preparation.").into(),
            );
        }
        // A practice run lies in a state folder of its own, where no other command looks by itself.
        let stays = run.alive || keep == Some(true);
        if let Some(state_dir) = run.folder.ancestors().nth(2)
            && state.lesson.is_some()
            && stays
        {
            let word = quoted(&state_dir.display().to_string());
            lines.push(format!("Other commands find this run by `--state-dir {word}`.").into());
        }
    }
    lines
        .iter()
        .flat_map(|line| screen::folded(line.as_str(), width))
        .map(CleanText::from)
        .collect()
}

/// The record of a whole session, for replays: `OMUP_RECORD=FILE`. Holds what was typed.
struct Record(Option<std::fs::File>);

impl Record {
    fn open() -> Self {
        let file = std::env::var_os("OMUP_RECORD")
            .map(PathBuf::from)
            .and_then(|path| crate::process::private_file::open_log(&path).ok());
        Self(file)
    }

    fn keep(&mut self, stamped: &Stamped) {
        if let Some(file) = &mut self.0
            && let Ok(line) = serde_json::to_string(stamped)
        {
            // A record that cannot be written is no reason to disturb the screen.
            let _ = writeln!(file, "{line}");
        }
    }
}

/// Runs that somebody may want to go on with, newest first.
pub fn unfinished(state: &Runs) -> Vec<crate::wizard::event::RunLine> {
    runs::list(state)
        .into_iter()
        .filter(|run| run.unfinished && !run.damaged)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::farewell;
    use crate::wizard::run_watch::RunWatch;
    use crate::wizard::{Lesson, Look, State};

    fn with_run(lesson: Option<Lesson>) -> State {
        let mut state = State::new(Look::default(), "mara".into());
        let mut run = RunWatch::new("20260101-000000-1".into(), "/s/runs/1".into(), false, None);
        run.alive = true;
        state.run = Some(run);
        state.lesson = lesson;
        state
    }

    #[test]
    fn practice_is_told_the_command_that_finds_it_and_no_other() {
        let lesson = Lesson {
            name: "good".into(),
            about: String::new(),
            right_end: String::new(),
            mending: None,
            come_back: "omup sandbox --scenario good".into(),
        };
        let told = |state: &State| {
            let lines = farewell(state, None, 300);
            lines.last().map(ToString::to_string).unwrap_or_default()
        };
        let practice = farewell(&with_run(Some(lesson)), None, 300);
        let practice: Vec<&str> = practice.iter().map(|line| line.as_str()).collect();
        let practice = practice.join("\n");
        assert!(practice.contains("Come back with `omup sandbox --scenario good`."));
        assert!(practice.ends_with("Other commands find this run by `--state-dir /s`."));
        assert!(!practice.contains("attach") && !practice.contains("abort"));
        assert!(told(&with_run(None)).contains("omup attach 20260101-000000-1"));
    }

    #[test]
    fn no_last_word_is_folded_in_its_middle() {
        let state = with_run(None);
        let lines = farewell(&state, None, 40);
        assert!(lines.iter().all(|line| line.as_str().chars().count() <= 40));
        let words = |lines: &[crate::domain::clean_text::CleanText]| {
            let all: Vec<String> = lines.iter().map(ToString::to_string).collect();
            all.join(" ")
                .split_whitespace()
                .map(str::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(words(&lines), words(&farewell(&state, None, 300)));
    }
}
