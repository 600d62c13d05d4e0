//! A migration goes on when its runner dies, and the runner's locks die with the runner: no other run may
//! begin beside it.

use super::error::{CommandError, Result};
use super::run::view_of;
use crate::database::Database;
use crate::domain::names::Identity;
use crate::exit_code::ExitCode;
use crate::runner::folder::{RunFolder, State};

/// How the sessions of a migration that omup started show themselves to the database.
const MIGRATION: &str = "omup migrate ";

/// An error while a migration of another run works on this database: seen by the lock that its process
/// carries, or by its session in the database when that run's folder is elsewhere.
pub async fn nobody_migrates(
    state: &State,
    folder: &RunFolder,
    identity: &Identity,
    database: &dyn Database,
) -> Result<()> {
    for other in state.runs() {
        if other.run == folder.run {
            continue;
        }
        // A journal that cannot be read is told by the commands that are about it.
        let Ok(view) = view_of(&other) else { continue };
        let works = |child: &crate::domain::run_view::Child| {
            child.ended.is_none() && crate::process::lock_is_held(&child.lock).unwrap_or(true)
        };
        if view.identity.as_ref() == Some(identity) && view.children.iter().any(works) {
            return Err(held(other.run.as_str()));
        }
    }
    for session in database.sessions().await? {
        if let Some(run) = session.application.as_str().strip_prefix(MIGRATION)
            && run != folder.run.as_str()
        {
            return Err(held(run));
        }
    }
    Ok(())
}

fn held(run: &str) -> CommandError {
    CommandError::new(
        ExitCode::Locked,
        format!(
            "a command of run {run} still works on this database, its runner is gone; `omup resume {run}` follows it to its end"
        ),
    )
}
