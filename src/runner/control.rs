//! The control socket: one JSON line a command, one a reply, and progress that may be lost.
//!
//! Who may connect is decided by the rights of the run's folder (0700); the uid seen on the socket
//! goes into the journal beside the name that was given.

use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::domain::clean_text::CleanText;
use crate::domain::event::Event;
use crate::domain::run_view::one_of;
use crate::steps::context::{Progress, Recorder as _};

use super::recorder::Shared;

/// Changes whenever a command or a reply changes its meaning.
pub const PROTOCOL: u32 = 1;

/// Longest line accepted from a client, in bytes.
const MAX_LINE: u64 = 64 * 1024;

/// More clients than this at once are sent away: each holds a descriptor of the runner.
const MAX_CLIENTS: usize = 64;

/// What a client may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Answers an open question, or one that will be asked.
    Answer {
        id: String,
        value: String,
        who: String,
    },
    /// Leads to a safe state.
    Abort { who: String },
    /// Takes the helm from whoever has it.
    TakeHelm { who: String },
    /// Only watches. With braces, so that unknown fields are refused here too.
    Watch {},
}

/// What the runner says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub enum Say {
    Hello {
        protocol: u32,
        build: String,
        run: String,
        helm: Option<CleanText>,
    },
    Done {
        message: CleanText,
    },
    Refused {
        reason: CleanText,
    },
    Progress {
        progress: Progress,
    },
}

/// Binds the socket inside the run's folder, through the folder's own descriptor since the name of
/// a socket ends at 107 bytes.
pub fn bind(folder: &Path) -> std::io::Result<UnixListener> {
    let socket = folder.join("control.sock");
    match std::fs::remove_file(&socket) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let handle = std::fs::File::open(folder)?;
    // Nobody else's from its first moment on. The caller has no other thread yet that makes files.
    let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(format!("/proc/self/fd/{}/control.sock", handle.as_raw_fd()));
    rustix::process::umask(before);
    let listener = bound?;
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Connects to the runner of a run.
pub async fn connect(folder: &Path) -> std::io::Result<UnixStream> {
    let handle = std::fs::File::open(folder)?;
    UnixStream::connect(format!("/proc/self/fd/{}/control.sock", handle.as_raw_fd())).await
}

/// Who steers: the connection and the name it gave.
type Helm = Rc<std::cell::RefCell<Option<(u64, CleanText)>>>;

/// Serves clients until dropped.
pub async fn serve(listener: UnixListener, shared: Rc<Shared>, run: String) {
    let helm: Helm = Rc::default();
    let mut clients = tokio::task::JoinSet::new();
    let mut number = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                // Closed at once: a client that cannot come in is told so by the end of the line.
                Ok((stream, _)) if clients.len() >= MAX_CLIENTS => drop(stream),
                Ok((stream, _)) => {
                    number += 1;
                    clients.spawn_local(client(stream, shared.clone(), run.clone(), helm.clone(), number));
                }
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
            },
            Some(_) = clients.join_next(), if !clients.is_empty() => {}
        }
    }
}

async fn client(stream: UnixStream, shared: Rc<Shared>, run: String, helm: Helm, number: u64) {
    let uid = stream.peer_cred().map_or(u32::MAX, |cred| cred.uid());
    let (reader, mut writer) = stream.into_split();
    let hello = Say::Hello {
        protocol: PROTOCOL,
        build: env!("CARGO_PKG_VERSION").to_string(),
        run,
        helm: helm.borrow().as_ref().map(|(_, who)| who.clone()),
    };
    if say(&mut writer, &hello).await.is_err() {
        return;
    }
    let mut lines = BufReader::new(tokio::io::AsyncReadExt::take(reader, MAX_LINE * 64)).lines();
    let mut progress = shared.watch_progress();
    loop {
        let told = tokio::select! {
            line = lines.next_line() => match line {
                Ok(Some(line)) => say(&mut writer, &obey(&line, &shared, &helm, number, uid)).await,
                Ok(None) | Err(_) => break,
            },
            news = progress.recv() => match news {
                Ok(progress) => {
                    // A client that does not read is dropped, the run never waits for it.
                    let progress = Say::Progress { progress };
                    let telling = say(&mut writer, &progress);
                    match tokio::time::timeout(std::time::Duration::from_secs(1), telling).await {
                        Ok(told) => told,
                        Err(_) => break,
                    }
                }
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => Ok(()),
                Err(tokio::sync::broadcast::error::RecvError::Closed) => break,
            },
        };
        if told.is_err() {
            break;
        }
    }
    let mut held = helm.borrow_mut();
    if held.as_ref().is_some_and(|(holder, _)| *holder == number) {
        *held = None;
    }
}

