//! OM-DATA-001: no relation points to an entity that is gone.

use super::check::{Check, Cost, Item, Judgement, known};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-DATA-001",
        title: "Every relation has both its ends",
        blocks: Blocks::No,
        cost: Cost::Scan,
        of_release: false,
        condition: "with `omup check --full`: relations in entity_relationship whose entity is in no table, by type; a run counts them by itself, before the upgrade and after it",
    },
    judge,
};

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let Some(orphans) = &survey.orphans else {
        return Judgement::skip("not asked: it reads whole tables (`omup check --full`)");
    };
    let orphans = match known(orphans, "the ends of the relations") {
        Ok(orphans) => orphans,
        Err(unknown) => return unknown,
    };
    let lost: Vec<(&String, &u64)> = orphans.iter().filter(|(_, number)| **number > 0).collect();
    if lost.is_empty() {
        return Judgement::pass(format!(
            "{} looked at, and no relation has lost an end",
            count(
                orphans.len(),
                "type of entities was",
                "types of entities were"
            )
        ));
    }
    let all: u64 = lost.iter().map(|(_, number)| **number).sum();
    Judgement::warn(format!(
        "{all} ends of relations are gone, of {}",
        count(lost.len(), "type of entities", "types of entities")
    ))
    .seen_all(lost.iter().map(|(kind, number)| format!("{kind}: {number}")))
    .remedy("they were there before the upgrade and do not come from it; the migration and the search index may trip over them. newer releases bring `openmetadata-ops.sh relationshipCleanup`, which without --delete only tells what it would remove")
}
