//! What a validation looked at, point by point.

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;
use super::step::StepId;

/// One thing that was looked at, or has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// What it is about, such as `status.database` or `1.13.1: search`.
    pub about: CleanText,
    #[serde(flatten)]
    pub result: PointResult,
    pub message: CleanText,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum PointResult {
    Passed,
    Failed,
    /// It could not be looked at, or what was seen needs an explanation.
    Doubt,
    /// A later step of the plan proves it.
    ByStep {
        step: StepId,
    },
    /// Only a person can look.
    ByPerson,
}

impl Point {
    pub fn new(
        about: impl Into<CleanText>,
        result: PointResult,
        message: impl Into<CleanText>,
    ) -> Self {
        Self {
            about: about.into(),
            result,
            message: message.into(),
        }
    }

    /// The word in front of it; a point that a step proves has the word of that step.
    pub fn word(&self) -> &'static str {
        match self.result {
            PointResult::Passed => "PASSED",
            PointResult::Failed => "FAILED",
            PointResult::Doubt => "LOOK",
            PointResult::ByStep { .. } => "STEP",
            PointResult::ByPerson => "YOURS",
        }
    }
}
