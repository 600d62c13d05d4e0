//! The environment that a server gets: `conf/openmetadata-env.sh` read without a shell, and what
//! only a running server still has.
//!
//! A line that needs a shell is told, never executed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where a value was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line (counted from 1) of a file.
    File { path: PathBuf, line: usize },
    /// Only in the environment of this running process.
    Process(u32),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Process(pid) => write!(f, "environment of process {pid}"),
        }
    }
}

/// One variable. Its `Debug` hides the value: it may be a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    pub value: String,
    pub origin: Origin,
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Variable(from {})", self.origin)
    }
}

/// Variables with their origins, and the lines of the file that only a shell understands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    pub variables: BTreeMap<String, Variable>,
    /// (line number, why), without the line's text.
    pub not_understood: Vec<(usize, &'static str)>,
}

impl Environment {
    /// Reads assignments out of a shell file. Later lines win and may use earlier variables.
    pub fn parse(text: &str, path: &Path) -> Self {
        let mut found = Environment::default();
        let mut lines = text.lines().enumerate();
        while let Some((at, first)) = lines.next() {
            let mut line = first.to_owned();
            // A value in quotes may go over several lines, a backslash at the end too.
            while continues(&line) {
                let Some((_, next)) = lines.next() else { break };
                line.push('\n');
                line.push_str(next);
            }
            found.take_line(&line, at + 1, path);
        }
        found
    }

    fn take_line(&mut self, line: &str, number: usize, path: &Path) {
        let trimmed = line.trim();
        // `set -a` exports all that follows, which is what we assume anyway.
        let passive = ["set -a", "set +a"].contains(&trimmed);
        if trimmed.is_empty() || trimmed.starts_with('#') || passive {
            return;
        }
        let exported = trimmed
            .strip_prefix("export")
            .filter(|rest| rest.starts_with(char::is_whitespace));
        let mut rest = exported.unwrap_or(trimmed).trim_start();
        let mut seen = 0;
        while !rest.is_empty() && !rest.starts_with('#') {
            let Some((name, after)) = name_of_assignment(rest) else {
                // `export NAME` alone exports what an earlier line has set.
                let bare = exported.is_some() && rest.split_whitespace().all(is_name);
                if !bare {
                    let why = if seen == 0 {
                        "it is not an assignment"
                    } else {
                        "it does more than assign"
                    };
                    self.not_understood.push((number, why));
                }
                return;
            };
            match word(after, &self.variables) {
                Ok((value, tail)) => {
                    let origin = Origin::File {
                        path: path.to_owned(),
                        line: number,
                    };
                    let variable = Variable { value, origin };
                    self.variables.insert(name.to_owned(), variable);
                    seen += 1;
                    rest = tail.trim_start_matches([' ', '\t']);
                    if let Some(next) = rest.strip_prefix(';') {
                        rest = next.trim_start();
                        rest = rest.strip_prefix("export ").unwrap_or(rest).trim_start();
                    }
                }
                Err(why) => {
                    self.not_understood.push((number, why));
                    return;
                }
            }
        }
    }

    /// Adds those variables of a running process that nothing else gives and that are `wanted`;
    /// returns the names whose value in the process is another one than in the files.
    pub fn overlay(
        &mut self,
        pid: u32,
        process: &BTreeMap<String, String>,
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut differing = Vec::new();
        for (name, value) in process {
            match self.variables.get(name) {
                Some(known) if known.value != *value => differing.push(name.clone()),
                Some(_) => {}
                None if wanted(name) => {
                    let variable = Variable {
                        value: value.clone(),
                        origin: Origin::Process(pid),
                    };
                    self.variables.insert(name.clone(), variable);
                }
                None => {}
            }
        }
        differing
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|found| found.value.as_str())
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn name_of_assignment(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    is_name(name).then_some((name, value))
}

/// True while a quote is open or the line ends in a backslash.
fn continues(line: &str) -> bool {
    if line.trim_start().starts_with('#') {
        return false;
    }
    let mut quote = None;
    let mut letters = line.chars();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            // Always steps over the next character; the guard is only true at the line's end.
            (None | Some('"'), '\\') if letters.next().is_none() => return true,
            (None | Some('"'), '\\') => {}
            (None, '#') if before.is_whitespace() => return false,
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
        before = letter;
    }
    quote.is_some()
}

