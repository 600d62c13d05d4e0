//! What was written between the digest gate and the point of no return: it would be in no backup.

use std::time::Duration;

use super::context::Context;
use super::digest_gate::{differences, words};
use crate::backup::read_recorded;
use crate::domain::step::{Failure, StepId};
use crate::exit_code::ExitCode;

/// A question that was open for longer was one to a person: where the server does not count, the source is compared
/// with the backup again.
const OPEN: Duration = Duration::from_secs(5);

/// The question may have been `open` for hours. The server's own count of written rows must stand where it stood; one
/// that does not tell it (MySQL does to who may read `performance_schema`) has its contents compared once more.
///
/// # Errors
/// When somebody wrote, or it cannot be found out.
pub async fn nobody_wrote(context: &Context<'_>, open: Duration) -> Result<(), Failure> {
    let then = context.view().facts.gate_rows_written;
    let now = match then {
        Some(_) => context.database.rows_written().await,
        None => None,
    };
    match then.zip(now) {
        Some((then, now)) if then == now => Ok(()),
        Some((then, now)) => Err(somebody(format!(
            "the database server counts {} since the source was compared with the backup: somebody writes",
            match now.checked_sub(then) {
                Some(1) => "1 written row".to_string(),
                Some(rows) => format!("{rows} written rows"),
                None => "its written rows anew".to_string(),
            }
        ))),
        None if open > OPEN => compared_again(context).await,
        None => Ok(()),
    }
}

async fn compared_again(context: &Context<'_>) -> Result<(), Failure> {
    let step = StepId::PointOfNoReturn;
    context.doing(
        step,
        "comparing the source with the backup once more: the question was open, and the server does not tell whether somebody wrote",
    );
    let facts = context.view().facts;
    let recorded = facts.manifest_sha256.unwrap_or_default();
    let dir = facts
        .backup_dir
        .ok_or_else(|| unknown("there is no backup"))?;
    let read = read_recorded(&dir, &recorded).map_err(|error| unknown(&error.to_string()))?;
    let found = differences(context, step, &read.manifest, context.database.clone())
        .await
        .map_err(|error| unknown(&error))?
        .ok_or_else(|| unknown("the backup holds no digests to compare with"))?;
    if found.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = found.iter().take(5).map(words).collect();
    Err(somebody(format!(
        "the source is not what it was when it was compared with the backup: somebody writes ({})",
        named.join("; ")
    )))
}

fn somebody(why: String) -> Failure {
    Failure::new(
        ExitCode::FailedBeforePoint,
        "cross the point of no return",
        why,
        "the database is as it was, but for what they wrote",
        "find who writes (`omup check` lists the sessions), stop it, then `omup resume`: the source is compared again",
    )
}

fn unknown(why: &str) -> Failure {
    Failure::new(
        ExitCode::FailedBeforePoint,
        "find out whether somebody wrote while the question was open",
        why,
        "nothing of the new version has reached the database",
        "see to the cause, then `omup resume`: the source is compared again",
    )
}
