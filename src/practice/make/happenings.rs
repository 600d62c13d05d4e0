//! What happened over time: profiles, test results, runs, change events, conversations.

use serde_json::json;

use super::rows::{Filling, irregular};
use super::world::{Cell, NOW_MS, World, name_hash};
use crate::practice::random::Random;

/// The tables and how their rows are made.
pub const FILLINGS: &[Filling] = &[
    irregular(
        "entity_extension_time_series",
        "entityFQNHash, extension, jsonSchema, json",
        pipeline_status,
    ),
    irregular(
        "profiler_data_time_series",
        "entityFQNHash, extension, jsonSchema, json",
        profile,
    ),
    irregular(
        "data_quality_data_time_series",
        "entityFQNHash, extension, jsonSchema, json",
        test_result,
    ),
    irregular("change_event", "json", change_event),
    irregular("thread_entity", "json", thread),
    irregular(
        "apps_extension_time_series",
        "json",
        |world, random, index| {
            let app = world.id("installed_apps", index % 4);
            vec![json!({"appId": app, "timestamp": NOW_MS - index as i64, "status": "success", "runs": random.below(90)}).to_string().into()]
        },
    ),
];

fn pipeline_status(world: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let document = json!({
        "runId": random.uuid(),
        "timestamp": NOW_MS - 60_000 * index as i64,
        "pipelineState": random.pick(&["success", "failed", "partialSuccess"]),
        "status": [{"name": "source", "records": random.below(9_000), "errors": 0}],
    });
    let pipeline = world.name("ingestion_pipeline_entity", index % 8);
    vec![
        name_hash(&pipeline).into(),
        "ingestionPipeline.pipelineStatus".into(),
        "pipelineStatus".into(),
        document.to_string().into(),
    ]
}

fn profile(world: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let rows = random.below(9_000_000);
    let document = json!({
        "timestamp": NOW_MS - 60_000 * index as i64,
        "operation": random.pick(&["INSERT", "UPDATE", "DELETE"]),
        "rowCount": rows,
        "columnCount": random.below(40),
        "sizeInByte": rows * 113,
        "mean": random.unit() * 1_000.0,
        "nullProportion": random.unit(),
        "note": world.text(random, 12),
    });
    let table = world.name("table_entity", random.below(world.count("table_entity")));
    let extension = random.pick(&["table.tableProfile", "table.systemProfile"]);
    vec![
        name_hash(&table).into(),
        extension.into(),
        "tableProfile".into(),
        document.to_string().into(),
    ]
}

fn test_result(world: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let document = json!({
        "timestamp": NOW_MS - 30_000 * index as i64,
        "testCaseStatus": random.pick(&["Success", "Failed", "Aborted"]),
        "testResultValue": [{"name": "max", "value": random.unit().to_string()}],
    });
    vec![
        name_hash(&world.name("test_case", index % 6)).into(),
        "testCase.testCaseResult".into(),
        "testCaseResult".into(),
        document.to_string().into(),
    ]
}

fn change_event(world: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let words = 10 + random.below(60);
    let document = json!({
        "id": random.uuid(),
        "eventType": random.pick(&["entityUpdated", "entityCreated", "entitySoftDeleted"]),
        "entityType": "table",
        "entityId": world.some_id("table_entity", random),
        "userName": world.name("user_entity", random.below(3)),
        "timestamp": NOW_MS - 9_000_000 + 1_000 * index as i64,
        "changeDescription": {"fieldsUpdated": [{"name": "description", "newValue": world.text(random, words)}]},
    });
    vec![document.to_string().into()]
}

fn thread(world: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let document = json!({
        "id": random.uuid(),
        "type": "Task",
        "about": format!("<#E::table::{}>", world.name("table_entity", index)),
        "entityId": world.id("table_entity", index),
        "threadTs": NOW_MS - 5_000 * index as i64,
        "updatedAt": NOW_MS - 4_000 * index as i64,
        "updatedBy": "admin",
        "createdBy": "admin",
        "resolved": index.is_multiple_of(2),
        "message": world.text(random, 20),
        "task": {"id": index + 1, "status": "Open"},
    });
    vec![document.to_string().into()]
}
