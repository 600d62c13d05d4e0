//! Long promises of the terminal; with the others of that name left out of the short run.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::wizard;
use crate::support::folder::Folder;
use crate::support::tty::PATIENCE;
use crate::support::wait;

/// Promise 20: whichever moment of its beginning the signal meets, before the terminal is taken, while it is, after.
#[test]
fn a_signal_at_any_moment_of_the_beginning_leaves_the_terminal_as_it_was() {
    let moments = std::env::var("OMUP_SWEEP")
        .ok()
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(20)
        .clamp(1, 200);
    let signals = [
        (Signal::TERM, 143),
        (Signal::INT, 130),
        (Signal::QUIT, 131),
        (Signal::HUP, 129),
    ];
    for moment in 0..moments {
        let (signal, code) = signals[(moment % 4) as usize];
        let folder = Folder::new("terminal-moment");
        let tty = wizard(&folder).start();
        // The shell's own copy of itself, just before it becomes the program, is none of ours.
        let program = wait::until("the program", PATIENCE, || {
            let program = tty.program();
            let line = program.command_line();
            line.starts_with(env!("CARGO_BIN_EXE_omup"))
                .then_some(program)
        });
        let begun = Instant::now();
        let after = Duration::from_millis(moment * 160 / moments);
        wait::until("a moment of the beginning", PATIENCE, || {
            (begun.elapsed() >= after).then_some(())
        });
        assert!(program.signal(signal));
        assert_eq!(tty.exit_code(), code, "{signal:?} after {after:?}");
        tty.given_back();
    }
}
