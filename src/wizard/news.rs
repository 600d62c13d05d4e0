//! News from the world: what was found, what the run wrote down, what went wrong.

use super::event::{Effect, Event, Looked, Trouble};
use super::guards;
use super::page::Page;
use super::run_watch::RunWatch;
use super::{About, State};
use crate::domain::clean_text::CleanText;
use crate::domain::event::Event as RunEvent;
use crate::domain::log_view::{LogPlace, LogWindow};

pub fn take_in(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        // Practice has its own deployment: what else is on this host is not offered.
        Event::Found(_) if state.lesson.is_some() => {
            state.found = Some(Vec::new());
            Vec::new()
        }
        Event::Found(found) => {
            // A field that nobody has touched takes what is there to take.
            let running = found.iter().find(|c| c.runs);
            if let Some(running) = running.filter(|_| state.form.old_home.value().is_empty()) {
                state.form.old_home = tui_input::Input::new(running.home.display().to_string());
            }
            // The mark stays on what it was on, although the list above it grows.
            let marked = (state.page == Page::Connect)
                .then(|| state.item())
                .flatten();
            state.found = Some(found);
            let there = super::items::of(state);
            if let Some(at) = marked.and_then(|item| there.iter().position(|i| *i == item)) {
                state.cursor.insert(Page::Connect, at);
            }
            Vec::new()
        }
        Event::Looked(result) => looked(state, *result),
        Event::Runs(runs) => {
            let first = state.runs.is_none();
            let unfinished = runs.iter().any(|run| run.unfinished && !run.damaged);
            state.runs = Some(runs);
            if first && unfinished && state.page == Page::First {
                state.cursor.insert(Page::First, 0);
            }
            Vec::new()
        }
        Event::Practices(practices) => {
            state.practices = practices;
            Vec::new()
        }
        Event::RunOpened {
            id,
            folder,
            preparing,
            answers,
        } => {
            if let Some(answers) = answers.as_ref().filter(|_| preparing) {
                state.form.fill(answers);
            }
            state.run = Some(RunWatch::new(id, folder, preparing, answers));
            state.starting = false;
            state.ways = None;
            state.report = None;
            if preparing {
                // A run that was left in the preparation is looked at anew: facts grow old.
                if state.looked.is_none() {
                    let mut effects = state.go(Page::Connect);
                    effects.extend(guards::look(state));
                    return effects;
                }
                return state.go(Page::Notes);
            }
            Vec::new()
        }
        Event::Journal(lines) => journal(state, &lines),
        Event::Runner {
            alive,
            helm,
            mine,
            foreign,
            left_child,
        } => {
            let Some(run) = &mut state.run else {
                return Vec::new();
            };
            run.left_child = left_child;
            if run.mine && !mine && alive && helm.is_some() {
                let who = who_else(&state.who, helm.as_ref());
                let text =
                    format!("{who} has taken the helm: this screen only watches (T takes it back)");
                run.mine = false;
                run.helm = helm;
                state.say_about(text, true, About::Helm);
                return Vec::new();
            }
            let changed = run.alive != alive;
            run.alive = alive;
            run.helm = helm;
            run.mine = mine;
            run.foreign = foreign;
            if !alive {
                run.progress = None;
            }
            let mut effects = follow_run(state);
            if changed {
                effects.extend(log_again(state));
            }
            if changed && state.page == Page::Ways {
                // They were computed from where the run stood then.
                state.ways = None;
                state.ways_asked = true;
                effects.push(Effect::WaysBack);
            }
            effects
        }
        Event::Progress(progress) => {
            let boot_ms = state.boot_ms;
            if let Some(run) = &mut state.run {
                run.meter.feed(&progress, boot_ms);
                run.heard_ms = boot_ms;
                run.progress = Some(progress);
            }
            title(state)
        }
        Event::Disk { free } => {
            if let Some(run) = &mut state.run {
                run.disk_free = Some(free);
            }
            Vec::new()
        }
        Event::Log(window) => {
            log(state, *window);
            Vec::new()
        }
        Event::Ways(ways) => {
            state.ways = Some(*ways);
            state.ways_asked = false;
            state.cursor.insert(Page::Ways, 0);
            Vec::new()
        }
        Event::Report(report) => {
            state.report = Some(report);
            Vec::new()
        }
        Event::WayBackByHand(page) => {
            state.way_back_by_hand = page;
            Vec::new()
        }
        Event::Mended => {
            let done = state
                .lesson
                .as_mut()
                .and_then(|lesson| lesson.mending.take());
            if let Some(done) = done {
                state.say(
                    format!("PRACTICE: {done}; now the step may be run again"),
                    false,
                );
            }
            state.cursor.insert(state.page, 0);
            state.scroll.remove(&state.page);
            Vec::new()
        }
        Event::Told(text) => {
            state.say(text, false);
            Vec::new()
        }
        Event::Failed(trouble) => {
            state.starting = false;
            state.say(trouble.message, true);
            Vec::new()
        }
        Event::Key(_) | Event::Paste(_) | Event::Resize { .. } | Event::Tick => Vec::new(),
    }
}

