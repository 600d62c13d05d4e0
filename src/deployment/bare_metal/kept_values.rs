//! Values of the old YAML that must stay what they are: the database, the ports, the keys. Where the
//! new file would take another one from its own default, they become exports.

use std::path::Path;

use super::config::{Config, env_path, yaml_path};
use super::environment::Environment;
use super::files::{self, CONFIG_LIMIT};
use super::{substitute, yaml};
use crate::deployment::Result;
use crate::domain::names::Engine;

/// Variables that the new side needs so that database, ports and encryption key stay the same.
pub fn exports(old: &Config, new_home: &Path, env: &str) -> Result<Vec<(String, String)>> {
    let path = yaml_path(new_home);
    let new_text = files::read_text(&path, CONFIG_LIMIT)?;
    let environment = Environment::parse(env, &env_path(new_home));
    let old_scalars = yaml::scalars(&old.text, &yaml_path(&old.home))?;
    let new_scalars = yaml::scalars(&new_text, &path)?;
    let old_value = |name: &str| old.environment.value(name).map(str::to_owned);
    let new_value = |name: &str| environment.value(name).map(str::to_owned);
    let mut found = Vec::new();
    for (key, old_raw) in old_scalars.iter().filter(|(key, _)| must_stay(key)) {
        let Some(new_raw) = new_scalars.get(key) else {
            continue;
        };
        let was = substitute::substitute(old_raw, &old_value)
            .trim()
            .to_owned();
        let would_be = substitute::substitute(new_raw, &new_value)
            .trim()
            .to_owned();
        if was == would_be || was.contains("${") {
            continue;
        }
        if key == "database.url" {
            found.extend(url_exports(old, new_raw, &new_value));
        } else if let Some(place) = substitute::only_place(new_raw)
            && environment.value(place.name).is_none()
        {
            found.push((place.name.to_owned(), was));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// True for keys whose value must be the same on both sides.
fn must_stay(key: &str) -> bool {
    let port = key.starts_with("server.") && key.ends_with(".port");
    port || [
        "database.url",
        "database.user",
        "database.password",
        "database.driverClass",
    ]
    .contains(&key)
        || key == "fernetConfiguration.fernetKey"
        || key.starts_with("jwtTokenConfiguration.")
}

/// The parts of the URL that the new side would take from a default.
fn url_exports(
    old: &Config,
    new_raw: &str,
    new_value: &dyn Fn(&str) -> Option<String>,
) -> Vec<(String, String)> {
    let url = &old.url;
    let scheme = match url.engine {
        Engine::Postgres => "postgresql",
        Engine::Mysql => "mysql",
        Engine::Sqlite => "sqlite",
    };
    let host = if url.host.contains(':') {
        format!("[{}]", url.host)
    } else {
        url.host.clone()
    };
    let parts = [
        ("DB_SCHEME", scheme.to_owned()),
        ("DB_HOST", host),
        ("DB_PORT", url.port.to_string()),
        ("OM_DATABASE", url.database.clone()),
        ("DB_PARAMS", url.params.clone()),
    ];
    let places = substitute::places(new_raw);
    parts
        .into_iter()
        .filter(|(name, wanted)| {
            places.iter().any(|place| {
                let is = place.default.map(str::trim) == Some(wanted.as_str());
                place.name == *name && new_value(name).is_none() && !is
            })
        })
        .map(|(name, wanted)| (name.to_owned(), wanted))
        .collect()
}
