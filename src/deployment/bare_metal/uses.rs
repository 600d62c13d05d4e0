//! What the server is configured with and which servers it talks to: keys, search, Airflow.
//!
//! Sources: OpenMetadata `conf/openmetadata.yaml`; Elasticsearch and OpenSearch "GET /"
//! (`version.number`, `version.distribution`); Airflow's REST API `/api/v2/version` (3) and
//! `/api/v1/version` (2); `openmetadata-managed-apis`, `/openmetadata/health`.

use std::collections::BTreeMap;
use std::path::Path;

use super::config::{self, Config};
use super::{api, files, secrets, substitute, yaml};
use crate::deployment::{Result, Uses};
use crate::domain::clean_text::CleanText;
use crate::domain::instance::Used;
use crate::domain::survey::Probe;

/// Longest value that is kept, in characters.
const KEPT: usize = 300;

/// `new_home` is the new side's folder.
pub async fn of(config: Result<Config>, new_home: &Path) -> Uses {
    let keys = config.and_then(|config| keys(&config));
    let mut platform = BTreeMap::new();
    match &keys {
        Ok(keys) => {
            search(keys, &mut platform).await;
            let airflow = airflow(keys).await;
            platform.insert(
                "airflow-on-mysql".to_owned(),
                match &airflow {
                    Probe::Known(None) => Probe::Known(None),
                    Probe::Known(Some(_)) | Probe::Unknown(_) => Probe::Unknown(
                        "only Airflow's own configuration tells (sql_alchemy_conn)".into(),
                    ),
                },
            );
            platform.insert("airflow".to_owned(), airflow);
        }
        Err(error) => {
            for component in ["elasticsearch", "opensearch", "airflow", "airflow-on-mysql"] {
                let why = CleanText::from(error.to_string());
                platform.insert(component.to_owned(), Probe::Unknown(why));
            }
        }
    }
    Uses {
        keys: Probe::from_result(keys),
        target_keys: Probe::from_result(shipped(new_home)),
        platform,
    }
}

fn keys(config: &Config) -> Result<BTreeMap<String, CleanText>> {
    let value = |name: &str| config.environment.value(name).map(str::to_owned);
    shown(&config.text, &value, &config::yaml_path(&config.home))
}

/// The new side's file as it would be read without any variable.
fn shipped(home: &Path) -> Result<BTreeMap<String, CleanText>> {
    let path = config::yaml_path(home);
    let text = files::read_text(&path, files::CONFIG_LIMIT)?;
    shown(&text, &|_| None, &path)
}

fn shown(
    text: &str,
    value: &dyn Fn(&str) -> Option<String>,
    path: &Path,
) -> Result<BTreeMap<String, CleanText>> {
    let text = substitute::substitute(text, value);
    let scalars = yaml::scalars(&text, path)?;
    Ok(scalars
        .into_iter()
        .map(|(key, text)| {
            let secret = secrets::is_secret_name(key.rsplit('.').next().unwrap_or(&key))
                || key == "database.url";
            let shown = match (secret, text.trim()) {
                (_, "") => CleanText::default(),
                (true, _) => "set".into(),
                (false, text) => CleanText::limited(text, KEPT),
            };
            (key, shown)
        })
        .collect())
}

fn of_key<'a>(keys: &'a BTreeMap<String, CleanText>, key: &str) -> &'a str {
    keys.get(key).map_or("", |value| value.as_str().trim())
}

/// Asks the search server for its version; the other kind is not used.
async fn search(keys: &BTreeMap<String, CleanText>, platform: &mut BTreeMap<String, Used>) {
    let (used, other) = match of_key(keys, "elasticsearch.searchType") {
        "opensearch" => ("opensearch", "elasticsearch"),
        _ => ("elasticsearch", "opensearch"),
    };
    platform.insert(other.to_owned(), Probe::Known(None));
    let scheme = match of_key(keys, "elasticsearch.scheme") {
        "https" => "https",
        _ => "http",
    };
    // The key may name several hosts, the first one with or without its port.
    let host = of_key(keys, "elasticsearch.host");
    let host = host.split(',').next().unwrap_or_default().trim();
    let port = of_key(keys, "elasticsearch.port");
    let url = if host.contains(':') || port.is_empty() {
        format!("{scheme}://{host}/")
    } else {
        format!("{scheme}://{host}:{port}/")
    };
    let version = api::open_json(&url)
        .await
        .map(|told| told["version"]["number"].as_str().map(CleanText::from));
    let fact = match version {
        Ok(Some(version)) => Probe::Known(Some(version)),
        Ok(None) => Probe::Unknown(format!("{url} told no version").into()),
        Err(error) => Probe::Unknown(error.to_string().into()),
    };
    platform.insert(used.to_owned(), fact);
}

async fn airflow(keys: &BTreeMap<String, CleanText>) -> Used {
    let block = "pipelineServiceClientConfiguration";
    let class = of_key(keys, &format!("{block}.className"));
    if of_key(keys, &format!("{block}.enabled")) == "false" {
        return Probe::Known(None);
    }
    if !class.is_empty() && !class.to_ascii_lowercase().contains("airflow") {
        return Probe::Known(None);
    }
    let endpoint = of_key(keys, &format!("{block}.apiEndpoint"));
    let endpoint = endpoint.trim_end_matches('/');
    let mut trouble = None;
    for (path, generation) in [
        ("/api/v2/version", None),
        ("/api/v1/version", None),
        ("/api/v2/openmetadata/health", Some("3")),
        ("/api/v1/openmetadata/health", Some("2")),
    ] {
        match (
            api::open_json(&format!("{endpoint}{path}")).await,
            generation,
        ) {
            (Ok(_), Some(generation)) => return Probe::Known(Some(generation.into())),
            (Ok(told), None) => {
                if let Some(version) = told["version"].as_str() {
                    return Probe::Known(Some(version.into()));
                }
            }
            (Err(error), _) => trouble = trouble.or(Some(error.to_string())),
        }
    }
    let why = trouble.unwrap_or_else(|| "it told no version".to_owned());
    Probe::Unknown(why.into())
}
