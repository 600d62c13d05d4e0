//! Relations whose end is gone: rows of `entity_relationship` that name an entity which no table has.
//!
//! Which type lies in which table: OpenMetadata's `bootstrap/sql` and `Entity.java`.

use super::Result;
use super::quoting::literal;

/// Entity type and its table.
pub const TYPES: &[(&str, &str)] = &[
    ("bot", "bot_entity"),
    ("chart", "chart_entity"),
    ("classification", "classification"),
    ("container", "storage_container_entity"),
    ("dashboard", "dashboard_entity"),
    ("dashboardService", "dashboard_service_entity"),
    ("dataProduct", "data_product_entity"),
    ("database", "database_entity"),
    ("databaseSchema", "database_schema_entity"),
    ("databaseService", "dbservice_entity"),
    ("domain", "domain_entity"),
    ("glossary", "glossary_entity"),
    ("glossaryTerm", "glossary_term_entity"),
    ("ingestionPipeline", "ingestion_pipeline_entity"),
    ("messagingService", "messaging_service_entity"),
    ("metric", "metric_entity"),
    ("mlmodel", "ml_model_entity"),
    ("pipeline", "pipeline_entity"),
    ("pipelineService", "pipeline_service_entity"),
    ("policy", "policy_entity"),
    ("query", "query_entity"),
    ("role", "role_entity"),
    ("storageService", "storage_service_entity"),
    ("storedProcedure", "stored_procedure_entity"),
    ("table", "table_entity"),
    ("tag", "tag"),
    ("team", "team_entity"),
    ("testCase", "test_case"),
    ("testSuite", "test_suite"),
    ("topic", "topic_entity"),
    ("user", "user_entity"),
];

/// The table of relations.
pub const RELATIONS: &str = "entity_relationship";

/// Counts the relations whose end of a type is gone. Tables are given quoted; the columns' names
/// stand unquoted, so that each engine folds them as it did when they were made.
pub fn count(kind: &str, table: &str, relations: &str, as_text: bool) -> Result<String> {
    let kind = literal(kind)?;
    let end = |side: &str| {
        format!(
            "(SELECT count(*) FROM {relations} r WHERE r.{side}Entity = {kind} \
             AND NOT EXISTS (SELECT 1 FROM {table} e WHERE e.id = r.{side}Id))"
        )
    };
    let sum = format!("{} + {}", end("from"), end("to"));
    Ok(if as_text {
        format!("SELECT CAST({sum} AS TEXT)")
    } else {
        format!("SELECT {sum}")
    })
}

#[cfg(test)]
mod tests {
    use super::{TYPES, count};
    use crate::database::entity_tables::ENTITY_TABLES;

    #[test]
    fn every_type_has_a_table_that_is_counted_too() {
        for (kind, table) in TYPES {
            assert!(ENTITY_TABLES.contains(table), "{kind}: {table}");
        }
        assert!(TYPES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let sql = count(
            "table",
            "\"table_entity\"",
            "\"entity_relationship\"",
            false,
        );
        assert!(
            sql.expect("it can be asked")
                .contains("r.toEntity = 'table'")
        );
    }
}
