//! The practice dump tools: hidden sub-commands of this very program, started as children like the
//! vendors' tools.

use std::ffi::OsString;
use std::path::Path;

use crate::process::ToolCommand;

/// The dump's last line.
pub const TRAILER: &str = "-- practice dump complete";

pub fn dump(file: &str) -> ToolCommand {
    practice(&["dump".into(), "--database".into(), file.into()])
}

pub fn check() -> ToolCommand {
    practice(&["check-dump".into()])
}

pub fn version() -> ToolCommand {
    practice(&["dump".into(), "--tool-version".into()])
}

pub fn load(file: &Path, archive: &Path) -> ToolCommand {
    practice(&[
        "load".into(),
        "--database".into(),
        file.into(),
        "--from".into(),
        archive.into(),
    ])
}

/// The same as [`load`] for a person with `zstd` and `sqlite3`.
pub fn load_by_hand(stored: &Path, file: &Path) -> Vec<String> {
    let tool = |program: &str, args: &[&std::ffi::OsStr]| {
        let command = args
            .iter()
            .fold(ToolCommand::new(program), |c, arg| c.arg(*arg));
        command.shown().to_string()
    };
    let unpack = tool("zstd", &["-dc".as_ref(), stored.as_os_str()]);
    let load = tool("sqlite3", &["-bail".as_ref(), file.as_os_str()]);
    vec![
        tool("test", &["!".as_ref(), "-e".as_ref(), file.as_os_str()]),
        format!("{unpack} | {load}"),
    ]
}

fn practice(args: &[OsString]) -> ToolCommand {
    // The link survives that the program's file is replaced while it runs.
    let program = std::env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into());
    ToolCommand::new(program)
        .arg("practice")
        .args(args.iter().cloned())
}

/// Tables that a dump creates, sorted; none at all when the dump lacks its trailer.
pub fn tables_in_dump(dump: &str) -> Vec<String> {
    if !dump.trim_end().ends_with(TRAILER) {
        return Vec::new();
    }
    let mut found: Vec<String> = dump
        .lines()
        .filter_map(|line| line.strip_prefix("CREATE TABLE "))
        .filter_map(name)
        .collect();
    found.sort();
    found
}

/// The identifier at the start, in any of SQLite's quotes.
fn name(text: &str) -> Option<String> {
    let text = text
        .strip_prefix("IF NOT EXISTS ")
        .unwrap_or(text)
        .trim_start();
    let close = match text.chars().next()? {
        '"' => '"',
        '`' => '`',
        '\'' => '\'',
        '[' => ']',
        _ => {
            let end = text
                .find(|c: char| c.is_whitespace() || c == '(')
                .unwrap_or(text.len());
            return Some(text[..end].to_string());
        }
    };
    let mut out = String::new();
    let mut chars = text.chars().skip(1).peekable();
    while let Some(c) = chars.next() {
        if c == close {
            if close == ']' || chars.peek() != Some(&close) {
                return Some(out);
            }
            chars.next();
        }
        out.push(c);
    }
    // The name goes on in the next line.
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::tables_in_dump;

    #[test]
    fn tables_of_a_whole_dump() {
        let dump = "-- omup practice dump 1.0\nCREATE TABLE plain (\n  id INT);\nCREATE TABLE \"a\"\"b c\"(x);\n\
            CREATE TABLE [odd name] (x);\nINSERT INTO \"plain\" VALUES ('CREATE TABLE no');\n\
            -- practice dump complete\n";
        assert_eq!(tables_in_dump(dump), ["a\"b c", "odd name", "plain"]);
        assert!(tables_in_dump(&dump[..dump.len() - 10]).is_empty());
    }
}
