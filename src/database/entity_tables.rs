//! The tables whose rows people know as their metadata. One list for counting before and after.
//!
//! Names as in OpenMetadata's `bootstrap/sql`; a release has some of them, never all.

/// Main entity tables, lower case.
pub const ENTITY_TABLES: &[&str] = &[
    "api_collection_entity",
    "api_endpoint_entity",
    "api_service_entity",
    "apps_marketplace",
    "bot_entity",
    "chart_entity",
    "classification",
    "dashboard_data_model_entity",
    "dashboard_entity",
    "dashboard_service_entity",
    "data_contract_entity",
    "data_product_entity",
    "database_entity",
    "database_schema_entity",
    "dbservice_entity",
    "directory_entity",
    "doc_store",
    "domain_entity",
    "drive_service_entity",
    "entity_relationship",
    "event_subscription_entity",
    "file_entity",
    "glossary_entity",
    "glossary_term_entity",
    "ingestion_pipeline_entity",
    "installed_apps",
    "kpi_entity",
    "messaging_service_entity",
    "metadata_service_entity",
    "metric_entity",
    "ml_model_entity",
    "mlmodel_service_entity",
    "persona_entity",
    "pipeline_entity",
    "pipeline_service_entity",
    "policy_entity",
    "query_entity",
    "report_entity",
    "role_entity",
    "search_index_entity",
    "search_service_entity",
    "security_service_entity",
    "spreadsheet_entity",
    "storage_container_entity",
    "storage_service_entity",
    "stored_procedure_entity",
    "table_entity",
    "tag",
    "team_entity",
    "test_case",
    "test_connection_definition",
    "test_definition",
    "test_suite",
    "thread_entity",
    "topic_entity",
    "type_entity",
    "user_entity",
    "web_analytic_event",
    "workflow_definition_entity",
    "worksheet_entity",
];

#[cfg(test)]
mod tests {
    use super::ENTITY_TABLES;

    #[test]
    fn sorted_and_each_once() {
        assert!(ENTITY_TABLES.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
