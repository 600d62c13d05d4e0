//! The wizard as somebody sits before it: keys and news in, what is shown and asked for out.

use super::event::{Effect, Event, JournalLine, Stamped};
use super::key::{Code, Key};
use super::page::Page;
use super::popup::Kind;
use super::run_watch::RunWatch;
use super::{Lesson, Look, Measure, State, update};
use crate::domain::clean_text::CleanText;
use crate::domain::event::{ChecklistAnswer, Event as RunEvent, Fact};
use crate::domain::names::{Engine, Identity, RunId};
use crate::domain::plan::Goal;
use crate::domain::progress::Progress;
use crate::domain::step::{Failure, StepId};
use crate::exit_code::ExitCode;

struct Desk {
    state: State,
    boot_ms: u64,
}

impl Desk {
    fn new() -> Desk {
        Desk {
            state: State::new(Look::default(), "mara".into()),
            boot_ms: 10_000,
        }
    }

    fn practising() -> Desk {
        let mut desk = Desk::new();
        desk.state.lesson = Some(Lesson {
            name: "good".into(),
            about: String::new(),
            right_end: String::new(),
            mending: None,
            come_back: "omup sandbox --scenario good".into(),
        });
        desk
    }

    fn news(&mut self, event: Event) -> Vec<Effect> {
        let stamped = Stamped {
            at_ms: i64::try_from(self.boot_ms).unwrap_or(0),
            boot_ms: self.boot_ms,
            event,
        };
        update(&mut self.state, stamped)
    }

    /// A key, after the first moments of whatever lies over the page.
    fn key(&mut self, key: Key) -> Vec<Effect> {
        self.boot_ms += 500;
        self.news(Event::Key(key))
    }

    fn typed(&mut self, text: &str) {
        for c in text.chars() {
            self.key(Key::char(c));
        }
    }

    /// A run is open, and its journal says this.
    fn run(&mut self, alive: bool, events: Vec<RunEvent>) {
        let mut run = RunWatch::new("20260101-000000-1".into(), "/s/r".into(), false, None);
        run.take_in(&lines(events));
        run.alive = alive;
        run.mine = alive;
        self.state.page = run.page();
        self.state.with_run = true;
        self.state.run = Some(run);
    }

    fn said(&self) -> Option<&str> {
        let message = self.state.message.as_ref();
        message.map(|message| message.text.as_str())
    }

    fn asked(&self) -> Vec<String> {
        match self.state.popup.as_ref().map(|popup| &popup.kind) {
            Some(Kind::Choose(choose)) => choose.text.clone(),
            Some(Kind::Typed(typed)) => typed.text.clone(),
            _ => Vec::new(),
        }
    }
}

fn lines(events: Vec<RunEvent>) -> Vec<JournalLine> {
    let line = |(seq, event)| JournalLine {
        seq: seq as u64,
        at: "2026-01-01T00:00:00Z".into(),
        at_ms: 0,
        event,
        words: Vec::new(),
    };
    events.into_iter().enumerate().map(line).collect()
}

fn planned(goal: Goal, steps: Vec<StepId>) -> RunEvent {
    RunEvent::Planned {
        goal,
        identity: Identity {
            engine: Engine::Sqlite,
            server: "1:2".into(),
            database: "openmetadata_db".into(),
            oid: "3".into(),
        },
        from: None,
        to: None,
        steps,
        plan_digest: "d".into(),
    }
}

fn failed(step: StepId) -> RunEvent {
    RunEvent::StepFailed {
        step,
        attempt: 1,
        failure: Failure::new(ExitCode::Backup, "do it", "why", "safe", "next"),
        seconds: 1.0,
    }
}

fn fact(fact: Fact) -> RunEvent {
    RunEvent::Fact {
        step: StepId::Migrate,
        fact,
    }
}

fn ended(exit: ExitCode) -> RunEvent {
    RunEvent::RunEnded {
        exit,
        message: "so it ended".into(),
    }
}

fn downtime(began_s: u64) -> RunEvent {
    fact(Fact::DowntimeStarted {
        at_ms: began_s as i64 * 1000,
        boot_ms: Some(began_s * 1000),
    })
}

