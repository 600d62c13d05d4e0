//! Who stands in the migration's way: looked for before it and while it waits, named with age and
//! statement. A session is ended only because a person has chosen so, by its number, and that is
//! written down first.

use std::time::{Duration, Instant};

use super::context::Context;
use crate::domain::event::{Choice, Event, Fact};
use crate::domain::lock_holder::LockHolder;
use crate::domain::run_view::RunView;
use crate::domain::step::{Failure, StepId};

/// How long a lock that was there before the migration is waited for without an answer. The migration
/// loses nothing by beginning then: it waits for the lock itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks. A lock of a quick statement is gone at the second.
const PAUSE: Duration = Duration::from_secs(1);

const QUESTION: &str = "lock-holder-";
const WAIT: &str = "wait";
const GO_ON: &str = "go-on";

/// What is to be done about a session, by the run's view alone.
#[derive(Debug, PartialEq, Eq)]
enum Todo {
    Ask {
        id: String,
    },
    End,
    /// Asked and not answered, or ended and not gone yet.
    Nothing,
    Wait,
    GoOn,
}

fn todo(view: &RunView, pid: i64) -> Todo {
    if view.facts.ended_lock_holders.contains(&pid) {
        return Todo::Nothing;
    }
    let base = format!("{QUESTION}{pid}");
    let (mut id, mut times, mut last) = (base.clone(), 1, None);
    while let Some(answer) = view.answers.get(&id) {
        last = Some(answer.as_str());
        times += 1;
        id = format!("{base}-{times}");
    }
    // Asked anew after an end that was refused.
    if view.question.as_ref().is_some_and(|open| open.id == id) {
        return Todo::Nothing;
    }
    match last {
        None => Todo::Ask { id },
        Some(WAIT) => Todo::Wait,
        Some(GO_ON) => Todo::GoOn,
        Some(_) => Todo::End,
    }
}

/// The id of the next question about a session.
fn next_id(view: &RunView, pid: i64) -> String {
    let asked = view
        .answers
        .keys()
        .filter(|id| {
            id.strip_prefix(QUESTION)
                .and_then(|rest| rest.split('-').next())
                == Some(pid.to_string().as_str())
        })
        .count();
    match asked {
        0 => format!("{QUESTION}{pid}"),
        asked => format!("{QUESTION}{pid}-{}", asked + 1),
    }
}

