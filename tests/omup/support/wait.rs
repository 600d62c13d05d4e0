//! Waiting for something to be true. The only place in the tests that sleeps.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(10);

/// Asks `look` until it gives a value, and returns it.
///
/// # Panics
/// When `limit` has passed; the message says what was awaited.
#[track_caller]
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = look() {
            return value;
        }
        assert!(
            start.elapsed() < limit,
            "waited {:.1} s in vain for: {what}",
            start.elapsed().as_secs_f32()
        );
        std::thread::sleep(PAUSE);
    }
}

/// Waits until `file` holds a line that contains `needle`, and returns that line.
///
/// A last line without its newline is not looked at: it is still being written.
#[track_caller]
pub fn for_line(file: &std::path::Path, needle: &str, limit: Duration) -> String {
    until(
        &format!("a line with `{needle}` in {}", file.display()),
        limit,
        || {
            let text = String::from_utf8_lossy(&std::fs::read(file).ok()?).into_owned();
            text.split_inclusive('\n')
                .filter(|line| line.ends_with('\n'))
                .find(|line| line.contains(needle))
                .map(|line| line.trim_end().to_owned())
        },
    )
}