fn serves(at_s: u64) -> RunEvent {
    fact(Fact::DowntimeEnded {
        at_ms: at_s as i64 * 1000,
        boot_ms: Some(at_s * 1000),
        serving: "1.12.4".parse().expect("a version"),
    })
}

/// After the point of no return, with this step failed.
fn past_the_point(step: StepId) -> Vec<RunEvent> {
    vec![
        planned(
            Goal::Upgrade,
            vec![StepId::BackUp, StepId::Migrate, StepId::Reindex],
        ),
        downtime(1),
        fact(Fact::PointCrossed { at_ms: 2000 }),
        failed(step),
        ended(ExitCode::FailedAfterPoint),
    ]
}

#[test]
fn what_a_guard_said_counts_down_and_goes_when_it_is_done() {
    let mut desk = Desk::new();
    let mut run = RunWatch::new("20260101-000000-1".into(), "/s/r".into(), true, None);
    run.preparing = true;
    desk.state.run = Some(run);
    desk.state.page = Page::Checklist;
    let points = desk.state.knowledge.checklist().to_vec();
    desk.key(Key::char('G'));
    desk.key(Key::plain(Code::Enter));
    assert_eq!(desk.state.page, Page::Checklist);
    let open = format!("{} points are open", points.len());
    assert!(
        desk.said().is_some_and(|said| said.starts_with(&open)),
        "{:?}",
        desk.said()
    );
    let answer = |point: &crate::knowledge::Point| RunEvent::ChecklistAnswered {
        item: point.id.clone(),
        text: point.text.as_str().into(),
        answer: ChecklistAnswer::Done,
        who: "mara".into(),
        uid: 0,
    };
    let (first, rest) = points.split_first().expect("points");
    desk.news(Event::Journal(lines(vec![answer(first)])));
    let open = format!("{} points are open", rest.len());
    assert!(
        desk.said().is_some_and(|said| said.starts_with(&open)),
        "{:?}",
        desk.said()
    );
    desk.news(Event::Journal(lines(rest.iter().map(answer).collect())));
    assert_eq!(desk.said(), None);
}

#[test]
fn the_reminder_to_type_goes_as_soon_as_the_name_stands_there() {
    let mut desk = Desk::new();
    desk.run(false, past_the_point(StepId::Migrate));
    super::questions::again(&mut desk.state);
    desk.key(Key::plain(Code::Enter));
    assert!(
        desk.said()
            .is_some_and(|said| said.starts_with("type exactly"))
    );
    desk.typed("openmetadata_db");
    assert_eq!(desk.said(), None);
}

#[test]
fn a_practice_session_is_never_thrown_away_by_the_way() {
    let mut desk = Desk::practising();
    desk.run(false, past_the_point(StepId::Migrate));
    assert_eq!(
        desk.key(Key::char('d')),
        [],
        "nothing works that one could detach from"
    );
    assert_eq!(desk.key(Key::char('q')), []);
    assert!(desk.asked().concat().contains("be removed"));
    // The mark stands on staying; keeping comes before removing.
    desk.key(Key::plain(Code::Down));
    let effects = desk.key(Key::plain(Code::Enter));
    assert_eq!(effects, [Effect::LeavePractice { keep: true }]);
    desk.key(Key::char('q'));
    desk.key(Key::plain(Code::Down));
    desk.key(Key::plain(Code::Down));
    let effects = desk.key(Key::plain(Code::Enter));
    assert_eq!(effects, [Effect::LeavePractice { keep: false }]);

    // Where nothing would be removed, nothing is asked.
    let mut real = Desk::new();
    real.run(false, past_the_point(StepId::Migrate));
    assert_eq!(real.key(Key::char('q')), [Effect::Leave]);
}

