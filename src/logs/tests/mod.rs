//! What somebody sees who reads a log: real files, the real thread, and every window is waited for.

mod files;
mod following;
mod giant;
mod hostile;
mod model;
mod searching;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::Reader;
use crate::domain::log_view::{LogPlace, LogQuery, LogWindow};
use crate::domain::sought::Sought;

/// A reader and the windows that it told.
struct Desk {
    reader: Reader,
    windows: Receiver<LogWindow>,
}

impl Desk {
    fn open() -> Self {
        let (tell, windows) = channel();
        let reader = Reader::start(move |window| {
            let _ = tell.send(window);
        });
        Self {
            reader: reader.expect("a thread"),
            windows,
        }
    }

    /// The first window from now on that is as wanted.
    fn wait(&self, wanted: impl Fn(&LogWindow) -> bool) -> LogWindow {
        let mut last = None;
        while let Ok(window) = self.windows.recv_timeout(Duration::from_secs(60)) {
            if wanted(&window) {
                return window;
            }
            last = Some(window);
        }
        panic!("no such window; the last one was {last:?}");
    }

    /// The answer when everything is read.
    fn ask(&self, query: LogQuery) -> LogWindow {
        self.reader.ask(query.clone());
        self.wait(|window| window.query == query && window.indexed >= 1.0)
    }
}

/// Three rows of a file.
fn at(file: &Path, place: LogPlace) -> LogQuery {
    LogQuery {
        file: file.to_path_buf(),
        filter: None,
        search: None,
        place,
        rows: 3,
        grows: true,
    }
}

fn words(text: &str) -> Option<Sought> {
    Some(Sought::Words(text.to_string()))
}

fn searched(file: &Path, search: &str, place: LogPlace) -> LogQuery {
    LogQuery {
        search: words(search),
        ..at(file, place)
    }
}

fn filtered(file: &Path, filter: &str, place: LogPlace) -> LogQuery {
    LogQuery {
        filter: words(filter),
        ..at(file, place)
    }
}

fn texts(window: &LogWindow) -> Vec<&str> {
    window.lines.iter().map(|line| line.text.as_str()).collect()
}

/// A log whose every tenth line, from the seventh on, is a warning.
struct Log {
    folder: tempfile::TempDir,
    path: PathBuf,
    file: File,
}

impl Log {
    fn of(lines: usize) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("migrate.log");
        let file = File::create(&path).expect("log");
        let mut log = Self { folder, path, file };
        for n in 0..lines {
            let level = if n % 10 == 7 { "WARN" } else { "INFO" };
            log.append(format!("{level} line {n}\n"));
        }
        log
    }

    fn append(&mut self, bytes: impl AsRef<[u8]>) {
        self.file.write_all(bytes.as_ref()).expect("written");
    }
}
