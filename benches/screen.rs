//! How quick the screen is, and how quiet: the real program in a terminal, the bars P7 to P10.
//!
//! `cargo bench --bench screen` prints a table and says which bar holds. Times are taken from outside: from the
//! key that is written to the terminal to the last byte that answers it.

#[path = "../tests/omup/support"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod support {
    pub mod folder;
    pub mod process;
    pub mod tty;
    pub mod wait;
}
#[path = "../tests/omup/screens/walk.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod walk;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use support::folder::Folder;
use support::process::Process;
use support::tty::{Leader, Start, Tty};
use support::wait;
use walk::Walk;

/// The end of a frame.
const FRAME: &[u8] = b"\x1b[?2026l";

/// P7, from exec to the first frame.
const FIRST_BAR: Duration = Duration::from_millis(50);
/// P8, from a key to its last byte, quiet.
const KEY_P50_BAR: Duration = Duration::from_millis(2);
const KEY_P99_BAR: Duration = Duration::from_millis(8);
/// P10, bytes a second during a dump.
const WIRE_BAR: f64 = 1024.0;

/// Lines of the log that is looked at for P8.
const LINES: u64 = 1_000_000;
const KEYS: usize = 300;
const SIZE: (u16, u16) = (200, 60);

fn main() {
    // `cargo test --all-targets` starts this too, without the word.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("{:<52} {:>10} {:>10}  bar", "", "p50", "p99");
    first_frame();
    idle();
    let mut walk = practise();
    on_the_wire(&walk);
    let log = long_log(&walk.folder);
    keys(&walk.tty, "P8 key to last byte, while a dump runs", None);
    // The dump ends; the run waits for its first go-ahead, and nothing works.
    walk.tty.send("\x1b");
    walk.tty.wait_for("Users notice nothing yet");
    assert!(lines_of(&log) >= LINES);
    keys(
        &walk.tty,
        "P8 key to last byte, quiet",
        Some((KEY_P50_BAR, KEY_P99_BAR)),
    );
    walk.tty.send("\x1b");
    walk.tty.wait_for("Users notice nothing yet");
    stopped(&mut walk);
}

fn row(name: &str, p50: &str, p99: &str, verdict: &str) {
    println!("{name:<52} {p50:>10} {p99:>10}  {verdict}");
}

fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "MISSED" }
}

fn share(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

fn omup(folder: &Folder) -> Start {
    Start::new(walk::program())
        .env("OMUP_STATE_DIR", folder.join("state"))
        .leader(Leader::Program)
}

fn has_frame(bytes: &[u8]) -> bool {
    bytes.windows(FRAME.len()).any(|part| part == FRAME)
}

/// P7.
fn first_frame() {
    for (columns, rows) in [(80, 24), SIZE] {
        let folder = Folder::new("bench-first");
        let mut times: Vec<Duration> = (0..30)
            .map(|_| {
                let begun = Instant::now();
                let tty = omup(&folder).size(columns, rows).start();
                tty.wait_bytes("the first frame", has_frame);
                tty.last_came() - begun
            })
            .collect();
        times.sort();
        let held = share(&times, 99) <= FIRST_BAR;
        row(
            &format!("P7 exec to first frame, {columns}x{rows}"),
            &ms(share(&times, 50)),
            &ms(share(&times, 99)),
            &format!("{} ms: {}", FIRST_BAR.as_millis(), verdict(held)),
        );
    }
}

/// How often each thread of a process went to sleep of its own will: each time it had been woken.
fn wakeups(process: Process) -> BTreeMap<std::ffi::OsString, u64> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", process.pid())).expect("its threads");
    tasks
        .flatten()
        .filter_map(|task| {
            let status = std::fs::read_to_string(task.path().join("status")).ok()?;
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            Some((task.file_name(), line.trim().parse().ok()?))
        })
        .collect()
}

/// Wake-ups and bytes of a screen that nobody touches, over ten seconds.
fn rest(tty: &Tty, name: &str) {
    let process = tty.program();
    // What was begun is finished: messages go away, a search ends, and the threads that it used.
    let mut last = (tty.bytes().len(), Instant::now());
    wait::until("the screen to be at rest", Duration::from_secs(90), || {
        let now = tty.bytes().len();
        if now != last.0 {
            last = (now, Instant::now());
        }
        (last.1.elapsed() > Duration::from_secs(21)).then_some(())
    });
    let (before, bytes) = (wakeups(process), tty.bytes().len());
    let begun = Instant::now();
    wait::until("ten seconds", Duration::from_secs(20), || {
        (begun.elapsed() >= Duration::from_secs(10)).then_some(())
    });
    let after = wakeups(process);
    let woken: u64 = after
        .iter()
        .map(|(thread, count)| count - before.get(thread).copied().unwrap_or(0))
        .sum();
    let bytes = tty.bytes().len() - bytes;
    row(
        name,
        &format!("{woken} wakes"),
        &format!("{bytes} B"),
        &format!("0 in 10 s: {}", verdict(woken == 0 && bytes == 0)),
    );
}

