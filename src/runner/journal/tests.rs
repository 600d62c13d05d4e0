//! The journal under every cut and many flips: a true prefix or an error, never a panic, never a
//! line that was not written.

use std::path::Path;

use super::{Follower, Journal, read_bytes};
use crate::domain::event::Event;
use crate::domain::run_view::RunView;
use crate::domain::step::StepId;

fn sample(folder: &Path) -> (std::path::PathBuf, Vec<Event>) {
    let path = folder.join("journal.jsonl");
    let mut journal = Journal::create(&path, &folder.join("reserve")).expect("create");
    let mut events = Vec::new();
    for n in 0..12 {
        events.push(Event::StepStarted {
            step: StepId::ALL[n % 5],
            attempt: n as u32 + 1,
        });
        events.push(Event::Effect {
            step: StepId::BackUp,
            what: format!("effect \"{n}\" \u{1b}[31m é").as_str().into(),
        });
        events.push(Event::Alarm {
            text: "x".repeat(n * 17).as_str().into(),
        });
    }
    for event in &events {
        journal.append(event).expect("append");
    }
    (path, events)
}

#[test]
fn a_cut_at_every_byte_gives_a_true_prefix() {
    let folder = tempfile::tempdir().expect("folder");
    let (path, events) = sample(folder.path());
    let bytes = std::fs::read(&path).expect("read");
    for cut in 0..=bytes.len() {
        let reading = read_bytes(&path, &bytes[..cut]).expect("a cut journal is no damaged one");
        let whole = bytes[..cut].iter().filter(|b| **b == b'\n').count();
        assert_eq!(reading.entries.len(), whole, "cut at {cut}");
        assert!(
            reading
                .entries
                .iter()
                .zip(&events)
                .all(|(entry, event)| entry.event == *event)
        );
        assert_eq!(reading.good_bytes + reading.torn_bytes, cut as u64);
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_a_true_prefix() {
    let folder = tempfile::tempdir().expect("folder");
    let (path, events) = sample(folder.path());
    let bytes = std::fs::read(&path).expect("read");
    for at in 0..bytes.len() {
        for bit in [0, 3, 6] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            if let Ok(reading) = read_bytes(&path, &flipped) {
                assert!(
                    reading.entries.len() < events.len(),
                    "flip at {at} was not seen"
                );
                assert!(
                    reading
                        .entries
                        .iter()
                        .zip(&events)
                        .all(|(entry, event)| entry.event == *event)
                );
            }
        }
    }
}

#[test]
fn a_torn_line_is_cut_off_and_the_chain_goes_on() {
    let folder = tempfile::tempdir().expect("folder");
    let (path, events) = sample(folder.path());
    let bytes = std::fs::read(&path).expect("read");
    std::fs::write(&path, &bytes[..bytes.len() - 7]).expect("cut");
    let (mut journal, reading) =
        Journal::resume(&path, &folder.path().join("reserve")).expect("resume");
    assert!(reading.torn_bytes > 0);
    journal
        .append(&Event::TailCut {
            bytes: reading.torn_bytes,
        })
        .expect("append");
    let again = super::read(&path).expect("read");
    assert_eq!(again.entries.len(), events.len());
    assert_eq!(again.torn_bytes, 0);
}

#[test]
fn one_by_one_in_prefixes_and_at_once_is_the_same_view() {
    let folder = tempfile::tempdir().expect("folder");
    let (path, events) = sample(folder.path());
    let whole = RunView::of(&events);
    let mut one_by_one = RunView::default();
    for (n, event) in events.iter().enumerate() {
        one_by_one.apply(event);
        assert_eq!(one_by_one, RunView::of(&events[..=n]));
    }
    assert_eq!(one_by_one, whole);
    let mut follower = Follower::open(&path).expect("follow");
    let followed: Vec<Event> = follower
        .more()
        .expect("more")
        .into_iter()
        .map(|entry| entry.event)
        .collect();
    assert_eq!(RunView::of(&followed), whole);
}

#[test]
fn an_unknown_kind_is_kept_and_another_format_stops_the_reader() {
    use sha2::Digest as _;
    let line = |body: &str| {
        let sum = super::hex(&sha2::Sha256::digest(body.as_bytes()));
        format!("{},\"sum\":\"{sum}\"}}\n", &body[..body.len() - 1])
    };
    let newer = line(
        r#"{"v":1,"seq":1,"at":"2026-01-01T00:00:00Z","mono_ms":1,"prev":"omup-journal","kind":"from-the-future","x":1}"#,
    );
    let reading = read_bytes(Path::new("j"), newer.as_bytes()).expect("kept");
    assert_eq!(reading.entries[0].event, Event::Unknown);
    let other = line(
        r#"{"v":2,"seq":1,"at":"2026-01-01T00:00:00Z","mono_ms":1,"prev":"omup-journal","kind":"unknown"}"#,
    );
    let error = read_bytes(Path::new("j"), other.as_bytes()).expect_err("another format");
    assert!(error.to_string().contains("line 1"), "{error}");
}
