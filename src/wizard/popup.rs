//! What can lie over a page. A question holds the very effect that its answer releases.

use serde::{Deserialize, Serialize};
use tui_input::Input;

use super::event::Effect;

/// Keys pressed within so many milliseconds of its appearance were meant for the page below.
pub const GUARD_MS: u64 = 400;

#[derive(Debug, Clone)]
pub struct Popup {
    pub kind: Kind,
    /// When it appeared, since boot.
    pub since_ms: u64,
}

#[derive(Debug, Clone)]
pub enum Kind {
    Help {
        query: Input,
        scroll: u16,
    },
    Why {
        scroll: u16,
    },
    Commands {
        scroll: u16,
    },
    /// More about the marked thing.
    Detail {
        scroll: u16,
    },
    Choose(Choose),
    Typed(Typed),
    Line(Line),
}

/// A choice; the first option is the safe one.
#[derive(Debug, Clone)]
pub struct Choose {
    pub title: String,
    pub text: Vec<String>,
    pub options: Vec<Opt>,
    pub cursor: usize,
}

#[derive(Debug, Clone)]
pub struct Opt {
    pub label: String,
    pub about: String,
    /// What choosing it asks of the world; nothing: the popup closes.
    pub effects: Vec<Effect>,
}

/// A typed confirmation.
#[derive(Debug, Clone)]
pub struct Typed {
    pub title: String,
    pub text: Vec<String>,
    /// What has to be typed, exactly.
    pub expects: String,
    pub input: Input,
    pub focus: Focus,
    /// The word on the button that does it.
    pub button: String,
    pub effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Focus {
    Field,
    Cancel,
    Go,
}

/// One line of text with a purpose.
#[derive(Debug, Clone)]
pub struct Line {
    pub purpose: Purpose,
    pub input: Input,
    /// What is typed is a pattern; only for a search or a filter.
    pub pattern: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    Search,
    Filter,
    /// The reason for going on with the note of this name.
    Accept(String),
    /// The reason for going on although this check says no.
    Waive(String),
    /// What the command for clients printed on another host.
    Client,
    /// What omup could not find out, told by a person.
    Known,
}

impl Purpose {
    /// Something is looked for: words, or a pattern.
    pub fn seeks(&self) -> bool {
        match self {
            Self::Search | Self::Filter => true,
            Self::Accept(_) | Self::Waive(_) | Self::Client | Self::Known => false,
        }
    }
}

impl Typed {
    pub fn matches(&self) -> bool {
        self.input.value().trim() == self.expects
    }
}
