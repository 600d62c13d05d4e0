//! What holds for all checks.

use std::collections::BTreeSet;

use super::super::check::{Check, Cost, Item, Judgement};
use super::super::{CHECKS, catalogue, run, run_all};
use super::sample::{make_practice, sample_answers, sample_survey, v};
use super::{TODAY, all_cases, judged, of};
use crate::domain::finding::{Blocks, Finding, Verdict};
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub fn findings(survey: &Survey) -> Vec<Finding> {
    run_all(survey, &sample_answers(), &Knowledge::embedded(), TODAY)
}

#[test]
fn every_row_of_the_tables_gets_its_verdict() {
    for case in all_cases() {
        let (_, _, found) = judged(case);
        let finding = of(&found, case.id);
        let place = format!("{} ({}): {finding:#?}", case.id, case.name);
        assert_eq!(finding.verdict, case.verdict, "{place}");
        assert_eq!(finding.holds(Blocks::BeforeMigrate), case.holds, "{place}");
        assert!(!finding.message.as_str().is_empty(), "{place}");
        let text = [&finding.message]
            .into_iter()
            .chain(&finding.evidence)
            .chain(&finding.remedy)
            .chain(&finding.command)
            .map(|part| part.as_str())
            .collect::<Vec<_>>()
            .join("\n");
        assert!(text.contains(case.shows), "{place}\nlacks: {}", case.shows);
        match finding.verdict {
            Verdict::Fail | Verdict::Unknown | Verdict::Warn => {
                assert!(finding.remedy.is_some(), "no remedy: {place}");
            }
            Verdict::Pass | Verdict::Skip => {
                assert!(
                    finding.remedy.is_none() && finding.command.is_none(),
                    "{place}"
                );
            }
            Verdict::Info => {}
        }
    }
}

#[test]
fn the_tables_hold_a_good_and_a_bad_survey_for_every_check() {
    for item in catalogue() {
        let verdicts: BTreeSet<Verdict> = all_cases()
            .iter()
            .filter(|case| case.id == item.id)
            .map(|case| case.verdict)
            .collect();
        let has = |some: &[Verdict]| some.iter().any(|verdict| verdicts.contains(verdict));
        assert!(
            has(&[Verdict::Pass, Verdict::Info, Verdict::Skip]),
            "{}: no good survey",
            item.id
        );
        assert!(
            has(&[Verdict::Fail, Verdict::Warn, Verdict::Unknown]),
            "{}: no bad survey",
            item.id
        );
    }
}

#[test]
fn ids_are_unique_listed_and_produced_once() {
    let listed: Vec<&str> = catalogue().iter().map(|item| item.id).collect();
    let unique: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(unique.len(), listed.len(), "{listed:?}");
    let mut practice = sample_survey();
    make_practice(&mut practice);
    for survey in [sample_survey(), practice] {
        let found = findings(&survey);
        let produced: Vec<&str> = found.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(produced, listed);
        for (finding, item) in found.iter().zip(catalogue()) {
            assert_eq!(finding.title, item.title);
            let most = match finding.verdict {
                Verdict::Unknown => item.unknown_blocks(),
                _ => item.blocks,
            };
            assert!(
                finding.blocks <= most,
                "{}: more than the catalogue says",
                item.id
            );
        }
    }
    for item in catalogue() {
        let mut parts = item.id.split('-');
        assert_eq!(parts.next(), Some("OM"), "{}", item.id);
        assert!(
            parts
                .next()
                .is_some_and(|room| room.bytes().all(|b| b.is_ascii_uppercase())),
            "{}",
            item.id
        );
        assert!(
            parts
                .next()
                .is_some_and(|n| n.len() == 3 && n.bytes().all(|b| b.is_ascii_digit())),
            "{}",
            item.id
        );
        assert!(!item.condition.is_empty(), "{}", item.id);
    }
}

#[test]
fn a_healthy_deployment_is_not_held_back() {
    let mut practice = sample_survey();
    make_practice(&mut practice);
    for survey in [sample_survey(), practice] {
        for finding in findings(&survey) {
            assert!(finding.verdict < Verdict::Unknown, "{finding:#?}");
        }
    }
}

