//! The terminal: taken, drawn on, given back. Knows nothing of upgrades.
//!
//! The screen is disposable, the work is not: a runner process of its own does it. So a terminal that
//! goes away simply ends this process.

mod copy;
mod decode;
mod fault;
mod input;
mod look;
mod output;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::style::Print;
use ratatui::crossterm::terminal::{
    self as screen, BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
};
use ratatui::crossterm::{cursor, queue};
use ratatui::layout::Rect;
use ratatui::{Frame, TerminalOptions, Viewport};
use rustix::termios::{QueueSelector, tcflush, tcgetwinsize};

use crate::domain::clean_text::CleanText;

pub use copy::copy;
pub use fault::{fault, give_back_on_panic, said};
pub use input::{Input, read_input};
pub use look::{Colour, ask_for, can_draw, look};

use output::{Output, Sheet};

/// True while the terminal is ours: what the panic hook asks before it gives it back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// True when this process will not draw again: what is typed from now on is for the shell.
static LEFT: AtomicBool = AtomicBool::new(false);

/// The window's title goes on a stack of the terminal's own and comes back from it (xterm's "CSI Ps ; Ps t" with 22
/// and 23, window title and icon label); terminals without such a stack pass over both.
const SAVE_TITLE: &str = "\x1b[22;0t";
const RESTORE_TITLE: &str = "\x1b[23;0t";

/// How long a terminal that takes nothing is waited for when it is to be given back.
const PATIENCE: Duration = Duration::from_secs(1);

/// A full screen. Given back when dropped.
pub struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<Sheet>>,
    sheet: Sheet,
    output: Output,
    title: CleanText,
    /// The next frame has this size and is drawn anew.
    anew: Option<Rect>,
}

impl Terminal {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste.
    ///
    /// # Errors
    /// The terminal refuses; it is then as it was.
    pub fn enter() -> io::Result<Self> {
        take()?;
        LEFT.store(false, Ordering::SeqCst);
        let (width, height) = size();
        let sheet = Sheet::default();
        let inner = ratatui::Terminal::with_options(
            CrosstermBackend::new(sheet.clone()),
            TerminalOptions {
                viewport: Viewport::Fixed(Rect::new(0, 0, width, height)),
            },
        );
        match inner {
            Ok(inner) => Ok(Self {
                inner,
                sheet,
                output: Output::default(),
                title: CleanText::default(),
                anew: None,
            }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// One frame, in one write, shown at once by terminals that know synchronized output. Gives false,
    /// and draws nothing, while the terminal has not taken the last one: wait for [`Terminal::ready`]
    /// and draw what is newest then.
    ///
    /// # Errors
    /// The terminal is gone, or was given back after a fault.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<bool> {
        if !TAKEN.load(Ordering::SeqCst) {
            return Err(io::Error::other("the terminal was given back"));
        }
        if !self.output.send()? {
            return Ok(false);
        }
        queue!(self.sheet, BeginSynchronizedUpdate)?;
        if let Some(size) = self.anew.take() {
            // Not `Terminal::clear`: it asks the terminal where its cursor is and waits for the answer.
            queue!(self.sheet, Clear(ClearType::All))?;
            self.inner.resize(size)?;
        }
        self.inner.draw(draw)?;
        queue!(self.sheet, EndSynchronizedUpdate)?;
        self.output.add(&self.sheet.take());
        self.output.send()?;
        Ok(true)
    }

    /// Comes back when the terminal has taken what it was behind with; never where it was not behind.
    ///
    /// # Errors
    /// The terminal is gone.
    pub async fn ready(&mut self) -> io::Result<()> {
        if !self.output.is_behind() {
            std::future::pending::<()>().await;
        }
        self.output.drained().await
    }

    /// The next frame has this size and is drawn anew.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.anew = Some(Rect::new(0, 0, width, height));
    }

    /// The window's title, where it changed.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn title(&mut self, text: &CleanText) -> io::Result<()> {
        if self.title != *text {
            self.title = text.clone();
            let mut bytes = Vec::new();
            queue!(bytes, SetTitle(text.as_str()))?;
            self.send(&bytes)?;
        }
        Ok(())
    }

    /// # Errors
    /// The terminal is gone.
    pub fn bell(&mut self) -> io::Result<()> {
        self.send(b"\x07")
    }

    /// Bytes that are for the terminal itself, such as a text for its clipboard.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.output.add(bytes);
        self.output.send().map(|_| ())
    }

    /// Suspends this process as Ctrl-Z does elsewhere; comes back when it is continued. Everything is
    /// to be drawn anew then: call [`Terminal::resize`] with the size of that moment.
    ///
    /// # Errors
    /// The terminal cannot be taken again.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.output.forget();
        give_back();
        // The whole process group stops here, and goes on here after SIGCONT.
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        take()?;
        let title = std::mem::take(&mut self.title);
        self.title(&title)
    }

    /// Gives the terminal back; says whether it has heard that, and would hear more.
    pub fn leave(mut self) -> bool {
        // A terminal that is behind may have room for a few bytes and none for the words after them.
        let caught_up = self.output.finish(PATIENCE);
        LEFT.store(true, Ordering::SeqCst);
        // What was typed for the wizard must not become commands for the shell.
        let _ = tcflush(rustix::stdio::stdin(), QueueSelector::IFlush);
        give_back() && caught_up
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Columns and rows; a terminal that says 0x0 is taken for the usual one until it says more.
pub fn size() -> (u16, u16) {
    match tcgetwinsize(rustix::stdio::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        Ok(_) | Err(_) => (80, 24),
    }
}

/// Lines that stay on the terminal after the screen is left. Lost where it does not take them soon: a
/// terminal that has stalled must not keep this process.
pub fn last_words(lines: &[CleanText]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let _ = output::send_within(text.as_bytes(), PATIENCE);
}

fn take() -> io::Result<()> {
    screen::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut bytes = Vec::new();
    let taken = queue!(
        bytes,
        Print(SAVE_TITLE),
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    )
    .and_then(|()| output::send_within(&bytes, PATIENCE));
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Gives the terminal back, and does nothing where it was not taken. Says whether the terminal has
/// heard: one that is gone or stalled has not, and nobody is left to be told.
pub fn give_back() -> bool {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return true;
    }
    let mut bytes = Vec::new();
    let heard = queue!(
        bytes,
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show,
        Print(RESTORE_TITLE)
    )
    .and_then(|()| output::send_within(&bytes, PATIENCE));
    let cooked = screen::disable_raw_mode();
    heard.is_ok() && cooked.is_ok()
}