fn obey(line: &str, shared: &Shared, helm: &Helm, number: u64, uid: u32) -> Say {
    let refused = |reason: &str| Say::Refused {
        reason: reason.into(),
    };
    if line.len() as u64 > MAX_LINE {
        return refused("the command is too long");
    }
    let command: Command = match serde_json::from_str(line) {
        Ok(command) => command,
        Err(error) => return refused(&format!("the command cannot be understood: {error}")),
    };
    if !matches!(command, Command::Watch {} | Command::TakeHelm { .. })
        && let Some((holder, who)) = helm.borrow().as_ref()
        && *holder != number
    {
        return refused(&format!(
            "{who} has the helm of this run. Nothing was done; ask them, or take it over with --take-helm"
        ));
    }
    let record = |event: Event, message: String| match shared.record(event) {
        Ok(()) => Say::Done {
            message: message.into(),
        },
        Err(failure) => Say::Refused {
            reason: failure.why,
        },
    };
    match command {
        Command::Watch {} => Say::Done {
            message: "watching".into(),
        },
        Command::TakeHelm { who } => {
            let who = CleanText::limited(&who, 80);
            *helm.borrow_mut() = Some((number, who.clone()));
            record(
                Event::HelmTaken {
                    who: who.clone(),
                    uid,
                },
                format!("{who} has the helm"),
            )
        }
        Command::Answer { id, value, who } => answer(shared, &id, &value, &who, uid),
        Command::Abort { who } => record(
            Event::AbortAsked {
                who: CleanText::limited(&who, 80),
                uid,
            },
            "asked; the run goes to a safe state".to_string(),
        ),
    }
}

/// Takes an answer to the open question, or to a go-ahead that this run will still ask for; anything
/// else than what it expects is journalled and refused, and the question stays open.
pub fn answer(shared: &Shared, id: &str, value: &str, who: &str, uid: u32) -> Say {
    let expects = shared.view().expected_answers(id);
    if expects.is_empty() {
        return Say::Refused {
            reason: match shared.view().putting_back {
                true => "the run is putting everything back: a word given now would be one for another attempt".into(),
                false => format!("the run does not ask '{}' now", CleanText::limited(id, 60)).into(),
            },
        };
    }
    let open = shared.view().question.is_some_and(|open| open.id == id);
    let accepted = expects.iter().any(|expected| expected.as_str() == value);
    let recorded = shared.record(Event::Answered {
        id: id.to_string(),
        value: CleanText::limited(value, 200),
        who: CleanText::limited(who, 80),
        uid,
        accepted,
    });
    match recorded {
        Err(failure) => Say::Refused {
            reason: failure.why,
        },
        Ok(()) if accepted => Say::Done {
            message: if open {
                "your answer is taken; the run goes on".into()
            } else {
                "your answer is kept; the run takes it where it would ask".into()
            },
        },
        Ok(()) => Say::Refused {
            reason: format!("'{id}' expects exactly: {}", one_of(&expects)).into(),
        },
    }
}

async fn say(writer: &mut tokio::net::unix::OwnedWriteHalf, what: &Say) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(what).map_err(std::io::Error::other)?;
    line.push(b'\n');
    writer.write_all(&line).await
}
