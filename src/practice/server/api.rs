//! The API calls that validation uses, with the shapes of OpenMetadata's own (see VersionResource,
//! SystemResource and the JSON schema system/validationResponse).

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use semver::Version;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::http::{Request, Response};
use super::{Slot, checked_out};
use crate::practice::connection::SqlError;
use crate::practice::make::TOKEN;
use crate::practice::migrations;
use crate::practice::ops::{Tool, history};
use crate::practice::statements::checksum;

/// Answers requests from the state of the database.
pub struct Api {
    tool: Arc<Tool>,
    slot: Slot,
    /// When the search indexing application was last triggered, in milliseconds since 1970.
    reindexed: Mutex<Option<i64>>,
}

const ENTITY_COUNTS: &[(&str, &str)] = &[
    ("tableCount", "table_entity"),
    ("topicCount", "topic_entity"),
    ("dashboardCount", "dashboard_entity"),
    ("pipelineCount", "pipeline_entity"),
    ("mlmodelCount", "ml_model_entity"),
    ("storageContainerCount", "storage_container_entity"),
    ("glossaryCount", "glossary_entity"),
    ("glossaryTermCount", "glossary_term_entity"),
    ("userCount", "user_entity"),
    ("teamCount", "team_entity"),
    ("testSuiteCount", "test_suite"),
];

const SERVICE_COUNTS: &[(&str, &str)] = &[
    ("databaseServiceCount", "dbservice_entity"),
    ("messagingServiceCount", "messaging_service_entity"),
    ("dashboardServiceCount", "dashboard_service_entity"),
    ("pipelineServiceCount", "pipeline_service_entity"),
    ("mlModelServiceCount", "mlmodel_service_entity"),
    ("storageServiceCount", "storage_service_entity"),
];

impl Api {
    pub fn new(tool: Arc<Tool>, slot: Slot) -> Self {
        Self {
            tool,
            slot,
            reindexed: Mutex::new(None),
        }
    }