#[test]
fn a_check_that_breaks_is_unknown_and_the_others_go_on() {
    const fn item(id: &'static str) -> Item {
        Item {
            id,
            title: "t",
            blocks: Blocks::BeforeBackup,
            cost: Cost::Free,
            of_release: false,
            condition: "c",
        }
    }
    let checks = [
        Check {
            item: item("A"),
            judge: |_, _, _| panic!("no {}", "row"),
        },
        Check {
            item: item("B"),
            judge: |_, _, _| Judgement::pass("well"),
        },
    ];
    let found = run(
        &checks,
        &sample_survey(),
        &sample_answers(),
        &Knowledge::embedded(),
        TODAY,
    );
    let broken = of(&found, "A");
    assert_eq!(broken.verdict, Verdict::Unknown);
    assert!(broken.holds(Blocks::BeforeBackup));
    assert_eq!(broken.evidence[0].as_str(), "it said: no row");
    assert_eq!(of(&found, "B").verdict, Verdict::Pass);
}

/// Whatever a check guards, and also one that guards nothing: not having been able to look holds
/// back the migration until somebody settles it.
#[test]
fn an_unknown_of_any_check_holds_the_migration_back() {
    let broken: Vec<Check> = CHECKS
        .iter()
        .map(|check| Check {
            item: check.item,
            judge: |_, _, _| panic!("could not look"),
        })
        .collect();
    let found = run(
        &broken,
        &sample_survey(),
        &sample_answers(),
        &Knowledge::embedded(),
        TODAY,
    );
    assert_eq!(found.len(), CHECKS.len() + 1);
    for finding in &found[..CHECKS.len()] {
        assert_eq!(finding.verdict, Verdict::Unknown, "{finding:#?}");
        assert!(finding.holds(Blocks::BeforeMigrate), "{finding:#?}");
    }
    for case in all_cases() {
        let (_, _, found) = judged(case);
        for finding in found.iter().filter(|f| f.verdict == Verdict::Unknown) {
            let place = format!("{} ({}): {finding:#?}", case.id, case.name);
            assert!(finding.holds(Blocks::BeforeMigrate), "{place}");
        }
    }
}

/// For a release that is newer than our data nothing that rests on such data is green.
#[test]
fn a_target_that_is_newer_than_our_data_turns_no_rule_green() {
    let before = findings(&sample_survey());
    let mut survey = sample_survey();
    survey.versions.target = v(3, 5, 0);
    let after = findings(&survey);
    for ((item, before), after) in catalogue().iter().zip(&before).zip(&after) {
        if item.of_release && before.verdict == Verdict::Skip {
            assert_eq!(before, after, "what is not there needs no rule");
        } else if item.of_release {
            let text = format!("{} {:?}", after.message, after.evidence);
            assert!(
                !matches!(after.verdict, Verdict::Pass | Verdict::Info),
                "{after:#?}"
            );
            assert!(
                [
                    "not known for this target",
                    "no rule",
                    "no range",
                    "knows no",
                    "does not cover"
                ]
                .iter()
                .any(|words| text.contains(words)),
                "{after:#?}"
            );
        } else {
            assert_eq!(before, after, "it rests on no data about the target");
        }
    }
    let rules = catalogue().iter().filter(|item| item.of_release).count();
    assert!(rules >= 11, "{rules}");
}

#[test]
fn what_is_printed_of_foreign_names_is_harmless() {
    let mut survey = sample_survey();
    survey.deployment.connection.database = "a\u{1b}[31mb\u{202e}".to_string();
    survey.database.identity.database = survey.deployment.connection.database.clone();
    survey.database.leftovers = vec!["omup_\u{1b}]0;x\u{7}".to_string()];
    for finding in findings(&survey) {
        let json = serde_json::to_string(&finding).expect("a finding is JSON");
        assert!(
            !json.contains("\\u001b") && !json.contains('\u{202e}'),
            "{json}"
        );
    }
}