#[test]
fn to_run_again_is_asked_in_the_words_of_what_failed() {
    let mut desk = Desk::new();
    desk.run(
        false,
        vec![
            planned(Goal::Upgrade, vec![StepId::BackUp, StepId::Migrate]),
            failed(StepId::BackUp),
            ended(ExitCode::Backup),
        ],
    );
    super::questions::again(&mut desk.state);
    let text = desk.asked().join(" ");
    assert!(text.contains("Back up database"), "{text}");
    assert!(
        !text.contains("statement") && !text.contains("The backup stays"),
        "{text}"
    );
    assert!(matches!(
        desk.state.popup.as_ref().map(|p| &p.kind),
        Some(Kind::Choose(_))
    ));

    // After the point the name is typed, as for the same way in the list of ways back.
    desk.run(false, past_the_point(StepId::Migrate));
    super::questions::again(&mut desk.state);
    assert!(desk.asked().join(" ").contains("A statement that ran"));
    desk.typed("openmetadata_db");
    desk.key(Key::plain(Code::Enter));
    let effects = desk.key(Key::plain(Code::Enter));
    assert_eq!(effects, [Effect::Resume { again: true }]);

    desk.run(false, past_the_point(StepId::Reindex));
    super::questions::again(&mut desk.state);
    assert!(!desk.asked().join(" ").contains("statement"));
}

#[test]
fn back_from_the_journal_is_where_the_run_stands_by_then() {
    let mut desk = Desk::new();
    let steps = vec![StepId::DigestGate, StepId::PointOfNoReturn];
    desk.run(
        true,
        vec![
            planned(Goal::Upgrade, steps),
            downtime(1),
            RunEvent::StepStarted {
                step: StepId::DigestGate,
                attempt: 1,
            },
        ],
    );
    assert_eq!(desk.state.page, Page::Gate);
    desk.key(Key::char('J'));
    desk.state.with_run = false;
    desk.news(Event::Journal(lines(vec![
        RunEvent::StepStarted {
            step: StepId::PointOfNoReturn,
            attempt: 1,
        },
        RunEvent::QuestionAsked {
            id: "point-of-no-return".into(),
            text: "Go on?".into(),
            expects: "openmetadata_db".into(),
            safe: "the old server is started again".into(),
            choices: Vec::new(),
        },
    ])));
    assert_eq!(desk.state.page, Page::Journal);
    desk.key(Key::plain(Code::Esc));
    if desk.state.page == Page::Journal {
        // The first Esc took the message away.
        desk.key(Key::plain(Code::Esc));
    }
    assert_eq!(desk.state.page, Page::Point);
    assert!(!super::items::of(&desk.state).is_empty());
}

/// A page of 40 lines in a pane of 10.
fn forty_lines(state: &State) -> Measure {
    Measure {
        lines: 40,
        rows: 10,
        top: state.scroll.get(&state.page).copied().unwrap_or(30),
    }
}

#[test]
fn every_line_of_a_page_can_be_reached_although_only_its_end_can_be_marked() {
    let mut desk = Desk::new();
    desk.state.measure = forty_lines;
    let top = |desk: &Desk| desk.state.scroll.get(&Page::First).copied();
    // Down to the mark, then up by every key that leads up.
    desk.key(Key::plain(Code::Down));
    assert_eq!(top(&desk), None);
    desk.key(Key::char('g'));
    assert_eq!((top(&desk), desk.state.cursor()), (Some(0), 0));
    desk.key(Key::plain(Code::PageDown));
    assert_eq!(top(&desk), Some(9));
    for _ in 0..9 {
        desk.key(Key::plain(Code::PageDown));
    }
    assert!(top(&desk).is_none_or(|top| top <= 30), "{:?}", top(&desk));
    desk.key(Key::plain(Code::Home));
    desk.key(Key::ctrl('d'));
    desk.key(Key::ctrl('u'));
    assert_eq!(top(&desk), Some(0));
    desk.key(Key::char('G'));
    assert_eq!(top(&desk), Some(30));
    desk.key(Key::char('g'));
    // The mark at its first thing: one line after the other.
    desk.state.scroll.insert(Page::First, 5);
    desk.key(Key::char('k'));
    assert_eq!(top(&desk), Some(4));
}

#[test]
fn a_step_without_figures_shows_none_of_the_one_before() {
    let mut desk = Desk::new();
    let steps = vec![StepId::Migrate, StepId::StopNewServer];
    desk.run(true, vec![planned(Goal::Upgrade, steps)]);
    let progress = |step, done| Progress {
        step,
        doing: "at it".into(),
        done,
        total: done.map(|n: u64| n * 2),
        unit: "statements".into(),
        estimated: false,
    };
    for done in 1..4 {
        desk.boot_ms += 1000;
        desk.news(Event::Progress(progress(StepId::Migrate, Some(done))));
    }
    let rate = |desk: &Desk| {
        let run = desk.state.run.as_ref();
        run.and_then(|run| run.meter.rate(desk.boot_ms))
    };
    assert!(rate(&desk).is_some());
    desk.boot_ms += 1000;
    desk.news(Event::Progress(progress(StepId::StopNewServer, None)));
    assert_eq!(rate(&desk), None);
}

