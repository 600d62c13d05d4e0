//! OM-DB-001: the database server is one that the new version supports.

use super::check::{Check, Cost, Item, Judgement, known};
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::names::Engine;
use crate::domain::survey::Survey;
use crate::knowledge::{Knowledge, at_least};

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-DB-001",
        title: "The new version supports this database server",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: true,
        condition: "the server's version lies in the range that OpenMetadata names for the target; what is not in our data is unknown",
    },
    judge,
};

fn judge(survey: &Survey, _answers: &Answers, knowledge: &Knowledge) -> Judgement {
    let component = match survey.database.identity.engine {
        Engine::Sqlite => return Judgement::skip("the practice database is built in"),
        Engine::Postgres => "postgres",
        Engine::Mysql => "mysql",
    };
    let engine = survey.database.identity.engine.title();
    let target = match known(&survey.versions.target, "the new folder's version") {
        Ok(target) => target,
        Err(unknown) => return unknown,
    };
    let database = &survey.database;
    let version = (
        database.major,
        minor(database.version_text.as_str(), database.major),
    );
    let shown = format!("server: {engine} {}", database.version_text);
    let Some(range) = knowledge
        .support(target)
        .and_then(|support| support.range(component))
    else {
        return not_listed(engine, target.to_string()).seen(shown);
    };
    let source = knowledge
        .release(target)
        .map(|release| {
            format!(
                "OpenMetadata {target} asks for {engine} {range} (copied {}; {})",
                release.copied,
                release
                    .support_sources
                    .get(component)
                    .map(|sources| sources.join(", "))
                    .unwrap_or_default()
            )
        })
        .unwrap_or_default();
    let advised = knowledge
        .release(target)
        .and_then(|release| release.advised.range(component));
    let below_advice = advised.filter(|range| at_least(range, version) == Some(false));
    match (at_least(range, version), below_advice) {
        (Some(true), Some(advised)) => Judgement::warn(format!(
            "{engine} {}.{} is within {range}, and a page of OpenMetadata {target} advises {advised}",
            version.0, version.1
        ))
        .remedy("plan the database server's upgrade too, as a change of its own"),
        (Some(true), None) => Judgement::pass(format!(
            "{engine} {}.{} is within {range}, which OpenMetadata {target} asks for",
            version.0, version.1
        )),
        (Some(false), _) => Judgement::fail(format!(
            "{engine} {}.{} is too old: OpenMetadata {target} asks for {range}",
            version.0, version.1
        ))
        .remedy("upgrade the database server first, as a change of its own with its own backup, and run the old OpenMetadata on it; or choose a target that supports this server"),
        (None, _) => not_listed(engine, target.to_string()),
    }
    .seen(shown)
    .seen(source)
}

fn not_listed(engine: &str, target: String) -> Judgement {
    Judgement::unknown(format!(
        "omup has no range of {engine} versions for OpenMetadata {target}"
    ))
    .remedy("look into the requirements page of that release; if this server is named there, waive this check with that page as reason")
}

/// The number behind the first dot of `15.18 (Debian ...)`; 0 where there is none.
fn minor(text: &str, major: u32) -> u32 {
    text.strip_prefix(&format!("{major}."))
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect())
        .and_then(|digits: String| digits.parse().ok())
        .unwrap_or(0)
}
