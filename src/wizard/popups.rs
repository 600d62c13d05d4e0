//! Keys while something lies over the page, and the questions themselves.

use tui_input::Input;

use super::State;
use super::act;
use super::event::Effect;
use super::form;
use super::key::{Code, Key};
use super::popup::{Choose, Focus, GUARD_MS, Kind, Line, Opt, Popup, Purpose, Typed};
use crate::domain::log_view::LogPlace;
use crate::domain::run_view::Phase;
use crate::domain::way_back::WayId;
use crate::wizard::page::Page;

pub fn open(state: &mut State, kind: Kind) -> Vec<Effect> {
    state.popup = Some(Popup {
        kind,
        since_ms: state.boot_ms,
    });
    Vec::new()
}

pub fn choose(state: &mut State, title: &str, text: Vec<String>, options: Vec<Opt>) -> Vec<Effect> {
    open(
        state,
        Kind::Choose(Choose {
            title: title.to_string(),
            text,
            options,
            cursor: 0,
        }),
    )
}

pub fn line(state: &mut State, purpose: Purpose) -> Vec<Effect> {
    let input = match purpose {
        Purpose::Filter => Input::new(
            state
                .log
                .query
                .as_ref()
                .and_then(|query| query.filter.clone())
                .unwrap_or_default(),
        ),
        Purpose::Search | Purpose::Waive(_) => Input::default(),
    };
    open(state, Kind::Line(Line { purpose, input }))
}

/// Leaving: at once where nothing runs, else the choice of how.
pub fn leave(state: &mut State) -> Vec<Effect> {
    let Some(run) = &state.run else {
        return vec![Effect::Leave];
    };
    if run.preparing {
        let text = vec![
            "Nothing was started. What you read, ticked and chose is kept:".to_string(),
            "`omup` goes on with it.".to_string(),
        ];
        let options = vec![stay(), leave_option("Leave", "nothing runs")];
        return choose(state, "Leave the preparation?", text, options);
    }
    if !run.alive {
        return vec![Effect::Leave];
    }
    let title = format!("Run {} is still working", run.id);
    let mut options = vec![
        stay(),
        leave_option("Detach", "the work goes on; come back with `omup`"),
    ];
    if !run.read_only() {
        options.push(stop_option(state));
    }
    let text = vec!["Closing the window is the same as Detach.".to_string()];
    choose(state, &title, text, options)
}

fn stay() -> Opt {
    Opt {
        label: "Stay".to_string(),
        about: String::new(),
        effects: Vec::new(),
    }
}

fn leave_option(label: &str, about: &str) -> Opt {
    Opt {
        label: label.to_string(),
        about: about.to_string(),
        effects: vec![Effect::Leave],
    }
}

fn stop_option(state: &State) -> Opt {
    let after = state
        .run
        .as_ref()
        .is_some_and(|run| !matches!(run.view.phase(), Phase::BeforeDowntime | Phase::Down));
    Opt {
        label: "Stop safely".to_string(),
        about: if after {
            "after what runs now; the database may be half way".to_string()
        } else {
            "ends this step, puts everything back, the old version serves".to_string()
        },
        effects: vec![Effect::Abort],
    }
}

pub fn stop(state: &mut State) -> Vec<Effect> {
    let Some(run) = &state.run else {
        return Vec::new();
    };
    if !run.alive {
        state.say("nothing runs that could be stopped", false);
        return Vec::new();
    }
    if refuse_read_only(state) {
        return Vec::new();
    }
    let options = vec![stay(), stop_option(state)];
    choose(
        state,
        "Stop this run?",
        vec!["It is led to a safe state, and the journal says which.".to_string()],
        options,
    )
}

/// True, with the reason said, where this screen only watches.
fn refuse_read_only(state: &mut State) -> bool {
    let Some(run) = &state.run else { return true };
    if !run.read_only() {
        return false;
    }
    let why = match &run.helm {
        Some(who) if !run.foreign => format!("{who} steers this run; T takes the helm over"),
        _ => "this omup can only watch: the runner is of another version".to_string(),
    };
    state.say(why, true);
    true
}

pub fn take_helm(state: &mut State) -> Vec<Effect> {
    let Some(run) = &state.run else {
        return Vec::new();
    };
    if !run.alive || run.mine {
        state.say("you steer this run already", false);
        return Vec::new();
    }
    let who = run
        .helm
        .clone()
        .map_or("nobody".to_string(), |w| w.to_string());
    choose(
        state,
        "Take the helm?",
        vec![
            format!("{who} steers this run now. Who steers answers the questions and may stop it."),
            "Both names go into the journal; their screen becomes read-only.".to_string(),
        ],
        vec![
            stay(),
            Opt {
                label: "Take the helm".to_string(),
                about: String::new(),
                effects: vec![Effect::TakeHelm],
            },
        ],
    )
}

