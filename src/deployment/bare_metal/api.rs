//! OpenMetadata's HTTP API, as far as its health tells something.
//!
//! Source: OpenMetadata `VersionResource`, `SystemResource`, `validationResponse.json`; Dropwizard's
//! admin `/healthcheck`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::deployment::{DeploymentError, HealthPart, Result};
use crate::domain::clean_text::CleanText;
use crate::domain::secret::Secret;
use crate::domain::version::OmVersion;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most of an answer that is read, in bytes.
const MOST: u64 = 1024 * 1024;

/// Status and body of an answer.
struct Answer {
    status: u16,
    body: String,
}

async fn get(url: String, token: Option<Secret>) -> Result<Answer> {
    let request = format!("GET {url}");
    let failed = |reason: String| DeploymentError::Api {
        request: request.clone(),
        reason: reason.into(),
    };
    let asked = tokio::task::spawn_blocking(move || ask(&url, token.as_ref())).await;
    match asked {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(error) => Err(failed(format!("the request was given up: {error}"))),
    }
}

fn ask(url: &str, token: Option<&Secret>) -> std::result::Result<Answer, ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .max_redirects(0)
        // A proxy of the login would see the token and knows nothing of this host.
        .proxy(None)
        .build()
        .into();
    let mut request = agent.get(url);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {}", token.reveal()));
    }
    let mut answer = request.call()?;
    let status = answer.status().as_u16();
    let body = answer
        .body_mut()
        .with_config()
        .limit(MOST)
        .lossy_utf8(true)
        .read_to_string()?;
    Ok(Answer { status, body })
}

fn json(request: &str, answer: &Answer) -> Result<serde_json::Value> {
    let failed = |reason: String| DeploymentError::Api {
        request: request.to_owned(),
        reason: reason.into(),
    };
    if answer.status != 200 {
        return Err(failed(format!(
            "answered {}: {}",
            answer.status,
            CleanText::limited(&answer.body, 200)
        )));
    }
    serde_json::from_str(&answer.body).map_err(|error| {
        failed(format!(
            "did not answer JSON ({error}): {}",
            CleanText::limited(&answer.body, 200)
        ))
    })
}

/// The version that the server says it is.
pub async fn version(api: &str) -> Result<OmVersion> {
    let url = format!("{api}/api/v1/system/version");
    let request = format!("GET {url}");
    let told = json(&request, &get(url, None).await?)?;
    let text = told["version"].as_str().unwrap_or_default();
    text.parse().map_err(
        |error: crate::domain::version::BadVersion| DeploymentError::Api {
            request,
            reason: error.to_string().into(),
        },
    )
}

/// What another server answers without a login, as JSON.
pub async fn open_json(url: &str) -> Result<serde_json::Value> {
    let request = format!("GET {url}");
    json(&request, &get(url.to_owned(), None).await?)
}

/// Entity type to number, from `/api/v1/system/entities/count`.
pub async fn entity_counts(api: &str, token: &Secret) -> Result<BTreeMap<String, u64>> {
    let url = format!("{api}/api/v1/system/entities/count");
    let request = format!("GET {url}");
    let told = json(&request, &get(url, Some(token.clone())).await?)?;
    let entries = told.as_object().into_iter().flatten();
    Ok(entries
        .filter_map(|(name, value)| Some((name.clone(), value.as_u64()?)))
        .collect())
}

/// Every part of the health that can be asked.
pub async fn health(api: &str, admin: &str, token: Option<&Secret>) -> Vec<HealthPart> {
    let mut parts = vec![
        version_part(api).await,
        liveness(api).await,
        own_check(admin).await,
    ];
    match token {
        None => parts.push(part(
            "status",
            None,
            "no API token; `[validate] token_file` in the answers has it checked",
        )),
        Some(token) => parts.extend(status(api, token).await),
    }
    parts
}

fn part(name: &str, passed: Option<bool>, message: impl Into<CleanText>) -> HealthPart {
    HealthPart {
        name: name.to_owned(),
        passed,
        message: message.into(),
    }
}

async fn version_part(api: &str) -> HealthPart {
    match version(api).await {
        Ok(version) => part("version", Some(true), version.to_string()),
        Err(error) => part("version", Some(false), error.to_string()),
    }
}

