//! OM-SQL-004: the tables that one pending statement brings together compare texts by one rule. MySQL
//! refuses to compare two columns whose collations differ ("Illegal mix of collations", error 1267).

use std::collections::BTreeMap;

use super::check::{Check, Cost, Item, Judgement, known};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::names::Engine;
use crate::domain::schema_touch::{Reading, SchemaShape, Touch};
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-SQL-004",
        title: "Tables that pending statements join compare texts alike",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: true,
        condition: "on MySQL: the default collation of all tables that one pending statement reads or writes together; a single column may still differ, as OpenMetadata's hashes do",
    },
    judge,
};

/// The most statements that are shown.
const SHOWN: usize = 10;

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    match survey.database.identity.engine {
        Engine::Mysql => {}
        Engine::Postgres => return Judgement::skip("PostgreSQL's tables have none of their own"),
        Engine::Sqlite => return Judgement::skip("the practice database is built in"),
    }
    let work = match known(&survey.pending, "the pending work") {
        Ok(work) => work,
        Err(unknown) => return unknown,
    };
    let ground = match known(&survey.ground, "what the database says to the pending work") {
        Ok(ground) => ground,
        Err(unknown) => return unknown,
    };
    let mut mixed = Vec::new();
    for one in &work.versions {
        for statement in &one.statements {
            let Reading::Read { touches, .. } = &statement.needs.reading else {
                continue;
            };
            let rules = rules(&ground.schema, touches);
            if rules.len() > 1 {
                let words: Vec<String> = rules
                    .iter()
                    .map(|(rule, table)| format!("{table} {rule}"))
                    .collect();
                let words = words.join(", ");
                mixed.push(format!("{}: {words}: {}", one.version, statement.head));
            }
        }
    }
    if mixed.is_empty() {
        return Judgement::pass("no pending statement joins tables of different collations");
    }
    let more = mixed.len().saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("and {more} more"));
    Judgement::warn(format!(
        "{} tables of different collations: where it compares two texts of them, it stops with 'Illegal mix of collations'",
        count(mixed.len(), "pending statement joins", "pending statements join")
    ))
    .seen_all(mixed.into_iter().take(SHOWN).chain(rest))
    .remedy("let a database administrator look at the statements named, and give the odd tables the collation of the others beforehand, on a copy first: a large table is written anew")
    .command("ALTER TABLE <table> CONVERT TO CHARACTER SET utf8mb4 COLLATE <collation of the others>;")
}

/// The collations of the tables that a statement touches, each with one of its tables.
fn rules<'a>(schema: &'a SchemaShape, touches: &'a [Touch]) -> BTreeMap<&'a str, &'a str> {
    let same = |a: &str, b: &str| match schema.fold_tables {
        true => a.eq_ignore_ascii_case(b),
        false => a == b,
    };
    let mut rules = BTreeMap::new();
    for table in touches.iter().filter_map(Touch::table) {
        let found = schema.tables.iter().find(|(name, _)| same(name, table));
        if let Some(rule) = found.and_then(|(_, shape)| shape.collation.as_deref()) {
            rules.entry(rule).or_insert(table);
        }
    }
    rules
}
