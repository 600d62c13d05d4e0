//! Takes the survey: one file a source of facts. Looks, never writes.
//!
//! What cannot be learned becomes an "unknown" with its reason; only a deployment or a database
//! that cannot be reached at all is an error. Judges nothing: that is the checks' work.

mod client_extras;
pub mod clients;
pub mod code;
mod data_only;
mod disks;
mod history;
pub mod host;
mod instance;
mod rows;
mod tools;
mod versions;

use std::path::Path;

use crate::database::{Database, DatabaseError};
use crate::deployment::{Deployment, DeploymentError};
use crate::domain::answers::Answers;
use crate::domain::survey::{Probe, Survey, VersionFacts};

pub use instance::Questions;

/// Changes when a field of the survey changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// Why there is no survey at all.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

pub type Result<T> = std::result::Result<T, SurveyError>;

/// Looks at everything. `state` is the folder where runs are kept; `ask` says what else is to be
/// found out, once the versions are known.
pub async fn take(
    deployment: &dyn Deployment,
    database: &dyn Database,
    answers: &Answers,
    state: &Path,
    ask: &(dyn Fn(&VersionFacts) -> Questions + Sync),
) -> Result<Survey> {
    let taken_at = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let facts = deployment.facts().await?;
    let database_facts = database.facts().await?;
    let history = history::history(database).await?;
    let pending = history::pending(deployment, database.engine(), &history).await;
    let ground = history::ground(database, &pending).await?;
    let versions = versions::of(deployment, &history).await;
    let sessions = probe(database.sessions().await)?;
    let locks = probe(database.lock_holders().await)?;
    let estimated_rows = probe(database.estimated_rows().await)?;
    let disks = disks::of(
        &answers.backup.dir,
        state,
        database_facts.data_folder.as_deref(),
        database_facts
            .log
            .as_ref()
            .and_then(|log| log.folder.as_deref()),
    );
    let questions = ask(&versions);
    let orphans = match questions.full {
        true => Some(probe(database.orphans().await)?),
        false => None,
    };
    let instance = instance::of(deployment, database, &facts, answers, &questions).await?;
    Ok(Survey {
        schema_version: SCHEMA_VERSION,
        taken_at,
        host: host::facts(),
        tools: tools::of(database).await,
        deployment: facts,
        versions,
        database: database_facts,
        history,
        pending,
        ground,
        sessions,
        locks,
        disks,
        data_only_files: data_only::files_in(&answers.backup.dir),
        estimated_rows,
        orphans,
        instance,
    })
}

/// A fact, or why it could not be learned; a database that is no longer there is an error.
fn probe<T>(result: std::result::Result<T, DatabaseError>) -> Result<Probe<T>> {
    match result {
        Err(
            error @ (DatabaseError::Unreachable { .. }
            | DatabaseError::Refused { .. }
            | DatabaseError::NoSuchDatabase { .. }
            | DatabaseError::Lost { .. }),
        ) => Err(error.into()),
        other => Ok(Probe::from_result(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Probe, probe};
    use crate::database::DatabaseError;

    #[test]
    fn a_refused_statement_is_unknown_and_a_lost_server_is_an_error() {
        let refused = DatabaseError::Statement {
            doing: "reading sessions".to_owned(),
            reason: "permission denied".into(),
        };
        assert!(matches!(probe::<u8>(Err(refused)), Ok(Probe::Unknown(_))));
        let lost = DatabaseError::Lost {
            doing: "reading sessions".to_owned(),
            reason: "reset".into(),
        };
        assert!(probe::<u8>(Err(lost)).is_err());
        assert!(matches!(probe(Ok(1)), Ok(Probe::Known(1))));
    }
}
