//! The release files: their shape, and the list of those that are built in.

use std::collections::BTreeMap;

use super::after::After;
use super::files::RELEASES;
use super::relevance::{Judged, Relevance};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::probe::Probe;
use crate::domain::code_mark::CodeMark;
use crate::domain::version::OmVersion;

/// One minor release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub version: OmVersion,
    /// `YYYY-MM-DD`; absent while it is not released.
    #[serde(default)]
    pub released: Option<String>,
    /// `YYYY-MM-DD`: when we read the sources of this file.
    pub copied: String,
    /// The highest patch release of the line on that day.
    #[serde(default)]
    pub newest: Option<OmVersion>,
    /// What the release needs; below it, the upgrade is refused.
    pub support: Support,
    /// Higher versions that a page of the source names as minimum or recommends.
    #[serde(default)]
    pub advised: Support,
    /// Component to the addresses that `support` and `advised` come from.
    pub support_sources: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub change: Vec<Change>,
}

/// Component (`postgres`, `java`, ...) to a [`super::Range`] as text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Support {
    pub(super) ranges: BTreeMap<String, String>,
}

impl Support {
    /// The range of a component, `>=9.0,<10`.
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

impl Severity {
    /// The word in front of a change.
    pub fn word(self) -> &'static str {
        match self {
            Severity::MustAct => "must act",
            Severity::Check => "check",
            Severity::Info => "info",
        }
    }
}

/// One change of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// `<minor>-<words>`; never used again for anything else.
    pub id: String,
    pub kind: Kind,
    pub area: String,
    pub severity: Severity,
    pub title: String,
    /// The patch release that brought it.
    pub since: OmVersion,
    /// What it means, for somebody who does this for the first time. Every breaking change has it.
    #[serde(default)]
    pub text: Option<String>,
    /// What to do about it.
    #[serde(default, rename = "do")]
    pub remedy: Option<String>,
    /// What the people who use OpenMetadata will notice, a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<String>,
    /// Where to look when omup cannot tell whether it concerns a deployment.
    #[serde(default)]
    pub look: Option<String>,
    /// What to look at once the new version serves.
    #[serde(default)]
    pub after: Option<After>,
    /// Tables of which the release itself takes rows, or which it takes away, lower case.
    #[serde(default, rename = "takes-rows")]
    pub takes_rows: Vec<String>,
    /// Where we read it.
    pub source: String,
    /// What a release breaks in the operators' own files.
    #[serde(default)]
    pub code: Vec<CodeMark>,
    /// How to find out whether it concerns a deployment.
    #[serde(default)]
    pub probe: Vec<Probe>,
}

impl Change {
    /// The name of the question that its probe at this place asks of the database.
    pub fn question_id(&self, probe: usize) -> String {
        format!("{}/{probe}", self.id)
    }

    /// True for what stops working, or asks for work, unless somebody acts.
    pub fn breaking(&self) -> bool {
        matches!(self.kind, Kind::Breaking | Kind::Removal) || self.severity == Severity::MustAct
    }
}

/// A change with the day of our copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    #[serde(flatten)]
    pub change: Change,
    pub copied: String,
    /// What it means for a deployment, where one was looked at and the change is asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
    /// Asked for in every frame, so it is made once.
    #[serde(skip)]
    name: String,
}

impl Note {
    pub fn new(change: Change, copied: String) -> Self {
        Self {
            name: name_of(&change),
            change,
            copied,
            judged: None,
        }
    }

    /// The name under which it is acknowledged. It changes with the words and the weight, so that a
    /// person is asked again when they say something else.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line for a person.
    pub fn line(&self) -> String {
        format!(
            "{:<8} {:<9} {:<11} {}",
            self.change.since.to_string(),
            self.change.severity.word(),
            self.change.area,
            self.change.title
        )
    }

    /// True for what a person may pass over: it only informs, and does not concern the deployment.
    pub fn quiet(&self) -> bool {
        let judged = self.judged.as_ref().map(|judged| judged.relevance);
        self.change.severity == Severity::Info && matches!(judged, None | Some(Relevance::Not))
    }

    /// True for what a person has to look at before the upgrade.
    pub fn asks(&self) -> bool {
        let judged = self.judged.as_ref().map(|judged| judged.relevance);
        self.change.severity == Severity::MustAct && judged != Some(Relevance::Not)
    }

