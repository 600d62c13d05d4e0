//! A damaged journal is never read as something that it is not: a true prefix, or the line named.

use std::path::Path;

use omup::domain::event::Event;
use omup::domain::run_view::RunView;
use omup::domain::step::StepId;
use omup::runner::journal::{Journal, JournalError, read_bytes};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{events_of, journal, quiet, tree, unconfirmed};
use crate::story::stage::Stage;

/// What happens to a file that lies around.
#[derive(Debug, Clone)]
enum Damage {
    Cut(usize),
    Flip(usize, u8),
    Remove(usize),
    Double(usize),
    Swap(usize, usize),
    Foreign(usize, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = 0..1_000_000usize;
    prop_oneof![
        at.clone().prop_map(Damage::Cut),
        (at.clone(), 0..8u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        at.clone().prop_map(Damage::Remove),
        at.clone().prop_map(Damage::Double),
        (at.clone(), at.clone()).prop_map(|(a, b)| Damage::Swap(a, b)),
        (at, proptest::collection::vec(any::<u8>(), 1..300))
            .prop_map(|(at, bytes)| Damage::Foreign(at, bytes)),
    ]
}

impl Damage {
    fn done_to(&self, bytes: &[u8]) -> Vec<u8> {
        let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let (length, count) = (bytes.len().max(1), lines.len().max(1));
        match self {
            Damage::Cut(at) => bytes[..at % (bytes.len() + 1)].to_vec(),
            Damage::Flip(at, bit) => {
                let mut flipped = bytes.to_vec();
                if let Some(byte) = flipped.get_mut(at % length) {
                    *byte ^= 1 << bit;
                }
                flipped
            }
            Damage::Remove(at) if !lines.is_empty() => {
                lines.remove(at % count);
                lines.concat()
            }
            Damage::Double(at) if !lines.is_empty() => {
                lines.insert(at % count, lines[at % count]);
                lines.concat()
            }
            Damage::Swap(a, b) if !lines.is_empty() => {
                lines.swap(a % count, b % count);
                lines.concat()
            }
            Damage::Remove(_) | Damage::Double(_) | Damage::Swap(..) => Vec::new(),
            Damage::Foreign(at, foreign) => {
                let at = at % (bytes.len() + 1);
                [&bytes[..at], foreign, &bytes[at..]].concat()
            }
        }
    }
}

/// Promise 17. `OMUP_FUZZ_CASES` sets how many (default 4000).
#[test]
fn a_damaged_journal_reads_as_a_true_prefix_or_an_error_that_names_the_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.jsonl");
    let mut writer = Journal::create(&path, &folder.path().join("reserve")).expect("create");
    let written: Vec<Event> = (0..30u32)
        .map(|n| match n % 3 {
            0 => Event::StepStarted {
                step: StepId::ALL[n as usize % 7],
                attempt: n,
            },
            1 => Event::Alarm {
                text: "y".repeat(n as usize * 11).into(),
            },
            _ => Event::Effect {
                step: StepId::Migrate,
                what: format!("\"{n}\" é }},\"sum\":\"").into(),
            },
        })
        .collect();
    for event in &written {
        writer.append(event).expect("append");
    }
    let bytes = std::fs::read(&path).expect("read");
    let cases = std::env::var("OMUP_FUZZ_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(4000);
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let (mut prefixes, mut errors) = (0, 0);
    let strategy = proptest::collection::vec(damage(), 1..4);
    let outcome = runner.run(&strategy, |damages| {
        let damaged = damages
            .iter()
            .fold(bytes.clone(), |bytes, damage| damage.done_to(&bytes));
        let lines = damaged.iter().filter(|byte| **byte == b'\n').count() as u64;
        match read_bytes(Path::new("journal.jsonl"), &damaged) {
            Ok(reading) => {
                prop_assert!(reading.entries.len() <= written.len());
                prop_assert!(
                    reading
                        .entries
                        .iter()
                        .zip(&written)
                        .all(|(entry, event)| entry.event == *event)
                );
                prop_assert_eq!(
                    reading.good_bytes + reading.torn_bytes,
                    damaged.len() as u64
                );
            }
            Err(JournalError::Damaged { line, .. }) => {
                prop_assert!((1..=lines + 1).contains(&line))
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
        Ok(())
    });
    outcome.expect("never another story than the one that was written");
    // The strategy reaches both ends, else the assertions above say nothing.
    for cut in [bytes.len() / 2, bytes.len() - 1] {
        prefixes += usize::from(read_bytes(&path, &bytes[..cut]).is_ok());
    }
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    errors += usize::from(read_bytes(&path, &flipped).is_err());
    assert_eq!((prefixes, errors), (2, 1));
}

/// A run that waits for its first go-ahead with exit code 70.
fn waiting(name: &str) -> Stage {
    let stage = Stage::sqlite(name, &unconfirmed(""));
    stage.omup(&["run", "--answers"], true).expect(70);
    stage
}

const COMMANDS: &[&[&str]] = &[
    &["status"],
    &["status", "--json"],
    &["runs", "list"],
    &["runs", "list", "--json"],
    &["runs", "show"],
    &["runs", "show", "--json"],
    &["report"],
    &["attach", "--plain"],
    &["resume"],
    &["rollback"],
    &["answer", "last", "start-of-downtime=x"],
];

/// Promise 17.
#[test]
fn every_command_names_the_damaged_line_and_writes_nothing() {
    let stage = waiting("damaged-journal");
    let path = journal(&stage);
    let good = std::fs::read(&path).expect("read");
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    let mut flipped = good.clone();
    let middle: usize = lines[..5].iter().map(|line| line.len()).sum::<usize>() + 40;
    flipped[middle] ^= 4;
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    let foreign = [
        &lines[..3].concat()[..],
        b"\x1b[2Jnot a journal\xff\n",
        &lines[3..].concat(),
    ]
    .concat();
    for (line, bytes) in [(6, flipped), (3, swapped.concat()), (4, foreign)] {
        std::fs::write(&path, &bytes).expect("damage");
        let before = tree(&stage.folder.join("state"));
        for command in COMMANDS {
            let ended = stage.omup(command, false).expect(4);
            let said = format!("{}{}", ended.stdout, ended.stderr);
            assert!(
                said.contains(&format!("line {line}")),
                "{command:?}: {said}"
            );
            assert!(
                said.chars().all(|c| c == '\n' || !c.is_control()),
                "{command:?}: {said:?}"
            );
        }
        assert_eq!(
            before,
            tree(&stage.folder.join("state")),
            "nothing was written"
        );
    }
    std::fs::write(&path, &good).expect("mend");
    stage.omup(&["status"], false).expect(0);
}

/// Promise 17, on the journal of a whole upgrade and its way back: what is left of it is a true prefix, and tells a
/// state that the run was in.
#[test]
fn a_whole_runs_journal_cut_at_every_byte_is_a_true_prefix() {
    let stage = Stage::sqlite("cut-journal", &quiet(""));
    let name = stage.database_name();
    stage.omup(&["run", "--answers"], true).expect(0);
    stage
        .omup(&["rollback", "--way", "restore", "--confirm", &name], false)
        .expect(60);
    let path = journal(&stage);
    let bytes = std::fs::read(&path).expect("read");
    let whole = read_bytes(&path, &bytes).expect("whole").entries;
    // Every line's last bytes and its first are cut one by one, and every byte of the last lines: a cut in the middle
    // of a line is judged as one at its end.
    let ends: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').collect();
    let near = |at: usize| ends.iter().any(|end| at.abs_diff(*end) < 12);
    let last = ends[ends.len().saturating_sub(4)];
    let mut cuts = 0;
    for cut in (0..=bytes.len()).filter(|cut| near(*cut) || *cut > last) {
        let read = read_bytes(&path, &bytes[..cut]).expect("a cut journal is no damaged one");
        let lines = ends.iter().filter(|end| **end < cut).count();
        assert_eq!(read.entries.len(), lines, "cut at {cut}");
        assert!(
            read.entries
                .iter()
                .zip(&whole)
                .all(|(a, b)| a.event == b.event)
        );
        let events: Vec<_> = read.entries.iter().map(|entry| &entry.event).collect();
        // Folding it never panics, and never tells of more than was written.
        let view = RunView::of(events);
        assert!(view.steps.len() <= StepId::ALL.len());
        cuts += 1;
    }
    println!("{cuts} cuts of {} bytes, {} lines", bytes.len(), ends.len());
}

/// Promise 17.
#[test]
fn an_unfinished_last_line_is_cut_on_resume_and_the_cut_is_journalled() {
    let stage = waiting("torn-tail");
    let path = journal(&stage);
    let mut bytes = std::fs::read(&path).expect("read");
    bytes.extend_from_slice(b"{\"v\":1,\"seq\":99,\"at\":\"2026");
    std::fs::write(&path, &bytes).expect("tear");
    let shown = stage.omup(&["runs", "show"], false).expect(0);
    assert!(
        shown.stdout.contains("unfinished last line of 26 bytes"),
        "{}",
        shown.stdout
    );
    stage.omup(&["status"], false).expect(0);
    assert_eq!(
        std::fs::read(&path).expect("read"),
        bytes,
        "looking cuts nothing"
    );
    stage.omup(&["resume"], false).expect(70);
    let cuts = events_of(&stage, "tail-cut");
    assert_eq!(cuts.len(), 1);
    assert_eq!(cuts[0]["bytes"], 26);
    stage.omup(&["runs", "show"], false).expect(0);
}

/// Promise 17.
#[test]
fn one_damaged_run_does_not_hide_the_others() {
    let stage = Stage::sqlite("two-runs", &quiet(""));
    stage.answer("", false);
    stage.omup(&["run", "--answers"], true).expect(70);
    let first = journal(&stage);
    stage.omup(&["run", "--answers"], true).expect(70);
    let mut bytes = std::fs::read(&first).expect("read");
    bytes[100] ^= 1;
    std::fs::write(&first, bytes).expect("damage");
    let listed = stage.omup(&["runs", "list"], false).expect(4);
    assert!(
        listed.stdout.contains("line 1") && listed.stdout.contains("exit 70"),
        "{}",
        listed.stdout
    );
    stage.omup(&["status"], false).expect(0);
}
