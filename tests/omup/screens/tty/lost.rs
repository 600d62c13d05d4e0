//! The terminal goes away: the screen ends at once and uses nothing; the work is elsewhere and goes on.

use std::time::Duration;

use super::{on_the_first_page, wizard};
use crate::support::folder::Folder;
use crate::support::tty::{Leader, Tty};
use crate::support::wait;

/// From the hang-up to the end of the process.
const AT_ONCE: Duration = Duration::from_secs(1);

#[track_caller]
fn ends_when_closed(mut tty: Tty) {
    let screen = tty.program();
    tty.close();
    wait::until("the screen to end", AT_ONCE, || {
        (!screen.runs()).then_some(())
    });
}

#[test]
fn a_closed_terminal_ends_the_screen() {
    for leader in [Leader::Shell, Leader::Program] {
        let folder = Folder::new("terminal-closed");
        ends_when_closed(on_the_first_page(wizard(&folder).leader(leader)));
    }
}

/// Without SIGHUP: under `nohup`, `sudo` with a terminal of its own, or in another session.
#[test]
fn a_closed_terminal_that_sends_no_signal_ends_the_screen() {
    let folder = Folder::new("terminal-no-signal");
    ends_when_closed(on_the_first_page(wizard(&folder).leader(Leader::Nobody)));
}

/// In the middle of a paste and of an escape sequence: where a reader would wait for the rest for ever.
#[test]
fn a_terminal_closed_in_the_middle_of_a_sequence_ends_the_screen() {
    for half in ["\x1b[200~half a paste", "\x1b[", "\x1b[1;", "\u{65e5}"] {
        let folder = Folder::new("terminal-half");
        let tty = on_the_first_page(wizard(&folder).leader(Leader::Nobody));
        tty.send(&half.as_bytes()[..half.len() - 1]);
        ends_when_closed(tty);
    }
}

/// A screen that waits for a key uses no processor time.
#[test]
fn a_screen_at_rest_uses_nothing() {
    let folder = Folder::new("terminal-rest");
    let tty = on_the_first_page(wizard(&folder));
    let program = tty.program();
    // The search for installations ends first.
    let mut last = (program.ticks(), std::time::Instant::now());
    wait::until(
        "two seconds without a clock tick of work",
        Duration::from_secs(30),
        || {
            let now = program.ticks();
            if now != last.0 {
                last = (now, std::time::Instant::now());
            }
            (last.1.elapsed() > Duration::from_secs(2)).then_some(())
        },
    );
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}
