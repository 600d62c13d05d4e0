//! A server in use writes: a change event and an entity's time of change, again and again.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::log::ServerLog;
use crate::practice::connection::{Dialect, Session, SqlError};
use crate::practice::ops::Tool;
use crate::practice::random::unforeseen_uuid;

/// Writes for ever; a lost session is opened again, as a pool does.
pub async fn run(tool: Arc<Tool>, interval: Duration, mut log: ServerLog) {
    let mut session = None;
    let mut turn = 0_u64;
    loop {
        let outcome = match session.take() {
            Some(open) => write_in(open, turn).await,
            None => match tool.open().await {
                Ok(open) => write_in(open, turn).await,
                Err(error) => Err(error),
            },
        };
        match outcome {
            Ok(open) => session = Some(open),
            Err(error) => log.warn(&format!("Failed to store a change event: {error}")),
        }
        turn += 1;
        tokio::time::sleep(interval).await;
    }
}

/// Gives the session back when both writes were done; a failed one is dropped.
async fn write_in(mut session: Session, turn: u64) -> Result<Session, SqlError> {
    let now = jiff::Timestamp::now().as_millisecond();
    let id = unforeseen_uuid().map_err(sqlx::Error::Io)?;
    let count = session
        .value("SELECT count(*) FROM table_entity")
        .await?
        .and_then(|count| count.parse::<u64>().ok())
        .unwrap_or(1)
        .clamp(1, 20);
    let table = session
        .value(&format!(
            "SELECT id FROM table_entity ORDER BY id LIMIT 1 OFFSET {}",
            turn % count
        ))
        .await?
        .unwrap_or_default();
    let event = json!({
        "id": id,
        "eventType": "entityUpdated",
        "entityType": "table",
        "entityId": table,
        "userName": "admin",
        "timestamp": now,
    });
    let dialect = session.dialect();
    let event = dialect.text(&event.to_string());
    session
        .execute(&format!("INSERT INTO change_event (json) VALUES ({event})"))
        .await?;
    let change = match dialect {
        Dialect::Postgres => {
            format!("jsonb_set(json, '{{updatedAt}}', to_jsonb({now}::bigint))")
        }
        Dialect::Mysql => format!("JSON_SET(json, '$.updatedAt', {now})"),
        Dialect::Sqlite => format!("json_set(json, '$.updatedAt', {now})"),
    };
    session
        .execute(&format!(
            "UPDATE table_entity SET json = {change} WHERE id = {}",
            dialect.text(&table)
        ))
        .await?;
    Ok(session)
}
