//! One line of 300 MB must not be held in memory. Memory is counted for a process, so the test runs in one of its own.

use std::os::unix::fs::FileExt as _;
use std::process::Command;

use super::{Desk, Log, searched, texts};
use crate::domain::log_view::LogPlace::{NextHit, Row};

const ALONE: &str = "OMUP_TEST_ALONE";
const LINE: u64 = 300 * 1024 * 1024;

#[test]
fn a_line_of_300_mb_is_read_in_bounded_memory() {
    if std::env::var_os(ALONE).is_some() {
        return read_it();
    }
    let name = std::thread::current().name().expect("a name").to_string();
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", &name, "--nocapture", "--test-threads", "1"])
        .env(ALONE, "yes")
        .output()
        .expect("started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn read_it() {
    let log = Log::of(2);
    let begin = log.file.metadata().expect("facts").len();
    // A hole reads as zeros: the line costs no room on the disk.
    let write = |text: &str, at: u64| log.file.write_all_at(text.as_bytes(), at).expect("written");
    write("ERROR it begins", begin);
    write("the needle", begin + LINE / 2);
    write("\nWARN short\n", begin + LINE);
    let desk = Desk::open();
    let before = peak_kib();
    let window = desk.ask(searched(&log.path, "the needle", NextHit { from: 0 }));
    assert_eq!(
        (window.rows, window.hit, window.hits),
        (4, Some(2), Some(1))
    );
    let window = desk.ask(searched(&log.path, "the needle", Row(2)));
    assert_eq!(
        texts(&window),
        ["INFO line 1", "ERROR it begins", "WARN short"]
    );
    assert_eq!((window.errors, window.warnings), (1, 1));
    // What is counted includes the pages of this program that are touched for the first time: some MiB in a debug build.
    let grown = peak_kib() - before;
    assert!(
        grown < 32 * 1024,
        "{grown} KiB for one line of {LINE} bytes"
    );
}

/// The most memory that this process ever had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("facts of this process");
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse().ok())
        .expect("its peak")
}
