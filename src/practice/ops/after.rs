//! What comes after a migration: reindexing and redeploying pipelines.

use std::time::Duration;

use super::commands::CommandError;
use super::console::Console;
use super::{Tool, table};
use crate::exit_code::ExitCode;
use crate::practice::connection::Dialect;

impl Tool {
    pub async fn reindex(&self, console: &mut Console) -> Result<ExitCode, CommandError> {
        tokio::time::sleep(Duration::from_millis(self.faults.reindex_delay_ms)).await;
        let mut session = self.open().await?;
        self.reach_search()?;
        console.info("Running Reindexing Job.");
        let mut rows = Vec::new();
        for (entity, table) in [
            ("table", "table_entity"),
            ("query", "query_entity"),
            ("dashboard", "dashboard_entity"),
            ("user", "user_entity"),
        ] {
            let count = session
                .value(&format!("SELECT count(*) FROM {table}"))
                .await?
                .unwrap_or_default();
            rows.push(vec![
                entity.to_owned(),
                count.clone(),
                count,
                "0".to_owned(),
            ]);
        }
        let columns = ["Entity", "Total", "Success", "Failed"];
        console.info(&table::render(&columns, &rows, "No entities found"));
        console.info("Reindexing Completed Successfully.");
        Ok(ExitCode::Ok)
    }

    /// Exits 0 whatever became of the single pipelines.
    pub async fn deploy_pipelines(&self, console: &mut Console) -> Result<ExitCode, CommandError> {
        let mut session = self.open().await?;
        let sql = match session.dialect() {
            Dialect::Postgres => {
                "SELECT name, json ->> 'pipelineType', json -> 'service' ->> 'name' \
                 FROM ingestion_pipeline_entity WHERE deleted = FALSE ORDER BY id"
            }
            Dialect::Mysql => {
                "SELECT name, json ->> '$.pipelineType', json ->> '$.service.name' \
                 FROM ingestion_pipeline_entity WHERE deleted = FALSE ORDER BY id"
            }
            Dialect::Sqlite => {
                "SELECT name, json_extract(json, '$.pipelineType'), \
                 json_extract(json, '$.service.name') \
                 FROM ingestion_pipeline_entity WHERE deleted = FALSE ORDER BY id"
            }
        };
        let mut rows = Vec::new();
        for (at, row) in session.rows(sql).await?.into_iter().enumerate() {
            let mut cells: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
            if at < self.faults.deploy_pipelines_failures as usize {
                let name = cells.first().map_or("", String::as_str);
                console.exception(
                    &format!("Failed to deploy pipeline {name}"),
                    "java.net.ConnectException: Connection refused",
                    &["org.openmetadata.service.clients.pipeline.airflow.AirflowRESTClient.deployPipeline(AirflowRESTClient.java)"],
                );
                cells.push("FAILED".to_owned());
            } else {
                cells.push("DEPLOYED".to_owned());
            }
            rows.push(cells);
        }
        let columns = ["Name", "Type", "Service Name", "Status"];
        console.info(&table::render(&columns, &rows, "No Pipelines Found"));
        Ok(ExitCode::Ok)
    }
}
