//! What is asked about sessions that hold locks, and what was answered: by the run's view alone.

use sha2::Digest as _;

use super::context::Context;
use crate::domain::event::{Choice, Event};
use crate::domain::lock_holder::LockHolder;
use crate::domain::run_view::RunView;
use crate::domain::step::Failure;

const QUESTION: &str = "lock-holder-";
const WAIT: &str = "wait";
const GO_ON: &str = "go-on";

/// What is to be done about a session, by the run's view alone.
#[derive(Debug, PartialEq, Eq)]
pub enum Todo {
    Ask {
        id: String,
    },
    End,
    /// Asked and not answered, or ended and not gone yet.
    Nothing,
    /// Waited for as chosen: `id` asks whether that still holds.
    Wait {
        id: String,
    },
    GoOn,
}

/// A session as questions and answers know it. A number alone may belong to somebody else by now.
pub fn key(holder: &LockHolder) -> String {
    let session = &holder.session;
    let who = format!(
        "{}\n{}\n{}",
        session.user, session.address, session.application
    );
    let mark = sha2::Sha256::digest(who.as_bytes());
    format!("{QUESTION}{}-{:02x}{:02x}", session.pid, mark[0], mark[1])
}

/// The id of the next question about a session, and what was answered last.
pub fn asked<'a>(view: &'a RunView, key: &str) -> (String, Option<&'a str>) {
    let (mut id, mut times, mut last) = (key.to_string(), 1, None);
    while let Some(answer) = view.answers.get(&id) {
        last = Some(answer.as_str());
        times += 1;
        id = format!("{key}-{times}");
    }
    (id, last)
}

pub fn todo(view: &RunView, holder: &LockHolder) -> Todo {
    let (id, last) = asked(view, &key(holder));
    let open = view.question.as_ref().is_some_and(|open| open.id == id);
    match last {
        Some(WAIT) => Todo::Wait { id },
        Some(GO_ON) => Todo::GoOn,
        // Asked anew after an end that was refused.
        _ if open => Todo::Nothing,
        None => Todo::Ask { id },
        Some(_) if view.facts.ended_lock_holders.contains(&holder.session.pid) => Todo::Nothing,
        Some(_) => Todo::End,
    }
}

/// The one that a person is asked about, while it is there; a second question would take the first away.
pub fn one_of<'a>(view: &RunView, holders: &[&'a LockHolder]) -> Option<&'a LockHolder> {
    let open = view.question.as_ref().map(|question| question.id.as_str());
    let is_asked = |holder: &&LockHolder| open.is_some_and(|id| id.starts_with(&key(holder)));
    let mut holders = holders.iter().copied();
    holders.clone().find(is_asked).or_else(|| holders.next())
}

pub fn withdraw_unless(context: &Context<'_>, keys: &[String], why: &str) -> Result<(), Failure> {
    let open = context.view().question.map(|question| question.id);
    let Some(id) = open.filter(|id| id.starts_with(QUESTION)) else {
        return Ok(());
    };
    if keys.iter().any(|key| id.starts_with(key)) {
        return Ok(());
    }
    let why = why.into();
    context
        .recorder
        .record(Event::QuestionWithdrawn { id, why })
}

/// What stands when a question about a session is asked.
#[derive(Clone, Copy)]
pub enum Asked {
    /// The migration has not begun.
    Before,
    /// It has not begun, and somebody has chosen to wait.
    Waiting,
    /// It runs.
    During,
}

impl Asked {
    pub fn of(before: bool) -> Self {
        if before { Self::Before } else { Self::During }
    }
}

