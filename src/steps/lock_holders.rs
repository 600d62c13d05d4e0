//! Who stands in the migration's way: looked for before it and while it waits, named with age and
//! statement. A session is ended only because a person has chosen so, by its number, and that is
//! written down first.

use std::time::{Duration, Instant};

use super::context::Context;
use super::lock_questions::{Asked, Todo, ask, asked, key, one_of, todo, withdraw_unless};
use crate::database::DatabaseError;
use crate::domain::event::{Event, Fact};
use crate::domain::lock_holder::LockHolder;
use crate::domain::step::{Failure, StepId};
use crate::exit_code::ExitCode;

/// How long a lock that was there before the migration is waited for without an answer. The migration
/// loses nothing by beginning then: it waits for the lock itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks. A lock of a quick statement is gone at the second.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the end of a session is waited for.
const END: Duration = Duration::from_secs(30);

/// Before the migration is started: waits until nobody holds a lock, or somebody wants it to begin, or
/// nobody has answered for a minute.
///
/// # Errors
/// When somebody asked to abort: no command of the new version has run.
pub async fn before(context: &Context<'_>) -> Result<(), Failure> {
    let started = Instant::now();
    let mut seen: Vec<String> = Vec::new();
    loop {
        not_aborted(context)?;
        let holders = match context.database.lock_holders().await {
            Ok(holders) => holders,
            // A look that failed does not say that nobody holds a lock any more: what is asked stays asked for a while.
            Err(_) if !seen.is_empty() && started.elapsed() < PATIENCE => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            // Who may not look is told by the checks; the migration waits for a lock, it does not fail of it.
            Err(_) => Vec::new(),
        };
        let keys: Vec<String> = holders.iter().map(key).collect();
        withdraw_unless(context, &keys, "it holds no lock any more")?;
        let again: Vec<&LockHolder> = holders
            .iter()
            .filter(|holder| seen.contains(&key(holder)))
            .collect();
        seen = keys;
        let Some(holder) = one_of(&context.view(), &again) else {
            if seen.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let waits = settle(context, holder, true).await?;
        match todo(&context.view(), holder) {
            Todo::GoOn => return Ok(()),
            Todo::Wait { .. } => {}
            Todo::Ask { .. } | Todo::End | Todo::Nothing if started.elapsed() < PATIENCE => {}
            Todo::Ask { .. } | Todo::End | Todo::Nothing => {
                return withdraw_unless(
                    context,
                    &[],
                    "nobody has answered; the migration begins and waits for the lock itself",
                );
            }
        }
        context.doing(StepId::Migrate, format!("before the migration: {waits}"));
        tokio::time::sleep(PAUSE).await;
    }
}

/// The last moment in which an abort needs no restore: nothing of the new version has run.
///
/// # Errors
/// When somebody asked to abort.
pub fn not_aborted(context: &Context<'_>) -> Result<(), Failure> {
    if !context.view().abort_asked {
        return Ok(());
    }
    withdraw_unless(context, &[], "the run is aborted")?;
    Err(Failure::new(
        ExitCode::FailedAfterPoint,
        "begin the migration",
        "somebody asked to abort the run",
        "no command of the new version has reached the database in this attempt",
        format!(
            "`omup rollback {}` shows the ways back with their price",
            context.run
        ),
    ))
}

/// While the migration runs: what it waits for in words; `None` where it waits for nobody.
pub async fn while_running(context: &Context<'_>) -> Option<String> {
    match context.database.lock_holders().await {
        Ok(holders) => {
            let mut waited: Vec<&LockHolder> = holders
                .iter()
                .filter(|holder| holder.waited_seconds.is_some())
                .collect();
            waited.sort_by_key(|holder| std::cmp::Reverse(holder.seconds));
            let keys: Vec<String> = waited.iter().map(|holder| key(holder)).collect();
            // A journal that cannot be written stops the step where it is told next.
            let _ = withdraw_unless(
                context,
                &keys,
                "the migration does not wait for it any more",
            );
            let holder = one_of(&context.view(), &waited)?;
            settle(context, holder, false).await.ok()
        }
        Err(error) => {
            // Only a migration that waits makes it worth a word.
            let sessions = context.database.sessions().await.ok()?;
            sessions
                .iter()
                .any(|session| {
                    session.application.as_str().starts_with("omup migrate")
                        && session.state.as_str().contains("Waiting for")
                })
                .then(|| format!("it waits for a lock; {error}"))
        }
    }
}

/// The migration has ended: nothing is asked about it any more.
pub fn over(context: &Context<'_>) -> Result<(), Failure> {
    withdraw_unless(context, &[], "the migration has ended")
}

/// Does what was chosen about a session, or asks. Gives what is waited for in words.
async fn settle(
    context: &Context<'_>,
    holder: &LockHolder,
    before: bool,
) -> Result<String, Failure> {
    let view = context.view();
    let waits = format!("waiting for {}", holder.words());
    let open = |id: &str| view.question.as_ref().is_some_and(|open| open.id == id);
    match todo(&view, holder) {
        Todo::Ask { id } => ask(context, holder, id, Asked::of(before))?,
        // "However long" may be taken back.
        Todo::Wait { id } if before && !open(&id) => ask(context, holder, id, Asked::Waiting)?,
        Todo::End => end(context, holder, before).await?,
        Todo::Nothing | Todo::Wait { .. } | Todo::GoOn => {}
    }
    let ended = view.facts.ended_lock_holders.contains(&holder.session.pid);
    Ok(if ended {
        format!("{waits} (ended by choice; what it had done is rolled back)")
    } else {
        waits
    })
}

async fn end(context: &Context<'_>, holder: &LockHolder, before: bool) -> Result<(), Failure> {
    let pid = holder.session.pid;
    let view = context.view();
    let who = view
        .answered_by
        .iter()
        .rev()
        .find(|(id, _)| id.starts_with(&key(holder)))
        .map_or_else(|| "somebody".into(), |(_, who)| who.clone());
    context.effect(
        StepId::Migrate,
        format!("end connection {pid}, as {who} chose: {}", holder.words()),
    )?;
    crate::process::effect::hit("end lock holder");
    // This is part of the heartbeat: a line that is dead must not hold up the look at the migration itself.
    let ended = tokio::time::timeout(END, context.admin.end_lock_holder(holder));
    let ended = ended.await.unwrap_or_else(|_| {
        Err(DatabaseError::Lost {
            doing: "ending a session".to_string(),
            reason: format!("no answer in {} s", END.as_secs()).into(),
        })
    });
    match ended {
        Ok(true) => context.fact(StepId::Migrate, Fact::LockHolderEnded { pid, who }),
        // Gone by itself, or it holds nothing any more: nobody ended it.
        Ok(false) => Ok(()),
        Err(error) => {
            let grant = context
                .survey
                .database
                .rights
                .iter()
                .find(|right| right.name == "END OTHER SESSIONS" && !right.held)
                .map(|right| format!("; an administrator may run: {}", right.grant))
                .unwrap_or_default();
            context.recorder.record(Event::Alarm {
                text: context.clean(&format!("connection {pid} was not ended: {error}{grant}")),
            })?;
            let (id, _) = asked(&context.view(), &key(holder));
            ask(context, holder, id, Asked::of(before))
        }
    }
}
