//! Probes: how a breaking change finds out whether it concerns a deployment, as data in the release
//! files. [`super::relevance`] judges them.

use serde::{Deserialize, Serialize};

use super::range::Range;
use crate::domain::row_question::RowQuestion;

/// One way in which a change can concern a deployment. Exactly one of the questions is asked; a
/// probe with nothing but `only` concerns every deployment that fits it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probe {
    /// The question is asked of such deployments only; others are not concerned.
    #[serde(default)]
    pub only: Only,
    /// Concerned where rows are found.
    #[serde(default)]
    pub rows: Option<RowQuestion>,
    /// Concerned where no row is found.
    #[serde(default)]
    pub no_rows: Option<RowQuestion>,
    /// Concerned where one of these variables is set for the server.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Concerned where a variable of the server has a value.
    #[serde(default)]
    pub variable: Option<Key>,
    /// Concerned where a key of `openmetadata.yaml` has a value.
    #[serde(default)]
    pub key: Option<Key>,
    /// Concerned where a component is used in a version outside of a range.
    #[serde(default)]
    pub needs: Option<Needs>,
    /// Concerned where a component is used at all.
    #[serde(default)]
    pub uses: Option<String>,
    /// Concerned where an environment of a client is so.
    #[serde(default)]
    pub client: Option<Client>,
    /// Concerned where a table has at least so many rows, by the database's statistics.
    #[serde(default)]
    pub large: Option<Large>,
    /// Concerned where a connection sorts with less than so many MiB.
    #[serde(default)]
    pub sort_memory_below_mib: Option<u32>,
    /// Concerned where the database once ran one of these versions.
    #[serde(default)]
    pub ran: Vec<String>,
    /// Concerned where marks of the change are found in the operators' files.
    #[serde(default)]
    pub code: bool,
    /// Why it concerns every deployment.
    #[serde(default)]
    pub always: Option<String>,
}

/// Which deployments a probe is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Only {
    /// `postgres`, `mysql`.
    #[serde(default)]
    pub engine: Option<String>,
    /// `bare-metal`, `compose`, `helm`.
    #[serde(default)]
    pub deployment: Vec<String>,
    /// Range of the target version.
    #[serde(default)]
    pub target: Option<String>,
    /// Range of the version that the database comes from.
    #[serde(default)]
    pub from: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Key {
    /// The variable; the dotted key, or the beginning of it up to a dot.
    pub name: String,
    /// One of these values; any value where empty.
    #[serde(default)]
    pub is: Vec<String>,
    /// None of these values.
    #[serde(default)]
    pub not: Vec<String>,
}

impl Key {
    /// True for a value that is asked for.
    pub fn wants(&self, value: &str) -> bool {
        !value.trim().is_empty()
            && (self.is.is_empty() || self.is.iter().any(|one| one == value))
            && self.not.iter().all(|one| one != value)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Needs {
    pub component: String,
    /// A [`Range`].
    pub range: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Client {
    /// Its Python lies outside of this range.
    #[serde(default)]
    pub python_outside: Option<String>,
    /// It has one of these extras.
    #[serde(default)]
    pub extras: Vec<String>,
    /// Its `openmetadata-ingestion` is not of the target's patch release.
    #[serde(default)]
    pub not_target: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Large {
    /// Any table where empty.
    #[serde(default)]
    pub table: String,
    pub rows: u64,
}

impl Probe {
    /// What is wrong with it, for the tests of the release files.
    pub fn problem(&self) -> Option<String> {
        let asked = [
            self.rows.is_some(),
            self.no_rows.is_some(),
            !self.variables.is_empty(),
            self.variable.is_some(),
            self.key.is_some(),
            self.needs.is_some(),
            self.uses.is_some(),
            self.client.is_some(),
            self.large.is_some(),
            self.sort_memory_below_mib.is_some(),
            !self.ran.is_empty(),
            self.code,
            self.always.is_some(),
        ]
        .into_iter()
        .filter(|asked| *asked)
        .count();
        if asked > 1 || asked == 0 && self.only == Only::default() {
            return Some(format!("asks {asked} questions"));
        }
        let ranges = [
            self.needs.as_ref().map(|needs| &needs.range),
            self.client.as_ref().and_then(|c| c.python_outside.as_ref()),
            self.only.target.as_ref(),
            self.only.from.as_ref(),
        ];
        ranges
            .into_iter()
            .flatten()
            .find(|range| Range::parse(range).is_none())
            .map(|range| format!("'{range}' is no range"))
    }
}
