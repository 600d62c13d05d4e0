//! What the checks promise together, and one table of surveys with the verdict that each deserves.

mod cases_answers;
mod cases_clients;
mod cases_configuration;
mod cases_database;
mod cases_disks;
mod cases_history;
mod cases_host;
mod cases_pending_sql;
mod cases_sessions;
mod cases_versions;
mod facts;
mod promises;
mod sample;
mod waiving;

use crate::domain::answers::Answers;
use crate::domain::finding::{Finding, Verdict};
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

/// One survey, changed in one place, and what one check must say to it.
pub struct Case {
    pub id: &'static str,
    pub name: &'static str,
    pub change: fn(&mut Survey, &mut Answers),
    pub verdict: Verdict,
    /// The finding holds back the migration.
    pub holds: bool,
    /// A figure or name that message, evidence, remedy or command must show; may be empty.
    pub shows: &'static str,
}

/// A survey in which nothing is wrong, for a check that is content with it.
const fn at(id: &'static str, name: &'static str) -> Case {
    Case {
        id,
        name,
        change: |_, _| {},
        verdict: Verdict::Pass,
        holds: false,
        shows: "",
    }
}

/// Every row of every table.
pub fn all_cases() -> Vec<&'static Case> {
    [
        cases_versions::CASES,
        cases_history::CASES,
        cases_answers::CASES,
        cases_configuration::CASES,
        cases_database::CASES,
        cases_sessions::CASES,
        cases_disks::CASES,
        cases_host::CASES,
        cases_clients::CASES,
        cases_pending_sql::CASES,
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub const TODAY: &str = "2026-11-21";

pub fn judged(case: &Case) -> (Survey, Answers, Vec<Finding>) {
    let mut survey = sample::sample_survey();
    let mut answers = sample::sample_answers();
    (case.change)(&mut survey, &mut answers);
    let findings = super::run_all(&survey, &answers, &Knowledge::embedded(), TODAY);
    (survey, answers, findings)
}

pub fn of<'a>(findings: &'a [Finding], id: &str) -> &'a Finding {
    findings
        .iter()
        .find(|finding| finding.id == id)
        .unwrap_or_else(|| panic!("no finding {id}"))
}