/// Who has the helm, for this screen: two screens of one person bear the same name.
pub fn who_else(me: &CleanText, helm: Option<&CleanText>) -> String {
    match helm {
        Some(who) if who == me => format!("another screen of yours ({who})"),
        Some(who) => who.to_string(),
        None => "nobody".to_string(),
    }
}

fn looked(state: &mut State, result: Result<Looked, Trouble>) -> Vec<Effect> {
    state.looking = false;
    match result {
        Ok(looked) => {
            let versions = looked.plan.from.clone().zip(looked.plan.to.clone());
            state.notes = versions
                .map(|(from, to)| state.knowledge.judged_notes(&looked.survey, &from, &to))
                .unwrap_or_default();
            state.look_trouble = None;
            state.looked = Some(Box::new(looked));
            if state.page == Page::Connect {
                let last = super::items::of(state).len().saturating_sub(1);
                state.cursor.insert(Page::Connect, last);
                state.scroll.remove(&Page::Connect);
                state.say("looked at it; nothing was changed", false);
            }
        }
        Err(trouble) => {
            state.look_trouble = Some(trouble.clone());
            state.looked = None;
            state.say(trouble.message, true);
        }
    }
    Vec::new()
}

fn journal(state: &mut State, lines: &[super::event::JournalLine]) -> Vec<Effect> {
    let boot_ms = state.boot_ms;
    let Some(run) = &mut state.run else {
        return Vec::new();
    };
    let was_preparing = run.preparing;
    run.take_in(lines);
    run.heard_ms = boot_ms;
    if was_preparing && !run.preparing {
        state.trail.clear();
        state.with_run = true;
    }
    if lines
        .iter()
        .any(|line| matches!(line.event, RunEvent::RunnerStarted { .. }))
    {
        // Something was set going: that is what is to be seen now.
        state.with_run = true;
        state.starting = false;
    }
    let mut effects = Vec::new();
    for line in lines {
        if let RunEvent::Alarm { text } = &line.event {
            let text = text.clone();
            state.say(text, true);
            effects.push(Effect::Bell);
        }
    }
    let log = lines.iter().any(|line| {
        matches!(
            line.event,
            RunEvent::ChildStarted { .. } | RunEvent::ChildAdopted { .. }
        )
    });
    effects.extend(follow_run(state));
    if log && state.page != Page::Log {
        effects.extend(state.ask_log());
    }
    effects
}

/// Shows where the run stands, unless the operator looks at something else; rings once a question.
fn follow_run(state: &mut State) -> Vec<Effect> {
    let Some(run) = &mut state.run else {
        return Vec::new();
    };
    if run.preparing {
        return Vec::new();
    }
    let page = run.page();
    let mut effects = Vec::new();
    let open = run.view.question.as_ref().map(|q| q.id.clone());
    let rings = open.is_some() && open != run.rung_for;
    run.rung_for = open;
    if rings {
        effects.push(Effect::Bell);
    }
    let beside = matches!(
        state.page,
        Page::Ways | Page::Runs | Page::Journal | Page::Log | Page::Report
    );
    let preparation = Page::PREPARATION.contains(&state.page) || state.page == Page::First;
    if state.page != page && (state.with_run || preparation || !beside) {
        state.popup = None;
        if matches!(
            page,
            Page::Downtime | Page::Point | Page::Stopped | Page::Finish
        ) {
            // The safe choice is marked whenever a question appears.
            state.cursor.insert(page, 0);
        }
        state.trail.clear();
        // It told of where the run was.
        state.message.take_if(|message| !message.bad);
        effects.extend(state.arrive(page));
        state.with_run = true;
    } else if rings && state.page != page {
        state.say_about(
            "the run asks a question: Esc leads to it",
            true,
            About::Question,
        );
    }
    effects.extend(title(state));
    effects
}

