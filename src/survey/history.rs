//! The migration history of the database, and what the target would add to it.

use super::{Result, probe};
use crate::database::Database;
use crate::deployment::Deployment;
use crate::domain::migration::{History, PendingWork};
use crate::domain::names::Engine;
use crate::domain::sql_ground::{SqlGround, SqlQuestion};
use crate::domain::survey::Probe;

pub async fn history(database: &dyn Database) -> Result<Probe<History>> {
    probe(database.history().await)
}

/// Without the history nothing is known of the work either.
pub async fn pending(
    deployment: &dyn Deployment,
    engine: Engine,
    history: &Probe<History>,
) -> Probe<PendingWork> {
    match history {
        Probe::Known(history) => Probe::from_result(deployment.pending(engine, history).await),
        Probe::Unknown(reason) => {
            Probe::Unknown(format!("the migration history is not known: {reason}").into())
        }
    }
}

/// What the database says to the pending work.
pub async fn ground(
    database: &dyn Database,
    pending: &Probe<PendingWork>,
) -> Result<Probe<SqlGround>> {
    match pending {
        Probe::Known(work) => probe(database.sql_ground(&SqlQuestion::of(work)).await),
        Probe::Unknown(reason) => Ok(Probe::Unknown(
            format!("the pending work is not known: {reason}").into(),
        )),
    }
}
