//! From page to page of the preparation: what has to be read, answered or waived before one may go on.

use super::choosing::keep_answers;
use super::event::Effect;
use super::items::{self, Item};
use super::page::Page;
use super::popup::Purpose;
use super::questions;
use super::{About, State};
use crate::domain::event::ChecklistAnswer;
use crate::domain::finding::Verdict;
use crate::knowledge::Note;

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

/// From one page of the preparation to the next, where its guard lets it.
pub fn proceed(state: &mut State, page: Page) -> Vec<Effect> {
    if let Some(why) = guard(state, page) {
        state.say_about(why, true, About::Guard(page));
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
            (open > 0).then(|| match open {
                1 => "one point is open: Space answers the marked one".to_string(),
                _ => format!("{open} points are open: Space answers the marked one"),
            })
        }
        Page::Buffers | Page::Clients | Page::Plan => state.form.answers().err(),
        _ => None,
    }
}

/// A person tells what omup could not see; the checks judge anew with it.
pub fn told(state: &mut State, text: &str) -> Vec<Effect> {
    match state.form.known.tell(text) {
        Ok(()) => look(state),
        Err(why) => {
            state.say(why, true);
            Vec::new()
        }
    }
}

pub fn start(state: &mut State) -> Vec<Effect> {
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

pub fn waive(state: &mut State) -> Vec<Effect> {
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
    questions::line(state, Purpose::Waive(id))
}

/// Asks why one goes on with the marked note.
pub fn accept(state: &mut State) -> Vec<Effect> {
    let marked = match state.item() {
        Some(Item::Note(index)) => state.notes.get(index),
        _ => None,
    };
    let Some(note) = marked else {
        state.say("put the mark on the note first", false);
        return Vec::new();
    };
    let name = note.name().to_owned();
    questions::line(state, Purpose::Accept(name))
}

/// A note that is read, with the reason why one goes on with it.
pub fn accepted(state: &mut State, name: &str, why: &str) -> Vec<Effect> {
    let note = state.notes.iter().find(|note| note.name() == name);
    let Some(asks) = note.map(Note::asks) else {
        return Vec::new();
    };
    vec![Effect::NoteRead {
        note: name.to_owned(),
        read: true,
        asks,
        why: Some(why.into()),
    }]
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
