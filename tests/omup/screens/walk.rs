//! Walking through the wizard as a person does: by what stands on the screen.

use std::path::PathBuf;

use crate::support::folder::Folder;
use crate::support::process;
use crate::support::tty::{Start, Tty};

pub const UP: &str = "\x1b[A";
pub const DOWN: &str = "\x1b[B";
pub const ENTER: &str = "\r";
pub const ESC: &str = "\x1b";

/// The program. Cargo tells its path to tests and benches; the pictures are taken by an example, which lies
/// in a folder beside it.
pub fn program() -> PathBuf {
    match option_env!("CARGO_BIN_EXE_omup") {
        Some(path) => PathBuf::from(path),
        None => {
            let this = std::env::current_exe().unwrap_or_else(|error| panic!("{error}"));
            let built = this
                .ancestors()
                .nth(2)
                .unwrap_or_else(|| panic!("{this:?}"));
            built.join("omup")
        }
    }
}

/// The record of the session, in its folder.
pub const RECORD: &str = "record.jsonl";

/// A wizard on a practice deployment in a folder of the test's own.
pub struct Walk {
    pub tty: Tty,
    pub folder: Folder,
}

impl Drop for Walk {
    fn drop(&mut self) {
        drop(Practice(&self.folder));
    }
}

/// A practice deployment in a folder; its server and a runner that waits would stay for hours and end with this.
pub struct Practice<'a>(pub &'a Folder);

impl Drop for Practice<'_> {
    fn drop(&mut self) {
        process::end_all_of(self.0.path());
    }
}

impl Walk {
    #[track_caller]
    pub fn practise(
        name: &str,
        scenario: &str,
        env: &[(&str, &str)],
        width: u16,
        height: u16,
    ) -> Walk {
        let folder = Folder::new(name);
        let tty = open(&folder, scenario, "fast", env)
            .size(width, height)
            .start();
        let walk = Walk { tty, folder };
        walk.tty.wait_for("Begin a new upgrade");
        walk
    }

    /// The state folder of the practice deployment.
    pub fn state(&self, scenario: &str) -> std::path::PathBuf {
        let uid = rustix::process::getuid().as_raw();
        self.folder
            .join(format!("omup-practice-{uid}-{scenario}"))
            .join("state")
    }

    /// Moves the mark to a thing to do and chooses it.
    #[track_caller]
    pub fn choose(&mut self, words: &str) {
        choose(&self.tty, words);
    }

    /// Types the database's name into the question that the screen has just opened, and goes on.
    #[track_caller]
    pub fn type_name(&mut self, button: &str) {
        confirm(&self.tty, PRACTICE, button);
    }

    /// From the first page to the plan, every page read and answered.
    #[track_caller]
    pub fn prepare(&mut self) {
        prepare(&self.tty);
    }
}

/// Moves the mark to a thing to do and chooses it.
#[track_caller]
pub fn choose(tty: &Tty, words: &str) {
    mark(tty, words);
    tty.send(ENTER);
}

/// From the first page to the plan, every page read and answered.
#[track_caller]
pub fn prepare(tty: &Tty) {
    choose(tty, "Begin a new upgrade");
    tty.wait_for("Which OpenMetadata");
    choose(tty, "Look at it");
    choose(tty, "Continue: release notes");
    choose(tty, "Mark all of them as read");
    tty.wait_text("all notes read", |text| !text.contains("Mark all of them"));
    choose(tty, "Continue: checks");
    choose(tty, "Continue: checklist");
    tty.wait_for("No machine can see these");
    answer_points(tty);
    choose(tty, "Continue: backup");
    choose(tty, "Continue: buffers");
    choose(tty, "Continue: client versions");
    choose(tty, "Continue: the whole plan");
    tty.wait_text("the plan", |text| {
        text.contains("Approve this plan") && !text.contains("made anew")
    });
}

/// Says of every point of the checklist that it is done; the mark ends below them.
#[track_caller]
pub fn answer_points(tty: &Tty) {
    tty.send("g");
    for _ in omup::knowledge::Knowledge::embedded().checklist() {
        tty.send(" ");
        tty.wait_text("an answered point", |text| {
            let marked = text.lines().find_map(|line| line.split_once('▸'));
            marked.is_some_and(|(_, point)| point.contains("[✔] done"))
        });
        type_and_see(tty, DOWN);
    }
}

/// `omup sandbox` for a terminal; its practice folder lies in this folder.
pub fn open(folder: &Folder, scenario: &str, pace: &str, env: &[(&str, &str)]) -> Start {
    let start = Start::new(program())
        .args(["sandbox", "--pace", pace, "--scenario", scenario])
        .env("TMPDIR", folder.path())
        .env("OMUP_RECORD", folder.join(RECORD));
    env.iter()
        .fold(start, |start, (name, value)| start.env(name, value))
}

/// Whole frames that began with an empty screen.
fn frames_drawn_anew(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    text.split("\x1b[?2026h")
        .skip(1)
        .filter(|frame| frame.starts_with("\x1b[2J") && frame.contains("\x1b[?2026l"))
        .count()
}

/// Types, and waits for a frame that knows it, however slow the machine: Ctrl-L after it has everything drawn
/// anew.
#[track_caller]
pub fn type_and_see(tty: &Tty, keys: &str) {
    let begun = frames_drawn_anew(&tty.bytes());
    tty.send(keys);
    tty.send("\x0c");
    tty.wait_bytes(&format!("a frame after {keys:?}"), |bytes| {
        frames_drawn_anew(bytes) > begun
    });
}

/// Moves the mark until it stands on these words: down to the end, up to the beginning, and again, for
/// what comes only when something has been looked at.
#[track_caller]
pub fn mark(tty: &Tty, words: &str) {
    let on = |text: &str| {
        text.lines().any(|line| {
            line.split_once('▸')
                .is_some_and(|(_, rest)| rest.trim_start().starts_with(words))
        })
    };
    let begun = std::time::Instant::now();
    let mut key = DOWN;
    while begun.elapsed() < std::time::Duration::from_secs(60) {
        let before = tty.text();
        if on(&before) {
            return;
        }
        type_and_see(tty, key);
        if tty.text() == before {
            key = if key == DOWN { UP } else { DOWN };
        }
    }
    panic!("the mark does not reach '{words}':\n{}", tty.text());
}

/// The name of the practice database.
const PRACTICE: &str = "openmetadata_db";

/// Types the practice database's name into an open question, then goes to the button.
#[track_caller]
pub fn type_name(tty: &Tty) {
    type_this(tty, PRACTICE);
}

/// Types a database's name into an open question, and goes on by its button.
#[track_caller]
pub fn confirm(tty: &Tty, database: &str, button: &str) {
    type_this(tty, database);
    tty.wait_for(&format!("▸ [ {button} ]"));
    tty.send(ENTER);
}

/// Types until the question takes it (keys of its first moments are thrown away), then goes to the button.
#[track_caller]
fn type_this(tty: &Tty, name: &str) {
    tty.wait_for("Type the database's name");
    let typed = |text: &str| {
        text.lines().any(|line| {
            line.split_once(&format!("> {name}"))
                .is_some_and(|(_, rest)| rest.starts_with(' '))
        })
    };
    crate::support::wait::until("the name", std::time::Duration::from_secs(20), || {
        type_and_see(tty, &format!("\x15{name}"));
        typed(&tty.text()).then_some(())
    });
    tty.send(ENTER);
    tty.wait_for("▸ [");
}