/// One shell word from the start of `text`, and what follows it.
fn word<'a>(
    text: &'a str,
    known: &BTreeMap<String, Variable>,
) -> Result<(String, &'a str), &'static str> {
    let mut value = String::new();
    let mut quote: Option<char> = None;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (Some('\''), '\'') => quote = None,
            (Some('\''), other) => value.push(other),
            (Some(_), '"') => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '\\') => match letters.next() {
                Some((_, '\n')) | None => {}
                Some((_, next)) => value.push(next),
            },
            (Some(_), '\\') => match letters.next() {
                Some((_, '\n')) | None => {}
                Some((_, next @ ('"' | '\\' | '$' | '`'))) => value.push(next),
                Some((_, next)) => {
                    value.push('\\');
                    value.push(next);
                }
            },
            (_, '`') => return Err("it runs a command (`...`)"),
            (_, '$') => {
                let (part, length) = expansion(&text[at..], known)?;
                value.push_str(&part);
                for _ in text[at + 1..at + length].chars() {
                    letters.next();
                }
            }
            (None, ' ' | '\t' | '\n' | ';') => return Ok((value, &text[at..])),
            (None, '(' | ')' | '<' | '>' | '|' | '&') => return Err("it needs a shell"),
            (_, other) => value.push(other),
        }
    }
    match quote {
        None => Ok((value, "")),
        Some(_) => Err("its quote is not closed"),
    }
}

/// The value of `$NAME`, `${NAME}` or `${NAME:-default}` and the length of its text.
fn expansion(
    text: &str,
    known: &BTreeMap<String, Variable>,
) -> Result<(String, usize), &'static str> {
    let value = |name: &str| known.get(name).map(|variable| variable.value.clone());
    if text.starts_with("$(") {
        return Err("it runs a command ($(...))");
    }
    if let Some(inside) = text.strip_prefix("${") {
        let end = inside.find('}').ok_or("its ${ is not closed")?;
        let (name, default) = match inside[..end].split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (&inside[..end], None),
        };
        if !is_name(name) || default.is_some_and(|text| text.contains(['$', '`', '"', '\''])) {
            return Err("it needs a shell (${...})");
        }
        let found = value(name).filter(|text| default.is_none() || !text.is_empty());
        return match found.or(default.map(str::to_owned)) {
            Some(found) => Ok((found, end + 3)),
            None => Err("it uses a variable that is not set in this file"),
        };
    }
    let length = text[1..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len() - 1);
    if length == 0 {
        return Ok(("$".to_owned(), 1));
    }
    match value(&text[1..=length]) {
        Some(found) => Ok((found, length + 1)),
        None => Err("it uses a variable that is not set in this file"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Environment, Origin};
    use std::collections::BTreeMap;
    use std::path::Path;

    fn parse(text: &str) -> Environment {
        Environment::parse(text, Path::new("/e.sh"))
    }

    #[test]
    fn assignments_of_every_usual_form_are_read() {
        let text = "#!/bin/bash\n# a 'comment\nexport A=plain # tail\nB='it'\\''s $x'\n  export C=\"x\\\"y $A\" D=2; export E=${A:-z}/${NONE:-q}\nF=\nG=\"two\nlines\"\nexport A\nH=a#b\n";
        let found = parse(text);
        let value = |name| found.value(name);
        assert_eq!(value("A"), Some("plain"));
        assert_eq!(value("B"), Some("it's $x"));
        assert_eq!(value("C"), Some("x\"y plain"));
        assert_eq!(value("D"), Some("2"));
        assert_eq!(value("E"), Some("plain/q"));
        assert_eq!(value("F"), Some(""));
        assert_eq!(value("G"), Some("two\nlines"));
        assert_eq!(value("H"), Some("a#b"));
        assert_eq!(found.not_understood, []);
        assert_eq!(
            found.variables["H"].origin,
            Origin::File {
                path: "/e.sh".into(),
                line: 10
            }
        );
    }

    #[test]
    fn what_needs_a_shell_is_told_and_not_guessed() {
        let text = "A=$(cat /etc/pw)\nB=`id`\nif true; then\nC=$HOME/x\n. other.sh\nD='open\n";
        let found = parse(text);
        assert!(found.variables.is_empty(), "{found:?}");
        let lines: Vec<usize> = found.not_understood.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_running_process_only_fills_gaps() {
        let mut found = parse("A=file\nB=same\n");
        let process: BTreeMap<String, String> =
            [("A", "run"), ("B", "same"), ("C", "x"), ("D", "y")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        let differing = found.overlay(7, &process, |name| name == "C");
        assert_eq!(differing, ["A"]);
        assert_eq!(found.value("A"), Some("file"));
        assert_eq!(found.variables["C"].origin, Origin::Process(7));
        assert_eq!(found.value("D"), None);
        assert!(!format!("{found:?}").contains("same"));
    }
}
