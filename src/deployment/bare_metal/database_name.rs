//! Sets the configured database name: the switch between a database and its restored copy.

use std::path::PathBuf;

use super::config::{Config, env_path, yaml_path};
use super::environment::Origin;
use super::files::{self, CONFIG_LIMIT};
use super::{substitute, yaml};
use crate::deployment::{DeploymentError, Result};
use crate::domain::shell;

const VARIABLE: &str = "OM_DATABASE";

/// Where the name stands.
enum Place {
    /// A variable of `openmetadata-env.sh`; with its line when that line does nothing else.
    Variable { own_line: Option<usize> },
    /// The URL's own text in `openmetadata.yaml`.
    Literal { line: usize },
}

fn place(config: &Config) -> Result<Place> {
    let line = yaml::line_of(&config.text, &["database", "url"]);
    let template = line.and_then(|line| config.text.lines().nth(line - 1));
    let (Some(line), Some(template)) = (line, template) else {
        return Err(unclear(config, "its line was not found"));
    };
    let asked = substitute::places(template)
        .iter()
        .any(|place| place.name == VARIABLE);
    if asked {
        let own_line = config
            .environment
            .variables
            .get(VARIABLE)
            .and_then(|found| match &found.origin {
                Origin::File { line, .. } => Some(*line),
                Origin::Process(_) => None,
            });
        return Ok(Place::Variable { own_line });
    }
    if template.contains(&literal(&config.url.database)) {
        Ok(Place::Literal { line })
    } else {
        Err(unclear(
            config,
            "the name comes from a variable other than OM_DATABASE; set it yourself",
        ))
    }
}

fn unclear(config: &Config, reason: &str) -> DeploymentError {
    DeploymentError::Setting {
        path: yaml_path(&config.home),
        setting: "database.url".to_owned(),
        reason: reason.into(),
    }
}

/// The name in a URL, with the slash before it.
fn literal(name: &str) -> String {
    format!("/{name}")
}

/// Sets the name and returns the file that holds it and the name before.
pub fn set(config: &Config, name: &str) -> Result<(PathBuf, String)> {
    let before = config.url.database.clone();
    match place(config)? {
        Place::Variable { own_line } => {
            let path = env_path(&config.home);
            if before == name && own_line.is_some() {
                return Ok((path, before));
            }
            let text = files::read_text_if_any(&path, CONFIG_LIMIT)?.unwrap_or_default();
            let text = with_variable(&text, own_line, name);
            files::replace(&path, text.as_bytes(), Some(&yaml_path(&config.home)))?;
            Ok((path, before))
        }
        Place::Literal { line } => {
            let path = yaml_path(&config.home);
            if before != name {
                let text = with_literal(&config.text, line, &before, name)
                    .ok_or_else(|| unclear(config, "the name stands in it more than once"))?;
                files::replace(&path, text.as_bytes(), None)?;
            }
            Ok((path, before))
        }
    }
}

/// The file with the variable set: on its own line where it has one, else at the end, where it
/// wins over every earlier one.
fn with_variable(text: &str, own_line: Option<usize>, name: &str) -> String {
    let assignment = format!("export {VARIABLE}={}", shell::quoted(name));
    let mut lines: Vec<&str> = text.lines().collect();
    let alone = own_line
        .and_then(|line| lines.get_mut(line.saturating_sub(1)))
        .filter(|line| stands_alone(line));
    match alone {
        Some(line) => *line = &assignment,
        None => lines.push(&assignment),
    }
    lines.join("\n") + "\n"
}

/// True when the line assigns the variable and nothing else.
fn stands_alone(line: &str) -> bool {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    line.strip_prefix(VARIABLE)
        .and_then(|rest| rest.strip_prefix('='))
        .is_some_and(|value| !value.contains([' ', '\t', ';', '#']))
}

fn with_literal(text: &str, number: usize, before: &str, name: &str) -> Option<String> {
    let line = text.lines().nth(number - 1)?;
    let (head, tail) = line
        .split_once('?')
        .map_or((line, None), |(a, b)| (a, Some(b)));
    let start = head.rfind(&literal(before))?;
    let after = &head[start + 1 + before.len()..];
    // Only a quote or a comment may follow the name.
    if after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '/') {
        return None;
    }
    let mut fresh = format!("{}/{name}{after}", &head[..start]);
    if let Some(tail) = tail {
        fresh.push('?');
        fresh.push_str(tail);
    }
    let lines: Vec<&str> = text
        .lines()
        .enumerate()
        .map(|(at, old)| {
            if at + 1 == number {
                fresh.as_str()
            } else {
                old
            }
        })
        .collect();
    Some(lines.join("\n") + "\n")
}