/// The typed answer to the open question of the run.
pub fn answer(state: &mut State) -> Vec<Effect> {
    if refuse_read_only(state) {
        return Vec::new();
    }
    let Some(run) = &state.run else {
        return Vec::new();
    };
    let Some(question) = run.view.question.clone() else {
        return Vec::new();
    };
    let point = question.id == "point-of-no-return";
    let (title, button) = if point {
        ("You are about to change the database", "Migrate")
    } else {
        ("You are about to lock users out", "Stop the server")
    };
    let text = vec![
        question.text.to_string(),
        String::new(),
        if point {
            "From here, going back means a restore.".to_string()
        } else {
            "Undone by starting the old server again.".to_string()
        },
    ];
    let expects = question.expects.to_string();
    let effect = Effect::Answer {
        id: question.id,
        value: expects.clone(),
    };
    typed(state, title, text, expects, button, effect)
}

fn typed(
    state: &mut State,
    title: &str,
    text: Vec<String>,
    expects: String,
    button: &str,
    effect: Effect,
) -> Vec<Effect> {
    open(
        state,
        Kind::Typed(Typed {
            title: title.to_string(),
            text,
            expects,
            input: Input::default(),
            focus: Focus::Field,
            button: button.to_string(),
            effect,
        }),
    )
}

/// The typed confirmation of a way back.
pub fn way(state: &mut State, id: WayId) -> Vec<Effect> {
    let Some(Ok(ways)) = &state.ways else {
        return Vec::new();
    };
    let Some(way) = ways.iter().find(|way| way.id == id).cloned() else {
        return Vec::new();
    };
    if state.run.as_ref().is_some_and(|run| run.alive) {
        state.say("a runner works on this run now: stop it first (x)", true);
        return Vec::new();
    }
    if let Some(hindrance) = &way.hindrance {
        state.say(format!("not now: {hindrance}"), true);
        return Vec::new();
    }
    let expects = state
        .run
        .as_ref()
        .and_then(|run| run.view.identity.as_ref())
        .map(|identity| identity.database.clone())
        .unwrap_or_default();
    if expects.is_empty() {
        state.say("nothing was begun that could be taken back", true);
        return Vec::new();
    }
    let text = vec![
        way.title.clone(),
        format!("It loses: {}.", way.loses),
        format!("It takes: {}.", crate::wizard::items::way_time(&way)),
    ];
    let effect = Effect::TakeWay { way: id };
    typed(state, "Go this way?", text, expects, "Go", effect)
}

pub fn paste(state: &mut State, text: &str) {
    match state.popup.as_mut().map(|popup| &mut popup.kind) {
        Some(Kind::Typed(typed)) if typed.focus == Focus::Field => {
            form::paste_into(&mut typed.input, text);
        }
        Some(Kind::Line(line)) => form::paste_into(&mut line.input, text),
        Some(Kind::Help { query, .. }) => form::paste_into(query, text),
        Some(
            Kind::Typed(_)
            | Kind::Why { .. }
            | Kind::Commands { .. }
            | Kind::Detail { .. }
            | Kind::Choose(_),
        )
        | None => {}
    }
}

/// What a key did to the popup.
enum After {
    Stays,
    Closes(Vec<Effect>),
    Line(Purpose, String),
    Waits,
}

pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(popup) = &mut state.popup else {
        return Vec::new();
    };
    let young = state.boot_ms.saturating_sub(popup.since_ms) < GUARD_MS;
    if key.ctrl && key.code == Code::Char('l') {
        return vec![Effect::Redraw];
    }
    // Typed before the question could be read: thrown away. Only getting out is quick.
    if young && key.code != Code::Esc && matches!(popup.kind, Kind::Choose(_) | Kind::Typed(_)) {
        return Vec::new();
    }
    let out = key.code == Code::Esc || (key.ctrl && key.code == Code::Char('c'));
    let after = if out {
        After::Closes(Vec::new())
    } else {
        match &mut popup.kind {
            Kind::Help { query, scroll } => text_key(key, scroll, Some(query)),
            Kind::Why { scroll } | Kind::Commands { scroll } | Kind::Detail { scroll } => {
                text_key(key, scroll, None)
            }
            Kind::Choose(choose) => choose_key(choose, key),
            Kind::Typed(typed) => typed_key(typed, key),
            Kind::Line(line) => match key.code {
                Code::Enter => {
                    After::Line(line.purpose.clone(), line.input.value().trim().to_string())
                }
                _ => {
                    form::type_into(&mut line.input, key);
                    After::Stays
                }
            },
        }
    };
    match after {
        After::Stays => Vec::new(),
        After::Waits => {
            state.say("type exactly what is asked for; Esc goes back", true);
            Vec::new()
        }
        After::Closes(effects) => {
            state.popup = None;
            effects
        }
        After::Line(purpose, text) => {
            state.popup = None;
            said(state, purpose, text)
        }
    }
}

