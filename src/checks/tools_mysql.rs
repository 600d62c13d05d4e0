//! OM-TOOL-001 on MySQL: `mysqldump` and `mysql` are MySQL's own and new enough.

use super::check::Judgement;
use super::tools::line;
use crate::domain::survey::{Survey, ToolFacts};
use crate::knowledge::Knowledge;

/// The oldest `mysqldump` that OpenMetadata's guide allows: `mysqldump` of `assets/figures.toml`.
pub(super) const OLDEST: (u32, u32) = (8, 3);

const NAMES: [&str; 2] = ["mysqldump", "mysql"];

pub(super) fn judge(survey: &Survey, knowledge: &Knowledge) -> Judgement {
    let tools = NAMES.map(|name| (name, survey.tools.iter().find(|tool| tool.name == name)));
    let mut bad = Vec::new();
    let mut cannot = Vec::new();
    for (name, tool) in tools {
        match fault(name, tool) {
            None => {}
            Some(Fault::Bad(why)) => bad.push(why),
            Some(Fault::CannotTell(why)) => cannot.push(why),
        }
    }
    let said = if !bad.is_empty() {
        remedied(Judgement::fail(bad.join("; ")))
    } else if !cannot.is_empty() {
        remedied(Judgement::unknown(cannot.join("; ")))
    } else {
        Judgement::pass(format!(
            "mysqldump and mysql are MySQL's own and at least {}.{}",
            OLDEST.0, OLDEST.1
        ))
    };
    said.seen_all(tools.iter().map(|(name, tool)| line(name, *tool)))
        .seen(format!(
            "the server is MySQL {}",
            survey.database.version_text
        ))
        .seen_all(knowledge.cited("mysqldump"))
}

enum Fault {
    Bad(String),
    CannotTell(String),
}

fn fault(name: &str, tool: Option<&ToolFacts>) -> Option<Fault> {
    let Some(tool) = tool else {
        return Some(Fault::CannotTell(format!("nobody looked for {name}")));
    };
    if tool.path.is_none() {
        return Some(Fault::Bad(format!("{name} is not on PATH")));
    }
    let (Some(version), Some(numbers)) = (tool.version.known(), tool.numbers) else {
        return Some(Fault::CannotTell(format!(
            "{name} does not tell its version"
        )));
    };
    if version.as_str().contains("MariaDB") {
        return Some(Fault::Bad(format!(
            "{name} is MariaDB's, which writes dumps that MySQL does not read (it begins them with a line that every MySQL client refuses) and knows none of MySQL's newer types"
        )));
    }
    (numbers < OLDEST).then(|| {
        Fault::Bad(format!(
            "{name} {}.{} is older than {}.{}, the oldest that OpenMetadata's guide allows",
            numbers.0, numbers.1, OLDEST.0, OLDEST.1
        ))
    })
}

fn remedied(said: Judgement) -> Judgement {
    said.remedy("install the client programs of MySQL 8.4 or newer (package mysql-client of MySQL's own package source; distributions often give MariaDB's under that name) and put them first on PATH; or put wrapper scripts named mysqldump and mysql first on PATH that start them in a throwaway container of the image mysql:8.4 with the host's network and the state folder passed in, standard input and output left as they are")
        .command("mysqldump --version; mysql --version")
}

#[cfg(test)]
mod tests {
    use super::{Fault, fault};
    use crate::domain::survey::{Probe, ToolFacts};

    #[test]
    fn old_and_foreign_programs_are_refused_by_name() {
        let tool = |line: &str, numbers| ToolFacts {
            name: "mysqldump".into(),
            path: Some("/usr/bin/mysqldump".into()),
            version: Probe::Known(line.into()),
            numbers: Some(numbers),
        };
        for (line, numbers, word) in [
            (
                "mysqldump  Ver 8.0.33 for Linux on x86_64 (MySQL Community Server - GPL)",
                (8, 0),
                "8.0 is older",
            ),
            (
                "mysqldump  Ver 10.13 Distrib 5.6.14, for linux-glibc2.5 (x86_64)",
                (5, 6),
                "5.6 is older",
            ),
            (
                "mysqldump  Ver 10.19 Distrib 10.11.14-MariaDB, for debian-linux-gnu (x86_64)",
                (10, 11),
                "MariaDB's",
            ),
        ] {
            match fault("mysqldump", Some(&tool(line, numbers))) {
                Some(Fault::Bad(why)) => assert!(why.contains(word), "{why}"),
                _ => panic!("{line}"),
            }
        }
        let good = tool(
            "mysqldump  Ver 9.7.4-2 for Linux on x86_64 ((Debian))",
            (9, 7),
        );
        assert!(fault("mysqldump", Some(&good)).is_none());
    }
}
