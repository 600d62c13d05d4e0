//! Keys, pastes and sizes from the terminal, read by a thread of its own.
//!
//! The thread sleeps in poll(2) until something comes: a key, a byte that says that the window has
//! another size, or the end of the terminal. There is no tick but one: after a lone escape it waits a
//! moment for more.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::decode::Decoder;
use crate::wizard::key::Key;

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Key(Key),
    Paste(String),
    Resize(u16, u16),
    /// The terminal is gone.
    HungUp,
}

/// How long a lone escape may be the beginning of more. Over a slow link the rest of a key comes in the
/// same packet, nearly always; a person does not notice this wait.
const ESCAPE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

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
            if read(resized, &send).is_err() {
                send(Input::HungUp);
            }
        })
        .map(|_| ())
}

/// Ends well when nobody wants more, with an error when the terminal is gone.
fn read(mut resized: UnixStream, send: &impl Fn(Input) -> bool) -> io::Result<()> {
    let stdin = io::stdin();
    let mut decoder = Decoder::default();
    let mut buffer = [0; 4096];
    loop {
        let (tty, size) = {
            let mut fds = [
                PollFd::new(&stdin, PollFlags::IN),
                PollFd::new(&resized, PollFlags::IN),
            ];
            let limit = decoder.undecided().then_some(&ESCAPE);
            match poll(&mut fds, limit) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            (fds[0].revents(), fds[1].revents())
        };
        if super::LEFT.load(Ordering::SeqCst) {
            return Ok(());
        }
        if tty.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if size.contains(PollFlags::IN) {
            if resized.read(&mut buffer)? == 0 {
                return Ok(());
            }
            let (width, height) = super::size();
            if !send(Input::Resize(width, height)) {
                return Ok(());
            }
        } else if size.intersects(PollFlags::HUP | PollFlags::ERR) {
            return Ok(());
        }
        if tty.contains(PollFlags::IN) {
            let count = match rustix::io::read(&stdin, &mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
                Err(error) => return Err(error.into()),
            };
            for input in decoder.feed(&buffer[..count]) {
                if !send(input) {
                    return Ok(());
                }
            }
        } else if size.is_empty()
            && let Some(key) = decoder.quiet()
            && !send(key)
        {
            return Ok(());
        }
    }
}
