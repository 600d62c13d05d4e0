//! A recorded session, run through the wizard again: the same queue of events gives the same frames.

use omup::screen;
use omup::wizard::event::{Event, Stamped};
use omup::wizard::{Lesson, Look, State, update};

pub const RICH: Look = Look {
    mono: false,
    ascii: false,
};

/// What `OMUP_RECORD=FILE omup sandbox` has written.
pub struct Film {
    pub events: Vec<Stamped>,
    lesson: Lesson,
    /// Time stands still, so that no duration on the screen is that of this machine.
    still: bool,
}

impl Film {
    pub fn new(record: &str, lesson: Lesson) -> Film {
        let events = record.lines().enumerate().map(|(number, line)| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("line {} of the recording: {error}", number + 1))
        });
        Film {
            events: events.collect(),
            lesson,
            still: false,
        }
    }

    pub fn standing_still(mut self) -> Film {
        self.still = true;
        self
    }

    /// Replays at a size; `each` sees the state after every event.
    pub fn replay(&self, look: Look, width: u16, height: u16, mut each: impl FnMut(&State)) {
        let mut state = State::new(look, "mara".into());
        state.lesson = Some(self.lesson.clone());
        (state.measure, state.lines) = (screen::measure, screen::lines);
        (state.width, state.height) = (width, height);
        // What the form was filled with before the first event: the answers of the practice deployment.
        let answers = self.events.iter().find_map(|stamped| match &stamped.event {
            Event::Looked(looked) => looked.as_ref().as_ref().ok().map(|looked| &looked.answers),
            _ => None,
        });
        state
            .form
            .fill(answers.expect("the recording looks at the deployment"));
        for stamped in &self.events {
            let mut stamped = stamped.clone();
            if let Event::Resize { .. } = stamped.event {
                stamped.event = Event::Resize { width, height };
            }
            if self.still {
                (stamped.at_ms, stamped.boot_ms) = (1_767_225_600_000, 10_000_000);
                if let Some(popup) = &mut state.popup {
                    // Its first moments are over.
                    popup.since_ms = 0;
                }
            }
            let page = state.page;
            update(&mut state, stamped);
            if self.still && state.page != page {
                // It would go away with time.
                state.message = None;
            }
            each(&state);
        }
    }
}
