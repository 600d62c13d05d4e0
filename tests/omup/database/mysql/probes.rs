//! Every question that the changes ask of the database, asked of a real MySQL; `database::probes` asks
//! PostgreSQL.

use std::collections::BTreeSet;

use omup::domain::row_question::Patience;
use omup::knowledge::Knowledge;
use serde_json::Value;

use super::bench::Bench;
use crate::database::bench::good;
use crate::knowledge::world::{self, World};

/// The made-up deployment's rows, each table with a document and the columns that its rows name.
fn statements(world: &World) -> String {
    let text = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
    let mut sql = String::from(
        "set foreign_key_checks = 0; drop table if exists table_entity, user_entity, change_event, parted, parent, child;",
    );
    let mut made: BTreeSet<(&str, &str)> = BTreeSet::new();
    for row in &world.row {
        sql.push_str(&format!(
            "create table if not exists {} (json json);",
            row.table
        ));
        for column in row.columns.keys() {
            if made.insert((&row.table, column)) {
                sql.push_str(&format!(
                    "alter table {} add column {column} text;",
                    row.table
                ));
            }
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
    let (mut asked, mut found) = (BTreeSet::new(), BTreeSet::new());
    let alternatives = world::alternatives(&knowledge).into_iter();
    let alternatives = alternatives.filter(|(_, world)| !world.row.is_empty());
    for (name, world) in world::all().into_iter().chain(alternatives) {
        for bench in Bench::each("probes") {
            bench.database.sql(&statements(&world));
            let database = bench.connect().await;
            for (id, question) in knowledge.row_questions(&world.from, &world.to) {
                let rows = good(database.rows_matching(&question, Patience::Look).await);
                // Extensions are a thing of PostgreSQL.
                let expected = match question.tables.as_slice() {
                    [only] if only == "pg_extension" => 0,
                    _ => world.rows(&question).count,
                };
                assert_eq!(rows.count, expected, "{name}: {id}: {question:?}");
                if rows.count > 0 {
                    found.insert(id.clone());
                }
                if question.tables != ["pg_extension"] {
                    asked.insert(id);
                }
            }
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
