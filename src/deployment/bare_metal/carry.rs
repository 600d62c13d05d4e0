//! Carries the operator's configuration from the old installation to the new one.
//!
//! The rule: the environment file and the keys go over; what decides which database, which ports
//! and which encryption key is used stays the same (as exports, where the old YAML said it
//! itself); every other difference between the two YAML files is told and left to the operator,
//! since without the old release's own file nobody can know who made it.

use std::path::{Path, PathBuf};

use super::config::{Config, env_path, yaml_path};
use super::environment::Environment;
use super::files::{self, CONFIG_LIMIT};
use super::{carried_env, install, kept_values, secrets, substitute, yaml};
use crate::deployment::Result;
use crate::domain::clean_text::CleanText;
use crate::domain::secret::MASK;
use crate::domain::shell;

/// One file to write.
struct Write {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Whose mode and owner a new file gets.
    like: PathBuf,
    what: String,
}

/// Everything that carrying over means.
pub struct Carry {
    writes: Vec<Write>,
    notes: Vec<(PathBuf, CleanText)>,
    /// The new environment file as it will be.
    pub environment: String,
}

impl Carry {
    /// Compares the two homes; changes nothing.
    pub fn plan(old_home: &Path, new_home: &Path) -> Result<Self> {
        let old = Config::read(old_home, None)?;
        let (old_env, new_env) = (env_path(old_home), env_path(new_home));
        let old_text = files::read_text_if_any(&old_env, CONFIG_LIMIT)?.unwrap_or_default();
        let new_text = files::read_text_if_any(&new_env, CONFIG_LIMIT)?.unwrap_or_default();
        let carried = carried_env::merged(&old_text, &new_text, &old_env, &[]);
        let exports = kept_values::exports(&old, new_home, &carried)?;
        let environment = carried_env::merged(&old_text, &new_text, &old_env, &exports);
        let mut carry = Self {
            writes: Vec::new(),
            notes: Vec::new(),
            environment,
        };
        if carry.environment != new_text {
            let names: Vec<&str> = exports.iter().map(|(name, _)| name.as_str()).collect();
            let mut what = format!("environment carried over from {}", old_env.display());
            if !names.is_empty() {
                what.push_str(&format!(
                    ", with what the old openmetadata.yaml said itself: {}",
                    names.join(", ")
                ));
            }
            carry.writes.push(Write {
                path: new_env,
                bytes: carry.environment.clone().into_bytes(),
                like: old_env,
                what,
            });
        }
        carry.key_files(old_home, new_home)?;
        carry.differences(&old, new_home)?;
        Ok(carry)
    }

    fn key_files(&mut self, old_home: &Path, new_home: &Path) -> Result<()> {
        for key in install::key_files(old_home) {
            let Ok(below) = key.strip_prefix(old_home) else {
                continue;
            };
            let bytes = std::fs::read(&key).map_err(|error| files::unreadable(&key, error))?;
            let path = new_home.join(below);
            if std::fs::read(&path).is_ok_and(|present| present == bytes) {
                continue;
            }
            self.writes.push(Write {
                what: format!("copied from {}", key.display()),
                like: key,
                path,
                bytes,
            });
        }
        Ok(())
    }

    /// Tells what differs between the two YAML files and what of `conf/` is not carried.
    fn differences(&mut self, old: &Config, new_home: &Path) -> Result<()> {
        let path = yaml_path(new_home);
        let new_text = files::read_text(&path, CONFIG_LIMIT)?;
        let old_scalars = yaml::scalars(&old.text, &yaml_path(&old.home))?;
        let new_scalars = yaml::scalars(&new_text, &path)?;
        let carried = Environment::parse(&self.environment, &env_path(new_home));
        for (key, old_value) in &old_scalars {
            let Some(new_value) = new_scalars.get(key).filter(|new| *new != old_value) else {
                continue;
            };
            let place = substitute::only_place(new_value);
            if place
                .as_ref()
                .is_some_and(|place| carried.variables.contains_key(place.name))
            {
                // The variable decides on both sides; the defaults do not matter.
                continue;
            }
            let hint = place.map_or_else(String::new, |place| {
                format!(
                    "; to keep the old one: export {}={}",
                    place.name,
                    wanted(key, old_value)
                )
            });
            self.note(
                &path,
                format!(
                    "{key}: {} -> {} (not carried over{hint})",
                    shown(key, old_value),
                    shown(key, new_value)
                ),
            );
        }
        let gone: Vec<&str> = old_scalars
            .keys()
            .filter(|key| !new_scalars.contains_key(*key))
            .map(String::as_str)
            .collect();
        if !gone.is_empty() {
            self.note(
                &path,
                format!(
                    "keys of the old file that the new one does not have: {}",
                    gone.join(", ")
                ),
            );
        }
        for file in install::config_files(&old.home) {
            let Ok(below) = file.strip_prefix(&old.home) else {
                continue;
            };
            let target = new_home.join(below);
            let written = self.writes.iter().any(|write| write.path == target);
            if !target.exists() && !written {
                self.note(&target, format!("not copied from {}", file.display()));
            }
        }
        Ok(())
    }

    fn note(&mut self, path: &Path, text: String) {
        self.notes.push((path.to_owned(), text.into()));
    }

    /// What is written and what is only told, for the plan.
    pub fn told(&self) -> Vec<(PathBuf, CleanText)> {
        let writes = self
            .writes
            .iter()
            .map(|write| (write.path.clone(), write.what.as_str().into()));
        writes.chain(self.notes.iter().cloned()).collect()
    }

