//! The short message above the hints: what it speaks of, and when it goes.

use crate::domain::clean_text::CleanText;

use super::page::Page;
use super::{State, guards, popup};

/// A short message above the hints.
#[derive(Debug, Clone)]
pub struct Message {
    pub text: CleanText,
    pub bad: bool,
    pub until_ms: u64,
    pub about: About,
}

/// What a message speaks of: it goes when that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Something that happened; it goes with time.
    News,
    /// The guard before this page.
    Guard(Page),
    /// A name that is to be typed.
    Typing,
    /// Somebody else has the helm.
    Helm,
    /// A question of the run that another page shows.
    Question,
}

impl State {
    pub(super) fn say(&mut self, text: impl Into<CleanText>, bad: bool) {
        self.say_about(text, bad, About::News);
    }

    pub(super) fn say_about(&mut self, text: impl Into<CleanText>, bad: bool, about: About) {
        self.message = Some(Message {
            text: text.into(),
            bad,
            until_ms: self.boot_ms + if bad { 20_000 } else { 6_000 },
            about,
        });
    }

    /// Takes a message away when what it speaks of is done, or says it as it is by now.
    pub(super) fn settle_message(&mut self) {
        let Some(message) = &self.message else { return };
        let open = match message.about {
            About::News => true,
            About::Guard(page) => match guards::guard(self, page) {
                Some(now) => {
                    if let Some(message) = &mut self.message {
                        message.text = now.into();
                    }
                    true
                }
                None => false,
            },
            About::Typing => self.popup.as_ref().is_some_and(
                |popup| matches!(&popup.kind, popup::Kind::Typed(typed) if !typed.matches()),
            ),
            About::Helm => self.run.as_ref().is_some_and(|run| !run.mine),
            About::Question => self
                .run
                .as_ref()
                .is_some_and(|run| run.view.question.is_some() && run.page() != self.page),
        };
        if !open || message_is_old(self) {
            self.message = None;
        }
    }
}

pub(super) fn message_is_old(state: &State) -> bool {
    let message = state.message.as_ref();
    message.is_some_and(|message| message.until_ms < state.boot_ms)
}
