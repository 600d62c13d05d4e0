//! Reads `conf/openmetadata.yaml`: the few keys that omup needs, every scalar for a comparison, and
//! the line a key stands on.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::files;
use crate::deployment::Result;

/// The keys that omup needs; everything else is left to the server.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    pub server: Server,
    pub database: Database,
    #[serde(default)]
    pub logging: Logging,
    #[serde(default)]
    pub migration_configuration: MigrationConfiguration,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    pub application_connectors: Vec<Connector>,
    #[serde(default)]
    pub admin_connectors: Vec<Connector>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connector {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub bind_host: Option<String>,
    pub port: u16,
}

#[derive(Clone, Deserialize)]
pub struct Database {
    pub url: String,
    pub user: String,
    #[serde(default)]
    pub password: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
pub struct Logging {
    #[serde(default)]
    pub appenders: Vec<Appender>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Appender {
    #[serde(default)]
    pub current_log_filename: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationConfiguration {
    #[serde(default)]
    pub native_path: Option<String>,
    #[serde(default)]
    pub extension_path: Option<String>,
}

/// Reads a document; the error names the line and does not quote the file, which may hold a
/// password.
pub fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T> {
    serde_saphyr::from_str(text).map_err(|error| {
        let told = error.without_snippet().to_string();
        let told = told.lines().next().unwrap_or_default().to_owned();
        match error.location() {
            Some(place) if place.line() > 0 && !told.contains("line") => {
                files::unreadable(path, format!("line {}: {told}", place.line()))
            }
            Some(_) | None => files::unreadable(path, told),
        }
    })
}

/// Every scalar of a document by its dotted path (`server.adminConnectors.0.port`), as text.
pub fn scalars(text: &str, path: &Path) -> Result<BTreeMap<String, String>> {
    let value: serde_json::Value = parse(text, path)?;
    let mut found = BTreeMap::new();
    collect(&value, String::new(), true, &mut found);
    Ok(found)
}

/// As [`scalars`], with each value of a list by its place in it.
pub fn leaves(text: &str, path: &Path) -> Result<BTreeMap<String, String>> {
    let value: serde_json::Value = parse(text, path)?;
    let mut found = BTreeMap::new();
    collect(&value, String::new(), false, &mut found);
    Ok(found)
}

fn collect(
    value: &serde_json::Value,
    at: String,
    lists_whole: bool,
    found: &mut BTreeMap<String, String>,
) {
    let below = |key: &str| {
        if at.is_empty() {
            key.to_owned()
        } else {
            format!("{at}.{key}")
        }
    };
    match value {
        serde_json::Value::Object(entries) => {
            for (key, value) in entries {
                collect(value, below(key), lists_whole, found);
            }
        }
        // A list of plain values is one value: one name more or less in it is a change of it.
        serde_json::Value::Array(items)
            if lists_whole
                && !items.iter().any(|item| {
                    let asks = item.as_str().is_some_and(|text| text.contains("${"));
                    asks || item.is_object() || item.is_array()
                }) =>
        {
            let items: Vec<String> = items
                .iter()
                .map(|item| match item {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
                .collect();
            found.insert(at, format!("[{}]", items.join(", ")));
        }
        serde_json::Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, below(&index.to_string()), lists_whole, found);
            }
        }
        serde_json::Value::String(text) => {
            found.insert(at, text.clone());
        }
        serde_json::Value::Null => {
            found.insert(at, String::new());
        }
        other @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_)) => {
            found.insert(at, other.to_string());
        }
    }
}

/// The line (counted from 1) of a key of a block mapping, `["database", "url"]`.
pub fn line_of(text: &str, keys: &[&str]) -> Option<usize> {
    // (indentation, how many of the keys match down to here)
    let mut depth: Vec<(usize, usize)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let body = line.trim_start_matches([' ', '-']);
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let indent = line.len() - body.len();
        while depth.last().is_some_and(|(at, _)| *at >= indent) {
            depth.pop();
        }
        let matched = depth.last().map_or(0, |(_, matched)| *matched);
        let Some((key, _)) = body.split_once(':') else {
            continue;
        };
        // A parent that does not match hides everything below it.
        let on_path = matched == depth.len();
        if on_path && keys.get(matched) == Some(&key.trim_matches(['"', '\''])) {
            if matched + 1 == keys.len() {
                return Some(number + 1);
            }
            depth.push((indent, matched + 1));
        } else {
            depth.push((indent, matched));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Document, line_of, parse, scalars};

    const TEXT: &str = "# database:\n#   url: no\nserver:\n  database:\n    url: not this\n  \
        applicationConnectors:\n    - type: http\n      port: 8585\n\ndatabase:\n  # why\n  \
        driverClass: x\n  user: ${DB_USER:-om}\n  password: 0123\n  url: jdbc:y\n";

    #[test]
    fn a_key_is_found_on_its_line() {
        assert_eq!(line_of(TEXT, &["database", "url"]), Some(15));
        assert_eq!(line_of(TEXT, &["server", "database", "url"]), Some(5));
        assert_eq!(line_of(TEXT, &["database", "gone"]), None);
    }

    #[test]
    fn the_keys_we_need_are_read_and_the_rest_is_left() {
        let document: Document = parse(TEXT, Path::new("/c.yaml")).expect("valid");
        assert_eq!(document.server.application_connectors[0].port, 8585);
        assert_eq!(document.database.password.as_deref(), Some("0123"));
        let all = scalars(TEXT, Path::new("/c.yaml")).expect("valid");
        assert_eq!(all["server.applicationConnectors.0.port"], "8585");
        assert_eq!(all["database.user"], "${DB_USER:-om}");
    }

    #[test]
    fn a_broken_file_is_told_with_its_line_and_without_its_text() {
        let text = "server: {}\ndatabase:\n  password: geheim\n  url: [broken\n";
        let told = parse::<serde_json::Value>(text, Path::new("/c.yaml"))
            .expect_err("broken")
            .to_string();
        assert!(told.contains("line "), "{told}");
        assert!(!told.contains("geheim"), "{told}");
        let told = match parse::<Document>(
            "server:\n  applicationConnectors: []\n",
            Path::new("/c.yaml"),
        ) {
            Ok(_) => panic!("no database block"),
            Err(error) => error.to_string(),
        };
        assert!(told.contains("database"), "{told}");
    }
}
