//! A test that cannot run here says so, and is counted and named at the end of `tests/run`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::panic::Location;

/// Records that the calling test does not run, and why. The caller returns right after it.
#[track_caller]
pub fn skip(reason: &str) {
    let line = format!("{}: {reason}\n", test_name(Location::caller()));
    eprint!("skipped: {line}");
    if let Some(file) = std::env::var_os("OMUP_TEST_SKIPS") {
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(&file)
            // One write of one short line: tests that skip at the same time do not mix their lines.
            .and_then(|mut skips| skips.write_all(line.as_bytes()))
            .unwrap_or_else(|error| panic!("cannot record a skip in {}: {error}", file.display()));
    }
}

/// The harness names each test's thread after the test; with `--test-threads=1` it may not.
fn test_name(caller: &Location<'_>) -> String {
    match std::thread::current().name() {
        Some(name) if name != "main" => name.to_owned(),
        Some(_) | None => format!("{}:{}", caller.file(), caller.line()),
    }
}
