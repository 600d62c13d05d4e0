//! What a reader of a growing log sees.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::Reader;
use crate::domain::log_view::{LogPlace, LogQuery, LogWindow};

fn query(file: &Path, place: LogPlace) -> LogQuery {
    LogQuery {
        file: file.to_path_buf(),
        filter: None,
        search: None,
        place,
        rows: 3,
    }
}

fn reader() -> (Reader, Receiver<LogWindow>) {
    let (tell, windows) = channel();
    let reader = Reader::start(move |window| {
        let _ = tell.send(window);
    });
    (reader.expect("a thread"), windows)
}

/// The first window that is as wanted.
fn wait(windows: &Receiver<LogWindow>, wanted: impl Fn(&LogWindow) -> bool) -> LogWindow {
    let mut last = None;
    while let Ok(window) = windows.recv_timeout(Duration::from_secs(30)) {
        if wanted(&window) {
            return window;
        }
        last = Some(window);
    }
    panic!("no such window; the last one was {last:?}");
}

fn texts(window: &LogWindow) -> Vec<&str> {
    window.lines.iter().map(|line| line.text.as_str()).collect()
}

fn log(lines: usize) -> (tempfile::TempDir, std::path::PathBuf, File) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("migrate.log");
    let mut file = File::create(&path).expect("log");
    for n in 0..lines {
        let level = if n % 10 == 7 { "WARN" } else { "INFO" };
        writeln!(file, "{level} line {n}").expect("written");
    }
    (folder, path, file)
}

#[test]
fn who_follows_sees_the_end_and_who_reads_stays_where_he_is() {
    let (_folder, path, mut file) = log(100);
    let (reader, windows) = reader();
    reader.ask(query(&path, LogPlace::End));
    let window = wait(&windows, |w| w.rows == 100);
    assert_eq!(
        texts(&window),
        ["WARN line 97", "INFO line 98", "INFO line 99"]
    );
    assert_eq!((window.warnings, window.errors), (10, 0));
    writeln!(file, "ERROR it broke").expect("written");
    let window = wait(&windows, |w| w.rows == 101);
    assert_eq!(texts(&window).last(), Some(&"ERROR it broke"));
    reader.ask(query(&path, LogPlace::Row(10)));
    wait(&windows, |w| w.top == 10);
    write!(file, "torn").expect("written");
    let window = wait(&windows, |w| w.rows == 102);
    assert_eq!(window.top, 10);
    assert_eq!(texts(&window)[0], "INFO line 10");
    reader.ask(query(&path, LogPlace::End));
    let window = wait(&windows, |w| w.top == 99);
    assert_eq!(
        texts(&window).last(),
        Some(&"torn"),
        "a line without its end is shown"
    );
}

#[test]
fn hits_are_found_in_both_directions_and_round_the_end() {
    let (_folder, path, _file) = log(50);
    let (reader, windows) = reader();
    let ask = |place, search: &str| {
        reader.ask(LogQuery {
            search: Some(search.to_string()),
            ..query(&path, place)
        });
    };
    ask(LogPlace::NextHit { after: 0 }, "warn");
    let window = wait(&windows, |w| w.hit == Some(7));
    assert_eq!(
        (window.hits, window.hit_number, window.wrapped),
        (Some(5), Some(1), false)
    );
    ask(LogPlace::PreviousHit { before: 7 }, "warn");
    let window = wait(&windows, |w| w.hit == Some(47));
    assert!(window.wrapped);
    ask(LogPlace::NextHit { after: 0 }, "Warn");
    let window = wait(&windows, |w| {
        w.indexed >= 1.0 && w.query.search.as_deref() == Some("Warn")
    });
    assert_eq!(window.hit, None, "capitals count where one is typed");
    ask(LogPlace::NextTrouble { after: 20 }, "warn");
    assert_eq!(wait(&windows, |w| w.hit.is_some()).hit, Some(27));
}

#[test]
fn a_filter_shows_only_its_lines_and_goes_on_while_the_log_grows() {
    let (_folder, path, mut file) = log(30);
    let (reader, windows) = reader();
    reader.ask(LogQuery {
        filter: Some("WARN".to_string()),
        ..query(&path, LogPlace::End)
    });
    let window = wait(&windows, |w| w.rows == 3);
    assert_eq!(
        texts(&window),
        ["WARN line 7", "WARN line 17", "WARN line 27"]
    );
    writeln!(file, "INFO nothing\nWARN once more").expect("written");
    let window = wait(&windows, |w| w.rows == 4);
    assert_eq!(texts(&window).last(), Some(&"WARN once more"));
    assert_eq!(window.lines[2].number, 31);
}

#[test]
fn nothing_that_a_log_holds_reaches_a_terminal() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("hostile.log");
    let mut file = File::create(&path).expect("log");
    file.write_all(b"1 %\r50 %\r100 %\nred \x1b[31mtext\x1b[0m\n\xff\xfe bytes\nend")
        .expect("written");
    let (reader, windows) = reader();
    reader.ask(LogQuery {
        rows: 9,
        ..query(&path, LogPlace::Row(0))
    });
    let window = wait(&windows, |w| w.rows == 4);
    assert_eq!(texts(&window)[..2], ["100 %", "red text"]);
    assert!(
        texts(&window)
            .iter()
            .all(|t| t.chars().all(|c| !c.is_control()))
    );
}

#[test]
fn a_giant_line_is_cut_and_a_missing_log_is_found_when_it_appears() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("late.log");
    let (reader, windows) = reader();
    reader.ask(query(&path, LogPlace::End));
    wait(&windows, |w| w.trouble.is_some());
    let mut file = File::create(&path).expect("log");
    let block = vec![b'x'; 1024 * 1024];
    for _ in 0..64 {
        file.write_all(&block).expect("written");
    }
    writeln!(file, "\nshort").expect("written");
    let window = wait(&windows, |w| w.rows == 2 && w.trouble.is_none());
    assert_eq!(window.lines[0].text.as_str().chars().count(), 2001);
    assert_eq!(window.lines[1].text.as_str(), "short");
    std::fs::remove_file(&path).expect("removed");
    std::fs::write(&path, "another\n").expect("replaced");
    let window = wait(&windows, |w| w.rows == 1);
    assert_eq!(texts(&window), ["another"]);
}
