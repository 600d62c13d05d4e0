//! After "Out of sort memory" in the migration: whether it may go on with more, and with how much.
//!
//! Offered only where the failure was recognised in the log of the last attempt, the records show that
//! the tool stopped between two statements, and the memory is there. What the tool does when it runs
//! again: OpenMetadata's `MigrationWorkflow` leaves out what is recorded and begins a version's data
//! step anew.

use super::settings::sort_memory_of;
use crate::database::Database;
use crate::domain::answers::{Answers, MemoryWay};
use crate::domain::clean_text::CleanText;
use crate::domain::memory::next_rung;
use crate::domain::migration::{History, PendingWork, Reached};
use crate::domain::names::Engine;
use crate::domain::run_view::RunView;
use crate::domain::space::size;
use crate::domain::survey::Survey;
use crate::domain::way_back::MoreMemory;
use crate::knowledge::{FailureEngine, FailurePhase, Knowledge, LogContext, Mend, Names};
use crate::process;

/// Most of a log that is read, in bytes: a stack trace of Java with its causes fits several times.
const LOG: u64 = 256 * 1024;

/// What the judgement is made of.
#[derive(Debug)]
struct Facts<'a> {
    engine: Engine,
    /// The log of the last attempt.
    lines: &'a [CleanText],
    planned: Option<&'a PendingWork>,
    before: Option<&'a History>,
    now: Option<&'a History>,
    /// Bytes that the migration's own connection had; `None`: could not be learned.
    memory: Option<u64>,
    /// Sessions that may sort at once with the setting.
    sorts: u64,
    /// Bytes free on the database's host; `None`: it is another host than this one.
    free: Option<u64>,
}

/// Looks at the log of the last attempt, the records and the memory. `None`: it did not fail for
/// want of sort memory, as far as is known.
pub async fn examine(
    view: &RunView,
    survey: &Survey,
    answers: &Answers,
    database: &dyn Database,
) -> Option<MoreMemory> {
    let child = view
        .children
        .iter()
        .rev()
        .find(|child| child.name == super::migrate::NAME)?;
    let log = process::read_tail(&child.log, child.log_begin, LOG).ok()?;
    let lines: Vec<CleanText> = String::from_utf8_lossy(&log)
        .lines()
        .map(|line| CleanText::limited(line, CleanText::MAX))
        .collect();
    let connection = &survey.deployment.connection;
    let memory = match &view.facts.memory {
        Some((bytes, _)) => Some(*bytes),
        None => database
            .sort_memory_with(Some(&connection.params))
            .await
            .ok()
            .flatten(),
    };
    let sorts = match sort_memory_of(view, answers).0 {
        MemoryWay::Connection | MemoryWay::Leave => Some(1),
        MemoryWay::Role => database.sessions().await.ok().map(|s| s.len() as u64 + 1),
    };
    let here = survey.database.data_folder.is_some()
        || ["localhost", "127.0.0.1", "::1"].contains(&connection.host.as_str())
        || database.engine() == Engine::Sqlite;
    let now = database.history().await.ok();
    judge(
        &Knowledge::embedded(),
        view,
        &Facts {
            engine: database.engine(),
            lines: &lines,
            planned: survey.pending.known(),
            before: survey.history.known(),
            now: now.as_ref(),
            memory,
            sorts: sorts.unwrap_or(1),
            free: here.then(process::memory_available).flatten(),
        },
    )
}

fn judge(knowledge: &Knowledge, view: &RunView, facts: &Facts<'_>) -> Option<MoreMemory> {
    let context = LogContext {
        from: view.from.clone(),
        to: view.to.clone(),
        phase: Some(FailurePhase::Migrate),
        engine: match facts.engine {
            Engine::Postgres => Some(FailureEngine::Postgres),
            Engine::Mysql => Some(FailureEngine::Mysql),
            // The practice database plays MySQL's part where a scenario gives it a bound.
            Engine::Sqlite => None,
        },
    };
    let found = knowledge.diagnose(facts.lines, &context);
    let (known, others) = found.diagnoses.split_first()?;
    if known.failure.mend != Some(Mend::MoreSortMemory) {
        return None;
    }
    let not = |why: String| Some(MoreMemory::Not { why: why.into() });
    if let Some(other) = others
        .iter()
        .find(|other| other.failure.names == Names::Cause && other.line != known.line)
    {
        return not(format!(
            "the log speaks of something else too: {}",
            other.failure.title
        ));
    }
    let in_statement = known.text.as_str().contains("Failed to run sql");
    let repeats = match repeats(facts, in_statement) {
        Ok(repeats) => repeats,
        Err(why) => return not(why),
    };
    let Some(from) = facts.memory else {
        return not("how much the migration's connection has for sorting could not be read".into());
    };
    let Some(to) = next_rung(from) else {
        return not(format!(
            "{} were not enough, and more than that is not the answer: a single row is too large, or the statement needs a patch release",
            size(from)
        ));
    };
    let need = to * facts.sorts;
    let room = match facts.free {
        Some(free) if free < need => {
            return not(format!(
                "{} for sorting do not fit into the {} of memory that are free on this host",
                size(need),
                size(free)
            ));
        }
        Some(_) => String::new(),
        None => format!(
            "; the memory of the database's host cannot be seen from here, it needs {} of it",
            size(need)
        ),
    };
    Some(MoreMemory::Possible {
        from,
        to,
        about: format!("{repeats}{room}").into(),
    })
}

/// What would run again, or why nobody can tell that it may.
fn repeats(facts: &Facts<'_>, in_statement: bool) -> Result<String, String> {
    let (Some(planned), Some(before), Some(now)) = (facts.planned, facts.before, facts.now) else {
        return Err("what is recorded of the migration could not be read".to_string());
    };
    match planned.reached(before, now) {
        Reached::End => Err(
            "every statement of the migration is recorded: what failed came after it".to_string(),
        ),
        Reached::Unordered { why } => {
            Err(format!("the records do not show how far it came: {why}"))
        }
        Reached::At {
            version,
            statement: Some(statement),
        } if in_statement => Ok(format!(
            "the statement that failed ({version}: {}) runs again, it left nothing behind",
            statement.head
        )),
        Reached::At { version, .. } if in_statement => Err(format!(
            "the log speaks of a statement, but every statement of {version} is recorded"
        )),
        Reached::At { version, .. } => Ok(format!(
            "the data step of {version} begins anew, as OpenMetadata's tool does after every failure of it"
        )),
    }
}

#[cfg(test)]
#[path = "more_memory_tests.rs"]
mod tests;
