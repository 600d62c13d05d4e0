//! The release notes without a screen: what asks to act is shown whole and answered one by one, and only what
//! was shown is written down as read.

use omup::knowledge::{Knowledge, Note, Severity};

use super::quiet;
use crate::story::stage::{RUN, Stage};
use crate::support::omup::Ended;

/// The questions before the notes: six fields, each as it is.
const FIELDS: &str = "\n\n\n\n\n\n";

fn typed(stage: &Stage, lines: &str) -> Ended {
    let file = stage.folder.write("typed.txt", lines);
    let omup = stage.call(&["--plain", "--answers"], true);
    omup.stdin_file(&file).run(RUN)
}

/// How many notes ask to act, as it is told with the first of them.
fn asking(said: &str) -> usize {
    let (_, rest) = said
        .split_once("Asks you to act, 1 of ")
        .unwrap_or_else(|| panic!("no note asks to act: {said}"));
    let (count, _) = rest.split_once(':').expect("a colon");
    count.parse().expect("a number")
}

#[test]
fn what_asks_to_act_is_shown_whole_and_answered_one_by_one() {
    let stage = Stage::sqlite("plain-notes", &quiet(""));
    // Nobody answers the first of them: nothing is begun.
    let first = typed(&stage, &format!("{FIELDS}yes\n")).expect(70);
    let count = asking(&first.stdout);
    assert!(count > 1, "{}", first.stdout);
    assert!(!first.stdout.contains("Asks you to act, 2 of"));
    let refused = typed(&stage, &format!("{FIELDS}yes\n3\n")).expect(0);
    assert!(refused.stdout.contains("a note that asks to act is open"));

    let answers = format!(
        "{FIELDS}yes\n2\n\nwe have no Airflow\n{}{}yes\n",
        "1\n".repeat(count - 1),
        "1\n".repeat(Knowledge::embedded().checklist().len())
    );
    // It ends where the go-ahead is asked for.
    let told = typed(&stage, &answers).expect(70);
    let status = stage.status();
    let read = status["view"]["notes_read"].as_object().expect("notes");
    let version = |side: &str| stage.made[side].as_str().expect("a version").parse();
    let (from, to) = (version("old_version"), version("new_version"));
    let notes = Knowledge::embedded().notes(&from.expect("old"), &to.expect("new"));
    let is_read = |note: &&Note| read.contains_key(note.name());
    let said: Vec<&Note> = notes.iter().filter(is_read).collect();
    assert_eq!(said.len(), read.len());
    for note in &said {
        let change = &note.change;
        assert!(told.stdout.contains(&change.title), "{}", change.title);
        if read[note.name()]["asks"] == true {
            let words = [&change.text, &change.remedy, &Some(change.source.clone())];
            for words in words.into_iter().flatten() {
                assert!(told.stdout.contains(words.as_str()), "{words}");
            }
        }
    }
    let asked = said.iter().filter(|note| read[note.name()]["asks"] == true);
    assert_eq!(asked.count(), count);
    let never_shown = notes.iter().filter(|note| {
        note.change.severity == Severity::Info && !told.stdout.contains(&note.change.title)
    });
    for note in never_shown {
        assert!(!read.contains_key(note.name()), "{}", note.change.title);
    }
    assert!(read.len() < notes.len());
    let report = stage.omup(&["report"], false).expect(0).stdout;
    assert!(report.contains("): we have no Airflow"), "{report}");
}
