//! OM-LEVEL-001: the backup is asked to be as well proven as omup can prove it.

use super::check::{Check, Cost, Item, Judgement};
use crate::domain::answers::Answers;
use crate::domain::backup::Level;
use crate::domain::finding::Blocks;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-LEVEL-001",
        title: "The backup will be proven by a restore",
        blocks: Blocks::No,
        cost: Cost::Free,
        of_release: false,
        condition: "backup.level in the answers is restored-and-equal",
    },
    judge,
};

fn judge(_survey: &Survey, answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let level = answers.backup.level;
    if level >= Level::RestoredAndEqual {
        return Judgement::pass("the backup must be restored and equal before anything is changed");
    }
    Judgement::warn(format!(
        "the backup need only be {}: nobody will have seen that it can be restored",
        level.words()
    ))
    .remedy("remove backup.level from the answers (restored-and-equal is the default); it costs the time and the room of one restore, while users still work")
}