/// The window's title: where it stands, and whether somebody is waited for.
fn title(state: &State) -> Vec<Effect> {
    let Some(run) = &state.run else {
        return Vec::new();
    };
    let version = |v: &Option<crate::domain::version::OmVersion>| {
        v.as_ref().map_or("?".to_string(), ToString::to_string)
    };
    let what = if run.view.question.is_some() {
        "WAITS FOR YOU".to_string()
    } else {
        let share = run.progress.as_ref().and_then(|p| p.done.zip(p.total));
        let share = share
            .filter(|(_, total)| *total > 0)
            .map(|(done, total)| format!(" {} %", done.min(total) * 100 / total))
            .unwrap_or_default();
        format!("{}{share}", run.page().title())
    };
    vec![Effect::Title(CleanText::from(format!(
        "omup {} -> {}  {what}",
        version(&run.view.from),
        version(&run.view.to)
    )))]
}

/// Asks the log once more: whether it can grow has changed.
fn log_again(state: &mut State) -> Option<Effect> {
    let grows = state.log_grows();
    let query = state.log.query.as_mut()?;
    query.grows = grows;
    Some(Effect::AskLog(query.clone()))
}

fn log(state: &mut State, window: LogWindow) {
    let Some(query) = &mut state.log.query else {
        return;
    };
    if query.file != window.query.file || query.filter != window.query.filter {
        // An answer to an older question.
        return;
    }
    let before = state.log.window.as_ref().map_or(window.rows, |w| w.rows);
    if query.place == LogPlace::End {
        state.log.unseen = 0;
    } else {
        state.log.unseen += window.rows.saturating_sub(before);
    }
    if matches!(
        query.place,
        LogPlace::NextHit { .. }
            | LogPlace::PreviousHit { .. }
            | LogPlace::NextTrouble { .. }
            | LogPlace::PreviousTrouble { .. }
    ) {
        // From now on the reader stands there.
        query.place = LogPlace::Row(window.top);
        if window.hit.is_none() && window.indexed >= 1.0 {
            state.message = Some(super::Message {
                text: if window.hits == Some(0) {
                    "it is not in this log".into()
                } else {
                    "nothing more of that in this log".into()
                },
                bad: false,
                until_ms: state.boot_ms + 6000,
                about: About::News,
            });
        }
    }
    // What is known of the failure may add a way on: the mark stays on what it was on, but where nobody has moved it
    // it is on the first, which is what is advised.
    let moved = state.cursor.get(&Page::Stopped).is_some_and(|at| *at > 0);
    let marked = (state.page == Page::Stopped && moved)
        .then(|| state.item())
        .flatten();
    state.log.diagnosis = (state.page == Page::Stopped)
        .then(|| diagnosis(state, &window))
        .flatten();
    let there = super::items::of(state);
    if let Some(at) = marked.and_then(|item| there.iter().position(|i| *i == item)) {
        state.cursor.insert(Page::Stopped, at);
    }
    state.log.window = Some(window);
}

/// What the last lines of the failed program speak of.
fn diagnosis(state: &State, window: &LogWindow) -> Option<crate::knowledge::Diagnosis> {
    use crate::domain::step::StepId;
    use crate::knowledge::{FailurePhase, LogContext};
    let run = state.run.as_ref()?;
    let (step, _) = run.view.failure()?;
    let phase = match step {
        StepId::BackUp => Some(FailurePhase::Dump),
        StepId::Prove | StepId::RestoreBackup => Some(FailurePhase::Restore),
        StepId::Migrate => Some(FailurePhase::Migrate),
        StepId::StartServer | StepId::StartOldServer => Some(FailurePhase::Start),
        StepId::Reindex | StepId::ReindexOld => Some(FailurePhase::Reindex),
        StepId::DeployPipelines => Some(FailurePhase::Pipelines),
        _ => None,
    };
    let context = LogContext {
        from: run.view.from.clone(),
        to: run.view.to.clone(),
        phase,
        engine: None,
    };
    let lines = window.lines.iter().map(|line| &line.text);
    let found = state.knowledge.diagnose(lines, &context);
    found.diagnoses.into_iter().next()
}
