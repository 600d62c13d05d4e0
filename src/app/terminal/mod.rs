//! The terminal: taken, drawn on, given back. Knows nothing of upgrades.
//!
//! The screen is disposable, the work is not: a runner process of its own does it. So a terminal that
//! goes away simply ends this process.

mod copy;
mod input;
mod look;

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::terminal::{
    self as screen, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, SetTitle,
};
use ratatui::crossterm::{cursor, execute, queue};
use ratatui::layout::Rect;
use ratatui::{Frame, TerminalOptions, Viewport};

use crate::domain::clean_text::CleanText;

pub use copy::copy;
pub use input::{Input, read_input};
pub use look::{can_draw, look};

/// True while the terminal is ours: what the panic hook asks before it gives it back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A full screen. Given back when dropped.
pub struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<io::BufWriter<io::Stdout>>>,
    title: CleanText,
}

impl Terminal {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste.
    ///
    /// # Errors
    /// The terminal refuses; it is then as it was.
    pub fn enter() -> io::Result<Self> {
        take()?;
        let (width, height) = size();
        let backend = CrosstermBackend::new(io::BufWriter::with_capacity(256 * 1024, io::stdout()));
        let inner = ratatui::Terminal::with_options(
            backend,
            TerminalOptions {
                viewport: Viewport::Fixed(Rect::new(0, 0, width, height)),
            },
        );
        match inner {
            Ok(inner) => Ok(Self {
                inner,
                title: CleanText::default(),
            }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// One frame, in one write, shown at once by terminals that know synchronized output.
    ///
    /// # Errors
    /// The terminal cannot be written: it is gone.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(self.inner.backend_mut(), BeginSynchronizedUpdate)?;
        self.inner.draw(draw)?;
        queue!(self.inner.backend_mut(), EndSynchronizedUpdate)?;
        io::Write::flush(self.inner.backend_mut())
    }

    /// The next frame has this size.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn resize(&mut self, width: u16, height: u16) -> io::Result<()> {
        self.inner.resize(Rect::new(0, 0, width, height))
    }

    /// Everything is drawn anew by the next frame.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    /// The window's title, where it changed.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn title(&mut self, text: &CleanText) -> io::Result<()> {
        if self.title != *text {
            self.title = text.clone();
            execute!(self.inner.backend_mut(), SetTitle(text.as_str()))?;
        }
        Ok(())
    }

    /// # Errors
    /// The terminal cannot be written.
    pub fn bell(&mut self) -> io::Result<()> {
        self.inner.backend_mut().write_all(b"\x07")?;
        io::Write::flush(self.inner.backend_mut())
    }

    /// Bytes that are for the terminal itself, such as a text for its clipboard.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.backend_mut().write_all(bytes)?;
        io::Write::flush(self.inner.backend_mut())
    }

    /// Suspends this process as Ctrl-Z does elsewhere; comes back when it is continued.
    ///
    /// # Errors
    /// The terminal cannot be taken again.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // The whole process group stops here, and goes on here after SIGCONT.
        if let Err(error) =
            rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)
        {
            return Err(io::Error::from(error));
        }
        take()?;
        self.inner.clear()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Columns and rows; a terminal that says 0x0 is taken for the usual one until it says more.
pub fn size() -> (u16, u16) {
    match screen::size() {
        Ok((width, height)) if width > 0 && height > 0 => (width, height),
        Ok(_) | Err(_) => (80, 24),
    }
}

fn take() -> io::Result<()> {
    screen::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let taken = execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    );
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Gives the terminal back; does nothing where it was not taken.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Each for itself: a terminal that is gone refuses all of them, and nobody is left to be told.
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = screen::disable_raw_mode();
}

/// A panic anywhere on this thread gives the terminal back before it is told.
pub fn give_back_on_panic() {
    let before = std::panic::take_hook();
    let ours = std::thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == ours {
            give_back();
        }
        before(panic);
    }));
}
