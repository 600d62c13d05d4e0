//! Frames of made-up states.

use super::{folded, measure, snapshot};
use crate::domain::clean_text::CleanText;
use crate::domain::event::{Event as RunEvent, Fact};
use crate::domain::plan::Goal;
use crate::domain::run_view::StepState;
use crate::domain::step::{Failure, Outcome, StepId};
use crate::exit_code::ExitCode;
use crate::wizard::event::{JournalLine, PracticeLine, RunLine};
use crate::wizard::key::{Code, Key};
use crate::wizard::page::Page;
use crate::wizard::run_watch::RunWatch;
use crate::wizard::{About, Lesson, Look, Message, State};

fn state(width: u16, height: u16) -> State {
    let mut state = State::new(Look::default(), "mara".into());
    (state.width, state.height) = (width, height);
    (state.measure, state.lines) = (measure, super::lines);
    state
}

fn press(state: &mut State, key: Key) {
    let event = crate::wizard::event::Event::Key(key);
    let stamped = crate::wizard::event::Stamped {
        at_ms: 0,
        boot_ms: 1000,
        event,
    };
    crate::wizard::update(state, stamped);
}

fn text(state: &State) -> String {
    snapshot(state).join("\n")
}

/// All of the page on one line, whatever was folded.
fn flat(state: &State) -> String {
    let page = super::lines(state).join(" ");
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn with_run(width: u16, height: u16, page: Page, events: Vec<RunEvent>) -> State {
    let mut state = state(width, height);
    let mut run = RunWatch::new("20260101-000000-1".into(), "/s/r".into(), false, None);
    let line = |(seq, event)| JournalLine {
        seq: seq as u64,
        at: "2026-01-01T00:00:00Z".into(),
        at_ms: 0,
        event,
        words: Vec::new(),
    };
    let lines: Vec<JournalLine> = events.into_iter().enumerate().map(line).collect();
    run.take_in(&lines);
    run.alive = false;
    state.run = Some(run);
    state.page = page;
    state
}

fn failed(step: StepId, what: &str, why: &str) -> RunEvent {
    let failure = Failure::new(
        ExitCode::FailedBeforePoint,
        what,
        why,
        "all of it",
        "mend it",
    );
    RunEvent::StepFailed {
        step,
        attempt: 1,
        failure,
        seconds: 1.0,
    }
}

fn ended(exit: ExitCode) -> RunEvent {
    RunEvent::RunEnded {
        exit,
        message: "so it ended".into(),
    }
}

#[test]
fn on_the_smallest_screen_a_page_begins_at_its_top_and_the_marked_choice_stays_in_sight() {
    let mut state = state(60, 16);
    press(&mut state, Key::char('g'));
    let frame = text(&state);
    assert!(frame.contains("An upgrade, from left to right"), "{frame}");
    assert!(frame.contains("▸ Begin a new upgrade"), "{frame}");
    // Down to the last line, and up again, by pages and by lines.
    for _ in 0..4 {
        press(&mut state, Key::plain(Code::PageDown));
    }
    assert!(text(&state).contains("Leave"), "{}", text(&state));
    for _ in 0..4 {
        press(&mut state, Key::plain(Code::PageUp));
    }
    let frame = text(&state);
    assert!(frame.contains("An upgrade, from left to right"), "{frame}");
}

#[test]
fn a_message_never_lies_over_the_mark() {
    for height in [16, 24] {
        let mut state = state(60, height);
        for _ in 0..2 {
            press(&mut state, Key::plain(Code::Down));
        }
        state.message = Some(Message {
            text: CleanText::new(&"a long message ".repeat(12)),
            bad: true,
            until_ms: u64::MAX,
            about: About::News,
        });
        let frame = text(&state);
        assert!(frame.contains("▸ Leave"), "{frame}");
        assert!(frame.contains("a long message"), "{frame}");
        assert!(frame.contains("└──"), "{frame}");
    }
}

#[test]
fn the_end_of_a_long_path_is_read_on_the_smallest_screen() {
    let mut state = state(60, 16);
    let folder = "/tmp/omup-practice-0-good/deployment/openmetadata-";
    state.form.old_home = tui_input::Input::new(format!("{folder}1.10.7"));
    state.form.new_home = tui_input::Input::new(format!("{folder}1.12.4"));
    state.form.name = tui_input::Input::new("practice".into());
    state.page = Page::Connect;
    state.scroll.insert(Page::Connect, 0);
    let frame = text(&state);
    for version in ["openmetadata-1.10.7", "openmetadata-1.12.4"] {
        assert!(frame.contains(version), "{frame}");
    }
    let name = frame.lines().find(|line| line.contains("Name it"));
    assert!(name.is_some_and(|line| !line.contains('…')), "{frame}");
}

#[test]
fn a_practice_session_that_waits_is_told_with_its_command() {
    let mut state = state(60, 16);
    state.scroll.insert(Page::First, 0);
    state.practices = vec![PracticeLine {
        scenario: "good".into(),
        state: "waits for you; users are locked out since 18:10 UTC".into(),
        command: "omup sandbox --scenario good".into(),
    }];
    let frame = flat(&state);
    assert!(
        frame.contains("Practice is not finished: good waits for you"),
        "{frame}"
    );
    assert!(
        frame.contains("go on with it by omup sandbox --scenario good"),
        "{frame}"
    );
}

#[test]
fn a_run_that_cannot_be_read_is_told_on_the_first_page() {
    let mut state = state(80, 24);
    state.runs = Some(vec![RunLine {
        id: "20260101-000000-1".into(),
        versions: "".into(),
        deployment: "".into(),
        state: "the journal is damaged at line 7: its checksum does not fit".into(),
        alive: false,
        unfinished: false,
        damaged: true,
    }]);
    let frame = flat(&state);
    let told = "Run 20260101-000000-1 cannot be read: the journal is damaged at line 7";
    assert!(frame.contains(told), "{frame}");
    assert!(frame.contains("see which version serves"), "{frame}");
}

#[test]
fn in_practice_the_first_page_names_the_command_that_finds_it() {
    let mut state = state(80, 24);
    state.lesson = Some(Lesson {
        name: "good".into(),
        about: "all goes well".into(),
        right_end: String::new(),
        mending: None,
        come_back: "omup sandbox --scenario good".into(),
    });
    assert!(flat(&state).contains("the work goes on, `omup sandbox --scenario good` shows it"));
}

#[test]
fn a_program_that_goes_on_without_a_runner_is_said_to_run() {
    let started = RunEvent::StepStarted {
        step: StepId::Migrate,
        attempt: 1,
    };
    let crossed = RunEvent::Fact {
        step: StepId::PointOfNoReturn,
        fact: Fact::PointCrossed { at_ms: 1 },
    };
    let mut state = with_run(80, 24, Page::Stopped, vec![crossed, started]);
    let run = state.run.as_mut().expect("a run");
    run.view.steps = vec![(StepId::Migrate, StepState::Running { attempt: 1 })];
    assert!(flat(&state).contains("not known how it ended"));
    let run = state.run.as_mut().expect("a run");
    run.left_child = Some(4711);
    let frame = flat(&state);
    assert!(
        frame.contains("its program (process 4711) STILL RUNS") && frame.contains("Ways back"),
        "{frame}"
    );
}

#[test]
fn a_run_that_was_stopped_as_somebody_wanted_has_not_failed() {
    let mut failure = failed(
        StepId::StartDowntime,
        "go on with this step",
        "somebody asked",
    );
    if let RunEvent::StepFailed { failure, .. } = &mut failure {
        failure.exit = ExitCode::StoppedAndPutBack;
    }
    let events = vec![failure, ended(ExitCode::StoppedAndPutBack)];
    let frame = flat(&with_run(80, 24, Page::Stopped, events));
    assert!(
        frame.contains("Stopped, as it was asked for") && frame.contains("▸ Go on with this run"),
        "{frame}"
    );
}

#[test]
fn a_run_that_was_put_back_says_what_failed_and_why() {
    let state = with_run(
        80,
        24,
        Page::Stopped,
        vec![
            failed(
                StepId::StopServer,
                "stop the server",
                "something started the server again",
            ),
            RunEvent::Reopened {
                steps: vec![StepId::StopServer],
            },
            ended(ExitCode::StoppedAndPutBack),
        ],
    );
    let frame = flat(&state);
    assert!(frame.contains("✖ Failed to stop the server"), "{frame}");
    assert!(
        frame.contains("It was put back: the old version serves again"),
        "{frame}"
    );
    assert!(
        frame.contains("Why something started the server again"),
        "{frame}"
    );
}

#[test]
fn the_last_page_says_what_warned_and_counts_every_downtime() {
    let fact = |fact| RunEvent::Fact {
        step: StepId::Migrate,
        fact,
    };
    let out = |at_ms, boot_ms| {
        fact(Fact::DowntimeStarted {
            at_ms,
            boot_ms: Some(boot_ms),
        })
    };
    let served = |at_ms, boot_ms| {
        fact(Fact::DowntimeEnded {
            at_ms,
            boot_ms: Some(boot_ms),
            serving: "1.10.7".parse().expect("a version"),
        })
    };
    let state = with_run(
        120,
        40,
        Page::Finish,
        vec![
            RunEvent::Planned {
                goal: Goal::Upgrade,
                identity: crate::domain::names::Identity {
                    engine: crate::domain::names::Engine::Sqlite,
                    server: "1:2".into(),
                    database: "db".into(),
                    oid: "3".into(),
                },
                from: None,
                to: None,
                steps: vec![StepId::SwitchVersion],
                plan_digest: "d".into(),
            },
            out(10_000, 10_000),
            RunEvent::StepEnded {
                step: StepId::SwitchVersion,
                attempt: 1,
                outcome: Outcome::Warning {
                    message: "4 settings are not carried over".into(),
                },
                seconds: 2.0,
            },
            served(453_000, 453_000),
            out(500_000, 500_000),
            served(504_000, 504_000),
            ended(ExitCode::Ok),
        ],
    );
    let frame = flat(&state);
    let warned = "Carry the configuration over to the new version: 4 settings are not carried over";
    assert!(frame.contains(warned), "{frame}");
    assert!(
        frame.contains("Users locked out 00:07:27 (00:07:23 and 00:00:04)"),
        "{frame}"
    );
}

#[test]
fn prose_is_folded_between_its_words() {
    let text = "Make room, then `omup resume 20260101-000000-1`; nothing is changed.";
    for width in 22..60 {
        let lines = folded(text, width);
        assert!(
            lines
                .iter()
                .all(|line| line.chars().count() <= usize::from(width))
        );
        assert_eq!(
            lines.join(" ").split_whitespace().collect::<Vec<_>>(),
            text.split_whitespace().collect::<Vec<_>>()
        );
    }
}
