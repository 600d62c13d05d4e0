//! What a waiver does to a finding, and for how long.

use super::super::{ended_waivers, run_all};
use super::sample::{sample_answers, sample_survey, v, waiver};
use super::{TODAY, all_cases, judged, of};
use crate::domain::finding::{Blocks, Verdict};
use crate::knowledge::Knowledge;

#[test]
fn a_waiver_lets_pass_what_may_be_waived_until_its_day_is_over() {
    for case in all_cases().into_iter().filter(|case| case.holds) {
        let (survey, mut answers, before) = judged(case);
        let never = of(&before, case.id).blocks == Blocks::Always;
        for (expires, good) in [
            (TODAY, true),
            ("2027-01-31", true),
            ("2026-11-20", false),
            ("31.1.2027", false),
        ] {
            answers.waive = vec![waiver(case.id, expires)];
            let found = run_all(&survey, &answers, &Knowledge::embedded(), TODAY);
            let finding = of(&found, case.id);
            let place = format!("{} ({}) until {expires}: {finding:#?}", case.id, case.name);
            assert_eq!(
                finding.verdict, case.verdict,
                "a waiver changes no verdict: {place}"
            );
            let counts = good && !never;
            assert_eq!(finding.waived.is_some(), counts, "{place}");
            assert_eq!(finding.holds(Blocks::BeforeMigrate), !counts, "{place}");
            let said = of(&found, "OM-WAIVE-001");
            assert_eq!(said.verdict == Verdict::Warn, !counts, "{place}: {said:#?}");
        }
    }
}

#[test]
fn without_a_day_no_waiver_counts() {
    let mut answers = sample_answers();
    answers.waive = vec![waiver("OM-NOTES-001", "2027-01-01")];
    let found = run_all(&sample_survey(), &answers, &Knowledge::embedded(), "");
    assert!(of(&found, "OM-NOTES-001").waived.is_none());
    assert_eq!(of(&found, "OM-WAIVE-001").verdict, Verdict::Warn);
}

/// Which paths a person may answer for: those that we do not know, never those that do not exist.
#[test]
fn an_unknown_path_may_be_waived_and_a_refused_one_may_not() {
    for (target, waivable) in [
        (v(1, 99, 0), true),
        (v(1, 9, 0), false),
        (v(2, 1, 0), false),
    ] {
        let mut survey = sample_survey();
        survey.versions.target = target;
        let mut answers = sample_answers();
        answers.waive = vec![waiver("OM-VER-002", TODAY)];
        let found = run_all(&survey, &answers, &Knowledge::embedded(), TODAY);
        let path = of(&found, "OM-VER-002");
        assert_eq!(path.holds(Blocks::BeforeMigrate), !waivable, "{path:#?}");
    }
}

/// Judged again on a later day: only what the migration would be held back by without it.
#[test]
fn a_waiver_that_has_ended_since_is_named() {
    let case = all_cases()
        .into_iter()
        .find(|case| case.holds && case.id == "OM-SEC-001")
        .expect("a case that holds");
    let (survey, mut answers, _) = judged(case);
    answers.waive = vec![waiver(case.id, TODAY), waiver("OM-NOTES-001", TODAY)];
    let found = run_all(&survey, &answers, &Knowledge::embedded(), TODAY);
    assert_eq!(of(&found, "OM-NOTES-001").verdict, Verdict::Warn);
    assert_eq!(ended_waivers(&found, TODAY), Vec::<&_>::new());
    let later = ended_waivers(&found, "2026-11-22");
    let named: Vec<&str> = later.iter().map(|waiver| waiver.check.as_str()).collect();
    assert_eq!(named, [case.id]);
    assert_eq!(
        ended_waivers(&found, "").len(),
        1,
        "without a day none counts"
    );
}