    /// The application port.
    pub async fn public(&self, request: &Request) -> Response {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET" | "HEAD", "/") => Response {
                status: 200,
                content_type: "text/html; charset=utf-8",
                body: "<!doctype html><title>OpenMetadata</title><p>Practice deployment</p>".into(),
            },
            ("GET", "/api/v1/system/version") => self.version(),
            ("GET", "/api/v1/system/health") => Response {
                status: 200,
                content_type: "text/plain",
                body: "OK".into(),
            },
            ("POST", "/api/v1/users/login") => login(&request.body),
            (method, path) if path.starts_with("/api/") => {
                let expected = format!("Bearer {TOKEN}");
                match request.authorization.as_deref() {
                    Some(given) if given == expected => self.authorized(method, path).await,
                    Some(_) => unauthorized("Expired or invalid token!"),
                    None => unauthorized("Not Authorized! Token not present"),
                }
            }
            (_, _) => not_found(),
        }
    }

    async fn authorized(&self, method: &str, path: &str) -> Response {
        match (method, path) {
            ("GET", "/api/v1/system/status") => self.status().await,
            ("GET", "/api/v1/system/entities/count") => self.counts(ENTITY_COUNTS).await,
            ("GET", "/api/v1/system/services/count") => self.counts(SERVICE_COUNTS).await,
            ("POST", "/api/v1/apps/trigger/SearchIndexingApplication") => {
                if self.tool.faults.search_down {
                    return failed("Connection refused (search)");
                }
                *self.reindexed.lock().await = Some(jiff::Timestamp::now().as_millisecond());
                Response::json(200, &json!("Application Triggered"))
            }
            ("GET", "/api/v1/apps/name/SearchIndexingApplication/status") => {
                let runs: Vec<Value> = match *self.reindexed.lock().await {
                    Some(start) => vec![json!({
                        "appName": "SearchIndexingApplication",
                        "status": "success",
                        "startTime": start,
                        "endTime": start + 1,
                    })],
                    None => Vec::new(),
                };
                Response::json(200, &json!({"paging": {"total": runs.len()}, "data": runs}))
            }
            (_, _) => not_found(),
        }
    }

    /// The admin port.
    pub async fn admin(&self, request: &Request) -> Response {
        if (request.method.as_str(), request.path.as_str()) != ("GET", "/healthcheck") {
            return not_found();
        }
        let healthy = !self.tool.faults.health_fails && self.database_answers().await.is_ok();
        Response::json(
            if healthy { 200 } else { 500 },
            &json!({
                "OpenMetadataServerHealthCheck": {"healthy": healthy},
                "deadlocks": {"healthy": true},
            }),
        )
    }

    fn version(&self) -> Response {
        let version = self.tool.version.to_string();
        Response::json(
            200,
            &json!({
                "version": version,
                // The original's is a git commit; this one only has its shape.
                "revision": format!("{}practice", checksum(&version)),
                "timestamp": 1_760_000_000_000_i64,
            }),
        )
    }

    async fn database_answers(&self) -> Result<(), String> {
        let session = checked_out(&self.slot, &self.tool).await;
        session.map(|_| ()).map_err(|error| error.to_string())
    }

    /// Answers 200 even when a step did not pass.
    async fn status(&self) -> Response {
        let step = |description: &str, outcome: Result<String, String>| {
            let passed = outcome.is_ok();
            let (Ok(message) | Err(message)) = outcome;
            json!({"description": description, "passed": passed, "message": message})
        };
        let search = if self.tool.faults.search_down {
            Err("Search instance is not reachable or available".to_owned())
        } else {
            Ok("Connected to http://localhost:9200".to_owned())
        };
        let database = if self.tool.faults.health_fails {
            Err("Connection is not available".to_owned())
        } else {
            self.database_answers()
                .await
                .map(|()| "Connected to the database".to_owned())
        };
        let jwks = Ok("Valid JWKS".to_owned());
        Response::json(
            200,
            &json!({
                "database": step("Validate that we can properly run a query against the configured database.", database),
                "searchInstance": step("Validate that the search client is available.", search),
                "pipelineServiceClient": step("Validate that the pipeline service client is available.", Ok("Enabled".to_owned())),
                "jwks": step("Validate that the ingestion-bot token can be properly decoded.", jwks),
                "migrations": step("Validate that all the necessary migrations have been properly executed.", self.migrations().await),
            }),
        )
    }

    /// Compares the change log with the folders on disk.
    async fn migrations(&self) -> Result<String, String> {
        let path = &self.tool.config.migration_configuration.native_path;
        let available = migrations::native(path, self.tool.url.target.dialect())
            .map_err(|error| error.to_string())?;
        let executed = self.executed().await.map_err(|error| error.to_string())?;
        let missing: Vec<String> = available
            .iter()
            .filter(|migration| !executed.contains(&migration.version))
            .map(|migration| migration.version.to_string())
            .collect();
        if missing.is_empty() {
            let list: Vec<String> = executed.iter().map(ToString::to_string).collect();
            Ok(format!("Executed migrations: [{}]", list.join(", ")))
        } else {
            Err(format!("Missing migrations: [{}]", missing.join(", ")))
        }
    }

    async fn executed(&self) -> Result<Vec<Version>, SqlError> {
        let mut session = checked_out(&self.slot, &self.tool).await?;
        history::executed_versions(&mut session).await
    }

    async fn counts(&self, names: &[(&str, &str)]) -> Response {
        match self.counted(names).await {
            Ok(counts) => Response::json(200, &Value::Object(counts)),
            Err(error) => failed(&error.to_string()),
        }
    }

    async fn counted(&self, names: &[(&str, &str)]) -> Result<Map<String, Value>, SqlError> {
        let mut session = checked_out(&self.slot, &self.tool).await?;
        let mut counts = Map::new();
        for (name, table) in names {
            let sql = format!("SELECT count(*) FROM {table} WHERE deleted = FALSE");
            let count = session.value(&sql).await?;
            let count: i64 = count.and_then(|count| count.parse().ok()).unwrap_or(0);
            counts.insert((*name).to_owned(), json!(count));
        }
        Ok(counts)
    }
}

/// Basic login wants the password in base64, as the real one.
fn login(body: &[u8]) -> Response {
    let given: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let password = given["password"]
        .as_str()
        .and_then(|text| BASE64_STANDARD.decode(text).ok());
    if password.as_deref() == Some(b"admin") {
        Response::json(
            200,
            &json!({"accessToken": TOKEN, "tokenType": "Bearer", "expiryDuration": 3600}),
        )
    } else {
        unauthorized("You have entered an invalid username or password.")
    }
}

fn unauthorized(message: &str) -> Response {
    Response::json(401, &json!({"code": 401, "message": message}))
}

fn not_found() -> Response {
    Response::json(404, &json!({"code": 404, "message": "HTTP 404 Not Found"}))
}

fn failed(message: &str) -> Response {
    Response::json(500, &json!({"code": 500, "message": message}))
}
