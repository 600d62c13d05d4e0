//! The one connection of this screen to a runner: it watches, steers, and holds the helm as long as it
//! lives.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::mpsc;

use crate::domain::clean_text::CleanText;
use crate::exit_code::ExitCode;
use crate::runner::control::{self, Command, Say};
use crate::runner::folder::RunFolder;
use crate::wizard::event::{Event, Trouble};

/// What a screen and its connection both know of the helm.
#[derive(Debug, Default)]
pub struct Helm {
    /// The takings of the helm that are ours and not yet in the journal.
    pub takes: Cell<u32>,
    /// Somebody else steered while this screen was there: a helm that becomes free, as when a new runner is started from
    /// the other screen, is left to them.
    pub follows: Cell<bool>,
}

/// Commands to a living runner; dropped, the connection closes and the helm is free.
pub struct Link {
    commands: mpsc::UnboundedSender<Command>,
    task: tokio::task::JoinHandle<()>,
}

impl Link {
    /// Connects in the background; what the runner says comes through `tell`. `watch_only`: a free helm
    /// is not taken.
    pub fn open(
        folder: RunFolder,
        who: String,
        watch_only: bool,
        helm: Rc<Helm>,
        tell: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let (commands, queue) = mpsc::unbounded_channel();
        let task = tokio::task::spawn_local(async move {
            talk(&folder, &who, watch_only, &helm, &tell, queue).await;
        });
        Self { commands, task }
    }

    pub fn send(&self, command: Command) -> bool {
        self.commands.send(command).is_ok()
    }

    pub fn closed(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(
    folder: &RunFolder,
    who: &str,
    watch_only: bool,
    held: &Helm,
    tell: &mpsc::UnboundedSender<Event>,
    mut queue: mpsc::UnboundedReceiver<Command>,
) {
    let Ok(stream) = control::connect(&folder.path).await else {
        return;
    };
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut asked: VecDeque<Command> = VecDeque::new();
    let mut mine = false;
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Ok(Some(line)) = line else { return };
                let Ok(said) = serde_json::from_str::<Say>(&line) else { return };
                match said {
                    Say::Hello { protocol, helm, .. } => {
                        let foreign = protocol != control::PROTOCOL;
                        if helm.is_some() {
                            held.follows.set(true);
                        }
                        let free = helm.is_none() && !watch_only && !foreign && !held.follows.get();
                        let _ = tell.send(Event::Runner { alive: true, helm, mine: false, foreign, left_child: None });
                        let first = if free {
                            Command::TakeHelm { who: who.to_string() }
                        } else {
                            Command::Watch {}
                        };
                        if say_counted(&mut writer, &first, held).await.is_err() {
                            return;
                        }
                        asked.push_back(first);
                    }
                    Say::Progress { progress } => {
                        let _ = tell.send(Event::Progress(progress));
                    }
                    Say::Done { message } => match asked.pop_front() {
                        Some(Command::TakeHelm { who }) => {
                            mine = true;
                            held.follows.set(false);
                            let helm = Some(CleanText::limited(&who, 80));
                            let _ = tell.send(Event::Runner { alive: true, helm, mine: true, foreign: false, left_child: None });
                        }
                        Some(Command::Watch {}) | None => {}
                        Some(Command::Answer { .. } | Command::Abort { .. }) => {
                            let _ = tell.send(Event::Told(message));
                        }
                    },
                    Say::Refused { reason } => {
                        asked.pop_front();
                        if mine && reason.as_str().contains("has the helm of this run") {
                            mine = false;
                        }
                        let _ = tell.send(Event::Failed(Trouble {
                            message: reason,
                            exit: ExitCode::Usage.number(),
                        }));
                    }
                }
            }
            command = queue.recv() => {
                let Some(command) = command else { return };
                if say_counted(&mut writer, &command, held).await.is_err() {
                    return;
                }
                asked.push_back(command);
            }
        }
    }
}

async fn say_counted(
    writer: &mut tokio::net::unix::OwnedWriteHalf,
    command: &Command,
    held: &Helm,
) -> std::io::Result<()> {
    if matches!(command, Command::TakeHelm { .. }) {
        held.takes.set(held.takes.get() + 1);
    }
    say(writer, command).await
}

async fn say(
    writer: &mut tokio::net::unix::OwnedWriteHalf,
    command: &Command,
) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(command).map_err(std::io::Error::other)?;
    line.push(b'\n');
    writer.write_all(&line).await
}