fn text_key(key: Key, scroll: &mut u16, query: Option<&mut Input>) -> After {
    match (key.code, query) {
        (Code::Up, _) => *scroll = scroll.saturating_sub(1),
        (Code::Down, _) => *scroll = scroll.saturating_add(1),
        (Code::PageUp, _) => *scroll = scroll.saturating_sub(10),
        (Code::PageDown, _) => *scroll = scroll.saturating_add(10),
        (Code::Enter, _) => return After::Closes(Vec::new()),
        (Code::Char('?'), Some(query)) if query.value().is_empty() => {
            return After::Closes(Vec::new());
        }
        (_, Some(query)) => {
            form::type_into(query, key);
            *scroll = 0;
        }
        (Code::Char('k'), None) => *scroll = scroll.saturating_sub(1),
        (Code::Char('j' | ' '), None) => *scroll = scroll.saturating_add(1),
        (Code::Char('q' | 'i' | 'c'), None) => return After::Closes(Vec::new()),
        (_, None) => {}
    }
    After::Stays
}

fn choose_key(choose: &mut Choose, key: Key) -> After {
    let last = choose.options.len().saturating_sub(1);
    match key.code {
        Code::Up | Code::Left | Code::BackTab | Code::Char('k') => {
            choose.cursor = choose.cursor.saturating_sub(1);
        }
        Code::Down | Code::Right | Code::Tab | Code::Char('j') => {
            choose.cursor = (choose.cursor + 1).min(last);
        }
        Code::Enter => {
            let effects = choose.options.get(choose.cursor);
            return After::Closes(effects.map(|o| o.effects.clone()).unwrap_or_default());
        }
        _ => {}
    }
    After::Stays
}

fn typed_key(typed: &mut Typed, key: Key) -> After {
    match (key.code, typed.focus) {
        (Code::Tab | Code::Down, Focus::Field) => typed.focus = Focus::Cancel,
        (Code::Tab | Code::Down | Code::Right, Focus::Cancel) => typed.focus = Focus::Go,
        (Code::Tab | Code::Down, Focus::Go) => typed.focus = Focus::Field,
        (Code::BackTab | Code::Up, Focus::Field) => typed.focus = Focus::Go,
        (Code::BackTab | Code::Up | Code::Left, Focus::Go) => typed.focus = Focus::Cancel,
        (Code::BackTab | Code::Up, Focus::Cancel) => typed.focus = Focus::Field,
        (Code::Enter, Focus::Cancel) => return After::Closes(Vec::new()),
        (Code::Enter, Focus::Field) if typed.matches() => typed.focus = Focus::Go,
        (Code::Enter, Focus::Go) if typed.matches() => {
            return After::Closes(vec![typed.effect.clone()]);
        }
        (Code::Enter, Focus::Field | Focus::Go) => return After::Waits,
        (_, Focus::Field) => {
            form::type_into(&mut typed.input, key);
        }
        (_, Focus::Cancel | Focus::Go) => {}
    }
    After::Stays
}

/// A line was typed to its end.
fn said(state: &mut State, purpose: Purpose, text: String) -> Vec<Effect> {
    match purpose {
        Purpose::Search => {
            state.search = (!text.is_empty()).then_some(text);
            if state.search.is_none() {
                return Vec::new();
            }
            if state.page == Page::Log {
                let after = state
                    .log
                    .window
                    .as_ref()
                    .map_or(0, |w| w.top.saturating_sub(1));
                return act::log_at(state, LogPlace::NextHit { after });
            }
            act::act(state, super::action::Action::NextHit)
        }
        Purpose::Filter => {
            if let Some(query) = &mut state.log.query {
                query.filter = (!text.is_empty()).then_some(text);
            }
            act::log_at(state, LogPlace::End)
        }
        Purpose::Waive(check) => {
            if text.is_empty() {
                state.say("a waiver needs a reason; nothing was waived", true);
                return Vec::new();
            }
            act::waived(state, &check, &text)
        }
    }
}