/// A line for `sh` that sets the name.
pub fn by_hand(config: &Config, name: &str) -> String {
    match place(config) {
        Ok(Place::Variable { .. }) => format!(
            "printf '\\nexport {VARIABLE}=%s\\n' {} >> {}",
            shell::quoted(&shell::quoted(name)),
            shell::quoted(&env_path(&config.home).to_string_lossy())
        ),
        Ok(Place::Literal { line }) => {
            let script = format!(
                "{line}s#/{}\\([?\"'[:space:]]\\|$\\)#/{}\\1#",
                for_sed(&config.url.database),
                for_sed(name)
            );
            format!(
                "sed -i {} {}",
                shell::quoted(&script),
                shell::quoted(&yaml_path(&config.home).to_string_lossy())
            )
        }
        Err(_) => format!(
            "# set the database name to {name} in {}",
            yaml_path(&config.home).display()
        ),
    }
}

fn for_sed(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        if ".[]*^$\\#&/".contains(letter) {
            safe.push('\\');
        }
        safe.push(letter);
    }
    safe
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{Config, by_hand, set};

    fn home(url: &str, env: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::create_dir(folder.path().join("conf")).expect("conf");
        let yaml = format!(
            "server:\n  applicationConnectors:\n    - port: 8585\ndatabase:\n  user: om\n  url: {url}\n"
        );
        std::fs::write(folder.path().join("conf/openmetadata.yaml"), yaml).expect("yaml");
        std::fs::write(folder.path().join("conf/openmetadata-env.sh"), env).expect("env");
        folder
    }

    const VARIABLE: &str = "jdbc:postgresql://h:5432/${OM_DATABASE:-openmetadata_db}?a=b";

    #[test]
    fn the_name_is_set_where_it_stands_and_setting_it_twice_changes_nothing() {
        for (url, env) in [
            (
                VARIABLE,
                "export DB_HOST=h\nexport OM_DATABASE='one' \nexport A=1\n",
            ),
            (VARIABLE, "export A=1 OM_DATABASE=one"),
            (VARIABLE, "# nothing\n"),
            ("jdbc:postgresql://h:5432/one?x=/one", ""),
            ("\"jdbc:postgresql://h:5432/one\"", ""),
        ] {
            let home = home(url, env);
            let read = || Config::read(home.path(), None).expect("valid");
            let first = read();
            let (file, before) = set(&first, "omup_new").expect("set");
            assert_eq!(before, first.url.database);
            assert_eq!(read().url.database, "omup_new", "{url} {env}");
            let text = std::fs::read_to_string(&file).expect("read");
            assert!(text.contains("A=1") || !env.contains("A=1"), "{text}");
            set(&read(), "omup_new").expect("set again");
            assert_eq!(std::fs::read_to_string(&file).expect("read"), text);
            set(&read(), &before).expect("back");
            assert_eq!(read().url.database, before);
        }
    }

    #[test]
    fn the_line_for_the_hand_does_the_same_in_sh() {
        for (url, env) in [
            (VARIABLE, "export OM_DATABASE=one"),
            ("jdbc:postgresql://h:5432/one?x=y", ""),
        ] {
            let home = home(url, env);
            let line = by_hand(&Config::read(home.path(), None).expect("valid"), "omup_new");
            let done = Command::new("/bin/sh").args(["-c", &line]).status();
            assert!(done.expect("sh runs").success(), "{line}");
            let after = Config::read(home.path(), None).expect("valid");
            assert_eq!(after.url.database, "omup_new", "{line}");
        }
    }

    #[test]
    fn a_name_from_an_unknown_variable_is_not_guessed() {
        let home = home("jdbc:postgresql://h:5432/${MY_DB:-one}", "");
        let config = Config::read(home.path(), None).expect("valid");
        let told = set(&config, "x").expect_err("unclear").to_string();
        assert!(told.contains("OM_DATABASE"), "{told}");
        assert!(by_hand(&config, "x").starts_with('#'));
    }
}
