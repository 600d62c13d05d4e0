//! The order of answers, and what a hostile log can do.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Diagnosed, FailureEngine, FailurePhase as Phase, Knowledge, LogContext};
use crate::domain::clean_text::CleanText;

const SORT: &str =
    "java.sql.SQLException: Out of sort memory, consider increasing server sort buffer size";

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(Knowledge::embedded);

fn diagnose(log: &str, context: &LogContext) -> Diagnosed {
    let lines: Vec<CleanText> = log.lines().map(CleanText::from).collect();
    KNOWLEDGE.diagnose(&lines, context)
}

fn ids(found: &Diagnosed) -> Vec<&str> {
    found
        .diagnoses
        .iter()
        .map(|one| one.failure.id.as_str())
        .collect()
}

#[test]
fn the_cause_stands_before_the_symptoms_above_it() {
    let log = format!(
        "INFO starting\nEncountered Exception in MigrationWorkflow\njava.lang.RuntimeException: Failed to run sql: [SELECT 1] due to [x]\nCaused by: {SORT}\n{SORT}"
    );
    let found = diagnose(&log, &LogContext::default());
    assert_eq!(
        ids(&found),
        [
            "mysql-sort-memory",
            "migration-ended-by-exception",
            "statement-failed"
        ]
    );
    let best = &found.diagnoses[0];
    assert_eq!((best.line, best.times), (4, 2));
    assert!(best.text.as_str().contains("Out of sort memory"));
    assert_eq!(found.lines, 5);
}

#[test]
fn engine_and_versions_leave_out_and_the_phase_only_orders() {
    let log = format!("{SORT}\nThere are pending migrations to be run on the database");
    let version = |text: &str| Some(text.parse().expect(text));
    let all = LogContext::default();
    assert_eq!(ids(&diagnose(&log, &all)).len(), 2);
    let postgres = LogContext {
        engine: Some(FailureEngine::Postgres),
        ..LogContext::default()
    };
    assert_eq!(ids(&diagnose(&log, &postgres)), ["pending-migrations"]);
    let reindex = LogContext {
        phase: Some(Phase::Reindex),
        ..LogContext::default()
    };
    assert_eq!(
        ids(&diagnose(&log, &reindex)),
        ["mysql-sort-memory", "pending-migrations"]
    );
    let relation = "Unknown column 'relationType' in 'field list'";
    for (from, to, known) in [
        ("1.12.4", "1.13.1", true),
        ("1.12.6", "1.13.1", false),
        ("1.10.0", "1.12.4", false),
    ] {
        let context = LogContext {
            from: version(from),
            to: version(to),
            ..LogContext::default()
        };
        assert_eq!(
            ids(&diagnose(relation, &context)).contains(&"relation-type-before-1-13"),
            known,
            "{from} -> {to}"
        );
    }
}

#[test]
fn what_is_not_known_is_said_with_its_surroundings() {
    let found = diagnose(
        "a\nb\nc\nd\nERROR the flux capacitor is empty\ne",
        &LogContext::default(),
    );
    assert!(found.diagnoses.is_empty());
    let shown: Vec<(u64, bool)> = found
        .first_error
        .iter()
        .map(|line| (line.line, line.error))
        .collect();
    assert_eq!(
        shown,
        [(2, false), (3, false), (4, false), (5, true), (6, false)]
    );
    let quiet = diagnose("all is well", &LogContext::default());
    assert!(quiet.diagnoses.is_empty() && quiet.first_error.is_empty());
}

#[test]
fn colours_do_not_hide_a_failure_and_secrets_do_not_come_along() {
    let log = format!(
        "\u{1b}[31mERROR\u{1b}[0m password=hunter2 {}",
        SORT.replace(' ', "  ")
    );
    let found = diagnose(&log, &LogContext::default());
    assert_eq!(ids(&found), ["mysql-sort-memory"]);
    let shown = serde_json::to_string(&found).expect("JSON");
    assert!(
        !shown.contains("hunter2") && !shown.contains('\u{1b}'),
        "{shown}"
    );
}

#[test]
fn the_end_of_a_long_line_is_shown_where_the_failure_is() {
    let log = format!(
        "{} password='a b' {SORT} {}",
        "x ".repeat(1500),
        "y".repeat(300)
    );
    let found = diagnose(&log, &LogContext::default());
    let text = found.diagnoses[0].text.as_str();
    assert!(
        text.contains("Out of sort memory") || text.contains("out of sort memory"),
        "{text}"
    );
    assert!(
        text.chars().count() < 500 && !text.contains("a b"),
        "{text}"
    );
}

proptest! {
    #[test]
    fn no_text_is_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..400), cut in 0..60usize) {
        let mut raw = bytes.clone();
        raw.extend_from_slice(&SORT.as_bytes()[..cut]);
        raw.extend_from_slice(&bytes);
        let line = CleanText::from_bytes(&raw);
        let found = KNOWLEDGE.diagnose([&line], &LogContext::default());
        prop_assert_eq!(found.lines, 1);
    }
}
