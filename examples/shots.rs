//! Pictures of the wizard: the real program in a real terminal, led through the practice upgrade, its way back and
//! one failure, every page written as text and as SVG at two sizes.
//!
//! `cargo run --example shots [-- FOLDER]`, by default `target/shots`; it takes two minutes. Those that README
//! shows are copied to `assets/shots` with `-- --readme`.

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

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use support::folder::Folder;
use support::tty::view;
use support::wait;
use walk::{ENTER, ESC, Walk};

/// Columns and rows.
const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// What README shows.
const README: [&str; 3] = [
    "120x40-downtime.svg",
    "80x24-backup.svg",
    "80x24-stopped.svg",
];

/// Where the practice deployment lies: its paths are seen in the pictures.
const PLACE: &str = "/tmp/practice";

/// What stands for the name of this host.
const HOST: &str = "om-app-1";

struct Camera {
    walk: Walk,
    folder: PathBuf,
    host: String,
}

fn main() {
    let mut folder = PathBuf::from("target/shots");
    let mut readme = false;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--readme" => readme = true,
            path => folder = PathBuf::from(path),
        }
    }
    build();
    std::fs::create_dir_all(&folder).expect("the folder for the pictures");
    let mut camera = Camera::open(&folder, "good", "slow");
    prepare(&mut camera);
    upgrade(&mut camera);
    afterwards(&mut camera);
    drop(camera);
    let mut camera = Camera::open(&folder, "migration-fails", "fast");
    failure(&mut camera);
    drop(camera);
    if readme {
        for name in README {
            let to = Path::new("assets/shots").join(name);
            std::fs::copy(folder.join(name), to).expect("copied");
        }
    }
    println!("written to {}", folder.display());
}

/// The program beside this example, of the same profile.
fn build() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--bin", "omup"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let built = command.status().expect("cargo");
    assert!(built.success(), "omup is not built");
}

/// Every page before the plan is approved.
fn prepare(camera: &mut Camera) {
    camera.wait("Begin a new upgrade");
    camera.take("first");
    camera.walk.choose("Begin a new upgrade");
    camera.wait("Which OpenMetadata");
    camera.walk.choose("Look at it");
    camera.wait("Serves now");
    walk::mark(&camera.walk.tty, "Continue: release notes");
    camera.take("connect");
    camera.walk.choose("Continue: release notes");
    camera.wait("Do I need to change my configuration?");
    camera.take("notes");
    camera.walk.choose("Mark all of them as read");
    camera.walk.choose("Continue: checks");
    camera.take("checks");
    camera.walk.choose("Continue: checklist");
    camera.wait("No machine can see these");
    walk::answer_points(&camera.walk.tty);
    camera.take("checklist");
    for (page, name) in [
        ("backup", "backup-plan"),
        ("buffers", "buffers"),
        ("client versions", "clients"),
        ("the whole plan", "plan"),
    ] {
        camera.walk.choose(&format!("Continue: {page}"));
        if name == "plan" {
            camera.walk.tty.wait_text("the plan", |text| {
                text.contains("Approve this plan") && !text.contains("made anew")
            });
        }
        camera.take(name);
    }
    camera.over("c", "The exact commands", "commands");
    camera.over("?", "Keys that work here", "help");
}

/// From the approved plan to the new version.
fn upgrade(camera: &mut Camera) {
    camera.walk.choose("Approve this plan");
    camera
        .walk
        .tty
        .wait_text("nearly half of the dump", |text| {
            let percents = text.lines().filter_map(|line| {
                let (before, _) = line.split_once(" %")?;
                before.rsplit(' ').next()?.parse::<u64>().ok()
            });
            text.contains("Rate") && percents.max().is_some_and(|percent| percent >= 45)
        });
    camera.take("backup");
    camera.wait("Users notice nothing yet");
    camera.take("downtime");
    camera.walk.choose("Go on");
    walk::type_name(&camera.walk.tty);
    camera.take("typed");
    camera.walk.tty.send(ENTER);
    camera.wait("The last place from which going back");
    camera.take("point");
    camera.walk.choose("Go on");
    camera.walk.type_name("Migrate");
    camera.wait("Rate");
    camera.take("migrate");
    camera.wait("▸ Read the report");
    camera.take("finish");
}

