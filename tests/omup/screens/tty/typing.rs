//! What is typed and pasted arrives whole, however fast, and a paste is never a command.

use super::{on_the_first_page, wizard};
use crate::support::folder::Folder;
use crate::support::tty::view;

/// More keys at once than any buffer on the way holds: a held key over a link that stalled.
#[test]
fn thousands_of_keys_at_once_all_arrive() {
    let folder = Folder::new("terminal-burst");
    let tty = on_the_first_page(wizard(&folder));
    let program = tty.program();
    tty.send("\x1b[B\x1b[A".repeat(1_500) + "?");
    tty.wait_for("Keys");
    tty.send("\x1b");
    tty.wait_until("the first page", |screen| {
        !view::text(screen).contains("Keys")
    });
    assert!(program.runs());
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    tty.given_back();
}

/// A sequence that comes in two halves, as over a slow line, is one key.
#[test]
fn a_key_in_two_halves_is_one_key() {
    let folder = Folder::new("terminal-halves");
    let tty = on_the_first_page(wizard(&folder));
    tty.send("\x1b[");
    // Another way for the thread that reads: the window changes while it waits for the rest.
    tty.resize(100, 30);
    tty.wait_until("a frame over 100 columns", |screen| {
        screen
            .rows(0, 100)
            .any(|row| row.trim_end().chars().count() == 100)
    });
    tty.send("B");
    tty.wait_until("the second item to be marked", |screen| {
        view::cells(screen)
            .filter(|(_, cell)| view::is_marked(cell))
            .map(|(_, cell)| cell.contents())
            .collect::<String>()
            .contains("Runs, old and new")
    });
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    tty.given_back();
}

/// Pasted letters are not keys: a paste that says `q` and Enter neither leaves nor chooses.
#[test]
fn a_paste_is_never_a_command() {
    let folder = Folder::new("terminal-paste");
    let tty = on_the_first_page(wizard(&folder));
    tty.send("\x1b[200~q\rq\r\x1b[B?\x1b[201~");
    tty.send("?");
    tty.wait_for("Keys");
    tty.send("\x1b");
    tty.wait_until("the first page, with the mark where it was", |screen| {
        let text = view::text(screen);
        text.contains("▸ Begin a new upgrade") && !text.contains("Keys")
    });
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    tty.given_back();
}
