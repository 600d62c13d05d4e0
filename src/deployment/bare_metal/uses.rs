//! What the server is configured with and which servers it talks to: keys, search, Airflow.
//!
//! Sources: OpenMetadata `conf/openmetadata.yaml`; Elasticsearch and OpenSearch "GET /"
//! (`version.number`, `version.distribution`); Airflow's REST API `/api/v2/version` (3) and
//! `/api/v1/version` (2); `openmetadata-managed-apis`, `/openmetadata/health`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::carry::Carry;
use super::config::{self, Config};
use super::environment::Environment;
use super::{api, files, secrets, substitute, yaml};
use crate::deployment::{Result, Uses};
use crate::domain::clean_text::CleanText;
use crate::domain::instance::Used;
use crate::domain::survey::Probe;

/// Where the plugin tells its health, without a login: in Airflow 3 and in Airflow 2.
const PLUGIN: [&str; 2] = ["/api/v2/openmetadata/health", "/api/v1/openmetadata/health"];

/// Longest value that is kept, in characters.
const KEPT: usize = 300;

/// `new_home` is the new side's folder.
pub async fn of(config: Result<Config>, new_home: &Path) -> Uses {
    let file_keys = of_config(&config, |config| {
        shown(&config.text, &|_| None, &config::yaml_path(&config.home))
    });
    let carried_keys = of_config(&config, |config| carried(config, new_home));
    let unasked = of_config(&config, |config| unasked(config, new_home));
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
            platform.insert("airflow-plugin".to_owned(), plugin(keys, &airflow).await);
            platform.insert("airflow".to_owned(), airflow);
        }
        Err(error) => {
            for component in [
                "elasticsearch",
                "opensearch",
                "airflow",
                "airflow-on-mysql",
                "airflow-plugin",
            ] {
                let why = CleanText::from(error.to_string());
                platform.insert(component.to_owned(), Probe::Unknown(why));
            }
        }
    }
    Uses {
        keys: Probe::from_result(keys),
        target_keys: Probe::from_result(shipped(new_home)),
        file_keys: Probe::from_result(file_keys),
        carried_keys: Probe::from_result(carried_keys),
        unasked_variables: Probe::from_result(unasked),
        platform,
    }
}

