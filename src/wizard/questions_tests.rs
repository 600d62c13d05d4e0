use super::choice;
use crate::domain::event::{Choice, Event as RunEvent};
use crate::domain::step::StepId;
use crate::wizard::event::{Effect, JournalLine};
use crate::wizard::items::{self, Item};
use crate::wizard::page::Page;
use crate::wizard::popup::Kind;
use crate::wizard::run_watch::RunWatch;
use crate::wizard::{Look, State};

fn line(event: RunEvent) -> JournalLine {
    JournalLine {
        seq: 1,
        at: "".into(),
        at_ms: 0,
        event,
        words: Vec::new(),
    }
}

/// A migration that waits for somebody's lock, and asks what to do about it.
fn waiting() -> State {
    let mut state = State::new(Look::default(), "mara".into());
    let mut run = RunWatch::new("r".into(), "/runs/r".into(), false, None);
    let choice = |value: &str, danger| Choice {
        value: value.to_string(),
        words: "what it does".into(),
        danger,
    };
    run.take_in(&[
        line(RunEvent::Planned {
            goal: crate::domain::plan::Goal::Upgrade,
            identity: crate::domain::names::Identity {
                engine: crate::domain::names::Engine::Mysql,
                server: "s".into(),
                oid: "om".into(),
                database: "om".into(),
            },
            from: None,
            to: None,
            steps: vec![StepId::Migrate],
            plan_digest: "d".into(),
        }),
        line(RunEvent::StepStarted {
            step: StepId::Migrate,
            attempt: 1,
        }),
        line(RunEvent::QuestionAsked {
            id: "lock-holder-7".into(),
            text: "The migration waits for a lock on query_entity held by connection 7".into(),
            expects: "".into(),
            safe: "it goes on waiting".into(),
            choices: vec![choice("wait", false), choice("end-7", true)],
        }),
    ]);
    run.alive = true;
    run.mine = true;
    state.page = run.page();
    state.run = Some(run);
    state
}

#[test]
fn it_is_asked_on_the_page_of_the_step_with_the_safe_answer_marked() {
    let state = waiting();
    assert_eq!(state.page, Page::Migrate);
    assert_eq!(items::of(&state), [Item::Choice(0), Item::Choice(1)]);
    assert_eq!(state.item(), Some(Item::Choice(0)));
}

#[test]
fn waiting_is_one_key_away_and_ending_a_session_is_typed() {
    let mut state = waiting();
    assert_eq!(
        choice(&mut state, 0),
        [Effect::Answer {
            id: "lock-holder-7".into(),
            value: "wait".into()
        }]
    );
    assert_eq!(choice(&mut state, 1), []);
    match state.popup.map(|popup| popup.kind) {
        Some(Kind::Typed(typed)) => {
            assert_eq!(typed.expects, "end-7");
            assert!(typed.text[0].contains("connection 7"));
            assert_eq!(
                typed.effect,
                Effect::Answer {
                    id: "lock-holder-7".into(),
                    value: "end-7".into()
                }
            );
        }
        other => panic!("{other:?}"),
    }
    let mut watching = waiting();
    if let Some(run) = &mut watching.run {
        run.mine = false;
        run.helm = Some("bob".into());
    }
    assert_eq!(
        choice(&mut watching, 0),
        [],
        "who only watches answers nothing"
    );
}

#[test]
fn gone_by_itself_it_is_asked_no_more() {
    let mut state = waiting();
    if let Some(run) = &mut state.run {
        run.take_in(&[line(RunEvent::QuestionWithdrawn {
            id: "lock-holder-7".into(),
            why: "it is gone".into(),
        })]);
        assert_eq!(run.page(), Page::Migrate);
    }
    assert_eq!(items::of(&state), []);
    assert_eq!(choice(&mut state, 1), []);
}
