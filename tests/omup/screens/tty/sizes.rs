//! Windows of every size, and windows that change while something is drawn.

use super::{FIRST, on_the_first_page, wizard};
use crate::support::folder::Folder;
use crate::support::tty::{PATIENCE, Tty, sequences, view};
use crate::support::wait;

/// A pseudo terminal that was never told its size, as `docker exec -t` and some CI runners give it.
#[test]
fn a_terminal_without_a_size_gets_the_usual_one_until_it_says_more() {
    let folder = Folder::new("terminal-0x0");
    let tty = on_the_first_page(wizard(&folder).size(0, 0));
    tty.wait_until("a frame over 80 columns and 24 rows", |screen| {
        let rows: Vec<String> = screen.rows(0, 80).collect();
        rows.len() == 24 && rows.iter().any(|row| row.trim_end().chars().count() == 80)
    });
    tty.resize(120, 40);
    tty.wait_until("a frame over 120 columns", |screen| {
        screen
            .rows(0, 120)
            .any(|row| row.trim_end().chars().count() == 120)
    });
    tty.resize(0, 0);
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    tty.given_back();
}

/// Numbers that look random and are the same each time (Knuth's MMIX generator).
fn sizes(mut seed: u64) -> impl Iterator<Item = (u16, u16)> {
    std::iter::repeat_with(move || {
        let mut next = |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            u16::try_from(((seed >> 33) % below) + 1).unwrap_or(1)
        };
        (next(500), next(200))
    })
}

#[test]
fn a_storm_of_sizes_does_not_end_it() {
    let folder = Folder::new("terminal-storm");
    let tty = on_the_first_page(wizard(&folder));
    for (columns, rows) in sizes(7).take(1_000) {
        tty.resize(columns, rows);
    }
    tty.resize(80, 24);
    whole_page(&tty);
    // Each size is really drawn, one after the other.
    let drawn = || sequences::check(&tty.bytes()).map(|modes| modes.frames);
    for (columns, rows) in [(1, 1), (1, 200), (500, 1), (2, 2), (500, 200)]
        .into_iter()
        .chain(sizes(11).take(60))
    {
        let before = drawn().unwrap_or_else(|wrong| panic!("{wrong}"));
        tty.resize(columns, rows);
        wait::until("another frame", PATIENCE, || {
            drawn().is_ok_and(|now| now > before).then_some(())
        });
    }
    tty.resize(80, 24);
    whole_page(&tty);
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    tty.given_back();
}

/// The first page fills the screen and nothing of another size is left.
#[track_caller]
fn whole_page(tty: &Tty) {
    tty.wait_until("the first page over the whole screen", |screen| {
        let text = view::text(screen);
        let rows: Vec<&str> = text.lines().collect();
        text.contains(FIRST)
            && rows.len() == 24
            && rows.last().is_some_and(|hints| hints.contains("leave"))
            && rows[2].starts_with('┌')
            && rows[2].ends_with('┐')
            && rows[22].starts_with('└')
    });
}

/// What something else has written over the screen goes away with Ctrl-L.
#[test]
fn litter_is_cleaned_away_by_drawing_anew() {
    let folder = Folder::new("terminal-litter");
    let tty = on_the_first_page(wizard(&folder));
    tty.litter("\x1b[10;30HBroadcast message from root");
    tty.wait_for("Broadcast message");
    tty.send("\x0c");
    tty.wait_until("the page without it", |screen| {
        let text = view::text(screen);
        text.contains(FIRST) && !text.contains("Broadcast")
    });
    whole_page(&tty);
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}
