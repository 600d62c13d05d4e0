//! The two questions that OpenMetadata's upgrade guides open with, answered from the notes.
//!
//! Source: <https://docs.open-metadata.org/latest/deployment/upgrade> ("Step 2 - What has changed?").

use serde::Serialize;

use super::Knowledge;
use super::probe::Probe;
use super::releases::{Kind, Note, Severity};
use super::relevance::Relevance;
use crate::domain::version::OmVersion;

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuideQuestion {
    Configuration,
    Connectors,
}

/// What the notes say to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum GuideAnswer {
    /// So many notes concern this deployment.
    Yes {
        notes: usize,
    },
    /// Nothing concerns it for certain, and so many notes could.
    CannotTell {
        notes: usize,
    },
    No,
    /// No note says so, and our notes do not reach the target.
    NotKnown,
}

impl GuideQuestion {
    pub const ALL: [GuideQuestion; 2] = [GuideQuestion::Configuration, GuideQuestion::Connectors];

    pub fn words(self) -> &'static str {
        match self {
            GuideQuestion::Configuration => "Do I need to change my configuration?",
            GuideQuestion::Connectors => "Did a connector's service connection change?",
        }
    }

    fn about(self, note: &Note) -> bool {
        match self {
            GuideQuestion::Configuration => {
                let change = &note.change;
                let settings = |probe: &Probe| {
                    probe.key.is_some() || probe.variable.is_some() || !probe.variables.is_empty()
                };
                matches!(
                    change.area.as_str(),
                    "auth" | "deployment" | "search" | "airflow"
                ) || change.kind == Kind::Config
                    || change.probe.iter().any(settings)
            }
            GuideQuestion::Connectors => note.change.area == "connector",
        }
    }

    /// The answer for the notes on the way to a target; without one, or for one that omup does not
    /// know, silence is no "no".
    pub fn answer_for(
        self,
        notes: &[Note],
        knowledge: &Knowledge,
        target: Option<&OmVersion>,
    ) -> GuideAnswer {
        match self.answer(notes) {
            GuideAnswer::No if !target.is_some_and(|target| knowledge.known(target)) => {
                GuideAnswer::NotKnown
            }
            said => said,
        }
    }

    /// A change that asks for something could concern a deployment that was not asked about.
    fn could(self, note: &Note) -> bool {
        let change = &note.change;
        let settings = self == GuideQuestion::Configuration && change.kind == Kind::Config;
        change.breaking() || (settings && change.severity >= Severity::Check)
    }

    fn answer(self, notes: &[Note]) -> GuideAnswer {
        let count = |wanted: Relevance| {
            let of = |note: &&Note| match &note.judged {
                Some(judged) => judged.relevance == wanted,
                None => self.could(note) && wanted == Relevance::CannotTell,
            };
            notes
                .iter()
                .filter(|note| self.about(note))
                .filter(of)
                .count()
        };
        match (count(Relevance::Concerns), count(Relevance::CannotTell)) {
            (0, 0) => GuideAnswer::No,
            (0, notes) => GuideAnswer::CannotTell { notes },
            (notes, _) => GuideAnswer::Yes { notes },
        }
    }
}

impl GuideAnswer {
    pub fn words(self) -> String {
        match self {
            GuideAnswer::Yes { notes: 1 } => "yes: one note concerns you".to_string(),
            GuideAnswer::Yes { notes } => format!("yes: {notes} notes concern you"),
            GuideAnswer::CannotTell { notes: 1 } => "cannot tell: look at one note".to_string(),
            GuideAnswer::CannotTell { notes } => format!("cannot tell: look at {notes} notes"),
            GuideAnswer::No => "no note says so".to_string(),
            GuideAnswer::NotKnown => "not known for this target: read its release page".to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GuideAnswer, GuideQuestion, Kind};
    use crate::domain::version::OmVersion;
    use crate::knowledge::{Judged, Knowledge, Relevance};

    #[test]
    fn a_change_of_configuration_counts_under_any_heading() {
        let (first, last) = (OmVersion::new(0, 0, 0), OmVersion::new(99, 0, 0));
        let mut headings = std::collections::BTreeSet::new();
        for mut note in Knowledge::embedded().notes(&first, &last) {
            let variable = |probe: &super::Probe| !probe.variables.is_empty();
            if note.change.kind == Kind::Config || note.change.probe.iter().any(variable) {
                headings.insert(note.change.area.clone());
                note.judged = Some(Judged {
                    relevance: Relevance::Concerns,
                    because: "x".to_string(),
                });
                let answer = GuideQuestion::Configuration.answer(std::slice::from_ref(&note));
                assert_eq!(answer, GuideAnswer::Yes { notes: 1 }, "{}", note.change.id);
            }
        }
        assert!(
            headings.contains("database") && headings.contains("ui"),
            "{headings:?}"
        );
    }

    #[test]
    fn the_answer_follows_what_concerns_the_deployment() {
        let (from, to) = (OmVersion::new(1, 9, 10), OmVersion::new(1, 13, 6));
        let mut notes = Knowledge::embedded().notes(&from, &to);
        let question = GuideQuestion::Connectors;
        assert!(matches!(question.answer(&notes), GuideAnswer::CannotTell { notes } if notes > 1));
        for note in &mut notes {
            note.judged = Some(Judged {
                relevance: Relevance::Not,
                because: "x".to_string(),
            });
        }
        assert_eq!(question.answer(&notes), GuideAnswer::No);
        let one = notes
            .iter_mut()
            .find(|note| note.change.area == "connector");
        one.expect("a connector's note").judged = Some(Judged {
            relevance: Relevance::Concerns,
            because: "x".to_string(),
        });
        assert_eq!(question.answer(&notes), GuideAnswer::Yes { notes: 1 });
        let configuration = GuideQuestion::Configuration;
        assert_eq!(configuration.answer(&notes), GuideAnswer::No);
        // Beyond our notes nothing is a "no".
        let knowledge = Knowledge::embedded();
        let answer = |target| configuration.answer_for(&notes, &knowledge, target);
        assert_eq!(answer(Some(&to)), GuideAnswer::No);
        let newer = OmVersion::new(3, 5, 0);
        assert_eq!(answer(Some(&newer)), GuideAnswer::NotKnown);
        assert_eq!(answer(None), GuideAnswer::NotKnown);
    }
}
