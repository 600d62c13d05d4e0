//! Numbered points around every outside effect, so that a test can stop the program at each one.
//!
//! With `OMUP_EFFECT_TRACE=FILE` the names are written there, numbered; with `OMUP_KILL_AT=N` the
//! program sends itself SIGKILL at the N-th point, with `OMUP_SIGNAL_AT=N:SIGNAL` (a number) another
//! signal, and goes on. Points count from [`arm`] on, which the runner calls: the commands that start
//! it are not what a sweep kills. `OMUP_PANIC_AT_STEP=ID` lets a step panic at its beginning. Release
//! builds know none of this.

/// One point; call it directly before and directly after an effect.
#[cfg(debug_assertions)]
pub fn hit(name: &str) {
    debug::hit(name);
}

/// Panics in the step that `OMUP_PANIC_AT_STEP=ID` names; nothing in a release build.
pub fn panic_at(_step: &str) {
    #[cfg(debug_assertions)]
    if std::env::var("OMUP_PANIC_AT_STEP").is_ok_and(|wanted| wanted == _step) {
        panic!(
            "asked for by OMUP_PANIC_AT_STEP, {}",
            std::env::var("OMUP_PANIC_TEXT").unwrap_or_default()
        );
    }
}

/// From here on, points count.
pub fn arm() {
    #[cfg(debug_assertions)]
    debug::arm();
}

/// One point; nothing in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn hit(_name: &str) {}

#[cfg(debug_assertions)]
mod debug {
    use std::io::Write;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    static HITS: AtomicU64 = AtomicU64::new(0);

    static ARMED: AtomicBool = AtomicBool::new(false);

    pub(super) fn arm() {
        ARMED.store(true, Ordering::SeqCst);
    }

    /// `N:SIGNAL`, where this is the N-th point.
    fn signal_wanted(number: u64) -> Option<Signal> {
        let wanted = std::env::var("OMUP_SIGNAL_AT").ok()?;
        let (at, signal) = wanted.split_once(':')?;
        if at.parse().ok() != Some(number) {
            return None;
        }
        Signal::from_named_raw(signal.parse().ok()?)
    }

    pub(super) fn hit(name: &str) {
        if !ARMED.load(Ordering::SeqCst) {
            return;
        }
        let number = HITS.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(path) = std::env::var_os("OMUP_EFFECT_TRACE")
            && let Ok(mut file) = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
        {
            // A trace that cannot be written must not change what the program does.
            let _ = file.write_all(format!("{number} {name}\n").as_bytes());
        }
        if let Some(signal) = signal_wanted(number) {
            let _ = kill_process(getpid(), signal);
        }
        let wanted = std::env::var("OMUP_KILL_AT").ok();
        if wanted.and_then(|text| text.parse().ok()) == Some(number) {
            let _ = kill_process(getpid(), Signal::KILL);
            // The signal may reach another thread first; this one must not go on.
            loop {
                std::thread::park();
            }
        }
    }
}
