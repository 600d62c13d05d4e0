//! What a check says: a graded verdict, what it blocks, its evidence and the remedy.

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;

/// How bad it is. `Unknown` means that the check could not look: it blocks what it guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Pass,
    Info,
    Skip,
    Warn,
    Unknown,
    Fail,
}

impl Verdict {
    pub const ALL: [Verdict; 6] = [
        Verdict::Pass,
        Verdict::Info,
        Verdict::Skip,
        Verdict::Warn,
        Verdict::Unknown,
        Verdict::Fail,
    ];

    /// The word printed for it, always of at most seven characters.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "PASS",
            Verdict::Info => "INFO",
            Verdict::Skip => "SKIP",
            Verdict::Warn => "WARN",
            Verdict::Unknown => "UNKNOWN",
            Verdict::Fail => "FAIL",
        }
    }
}

/// Which part of the work a failed or unknown check holds back. Separate from the verdict: a
/// failure need not block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blocks {
    No,
    BeforeMigrate,
    BeforeBackup,
    /// Not even a waiver lets it pass (the version path, the wrong database).
    Always,
}

/// The verdict of one check about one survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Written by hand, never derived from the title, such as `OM-DB-012`.
    pub id: String,
    pub title: String,
    pub verdict: Verdict,
    pub blocks: Blocks,
    /// One sentence: what was found.
    pub message: CleanText,
    /// Figures and names behind the verdict, with their arithmetic where there is one.
    pub evidence: Vec<CleanText>,
    /// What to do next; empty when there is nothing to do.
    pub remedy: Option<CleanText>,
    /// One command that can be copied, where there is a safe one.
    pub command: Option<CleanText>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waived: Option<Waiver>,
}

/// "Go on all the same, with a reason."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    pub check: String,
    pub reason: String,
    pub who: String,
    /// A date `YYYY-MM-DD` (UTC) after which the waiver is worth nothing.
    pub expires: String,
}

impl Finding {
    /// True when this finding holds back work of the given stage.
    pub fn holds(&self, stage: Blocks) -> bool {
        let bad = matches!(self.verdict, Verdict::Fail | Verdict::Unknown);
        let waived = self.waived.is_some() && self.blocks != Blocks::Always;
        bad && !waived && self.blocks != Blocks::No && self.blocks >= stage
    }
}

/// The six counts, in the order of [`Verdict::ALL`].
pub fn counts(findings: &[Finding]) -> Vec<(Verdict, usize)> {
    Verdict::ALL
        .into_iter()
        .map(|verdict| {
            (
                verdict,
                findings.iter().filter(|f| f.verdict == verdict).count(),
            )
        })
        .collect()
}