/// Before the migration is started: waits until nobody holds a lock, or somebody wants it to begin, or
/// nobody has answered for a minute.
pub async fn before(context: &Context<'_>) -> Result<(), Failure> {
    let started = Instant::now();
    let mut seen: Vec<i64> = Vec::new();
    loop {
        // Who may not look is told by the checks; the migration waits for a lock, it does not fail of it.
        let holders = context.database.lock_holders().await.unwrap_or_default();
        let pids: Vec<i64> = holders.iter().map(|holder| holder.session.pid).collect();
        let again = holders
            .iter()
            .find(|holder| seen.contains(&holder.session.pid));
        withdraw_unless(context, &pids, "it holds no lock any more")?;
        let Some(holder) = again else {
            if pids.is_empty() {
                return Ok(());
            }
            seen = pids;
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let waits = settle(context, holder, true).await?;
        match todo(&context.view(), holder.session.pid) {
            Todo::GoOn => return Ok(()),
            Todo::Wait => {}
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
        seen = pids;
        tokio::time::sleep(PAUSE).await;
    }
}

/// While the migration runs: what it waits for in words; `None` where it waits for nobody.
pub async fn while_running(context: &Context<'_>) -> Option<String> {
    match context.database.lock_holders().await {
        Ok(holders) => {
            let waited: Vec<&LockHolder> = holders
                .iter()
                .filter(|holder| holder.waited_seconds.is_some())
                .collect();
            let pids: Vec<i64> = waited.iter().map(|holder| holder.session.pid).collect();
            // A journal that cannot be written stops the step where it is told next.
            let _ = withdraw_unless(
                context,
                &pids,
                "the migration does not wait for it any more",
            );
            let longest = waited.into_iter().max_by_key(|holder| holder.seconds)?;
            settle(context, longest, false).await.ok()
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

fn withdraw_unless(context: &Context<'_>, pids: &[i64], why: &str) -> Result<(), Failure> {
    let open = context.view().question.map(|question| question.id);
    let Some(id) = open.filter(|id| id.starts_with(QUESTION)) else {
        return Ok(());
    };
    let about = id[QUESTION.len()..].split('-').next().unwrap_or_default();
    if pids.iter().any(|pid| pid.to_string() == about) {
        return Ok(());
    }
    let why = why.into();
    context
        .recorder
        .record(Event::QuestionWithdrawn { id, why })
}

/// Does what was chosen about a session, or asks. Gives what is waited for in words.
async fn settle(
    context: &Context<'_>,
    holder: &LockHolder,
    before: bool,
) -> Result<String, Failure> {
    let pid = holder.session.pid;
    let view = context.view();
    let waits = format!("waiting for {}", holder.words());
    match todo(&view, pid) {
        Todo::Ask { id } => ask(context, holder, id, before)?,
        Todo::End => end(context, holder, before).await?,
        Todo::Nothing | Todo::Wait | Todo::GoOn => {}
    }
    Ok(if view.facts.ended_lock_holders.contains(&pid) {
        format!("{waits} (ended by choice; what it had done is rolled back)")
    } else {
        waits
    })
}

fn ask(
    context: &Context<'_>,
    holder: &LockHolder,
    id: String,
    before: bool,
) -> Result<(), Failure> {
    let pid = holder.session.pid;
    let choice = |value: String, words: &str, danger: bool| Choice {
        value,
        words: words.into(),
        danger,
    };
    let mut choices = vec![if before {
        choice(WAIT.into(), "wait until it is gone, however long", false)
    } else {
        choice(WAIT.into(), "go on waiting and ask no more about it", false)
    }];
    if before {
        choices.push(choice(
            GO_ON.into(),
            "begin the migration now and go on watching",
            false,
        ));
    }
    // A prepared transaction has no session that could be ended.
    if pid != 0 {
        choices.push(choice(
            format!("end-{pid}"),
            "end that connection; what it has not committed is lost to its user",
            true,
        ));
    }
    let (text, safe) = if before {
        (
            "The migration would wait for",
            "the migration begins after a minute and waits for the lock itself",
        )
    } else {
        (
            "The migration waits for",
            "it goes on waiting; nothing fails by that",
        )
    };
    context.recorder.record(Event::QuestionAsked {
        id,
        text: context.clean(&format!("{text} {}", holder.words())),
        expects: "".into(),
        safe: safe.into(),
        choices,
    })
}

async fn end(context: &Context<'_>, holder: &LockHolder, before: bool) -> Result<(), Failure> {
    let pid = holder.session.pid;
    let view = context.view();
    let who = view
        .answered_by
        .iter()
        .rev()
        .find(|(id, _)| id.starts_with(&format!("{QUESTION}{pid}")))
        .map_or_else(|| "somebody".into(), |(_, who)| who.clone());
    context.effect(
        StepId::Migrate,
        format!("end connection {pid}, as {who} chose: {}", holder.words()),
    )?;
    crate::process::effect::hit("end lock holder");
    match context.admin.end_lock_holder(holder).await {
        Ok(()) => context.fact(StepId::Migrate, Fact::LockHolderEnded { pid, who }),
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
            let id = next_id(&context.view(), pid);
            ask(context, holder, id, before)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Todo, next_id, todo};
    use crate::domain::run_view::{Question, RunView};

    fn answered(answers: &[(&str, &str)]) -> RunView {
        let mut view = RunView::default();
        for (id, value) in answers {
            view.answers.insert((*id).to_string(), (*value).into());
        }
        view
    }

    #[test]
    fn nothing_is_ended_that_was_not_chosen() {
        let mut view = RunView::default();
        let id = "lock-holder-7".to_string();
        assert_eq!(todo(&view, 7), Todo::Ask { id: id.clone() });
        view.question = Some(Question {
            id,
            text: "".into(),
            expects: "".into(),
            safe: "".into(),
            choices: Vec::new(),
        });
        assert_eq!(todo(&view, 7), Todo::Nothing);
        assert_eq!(todo(&answered(&[("lock-holder-7", "wait")]), 7), Todo::Wait);
        // What was said of another one says nothing of this one.
        assert_eq!(
            todo(&answered(&[("lock-holder-71", "end-71")]), 7),
            Todo::Ask {
                id: "lock-holder-7".to_string()
            }
        );
    }

    #[test]
    fn an_end_that_was_refused_is_asked_for_anew() {
        let mut view = answered(&[("lock-holder-7", "end-7"), ("lock-holder-71", "wait")]);
        assert_eq!(todo(&view, 7), Todo::End);
        assert_eq!(next_id(&view, 7), "lock-holder-7-2");
        view.question = Some(Question {
            id: "lock-holder-7-2".to_string(),
            text: "".into(),
            expects: "".into(),
            safe: "".into(),
            choices: Vec::new(),
        });
        assert_eq!(todo(&view, 7), Todo::Nothing);
        view.facts.ended_lock_holders.push(7);
        assert_eq!(todo(&view, 7), Todo::Nothing);
    }
}
