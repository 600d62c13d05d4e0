//! How fast a big log opens, jumps and is searched, beside a plain read of the same file.
//!
//! `cargo bench --bench log` writes a log of `OMUP_BENCH_LINES` lines (default 10 000 000, about 1 GB, in the temporary
//! folder) and asks the reader what the log page asks. The file stands in the page cache, so that the work is measured
//! and not the disk. The bars are those of the promise: a jump within 16 ms, at most 40 MiB and 8 bytes a line.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use omup::domain::log_view::{LogPlace, LogQuery, LogWindow};
use omup::domain::sought::Sought;
use omup::logs::Reader;

const JUMPS: u64 = 2000;
const JUMP_BAR: Duration = Duration::from_millis(16);
const MIB: f64 = 1024.0 * 1024.0;

struct Desk {
    reader: Reader,
    windows: Receiver<LogWindow>,
    query: LogQuery,
}

impl Desk {
    fn open(path: &Path) -> Self {
        let (tell, windows) = channel();
        let reader = Reader::start(move |window| {
            let _ = tell.send(window);
        });
        Self {
            reader: reader.expect("a thread"),
            windows,
            query: LogQuery {
                file: path.to_path_buf(),
                filter: None,
                search: None,
                place: LogPlace::End,
                rows: 60,
                grows: true,
            },
        }
    }

    /// Until the first answer, until everything is read, and the last window.
    fn ask(&mut self, change: impl FnOnce(&mut LogQuery)) -> (Duration, Duration, LogWindow) {
        change(&mut self.query);
        let begun = Instant::now();
        self.reader.ask(self.query.clone());
        let mut first = None;
        loop {
            let window = self.windows.recv().expect("the reader lives");
            let waited = begun.elapsed();
            let first = *first.get_or_insert(waited);
            if window.query == self.query && window.indexed >= 1.0 {
                return (first, waited, window);
            }
        }
    }

    /// Waits of jumps to rows all over the view, sorted.
    fn jump(&mut self, rows: u64) -> Vec<Duration> {
        // Steps by a large prime visit the file in no order.
        let places = (1..=JUMPS).map(|n| n * 7_368_787 % rows);
        let mut waits: Vec<Duration> = places
            .map(|row| {
                let (_, waited, window) = self.ask(|query| query.place = LogPlace::Row(row));
                assert_eq!(window.top, row.min(rows.saturating_sub(60)));
                assert_eq!(window.lines.len(), 60);
                waited
            })
            .collect();
        waits.sort();
        waits
    }
}

fn main() {
    // `cargo test --all-targets` starts this too, without the word.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let lines = std::env::var("OMUP_BENCH_LINES")
        .ok()
        .and_then(|lines| lines.parse().ok())
        .unwrap_or(10_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(folder.path(), lines);
    measure(&path, lines);
}

/// A log as OpenMetadata's migration writes it; one line in a thousand warns, the last but ten is an error.
fn write(folder: &Path, lines: u64) -> PathBuf {
    let path = folder.join("migrate.log");
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&path).expect("a file"));
    for n in 0..lines {
        let level = match n {
            n if n + 10 == lines => "ERROR",
            n if n % 1000 == 999 => "WARN ",
            _ => "INFO ",
        };
        let (minute, second) = (n / 60_000 % 60, n / 1000 % 60);
        writeln!(
            file,
            "2026-11-21 05:{minute:02}:{second:02},{:03} {level} [main] o.o.s.m.utils.MigrationUtils - entity {n} of the table was read",
            n % 1000
        )
        .expect("written");
    }
    file.flush().expect("written");
    path
}

fn measure(path: &Path, lines: u64) {
    let bytes = std::fs::metadata(path).expect("facts").len();
    println!("{lines} lines, {:.0} MiB\n", bytes as f64 / MIB);
    read(path);
    let mut plain: Vec<Duration> = (0..3).map(|_| read(path)).collect();
    plain.sort();
    let plain = plain[1];
    println!("{:<44} {:>9}  {:>7}", "", "ms", "x plain");
    let row = |name: &str, time: Duration| {
        let ratio = time.as_secs_f64() / plain.as_secs_f64();
        println!("{name:<44} {:>9.2}  {ratio:>7.2}", ms(time));
    };
    row("plain read of the file", plain);

    let memory = resident();
    let mut desk = Desk::open(path);
    let (first, all, window) = desk.ask(|_| {});
    assert_eq!((window.rows, window.errors), (lines, 1));
    row("open: first window", first);
    row("open: indexed", all);
    let indexed = resident();

    jumps("jump", &desk.jump(lines));
    let last = lines - 10;
    let words = |text: &str| Sought::Words(text.to_string());
    let pattern = |text: &str| Sought::Pattern(text.to_string());
    for (name, sought) in [
        (
            "search: rare, any case",
            words(&format!("entity {last} of")),
        ),
        (
            "search: rare, capitals",
            words(&format!("MigrationUtils - entity {last} of")),
        ),
        ("search: in every line", words("entity")),
        ("search: not there, one letter", words("z")),
        ("pattern: rare", pattern(&format!(r"entity {last} of \w+"))),
        (
            "pattern: in every line, any case",
            pattern("(entity|relation) [0-9]+"),
        ),
        ("pattern: not there, slow", pattern(r"(\w+\s+){3,9}z$")),
    ] {
        let (_, all, window) = desk.ask(|query| {
            query.search = Some(sought);
            query.place = LogPlace::NextHit { from: 0 };
        });
        row(name, all);
        println!("    {} hits", window.hits.unwrap_or(0));
    }
    let (_, all, _) = desk.ask(|query| {
        query.search = None;
        query.place = LogPlace::PreviousTrouble { before: last };
    });
    row("trouble before the last error", all);
    let (_, all, window) = desk.ask(|query| {
        query.filter = Some(words("entity"));
        query.search = Some(words("warn"));
        query.place = LogPlace::End;
    });
    assert_eq!(window.rows, lines);
    row("filter by all lines, and search", all);
    let filtered = resident();
    jumps("jump in the filtered view", &desk.jump(lines));

    println!();
    let per_line = |now: f64| (now - memory) * MIB / lines as f64;
    println!(
        "memory: {memory:.1} MiB before, {indexed:.1} indexed ({:.2} bytes a line), {filtered:.1} with filter and search ({:.2})",
        per_line(indexed),
        per_line(filtered)
    );
    let bar = 40.0 + 8.0 * lines as f64 / MIB;
    println!("bar: {bar:.1} MiB: {}", verdict(filtered <= bar));
}

fn jumps(name: &str, waits: &[Duration]) {
    let of = |share: usize| waits[(waits.len() * share / 100).min(waits.len() - 1)];
    println!(
        "{name}: p50 {:.2} ms, p99 {:.2}, worst {:.2}; bar {:.0}: {}",
        ms(of(50)),
        ms(of(99)),
        ms(of(100)),
        ms(JUMP_BAR),
        verdict(of(99) <= JUMP_BAR)
    );
}

fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "MISSED" }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn read(path: &Path) -> Duration {
    let begun = Instant::now();
    let mut file = File::open(path).expect("the log");
    let mut buffer = vec![0; 256 * 1024];
    while file.read(&mut buffer).expect("read") > 0 {}
    begun.elapsed()
}

/// Memory of this process, in MiB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("facts of this process");
    let kib: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse().ok())
        .expect("its memory");
    kib / 1024.0
}
