//! Every question that the changes ask of the database, asked of a real one.

use omup::domain::row_question::Patience;
use omup::knowledge::Knowledge;
use serde_json::Value;

use super::bench::{Bench, good};
use crate::knowledge::world::{self, World};

/// The made-up deployment's rows, each table with a document and the columns that its rows name.
fn statements(world: &World) -> String {
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut sql = String::from(
        "drop table if exists table_entity, user_entity, change_event, parted, parent cascade;",
    );
    for row in &world.row {
        sql.push_str(&format!(
            "create table if not exists {} (json jsonb);",
            row.table
        ));
        for column in row.columns.keys() {
            sql.push_str(&format!(
                "alter table {} add column if not exists {column} text;",
                row.table
            ));
        }
        let mut names: Vec<&str> = row.columns.keys().map(String::as_str).collect();
        let mut values: Vec<String> = row
            .columns
            .values()
            .map(|value| match value {
                Value::String(value) => text(value),
                other => text(&other.to_string()),
            })
            .collect();
        if let Some(json) = &row.json {
            names.push("json");
            values.push(text(&json.to_string()));
        }
        sql.push_str(&format!(
            "insert into {} ({}) values ({});",
            row.table,
            names.join(", "),
            values.join(", ")
        ));
    }
    sql
}

#[tokio::test]
async fn the_database_answers_as_the_data_says() {
    let knowledge = Knowledge::embedded();
    let mut asked = std::collections::BTreeSet::new();
    let mut found = std::collections::BTreeSet::new();
    let alternatives = world::alternatives(&knowledge).into_iter();
    let alternatives = alternatives.filter(|(_, world)| !world.row.is_empty());
    let named = alternatives.map(|(change, world)| (change.replace(['.', '-'], "_"), world));
    for (name, world) in world::all().into_iter().chain(named) {
        let Some(bench) = Bench::new(&format!("probes_{name}")) else {
            return;
        };
        bench.database.sql_as_superuser(
            "drop extension if exists pg_trgm cascade; drop extension if exists pgcrypto cascade",
        );
        for extension in &world.extensions {
            bench
                .database
                .sql_as_superuser(&format!("create extension \"{extension}\""));
        }
        bench.database.sql(&statements(&world));
        let database = bench.connect().await;
        for (id, question) in knowledge.row_questions(&world.from, &world.to) {
            let rows = good(database.rows_matching(&question, Patience::Look).await);
            let expected = world.rows(&question).count;
            assert_eq!(rows.count, expected, "{name}: {id}: {question:?}");
            if expected == 0 && question.tables == ["pg_extension"] {
                let sql = "create extension if not exists pg_trgm";
                bench.database.sql_as_superuser(sql);
                let rows = good(database.rows_matching(&question, Patience::Look).await);
                assert_eq!(rows.count, 1, "{id}: {question:?}");
                found.insert(id.clone());
            }
            if rows.count > 0 {
                found.insert(id.clone());
            }
            asked.insert(id);
        }
    }
    println!(
        "{} questions asked, {} of them found rows",
        asked.len(),
        found.len()
    );
    let silent: Vec<&String> = asked.difference(&found).collect();
    assert!(silent.is_empty(), "never found a row: {silent:?}");
}
