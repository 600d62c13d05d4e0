//! The JSON documents of the regular tables.

use serde_json::{Map, Value, json};

use super::entities::{Entity, Key};
use super::world::{Cell, NOW_MS, World, fqn_hash, name_hash};
use crate::practice::random::Random;

/// The number of the longest query; even the smallest table has it.
const LONGEST_QUERY: u64 = 7;

/// One row of a regular table: its hash and its document, in this order.
pub fn row(world: &World, entity: &Entity, index: u64) -> Vec<Cell> {
    let mut random = world.random(entity.table, index);
    let id = random.uuid();
    let name = world.name(entity.table, index);
    let mut path = parents(world, entity.table, index);
    path.push(name.clone());

    let mut document = Map::new();
    let mut put = |key: &str, value: Value| {
        document.insert(key.to_owned(), value);
    };
    put("id", json!(id));
    put("name", json!(name));
    put("fullyQualifiedName", json!(path.join(".")));
    put("displayName", json!(world.text(&mut random, 2)));
    let description_words = 4 + random.below(20);
    put(
        "description",
        json!(world.text(&mut random, description_words)),
    );
    put("version", json!(0.1 + random.below(30) as f64 / 10.0));
    put("updatedAt", json!(world.moment(&mut random)));
    put(
        "updatedBy",
        json!(world.name("user_entity", random.below(3))),
    );
    put("href", json!(format!("http://localhost:8585/api/v1/{id}")));
    put("deleted", json!(random.below(25) == 0));
    for (key, value) in particulars(world, entity.table, index, &mut random) {
        document.insert(key.to_owned(), value);
    }

    let hash = match entity.key {
        Key::NameHash => name_hash(&name),
        Key::FqnHash => fqn_hash(&path),
    };
    vec![
        Cell::Text(hash),
        Cell::Text(Value::Object(document).to_string()),
    ]
}

/// The names above a row in its fully qualified name.
fn parents(world: &World, table: &str, index: u64) -> Vec<String> {
    let above = |table: &str| world.name(table, index % world.count(table));
    match table {
        "database_entity" => vec![above("dbservice_entity")],
        "database_schema_entity" => vec![above("dbservice_entity"), above("database_entity")],
        "table_entity" | "stored_procedure_entity" => vec![
            above("dbservice_entity"),
            above("database_entity"),
            above("database_schema_entity"),
        ],
        "dashboard_entity" | "chart_entity" | "dashboard_data_model_entity" => {
            vec![above("dashboard_service_entity")]
        }
        "pipeline_entity" => vec![above("pipeline_service_entity")],
        "topic_entity" => vec![above("messaging_service_entity")],
        "ml_model_entity" => vec![above("mlmodel_service_entity")],
        "storage_container_entity" => vec![above("storage_service_entity")],
        "search_index_entity" => vec![above("search_service_entity")],
        "glossary_term_entity" => vec![above("glossary_entity")],
        "tag" => vec![above("classification")],
        "ingestion_pipeline_entity" => vec![above("dbservice_entity")],
        "test_case" => vec![above("table_entity")],
        _ => Vec::new(),
    }
}

/// What only this kind of entity has.
fn particulars(
    world: &World,
    table: &str,
    index: u64,
    random: &mut Random,
) -> Vec<(&'static str, Value)> {
    match table {
        "dbservice_entity" => vec![
            (
                "serviceType",
                json!(random.pick(&["Postgres", "Mysql", "Snowflake", "BigQuery"])),
            ),
            (
                "connection",
                json!({"config": {"username": "reader", "password": "fernet:practice"}}),
            ),
        ],
        "messaging_service_entity"
        | "dashboard_service_entity"
        | "pipeline_service_entity"
        | "mlmodel_service_entity"
        | "storage_service_entity"
        | "metadata_service_entity"
        | "search_service_entity" => vec![(
            "serviceType",
            json!(random.pick(&["Kafka", "Superset", "Airflow", "S3"])),
        )],
        "table_entity" => vec![
            ("tableType", json!(random.pick(&["Regular", "View"]))),
            ("columns", columns(world, random)),
        ],
        "query_entity" => query(world, index, random),
        "user_entity" => {
            let name = world.name(table, index);
            vec![
                (
                    "email",
                    json!(format!("{index}.{}@Example.org", name.len())),
                ),
                ("isBot", json!(name.ends_with("-bot"))),
                ("isAdmin", json!(index == 0)),
            ]
        }
        "ingestion_pipeline_entity" => vec![
            (
                "pipelineType",
                json!(["metadata", "usage", "lineage", "profiler"][index as usize % 4]),
            ),
            (
                "service",
                json!({"name": world.name("dbservice_entity", index % world.count("dbservice_entity")), "type": "databaseService"}),
            ),
            ("deployed", json!(true)),
            ("enabled", json!(true)),
            (
                "airflowConfig",
                json!({"scheduleInterval": "0 0 * * *", "retries": 0}),
            ),
        ],
        "test_case" => vec![(
            "entityLink",
            json!(format!(
                "<#E::table::{}>",
                world.name("table_entity", index)
            )),
        )],
        "automations_workflow" => vec![
            ("workflowType", json!("TEST_CONNECTION")),
            ("status", json!("Successful")),
        ],
        "web_analytic_event" => vec![("eventType", json!("PageView"))],
        _ => Vec::new(),
    }
}

fn columns(world: &World, random: &mut Random) -> Value {
    let count = 4 + random.below(22);
    let columns = (0..count).map(|at| {
        json!({
            "name": format!("{}_{at}", world.text(random, 1)),
            "dataType": random.pick(&["BIGINT", "VARCHAR", "TIMESTAMP", "NUMERIC"]),
            "dataLength": random.below(255),
            "ordinalPosition": at,
            "description": world.text(random, 8),
            "tags": [],
            "constraint": Value::Null,
            "isNullable": random.below(2) == 0,
        })
    });
    Value::Array(columns.collect())
}

/// Queries are the widest rows of a real deployment: every hundredth is some 60 KB long, and one is
/// as long as is asked for.
fn query(world: &World, index: u64, random: &mut Random) -> Vec<(&'static str, Value)> {
    let words = match index % 100 {
        99 => 6_000,
        _ => 60 + random.below(600),
    };
    let mut text = format!(
        "SELECT {} FROM {}",
        world.text(random, words),
        world.text(random, 1)
    );
    if let (LONGEST_QUERY, Some(bytes)) = (index, world.longest_query) {
        while (text.len() as u64) < bytes {
            text.push(' ');
            text.push_str(&world.text(random, 1_000));
        }
    }
    let users: Vec<Value> = (0..random.below(4))
        .map(|_| json!({"id": world.some_id("user_entity", random), "type": "user"}))
        .collect();
    vec![
        ("checksum", json!(name_hash(&text))),
        ("query", json!(text)),
        ("queryDate", json!(NOW_MS - index as i64)),
        ("duration", json!(random.unit() * 1_000.0)),
        ("usedBy", json!(["practice"])),
        ("users", Value::Array(users)),
        (
            "queryUsedIn",
            json!([{"id": world.some_id("table_entity", random), "type": "table"}]),
        ),
    ]
}
