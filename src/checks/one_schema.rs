//! OM-ID-001: one OpenMetadata schema, in the very database that is configured.

use super::check::{Check, Cost, Item, Judgement};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::names::Engine;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-ID-001",
        title: "The configured database holds one OpenMetadata",
        blocks: Blocks::Always,
        cost: Cost::Query,
        of_release: false,
        condition: "the database reached is the configured one; on PostgreSQL exactly one schema holds a history table",
    },
    judge,
};

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let configured = &survey.deployment.connection;
    let reached = &survey.database.identity;
    if configured.database != reached.database || configured.engine != reached.engine {
        return Judgement::fail(format!(
            "the deployment is configured for '{}' and omup is connected with '{}'",
            configured.database, reached.database
        ))
        .seen(format!(
            "configured: {} '{}' at {}:{}",
            configured.engine.title(),
            configured.database,
            configured.host,
            configured.port
        ))
        .seen(format!("connected: {} {reached}", reached.engine.title()))
        .remedy("compare the database settings of the old installation with the answers; upgrade only the database that OpenMetadata itself uses");
    }
    match reached.engine {
        Engine::Sqlite => Judgement::skip("the practice database is one file and has no schemas")
            .seen(reached.to_string()),
        Engine::Postgres | Engine::Mysql => schemas(survey),
    }
}

fn schemas(survey: &Survey) -> Judgement {
    let database = &survey.database.identity.database;
    match survey.database.schemas.as_slice() {
        [] => Judgement::fail(format!(
            "no schema of '{database}' holds OpenMetadata's history table"
        ))
        .remedy("check the database name and the user's rights: an empty database has nothing to upgrade, and a table that the user may not see looks like one that is not there"),
        [one] => Judgement::pass(format!(
            "'{database}' holds one OpenMetadata, in schema '{one}'"
        ))
        .seen(survey.database.identity.to_string()),
        several => Judgement::fail(format!(
            "'{database}' holds {}: omup cannot know which one the server uses",
            count(several.len(), "OpenMetadata schema", "OpenMetadata schemas")
        ))
        .seen_all(several.iter().map(|schema| format!("schema {schema}")))
        .remedy("find the schema that the server uses (currentSchema in DB_PARAMS, or the user's search_path), back up the other one and move it out of this database, then check again"),
    }
}