async fn liveness(api: &str) -> HealthPart {
    match get(format!("{api}/api/v1/system/health"), None).await {
        Ok(answer) if answer.status == 200 => part("liveness", Some(true), "200"),
        // Added about 1.9.7 and 1.10 (Helm chart's probes).
        Ok(answer) if answer.status == 404 => part(
            "liveness",
            None,
            "this version has no /api/v1/system/health",
        ),
        Ok(answer) => part(
            "liveness",
            Some(false),
            format!("answered {}", answer.status),
        ),
        Err(error) => part("liveness", Some(false), error.to_string()),
    }
}

/// Dropwizard's own checks on the admin port: 200 when every one is healthy, 500 when one is not.
async fn own_check(admin: &str) -> HealthPart {
    const NAME: &str = "healthcheck";
    match get(format!("{admin}/healthcheck"), None).await {
        Ok(answer) if answer.status == 200 => part(NAME, Some(true), "200"),
        Ok(answer) => part(
            NAME,
            Some(false),
            format!(
                "answered {}: {}",
                answer.status,
                CleanText::limited(&answer.body, 200)
            ),
        ),
        // The admin port need not be open to us.
        Err(error) => part(NAME, None, error.to_string()),
    }
}

/// The parts of `/api/v1/system/status`; it answers 200 even when one of them failed.
async fn status(api: &str, token: &Secret) -> Vec<HealthPart> {
    let url = format!("{api}/api/v1/system/status");
    let request = format!("GET {url}");
    let answer = match get(url, Some(token.clone())).await {
        Ok(answer) => answer,
        Err(error) => return vec![part("status", Some(false), error.to_string())],
    };
    if answer.status == 401 || answer.status == 403 {
        let told = format!("the token was refused ({})", answer.status);
        return vec![part("status", None, told)];
    }
    let told = match json(&request, &answer) {
        Ok(told) => told,
        Err(error) => return vec![part("status", Some(false), error.to_string())],
    };
    let parts: Vec<HealthPart> = told
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, step)| step.is_object())
        .map(|(name, step)| {
            let message = step["message"]
                .as_str()
                .or(step["description"].as_str())
                .unwrap_or("no message");
            part(&format!("status.{name}"), step["passed"].as_bool(), message)
        })
        .collect();
    if parts.is_empty() {
        return vec![part("status", None, "the answer had no parts that we know")];
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::{entity_counts, health, version};
    use crate::domain::secret::Secret;

    /// A server that answers each path from a table and everything else with 404.
    fn server(answers: &'static [(&'static str, u16, &'static str)]) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = listener.local_addr().expect("address");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = [0; 2048];
                let read = stream.read(&mut request).unwrap_or(0);
                let text = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = text
                    .split_whitespace()
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned();
                let (status, body) = answers
                    .iter()
                    .find(|(known, _, _)| *known == path)
                    .map_or((404, "{}"), |(_, status, body)| (*status, *body));
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes());
            }
        });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn every_part_says_what_it_saw() {
        let api = server(&[
            ("/api/v1/system/version", 200, "{\"version\":\"1.12.4\"}"),
            ("/healthcheck", 500, "{\"database\":{\"healthy\":false}}"),
            (
                "/api/v1/system/status",
                200,
                "{\"database\":{\"passed\":true},\"searchInstance\":{\"passed\":false,\
                 \"message\":\"down\\u001b[31m\"}}",
            ),
            ("/api/v1/system/entities/count", 200, "{\"tableCount\":3}"),
        ]);
        assert_eq!(version(&api).await.expect("told").to_string(), "1.12.4");
        let token = Secret::new("geheim".to_owned());
        let parts = health(&api, &api, Some(&token)).await;
        let told: Vec<(&str, Option<bool>)> = parts
            .iter()
            .map(|part| (part.name.as_str(), part.passed))
            .collect();
        assert_eq!(
            told,
            [
                ("version", Some(true)),
                ("liveness", None),
                ("healthcheck", Some(false)),
                ("status.database", Some(true)),
                ("status.searchInstance", Some(false)),
            ]
        );
        assert_eq!(parts[4].message.as_str(), "down");
        let counts = entity_counts(&api, &token).await.expect("counted");
        assert_eq!(counts["tableCount"], 3);
    }

    #[tokio::test]
    async fn no_server_and_no_json_are_failures_and_not_versions() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = format!("http://{}", nobody.local_addr().expect("address"));
        drop(nobody);
        assert!(version(&address).await.is_err());
        let parts = health(&address, &address, None).await;
        assert_eq!(parts[0].passed, Some(false));
        assert_eq!(parts[3].passed, None);
        let api = server(&[("/api/v1/system/version", 200, "<html>")]);
        let told = version(&api).await.expect_err("html").to_string();
        assert!(told.contains("JSON"), "{told}");
    }
}
