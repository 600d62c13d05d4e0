//! Keys on a page: what they mean is in the key table, what it does is here.

use super::State;
use super::action::Action;
use super::event::Effect;
use super::form::{self, FieldId};
use super::items::{self, Do, Item};
use super::key::{Code, Key};
use super::keymap;
use super::page::Page;
use super::popup::{Kind, Opt, Purpose};
use super::popups;
use crate::domain::event::ChecklistAnswer;
use crate::domain::finding::Verdict;
use crate::domain::log_view::LogPlace;

pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    if state.width < super::items::SMALLEST.0 || state.height < super::items::SMALLEST.1 {
        return match key.code {
            Code::Char('q' | 'd') => vec![Effect::Leave],
            Code::Char('c') if key.ctrl => vec![Effect::Leave],
            Code::Char('l') if key.ctrl => vec![Effect::Redraw],
            _ => Vec::new(),
        };
    }
    if state.popup.is_some() {
        return popups::key(state, key);
    }
    if let Some(field) = state.field()
        && typed(state, field, key)
    {
        return Vec::new();
    }
    match keymap::action(key, state.page, state.has_run()) {
        Some(action) => act(state, action),
        None => Vec::new(),
    }
}

/// A key inside a text field; the keys that lead out of it stay keys.
fn typed(state: &mut State, field: FieldId, key: Key) -> bool {
    let leads_out = matches!(
        key.code,
        Code::Up
            | Code::Down
            | Code::Tab
            | Code::BackTab
            | Code::Enter
            | Code::Esc
            | Code::PageUp
            | Code::PageDown
            | Code::F(_)
    ) || (key.ctrl && matches!(key.code, Code::Char('c' | 'l' | 'r' | 'z')));
    if leads_out {
        return false;
    }
    form::type_into(state.form.field_mut(field), key);
    changed(state, field);
    true
}

/// What was looked at belongs to other answers than these.
fn changed(state: &mut State, field: FieldId) {
    match field {
        FieldId::OldHome | FieldId::NewHome | FieldId::PasswordFile | FieldId::Name => {
            state.looked = None;
            state.look_trouble = None;
        }
        FieldId::BackupDir | FieldId::Window | FieldId::Mib => {}
    }
}

pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if state.popup.is_some() {
        popups::paste(state, text);
    } else if let Some(field) = state.field() {
        form::paste_into(state.form.field_mut(field), text);
        changed(state, field);
    }
    Vec::new()
}

pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Help => popups::open(
            state,
            Kind::Help {
                query: Default::default(),
                scroll: 0,
            },
        ),
        Action::Why => popups::open(state, Kind::Why { scroll: 0 }),
        Action::Commands => popups::open(state, Kind::Commands { scroll: 0 }),
        Action::Quit => popups::leave(state),
        Action::Interrupt => {
            let twice = state
                .interrupted_ms
                .is_some_and(|at| state.boot_ms.saturating_sub(at) < 2000);
            state.interrupted_ms = Some(state.boot_ms);
            if twice {
                return vec![Effect::Leave];
            }
            popups::leave(state)
        }
        Action::Detach => vec![Effect::Leave],
        Action::Stop => popups::stop(state),
        Action::TakeHelm => popups::take_helm(state),
        Action::Ways => state.go(Page::Ways),
        Action::Journal => state.go(Page::Journal),
        Action::Log => state.go(Page::Log),
        Action::Open => match state.item() {
            Some(item) => open(state, item),
            None => back_to_run(state),
        },
        Action::Toggle => match state.item() {
            Some(item) => toggle(state, item),
            None => Vec::new(),
        },
        Action::Waive => waive(state),
        Action::All => {
            state.show_all = !state.show_all;
            state.cursor.insert(state.page, 0);
            Vec::new()
        }
        Action::Back => back(state),
        Action::Up => step(state, -1),
        Action::Down => step(state, 1),
        Action::PageUp => step(state, -i64::from(state.body_rows())),
        Action::PageDown => step(state, i64::from(state.body_rows())),
        Action::Top => step(state, i64::MIN / 2),
        Action::Bottom => step(state, i64::MAX / 2),
        Action::Follow => log_at(state, LogPlace::End),
        Action::Search => popups::line(state, Purpose::Search),
        Action::Filter => popups::line(state, Purpose::Filter),
        Action::Wrap => {
            state.log.wrap = !state.log.wrap;
            Vec::new()
        }
        Action::NextTrouble => {
            let after = log_mark(state);
            log_at(state, LogPlace::NextTrouble { after })
        }
        Action::NextHit => hit(state, true),
        Action::PreviousHit => hit(state, false),
        Action::Copy => vec![Effect::Copy(crate::wizard::items::copy_of(state))],
        Action::Redraw => vec![Effect::Redraw],
        Action::Snapshot => vec![Effect::Snapshot],
        Action::Suspend => vec![Effect::Suspend],
    }
}

