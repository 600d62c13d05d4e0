//! Log files of any size, line by line: an index, windows of lines, search, filter.
//!
//! A thread of its own reads; whoever asks never waits. Knows nothing of what the lines are about.

mod lines;
mod scan;
mod view;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use crate::domain::log_view::{LogQuery, LogWindow};

use view::View;

/// How often a file is looked at for growth, while somebody looks at it.
const LOOK: Duration = Duration::from_millis(250);

/// Bytes read before new questions are heard again.
const STEP: u64 = 8 * 1024 * 1024;

/// Reads logs in the background.
pub struct Reader {
    questions: Sender<LogQuery>,
}

impl Reader {
    /// Starts the thread; it ends when the reader is dropped. Windows go to `tell`.
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

    /// Asks; the newest question wins, the answer comes to `tell`, and again whenever it changes.
    pub fn ask(&self, query: LogQuery) {
        // The thread ends only with this reader.
        let _ = self.questions.send(query);
    }
}

fn answer(queue: &Receiver<LogQuery>, tell: &impl Fn(LogWindow)) {
    let Ok(mut query) = queue.recv() else { return };
    let mut view = View::open(&query);
    let mut told: Option<LogWindow> = None;
    let mut told_at = Instant::now();
    let mut asked = true;
    loop {
        let busy = view.advance(STEP);
        // While a big file is read, a window now and then; a question is answered at once.
        if asked || !busy || told_at.elapsed() >= LOOK {
            let window = view.window(&query);
            if asked || told.as_ref() != Some(&window) {
                told = Some(window.clone());
                told_at = Instant::now();
                tell(window);
            }
            asked = false;
        }
        let next = if busy {
            match queue.try_recv() {
                Ok(next) => Some(next),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return,
            }
        } else {
            match queue.recv_timeout(LOOK) {
                Ok(next) => Some(next),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        };
        if let Some(mut newest) = next {
            while let Ok(newer) = queue.try_recv() {
                newest = newer;
            }
            query = newest;
            view.turn_to(&query);
            asked = true;
        }
    }
}

#[cfg(test)]
mod tests;
