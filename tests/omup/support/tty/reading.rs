//! The thread that reads a terminal, and what it has seen.

use std::io::Read as _;
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use vt100::{Callbacks, Parser, Screen};

use super::view;

/// What a terminal is told beside its screen.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    pub titles: Vec<String>,
    /// Texts for the clipboard, still in base64.
    pub clipboard: Vec<String>,
    pub bells: usize,
}

impl Callbacks for Notes {
    fn audible_bell(&mut self, _: &mut Screen) {
        self.bells += 1;
    }

    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        self.titles
            .push(String::from_utf8_lossy(title).into_owned());
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        self.clipboard
            .push(String::from_utf8_lossy(data).into_owned());
    }
}

pub struct Sight {
    pub parser: Parser<Notes>,
    pub bytes: Vec<u8>,
    /// Nobody has the program's end open any more, or this end was closed.
    pub ended: bool,
    /// Nothing is read for now.
    pub held: bool,
    /// When the last bytes came.
    pub came: Instant,
}

pub struct Seen {
    sight: Mutex<Sight>,
    changed: Condvar,
}

impl Seen {
    /// With rows and columns; 24 and 80 where there are none.
    pub fn new(size: Option<(NonZeroU16, NonZeroU16)>) -> Seen {
        let (rows, columns) = size.unwrap_or_else(|| {
            let of = |n| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
            (of(24), of(80))
        });
        Seen {
            sight: Mutex::new(Sight {
                parser: Parser::new_with_callbacks(rows, columns, 0, Notes::default()),
                bytes: Vec::new(),
                ended: false,
                held: false,
                came: Instant::now(),
            }),
            changed: Condvar::new(),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, Sight> {
        // A test that panicked while looking must not hide its own message behind another.
        self.sight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is so, looking again whenever something was read.
    #[track_caller]
    pub fn wait(&self, what: &str, limit: Duration, so: impl Fn(&Sight) -> bool) {
        let start = Instant::now();
        let mut sight = self.lock();
        loop {
            if so(&sight) {
                return;
            }
            let left = limit.saturating_sub(start.elapsed());
            assert!(
                !left.is_zero() && !sight.ended,
                "waited {:.1} s in vain for: {what}{}\n{}",
                start.elapsed().as_secs_f32(),
                if sight.ended {
                    " (the terminal is closed)"
                } else {
                    ""
                },
                view::text(sight.parser.screen())
            );
            sight = self
                .changed
                .wait_timeout(sight, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// Reads until the other end of `nudge` is closed. A byte there says that `held` has changed.
pub fn read(master: &OwnedFd, mut nudge: &UnixStream, seen: &Seen) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let held = seen.lock().held;
        let watched = if held {
            PollFlags::empty()
        } else {
            PollFlags::IN
        };
        let mut fds = [
            PollFd::new(nudge, PollFlags::IN),
            PollFd::new(master, watched),
        ];
        let count = if held { 1 } else { 2 };
        match poll(&mut fds[..count], None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("poll: {error}"),
        }
        let (told, came) = (fds[0].revents(), fds[1].revents());
        if !told.is_empty() {
            match nudge.read(&mut buffer) {
                Ok(1..) => continue,
                Ok(0) | Err(_) => break,
            }
        }
        if held || came.is_empty() {
            continue;
        }
        match rustix::io::read(master, &mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                let came = Instant::now();
                let mut sight = seen.lock();
                sight.came = came;
                sight.bytes.extend_from_slice(&buffer[..count]);
                sight.parser.process(&buffer[..count]);
                drop(sight);
                seen.changed.notify_all();
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            // The program's side is closed by everybody.
            Err(_) => break,
        }
    }
    seen.lock().ended = true;
    seen.changed.notify_all();
}
