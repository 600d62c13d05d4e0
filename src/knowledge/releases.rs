//! The release files: their shape, and the list of those that are built in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::version::OmVersion;

/// File name and text of every release file, ascending.
pub const FILES: &[(&str, &str)] = &[
    ("0.13", include_str!("../../assets/releases/0.13.toml")),
    ("1.0", include_str!("../../assets/releases/1.0.toml")),
    ("1.1", include_str!("../../assets/releases/1.1.toml")),
    ("1.2", include_str!("../../assets/releases/1.2.toml")),
    ("1.3", include_str!("../../assets/releases/1.3.toml")),
    ("1.4", include_str!("../../assets/releases/1.4.toml")),
    ("1.5", include_str!("../../assets/releases/1.5.toml")),
    ("1.6", include_str!("../../assets/releases/1.6.toml")),
    ("1.7", include_str!("../../assets/releases/1.7.toml")),
    ("1.8", include_str!("../../assets/releases/1.8.toml")),
    ("1.9", include_str!("../../assets/releases/1.9.toml")),
    ("1.10", include_str!("../../assets/releases/1.10.toml")),
    ("1.11", include_str!("../../assets/releases/1.11.toml")),
    ("1.12", include_str!("../../assets/releases/1.12.toml")),
    ("1.13", include_str!("../../assets/releases/1.13.toml")),
    ("2.0", include_str!("../../assets/releases/2.0.toml")),
    ("2.1", include_str!("../../assets/releases/2.1.toml")),
];

/// One minor release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub version: OmVersion,
    /// `YYYY-MM-DD`; absent while it is not released.
    #[serde(default)]
    pub released: Option<String>,
    /// `YYYY-MM-DD`: when we last looked at the sources.
    pub copied: String,
    pub sources: Vec<String>,
    pub support: Support,
    #[serde(default)]
    pub change: Vec<Change>,
}

/// Component (`postgres`, `java`, ...) to the range that the release asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Support {
    ranges: BTreeMap<String, String>,
}

impl Support {
    /// The range as the source gives it.
    pub fn range(&self, component: &str) -> Option<&str> {
        self.ranges.get(component).map(String::as_str)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Breaking,
    Removal,
    Deprecation,
    Migration,
    Config,
    Behaviour,
    Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Info,
    Check,
    MustAct,
}

/// One change of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub kind: Kind,
    pub area: String,
    pub severity: Severity,
    pub title: String,
    /// The patch release that brought it; the line's first release where absent.
    #[serde(default)]
    pub since: Option<OmVersion>,
}

/// A change with where we know it from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    pub since: OmVersion,
    #[serde(flatten)]
    pub change: Change,
    pub source: String,
    pub copied: String,
}

impl Note {
    /// One line for a person.
    pub fn line(&self) -> String {
        let mark = match self.change.severity {
            Severity::MustAct => "must act",
            Severity::Check => "check",
            Severity::Info => "info",
        };
        format!(
            "{:<8} {:<9} {:<11} {}",
            self.since.to_string(),
            mark,
            self.change.area,
            self.change.title
        )
    }
}

/// Parses what is built in. A file that does not parse is left out here and fails the test below.
pub fn embedded() -> Vec<Release> {
    FILES
        .iter()
        .filter_map(|(_, text)| toml::from_str(text).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{FILES, Release};

    #[test]
    fn every_release_file_is_whole() {
        let mut last: Option<Release> = None;
        for (name, text) in FILES {
            let release: Release = toml::from_str(text)
                .unwrap_or_else(|error| panic!("assets/releases/{name}.toml: {error}"));
            let (major, minor) = release.version.minor_line();
            assert_eq!(format!("{major}.{minor}"), *name, "file name and version");
            assert!(!release.sources.is_empty(), "{name}: no source");
            assert!(release.copied.len() == 10, "{name}: copied is a date");
            assert!(!release.change.is_empty(), "{name}: no change");
            for change in &release.change {
                let since = change.since.as_ref().unwrap_or(&release.version);
                assert_eq!(
                    since.minor_line(),
                    release.version.minor_line(),
                    "{name}: {}",
                    change.title
                );
            }
            assert!(
                last.as_ref()
                    .is_none_or(|last| last.version < release.version),
                "{name}: order"
            );
            last = Some(release);
        }
    }
}
