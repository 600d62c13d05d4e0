//! A program in a terminal of its own: keys in, a screen out. Everything waits for what is to be seen,
//! never for time.

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longest wait for something on the screen.
const LIMIT: Duration = Duration::from_secs(60);

struct Shown {
    parser: vt100::Parser,
    raw: Vec<u8>,
    closed: bool,
}

/// A running program and what it shows.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<(Mutex<Shown>, Condvar)>,
}

fn size(width: u16, height: u16) -> PtySize {
    PtySize {
        rows: height,
        cols: width,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn screen_size(n: u16) -> NonZero<u16> {
    NonZero::new(n.max(1)).unwrap_or(NonZero::<u16>::MIN)
}

/// Whole frames that began with an empty screen.
fn frames_drawn_anew(raw: &[u8]) -> usize {
    let text = String::from_utf8_lossy(raw);
    text.split("\x1b[?2026h")
        .skip(1)
        .filter(|frame| frame.starts_with("\x1b[2J") && frame.contains("\x1b[?2026l"))
        .count()
}

impl Pty {
    /// Starts a command in a terminal of this size. `TERM` and the locale are set; `env` goes on top.
    #[track_caller]
    pub fn start(
        program: &str,
        args: &[&str],
        env: &[(&str, &str)],
        width: u16,
        height: u16,
    ) -> Self {
        let pair = native_pty_system()
            .openpty(size(width, height))
            .unwrap_or_else(|error| panic!("no pseudo terminal: {error}"));
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for name in ["LC_ALL", "LC_CTYPE", "NO_COLOR", "TMUX", "STY", "SSH_TTY"] {
            command.env_remove(name);
        }
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair
            .slave
            .spawn_command(command)
            .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        drop(pair.slave);
        let mut reader = pair
            .master
            .try_clone_reader()
            .unwrap_or_else(|error| panic!("{error}"));
        let writer = pair
            .master
            .take_writer()
            .unwrap_or_else(|error| panic!("{error}"));
        let shown = Arc::new((
            Mutex::new(Shown {
                parser: vt100::Parser::new(screen_size(height), screen_size(width), 0),
                raw: Vec::new(),
                closed: false,
            }),
            Condvar::new(),
        ));
        let into = shown.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                let got = reader.read(&mut buffer).unwrap_or(0);
                let (lock, bell) = &*into;
                let Ok(mut shown) = lock.lock() else { return };
                if got == 0 {
                    shown.closed = true;
                } else {
                    shown.parser.process(&buffer[..got]);
                    shown.raw.extend_from_slice(&buffer[..got]);
                }
                bell.notify_all();
                if got == 0 {
                    return;
                }
            }
        });
        Self {
            master: pair.master,
            writer,
            child,
            shown,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap_or(0)
    }

    /// The screen as text.
    pub fn text(&self) -> String {
        self.look(|shown| shown.parser.screen().contents())
    }

    fn look<T>(&self, look: impl FnOnce(&Shown) -> T) -> T {
        let shown = self
            .shown
            .0
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        look(&shown)
    }

    /// Everything that was written to the terminal.
    pub fn raw(&self) -> Vec<u8> {
        self.look(|shown| shown.raw.clone())
    }

    /// True while the alternate screen is shown.
    pub fn full_screen(&self) -> bool {
        self.look(|shown| shown.parser.screen().alternate_screen())
    }

    /// Cells with a colour, and whether a reversed one is there.
    pub fn colours(&self) -> (usize, bool) {
        self.look(|shown| {
            let screen = shown.parser.screen();
            let (rows, cols) = screen.size();
            let cells = (0..rows.get()).flat_map(|y| (0..cols.get()).map(move |x| (y, x)));
            let mut coloured = 0;
            let mut reversed = false;
            for (y, x) in cells {
                if let Some(cell) = screen.cell(y, x) {
                    let plain = cell.fgcolor() == vt100::Color::Default
                        && cell.bgcolor() == vt100::Color::Default;
                    coloured += usize::from(!plain);
                    reversed |= cell.inverse();
                }
            }
            (coloured, reversed)
        })
    }

    /// Waits until the words stand on the screen; gives the screen.
    #[track_caller]
    pub fn wait(&self, words: &str) -> String {
        self.wait_for(&format!("'{words}'"), |text| text.contains(words))
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        let (lock, bell) = &*self.shown;
        let mut shown = lock.lock().unwrap_or_else(|broken| broken.into_inner());
        loop {
            let text = shown.parser.screen().contents();
            if wanted(&text) {
                return text;
            }
            let rest = LIMIT.saturating_sub(start.elapsed());
            assert!(
                !rest.is_zero() && !shown.closed,
                "{what} does not appear{}; on the screen:\n{text}",
                if shown.closed { " before the end" } else { "" }
            );
            shown = bell
                .wait_timeout(shown, rest)
                .unwrap_or_else(|broken| broken.into_inner())
                .0;
        }
    }

    /// Sends keys and waits for a frame that knows them, however slow the machine: Ctrl-L after them has everything
    /// drawn anew.
    #[track_caller]
    pub fn keys_shown(&mut self, keys: &str) {
        let begun = self.look(|shown| frames_drawn_anew(&shown.raw));
        self.keys(keys);
        self.keys("\x0c");
        let start = Instant::now();
        let (lock, bell) = &*self.shown;
        let mut shown = lock.lock().unwrap_or_else(|broken| broken.into_inner());
        while frames_drawn_anew(&shown.raw) <= begun {
            let rest = LIMIT.saturating_sub(start.elapsed());
            assert!(
                !rest.is_zero() && !shown.closed,
                "no frame after {keys:?}; on the screen:\n{}",
                shown.parser.screen().contents()
            );
            shown = bell
                .wait_timeout(shown, rest)
                .unwrap_or_else(|broken| broken.into_inner())
                .0;
        }
    }

    /// Sends what a keyboard would.
    #[track_caller]
    pub fn keys(&mut self, keys: &str) {
        self.writer
            .write_all(keys.as_bytes())
            .and_then(|()| self.writer.flush())
            .unwrap_or_else(|error| panic!("cannot type: {error}"));
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        let _ = self.master.resize(size(width, height));
        if let Ok(mut shown) = self.shown.0.lock() {
            let (height, width) = (screen_size(height), screen_size(width));
            shown.parser.screen_mut().set_size(height, width);
        }
    }

    /// What the kernel tells the program when its terminal goes away. (A connection that is really lost
    /// is in `screens::over_ssh`: there both ends of the terminal are gone.)
    #[track_caller]
    pub fn hang_up(&self) {
        let sent = std::process::Command::new("kill")
            .arg("-HUP")
            .arg(self.pid().to_string())
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "cannot hang up");
    }

    /// Waits for the end of the program; gives its exit code (128 + signal).
    #[track_caller]
    pub fn end(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    self.read_to_the_end();
                    return status.exit_code();
                }
                Ok(None) if start.elapsed() < LIMIT => {
                    std::thread::yield_now();
                    std::thread::park_timeout(Duration::from_millis(10));
                }
                Ok(None) => panic!("it does not end; on the screen:\n{}", self.text()),
                Err(error) => panic!("cannot wait for it: {error}"),
            }
        }
    }

    /// Waits until everything that the program has written is on the screen. Not for ever: a program that it left
    /// behind may keep the terminal open.
    fn read_to_the_end(&self) {
        let (lock, bell) = &*self.shown;
        let shown = lock.lock().unwrap_or_else(|broken| broken.into_inner());
        let _ = bell.wait_timeout_while(shown, Duration::from_secs(5), |shown| !shown.closed);
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Ended already in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
