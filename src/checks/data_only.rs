//! OM-LEVEL-002: no file of OpenMetadata's old `metadata backup` is taken for a backup.

use super::check::{Check, Cost, Item, Judgement};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::data_only::WHY;
use crate::domain::finding::Blocks;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-LEVEL-002",
        title: "No old data-only file is taken for a backup",
        blocks: Blocks::No,
        cost: Cost::Host,
        of_release: false,
        condition: "no file of `metadata backup` (OpenMetadata up to 1.3) lies in the folder of backups",
    },
    judge,
};

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let files = &survey.data_only_files;
    if files.is_empty() {
        return Judgement::pass(
            "no file of the old `metadata backup` lies in the folder of backups",
        );
    }
    Judgement::warn(format!(
        "{} in the folder of backups with rows only",
        count(files.len(), "file lies", "files lie")
    ))
    .seen_all(
        files
            .iter()
            .map(|file| CleanText::new(&file.display().to_string())),
    )
    .remedy(format!(
        "do not rely on such a file: {WHY}. This upgrade takes a dump of its own, with everything in it"
    ))
}
