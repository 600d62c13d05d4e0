//! The text of the new `openmetadata-env.sh`: the operator's own part, and between two marks what
//! was carried over.
//!
//! The marks make a second try possible: after a way back the old side may lead to another
//! database, and what omup wrote at the first try must not count as the operator's decision. The
//! sum in the second mark tells whether somebody edited between them; then all of it is theirs.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::environment::Environment;
use crate::domain::shell;

const BEGIN: &str = "# omup carried over from ";
const END: &str = "# omup: end of what was carried over, SHA-256 ";

/// A file taken apart.
struct Parts {
    /// What the operator or the tarball wrote, before and after our part.
    before: String,
    after: String,
}

fn sum(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Separates our own part, if it is there and untouched.
fn take_apart(text: &str) -> Parts {
    let whole = || Parts {
        before: text.to_owned(),
        after: String::new(),
    };
    let line_starts = || std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let at_line = |mark: &str| line_starts().find(|at| text[*at..].starts_with(mark));
    let (Some(begin), Some(end)) = (at_line(BEGIN), at_line(END)) else {
        return whole();
    };
    let Some(body) = text[begin..].find('\n').map(|length| begin + length + 1) else {
        return whole();
    };
    if body > end {
        return whole();
    }
    let last = text[end..]
        .find('\n')
        .map_or(text.len(), |length| end + length + 1);
    if text[end + END.len()..last].trim_end() != sum(&text[body..end]) {
        return whole();
    }
    Parts {
        before: text[..begin].to_owned(),
        after: text[last..].to_owned(),
    }
}

/// The new side's file before exports of YAML values: `old` is the old side's file, `new` the one
/// that stands there now. Assignments of the new file's own part win.
pub fn merged(old: &str, new: &str, old_path: &Path, exports: &[(String, String)]) -> String {
    let Parts { before, after } = take_apart(new);
    let own = Environment::parse(&format!("{}{after}", ended(&before)), old_path);
    let mut body = if own.variables.is_empty() && own.not_understood.is_empty() {
        as_it_stands(old)
    } else {
        missing(old, &own, &before, &after, old_path)
    };
    for (name, value) in exports {
        body.push_str(&format!("export {name}={}\n", shell::quoted(value)));
    }
    if body.is_empty() {
        return format!("{before}{after}");
    }
    format!(
        "{}{BEGIN}{}\n{body}{END}{}\n{after}",
        ended(&before),
        old_path.display(),
        sum(&body)
    )
}

/// The text with a line end.
fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') {
        text.to_owned()
    } else {
        format!("{text}\n")
    }
}

/// The old file without marks of an earlier upgrade; nothing where it assigns nothing.
fn as_it_stands(old: &str) -> String {
    let found = Environment::parse(old, Path::new(""));
    if found.variables.is_empty() && found.not_understood.is_empty() {
        return String::new();
    }
    let lines: Vec<&str> = old
        .lines()
        .filter(|line| !line.starts_with(BEGIN) && !line.starts_with(END))
        .collect();
    lines.join("\n") + "\n"
}

/// What the new file's own part lacks.
fn missing(old: &str, own: &Environment, before: &str, after: &str, old_path: &Path) -> String {
    let found = Environment::parse(old, old_path);
    let mut body = String::new();
    for (name, variable) in &found.variables {
        if !own.variables.contains_key(name) {
            body.push_str(&format!(
                "export {name}={}\n",
                shell::quoted(&variable.value)
            ));
        }
    }
    for (number, _) in &found.not_understood {
        // Line numbers of a parse are those of the text.
        let line = old.lines().nth(number - 1).unwrap_or_default();
        let there = before
            .lines()
            .chain(after.lines())
            .any(|own| own.trim() == line.trim());
        if !there {
            body.push_str(&format!("{line}\n"));
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{END, merged};

    fn of(old: &str, new: &str) -> String {
        merged(old, new, Path::new("/old/env.sh"), &[])
    }

    #[test]
    fn a_delivered_file_gets_the_old_one_and_follows_it_later() {
        let delivered = "#!/bin/bash\n# licence\n";
        let first = of("# mine\nexport A=1\nX=$(id)\n", delivered);
        assert!(first.starts_with(delivered));
        assert!(first.contains("# mine\nexport A=1\nX=$(id)\n"));
        assert_eq!(of("# mine\nexport A=1\nX=$(id)\n", &first), first);
        // After a way back the old side leads elsewhere, and so does the next try.
        let second = of("export A=2\n", &first);
        assert!(
            second.contains("A=2") && !second.contains("A=1"),
            "{second}"
        );
        assert_eq!(of("# nothing\n", &second), delivered);
    }

    #[test]
    fn what_the_operator_added_stays_and_wins() {
        let first = of("A=1\nB=2\n", "export B=9");
        assert!(first.starts_with("export B=9\n"), "{first}");
        assert!(
            first.contains("export A=1") && !first.contains("B=2"),
            "{first}"
        );
        let appended = format!("{first}export C=3\n");
        let again = of("A=7\nB=2\nC=2\n", &appended);
        assert!(
            again.ends_with("export C=3\n") && again.contains("A=7"),
            "{again}"
        );
        assert!(!again.contains("C=2") && !again.contains("B=2"), "{again}");
    }

    #[test]
    fn a_part_that_somebody_edited_is_theirs() {
        let first = of("A=1\nB=2\n", "");
        let edited = first.replace("A=1", "A=5");
        let again = of("A=7\nB=2\nC=2\n", &edited);
        assert!(again.contains("A=5") && !again.contains("A=7"), "{again}");
        assert!(again.contains("C=2"), "{again}");
    }

    #[test]
    fn marks_are_not_carried_on() {
        let first = of("A=1\n", "");
        let next = of(&first, "# delivered\n");
        assert_eq!(next.matches(END).count(), 1, "{next}");
    }
}
