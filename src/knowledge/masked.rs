//! What looks like a secret in a foreign log line, masked before the line is shown. It knows no
//! actual secret: a last net for logs that omup did not write.

use crate::domain::secret::MASK;

/// A value follows these words after `=` or `:`.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "pass",
    "secret",
    "secretkey",
    "token",
    "apikey",
    "api_key",
    "accesskey",
    "access_key",
    "fernet_key",
    "fernetkey",
    "private_key",
    "privatekey",
    "authorization",
];
/// A value follows these words after a blank.
const BEFORE: &[&str] = &["bearer ", "basic ", "identified by "];

/// The line with values of passwords and tokens, and passwords in addresses, replaced.
pub fn masked(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let mut hidden: Vec<(usize, usize)> = Vec::new();
    for name in NAMES {
        for at in memchr::memmem::find_iter(lower.as_bytes(), name) {
            hidden.extend(value_after_sign(&lower, at + name.len()));
        }
    }
    for word in BEFORE {
        for at in memchr::memmem::find_iter(lower.as_bytes(), word) {
            hidden.push(value(&lower, at + word.len()));
        }
    }
    for at in memchr::memmem::find_iter(lower.as_bytes(), "://") {
        hidden.extend(in_address(&lower, at + 3));
    }
    hidden.retain(|(from, to)| from < to);
    hidden.sort_unstable();
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    for (from, to) in hidden {
        if from >= at {
            out.push_str(&line[at..from]);
            out.push_str(MASK);
        }
        at = at.max(to);
    }
    out.push_str(&line[at..]);
    out
}

fn value_after_sign(line: &str, at: usize) -> Option<(usize, usize)> {
    let rest = &line[at..];
    let skipped = rest.len() - rest.trim_start_matches(['"', '\'', '\\', ' ']).len();
    let sign = rest[skipped..].chars().next()?;
    if !(sign == '=' || sign == ':') {
        return None;
    }
    let (from, to) = value(line, at + skipped + 1);
    // `(using password: YES)` of MySQL is no password.
    let said = line[from..to].trim_end_matches(')');
    (said != "yes" && said != "no").then_some((from, to))
}

/// From quotes and blanks on, up to the end of the word, or of the quoted text.
fn value(line: &str, at: usize) -> (usize, usize) {
    let rest = &line[at..];
    let from = at + (rest.len() - rest.trim_start_matches([' ', '\\']).len());
    let quote = line[from..]
        .chars()
        .next()
        .filter(|c| *c == '"' || *c == '\'');
    let from = from + usize::from(quote.is_some());
    let end = |c: char| match quote {
        Some(quote) => c == quote,
        None => c.is_whitespace() || matches!(c, '&' | ',' | ';' | '"' | '\'' | '}' | ']'),
    };
    let to = line[from..]
        .find(end)
        .map_or(line.len(), |length| from + length);
    (from, to)
}

/// `user:password@` of an address.
fn in_address(line: &str, at: usize) -> Option<(usize, usize)> {
    let rest = &line[at..];
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '"'))
        .unwrap_or(rest.len());
    let name_end = rest[..end].rfind('@')?;
    let colon = rest[..name_end].find(':')?;
    Some((at + colon + 1, at + name_end))
}

#[cfg(test)]
mod tests {
    use super::masked;
    use proptest::prelude::*;

    #[test]
    fn values_are_gone_and_words_stay() {
        for (line, shown) in [
            (
                "jdbc:mysql://h/db?user=om&password=hunter2&useSSL=true",
                "jdbc:mysql://h/db?user=om&password=********&useSSL=true",
            ),
            (
                "postgres://om:p@ss@h:5432/db",
                "postgres://om:********@h:5432/db",
            ),
            (
                r#"{"password": "hunter 2", "a": 1}"#,
                r#"{"password": "********", "a": 1}"#,
            ),
            (
                "Authorization: Bearer abc.def.ghi",
                "Authorization: ******** ********",
            ),
            (
                "Access denied (using password: YES)",
                "Access denied (using password: YES)",
            ),
            (
                "password authentication failed",
                "password authentication failed",
            ),
            (
                "CREATE USER x IDENTIFIED BY 'y z'",
                "CREATE USER x IDENTIFIED BY '********'",
            ),
        ] {
            assert_eq!(masked(line), shown);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(line in ".{0,120}", glue in "(password|bearer |://)[=:\"' \\\\]{0,4}") {
            let _ = masked(&format!("{line}{glue}{line}"));
            let _ = masked(&format!("{glue}{glue}@é"));
        }
    }
}