/// Row that a jump starts from: the last one asked for, else the top of the window.
fn log_mark(state: &State) -> u64 {
    let window = state.log.window.as_ref();
    window.and_then(|w| w.hit.or(Some(w.top))).unwrap_or(0)
}

pub fn log_at(state: &mut State, place: LogPlace) -> Vec<Effect> {
    let rows = state.body_rows().saturating_sub(1);
    let search = state.search.clone();
    let Some(query) = &mut state.log.query else {
        return Vec::new();
    };
    query.place = place;
    query.rows = rows;
    query.search = search;
    if place == LogPlace::End {
        state.log.unseen = 0;
    }
    vec![Effect::AskLog(query.clone())]
}

fn hit(state: &mut State, forwards: bool) -> Vec<Effect> {
    if state.search.is_none() {
        return popups::line(state, Purpose::Search);
    }
    if state.page == Page::Log {
        let mark = log_mark(state);
        let place = if forwards {
            LogPlace::NextHit { after: mark }
        } else {
            LogPlace::PreviousHit { before: mark }
        };
        return log_at(state, place);
    }
    text_hit(state, forwards);
    Vec::new()
}

/// Scrolls journal or report to the next line with the words.
fn text_hit(state: &mut State, forwards: bool) {
    let Some(search) = state.search.clone() else {
        return;
    };
    let lines: Vec<String> = match state.page {
        Page::Journal => state
            .run
            .iter()
            .flat_map(|run| run.story.iter().map(|(_, words)| words.to_string()))
            .collect(),
        Page::Report => match &state.report {
            Some(Ok(text)) => text.lines().map(str::to_string).collect(),
            Some(Err(_)) | None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let here = usize::from(state.scroll.get(&state.page).copied().unwrap_or(0));
    let needle = search.to_lowercase();
    let hits = || {
        lines
            .iter()
            .enumerate()
            .filter(|(_, l)| l.to_lowercase().contains(&needle))
    };
    let found = if forwards {
        hits().find(|(i, _)| *i > here).or_else(|| hits().next())
    } else {
        hits()
            .rfind(|(i, _)| *i < here)
            .or_else(|| hits().next_back())
    };
    match found {
        Some((row, _)) => {
            state
                .scroll
                .insert(state.page, u16::try_from(row).unwrap_or(u16::MAX));
        }
        None => state.say(format!("'{search}' is not here"), false),
    }
}

/// Moves the mark, or the text where nothing can be marked.
fn step(state: &mut State, by: i64) -> Vec<Effect> {
    if state.page == Page::Log {
        let Some(window) = &state.log.window else {
            return Vec::new();
        };
        let last = window
            .rows
            .saturating_sub(u64::from(state.body_rows().saturating_sub(1)));
        let top = i64::try_from(window.top)
            .unwrap_or(i64::MAX / 4)
            .saturating_add(by);
        let top = u64::try_from(top.max(0)).unwrap_or(0);
        // Any step up ends following; the end itself is asked for by its own key.
        return if top >= last && by > i64::from(u16::MAX) {
            log_at(state, LogPlace::End)
        } else {
            log_at(state, LogPlace::Row(top.min(last)))
        };
    }
    let items = items::of(state).len();
    if items == 0 {
        let row = i64::from(state.scroll.get(&state.page).copied().unwrap_or(0));
        // The drawing stops at the last row; the number may stand beyond it.
        let row = row.saturating_add(by).clamp(0, i64::from(u16::MAX));
        state
            .scroll
            .insert(state.page, u16::try_from(row).unwrap_or(u16::MAX));
        return Vec::new();
    }
    let last = i64::try_from(items - 1).unwrap_or(0);
    let at = i64::try_from(state.cursor()).unwrap_or(0).min(last);
    let to = at.saturating_add(by).clamp(0, last);
    state
        .cursor
        .insert(state.page, usize::try_from(to).unwrap_or(0));
    Vec::new()
}

fn back(state: &mut State) -> Vec<Effect> {
    if state.message.take().is_some_and(|message| message.bad) {
        return Vec::new();
    }
    match state.trail.pop() {
        Some(page) => state.arrive(page),
        None => back_to_run(state),
    }
}

/// To the page where the run stands.
pub fn back_to_run(state: &mut State) -> Vec<Effect> {
    match state
        .run
        .as_ref()
        .filter(|run| !run.preparing)
        .map(|run| run.page())
    {
        Some(page) => {
            state.trail.clear();
            state.arrive(page)
        }
        None => Vec::new(),
    }
}

fn toggle(state: &mut State, item: Item) -> Vec<Effect> {
    match item {
        Item::Note(index) => {
            let Some(note) = state.notes.get(index) else {
                return Vec::new();
            };
            let read = !state.note_read(note);
            let note = note.name();
            let effects = vec![Effect::NoteRead { note, read }];
            step(state, 1);
            effects
        }
        Item::Point(index) => {
            let Some(point) = state.knowledge.checklist().get(index).cloned() else {
                return Vec::new();
            };
            let next = match items::point_answer(state, index) {
                ChecklistAnswer::Open => ChecklistAnswer::Done,
                ChecklistAnswer::Done => ChecklistAnswer::NotForUs,
                ChecklistAnswer::NotForUs => ChecklistAnswer::Open,
            };
            vec![Effect::ChecklistAnswered {
                item: point.id,
                text: point.text.into(),
                answer: next,
            }]
        }
        Item::Candidate(_) | Item::Production | Item::Level(_) | Item::Memory(_) => {
            open(state, item)
        }
        Item::Field(_)
        | Item::Check(_)
        | Item::Step(_)
        | Item::Run(_)
        | Item::Way(_)
        | Item::Do(_) => Vec::new(),
    }
}

fn open(state: &mut State, item: Item) -> Vec<Effect> {
    match item {
        Item::Field(_) => step(state, 1),
        Item::Candidate(index) => {
            choose_candidate(state, index);
            Vec::new()
        }
        Item::Production => {
            state.form.production = !state.form.production;
            Vec::new()
        }
        Item::Level(level) => {
            state.form.level = Some(level);
            keep_answers(state)
        }
        Item::Memory(way) => {
            state.form.memory = way;
            keep_answers(state)
        }
        Item::Note(_) | Item::Check(_) | Item::Point(_) | Item::Step(_) => {
            popups::open(state, Kind::Detail { scroll: 0 })
        }
        Item::Run(index) => match state.runs.as_ref().and_then(|runs| runs.get(index)) {
            Some(run) => vec![Effect::OpenRun(run.id.clone())],
            None => Vec::new(),
        },
        Item::Way(way) => popups::way(state, way),
        Item::Do(what) => perform(state, what),
    }
}

/// The old version is the one that serves; a newer one beside it is the target.
fn choose_candidate(state: &mut State, index: usize) {
    let Some(found) = state.found.as_ref().and_then(|found| found.get(index)) else {
        return;
    };
    let text = found.home.display().to_string();
    let field = if found.runs {
        FieldId::OldHome
    } else {
        FieldId::NewHome
    };
    *state.form.field_mut(field) = tui_input::Input::new(text);
    changed(state, field);
}

/// Changed answers of a prepared run are written down at once.
fn keep_answers(state: &State) -> Vec<Effect> {
    let preparing = state.run.as_ref().is_some_and(|run| run.preparing);
    match state.form.answers() {
        Ok(answers) if preparing => vec![Effect::KeepAnswers(Box::new(answers))],
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// Looks again, with the answers as they are now.
pub fn look(state: &mut State) -> Vec<Effect> {
    match state.form.answers() {
        Ok(answers) => {
            state.looking = true;
            state.look_trouble = None;
            let mut effects = keep_answers(state);
            effects.push(Effect::Look(Box::new(answers)));
            effects
        }
        Err(problem) => {
            state.say(problem, true);
            Vec::new()
        }
    }
}

fn perform(state: &mut State, what: Do) -> Vec<Effect> {
    match what {
        Do::Begin => {
            let mut effects = Vec::new();
            if state.run.as_ref().is_some_and(|run| !run.preparing) {
                state.run = None;
                state.looked = None;
                effects.push(Effect::CloseRun);
            }
            effects.extend(state.go(Page::Connect));
            effects
        }
        Do::PrepareAgain => {
            if let Some(answers) = state.run.as_ref().and_then(|run| run.answers.clone()) {
                state.form.fill(&answers);
            }
            state.run = None;
            state.looked = None;
            state.trail.clear();
            let mut effects = vec![Effect::CloseRun];
            effects.extend(state.arrive(Page::Connect));
            effects
        }
        Do::LookNow => look(state),
        Do::Continue(page) => proceed(state, page),
        Do::ReadAll => state
            .notes
            .iter()
            .filter(|note| !state.note_read(note))
            .map(|note| Effect::NoteRead {
                note: note.name(),
                read: true,
            })
            .collect(),
        Do::Start => start(state),
        Do::Wait => {
            state.say("the run waits; nothing was done", false);
            Vec::new()
        }
        Do::Answer => popups::answer(state),
        Do::Stop => popups::stop(state),
        Do::Resume => vec![Effect::Resume { again: false }],
        Do::Again => popups::choose(
            state,
            "Run the failed step again?",
            vec![
                "Is the cause mended? A statement that ran without being recorded may fail the second time.".to_string(),
                "The backup stays as it is, whatever happens.".to_string(),
            ],
            vec![
                Opt {
                    label: "No, not yet".to_string(),
                    about: String::new(),
                    effects: Vec::new(),
                },
                Opt {
                    label: "Run it again".to_string(),
                    about: "goes on from the step that failed".to_string(),
                    effects: vec![Effect::Resume { again: true }],
                },
            ],
        ),
        Do::Mend => vec![Effect::Mend],
        Do::Ways => state.go(Page::Ways),
        Do::Report => state.go(Page::Report),
        Do::Log => state.go(Page::Log),
        Do::Runs => state.go(Page::Runs),
        Do::CopySummary => vec![Effect::Copy(items::summary(state))],
        Do::Leave => popups::leave(state),
    }
}

/// From one page of the preparation to the next, where its guard lets it.
fn proceed(state: &mut State, page: Page) -> Vec<Effect> {
    if let Some(why) = guard(state, page) {
        state.say(why, true);
        return Vec::new();
    }
    let mut effects = Vec::new();
    if page == Page::Notes && state.run.is_none() {
        match state.form.answers() {
            // The notes are shown when the run is there that their marks are written into.
            Ok(answers) => return vec![Effect::Prepare(Box::new(answers))],
            Err(problem) => {
                state.say(problem, true);
                return Vec::new();
            }
        }
    } else {
        effects.extend(keep_answers(state));
    }
    if page == Page::Plan {
        // Settings may have changed since: the plan that is shown is the one that will be run.
        effects.extend(look(state));
    }
    effects.extend(state.go(page));
    effects
}

/// Why one may not go on to this page yet.
pub fn guard(state: &State, to: Page) -> Option<String> {
    match to {
        Page::Notes if state.looked.is_none() => {
            Some("look at the deployment first: the mark on 'Look at it', then Enter".to_string())
        }
        Page::Checks => {
            let open = state
                .notes
                .iter()
                .filter(|note| note.asks() && !state.note_read(note))
                .count();
            (open > 0).then(|| {
                format!("{open} notes that ask you to act are not marked as read (Space marks one)")
            })
        }
        Page::Checklist => {
            let looked = state.looked.as_ref()?;
            let holds = looked
                .findings
                .iter()
                .filter(|f| f.holds(crate::domain::finding::Blocks::BeforeMigrate))
                .count();
            (holds > 0).then(|| {
                format!("{holds} checks block the upgrade: mend them and look again, or waive what may be waived (w)")
            })
        }
        Page::BackupPlan => {
            let open = (0..state.knowledge.checklist().len())
                .filter(|i| items::point_answer(state, *i) == ChecklistAnswer::Open)
                .count();
            (open > 0).then(|| format!("{open} points are open: Space answers the marked one"))
        }
        Page::Buffers | Page::Clients | Page::Plan => state.form.answers().err(),
        _ => None,
    }
}

fn start(state: &mut State) -> Vec<Effect> {
    let stop = if state.looking {
        Some("the plan is being made anew; a moment".to_string())
    } else if state.looked.is_none() {
        Some("there is no plan: look at the deployment again (Connect)".to_string())
    } else {
        [
            Page::Notes,
            Page::Checks,
            Page::Checklist,
            Page::BackupPlan,
            Page::Plan,
        ]
        .into_iter()
        .find_map(|page| guard(state, page))
    };
    if let Some(why) = stop {
        state.say(why, true);
        return Vec::new();
    }
    let Some(looked) = &state.looked else {
        return Vec::new();
    };
    let plan_digest = looked.plan_digest.clone();
    let mut effects = keep_answers(state);
    effects.push(Effect::Start { plan_digest });
    state.starting = true;
    effects
}

fn waive(state: &mut State) -> Vec<Effect> {
    let Some(Item::Check(index)) = state.item() else {
        state.say("put the mark on the check first", false);
        return Vec::new();
    };
    let Some(finding) = state.looked.as_ref().and_then(|l| l.findings.get(index)) else {
        return Vec::new();
    };
    if finding.blocks == crate::domain::finding::Blocks::Always {
        state.say("this one cannot be waived: it would end in damage", true);
        return Vec::new();
    }
    if !matches!(
        finding.verdict,
        Verdict::Fail | Verdict::Unknown | Verdict::Warn
    ) {
        state.say(
            "there is nothing to waive: this check does not hold anything back",
            false,
        );
        return Vec::new();
    }
    let id = finding.id.clone();
    popups::line(state, Purpose::Waive(id))
}

/// A waiver with its reason; worth something for a week.
pub fn waived(state: &mut State, check: &str, reason: &str) -> Vec<Effect> {
    let day = jiff::Timestamp::from_millisecond(state.now_ms)
        .and_then(|now| now.checked_add(jiff::Span::new().hours(7 * 24)))
        .map(|time| time.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default();
    state.form.waivers.retain(|waiver| waiver.check != check);
    state.form.waivers.push(crate::domain::finding::Waiver {
        check: check.to_string(),
        reason: reason.to_string(),
        who: state.who.to_string(),
        expires: day,
    });
    look(state)
}
