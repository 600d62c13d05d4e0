//! What the survey tells about the configuration: values without secrets, and the facts that checks
//! read by the names in [`crate::domain::setting`].

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::config::{self, Config};
use super::{BareMetal, pending, secrets};
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

fn fingerprint(value: &str) -> String {
    let hash = Sha256::digest(value.as_bytes());
    let hex: String = hash
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("set (SHA-256 begins {hex})")
}
