//! Log files of any size, line by line: an index, windows of lines, search, filter.
//!
//! A thread of its own reads; whoever asks never waits. Knows nothing of what the lines are about, nor of screens.
//!
//! ```text
//! question -> View: Source (the file) -> Scan (its lines) -> Index, Found (six bytes and some bits a line)
//!                   place (which rows) -> window
//! ```

mod found;
mod index;
mod lines;
mod marks;
mod needle;
mod place;
mod scan;
mod source;
mod starts;
mod view;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use crate::domain::log_view::{LogQuery, LogWindow};
use crate::domain::sought::Sought;

use view::View;

/// How often a file is looked at for growth, while somebody looks at it and it may grow; and how often a window is sent while a big
/// file is being read.
const LOOK: Duration = Duration::from_millis(250);

/// Bytes read before new questions are heard again: a few milliseconds. A pattern may be a hundred times slower than words.
const STEP: u64 = 4 * 1024 * 1024;
const PATTERN_STEP: u64 = 256 * 1024;

/// Reads logs in the background.
pub struct Reader {
    questions: Sender<LogQuery>,
}

impl Reader {
    /// Starts the thread, which sleeps until something is asked and ends when the reader is dropped. Windows go to
    /// `tell`, on that thread.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(tell: impl Fn(LogWindow) + Send + 'static) -> io::Result<Self> {
        let (questions, queue) = channel();
        std::thread::Builder::new()
            .name("log reader".to_string())
            .spawn(move || answer(&queue, &tell))?;
        Ok(Self { questions })
    }

    /// Asks, without waiting; the newest question wins. The answer comes to `tell`, and again whenever it changes
    /// because the file did.
    pub fn ask(&self, query: LogQuery) {
        // The thread ends only with this reader.
        let _ = self.questions.send(query);
    }
}

fn answer(queue: &Receiver<LogQuery>, tell: &impl Fn(LogWindow)) {
    let Ok(first) = queue.recv() else { return };
    let mut query = newest(queue, first);
    let mut view = View::open(&query);
    let mut told: Option<LogWindow> = None;
    let mut told_at = Instant::now();
    let (mut asked, mut changed) = (true, false);
    loop {
        let step = view.advance(step_of(&query));
        changed |= step.changed;
        if asked || (changed && (!step.more || told_at.elapsed() >= LOOK)) {
            let window = view.window(&query);
            if asked || told.as_ref() != Some(&window) {
                told = Some(window.clone());
                told_at = Instant::now();
                tell(window);
            }
            (asked, changed) = (false, false);
        }
        let next = if step.more {
            match queue.try_recv() {
                Ok(next) => Some(next),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return,
            }
        } else if !query.grows && told.is_some() {
            // Nobody writes any more: sleeps until something is asked.
            match queue.recv() {
                Ok(next) => Some(next),
                Err(_) => return,
            }
        } else {
            match queue.recv_timeout(LOOK) {
                Ok(next) => Some(next),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        };
        if let Some(next) = next {
            query = newest(queue, next);
            view.turn_to(&query);
            asked = true;
        }
    }
}

fn step_of(query: &LogQuery) -> u64 {
    let mut sought = [&query.filter, &query.search].into_iter().flatten();
    if sought.any(Sought::is_pattern) {
        PATTERN_STEP
    } else {
        STEP
    }
}

/// The newest question that waits.
fn newest(queue: &Receiver<LogQuery>, first: LogQuery) -> LogQuery {
    queue.try_iter().last().unwrap_or(first)
}

#[cfg(test)]
mod tests;
