//! Pure judgements of a survey: one graded finding for each check, in a fixed order.
//!
//! A check sees facts, answers and knowledge, and nothing else: it reads no file, asks no server and
//! has no clock. A check that lacks a fact says UNKNOWN, never PASS; so does one that panics.

mod backup_level;
mod check;
mod clients;
mod collations;
mod configuration;
mod configuration_defaults;
mod configuration_keys;
mod data_only;
mod database_state;
mod disk;
mod history;
mod locks;
mod memory;
mod one_schema;
mod path;
mod pending_sql;
mod platform;
mod relations;
mod rights;
mod secrets;
mod server_owner;
mod surroundings;
mod tools;
mod tools_mysql;
mod versions;
mod waivers;
mod words;
mod writers;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::domain::answers::Answers;
use crate::domain::finding::Finding;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

use check::{Check, Judgement};
pub use check::{Cost, Item};
pub use waivers::ended as ended_waivers;

/// Every check that judges the survey, in the order in which findings are shown. The finding about
/// the waivers themselves comes after them.
const CHECKS: &[Check] = &[
    one_schema::CHECK,
    versions::CHECK,
    path::ALLOWED,
    path::TARGET,
    path::NOTES,
    platform::CHECK,
    surroundings::CHECK,
    clients::CHECK,
    rights::CHECK,
    database_state::WRITABLE,
    database_state::NOT_EMPTY,
    database_state::TRANSACTIONS,
    tools::CHECK,
    disk::ROOM,
    disk::STATE,
    writers::CONNECTED,
    writers::LONG_TRANSACTIONS,
    locks::CHECK,
    history::CONSISTENT,
    history::FOLDERS,
    history::PENDING,
    history::HASH_RULE,
    pending_sql::KEPT,
    pending_sql::SHAPE,
    pending_sql::FUNCTIONS,
    collations::CHECK,
    memory::CHECK,
    server_owner::KNOWN,
    server_owner::STARTS,
    configuration::CHECK,
    configuration_keys::CHECK,
    configuration_defaults::CHECK,
    secrets::CHECK,
    secrets::KEY,
    relations::CHECK,
    database_state::LEFTOVERS,
    backup_level::CHECK,
    data_only::CHECK,
];

/// What can be checked, without checking it.
pub fn catalogue() -> Vec<Item> {
    CHECKS
        .iter()
        .map(|check| check.item)
        .chain([waivers::ITEM])
        .collect()
}

/// Judges the survey by every check, applies the waivers of the answers, and says in a finding of
/// its own which waivers are worth nothing. `today` is a date `YYYY-MM-DD` (UTC).
pub fn run_all(
    survey: &Survey,
    answers: &Answers,
    knowledge: &Knowledge,
    today: &str,
) -> Vec<Finding> {
    run(CHECKS, survey, answers, knowledge, today)
}

fn run(
    checks: &[Check],
    survey: &Survey,
    answers: &Answers,
    knowledge: &Knowledge,
    today: &str,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = checks
        .iter()
        .map(|check| {
            let judged = catch_unwind(AssertUnwindSafe(|| {
                (check.judge)(survey, answers, knowledge)
            }))
            .unwrap_or_else(|payload| broken(payload.as_ref()));
            let judged = match survey.versions.target.known() {
                Some(target) if check.item.of_release && !knowledge.known(target) => {
                    judged.for_unknown(target)
                }
                Some(_) | None => judged,
            };
            judged.into_finding(&check.item)
        })
        .collect();
    let about_waivers = waivers::apply(&mut findings, answers, today);
    findings.push(about_waivers.into_finding(&waivers::ITEM));
    findings
}

/// What a check that panicked has said: nothing.
fn broken(payload: &(dyn std::any::Any + Send)) -> Judgement {
    let said = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no words");
    Judgement::unknown("the check itself broke, so nothing was judged")
        .seen(format!("it said: {said}"))
        .remedy("this is a fault of omup: report it with the survey, or look yourself and waive it")
}
