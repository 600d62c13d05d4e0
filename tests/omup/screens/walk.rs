//! Walking through the wizard as a person does: by what stands on the screen.

use crate::support::folder::Folder;
use crate::support::process;
use crate::support::pty::Pty;

pub const UP: &str = "\x1b[A";
pub const DOWN: &str = "\x1b[B";
pub const ENTER: &str = "\r";
pub const ESC: &str = "\x1b";

/// A wizard on a practice deployment in a folder of the test's own.
pub struct Walk {
    pub pty: Pty,
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
        let pty = open(&folder, scenario, env, width, height);
        let walk = Walk { pty, folder };
        walk.pty.wait("Begin a new upgrade");
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
        mark(&mut self.pty, words);
        self.pty.keys(ENTER);
    }

    /// Types the database's name into the question that the screen has just opened, and goes on.
    #[track_caller]
    pub fn type_name(&mut self, button: &str) {
        type_name(&mut self.pty);
        self.pty.wait(&format!("▸ [ {button} ]"));
        self.pty.keys(ENTER);
    }

    /// From the first page to the plan, every page read and answered.
    #[track_caller]
    pub fn prepare(&mut self) {
        self.choose("Begin a new upgrade");
        self.pty.wait("Which OpenMetadata");
        self.choose("Look at it");
        self.choose("Continue: release notes");
        self.choose("Mark all of them as read");
        self.pty
            .wait_for("all notes read", |text| !text.contains("Mark all of them"));
        self.choose("Continue: checks");
        self.choose("Continue: checklist");
        self.pty.wait("No machine can see these");
        self.pty.keys("g");
        for done in 1..=6 {
            self.pty.keys(" ");
            self.pty.wait_for("an answered point", |text| {
                text.matches("[✔] done").count() >= done
            });
            self.pty.keys(DOWN);
        }
        self.choose("Continue: backup");
        self.choose("Continue: buffers");
        self.choose("Continue: client versions");
        self.choose("Continue: the whole plan");
        self.pty.wait_for("the plan", |text| {
            text.contains("Approve this plan") && !text.contains("made anew")
        });
    }
}

/// `omup sandbox` in a terminal; its practice folder lies in this folder.
#[track_caller]
pub fn open(folder: &Folder, scenario: &str, env: &[(&str, &str)], width: u16, height: u16) -> Pty {
    let place = folder.path().display().to_string();
    let mut all = vec![("TMPDIR", place.as_str())];
    all.extend_from_slice(env);
    Pty::start(
        env!("CARGO_BIN_EXE_omup"),
        &["sandbox", "--pace", "fast", "--scenario", scenario],
        &all,
        width,
        height,
    )
}

/// Moves the mark until it stands on these words: down to the end, up to the beginning, and again, for
/// what comes only when something has been looked at.
#[track_caller]
pub fn mark(pty: &mut Pty, words: &str) {
    let on = |text: &str| {
        text.lines().any(|line| {
            line.split_once('▸')
                .is_some_and(|(_, rest)| rest.trim_start().starts_with(words))
        })
    };
    let begun = std::time::Instant::now();
    let mut key = DOWN;
    while begun.elapsed() < std::time::Duration::from_secs(60) {
        let before = pty.text();
        if on(&before) {
            return;
        }
        pty.keys_shown(key);
        if pty.text() == before {
            key = if key == DOWN { UP } else { DOWN };
        }
    }
    panic!("the mark does not reach '{words}':\n{}", pty.text());
}

/// Types the database's name until the question takes it (keys of its first moments are thrown away),
/// then goes to the button.
#[track_caller]
pub fn type_name(pty: &mut Pty) {
    pty.wait("Type the database's name");
    let typed = |text: &str| {
        text.lines().any(|line| {
            line.split_once("> openmetadata_db")
                .is_some_and(|(_, rest)| rest.starts_with(' '))
        })
    };
    crate::support::wait::until("the name", std::time::Duration::from_secs(20), || {
        pty.keys_shown("\x15openmetadata_db");
        typed(&pty.text()).then_some(())
    });
    pty.keys(ENTER);
    pty.wait("▸ [");
}
