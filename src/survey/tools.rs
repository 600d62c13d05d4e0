//! The client tools that later steps start: where they are and which version they say they are.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use crate::database::Database;
use crate::domain::clean_text::CleanText;
use crate::domain::survey::{Probe, ToolFacts};
use crate::process::{Place, ToolCommand, find_program, output};

/// How long a tool may take to print its version.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn of(database: &dyn Database) -> Vec<ToolFacts> {
    let mut facts = vec![one(database.version_tool()).await];
    if let Some(tool) = database.restore_version_tool() {
        facts.push(one(tool).await);
    }
    facts
}

async fn one(tool: ToolCommand) -> ToolFacts {
    let name = Path::new(&tool.program)
        .file_name()
        .unwrap_or(OsStr::new("?"))
        .to_string_lossy()
        .into_owned();
    let path = tool.program.to_str().and_then(find_program);
    let version = match output(&tool, Place::Local, PATIENCE)
        .await
        .and_then(|said| said.success(&tool))
    {
        Ok(said) => match said.text().lines().find(|line| !line.trim().is_empty()) {
            Some(line) => Probe::Known(CleanText::limited(line, 200)),
            None => Probe::Unknown("it printed nothing".into()),
        },
        Err(error) => Probe::Unknown(error.to_string().into()),
    };
    let numbers = version.known().and_then(|line| numbers(line.as_str()));
    ToolFacts {
        name,
        path,
        version,
        numbers,
    }
}

/// Major and minor number of a line such as `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
/// A beta (`18beta1`) counts as its major with minor 0. Old programs of MySQL, and MariaDB's, give
/// their own number first and the distribution's behind `Distrib`.
fn numbers(line: &str) -> Option<(u32, u32)> {
    let word = line
        .split_once("Distrib ")
        .map_or(line, |(_, rest)| rest)
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits = |text: &str| -> Option<u32> {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        text[..end].parse().ok()
    };
    let major = digits(word)?;
    let minor = word
        .split_once('.')
        .and_then(|(_, rest)| digits(rest))
        .unwrap_or(0);
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::{numbers, one};
    use crate::process::ToolCommand;

    #[test]
    fn version_lines_give_numbers() {
        for (line, expected) in [
            (
                "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
                Some((15, 18)),
            ),
            ("pg_restore (PostgreSQL) 18beta1", Some((18, 0))),
            ("pg_dump (PostgreSQL) 9.6.24", Some((9, 6))),
            ("pg_dump (EnterpriseDB) devel", None),
            (
                "mysqldump  Ver 9.7.4-2 for Linux on x86_64 ((Debian))",
                Some((9, 7)),
            ),
            (
                "mysqldump  Ver 10.13 Distrib 5.6.14, for linux-glibc2.5 (x86_64)",
                Some((5, 6)),
            ),
        ] {
            assert_eq!(numbers(line), expected, "{line}");
        }
    }

    #[tokio::test]
    async fn a_missing_tool_is_told_and_not_guessed() {
        let facts = one(ToolCommand::new("no-such-tool-of-ours").arg("--version")).await;
        assert_eq!(facts.path, None);
        assert!(facts.version.known().is_none());
        let facts = one(ToolCommand::new("sh").arg("-c").arg("echo; echo sh 5.2")).await;
        assert!(facts.path.is_some());
        assert_eq!(facts.numbers, Some((5, 2)));
    }
}
