//! What lies between and beside the entities: relations, extensions, tags, settings.

use serde_json::json;

use super::rows::{Filling, irregular};
use super::world::{Cell, NOW_MS, World, name_hash};
use crate::practice::random::Random;

/// The tables and how their rows are made.
pub const FILLINGS: &[Filling] = &[
    irregular(
        "entity_relationship",
        "fromId, toId, fromEntity, toEntity, relation, json, deleted",
        relationship,
    ),
    irregular(
        "field_relationship",
        "fromFQN, toFQN, fromFQNHash, toFQNHash, fromType, toType, relation",
        field_relationship,
    ),
    irregular(
        "entity_extension",
        "id, extension, jsonSchema, json",
        extension,
    ),
    irregular(
        "tag_usage",
        "source, tagFQN, tagFQNHash, targetFQNHash, labelType, state",
        tag_usage,
    ),
    irregular(
        "entity_usage",
        "id, entityType, usageDate, count1, count7, count30, percentile1, percentile7, percentile30",
        usage,
    ),
    irregular("openmetadata_settings", "configType, json", setting),
    irregular("task_sequence", "dummy", |_, _, _| vec!["0".into()]),
    irregular("user_tokens", "json", token),
    irregular(
        "persona_entity",
        "nameHash, json",
        |world, random, index| {
            let name = world.name("persona_entity", index);
            vec![
                name_hash(&name).into(),
                json!({"id": random.uuid(), "name": name})
                    .to_string()
                    .into(),
            ]
        },
    ),
    irregular(
        "apps_data_store",
        "identifier, type, json",
        |_, random, index| {
            vec![
                format!("store-{index}").into(),
                "config".into(),
                json!({"value": random.number()}).to_string().into(),
            ]
        },
    ),
];

fn relationship(world: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    // Unique by construction: the target is the row's own number.
    let kinds = [
        (
            "database_schema_entity",
            "databaseSchema",
            "table_entity",
            "table",
            0,
        ),
        ("user_entity", "user", "table_entity", "table", 8),
        ("table_entity", "table", "query_entity", "query", 5),
    ];
    let (from_table, from, to_table, to, relation) = kinds[index as usize % kinds.len()];
    let round = index / world.count(to_table);
    let from_id = world.id(from_table, (index + round) % world.count(from_table));
    let to_id = if round == 0 {
        world.id(to_table, index)
    } else {
        random.uuid()
    };
    let json = match index % 5 {
        0 => json!({"source": "Manual"}).to_string().into(),
        _ => Cell::Null,
    };
    vec![
        from_id.into(),
        to_id.into(),
        from.into(),
        to.into(),
        Cell::Int(relation),
        json,
        Cell::Flag(index.is_multiple_of(40)),
    ]
}

fn field_relationship(world: &World, _: &mut Random, index: u64) -> Vec<Cell> {
    let from = world.name("table_entity", index);
    let to = world.name("thread_entity", index);
    vec![
        from.clone().into(),
        to.clone().into(),
        name_hash(&from).into(),
        name_hash(&to).into(),
        "table.description".into(),
        "user".into(),
        Cell::Int(9),
    ]
}

fn extension(world: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let document = json!({
        "id": random.uuid(),
        "version": 0.1 * (index % 9) as f64,
        "description": world.text(random, 200),
    });
    vec![
        random.uuid().into(),
        format!("table.version.0.{}", index % 9).into(),
        "table".into(),
        document.to_string().into(),
    ]
}

fn usage(world: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let tables = world.count("table_entity");
    let day = index / tables;
    let date = format!("2025-{:02}-{:02}", 1 + day / 28 % 12, 1 + day % 28);
    let mut cells = vec![
        world.id("table_entity", index % tables).into(),
        "table".into(),
        date.into(),
    ];
    cells.extend((0..6).map(|_| Cell::Int(random.below(900) as i64)));
    cells
}

fn tag_usage(world: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let tag = format!(
        "{}.{}",
        world.name("classification", index % 4),
        world.name("user_entity", 4 + index % 7)
    );
    vec![
        Cell::Int(0),
        tag.clone().into(),
        name_hash(&tag).into(),
        name_hash(&format!("{index}{}", random.number())).into(),
        Cell::Int(random.below(4) as i64),
        Cell::Int(1),
    ]
}

fn setting(_: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let kinds = [
        "searchSettings",
        "emailConfiguration",
        "customUiThemePreference",
        "loginConfiguration",
        "lineageSettings",
        "assetCertificationSettings",
    ];
    let kind = kinds[index as usize % kinds.len()];
    vec![
        kind.into(),
        json!({"enabled": true, "limit": random.below(500)})
            .to_string()
            .into(),
    ]
}

fn token(world: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let document = json!({
        "token": random.uuid(),
        "userId": world.id("user_entity", index),
        "tokenType": "PERSONAL_ACCESS_TOKEN",
        "expiryDate": NOW_MS + 86_400_000,
    });
    vec![document.to_string().into()]
}
