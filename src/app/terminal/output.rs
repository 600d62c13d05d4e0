//! Bytes on their way to the terminal. Nothing in here waits for ever.
//!
//! Over an ssh whose network is gone a terminal takes nothing for minutes. A write that waits for it
//! would keep the screen from hearing a signal, so what it does not take is kept and sent when it can.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use tokio::task::{JoinHandle, spawn_blocking};

/// How much is written at once where a write may wait.
const PIECE: usize = 512;

/// Longest wait of the helper thread: what a lost wake-up would cost.
const SLICE: Duration = Duration::from_secs(1);

/// Between two tries to write.
const PAUSE: Duration = Duration::from_millis(10);

/// The terminal behind standard output.
struct Tty {
    /// Opened anew: with a mode of its own, so that it never waits. The shell shares the one we were
    /// given and must not find it changed.
    own: Option<OwnedFd>,
}

impl Tty {
    fn get() -> &'static Self {
        static TTY: OnceLock<Tty> = OnceLock::new();
        TTY.get_or_init(|| {
            let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            // Refused after `su`, where the terminal belongs to another user: then the given one is used.
            let own = rustix::fs::open("/proc/self/fd/1", flags, Mode::empty()).ok();
            Tty { own }
        })
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match &self.own {
            Some(own) => own.as_fd(),
            None => rustix::stdio::stdout(),
        }
    }

    /// Writes what the terminal takes now; 0 where it takes nothing.
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let piece = if self.own.is_some() {
            bytes
        } else {
            if !self.takes(Duration::ZERO)? {
                return Ok(0);
            }
            &bytes[..bytes.len().min(PIECE)]
        };
        match rustix::io::write(self.fd(), piece) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => Ok(count),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// After a write that took nothing: waits for room. A pseudo terminal says that it has some while a
    /// write still finds none (it counts in larger units), so there is a pause in any case.
    fn rest(&self, limit: Duration) -> io::Result<bool> {
        let takes = self.takes(limit)?;
        std::thread::sleep(PAUSE.min(limit));
        Ok(takes)
    }

    fn takes(&self, limit: Duration) -> io::Result<bool> {
        let fd = self.fd();
        let mut fds = [PollFd::new(&fd, PollFlags::OUT)];
        let limit = Timespec {
            tv_sec: limit.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        };
        match poll(&mut fds, Some(&limit)) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Writes all of it within a time.
///
/// # Errors
/// The terminal is gone, or has not taken all of it.
pub fn send_within(mut bytes: &[u8], limit: Duration) -> io::Result<()> {
    let tty = Tty::get();
    let start = Instant::now();
    while !bytes.is_empty() {
        let count = tty.write(bytes)?;
        bytes = &bytes[count..];
        if count == 0 {
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            tty.rest(left)?;
        }
    }
    Ok(())
}

/// What a frame is drawn on before any of it is sent. Its copies are the same sheet.
#[derive(Debug, Default, Clone)]
pub struct Sheet(Rc<RefCell<Vec<u8>>>);

impl Sheet {
    /// What stands on it; it is empty then.
    pub fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl io::Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Does nothing: ratatui flushes several times in one frame.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is on its way.
#[derive(Debug, Default)]
pub struct Output {
    waiting: Vec<u8>,
    /// Asks the terminal when it takes more.
    helper: Option<JoinHandle<io::Result<bool>>>,
}

impl Output {
    /// To be sent with what waits already, after it.
    pub fn add(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// Sends as much as the terminal takes now; says whether that was all.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn send(&mut self) -> io::Result<bool> {
        let tty = Tty::get();
        let mut sent = 0;
        let mut outcome = Ok(());
        while sent < self.waiting.len() {
            match tty.write(&self.waiting[sent..]) {
                Ok(0) => break,
                Ok(count) => sent += count,
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        self.waiting.drain(..sent);
        outcome.map(|()| self.waiting.is_empty())
    }

    /// Waits until the terminal has taken everything. May be dropped and called again.
    ///
    /// # Errors
    /// The terminal is gone.
    pub async fn drained(&mut self) -> io::Result<()> {
        while !self.send()? {
            // One helper thread at most, and it ends by itself.
            let waits = self
                .helper
                .get_or_insert_with(|| spawn_blocking(|| Tty::get().rest(SLICE)));
            let outcome = waits.await;
            self.helper = None;
            match outcome {
                Ok(taken) => taken.map(|_| ())?,
                // The runtime ends, and this process with it.
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(())
    }

    /// Sends the rest within a time, or forgets it; says whether it was sent.
    pub fn finish(&mut self, limit: Duration) -> bool {
        send_within(&std::mem::take(&mut self.waiting), limit).is_ok()
    }

    /// What was not sent will not be.
    pub fn forget(&mut self) {
        self.waiting.clear();
    }

    pub fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }
}