/// What can be looked at, and the way back.
fn afterwards(camera: &mut Camera) {
    camera.walk.choose("Read the report");
    camera.wait("State: ");
    camera.take("report");
    camera.walk.tty.send(ESC);
    camera.wait("▸ Read the report");
    camera.walk.tty.send("J");
    camera.wait("Journal of this run");
    camera.take("journal");
    camera.walk.tty.send("L");
    camera.wait("follow ON");
    camera.take("log");
    camera.walk.tty.send("R");
    camera.wait("possible  yes");
    camera.take("ways");
    camera.walk.choose("Restore the backup");
    camera.walk.type_name("Go back");
    camera.wait("Rolled back");
    camera.wait("▸ Read the report");
    camera.take("rolled-back");
    camera.walk.tty.send("q");
    camera.wait("Leave this practice session?");
    camera.walk.choose("Leave and remove");
    assert_eq!(camera.walk.tty.exit_code(), 0);
}

/// A statement fails half way.
fn failure(camera: &mut Camera) {
    camera.wait("Begin a new upgrade");
    camera.walk.prepare();
    camera.walk.choose("Approve this plan");
    camera.wait("Users notice nothing yet");
    camera.walk.choose("Go on");
    camera.walk.type_name("Stop the server");
    camera.wait("The last place from which going back");
    camera.walk.choose("Go on");
    camera.walk.type_name("Migrate");
    camera.wait("Stopped, here is why");
    camera.wait("Ways back");
    camera.take("stopped");
    camera.walk.tty.send("q");
    camera.wait("Leave this practice session?");
    camera.walk.choose("Leave and remove");
    camera.walk.tty.exit_code();
}

impl Camera {
    fn open(folder: &Path, scenario: &str, pace: &str) -> Camera {
        let place = Folder::at(PLACE);
        let people = [("SUDO_USER", "mara"), ("USER", "mara")];
        let tty = walk::open(&place, scenario, pace, &people).start();
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
        Camera {
            walk: Walk { tty, folder: place },
            folder: folder.to_path_buf(),
            host: host.trim().to_string(),
        }
    }

    fn wait(&self, words: &str) {
        self.walk.tty.wait_for(words);
    }

    /// Opens something over the page, takes it, and closes it again.
    fn over(&self, key: &str, words: &str, name: &str) {
        self.walk.tty.send(key);
        self.wait(words);
        self.take(name);
        self.walk.tty.send(ESC);
        self.walk
            .tty
            .wait_text("the page below", |text| !text.contains(words));
    }

    /// What is shown now, at every size.
    fn take(&self, name: &str) {
        for (columns, rows) in SIZES {
            self.resize(columns, rows);
            let (text, ansi) = self.walk.tty.look(|s| (view::text(s), view::ansi(s)));
            let file = |ending| {
                self.folder
                    .join(format!("{columns}x{rows}-{name}.{ending}"))
            };
            let text = self.masked(&text) + "\n";
            std::fs::write(file("txt"), text).expect("written");
            let picture = view::picture(&self.masked(&ansi));
            std::fs::write(file("svg"), picture).expect("written");
        }
        let (columns, rows) = SIZES[0];
        self.resize(columns, rows);
    }

    /// The window has another size, and a frame of that size stands in it: the badge ends its first row.
    fn resize(&self, columns: u16, rows: u16) {
        self.walk.tty.resize(columns, rows);
        wait::until("a frame of the new size", Duration::from_secs(30), || {
            walk::type_and_see(&self.walk.tty, "");
            let text = self.walk.tty.text();
            let first = text.lines().next().unwrap_or_default();
            let fits = first.chars().count() + 1 == usize::from(columns);
            (fits && first.ends_with(']')).then_some(())
        });
    }

    /// Without the name of this host; another of the same width stands there.
    fn masked(&self, text: &str) -> String {
        let width = self.host.chars().count();
        let name: String = HOST
            .chars()
            .chain("-".chars().cycle())
            .take(width)
            .collect();
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(&self.host) {
            let (before, after) = rest.split_at(at);
            let after = &after[self.host.len()..];
            let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
            let alone = !joins(before.chars().next_back()) && !joins(after.chars().next());
            out.push_str(before);
            out.push_str(if alone { &name } else { &self.host });
            rest = after;
        }
        out + rest
    }
}
