//! What this very deployment has and uses: facts that tell which changes of a release concern it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answers::KnownAnswers;
use super::clean_text::CleanText;
use super::code_mark::CodeHit;
use super::survey::Probe;

/// Rows that answer a [`super::row_question::RowQuestion`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowsFound {
    /// At most [`RowsFound::ENOUGH`]; counting stops there.
    pub count: u64,
    /// Names of the first of them.
    pub names: Vec<CleanText>,
}

impl RowsFound {
    pub const ENOUGH: u64 = 1001;
    /// How many names are kept.
    pub const NAMES: usize = 5;

    /// Takes in further rows by their names.
    pub fn add(&mut self, names: impl IntoIterator<Item = CleanText>) {
        for name in names {
            self.count = (self.count + 1).min(Self::ENOUGH);
            if self.names.len() < Self::NAMES {
                self.names.push(name);
            }
        }
    }

    /// `3: a, b, c`.
    pub fn words(&self) -> String {
        let count = if self.count < Self::ENOUGH {
            self.count.to_string()
        } else {
            format!("more than {}", Self::ENOUGH - 1)
        };
        let mut words = format!(
            "{count}: {}",
            self.names
                .iter()
                .map(CleanText::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        );
        if self.count > self.names.len() as u64 {
            words.push_str(", ...");
        }
        words
    }
}

/// A component of the platform: its version text, or `None` where it is not used.
pub type Used = Probe<Option<CleanText>>;

/// One environment in which OpenMetadata's Python packages are installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientFacts {
    /// Folder, or how the operator calls the host it is on.
    pub place: CleanText,
    /// `3.11.7`.
    pub python: Option<CleanText>,
    /// Version of `openmetadata-ingestion`.
    pub ingestion: Option<CleanText>,
    /// Version of `openmetadata-managed-apis`.
    pub managed_apis: Option<CleanText>,
    /// Version of `apache-airflow`.
    pub airflow: Option<CleanText>,
    /// Extras of `openmetadata-ingestion` whose packages are all there.
    pub extras: Vec<String>,
}

/// What a search through the operators' own files gave.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CodeFacts {
    /// Text files that were read.
    pub files: u64,
    /// What was named or found and not read, with the reason: large files, links to elsewhere, a named
    /// folder without any text file.
    pub unread: Vec<CleanText>,
    pub hits: Vec<CodeHit>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceFacts {
    /// Question id (change and probe) to the rows that were found.
    #[serde(default)]
    pub rows: BTreeMap<String, Probe<RowsFound>>,
    /// Dotted keys of the old `openmetadata.yaml` with their values; secrets read `set`.
    pub keys: Probe<BTreeMap<String, CleanText>>,
    /// The same keys as the new folder's file has them, with its own defaults.
    pub target_keys: Probe<BTreeMap<String, CleanText>>,
    /// The keys as the old file itself has them, without any variable.
    #[serde(default = "not_looked")]
    pub file_keys: Probe<BTreeMap<String, CleanText>>,
    /// The keys as the new folder's file gives them with the variables of the old one.
    #[serde(default = "not_looked")]
    pub carried_keys: Probe<BTreeMap<String, CleanText>>,
    /// Variables with a value that the old file asks for and the new folder's does not.
    #[serde(default = "not_looked")]
    pub unasked_variables: Probe<Vec<String>>,
    /// `java`, `elasticsearch`, `opensearch`, `airflow`, `airflow-on-mysql`, `airflow-plugin` (OpenMetadata's
    /// in Airflow: its version where it is healthy).
    #[serde(default)]
    pub platform: BTreeMap<String, Used>,
    /// Of these components a person has said something, and what it was good for.
    #[serde(default)]
    pub said: BTreeMap<String, CleanText>,
    #[serde(default)]
    pub clients: Vec<ClientFacts>,
    /// Why there may be more of them than those.
    #[serde(default)]
    pub clients_unseen: Option<CleanText>,
    /// `Unknown` where no folder was named.
    pub code: Probe<CodeFacts>,
}

fn not_looked<T>() -> Probe<T> {
    Probe::Unknown("nobody has looked".into())
}

impl InstanceFacts {
    /// Takes in what a person knows. What was seen counts more than what is said.
    pub fn take(&mut self, known: &KnownAnswers) {
        for (component, said) in known.components() {
            let used = match said {
                KnownAnswers::NONE => None,
                version => Some(CleanText::limited(version, 40)),
            };
            let words = match self.platform.get(component) {
                Some(Probe::Known(seen)) if *seen == used => continue,
                Some(Probe::Known(_)) => format!("seen; the answers say {said}, which is not so"),
                Some(Probe::Unknown(_)) | None => {
                    self.platform
                        .insert(component.to_string(), Probe::Known(used));
                    "as the answers say".to_string()
                }
            };
            self.said.insert(component.to_string(), words.into());
        }
    }
}

impl Default for InstanceFacts {
    /// Nobody has looked.
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            keys: not_looked(),
            target_keys: not_looked(),
            file_keys: not_looked(),
            carried_keys: not_looked(),
            unasked_variables: not_looked(),
            platform: BTreeMap::new(),
            said: BTreeMap::new(),
            clients: Vec::new(),
            clients_unseen: Some("nobody has looked".into()),
            code: not_looked(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{InstanceFacts, Probe};
    use crate::domain::answers::KnownAnswers;

    #[test]
    fn what_a_person_says_fills_a_gap_and_never_hides_what_was_seen() {
        let mut facts = InstanceFacts::default();
        let unknown = Probe::Unknown("refused".into());
        facts.platform.insert("airflow".to_owned(), unknown);
        let seen = Probe::Known(Some("17.0.9".into()));
        facts.platform.insert("java".to_owned(), seen.clone());
        facts.take(&KnownAnswers {
            airflow: Some("none".to_owned()),
            java: Some("21".to_owned()),
            opensearch: Some("3.4.0".to_owned()),
            ..KnownAnswers::default()
        });
        assert_eq!(facts.platform["airflow"], Probe::Known(None));
        assert_eq!(facts.platform["java"], seen);
        assert_eq!(
            facts.platform["opensearch"],
            Probe::Known(Some("3.4.0".into()))
        );
        assert!(facts.said["java"].as_str().contains("the answers say 21"));
        assert_eq!(facts.said["opensearch"].as_str(), "as the answers say");
    }
}
