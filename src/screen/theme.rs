//! How roles look. Colours are the terminal's own sixteen on its own background; without colour, bold,
//! reverse and underline carry everything, and no style sets a colour at all.

use ratatui::style::{Color, Modifier, Style};

use super::rows::Role;
use crate::wizard::Look;

/// The look of one state of a step: glyph, its letter where only ASCII is to be had, role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyph {
    pub glyph: &'static str,
    pub ascii: &'static str,
    pub role: Role,
}

pub const TODO: Glyph = Glyph {
    glyph: "○",
    ascii: ".",
    role: Role::Dim,
};
pub const HERE: Glyph = Glyph {
    glyph: "▶",
    ascii: ">",
    role: Role::Accent,
};
pub const DONE: Glyph = Glyph {
    glyph: "✔",
    ascii: "+",
    role: Role::Good,
};
pub const WARNED: Glyph = Glyph {
    glyph: "!",
    ascii: "!",
    role: Role::Warn,
};
pub const FAILED: Glyph = Glyph {
    glyph: "✖",
    ascii: "x",
    role: Role::Bad,
};
pub const SKIPPED: Glyph = Glyph {
    glyph: "–",
    ascii: "-",
    role: Role::Dim,
};
pub const BLOCKED: Glyph = Glyph {
    glyph: "⊘",
    ascii: "#",
    role: Role::Dim,
};
pub const UNKNOWN: Glyph = Glyph {
    glyph: "?",
    ascii: "?",
    role: Role::Warn,
};

/// A running step: one cell that turns.
pub fn running(boot_ms: u64) -> Glyph {
    let glyph = ["◐", "◓", "◑", "◒"][(boot_ms / 1000 % 4) as usize];
    Glyph {
        glyph,
        ascii: "~",
        role: Role::Accent,
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Theme {
    look: Look,
}

impl Theme {
    pub fn new(look: Look) -> Self {
        Self { look }
    }

    pub fn style(&self, role: Role) -> Style {
        let plain = Style::default();
        if self.look.mono {
            return match role {
                Role::Plain | Role::Dim | Role::Good => plain,
                Role::Strong | Role::Accent | Role::Warn => plain.add_modifier(Modifier::BOLD),
                Role::Bad => plain.add_modifier(Modifier::REVERSED),
                Role::Field => plain.add_modifier(Modifier::UNDERLINED),
                Role::FieldNow => plain.add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
            };
        }
        match role {
            Role::Plain => plain,
            Role::Dim => plain.add_modifier(Modifier::DIM),
            Role::Strong => plain.add_modifier(Modifier::BOLD),
            Role::Accent => plain.fg(Color::Cyan),
            // Bright: plain blue is hardly read on black.
            Role::Good => plain.fg(Color::LightBlue),
            Role::Warn => plain.fg(Color::Yellow),
            Role::Bad => plain.fg(Color::Red).add_modifier(Modifier::REVERSED),
            Role::Field => plain.add_modifier(Modifier::UNDERLINED),
            Role::FieldNow => plain
                .fg(Color::Cyan)
                .add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
        }
    }

    /// The marked line.
    pub fn marked(&self) -> Style {
        Style::default().add_modifier(Modifier::REVERSED)
    }

    pub fn glyph(&self, glyph: Glyph) -> &'static str {
        if self.look.ascii {
            glyph.ascii
        } else {
            glyph.glyph
        }
    }

    /// A text in the letters that the terminal has.
    pub fn letters(&self, text: &str) -> String {
        if !self.look.ascii || text.is_ascii() {
            return text.to_string();
        }
        let mut letters = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '→' => letters.push_str("->"),
                '…' => letters.push_str("..."),
                letter => letters.push(ascii(letter)),
            }
        }
        letters
    }

    pub fn ascii(&self) -> bool {
        self.look.ascii
    }
}

/// Our own signs in ASCII; of foreign letters, `?`.
fn ascii(c: char) -> char {
    match c {
        c if c.is_ascii() => c,
        '▸' | '▶' | '▏' => '>',
        '○' | '·' | '•' => '.',
        '◐' | '◓' | '◑' | '◒' => '~',
        '✔' => '+',
        '✖' => 'x',
        '–' | '—' | '─' | '░' => '-',
        '⊘' | '█' | '▌' => '#',
        '┃' => '|',
        '↑' => '^',
        '↓' => 'v',
        '▁' | '▂' => '_',
        '▃' | '▄' | '▅' => '-',
        '▆' | '▇' => '=',
        '↵' => '<',
        '≥' => '>',
        _ => '?',
    }
}
