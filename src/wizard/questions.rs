//! What is asked over a page: leaving, stopping, the helm, the typed go-aheads and ways back.

use tui_input::Input;

use super::State;
use super::event::Effect;
use super::news::who_else;
use super::popup::{Choose, Focus, Kind, Line, Opt, Popup, Purpose, Typed};
use crate::domain::run_view::Phase;
use crate::domain::sought::Sought;
use crate::domain::step::StepId;
use crate::domain::way_back::WayId;

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
    let query = state.log.query.as_ref();
    let (input, pattern) = match purpose {
        Purpose::Filter => {
            let filter = query.and_then(|query| query.filter.as_ref());
            let text = filter.map(|sought| sought.text().to_string());
            let pattern = filter.is_some_and(Sought::is_pattern);
            (Input::new(text.unwrap_or_default()), pattern)
        }
        Purpose::Search => {
            let pattern = state.search.as_ref().is_some_and(Sought::is_pattern);
            (Input::default(), pattern)
        }
        Purpose::Accept(_) | Purpose::Waive(_) | Purpose::Client | Purpose::Known => {
            (Input::default(), false)
        }
    };
    let line = Line {
        purpose,
        input,
        pattern,
    };
    open(state, Kind::Line(line))
}

/// Leaving: at once where nothing runs, else the choice of how.
pub fn leave(state: &mut State) -> Vec<Effect> {
    let Some(run) = &state.run else {
        return vec![Effect::Leave];
    };
    let practice = state.lesson.is_some();
    let come_back = come_back(state);
    if run.preparing {
        let text = vec![format!(
            "Nothing was started. What you read, ticked and chose is kept: `{come_back}` goes on with it."
        )];
        let options = vec![stay(), leave_option("Leave", "nothing runs")];
        return choose(state, "Leave the preparation?", text, options);
    }
    if !run.alive && practice {
        return leave_practice(state, &come_back);
    }
    if !run.alive {
        return vec![Effect::Leave];
    }
    let title = format!("Run {} is still working", run.id);
    let mut options = vec![
        stay(),
        leave_option(
            "Detach",
            &format!("the work goes on; come back with `{come_back}`"),
        ),
    ];
    if !run.read_only() {
        options.push(stop_option(state));
    }
    let text = vec!["Closing the window is the same as Detach.".to_string()];
    choose(state, &title, text, options)
}

/// The command that comes back to what this screen shows.
pub fn come_back(state: &State) -> String {
    let lesson = state.lesson.as_ref();
    lesson.map_or_else(|| "omup".to_string(), |lesson| lesson.come_back.clone())
}

/// A practice deployment may go with its run, its logs and its report: that is asked, never done by the way.
fn leave_practice(state: &mut State, come_back: &str) -> Vec<Effect> {
    let text = vec![
        "No runner works now. The practice deployment may stay as it is, or be removed with this run, its logs, its report and its backup.".to_string(),
    ];
    let way = |label: &str, about: String, keep| Opt {
        label: label.to_string(),
        about,
        effects: vec![Effect::LeavePractice { keep }],
    };
    let options = vec![
        stay(),
        way(
            "Leave and keep",
            format!("`{come_back}` comes back to it"),
            true,
        ),
        way(
            "Leave and remove",
            "nothing of this practice is left".to_string(),
            false,
        ),
    ];
    choose(state, "Leave this practice session?", text, options)
}

/// May the failed step run again? What may go wrong by that differs; after the point of no return the name is typed,
/// as on the page of the ways back.
pub fn again(state: &mut State) -> Vec<Effect> {
    let Some(run) = &state.run else {
        return Vec::new();
    };
    let Some((step, _)) = run.view.failure() else {
        return Vec::new();
    };
    let early = matches!(run.view.phase(), Phase::BeforeDowntime | Phase::Down);
    let mut text = vec![format!(
        "'{}' runs again, then what follows it. Is the cause mended?",
        step.title()
    )];
    if step == StepId::Migrate {
        text.push(
            "A statement that ran without being recorded may fail the second time.".to_string(),
        );
    }
    if run.view.facts.backup_dir.is_some() && step != StepId::BackUp {
        text.push("The backup stays as it is, whatever happens.".to_string());
    }
    let effect = Effect::Resume { again: true };
    let database = run.view.identity.as_ref().map(|i| i.database.clone());
    if let Some(database) = database.filter(|_| !early) {
        return typed(
            state,
            "Run the failed step again?",
            text,
            database,
            "Run it again",
            effect,
        );
    }
    let options = vec![
        Opt {
            label: "No, not yet".to_string(),
            about: String::new(),
            effects: Vec::new(),
        },
        Opt {
            label: "Run it again".to_string(),
            about: "goes on from the step that failed".to_string(),
            effects: vec![effect],
        },
    ];
    choose(state, "Run the failed step again?", text, options)
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

fn past_the_point(state: &State) -> bool {
    let run = state.run.as_ref();
    run.is_some_and(|run| !matches!(run.view.phase(), Phase::BeforeDowntime | Phase::Down))
}

fn stop_option(state: &State) -> Opt {
    let (label, about) = if past_the_point(state) {
        (
            "Stop here",
            "after what runs now; the database may be half way: leave the server down",
        )
    } else {
        (
            "Stop safely",
            "ends this step, puts everything back, the old version serves",
        )
    };
    Opt {
        label: label.to_string(),
        about: about.to_string(),
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
    let text = if past_the_point(state) {
        "What runs now is not cut off. Then the run ends, and the ways back are offered."
    } else {
        "It is led to a safe state, and the journal says which."
    };
    choose(state, "Stop this run?", vec![text.to_string()], options)
}

/// True, with the reason said, where this screen only watches.
fn refuse_read_only(state: &mut State) -> bool {
    let Some(run) = &state.run else { return true };
    if !run.read_only() {
        return false;
    }
    let why = match &run.helm {
        Some(_) if !run.foreign => format!(
            "{} steers this run; T takes the helm over",
            who_else(&state.who, run.helm.as_ref())
        ),
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
    let who = who_else(&state.who, run.helm.as_ref());
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

/// One of several answers to the open question; what takes something from somebody is typed.
pub fn choice(state: &mut State, index: usize) -> Vec<Effect> {
    if refuse_read_only(state) {
        return Vec::new();
    }
    let open = state
        .run
        .as_ref()
        .and_then(|run| run.view.question.as_ref());
    let chosen = open.and_then(|question| {
        let choice = question.choices.get(index)?;
        Some((question.id.clone(), question.text.clone(), choice.clone()))
    });
    let Some((id, about, choice)) = chosen else {
        return Vec::new();
    };
    let effect = Effect::Answer {
        id,
        value: choice.value.clone(),
    };
    if !choice.danger {
        return vec![effect];
    }
    let text = vec![about.to_string(), String::new(), choice.words.to_string()];
    typed(
        state,
        "End that connection?",
        text,
        choice.value,
        "End it",
        effect,
    )
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
        format!("It takes: {}.", way.takes()),
    ];
    let effect = Effect::TakeWay { way: id };
    // The first line of the text may be out of sight on a small screen.
    let (title, button) = match id {
        WayId::Restore => ("Restore, the old version on it?", "Go back"),
        WayId::StartOld => ("Start the old server again?", "Go back"),
        WayId::EndHere => ("End here?", "End here"),
        WayId::GoOn => ("Go on forward?", "Go on"),
        WayId::MoreMemory => ("Raise the sort memory, go on?", "Go on"),
    };
    typed(state, title, text, expects, button, effect)
}

#[cfg(test)]
#[path = "questions_tests.rs"]
mod tests;
