//! A terminal of our own: a program on a pseudo terminal, and an emulator that shows what a person would see.
//!
//! Knows terminals and nothing about omup. A thread reads all the time and says when something came, so a test waits
//! for what is shown and never for time. Every byte is kept for [`sequences`].

mod reading;
pub mod sequences;
mod start;
pub mod view;

use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};
use vt100::Screen;

use super::process::Process;
use super::wait;
use reading::Seen;
pub use start::{Leader, Start};

/// Longest wait for something on the screen: long, because the machine may be busy; a passing test never waits it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What the shell prints when the program has ended; its exit code follows.
const ENDED: &str = "[ended with ";

/// A program on a terminal. The terminal is closed and the program killed when this is dropped.
pub struct Tty {
    master: Option<Arc<OwnedFd>>,
    /// The program's end, kept open so that its settings can be asked for afterwards.
    slave: OwnedFd,
    before: Termios,
    nudge: UnixStream,
    reader: Option<JoinHandle<()>>,
    seen: Arc<Seen>,
    child: Child,
    leader: Process,
    told_by_shell: bool,
}

impl Tty {
    /// The program itself: the shell's child where a shell leads the session.
    #[track_caller]
    pub fn program(&self) -> Process {
        if !self.told_by_shell {
            return self.leader;
        }
        wait::until("the shell to start the program", PATIENCE, || {
            self.leader.descendants().first().copied()
        })
    }

    /// Types. Bytes as a terminal sends them: `"\r"` is Enter, `"\x1b[A"` is Up.
    #[track_caller]
    pub fn send(&self, keys: impl AsRef<[u8]>) {
        let master = self.master.as_ref().expect("the terminal is closed");
        let mut left = keys.as_ref();
        while !left.is_empty() {
            let mut fds = [PollFd::new(master, PollFlags::OUT)];
            let limit = Timespec {
                tv_sec: 30,
                tv_nsec: 0,
            };
            let ready = poll(&mut fds, Some(&limit)).unwrap_or_else(|e| panic!("poll: {e}"));
            assert!(ready > 0, "nobody reads what is typed: {left:?}");
            match rustix::io::write(master, left) {
                Ok(written) => left = &left[written..],
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                Err(error) => panic!("cannot type: {error}"),
            }
        }
    }

    /// Something is written to the terminal that did not come from the program, as `wall` and kernels do.
    pub fn litter(&self, text: &str) {
        rustix::io::write(&self.slave, text.as_bytes()).unwrap_or_else(|e| panic!("litter: {e}"));
    }

    /// Looks at the screen as it is now.
    pub fn look<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        look(self.seen.lock().parser.screen())
    }

    /// The screen as text, rows without blanks at their ends.
    pub fn text(&self) -> String {
        self.look(view::text)
    }

    /// Everything that the program has written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen.lock().bytes.clone()
    }

    /// Window titles and clipboard texts that arrived, oldest first, and bells.
    pub fn notes(&self) -> reading::Notes {
        self.seen.lock().parser.callbacks().clone()
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("`{text}` on the screen"), |screen| {
            view::text(screen).contains(text)
        });
    }

    /// Waits until the screen's text is so.
    #[track_caller]
    pub fn wait_text(&self, what: &str, so: impl Fn(&str) -> bool) {
        self.wait_until(what, |screen| so(&view::text(screen)));
    }

    /// Waits until what the program has written is so.
    #[track_caller]
    pub fn wait_bytes(&self, what: &str, so: impl Fn(&[u8]) -> bool) {
        self.seen.wait(what, PATIENCE, |sight| so(&sight.bytes));
    }

    /// When the last bytes came that the program has written.
    #[allow(dead_code, reason = "for benches/screen.rs")]
    pub fn last_came(&self) -> std::time::Instant {
        self.seen.lock().came
    }

    /// Waits until the screen is so.
    ///
    /// # Panics
    /// After [`PATIENCE`], or at once when the program's end is closed and it is not so; with the screen as it is.
    #[track_caller]
    pub fn wait_until(&self, what: &str, so: impl Fn(&Screen) -> bool) {
        self.seen
            .wait(what, PATIENCE, |sight| so(sight.parser.screen()));
    }

    /// The size of the window from now on; the program gets SIGWINCH from the kernel.
    pub fn resize(&self, columns: u16, rows: u16) {
        if let Some((height, width)) = start::emulated(columns, rows) {
            let mut seen = self.seen.lock();
            seen.parser.screen_mut().set_size(height, width);
        }
        let master = self.master.as_ref().expect("the terminal is closed");
        tcsetwinsize(master, winsize(columns, rows)).unwrap_or_else(|e| panic!("resize: {e}"));
    }

    /// Nobody reads what the program writes, like a stalled ssh, until [`Tty::go_on`].
    pub fn stall(&self) {
        self.tell_reader(true);
    }

    pub fn go_on(&self) {
        self.tell_reader(false);
    }

    fn tell_reader(&self, held: bool) {
        self.seen.lock().held = held;
        (&self.nudge)
            .write_all(b".")
            .unwrap_or_else(|e| panic!("the reading thread has ended: {e}"));
    }

    /// Closes the terminal as a lost connection does; the kernel hangs up.
    pub fn close(&mut self) {
        // The thread sees the end of its stream and lets go of the terminal.
        let _ = self.nudge.shutdown(std::net::Shutdown::Both);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.master = None;
    }

    /// Waits for the program's end and gives its exit code as the shell told it. The shell stays, so the terminal's
    /// settings are still what the program left.
    #[track_caller]
    pub fn exit_code(&self) -> i32 {
        assert!(self.told_by_shell, "only a shell tells an exit code");
        // Among the bytes, because a small screen would wrap it.
        let told = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            let (number, _) = text.rsplit_once(ENDED)?.1.split_once(']')?;
            number.parse::<i32>().ok()
        };
        self.seen.wait("the program to end", PATIENCE, |sight| {
            told(&sight.bytes).is_some()
        });
        told(&self.bytes()).unwrap_or_else(|| panic!("no exit code"))
    }

    /// Fails unless the terminal is as it was before the program: settings, screen, cursor, modes.
    #[track_caller]
    pub fn given_back(&self) {
        let now = tcgetattr(&self.slave).unwrap_or_else(|e| panic!("tcgetattr: {e}"));
        assert_eq!(
            settings(&now),
            settings(&self.before),
            "the terminal's settings\n{}",
            self.text()
        );
        let bytes = self.bytes();
        let modes = sequences::check(&bytes).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(
            modes.left_on(),
            Vec::<u16>::new(),
            "modes that were not given back"
        );
        assert!(modes.cursor_shown(), "the cursor is hidden");
        assert_eq!(
            modes.titles_aside, 0,
            "the window's title is not taken back"
        );
        self.look(|screen| {
            assert!(!screen.alternate_screen() && !screen.hide_cursor());
            assert!(!screen.bracketed_paste());
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        });
    }

    /// The program's end of the terminal is in raw mode: no echo, no lines, no signals from keys.
    pub fn is_raw(&self) -> bool {
        use rustix::termios::LocalModes;
        tcgetattr(&self.slave).is_ok_and(|now| {
            !now.local_modes
                .intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
        })
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the terminal at the end:\n{}", self.text());
        }
        if self.leader.runs() {
            self.leader.kill_tree();
        }
        self.close();
        let _ = self.child.wait();
    }
}

fn settings(of: &Termios) -> [u32; 4] {
    [
        of.input_modes.bits(),
        of.output_modes.bits(),
        of.control_modes.bits(),
        of.local_modes.bits(),
    ]
}

fn winsize(columns: u16, rows: u16) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}
