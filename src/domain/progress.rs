//! What is going on inside a step at this moment.

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;
use super::step::StepId;

/// What a step is doing right now; may be lost, is never journalled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub step: StepId,
    /// What it does or waits for, one sentence.
    pub doing: CleanText,
    pub done: Option<u64>,
    /// Known or estimated total, in the same unit.
    pub total: Option<u64>,
    /// `bytes`, `tables`, `statements`.
    pub unit: String,
    /// The total is an estimate.
    pub estimated: bool,
}