    /// Writes the files.
    pub fn write(&self) -> Result<Vec<(PathBuf, CleanText)>> {
        for write in &self.writes {
            if let Some(folder) = write.path.parent() {
                std::fs::create_dir_all(folder)
                    .map_err(|error| files::unreadable(folder, error))?;
            }
            // A delivered file gives way together with its mode: a key must not become readable.
            let like = std::fs::metadata(&write.like).is_ok();
            if like && write.path.exists() {
                std::fs::remove_file(&write.path)
                    .map_err(|error| files::unreadable(&write.path, error))?;
            }
            files::replace(&write.path, &write.bytes, Some(&write.like))?;
        }
        Ok(self.told())
    }
}

/// The old value as an export would give it: the default of a variable, or the text itself.
fn wanted(key: &str, old_value: &str) -> String {
    let value = substitute::substitute(old_value, &|_| None);
    match shown(key, value.trim()) {
        masked if masked == MASK => "...".to_owned(),
        plain => shell::quoted(&plain),
    }
}

fn shown(key: &str, value: &str) -> String {
    let name = key.rsplit('.').next().unwrap_or(key);
    let secret = secrets::is_secret_name(name) || value.to_ascii_lowercase().contains("password=");
    if secret && !value.is_empty() {
        MASK.to_owned()
    } else {
        CleanText::limited(value, 120).into()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::{Carry, Config};

    fn yaml(port: &str, database: &str, fernet: &str, files: u32) -> String {
        format!(
            "server:\n  applicationConnectors:\n    - port: {port}\ndatabase:\n  user: ${{DB_USER:-om}}\n  \
             password: ${{DB_USER_PASSWORD:-x}}\n  url: {database}\nfernetConfiguration:\n  \
             fernetKey: {fernet}\nlogging:\n  keep: {files}\n"
        )
    }

    const URL: &str = "jdbc:${DB_SCHEME:-postgresql}://${DB_HOST:-localhost}:${DB_PORT:-5432}/\
        ${OM_DATABASE:-openmetadata_db}?${DB_PARAMS:-a=1}";

    fn home(root: &Path, name: &str, yaml: &str, env: &str) -> std::path::PathBuf {
        let home = root.join(name);
        std::fs::create_dir_all(home.join("conf")).expect("conf");
        std::fs::write(home.join("conf/openmetadata.yaml"), yaml).expect("yaml");
        std::fs::write(home.join("conf/openmetadata-env.sh"), env).expect("env");
        home
    }

    fn old_yaml() -> String {
        yaml(
            "9000",
            "jdbc:postgresql://db1:5433/prod?password=geheim",
            "${FERNET_KEY:-operators-key}",
            30,
        )
    }

    fn new_yaml() -> String {
        yaml("${SERVER_PORT:-8585}", URL, "${FERNET_KEY:-public-key}", 7)
    }

    #[test]
    fn the_new_side_uses_the_same_database_key_and_port() {
        let root = tempfile::tempdir().expect("root");
        let env = "# mine\nexport DB_USER_PASSWORD='s p'\nexport X=$(id)\n";
        let old = home(root.path(), "old", &old_yaml(), env);
        let new = home(root.path(), "new", &new_yaml(), "#!/bin/bash\n");
        let key = old.join("conf/private_key.der");
        std::fs::write(&key, "k").expect("key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("mode");
        std::fs::write(new.join("conf/private_key.der"), "delivered").expect("key");
        std::fs::write(old.join("conf/saml.xml"), "x").expect("file");

        let carry = Carry::plan(&old, &new).expect("planned");
        let before = Config::read(&new, None).expect("valid").url.host;
        assert_eq!(before, "localhost", "a plan changes nothing");
        let told = carry.write().expect("written");
        let text: Vec<String> = told.iter().map(|(_, text)| text.to_string()).collect();
        let text = text.join("\n");
        assert!(
            !text.contains("geheim") && !text.contains("operators-key"),
            "{text}"
        );
        assert!(
            text.contains("logging.keep: 30 -> 7 (not carried over)"),
            "{text}"
        );
        assert!(
            text.contains("not copied from") && text.contains("saml.xml"),
            "{text}"
        );

        let (was, is) = (
            Config::read(&old, None).expect("old"),
            Config::read(&new, None).expect("new"),
        );
        assert_eq!(is.database_shown(), was.database_shown());
        assert_eq!(is.url, was.url);
        assert_eq!(is.password, was.password);
        assert_eq!(is.api_port, 9000);
        assert_eq!(is.environment.value("FERNET_KEY"), Some("operators-key"));
        let env = std::fs::read_to_string(new.join("conf/openmetadata-env.sh")).expect("env");
        assert!(
            env.contains("export X=$(id)"),
            "a shell's line is carried as it stands"
        );
        let copied = new.join("conf/private_key.der");
        assert_eq!(std::fs::read_to_string(&copied).expect("key"), "k");
        let mode = std::fs::metadata(&copied)
            .expect("meta")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);

        let again = Carry::plan(&old, &new).expect("planned again");
        assert!(again.writes.is_empty(), "twice gives the same files");
        assert_eq!(again.environment, env);
    }

    #[test]
    fn an_edited_new_environment_wins_and_is_only_completed() {
        let root = tempfile::tempdir().expect("root");
        let old = home(
            root.path(),
            "old",
            &new_yaml(),
            "DB_HOST=db1\nDB_USER=u\nA=$(id)\n",
        );
        let new = home(root.path(), "new", &new_yaml(), "export DB_HOST=db2");
        Carry::plan(&old, &new)
            .expect("planned")
            .write()
            .expect("written");
        let is = Config::read(&new, None).expect("new");
        assert_eq!((is.url.host.as_str(), is.user.as_str()), ("db2", "u"));
        let again = Carry::plan(&old, &new).expect("again");
        assert!(again.writes.is_empty());
        assert!(again.environment.contains("A=$(id)"));
    }
}