#[test]
fn users_were_locked_out_as_often_as_they_were() {
    let mut run = RunWatch::new("20260101-000000-1".into(), "/s/r".into(), false, None);
    run.take_in(&lines(vec![
        downtime(10),
        serves(453),
        downtime(500),
        serves(504),
    ]));
    assert_eq!(run.lockouts, [443.0, 4.0]);
}

#[test]
fn two_screens_of_one_person_are_told_apart() {
    let mut desk = Desk::new();
    desk.run(true, vec![planned(Goal::Upgrade, vec![StepId::Migrate])]);
    let helm = |who: &str, mine| Event::Runner {
        alive: true,
        helm: Some(CleanText::from(who)),
        mine,
        foreign: false,
        left_child: None,
    };
    desk.news(helm("mara", false));
    let said = desk.said().unwrap_or_default().to_string();
    assert!(said.starts_with("another screen of yours (mara)"), "{said}");
    desk.news(helm("mara", true));
    assert_eq!(desk.said(), None, "the helm is here again");
    desk.news(helm("olga", false));
    assert!(
        desk.said()
            .is_some_and(|said| said.starts_with("olga has taken"))
    );
}

#[test]
fn every_log_of_a_run_is_reached_from_the_log_page() {
    let mut desk = Desk::new();
    let child = |step, log: &str| RunEvent::ChildStarted {
        step,
        name: log.into(),
        pid: 1,
        started_ticks: 1,
        boot_id: String::new(),
        command: CleanText::default(),
        log: format!("logs/{log}").into(),
        log_begin: 0,
        lock: "l".into(),
    };
    desk.run(
        false,
        vec![
            RunEvent::RunCreated {
                run: RunId::parse("20260101-000000-1").expect("a name"),
                build: String::new(),
                practice: true,
                deployment: "d".into(),
                host: "h".into(),
                user: "u".into(),
                old_home: "/o".into(),
                new_home: "/n".into(),
            },
            planned(
                Goal::Upgrade,
                vec![StepId::BackUp, StepId::Migrate, StepId::DeployPipelines],
            ),
            RunEvent::StepStarted {
                step: StepId::BackUp,
                attempt: 1,
            },
            RunEvent::StepEnded {
                step: StepId::BackUp,
                attempt: 1,
                outcome: crate::domain::step::Outcome::Success {
                    message: "ok".into(),
                },
                seconds: 1.0,
            },
            child(StepId::Migrate, "migrate.log"),
            child(StepId::DeployPipelines, "pipelines.log"),
            ended(ExitCode::Ok),
        ],
    );
    desk.key(Key::char('L'));
    let shown = |desk: &Desk| {
        let query = desk.state.log.query.as_ref();
        let name = query.and_then(|query| query.file.file_name());
        name.map(|name| name.to_string_lossy().to_string())
            .unwrap_or_default()
    };
    assert_eq!(shown(&desk), "pipelines.log");
    let mut seen = Vec::new();
    for _ in 0..3 {
        desk.key(Key::plain(Code::Tab));
        seen.push(shown(&desk));
    }
    assert_eq!(seen, ["back-up.log", "migrate.log", "pipelines.log"]);
    desk.key(Key::plain(Code::BackTab));
    assert_eq!(shown(&desk), "migrate.log");
}

#[test]
fn the_ways_back_are_computed_anew_when_the_runner_ends() {
    let mut desk = Desk::new();
    desk.run(true, past_the_point(StepId::Migrate));
    desk.key(Key::char('R'));
    desk.state.with_run = false;
    let effects = desk.news(Event::Runner {
        alive: false,
        helm: None,
        mine: false,
        foreign: false,
        left_child: None,
    });
    assert_eq!(desk.state.page, Page::Ways);
    assert!(effects.contains(&Effect::WaysBack), "{effects:?}");
}
