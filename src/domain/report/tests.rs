//! What the page says of made-up runs.

use super::page;
use crate::domain::event::{ChecklistAnswer, Event};
use crate::domain::names::{Engine, Identity};
use crate::domain::plan::Goal;
use crate::domain::run_view::RunView;
use crate::domain::step::StepId;
use crate::domain::validation::{Point, PointResult};
use crate::domain::way_back::WayId;

fn planned(goal: Goal, steps: Vec<StepId>) -> Event {
    Event::Planned {
        goal,
        identity: Identity {
            engine: Engine::Postgres,
            server: "1".into(),
            oid: "2".into(),
            database: "db".into(),
        },
        from: None,
        to: None,
        steps,
        plan_digest: "d".into(),
    }
}

#[test]
fn it_names_who_read_what_asked_to_act_and_why() {
    let old =
        r#"{"kind":"note-read","note":"1.1.0 old [000000]","read":true,"who":"ines","uid":0}"#;
    let read = |note: &str, asks, why: Option<&str>| Event::NoteRead {
        note: note.into(),
        read: true,
        asks,
        why: why.map(Into::into),
        who: "mara".into(),
        uid: 0,
    };
    let events = [
        serde_json::from_str(old).expect("an event of an older build"),
        read("1.2.0 quiet [aaaaaa]", false, None),
        read("1.2.0 asks [bbbbbb]", true, None),
        read(
            "1.3.0 goes on [cccccc]",
            true,
            Some("Airflow is gone on Monday"),
        ),
    ];
    let text = page(&RunView::of(&events));
    let told = "Release notes marked as read: 4; those that asked to act, and by whom:\n\
        - 1.2.0 asks [bbbbbb] (mara)\n\
        - 1.3.0 goes on [cccccc] (mara): Airflow is gone on Monday\n";
    assert!(text.contains(told), "{text}");
    assert!(
        !text.contains("quiet") && !text.contains("(ines)"),
        "{text}"
    );
}

#[test]
fn it_lists_what_users_will_notice() {
    let lines = vec!["The Explore page is a tree.".into()];
    let text = page(&RunView::of(&[Event::UsersNotice { lines }]));
    let told = "## What your users will notice\n\n- The Explore page is a tree.\n\n## Checks\n";
    assert!(text.contains(told), "{text}");
    assert!(!page(&RunView::default()).contains("users will notice"));
}

#[test]
fn after_a_way_back_the_validation_of_the_upgrade_is_still_told() {
    let point = |about: &str, result| Point::new(about, result, "words");
    let by_step = PointResult::ByStep {
        step: StepId::Reindex,
    };
    let events = [
        planned(Goal::Upgrade, vec![StepId::Validate, StepId::Reindex]),
        Event::Validated {
            step: StepId::Validate,
            points: vec![
                point("entities", PointResult::Failed),
                point("search", by_step),
            ],
        },
        planned(
            Goal::WayBack {
                way: WayId::Restore,
            },
            vec![StepId::ValidateOld],
        ),
    ];
    let before = "## Validation of the upgrade, before the way back\n\n\
        - FAILED entities: words\n\
        - STEP search: words -> step 'Rebuild the search index': not done\n";
    let text = page(&RunView::of(&events));
    assert!(
        text.contains(before) && !text.contains("## Validation\n"),
        "{text}"
    );
    let old = Event::Validated {
        step: StepId::ValidateOld,
        points: vec![point("old server", PointResult::Passed)],
    };
    let text = page(&RunView::of(events.iter().chain([&old])));
    assert!(text.contains(before), "{text}");
    assert!(
        text.contains("## Validation\n\n- PASSED old server: words\n"),
        "{text}"
    );
}

#[test]
fn it_names_who_answered_and_takes_an_open_question_for_no_interruption() {
    let mut events = vec![
        Event::ChecklistAnswered {
            item: "window".into(),
            text: "A window is agreed.".into(),
            answer: ChecklistAnswer::Done,
            who: "mara".into(),
            uid: 0,
        },
        planned(Goal::Upgrade, vec![StepId::PointOfNoReturn]),
        Event::StepStarted {
            step: StepId::PointOfNoReturn,
            attempt: 1,
        },
    ];
    let report = |events: &[Event]| page(&RunView::of(events));
    assert!(report(&events).contains("| Point of no return | begun, not ended"));
    events.push(Event::QuestionAsked {
        id: "point-of-no-return".into(),
        text: "Go on?".into(),
        expects: "db".into(),
        safe: "the old server is started again".into(),
        choices: Vec::new(),
    });
    let text = report(&events);
    assert!(
        text.contains("| Point of no return | waits for an answer |"),
        "{text}"
    );
    assert!(
        text.contains("- done: A window is agreed. (mara)"),
        "{text}"
    );
}
