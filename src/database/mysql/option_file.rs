//! MySQL's option files: `~/.my.cnf` as people have it, and the private one that our tools read.
//!
//! Format: MySQL manual, "Using Option Files": groups in brackets, `name=value`, dashes and
//! underscores alike, values in quotes with the escapes `\b \t \n \r \\ \s`.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::domain::secret::Secret;

/// What the `[client]` group of an option file says about reaching a server.
#[derive(Debug, Default, Clone)]
pub struct ClientOptions {
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub ssl_ca: Option<PathBuf>,
    pub ssl_mode: Option<String>,
}

impl ClientOptions {
    /// Out of `~/.my.cnf`; nothing where there is none. A file that others may read is MySQL's
    /// business: its clients take it too.
    pub fn of_home() -> Self {
        let Some(home) = std::env::var_os("HOME") else {
            return Self::default();
        };
        match std::fs::read_to_string(Path::new(&home).join(".my.cnf")) {
            Ok(text) => Self::parse(&Zeroizing::new(text)),
            Err(_) => Self::default(),
        }
    }

    fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let mut ours = false;
        for line in text.lines().map(str::trim) {
            if let Some(group) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                ours = group.0.trim() == "client";
                continue;
            }
            if !ours || line.starts_with(['#', ';', '!']) {
                continue;
            }
            let Some((name, value)) = line.split_once('=') else {
                continue;
            };
            let value = unquoted(value.trim());
            match name.trim().replace('_', "-").as_str() {
                "user" => found.user = Some(value),
                "password" => found.password = Some(Secret::new(value)),
                "ssl-ca" => found.ssl_ca = Some(value.into()),
                "ssl-mode" => found.ssl_mode = Some(value),
                _ => {}
            }
        }
        found
    }
}

/// A `[client]` group with these options, in their order.
pub fn written(options: &[(&str, &str)]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::from("[client]\n"));
    for (name, value) in options {
        out.push_str(name);
        out.push_str("=\"");
        for letter in value.chars() {
            match letter {
                '\\' => out.push_str("\\\\"),
                '"' => out.push_str("\\\""),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                other => out.push(other),
            }
        }
        out.push_str("\"\n");
    }
    out
}

fn unquoted(value: &str) -> String {
    let inner = ['"', '\'']
        .iter()
        .find_map(|&mark| value.strip_prefix(mark)?.rsplit_once(mark))
        .map(|(inner, _)| inner);
    // Without quotes a hash after a blank begins a comment.
    let text = inner.unwrap_or_else(|| value.split(" #").next().unwrap_or(value).trim_end());
    let mut out = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('b') => out.push('\u{8}'),
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('s') => out.push(' '),
            Some('\\') => out.push('\\'),
            Some('"') => out.push('"'),
            Some('\'') => out.push('\''),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{ClientOptions, written};

    #[test]
    fn the_client_group_is_read_as_mysql_reads_it() {
        let found = ClientOptions::parse(
            "# mine\n[mysqld]\npassword=no\n[client]\nuser = om # me\npassword=\"a#b\\\\ \\\"c\"\nssl_ca='/etc/ca.pem'\n[mysql]\nuser=x\n",
        );
        assert_eq!(found.user.as_deref(), Some("om"));
        assert_eq!(
            found.password.map(|secret| secret.reveal().to_string()),
            Some("a#b\\ \"c".to_string())
        );
        assert_eq!(found.ssl_ca, Some("/etc/ca.pem".into()));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for password in ["plain", "a b#c;d", "q\"u'o\\te", "tab\tline\nend", " "] {
            let text = written(&[("user", "om"), ("password", password)]);
            let back = ClientOptions::parse(&text).password;
            assert_eq!(
                back.map(|secret| secret.reveal().to_string()),
                Some(password.to_string())
            );
        }
    }
}
