//! OM-CONF-003: values that change because the new version's own file has others.
//!
//! Only the variables are carried over. What stands in the old file without a variable, and what was
//! its default, is replaced by what stands in the new file.

use super::check::{Check, Cost, Item, Judgement, known};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-CONF-003",
        title: "No value of yours changes with the new version's file",
        blocks: Blocks::No,
        cost: Cost::Host,
        of_release: false,
        condition: "keys of both conf/openmetadata.yaml whose values in the files differ, and whose value in use is the old file's; values of secrets are not compared",
    },
    judge,
};

/// The most keys that are shown of each kind.
const SHOWN: usize = 30;

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let instance = &survey.instance;
    let facts = [
        (&instance.keys, "the old configuration"),
        (&instance.file_keys, "the old configuration's own values"),
        (&instance.target_keys, "the new folder's configuration"),
        (
            &instance.carried_keys,
            "the new configuration as it will be",
        ),
    ];
    let mut read = Vec::new();
    for (fact, what) in facts {
        match known(fact, what) {
            Ok(keys) => read.push(keys),
            Err(unknown) => return unknown,
        }
    }
    let [now, old, new, then] = read.as_slice() else {
        return Judgement::unknown("the configurations could not be compared")
            .remedy("this is a fault of omup: report it");
    };
    let (mut changes, mut stays) = (Vec::new(), Vec::new());
    for (key, old) in old.iter() {
        let (Some(new), Some(now), Some(then)) = (new.get(key), now.get(key), then.get(key)) else {
            // Gone, new: OM-CONF-002 tells of those.
            continue;
        };
        // With another value in use the file's own one plays no part.
        if old == new || now != old {
            continue;
        }
        if then == now {
            stays.push(format!(
                "{key}: stays '{now}', the new file's own value is '{new}'"
            ));
        } else {
            changes.push(format!("{key}: '{now}' becomes '{then}'"));
        }
    }
    let lines = |all: Vec<String>| {
        let more = all.len().saturating_sub(SHOWN);
        let rest = (more > 0).then(|| format!("and {more} more"));
        all.into_iter().take(SHOWN).chain(rest).collect::<Vec<_>>()
    };
    let set = count(stays.len(), "value is", "values are");
    let judgement = if changes.is_empty() {
        Judgement::pass(format!(
            "no value that is in use changes by itself; {set} set to what was the default"
        ))
    } else {
        Judgement::warn(format!(
            "{} when the new version starts",
            count(changes.len(), "value of yours changes", "values of yours change")
        ))
        .remedy("read each: a new default is often meant; to keep the old value, set the key's variable in the old folder's conf/openmetadata-env.sh (it is carried over), or write the value into the new folder's conf/openmetadata.yaml")
    };
    judgement.seen_all(lines(changes)).seen_all(lines(stays))
}
