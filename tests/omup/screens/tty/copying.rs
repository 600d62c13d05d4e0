//! Copying from a screen on another machine: to the terminal that may take it, and always to a file.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;

use super::{on_the_first_page, wizard};
use crate::support::folder::Folder;
use crate::support::tool::tool;
use crate::support::tty::{PATIENCE, Start};
use crate::support::wait;

/// The file that says what was copied; only its owner may read it.
#[track_caller]
fn copied(folder: &Folder) -> String {
    let file = folder.join("state/copied.txt");
    let mode = std::fs::metadata(&file).expect("the file").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    std::fs::read_to_string(file).expect("the file")
}

#[test]
fn a_copy_goes_to_the_terminal_and_to_a_file_and_claims_no_more() {
    let folder = Folder::new("terminal-copy");
    let tty = on_the_first_page(wizard(&folder).size(160, 40));
    tty.send("y");
    tty.wait_for("if it allows OSC 52");
    tty.wait_for("copied.txt");
    let text = copied(&folder);
    let sent = tty.notes().clipboard;
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(sent.last().expect("sent to the terminal"))
        .expect("base64");
    assert_eq!(String::from_utf8_lossy(&decoded), text);
    assert!(!text.is_empty());
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    tty.given_back();
}

/// A tmux server of the test's own, ended with it.
struct Tmux {
    program: PathBuf,
    folder: PathBuf,
}

impl Tmux {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["-L", "omup-test"])
            .args(args)
            .env("TMUX_TMPDIR", &self.folder)
            .env_remove("TMUX");
        command
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        // Gone already when its only window has ended.
        let _ = self.command(&["kill-server"]).output();
    }
}

#[test]
fn in_tmux_a_copy_goes_into_its_buffer() {
    let Some(program) = tool("tmux") else {
        return;
    };
    let folder = Folder::new("terminal-tmux");
    let tmux = Tmux {
        program: program.clone(),
        folder: folder.path().to_owned(),
    };
    let state = folder.join("state");
    let inside = [
        Path::new("env").as_os_str().to_owned(),
        format!("OMUP_STATE_DIR={}", state.display()).into(),
        env!("CARGO_BIN_EXE_omup").into(),
    ];
    let tty = Start::new(&program)
        .args(["-L", "omup-test", "-f", "/dev/null", "new-session"])
        .args(inside)
        .env("TMUX_TMPDIR", folder.path())
        .size(160, 40)
        .start();
    tty.wait_for(super::FIRST);
    tty.send("y");
    tty.wait_for("given to tmux");
    let text = copied(&folder);
    wait::until("the text in tmux's buffer", PATIENCE, || {
        let shown = tmux.command(&["show-buffer"]).output().ok()?;
        (String::from_utf8_lossy(&shown.stdout) == text).then_some(())
    });
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}
