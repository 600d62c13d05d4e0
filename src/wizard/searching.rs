//! `/`, `n` and `N` on a list: the mark goes to the next note, check, point or client that has the words.

use super::State;
use super::clients;
use super::items::{self, Item};
use super::moving;

/// Marks the next hit, also one that is folded away: then everything is shown.
pub fn hit(state: &mut State, forwards: bool) {
    let Some(search) = state.search.clone() else {
        return;
    };
    let is_in = moving::finder(&search);
    let marked = state.item();
    let mut found = next(state, &*is_in, marked.as_ref(), forwards);
    if found.is_none() && !state.show_all {
        state.show_all = true;
        found = next(state, &*is_in, marked.as_ref(), forwards);
        state.show_all = found.is_some();
    }
    match found {
        Some(at) => {
            state.cursor.insert(state.page, at);
        }
        None => state.say(format!("{search} is not here"), false),
    }
}

fn next(
    state: &State,
    is_in: &dyn Fn(&str) -> bool,
    marked: Option<&Item>,
    forwards: bool,
) -> Option<usize> {
    let items = items::of(state);
    let here = marked.and_then(|item| items.iter().position(|one| one == item));
    let hits: Vec<usize> = (0..items.len())
        .filter(|at| holds(state, is_in, &items[*at]))
        .collect();
    let found = match here {
        Some(here) if forwards => hits.iter().find(|at| **at > here),
        Some(here) => hits.iter().rfind(|at| **at < here),
        None => None,
    };
    let around = if forwards { hits.first() } else { hits.last() };
    found.or(around).copied()
}

/// Everything that the item's row and its details say is searched.
fn holds(state: &State, is_in: &dyn Fn(&str) -> bool, item: &Item) -> bool {
    match item {
        Item::Note(index) => state.notes.get(*index).is_some_and(|note| {
            let change = &note.change;
            let words = [&change.text, &change.remedy, &change.look];
            is_in(&note.line()) || words.into_iter().flatten().any(|text| is_in(text))
        }),
        Item::Check(index) => {
            let found = state.looked.as_ref().and_then(|l| l.findings.get(*index));
            found.is_some_and(|finding| {
                let said = [&finding.message].into_iter().chain(&finding.evidence);
                is_in(&format!("{} {}", finding.id, finding.title))
                    || said.chain(&finding.remedy).any(|text| is_in(text.as_str()))
            })
        }
        Item::Point(index) => {
            let point = state.knowledge.checklist().get(*index);
            point.is_some_and(|point| is_in(&point.text) || is_in(&point.why))
        }
        Item::Client(index) => clients::known(state).get(*index).is_some_and(|advice| {
            let client = &advice.client;
            let versions = [
                Some(&client.place),
                client.ingestion.as_ref(),
                client.managed_apis.as_ref(),
                client.airflow.as_ref(),
                client.python.as_ref(),
            ];
            let said = advice.remarks.iter().chain([&advice.line]);
            is_in(advice.standing.words())
                || versions
                    .into_iter()
                    .flatten()
                    .any(|text| is_in(text.as_str()))
                || said.into_iter().any(|text| is_in(text))
        }),
        Item::Candidate(_)
        | Item::Production
        | Item::Field(_)
        | Item::Level(_)
        | Item::Memory(_)
        | Item::Step(_)
        | Item::Run(_)
        | Item::Way(_)
        | Item::Choice(_)
        | Item::Do(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, State};
    use crate::domain::version::OmVersion;
    use crate::wizard::key::{Code, Key};
    use crate::wizard::page::Page;
    use crate::wizard::{Look, act};

    fn search(state: &mut State, words: &str) {
        act::key(state, Key::char('/'));
        for letter in words.chars() {
            act::key(state, Key::char(letter));
        }
        act::key(state, Key::plain(Code::Enter));
    }

    fn marked(state: &State) -> String {
        match state.item() {
            Some(Item::Note(index)) => state.notes[index].change.title.clone(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn notes_are_searched_and_one_that_is_folded_away_is_unfolded() {
        let mut state = State::new(Look::default(), "mara".into());
        let (from, to) = (OmVersion::new(1, 9, 0), OmVersion::new(1, 13, 0));
        state.notes = state.knowledge.notes(&from, &to);
        state.page = Page::Notes;
        search(&mut state, "settings nested");
        assert_eq!(marked(&state), "Helm: orchestrator settings nested");
        assert!(!state.show_all);
        // It only informs, and is not shown at first.
        search(&mut state, "search is opt-in");
        assert_eq!(marked(&state), "Semantic search is opt-in");
        assert!(state.show_all);
        search(&mut state, "airflow");
        let first = state.cursor();
        act::key(&mut state, Key::char('n'));
        assert_ne!(state.cursor(), first);
        act::key(&mut state, Key::char('N'));
        assert_eq!(state.cursor(), first);
        search(&mut state, "no such words at all");
        assert_eq!(state.cursor(), first);
        assert!(state.message.is_some());
        state.page = Page::Checklist;
        search(&mut state, "that runs outside");
        let point = state.knowledge.checklist().iter();
        let at = point
            .map(|one| one.id.as_str())
            .position(|id| id == "ingestion");
        assert_eq!(state.item(), at.map(Item::Point));
    }
}
