//! OM-MEM-001: sort memory against OpenMetadata's 20 MB. On PostgreSQL less is slow, not wrong.
//!
//! Source: `sort-memory` of `assets/figures.toml`.

use super::check::{Check, Cost, Item, Judgement};
use crate::domain::answers::{Answers, MemoryWay};
use crate::domain::finding::Blocks;
use crate::domain::memory::sort_setting;
use crate::domain::names::Engine;
use crate::domain::space::size;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

/// OpenMetadata's own figure, in bytes.
const WANTED: u64 = 20 * 1024 * 1024;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-MEM-001",
        title: "The migration has enough memory for sorting",
        blocks: Blocks::No,
        cost: Cost::Query,
        of_release: true,
        condition: "20 MB (OpenMetadata's figure), by the database's setting or by the answers' [memory]; too little is slow on PostgreSQL and an error on MySQL, where the step that sets it ends the upgrade when nothing gives enough",
    },
    judge,
};

fn judge(survey: &Survey, answers: &Answers, knowledge: &Knowledge) -> Judgement {
    let engine = survey.database.identity.engine;
    match (engine, survey.database.sort_memory) {
        (Engine::Sqlite, None) => {
            return Judgement::skip("the practice database has no such setting");
        }
        (Engine::Sqlite, Some(_)) | (Engine::Postgres | Engine::Mysql, _) => {}
    }
    let setting = sort_setting(engine);
    let Some(now) = survey.database.sort_memory else {
        return Judgement::unknown(format!(
            "{}, as a new connection sees it, could not be read",
            setting.name
        ))
            .remedy("keep memory.way = \"connection\" in the answers: the migration's own connection is then given enough")
            .command(setting.show);
    };
    let asked = answers.memory.bytes();
    let seen = format!(
        "a new connection sees {} for sorting ({}); OpenMetadata's figure is {}",
        size(now),
        setting.name,
        size(WANTED)
    );
    match answers.memory.way {
        _ if now >= WANTED => Judgement::pass(format!(
            "new connections have {} for sorting, at least the {} that OpenMetadata asks for",
            size(now),
            size(WANTED)
        )),
        MemoryWay::Connection => Judgement::pass(format!(
            "the migration's own connection will get {}; nothing is changed in the database",
            size(asked)
        )),
        MemoryWay::Role => Judgement::pass(format!(
            "the migration will get {} through a setting ({}) that is put back afterwards",
            size(asked),
            setting.scope
        )),
        MemoryWay::Leave => {
            let words = format!("the migration would sort with {}: {}", size(now), setting.too_little);
            if setting.fails {
                Judgement::fail(words)
            } else {
                Judgement::warn(words)
            }
        }
        .remedy("set memory.way = \"connection\" in the answers: it needs no right and nothing has to be put back"),
    }
    .seen(seen)
    .seen_all(knowledge.cited("sort-memory"))
}

#[cfg(test)]
mod tests {
    use super::WANTED;
    use crate::domain::memory::bytes_of;
    use crate::knowledge::Knowledge;

    #[test]
    fn the_figure_is_that_of_the_page() {
        let knowledge = Knowledge::embedded();
        let figure = knowledge.figure("sort-memory").expect("a figure");
        assert_eq!(bytes_of(&figure.value), Some(WANTED));
    }
}