/// What can be told of the old configuration, or why it cannot be read.
fn of_config<T>(
    config: &Result<Config>,
    tell: impl Fn(&Config) -> Result<T>,
) -> std::result::Result<T, String> {
    match config {
        Ok(config) => tell(config).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// The new side's file as it will be read after the carry-over.
fn carried(config: &Config, new_home: &Path) -> Result<BTreeMap<String, CleanText>> {
    let carry = Carry::plan(&config.home, new_home)?;
    let exports = Environment::parse(&carry.environment, &config::env_path(new_home));
    let path = config::yaml_path(new_home);
    let text = files::read_text(&path, files::CONFIG_LIMIT)?;
    let value = |name: &str| {
        let old = || config.environment.value(name);
        exports.value(name).or_else(old).map(str::to_owned)
    };
    shown(&text, &value, &path)
}

/// Variables with a value that the old side's file asks for and the new side's does not.
fn unasked(config: &Config, new_home: &Path) -> Result<Vec<String>> {
    let path = config::yaml_path(new_home);
    let text = files::read_text(&path, files::CONFIG_LIMIT)?;
    let asked = |text: &str| -> BTreeSet<String> {
        let places = substitute::places(text).into_iter();
        places.map(|place| place.name.to_owned()).collect()
    };
    let set = |name: &String| {
        let value = config.environment.value(name);
        value.is_some_and(|value| !value.trim().is_empty())
    };
    let (old, new) = (asked(&config.text), asked(&text));
    Ok(old
        .difference(&new)
        .filter(|name| set(name))
        .cloned()
        .collect())
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

/// Whether OpenMetadata's plugin in Airflow is healthy: its version, or what it says.
async fn plugin(keys: &BTreeMap<String, CleanText>, airflow: &Used) -> Used {
    match airflow {
        Probe::Known(None) => return Probe::Known(None),
        Probe::Known(Some(_)) | Probe::Unknown(_) => {}
    }
    let endpoint = of_key(keys, "pipelineServiceClientConfiguration.apiEndpoint");
    let endpoint = endpoint.trim_end_matches('/');
    let mut trouble = None;
    for path in PLUGIN {
        match api::open_json(&format!("{endpoint}{path}")).await {
            Ok(told) if told["status"] == "healthy" => {
                // Older plugins tell no version.
                let version = told["version"].as_str().unwrap_or("healthy");
                return Probe::Known(Some(CleanText::limited(version, 40)));
            }
            Ok(told) => {
                let told = CleanText::limited(&told.to_string(), KEPT);
                return Probe::Unknown(format!("{path} says {told}").into());
            }
            Err(error) => trouble = trouble.or(Some(error.to_string())),
        }
    }
    Probe::Unknown(trouble.unwrap_or_default().into())
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{Read as _, Write as _};

    use super::{CleanText, Config, Probe, Used, airflow, carried, keys, plugin, shipped, unasked};

    const OLD: &str = "server:\n  applicationConnectors:\n    - port: 8600\ndatabase:\n  user: om\n  \
        url: jdbc:${DB_SCHEME:-postgresql}://${DB_HOST:-localhost}:5432/om\n  maxSize: ${DB_POOL:-40}\n\
        clusterName: mine\n";

    /// What is kept by the carry-over does not change; what only stood in the old file does.
    #[test]
    fn the_new_file_is_read_as_it_will_be() {
        let root = tempfile::tempdir().expect("a folder");
        let new = OLD
            .replace("8600", "${SERVER_PORT:-8585}")
            .replace("clusterName: mine", "clusterName: openmetadata")
            .replace("DB_POOL:-40", "DB_POOL:-100")
            .replace("DB_SCHEME", "DB_KIND");
        let set = "export DB_HOST=db1\nexport DB_SCHEME=postgresql\nexport ELSE=1\n";
        for (home, yaml, env) in [("old", OLD, set), ("new", &new, "")] {
            let conf = root.path().join(home).join("conf");
            std::fs::create_dir_all(&conf).expect("a folder");
            std::fs::write(conf.join("openmetadata.yaml"), yaml).expect("written");
            std::fs::write(conf.join("openmetadata-env.sh"), env).expect("written");
        }
        let (old, new) = (root.path().join("old"), root.path().join("new"));
        let config = Config::read(&old, None).expect("read");
        let now = keys(&config).expect("keys");
        let then = carried(&config, &new).expect("carried");
        let file = shipped(&new).expect("shipped");
        let port = "server.applicationConnectors.0.port";
        assert_eq!((now[port].as_str(), then[port].as_str()), ("8600", "8600"));
        assert_eq!(file[port].as_str(), "8585");
        assert_eq!(now["database.maxSize"].as_str(), "40");
        assert_eq!(then["database.maxSize"].as_str(), "100");
        assert_eq!(then["clusterName"].as_str(), "openmetadata");
        assert_eq!(unasked(&config, &new).expect("told"), ["DB_SCHEME"]);
    }

    /// A server that gives these answers, path and document; everything else is 404. Its keys.
    fn server(answers: Answers) -> BTreeMap<String, CleanText> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = [0; 4096];
                let count = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..count]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                let found = answers.iter().find(|(known, _)| *known == path);
                let (status, body) =
                    found.map_or(("404 Not Found", "{}"), |(_, body)| ("200 OK", body));
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        let key = "pipelineServiceClientConfiguration.apiEndpoint";
        BTreeMap::from([(key.to_owned(), format!("http://{address}/").into())])
    }

    /// What a server answers; the version and the health that are seen by it.
    type Seen = (Answers, Option<&'static str>, Option<&'static str>);
    type Answers = &'static [(&'static str, &'static str)];

    #[tokio::test]
    async fn the_plugin_is_asked_also_where_airflow_tells_its_version() {
        let seen: [Seen; 4] = [
            (
                &[
                    ("/api/v2/version", r#"{"version":"3.1.0"}"#),
                    (
                        "/api/v2/openmetadata/health",
                        r#"{"status":"healthy","version":"1.12.4.0"}"#,
                    ),
                ],
                Some("3.1.0"),
                Some("1.12.4.0"),
            ),
            (
                &[("/api/v1/openmetadata/health", r#"{"status":"healthy"}"#)],
                Some("2"),
                Some("healthy"),
            ),
            (
                &[("/api/v1/version", r#"{"version":"2.10.5"}"#)],
                Some("2.10.5"),
                None,
            ),
            (
                &[
                    ("/api/v1/version", r#"{"version":"2.10.5"}"#),
                    ("/api/v1/openmetadata/health", r#"{"status":"unhealthy"}"#),
                ],
                Some("2.10.5"),
                None,
            ),
        ];
        for (answers, version, health) in seen {
            let keys = server(answers);
            let found = airflow(&keys).await;
            assert_eq!(
                found,
                Probe::Known(version.map(CleanText::from)),
                "{answers:?}"
            );
            let plugin = plugin(&keys, &found).await;
            match health {
                Some(health) => assert_eq!(plugin, Probe::Known(Some(health.into()))),
                None => assert!(
                    matches!(plugin, Probe::Unknown(_)),
                    "{answers:?}: {plugin:?}"
                ),
            }
        }
        let none: Used = Probe::Known(None);
        assert_eq!(plugin(&BTreeMap::new(), &none).await, none);
    }
}
