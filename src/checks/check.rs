//! The shape of a check: what it is called, what it blocks, and the judgement that it gives.

use serde::Serialize;

use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::finding::{Blocks, Finding, Verdict};
use crate::domain::survey::{Probe, Survey};
use crate::domain::version::OmVersion;
use crate::knowledge::Knowledge;

/// What gathering the facts of a check asks of the deployment. Judging them costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// Nothing is asked: answers and built-in data only.
    Free,
    /// Files, processes and programs of this host.
    Host,
    /// Small queries to the database's catalog and to OpenMetadata's history tables.
    Query,
    /// Whole tables of the database are read: asked by `omup check --full` only.
    Scan,
}

impl Cost {
    /// The longest that one question of this class may take, in seconds; what takes longer is
    /// UNKNOWN. The limits stand where the questions are asked: programs and folders of this host in
    /// `survey`, statements in `database::*::purpose` (`Look`, `Count`).
    pub const fn limit_seconds(self) -> u32 {
        match self {
            Cost::Free => 0,
            Cost::Host => 20,
            Cost::Query => 30,
            Cost::Scan => 600,
        }
    }

    /// The same in words.
    pub const fn limit(self) -> &'static str {
        match self {
            Cost::Free => "none: nothing is asked",
            Cost::Host => "20 s a program, 5 s a request",
            Cost::Query => "10 s to connect, 30 s a statement",
            Cost::Scan => "600 s a statement, with --full only",
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Cost::Free => "free",
            Cost::Host => "host",
            Cost::Query => "query",
            Cost::Scan => "scan",
        }
    }
}

/// One line of `omup checks list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Written by hand and never used again for anything else.
    pub id: &'static str,
    pub title: &'static str,
    /// The most that a bad finding of this check holds back; a single finding may hold back less.
    pub blocks: Blocks,
    pub cost: Cost,
    /// It rests on what omup knows of the target's release: for a release that omup does not know it
    /// never passes.
    pub of_release: bool,
    /// When it applies and what it asks for, in words.
    pub condition: &'static str,
}

impl Item {
    /// What its UNKNOWN holds back. A check whose bad findings hold nothing back has still not been
    /// able to look, and that is for a person to settle before the migration.
    pub fn unknown_blocks(&self) -> Blocks {
        self.blocks.max(Blocks::BeforeMigrate)
    }
}

/// A check: its line in the catalogue and its judgement.
#[derive(Clone, Copy)]
pub struct Check {
    pub item: Item,
    pub judge: fn(&Survey, &Answers, &Knowledge) -> Judgement,
}

/// What a check says. The id, the title and the usual `blocks` come from its [`Item`].
#[derive(Debug, Clone)]
pub struct Judgement {
    verdict: Verdict,
    blocks: Option<Blocks>,
    message: CleanText,
    evidence: Vec<CleanText>,
    remedy: Option<CleanText>,
    command: Option<CleanText>,
}

impl Judgement {
    fn new(verdict: Verdict, message: impl Into<CleanText>) -> Self {
        Self {
            verdict,
            blocks: None,
            message: message.into(),
            evidence: Vec::new(),
            remedy: None,
            command: None,
        }
    }

    pub fn pass(message: impl Into<CleanText>) -> Self {
        Self::new(Verdict::Pass, message)
    }

    pub fn info(message: impl Into<CleanText>) -> Self {
        Self::new(Verdict::Info, message)
    }

    pub fn skip(message: impl Into<CleanText>) -> Self {
        Self::new(Verdict::Skip, message)
    }

    pub fn warn(message: impl Into<CleanText>) -> Self {
        Self::new(Verdict::Warn, message)
    }

    pub fn unknown(message: impl Into<CleanText>) -> Self {
        Self::new(Verdict::Unknown, message)
    }

    pub fn fail(message: impl Into<CleanText>) -> Self {
        Self::new(Verdict::Fail, message)
    }

    /// Adds one line of evidence.
    pub fn seen(mut self, line: impl Into<CleanText>) -> Self {
        self.evidence.push(line.into());
        self
    }

    /// Adds lines of evidence.
    pub fn seen_all<T: Into<CleanText>>(mut self, lines: impl IntoIterator<Item = T>) -> Self {
        self.evidence.extend(lines.into_iter().map(Into::into));
        self
    }

    pub fn remedy(mut self, text: impl Into<CleanText>) -> Self {
        self.remedy = Some(text.into());
        self
    }

    pub fn command(mut self, text: impl Into<CleanText>) -> Self {
        self.command = Some(text.into());
        self
    }

    /// Holds back something else than the check usually does.
    pub fn blocking(mut self, blocks: Blocks) -> Self {
        self.blocks = Some(blocks);
        self
    }

    /// What it is worth for a target that omup does not know: by the rules for older releases
    /// nothing is green.
    pub fn for_unknown(self, target: &OmVersion) -> Self {
        match self.verdict {
            Verdict::Pass | Verdict::Info => Self::unknown(format!(
                "not known for this target ({target}): omup does not know that release"
            ))
            .seen(format!("by the rules for the releases that it knows: {}", self.message))
            .seen_all(self.evidence)
            .remedy("use an omup that knows the target; or look it up in that release's own pages and waive this check with the page as reason"),
            Verdict::Warn | Verdict::Fail => {
                self.seen(format!("not known for this target: omup does not know {target}"))
            }
            // What is not there needs no rule; and UNKNOWN it is already.
            Verdict::Skip | Verdict::Unknown => self,
        }
    }

    /// The finding under the check's own id.
    pub fn into_finding(self, item: &Item) -> Finding {
        let blocks = self.blocks.unwrap_or(item.blocks);
        Finding {
            id: item.id.to_string(),
            title: item.title.to_string(),
            verdict: self.verdict,
            blocks: match self.verdict {
                // "Could not look" always holds something back: never a silent pass.
                Verdict::Unknown => blocks.max(Blocks::BeforeMigrate),
                Verdict::Pass | Verdict::Info | Verdict::Skip | Verdict::Warn | Verdict::Fail => {
                    blocks
                }
            },
            message: self.message,
            evidence: self.evidence,
            remedy: self.remedy,
            command: self.command,
            waived: None,
        }
    }
}

/// The fact, or the UNKNOWN that its absence means.
pub fn known<'a, T>(probe: &'a Probe<T>, what: &str) -> Result<&'a T, Judgement> {
    match probe {
        Probe::Known(value) => Ok(value),
        Probe::Unknown(why) => Err(Judgement::unknown(format!("{what} could not be read"))
            .seen(why.clone())
            .remedy("mend what hinders the look (the reason stands above), then check again")),
    }
}
