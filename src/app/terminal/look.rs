//! How the terminal wants it, by the environment.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use ratatui::crossterm::style::force_color_output;

use crate::wizard::Look;

/// What was asked for on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// As the environment says: `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`.
    #[default]
    Auto,
    Always,
    Never,
}

static ASKED: OnceLock<Colour> = OnceLock::new();

/// Keeps what was asked for; the first call counts.
pub fn ask_for(colour: Colour) {
    ASKED.get_or_init(|| colour);
}

/// How this terminal wants it. Tells the library that draws, which has an opinion of its own on `NO_COLOR`.
pub fn look() -> Look {
    let asked = ASKED.get().copied().unwrap_or_default();
    let look = look_of(asked, |name| std::env::var(name).ok());
    force_color_output(!look.mono);
    look
}

/// Colour: the command line, then `NO_COLOR` (no-color.org), then `CLICOLOR_FORCE` and `CLICOLOR`
/// (bixense.com/clicolors). Letters: a locale that is not UTF-8, or a bare console, gets ASCII only.
fn look_of(asked: Colour, env: impl Fn(&str) -> Option<String>) -> Look {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let locale = set("LC_ALL")
        .or_else(|| set("LC_CTYPE"))
        .or_else(|| set("LANG"));
    let utf8 = locale
        .map(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        })
        .unwrap_or(false);
    let mono = match asked {
        Colour::Always => false,
        Colour::Never => true,
        Colour::Auto => {
            let forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
            let refused = set("CLICOLOR").is_some_and(|value| value == "0");
            set("NO_COLOR").is_some() || (refused && !forced)
        }
    };
    Look {
        mono,
        ascii: !utf8 || set("TERM").is_some_and(|term| term == "linux"),
    }
}

/// A full screen makes sense: both ends are a terminal that understands more than lines.
pub fn can_draw() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    std::io::stdin().is_terminal()
        && std::io::stdout().is_terminal()
        && !term.is_empty()
        && term != "dumb"
}

#[cfg(test)]
mod tests {
    use super::{Colour, look_of};

    fn of(pairs: &[(&str, &str)]) -> crate::wizard::Look {
        asked(Colour::Auto, pairs)
    }

    fn asked(colour: Colour, pairs: &[(&str, &str)]) -> crate::wizard::Look {
        look_of(colour, |name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_string())
        })
    }

    #[test]
    fn colour_and_letters_follow_the_environment() {
        let rich = of(&[("LANG", "en_GB.UTF-8"), ("TERM", "xterm-256color")]);
        assert!(!rich.mono && !rich.ascii);
        assert!(of(&[("LANG", "C.utf8"), ("NO_COLOR", "1")]).mono);
        assert!(!of(&[("LANG", "C.utf8"), ("NO_COLOR", "")]).mono);
        assert!(of(&[("LANG", "C")]).ascii);
        assert!(of(&[]).ascii);
        assert!(of(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]).ascii);
        assert!(of(&[("LANG", "C.UTF-8"), ("TERM", "linux")]).ascii);
    }
    #[test]
    fn the_command_line_comes_before_no_color_and_that_before_clicolor() {
        for (pairs, mono) in [
            (&[][..], false),
            (&[("CLICOLOR", "0")], true),
            (&[("CLICOLOR", "1")], false),
            (&[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")], false),
            (&[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "0")], true),
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true),
        ] {
            assert_eq!(of(pairs).mono, mono, "{pairs:?}");
            assert!(!asked(Colour::Always, pairs).mono, "{pairs:?}");
            assert!(asked(Colour::Never, pairs).mono, "{pairs:?}");
        }
    }
}
