//! OM-TOOL-001: the database's own tools for backup and restore are there and fit the server.

use super::check::{Check, Cost, Item, Judgement};
use super::tools_mysql;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::names::Engine;
use crate::domain::survey::{Probe, Survey, ToolFacts};
use crate::knowledge::Knowledge;

/// The oldest `pg_dump` that OpenMetadata's guide allows: `pg-dump` of `assets/figures.toml`.
const OLDEST: (u32, u32) = (13, 3);
/// From this major on, `pg_restore` begins with `SET transaction_timeout = 0`. Older servers answer
/// with an error, and our restores stop at the first error (pgadmin-org/pgadmin4 #8044 shows it).
const SETS_TRANSACTION_TIMEOUT: u32 = 17;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-TOOL-001",
        title: "The database's own dump and restore programs fit the server",
        blocks: Blocks::BeforeBackup,
        cost: Cost::Host,
        of_release: true,
        condition: "MySQL: mysqldump and mysql of MySQL itself (not MariaDB's), 8.3 (OpenMetadata's figure) or newer. PostgreSQL: both present, of one major version, at least 13.3 (OpenMetadata's figure) and not older than the server; pg_restore 17 and newer only with a server that is 17 or newer",
    },
    judge,
};

/// What is wrong with the pair, and how bad.
enum Problem {
    Bad(String),
    CannotTell(String),
}

fn judge(survey: &Survey, _answers: &Answers, knowledge: &Knowledge) -> Judgement {
    match survey.database.identity.engine {
        Engine::Sqlite => {
            return Judgement::skip("the practice deployment brings its own backup tool");
        }
        Engine::Mysql => return tools_mysql::judge(survey, knowledge),
        Engine::Postgres => {}
    }
    let server = survey.database.major;
    let pair = ["pg_dump", "pg_restore"]
        .map(|name| (name, survey.tools.iter().find(|tool| tool.name == name)));
    let mut problems: Vec<Problem> = Vec::new();
    let mut majors: Vec<u32> = Vec::new();
    for (name, tool) in pair {
        match numbers(name, tool) {
            Ok(found) => {
                problems.extend(unfit(name, found, server).map(Problem::Bad));
                majors.push(found.0);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if let [dump, restore] = majors[..]
        && dump != restore
    {
        problems.push(Problem::Bad(format!(
            "pg_dump is of version {dump} and pg_restore of version {restore}: they must come from one package"
        )));
    }
    said(&problems, server, &majors)
        .seen_all(pair.iter().map(|(name, tool)| line(name, *tool)))
        .seen(format!("the server is PostgreSQL {server}"))
        .seen_all(knowledge.cited("pg-dump"))
}

fn said(problems: &[Problem], server: u32, majors: &[u32]) -> Judgement {
    let bad: Vec<&str> = problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::Bad(text) => Some(text.as_str()),
            Problem::CannotTell(_) => None,
        })
        .collect();
    let cannot: Vec<&str> = problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::Bad(_) => None,
            Problem::CannotTell(text) => Some(text.as_str()),
        })
        .collect();
    if !bad.is_empty() {
        return mended(Judgement::fail(bad.join("; ")), server);
    }
    if !cannot.is_empty() {
        return mended(Judgement::unknown(cannot.join("; ")), server);
    }
    let newest = majors.iter().copied().max().unwrap_or(0);
    Judgement::pass(format!(
        "pg_dump and pg_restore {newest} fit PostgreSQL {server}"
    ))
}

fn mended(said: Judgement, server: u32) -> Judgement {
    // The server's own major fits best; OpenMetadata asks for 13.3 where the server is older.
    let major = server.max(OLDEST.0);
    said.remedy(format!(
        "install the tools of PostgreSQL {major} (package postgresql-client-{major}; where the system has no such package, PostgreSQL's own package source has) and put them first on PATH; or put wrapper scripts named pg_dump and pg_restore first on PATH that start them in a throwaway container of the image postgres:{major} with the host's network, the PG... variables, the backup and state folders and the file that PGPASSFILE names passed in"
    ))
    .command(format!("apt install postgresql-client-{major}"))
}

fn numbers(name: &str, tool: Option<&ToolFacts>) -> Result<(u32, u32), Problem> {
    let Some(tool) = tool else {
        return Err(Problem::CannotTell(format!("nobody looked for {name}")));
    };
    if tool.path.is_none() {
        return Err(Problem::Bad(format!("{name} is not on PATH")));
    }
    match (tool.version.known(), tool.numbers) {
        (Some(_), Some(numbers)) => Ok(numbers),
        (_, _) => Err(Problem::CannotTell(format!(
            "{name} does not tell its version"
        ))),
    }
}

fn unfit(name: &str, found: (u32, u32), server: u32) -> Option<String> {
    if found < OLDEST {
        return Some(format!(
            "{name} {}.{} is older than {}.{}, the oldest that OpenMetadata's guide allows",
            found.0, found.1, OLDEST.0, OLDEST.1
        ));
    }
    if found.0 < server {
        return Some(format!(
            "{name} {}.{} is older than the server (PostgreSQL {server}) and refuses it",
            found.0, found.1
        ));
    }
    let sets_unknown = name == "pg_restore"
        && found.0 >= SETS_TRANSACTION_TIMEOUT
        && server < SETS_TRANSACTION_TIMEOUT;
    sets_unknown.then(|| {
        format!(
            "{name} {}.{} begins with SET transaction_timeout, which PostgreSQL {server} does not know: no restore would succeed",
            found.0, found.1
        )
    })
}

pub(super) fn line(name: &str, tool: Option<&ToolFacts>) -> String {
    let Some(tool) = tool else {
        return format!("{name}: not looked for");
    };
    let place = match &tool.path {
        Some(path) => path.display().to_string(),
        None => return format!("{name}: not found"),
    };
    match &tool.version {
        Probe::Known(version) => format!("{place}: {version}"),
        Probe::Unknown(why) => format!("{place}: version not known: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::OLDEST;
    use crate::checks::tools_mysql;
    use crate::knowledge::Knowledge;

    #[test]
    fn the_figures_are_those_of_the_page() {
        let knowledge = Knowledge::embedded();
        for (id, (major, minor)) in [("pg-dump", OLDEST), ("mysqldump", tools_mysql::OLDEST)] {
            let figure = knowledge.figure(id).expect("a figure");
            assert_eq!(figure.value, format!("{major}.{minor}"), "{id}");
        }
    }
}
