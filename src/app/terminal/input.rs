//! Keys, pastes and sizes from the terminal, read by a thread of its own.
//!
//! Before every read the terminal itself is asked by poll(2): one that has gone away makes crossterm
//! 0.29 spin for ever (crossterm-rs/crossterm#793). There is no tick: the thread sleeps until something
//! comes.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags, poll};

use crate::wizard::key::{Code, Key};

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Key(Key),
    Paste(String),
    Resize(u16, u16),
    /// The terminal is gone.
    HungUp,
}

/// Starts the thread; it ends when `send` gives false or the terminal is gone. A byte on the stream
/// says that the size has changed.
///
/// # Errors
/// No thread can be started.
pub fn read_input(
    resized: UnixStream,
    send: impl Fn(Input) -> bool + Send + 'static,
) -> io::Result<()> {
    std::thread::Builder::new()
        .name("terminal input".to_string())
        .spawn(move || {
            let end = read(resized, &send);
            if end.is_err() {
                send(Input::HungUp);
            }
        })
        .map(|_| ())
}

fn read(mut resized: UnixStream, send: &impl Fn(Input) -> bool) -> io::Result<()> {
    let stdin = io::stdin();
    loop {
        let (tty, size) = {
            let mut fds = [
                PollFd::new(&stdin, PollFlags::IN),
                PollFd::new(&resized, PollFlags::IN),
            ];
            match poll(&mut fds, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            (fds[0].revents(), fds[1].revents())
        };
        if tty.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if size.contains(PollFlags::IN) {
            let mut bytes = [0; 64];
            if resized.read(&mut bytes)? == 0 {
                return Ok(());
            }
            let (width, height) = super::size();
            if !send(Input::Resize(width, height)) {
                return Ok(());
            }
        } else if size.intersects(PollFlags::HUP | PollFlags::ERR) {
            return Ok(());
        }
        if !tty.contains(PollFlags::IN) {
            continue;
        }
        while event::poll(Duration::ZERO)? {
            let Some(input) = meaning(event::read()?) else {
                continue;
            };
            if !send(input) {
                return Ok(());
            }
        }
    }
}

fn meaning(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
            let code = match key.code {
                KeyCode::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
                KeyCode::Char(c) => Code::Char(c),
                KeyCode::F(n) => Code::F(n),
                KeyCode::Enter => Code::Enter,
                KeyCode::Esc => Code::Esc,
                KeyCode::Tab => Code::Tab,
                KeyCode::BackTab => Code::BackTab,
                KeyCode::Backspace => Code::Backspace,
                KeyCode::Delete => Code::Delete,
                KeyCode::Up => Code::Up,
                KeyCode::Down => Code::Down,
                KeyCode::Left => Code::Left,
                KeyCode::Right => Code::Right,
                KeyCode::PageUp => Code::PageUp,
                KeyCode::PageDown => Code::PageDown,
                KeyCode::Home => Code::Home,
                KeyCode::End => Code::End,
                _ => return None,
            };
            Some(Input::Key(Key {
                code,
                ctrl,
                alt: key.modifiers.contains(KeyModifiers::ALT),
            }))
        }
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(_, _) => {
            let (width, height) = super::size();
            Some(Input::Resize(width, height))
        }
        Event::Key(_) | Event::Mouse(_) | Event::FocusGained | Event::FocusLost => None,
    }
}