pub fn ask(
    context: &Context<'_>,
    holder: &LockHolder,
    id: String,
    asked: Asked,
) -> Result<(), Failure> {
    let pid = holder.session.pid;
    let choice = |value: String, words: &str, danger: bool| Choice {
        value,
        words: words.into(),
        danger,
    };
    let mut choices = match asked {
        Asked::Before => vec![choice(
            WAIT.into(),
            "wait until it is gone, however long",
            false,
        )],
        Asked::Waiting => Vec::new(),
        Asked::During => vec![choice(
            WAIT.into(),
            "go on waiting and ask no more about it",
            false,
        )],
    };
    if !matches!(asked, Asked::During) {
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
    let (text, safe) = match asked {
        Asked::Before => (
            "The migration would wait for",
            "the migration begins after a minute and waits for the lock itself",
        ),
        Asked::Waiting => (
            "The migration has not begun; it waits, as you chose, for",
            "it waits until that is gone",
        ),
        Asked::During => (
            "The migration waits for",
            "it goes on waiting; nothing fails by that",
        ),
    };
    context.recorder.record(Event::QuestionAsked {
        id,
        text: context.clean(&format!("{text} {}", holder.words())),
        expects: "".into(),
        safe: safe.into(),
        choices,
    })
}

#[cfg(test)]
mod tests {
    use super::{Todo, key, one_of, todo};
    use crate::domain::lock_holder::LockHolder;
    use crate::domain::run_view::{Question, RunView};
    use crate::domain::survey::Session;

    fn holder(pid: i64, address: &str) -> LockHolder {
        LockHolder {
            session: Session {
                pid,
                user: "bob".into(),
                address: address.into(),
                application: "mysql".into(),
                state: "Sleep".into(),
                transaction_seconds: None,
                query: "".into(),
                ours: false,
            },
            seconds: None,
            holds: Vec::new(),
            waited_seconds: None,
        }
    }

    fn answered(answers: &[(String, &str)]) -> RunView {
        let mut view = RunView::default();
        for (id, value) in answers {
            view.answers.insert(id.clone(), (*value).into());
        }
        view
    }

    fn question(id: String) -> Option<Question> {
        Some(Question {
            id,
            text: "".into(),
            expects: "".into(),
            safe: "".into(),
            choices: Vec::new(),
        })
    }

    #[test]
    fn nothing_is_ended_that_was_not_chosen() {
        let seven = holder(7, "10.0.0.7:4711");
        let id = key(&seven);
        let mut view = RunView::default();
        assert_eq!(todo(&view, &seven), Todo::Ask { id: id.clone() });
        view.question = question(id.clone());
        assert_eq!(todo(&view, &seven), Todo::Nothing);
        let end = answered(&[(id.clone(), "end-7")]);
        assert_eq!(todo(&end, &seven), Todo::End);
        // Another session has got the number since.
        let other = holder(7, "10.0.0.8:4711");
        assert_eq!(todo(&end, &other), Todo::Ask { id: key(&other) });
        // What was said of another one says nothing of this one.
        let of_71 = answered(&[(key(&holder(71, "10.0.0.7:4711")), "end-71")]);
        assert_eq!(todo(&of_71, &seven), Todo::Ask { id });
    }

    #[test]
    fn who_waits_may_change_that() {
        let seven = holder(7, "");
        let id = key(&seven);
        let mut view = answered(&[(id.clone(), "wait")]);
        let next = format!("{id}-2");
        assert_eq!(todo(&view, &seven), Todo::Wait { id: next.clone() });
        view.answers.insert(next, "go-on".into());
        assert_eq!(todo(&view, &seven), Todo::GoOn);
    }

    #[test]
    fn an_end_that_was_refused_is_asked_for_anew() {
        let seven = holder(7, "");
        let id = key(&seven);
        let mut view = answered(&[(id.clone(), "end-7")]);
        assert_eq!(todo(&view, &seven), Todo::End);
        view.question = question(format!("{id}-2"));
        assert_eq!(todo(&view, &seven), Todo::Nothing);
        view.question = None;
        view.facts.ended_lock_holders.push(7);
        assert_eq!(todo(&view, &seven), Todo::Nothing);
    }

    #[test]
    fn one_question_does_not_take_the_place_of_another() {
        let (a, b) = (holder(1, ""), holder(2, ""));
        let mut view = RunView::default();
        assert_eq!(one_of(&view, &[&a, &b]).map(|one| one.session.pid), Some(1));
        view.question = question(key(&b));
        assert_eq!(one_of(&view, &[&a, &b]).map(|one| one.session.pid), Some(2));
        assert_eq!(one_of(&view, &[&a]).map(|one| one.session.pid), Some(1));
    }
}
