//! A panic while the terminal is ours: it is given back first, so that the words can be read.
//!
//! Only the thread that draws gives it back. A panic elsewhere says nothing into the screen, where it
//! would stay as litter; its words are kept for the end.

use std::sync::{Mutex, Once, PoisonError};

use tokio::sync::Notify;

use super::{TAKEN, give_back};

/// Told when the drawing thread has panicked. Inside of a task that panic ends only the task.
static FAULT: Notify = Notify::const_new();

/// What panics on other threads have said.
static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Comes back when the thread that draws has panicked and the terminal was given back.
pub async fn fault() {
    FAULT.notified().await;
}

/// What panics on other threads have said since the last call.
pub fn said() -> Vec<String> {
    std::mem::take(&mut *SAID.lock().unwrap_or_else(PoisonError::into_inner))
}

/// From now on; the calling thread is the one that draws. Calling it again changes nothing.
pub fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        let drawing = std::thread::current().id();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().id() == drawing {
                give_back();
                FAULT.notify_one();
                before(panic);
            } else if TAKEN.load(std::sync::atomic::Ordering::SeqCst) {
                SAID.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(panic.to_string());
            } else {
                before(panic);
            }
        }));
    });
}
