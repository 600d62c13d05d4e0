//! Colours and letters as the environment wants them, and plain lines where no screen can be drawn.

use super::{FIRST, on_the_first_page, wizard};
use crate::support::folder::Folder;
use crate::support::omup::Omup;
use crate::support::tty::{PATIENCE, Start, sequences, view};

/// The rows in which something is shown in reverse.
fn marked(screen: &vt100::Screen) -> String {
    view::cells(screen)
        .filter(|(_, cell)| view::is_marked(cell))
        .map(|(_, cell)| cell.contents())
        .collect()
}

#[test]
fn what_is_chosen_is_seen_with_and_without_colour() {
    let of_environment: &[&str] = &[];
    for (no_color, arguments, no_colour) in [
        ("", of_environment, false),
        ("1", of_environment, true),
        ("1", &["--color", "always"], false),
        ("", &["--color", "never"], true),
    ] {
        let folder = Folder::new("terminal-colour");
        let start = wizard(&folder).env("NO_COLOR", no_color).args(arguments);
        let tty = on_the_first_page(start);
        tty.wait_until("the first item to be marked", |screen| {
            marked(screen).contains("Begin a new upgrade")
        });
        tty.send("\x1b[B");
        tty.wait_until("the next item to be marked", |screen| {
            marked(screen).contains("Runs, old and new")
        });
        assert!(!tty.look(marked).contains("Begin a new upgrade"));
        // On this page something has a colour: what is missing to go on.
        tty.send("\x1b[A\r");
        tty.wait_for("Serves now");
        let coloured = tty.look(|screen| view::cells(screen).any(|(_, c)| view::has_colour(c)));
        assert_eq!(coloured, !no_colour, "{}", tty.look(view::styled));
        tty.send("q");
        assert_eq!(tty.exit_code(), 0);
        let modes = sequences::check(&tty.bytes()).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(modes.colours, !no_colour);
        tty.given_back();
    }
}

#[test]
fn a_locale_without_utf8_gets_ascii_only() {
    let folder = Folder::new("terminal-ascii");
    let tty = on_the_first_page(wizard(&folder).env("LANG", "C"));
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    let bytes = tty.bytes();
    assert!(
        bytes.is_ascii(),
        "{}",
        String::from_utf8_lossy(&bytes)
            .chars()
            .filter(|c| !c.is_ascii())
            .collect::<String>()
    );
}

/// No sequence at all for a terminal that knows none, nor into a file.
#[test]
fn without_a_screen_it_asks_in_plain_lines() {
    for term in ["dumb", ""] {
        let folder = Folder::new("terminal-dumb");
        let tty = wizard(&folder).env("TERM", term).start();
        tty.wait_for("Serves now");
        // Ctrl-D: nothing more will be typed.
        tty.send("\x04");
        let code = tty.exit_code();
        assert!(code != 0 && code != 101, "{code}\n{}", tty.text());
        assert!(!tty.bytes().contains(&0x1b), "{}", tty.text());
        tty.given_back();
    }
    let folder = Folder::new("terminal-none");
    let ended = Omup::new(&folder).run(PATIENCE);
    assert!(ended.code != 0 && ended.code != 101, "{ended:?}");
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(!said.is_empty() && !said.contains('\x1b'), "{said}");
    // Only one end is a terminal: what is drawn would go into the pipe.
    let folder = Folder::new("terminal-pipe");
    let piped = Start::new("sh")
        .args(["-c", "\"$OMUP\" </dev/null | cat"])
        .env("OMUP", env!("CARGO_BIN_EXE_omup"))
        .env("OMUP_STATE_DIR", folder.join("state"))
        .start();
    piped.exit_code();
    assert!(!piped.bytes().contains(&0x1b), "{}", piped.text());
    assert!(!piped.text().contains(FIRST) || !piped.text().contains('│'));
}

/// The picture for documents and reviews shows what the screen shows.
#[test]
fn a_screen_becomes_a_picture() {
    let folder = Folder::new("terminal-picture");
    let tty = on_the_first_page(wizard(&folder));
    let (text, svg, ansi) =
        tty.look(|screen| (view::text(screen), view::svg(screen), view::ansi(screen)));
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains(FIRST) && svg.contains('┌'), "{svg}");
    // Drawn again from its colour sequences it is the same screen.
    let mut again = vt100::Parser::new(
        std::num::NonZero::new(24).expect("rows"),
        std::num::NonZero::new(80).expect("columns"),
        0,
    );
    again.process(ansi.replace('\n', "\r\n").as_bytes());
    assert_eq!(view::text(again.screen()), text);
    assert_eq!(
        view::styled(again.screen()),
        tty.look(view::styled),
        "colours and marks too"
    );
}
