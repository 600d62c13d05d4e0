//! However the wizard ends, the terminal is as it was: settings, screen, cursor, paste mode.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{FIRST, on_the_first_page, wizard};
use crate::support::folder::Folder;
use crate::support::tty::{PATIENCE, Start, Tty, sequences};
use crate::support::wait;

#[test]
fn it_takes_the_terminal_and_gives_it_back() {
    let folder = Folder::new("terminal-q");
    let tty = on_the_first_page(wizard(&folder));
    assert!(tty.is_raw());
    tty.look(|screen| {
        assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
    });
    let aside = |tty: &Tty| sequences::check(&tty.bytes()).map(|modes| modes.titles_aside);
    assert_eq!(aside(&tty), Ok(1), "the window's title is put aside");
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    tty.given_back();
    assert!(!tty.text().contains(FIRST), "{}", tty.text());
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let signals = [
        (Signal::TERM, 143),
        (Signal::INT, 130),
        (Signal::QUIT, 131),
        (Signal::HUP, 129),
    ];
    for (signal, code) in signals {
        let folder = Folder::new("terminal-signal");
        let tty = on_the_first_page(wizard(&folder));
        assert!(tty.program().signal(signal));
        assert_eq!(tty.exit_code(), code, "{signal:?}");
        tty.given_back();
    }
}

/// The terminal takes nothing any more, as over an ssh whose network is gone: a signal still ends the screen.
#[test]
fn a_signal_ends_a_screen_that_cannot_be_drawn() {
    let folder = Folder::new("terminal-stalled");
    let tty = on_the_first_page(wizard(&folder).size(200, 60));
    tty.stall();
    // More frames than any buffer between here and there takes.
    for round in 0..60 {
        tty.resize(150 + round, 60);
        tty.send("\x0c");
    }
    let program = tty.program();
    let mut last = (program.ticks(), Instant::now());
    wait::until("the screen to be stuck or at rest", PATIENCE, || {
        if program.ticks() != last.0 {
            last = (program.ticks(), Instant::now());
        }
        (last.1.elapsed() > Duration::from_millis(500)).then_some(())
    });
    assert!(program.signal(Signal::TERM));
    wait::until("the screen to end", PATIENCE, || {
        (!program.runs()).then_some(())
    });
    tty.go_on();
    assert_eq!(tty.exit_code(), 143);
}

/// The terminal comes back after a stall: nothing is lost, nothing torn.
#[test]
fn a_stalled_terminal_shows_the_newest_page_afterwards() {
    let folder = Folder::new("terminal-goes-on");
    let tty = on_the_first_page(wizard(&folder).size(200, 60));
    tty.stall();
    for round in 0..60 {
        tty.resize(150 + round, 60);
        tty.send("\x0c");
    }
    tty.resize(100, 30);
    tty.send("?");
    tty.go_on();
    tty.wait_for("Keys");
    tty.send("\x1b");
    tty.wait_until("the first page, whole", |screen| {
        let text = crate::support::tty::view::text(screen);
        text.contains(FIRST) && !text.contains("Keys")
    });
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    tty.given_back();
}

/// Ctrl-Z under a shell with jobs, and `fg`.
#[test]
fn it_can_be_suspended_and_comes_back() {
    let folder = Folder::new("terminal-suspend");
    let tty = Start::new("bash")
        .args(["--norc", "--noprofile", "-i"])
        .env("PS1", "shell> ")
        .env("OMUP", env!("CARGO_BIN_EXE_omup"))
        .env("OMUP_STATE_DIR", folder.join("state"))
        .leader(crate::support::tty::Leader::Program)
        .start();
    tty.wait_for("shell>");
    tty.send("\"$OMUP\"\r");
    tty.wait_for(FIRST);
    let screen = wait::until("omup to be there", PATIENCE, || {
        tty.program().descendants().into_iter().next()
    });
    tty.send("\x1a");
    tty.wait_for("Stopped");
    assert_eq!(screen.state(), Some('T'));
    tty.look(|screen| assert!(!screen.alternate_screen() && !screen.hide_cursor()));
    tty.send("echo between\r");
    tty.wait_for("\nbetween");
    tty.send("fg\r");
    tty.wait_for(FIRST);
    tty.look(|screen| assert!(screen.alternate_screen() && screen.hide_cursor()));
    tty.send("q");
    tty.wait_until("the shell again", |screen| !screen.alternate_screen());
    tty.send("echo code=$?\r");
    tty.wait_for("code=0");
}

/// A fault of the screen itself: the terminal is given back before the words come, so that they can be read.
#[test]
fn a_panic_gives_the_terminal_back() {
    for who in ["screen", "worker"] {
        let this = std::env::current_exe().expect("this program");
        let tty = Start::new(this)
            .args(["--exact", "--ignored", "--nocapture"])
            .args(["screens::tty::given_back::a_screen_that_panics"])
            .env("OMUP_TEST_WHO", who)
            .start();
        tty.wait_for("drawn");
        tty.send("x");
        assert_eq!(tty.exit_code(), 101, "{}", tty.text());
        assert!(tty.text().contains("told by a test"), "{}", tty.text());
        let bytes = String::from_utf8_lossy(&tty.bytes()).into_owned();
        let left = bytes.find("\x1b[?1049l").expect("left");
        if who == "screen" {
            assert!(left < bytes.find("told by a test").expect("told"));
        }
        tty.given_back();
    }
}

/// Not a test: the program that `a_panic_gives_the_terminal_back` puts on a terminal. It panics on the thread that
/// draws, or on another while that one goes on drawing.
#[test]
#[ignore = "started by another test on a terminal"]
fn a_screen_that_panics() {
    use omup::app::terminal::{Terminal, give_back_on_panic};
    use std::io::Read as _;

    let Ok(who) = std::env::var("OMUP_TEST_WHO") else {
        return;
    };
    give_back_on_panic();
    let mut terminal = Terminal::enter().expect("a terminal");
    terminal
        .draw(|frame| frame.render_widget("drawn", frame.area()))
        .expect("drawn");
    let mut key = [0];
    std::io::stdin().read_exact(&mut key).expect("a key");
    if who == "worker" {
        let worker = std::thread::spawn(|| panic!("told by a test"));
        assert!(worker.join().is_err());
        assert!(
            ratatui::crossterm::terminal::is_raw_mode_enabled().expect("a terminal"),
            "another thread's fault does not take the screen away"
        );
        drop(terminal);
        panic!("told by a test, again");
    }
    panic!("told by a test");
}
