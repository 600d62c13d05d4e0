//! What to look at once the new version serves: the `after` of the changes on the way, for this very
//! deployment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Knowledge;
use super::relevance::Relevance;
use crate::domain::survey::Survey;
use crate::domain::version::OmVersion;

/// What a change asks to be looked at afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct After {
    /// One sentence: what is to be seen, and where.
    pub look: String,
    #[serde(default)]
    pub by: ProvenBy,
}

/// Who can say that it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProvenBy {
    /// The step that rebuilds the search index.
    Reindex,
    /// The step that deploys the ingestion pipelines again.
    DeployPipelines,
    #[default]
    Person,
}

/// One of them, for a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AfterPoint {
    pub change: String,
    pub since: OmVersion,
    pub area: String,
    pub look: String,
    pub by: ProvenBy,
    pub source: String,
}

impl Knowledge {
    /// Everything that the changes between two versions ask to be looked at, oldest first; left out
    /// is only what is known not to concern the deployment.
    pub fn after(&self, survey: &Survey, from: &OmVersion, to: &OmVersion) -> Vec<AfterPoint> {
        let mut points: Vec<AfterPoint> = self
            .judged_notes(survey, from, to)
            .into_iter()
            .filter(|note| {
                let judged = note.judged.as_ref();
                judged.is_none_or(|judged| judged.relevance != Relevance::Not)
            })
            .filter_map(|note| {
                let after = note.change.after?;
                Some(AfterPoint {
                    change: note.change.id,
                    since: note.change.since,
                    area: note.change.area,
                    look: after.look,
                    by: after.by,
                    source: note.change.source,
                })
            })
            .collect();
        points.sort_by(|a, b| a.since.cmp(&b.since).then(a.change.cmp(&b.change)));
        points
    }

    /// Tables of which changes between two versions take rows, with the changes in words; left out is
    /// what is known not to concern the deployment.
    pub fn takes_rows(
        &self,
        survey: &Survey,
        from: &OmVersion,
        to: &OmVersion,
    ) -> BTreeMap<String, Vec<String>> {
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for note in self.judged_notes(survey, from, to) {
            let judged = note.judged.as_ref();
            if judged.is_some_and(|judged| judged.relevance == Relevance::Not) {
                continue;
            }
            for table in &note.change.takes_rows {
                let words = format!("{} ({})", note.change.title, note.change.since);
                tables.entry(table.clone()).or_default().push(words);
            }
        }
        tables
    }
}
