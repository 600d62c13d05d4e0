//! What differs from run to run in a recorded session, by something fixed: times, names of runs, sizes, processes.

use std::path::Path;

use regex_automata::meta::Regex;

/// Pattern, and what stands there instead.
const MASKS: &[(&str, &str)] = &[
    (
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
        "2026-01-01T00:00:00Z",
    ),
    (r"\d{8}T\d{6}Z", "20260101T000000Z"),
    (r"\d\d:\d\d:\d\d", "00:00:00"),
    (r#""(at_ms|ends_ms)":\d+"#, r#""at_ms":1767225600000"#),
    (r#""boot_ms":\d+"#, r#""boot_ms":10000000"#),
    (r#""about_seconds":\d+"#, r#""about_seconds":61"#),
    (r#"_seconds":\d+\.\d+"#, r#"_seconds":1.5"#),
    (r#""seconds":\d+(\.\d+)?(e-\d+)?"#, r#""seconds":1.5"#),
    (r"\d+\.\d s\b", "1.5 s"),
    (r"\d+ s of at most", "1 s of at most"),
    (r"about (\d+ min )?\d+ s\b", "about 1 min 01 s"),
    (r"process \d+", "process 4242"),
    // Whether the program still runs at that moment is a race; what is said then has a test of its own.
    (r#""left_child":\d+"#, r#""left_child":null"#),
    (r#""pid":\d+"#, r#""pid":4242"#),
    // Whether the dump tool has ended by then, and said why, is a matter of moments.
    (r#"(File too large \(os error 27\)\))[^"]*"#, "$1"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:8585"),
    (r"\d+(\.\d+)? [kMGT]B\b", "1.5 MB"),
    (
        r#""(bytes|raw_bytes|free|available)":\d+"#,
        r#""$1":1500000"#,
    ),
    (r#""(proven_rows|rows)":\d{4,}"#, r#""$1":1500"#),
    (r"\b\d+ (rows|entities)\b", "1500 $1"),
    (
        r"\b[0-9a-f]{64}\b",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
];

/// The record of a session in `folder`, with the masks over it.
pub fn masked(record: &str, folder: &Path) -> String {
    let uid = rustix::process::getuid().as_raw();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut text = record
        .replace(&folder.display().to_string(), "/practice")
        .replace(&format!("omup-practice-{uid}-"), "omup-practice-0-")
        .replace(&format!(r#""{}""#, host.trim()), r#""om-app-1""#);
    if let Some(run) = run_of(&text) {
        text = text
            .replace(&run, "20260101-000000-1")
            .replace(&run.replace('-', "_"), "20260101_000000_1");
    }
    for (pattern, instead) in MASKS {
        let regex = Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        text = replaced(&regex, &text, instead);
    }
    text
}

/// The name of the run that was opened.
fn run_of(record: &str) -> Option<String> {
    let (_, rest) = record.split_once(r#""run-opened":{"id":""#)?;
    Some(rest.split_once('"')?.0.to_string())
}

/// `$1` in `instead` is the first group.
fn replaced(regex: &Regex, text: &str, instead: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for found in regex.captures_iter(text) {
        let Some(whole) = found.get_match() else {
            continue;
        };
        out.push_str(&text[end..whole.start()]);
        let group = found.get_group(1).map_or("", |span| &text[span.range()]);
        out.push_str(&instead.replace("$1", group));
        end = whole.end();
    }
    out + &text[end..]
}

#[test]
fn a_mask_lies_over_what_differs_and_leaves_the_rest() {
    let record = r#"{"at_ms":1795689302908,"event":{"run-opened":{"id":"20261126-103438-2425","free":7}},"words":["done in 12.7 s (process 18254): /tmp/x/omup_20261126_103438_2425_back, 4 tables, 17 rows, 1.10.7"]}"#;
    assert_eq!(
        masked(record, Path::new("/tmp/x")),
        r#"{"at_ms":1767225600000,"event":{"run-opened":{"id":"20260101-000000-1","free":1500000}},"words":["done in 1.5 s (process 4242): /practice/omup_20260101_000000_1_back, 4 tables, 1500 rows, 1.10.7"]}"#
    );
}
