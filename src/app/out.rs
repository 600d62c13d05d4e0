//! The only way to standard output and standard error: lines made harmless for a terminal, JSON
//! whose text cannot carry a control byte. A closed output is never a reason to fall over.
//!
//! What is printed may hold names, paths and messages of others (CWE-150); cleaning at the edge
//! covers the ones that nobody thought of further in.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::OnceLock;

use crate::domain::clean_text::{CleanText, dangerous};

/// Longest line printed, in characters.
const LONGEST: usize = 20_000;

/// The state folder that was asked for on the command line, quoted for a shell: every command that is printed names it.
static STATE_FOLDER: OnceLock<String> = OnceLock::new();

/// Commands that look for runs.
const OF_RUNS: [&str; 9] = [
    "abort", "answer", "attach", "helm", "report", "resume", "rollback", "runs", "status",
];

/// From here on, printed commands are those of this state folder; not needed where the environment names it.
pub fn state_folder(folder: &std::path::Path) {
    let quoted = crate::domain::shell::quoted(&folder.to_string_lossy());
    // Set once, at the beginning.
    let _ = STATE_FOLDER.set(quoted);
}

fn of_this_folder(text: &str) -> Cow<'_, str> {
    match STATE_FOLDER.get() {
        Some(folder) => with_folder(text, folder).into(),
        None => text.into(),
    }
}

fn with_folder(text: &str, folder: &str) -> String {
    OF_RUNS.iter().fold(text.to_string(), |text, command| {
        text.replace(
            &format!("omup {command}"),
            &format!("omup --state-dir {folder} {command}"),
        )
    })
}

/// One line on standard output. An output that cannot be written has nobody to tell.
pub fn line(text: impl AsRef<str>) {
    let _ = try_line(text);
}

/// As [`line`], telling whether it could be written.
///
/// # Errors
/// Standard output is closed or full.
pub fn try_line(text: impl AsRef<str>) -> std::io::Result<()> {
    let clean = CleanText::limited(&of_this_folder(text.as_ref()), LONGEST);
    writeln!(std::io::stdout(), "{clean}")
}

/// Prose on standard output: where that is a terminal, folded between its words and never within one.
pub fn words(text: impl AsRef<str>) {
    use std::io::IsTerminal as _;
    if !std::io::stdout().is_terminal() {
        return line(text);
    }
    let (width, _) = super::terminal::size();
    let text = of_this_folder(text.as_ref());
    for folded in crate::screen::folded(&text, width.saturating_sub(1).max(20)) {
        let clean = CleanText::limited(&folded, LONGEST);
        let _ = writeln!(std::io::stdout(), "{clean}");
    }
}

/// Several lines.
pub fn page(text: &str) {
    for one in text.lines() {
        line(one);
    }
}

/// One JSON document, indented.
pub fn json(value: &serde_json::Value) {
    let _ = writeln!(std::io::stdout(), "{}", escaped(&format!("{value:#}")));
}

/// One JSON document on one line.
///
/// # Errors
/// Standard output is closed or full.
pub fn json_line(value: &serde_json::Value) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{}", escaped(&value.to_string()))
}

/// One line on standard error.
pub fn error(text: impl AsRef<str>) {
    let clean = CleanText::limited(&of_this_folder(text.as_ref()), LONGEST);
    let _ = writeln!(std::io::stderr(), "{clean}");
}

/// The same document with every dangerous character written as `\uXXXX`; outside of its strings
/// JSON holds none but newlines.
fn escaped(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for c in document.chars() {
        if c != '\n' && dangerous(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{escaped, with_folder};

    #[test]
    fn a_printed_command_names_the_state_folder_that_was_asked_for() {
        assert_eq!(
            with_folder(
                "next: `omup answer R a=b`; `omup check` looks",
                "'/tmp/a b'"
            ),
            "next: `omup --state-dir '/tmp/a b' answer R a=b`; `omup check` looks"
        );
    }

    #[test]
    fn a_document_keeps_its_meaning_and_loses_its_control_characters() {
        let value = serde_json::json!({ "a": "\u{7f}\u{9b}31m\u{202e}\u{e0001}\u{1b}é\n" });
        let text = escaped(&format!("{value:#}"));
        assert!(
            text.chars().all(|c| c == '\n' || !super::dangerous(c)),
            "{text:?}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).expect("JSON"),
            value
        );
    }
}
