//! The release notes in plain lines: those that only need an eye as a list, those that ask to act whole and
//! one by one. Only what was printed is written down as read.

use super::{choose, left, line, yes};
use crate::app::error::Result;
use crate::app::out;
use crate::domain::clean_text::CleanText;
use crate::domain::event::Event;
use crate::exit_code::ExitCode;
use crate::knowledge::Note;

/// Who reads.
pub struct Reader {
    pub who: CleanText,
    pub uid: u32,
}

impl Reader {
    fn has_read(&self, note: &Note, why: Option<CleanText>) -> Event {
        Event::NoteRead {
            note: note.name().to_owned(),
            read: true,
            asks: note.asks(),
            why,
            who: self.who.clone(),
            uid: self.uid,
        }
    }
}

/// Shows them; what was read, or how it ended.
pub fn read(notes: &[Note], reader: &Reader) -> Result<std::result::Result<Vec<Event>, ExitCode>> {
    let mut events = Vec::new();
    let (asking, others): (Vec<&Note>, Vec<&Note>) = notes.iter().partition(|note| note.asks());
    let (quiet, listed): (Vec<&Note>, Vec<&Note>) = others.iter().partition(|note| note.quiet());
    for note in &listed {
        head(note);
    }
    if !quiet.is_empty() {
        out::words(format!(
            "  and {} that only inform (`omup notes FROM TO` shows all)",
            quiet.len()
        ));
    }
    if !listed.is_empty() {
        if !yes("Have you read them?")? {
            return Ok(Err(left("the notes are not read")));
        }
        events.extend(listed.iter().map(|note| reader.has_read(note, None)));
    }
    for (at, note) in (1..).zip(&asking) {
        out::words("");
        out::words(format!("Asks you to act, {at} of {}:", asking.len()));
        whole(note);
        let why = match choose(
            "  What of it?",
            &[
                "read, and it is taken care of",
                "go on with it, for a reason",
                "leave",
            ],
        )? {
            0 => None,
            1 => Some(reason()?),
            _ => return Ok(Err(left("a note that asks to act is open"))),
        };
        events.push(reader.has_read(note, why));
    }
    Ok(Ok(events))
}

/// What one line says, and what it means here.
fn head(note: &Note) {
    out::words(format!("  {}", note.line()));
    if let Some(judged) = &note.judged {
        out::words(format!("    {}", judged.line()));
    }
}

fn whole(note: &Note) {
    head(note);
    let change = &note.change;
    for words in [&change.text, &change.remedy].into_iter().flatten() {
        out::words(format!("    {words}"));
    }
    out::words(format!(
        "    source: {} (copied {})",
        change.source, note.copied
    ));
}

fn reason() -> Result<CleanText> {
    loop {
        let typed = line("  Why? It stands in the report, with your name:")?;
        if !typed.is_empty() {
            return Ok(typed.into());
        }
        out::error("type the reason");
    }
}
