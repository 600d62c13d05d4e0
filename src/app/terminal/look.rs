//! How the terminal wants it, by the environment.

use std::io::IsTerminal as _;

use crate::wizard::Look;

/// Colour and letters. `NO_COLOR`: no colour at all (no-color.org); a locale that is not UTF-8 or a bare
/// console: ASCII only.
pub fn look(env: impl Fn(&str) -> Option<String>) -> Look {
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
    Look {
        mono: set("NO_COLOR").is_some(),
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
    use super::look;

    fn of(pairs: &[(&str, &str)]) -> crate::wizard::Look {
        look(|name| {
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
}
