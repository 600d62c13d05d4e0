//! What this very deployment has and uses: facts that tell which changes of a release concern it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    /// Files that could not be read, with the reason.
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
    /// `java`, `elasticsearch`, `opensearch`, `airflow`, `airflow-on-mysql`.
    #[serde(default)]
    pub platform: BTreeMap<String, Used>,
    #[serde(default)]
    pub clients: Vec<ClientFacts>,
    /// Why there may be more of them than those.
    #[serde(default)]
    pub clients_unseen: Option<CleanText>,
    /// `Unknown` where no folder was named.
    pub code: Probe<CodeFacts>,
}

impl Default for InstanceFacts {
    /// Nobody has looked.
    fn default() -> Self {
        let unknown = || CleanText::from("nobody has looked");
        Self {
            rows: BTreeMap::new(),
            keys: Probe::Unknown(unknown()),
            target_keys: Probe::Unknown(unknown()),
            platform: BTreeMap::new(),
            clients: Vec::new(),
            clients_unseen: Some(unknown()),
            code: Probe::Unknown(unknown()),
        }
    }
}
