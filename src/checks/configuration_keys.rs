//! OM-CONF-002: keys and variables of the old configuration that the new version's own file does not have.

use std::collections::BTreeSet;

use super::check::{Check, Cost, Item, Judgement, known};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-CONF-002",
        title: "The new version knows every configuration key and variable of yours",
        blocks: Blocks::No,
        cost: Cost::Host,
        of_release: false,
        condition: "every key with a value in the old conf/openmetadata.yaml stands in the new folder's file too; so does every variable that is set and that the old file asks for; keys that only the new one has are told",
    },
    judge,
};

/// The most keys that are shown of each kind.
const SHOWN: usize = 30;

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let instance = &survey.instance;
    let old = match known(&instance.keys, "the old configuration") {
        Ok(keys) => keys,
        Err(unknown) => return unknown,
    };
    let new = match known(&instance.target_keys, "the new folder's configuration") {
        Ok(keys) => keys,
        Err(unknown) => return unknown,
    };
    let unasked = match known(
        &instance.unasked_variables,
        "the variables of the old configuration",
    ) {
        Ok(names) => names,
        Err(unknown) => return unknown,
    };
    // Places in a list are no keys of their own: `a.0.b` and `a.1.b` are both `a.b`.
    let plain = |key: &str| -> String {
        let named = |part: &&str| part.parse::<u32>().is_err();
        key.split('.').filter(named).collect::<Vec<_>>().join(".")
    };
    let yours: BTreeSet<String> = old
        .iter()
        .filter(|(_, value)| !value.as_str().is_empty())
        .map(|(key, _)| plain(key))
        .collect();
    let all_old: BTreeSet<String> = old.keys().map(|key| plain(key)).collect();
    let all_new: BTreeSet<String> = new.keys().map(|key| plain(key)).collect();
    let gone: Vec<&String> = yours.difference(&all_new).collect();
    let added: Vec<&String> = all_new.difference(&all_old).collect();
    let lines = |sign: &'static str, keys: &[&String]| -> Vec<String> {
        let shown = keys.iter().take(SHOWN);
        let mut lines: Vec<String> = shown.map(|key| format!("{sign} {key}")).collect();
        if keys.len() > SHOWN {
            lines.push(format!("{sign} and {} more", keys.len() - SHOWN));
        }
        lines
    };
    let more = count(added.len(), "key is new", "keys are new");
    let deaf: Vec<&String> = unasked.iter().collect();
    let judgement = if gone.is_empty() && deaf.is_empty() {
        Judgement::pass(format!("every key of yours is known there; {more}"))
    } else {
        let missing = [
            (!gone.is_empty()).then(|| count(gone.len(), "key", "keys")),
            (!deaf.is_empty()).then(|| count(deaf.len(), "variable", "variables")),
        ];
        let missing: Vec<String> = missing.into_iter().flatten().collect();
        Judgement::warn(format!(
            "{} of yours not in the new version's file; {more}",
            missing.join(" and ")
        ))
        .remedy("look for each in the notes: it was removed or renamed, or somebody added it by hand; what is only in the old file is not carried over by itself, and a variable that the new file does not ask for is set without effect")
    };
    judgement
        .seen_all(lines("gone:", &gone))
        .seen_all(lines("set, and not asked for:", &deaf))
        .seen_all(lines("new: ", &added))
}