/// P9 on the first page.
fn idle() {
    let folder = Folder::new("bench-idle");
    let tty = omup(&folder).size(SIZE.0, SIZE.1).start();
    tty.wait_for("Begin a new upgrade");
    rest(&tty, "P9 first page, nobody touches it");
}

/// A practice run whose dump takes its time, at the size of P8.
fn practise() -> Walk {
    let folder = Folder::new("bench-run");
    let tty = walk::open(&folder, "good", "fast", &[])
        .size(SIZE.0, SIZE.1)
        .start();
    tty.wait_for("Begin a new upgrade");
    let mut walk = Walk { tty, folder };
    walk.prepare();
    // A minute for a dump of some 2 MB.
    let deployment = walk.state("good").with_file_name("deployment");
    std::fs::write(
        deployment.join("faults.toml"),
        "dump_bytes_per_second = 40000\n",
    )
    .expect("slowed down");
    walk.choose("Approve this plan");
    walk
}

/// P10.
fn on_the_wire(walk: &Walk) {
    walk.tty.wait_for("Rate");
    let (before, begun) = (walk.tty.bytes().len(), Instant::now());
    wait::until("ten seconds", Duration::from_secs(20), || {
        (begun.elapsed() >= Duration::from_secs(10)).then_some(())
    });
    let bytes = walk.tty.bytes();
    let rate = (bytes.len() - before) as f64 / begun.elapsed().as_secs_f64();
    let frames = bytes[before..]
        .windows(FRAME.len())
        .filter(|part| *part == FRAME)
        .count();
    row(
        "P10 on the wire during a dump, 200x60",
        &format!("{rate:.0} B/s"),
        &format!("{:.1}/s", frames as f64 / begun.elapsed().as_secs_f64()),
        &format!("1 KB/s: {}", verdict(rate <= WIRE_BAR)),
    );
}

/// The log of the run's dump, made a million lines longer.
fn long_log(folder: &Folder) -> PathBuf {
    let log = folder
        .files()
        .into_iter()
        .find(|file| file.ends_with("logs/back-up.log"))
        .expect("the dump has a log");
    let file = File::options().append(true).open(&log).expect("the log");
    let mut file = BufWriter::with_capacity(1 << 20, file);
    for n in 0..LINES {
        writeln!(
            file,
            "05:00:00,{:03} INFO  entity {n} of the table was read, and so were the relations that lead to it",
            n % 1000
        )
        .expect("written");
    }
    file.flush().expect("written");
    log
}

fn lines_of(log: &Path) -> u64 {
    let text = std::fs::read(log).expect("the log");
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// P8: up and down by lines and pages in the log pane; each key is waited for until what it leads to is shown.
fn keys(tty: &Tty, name: &str, bars: Option<(Duration, Duration)>) {
    tty.send("L");
    tty.wait_for("entity 999999 of");
    tty.wait_text("the whole log to be read", |text| !text.contains("reading"));
    // The number on top of the pane tells what is shown.
    let top = |text: &str| -> Option<u64> {
        let line = text.lines().find(|line| line.contains(" entity "))?;
        let (_, rest) = line.split_once(" entity ")?;
        rest.split(' ').next()?.parse().ok()
    };
    let mut times = Vec::new();
    let strokes = [
        "\x1b[A", "\x1b[5~", "\x1b[A", "\x1b[5~", "\x1b[6~", "\x1b[B",
    ];
    for round in 0..KEYS {
        let before = top(&tty.text());
        let begun = Instant::now();
        tty.send(strokes[round % strokes.len()]);
        tty.wait_text("other lines", |text| top(text) != before);
        times.push(tty.last_came() - begun);
    }
    times.sort();
    let (p50, p99) = (share(&times, 50), share(&times, 99));
    let words = match bars {
        Some((bar50, bar99)) => format!(
            "{} and {} ms: {}",
            bar50.as_millis(),
            bar99.as_millis(),
            verdict(p50 <= bar50 && p99 <= bar99)
        ),
        None => "reported only".to_string(),
    };
    row(name, &ms(p50), &ms(p99), &words);
}

/// P9 on the page of a run that has ended.
fn stopped(walk: &mut Walk) {
    walk.choose("Stop here");
    walk.tty.wait_for("Stop this run?");
    wait::until("the question to take keys", Duration::from_secs(10), || {
        walk::type_and_see(&walk.tty, walk::DOWN);
        walk.tty.text().contains("▸ Stop safely").then_some(())
    });
    walk.tty.send(walk::ENTER);
    walk.tty.wait_for("Stopped, here is why");
    rest(&walk.tty, "P9 page of a run that has ended");
}
