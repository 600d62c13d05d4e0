//! The wizard on a real terminal: taken, drawn on, resized, lost, and always given back.

mod copying;
mod given_back;
mod looks;
mod lost;
mod promises;
mod sizes;
mod typing;

use crate::support::folder::Folder;
use crate::support::tty::{Start, Tty};

/// The last thing to do on the first page: when it is there, the page is.
const FIRST: &str = "Begin a new upgrade";

/// The wizard, with runs of its own.
fn wizard(folder: &Folder) -> Start {
    Start::new(env!("CARGO_BIN_EXE_omup")).env("OMUP_STATE_DIR", folder.join("state"))
}

/// The wizard when its first page is there.
#[track_caller]
fn on_the_first_page(start: Start) -> Tty {
    let tty = start.start();
    tty.wait_for(FIRST);
    tty
}
