//! The ordered work with what each step would do; data before it is action.

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;
use super::names::Identity;
use super::step::{Danger, StepId};
use super::version::OmVersion;

/// What a step would do, secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "intent", rename_all = "kebab-case")]
pub enum Intent {
    /// A program with its arguments, as it could be typed.
    Command { line: CleanText, place: CleanText },
    /// A statement on the database server.
    Sql { statement: CleanText },
    /// A file that is written or replaced.
    File { path: CleanText, change: CleanText },
    /// A request to the server's API.
    Request { line: CleanText },
    /// A question that a person answers.
    Question { id: String, text: CleanText },
    /// Only looking.
    Look { what: CleanText },
}

/// Stands in the change of a file where a setting of the old version is left behind: somebody has to know.
pub const NOT_CARRIED: &str = "not carried over";

/// One step of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    pub id: StepId,
    pub title: String,
    pub danger: Danger,
    /// What can go wrong.
    pub risk: String,
    /// Users are locked out while it runs.
    pub downtime: bool,
    pub intents: Vec<Intent>,
}

/// What the plan is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "goal", rename_all = "kebab-case")]
pub enum Goal {
    Upgrade,
    /// A backup, taken and proven, and nothing else: the old version serves all the while.
    BackUp,
    /// One of the ways back of [`super::way_back`].
    WayBack {
        way: super::way_back::WayId,
    },
}

/// The whole plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub schema_version: u32,
    pub goal: Goal,
    pub identity: Identity,
    pub from: Option<OmVersion>,
    pub to: Option<OmVersion>,
    pub steps: Vec<PlannedStep>,
}

impl Plan {
    /// The text that the plan's digest is computed from: only what is decided, no measurement.
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
