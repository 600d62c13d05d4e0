//! What the survey tells about the configuration: values without secrets, and the facts that checks
//! read by the names in [`crate::domain::setting`].

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::config::{self, Config};
use super::{BareMetal, pending, secrets, substitute, yaml};
use crate::deployment::Side;
use crate::domain::clean_text::CleanText;
use crate::domain::setting;
use crate::domain::survey::Owner;
use crate::domain::version::OmVersion;

impl BareMetal {
    pub(super) fn settings(&self, old: &Config, owner: &Owner) -> BTreeMap<String, CleanText> {
        let mut found = BTreeMap::new();
        let mut add =
            |key: String, text: String| found.insert(key, CleanText::limited(&text, 2000));
        for (name, variable) in &old.environment.variables {
            let shown = match (name.as_str(), secrets::is_secret_name(name)) {
                // Only this one is long and random enough that a fingerprint tells nothing.
                ("FERNET_KEY", _) => fingerprint(&variable.value),
                ("DB_PARAMS", _) => old.url.masked_params(),
                (_, true) => "set".to_owned(),
                (_, false) => variable.value.clone(),
            };
            add(name.clone(), shown);
        }
        for (line, why) in &old.environment.not_understood {
            let file = config::env_path(&self.old_home);
            add(
                format!("{}{}:{line}", setting::NOT_UNDERSTOOD, file.display()),
                (*why).to_owned(),
            );
        }
        for name in &old.differing {
            add(
                format!("{}{name}", setting::DIFFERS),
                "the running server has another value than the files".to_owned(),
            );
        }
        if let Some(kind) = fernet(old) {
            add(setting::FERNET.to_owned(), kind.to_owned());
        }
        add(setting::OLD_DATABASE.to_owned(), old.database_shown());
        add(setting::START_ROUTE.to_owned(), self.route_shown(owner));
        match self.new_config_carried() {
            Ok(new) => add(setting::NEW_DATABASE.to_owned(), new.database_shown()),
            Err(error) => add(setting::NEW_UNREADABLE.to_owned(), error.to_string()),
        };
        let new_native = self.config(Side::New).map(|new| new.native_path);
        for (key, native) in [
            (setting::OLD_MIGRATIONS, Ok(old.native_path.clone())),
            (setting::NEW_MIGRATIONS, new_native),
        ] {
            let versions = native.and_then(|native| pending::versions(&native));
            if let Ok(versions) = versions {
                let texts: Vec<String> = versions.iter().map(OmVersion::to_string).collect();
                add(key.to_owned(), texts.join(" "));
            }
        }
        found
    }
}

/// The key in the `openmetadata.yaml` of every release.
///
/// Source: <https://github.com/open-metadata/OpenMetadata/blob/main/conf/openmetadata.yaml>, read 2026-11-26.
const PUBLIC_FERNET: &str = "jJ/9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=";

/// What kind of key the server encrypts with; `None` where its file cannot be read that far. The key
/// itself goes no further.
fn fernet(config: &Config) -> Option<&'static str> {
    let value = |name: &str| config.environment.value(name).map(str::to_owned);
    let text = substitute::substitute(&config.text, &value);
    let all = yaml::scalars(&text, &config::yaml_path(&config.home)).ok()?;
    let key = all
        .get("fernetConfiguration.fernetKey")
        .map_or("", |key| key.trim());
    // Several keys stand for a change of the key: the first one encrypts.
    let first = key.split(',').next().unwrap_or_default().trim();
    Some(match first {
        "" => setting::FERNET_NONE,
        unset if unset.contains("${") => setting::FERNET_NONE,
        PUBLIC_FERNET => setting::FERNET_PUBLIC,
        _ => setting::FERNET_OWN,
    })
}

fn fingerprint(value: &str) -> String {
    let hash = Sha256::digest(value.as_bytes());
    let hex: String = hash
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("set (SHA-256 begins {hex})")
}

#[cfg(test)]
mod tests {
    use super::{Config, PUBLIC_FERNET, fernet};

    #[test]
    fn the_key_is_told_by_its_kind_alone() {
        let rotated = format!("my-own-key,{PUBLIC_FERNET}");
        for (env, default, told) in [
            ("", PUBLIC_FERNET, "public"),
            ("export FERNET_KEY=mine\n", PUBLIC_FERNET, "own"),
            ("export FERNET_KEY=''\n", "", "none"),
            ("", rotated.as_str(), "own"),
        ] {
            let root = tempfile::tempdir().expect("a folder");
            let conf = root.path().join("conf");
            std::fs::create_dir_all(&conf).expect("a folder");
            let yaml = format!(
                "server:\n  applicationConnectors:\n    - port: 8585\ndatabase:\n  user: om\n  url: \
                 jdbc:postgresql://localhost:5432/om\nfernetConfiguration:\n  \
                 fernetKey: ${{FERNET_KEY:-{default}}}\n"
            );
            std::fs::write(conf.join("openmetadata.yaml"), yaml).expect("written");
            std::fs::write(conf.join("openmetadata-env.sh"), env).expect("written");
            let config = Config::read(root.path(), None).expect("read");
            assert_eq!(fernet(&config), Some(told), "{env} {default}");
        }
    }
}