    /// What the people who use this deployment will notice of it.
    pub fn users(&self) -> Option<String> {
        let users = self.change.users.as_ref()?;
        match self.judged.as_ref().map(|judged| judged.relevance) {
            None | Some(Relevance::Concerns) => Some(users.clone()),
            Some(Relevance::CannotTell) => Some(format!("Perhaps: {users}")),
            Some(Relevance::Not) => None,
        }
    }

    /// Where it belongs in a list: what concerns the deployment, what cannot be told, what does not,
    /// then what nobody asks about; within these what asks to act first.
    pub fn rank(&self) -> impl Ord + use<> {
        let relevance = self.judged.as_ref().map(|judged| judged.relevance);
        (
            relevance.is_none(),
            relevance,
            std::cmp::Reverse(self.change.severity),
        )
    }
}

fn name_of(change: &Change) -> String {
    let words = [&change.text, &change.remedy];
    let words = words.into_iter().flatten().map(String::as_str);
    let words: Vec<&str> = std::iter::once(change.severity.word())
        .chain(words)
        .collect();
    let digest = Sha256::digest(words.join("\n"));
    format!(
        "{} {} [{:02x}{:02x}{:02x}]",
        change.since, change.title, digest[0], digest[1], digest[2]
    )
}

/// Parses what is built in. A file that does not parse is left out here and fails the test below.
pub fn embedded() -> Vec<Release> {
    RELEASES
        .iter()
        .filter_map(|(_, text)| toml::from_str(text).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Change, Judged, Note, Relevance, Severity, embedded};
    use crate::knowledge::files::RELEASES;
    use crate::knowledge::release_check::check;

    #[test]
    fn every_release_file_is_whole() {
        let files: Vec<(String, String)> = RELEASES
            .iter()
            .map(|(name, text)| ((*name).to_string(), (*text).to_string()))
            .collect();
        let mistakes: Vec<String> = check(&files)
            .mistakes
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(mistakes, Vec::<String>::new());
        let releases = embedded();
        assert_eq!(releases.len(), RELEASES.len());
        assert!(
            releases
                .windows(2)
                .all(|pair| pair[0].version < pair[1].version)
        );
    }

    #[test]
    fn a_note_that_says_something_else_has_another_name() {
        let changes = embedded().into_iter().flat_map(|release| release.change);
        let change = changes
            .clone()
            .find(|change| change.text.is_some() && change.remedy.is_some())
            .expect("a change with words");
        let name = |change: Change| Note::new(change, "2026-11-26".to_owned()).name().to_owned();
        let before = name(change.clone());
        type Way = (&'static str, fn(&mut Change));
        let ways: [Way; 4] = [
            ("text", |change| change.text = Some("Another.".to_owned())),
            ("do", |change| change.remedy = None),
            ("severity", |change| {
                change.severity = match change.severity {
                    Severity::MustAct => Severity::Check,
                    Severity::Check | Severity::Info => Severity::MustAct,
                }
            }),
            ("title", |change| change.title.push('!')),
        ];
        for (what, alter) in ways {
            let mut altered = change.clone();
            alter(&mut altered);
            assert_ne!(name(altered), before, "{what}");
        }
        // Where it was read is no word to a person, and no two notes share a name.
        let mut moved = change.clone();
        moved.source.push('x');
        assert_eq!(name(moved), before);
        let mut names: Vec<String> = changes.map(name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn users_are_told_what_may_concern_them() {
        let changes = embedded().into_iter().flat_map(|release| release.change);
        let told: Vec<Change> = changes.filter(|change| change.users.is_some()).collect();
        assert!(told.len() >= 25, "{}", told.len());
        let mut note = Note::new(told[0].clone(), "2026-11-26".to_owned());
        let sentence = note.change.users.clone();
        assert_eq!(note.users(), sentence);
        let mut judged = |relevance| {
            note.judged = Some(Judged {
                relevance,
                because: "x".to_owned(),
            });
            note.users()
        };
        assert_eq!(judged(Relevance::Concerns), sentence);
        assert_eq!(judged(Relevance::Not), None);
        let perhaps = judged(Relevance::CannotTell);
        assert!(perhaps.is_some_and(|text| text.starts_with("Perhaps: ")));
    }

    #[test]
    fn the_breaking_changes_from_1_2_on_are_there() {
        let breaking = embedded()
            .into_iter()
            .filter(|release| release.version.minor_line() >= (1, 2))
            .flat_map(|release| release.change)
            .filter(Change::breaking);
        let mut count = 0;
        for change in breaking {
            assert!(change.look.is_some(), "{}: look", change.id);
            count += 1;
        }
        assert!(count >= 120, "{count}");
    }
}
