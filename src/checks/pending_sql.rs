//! OM-SQL-001 to 003: the database can take what the target's files will run on it: its log keeps
//! every statement, the tables are as the statements expect, the functions that they call exist.

use std::collections::BTreeMap;

use super::check::{Check, Cost, Item, Judgement, known};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::migration::{PendingStatement, PendingWork};
use crate::domain::names::Engine;
use crate::domain::schema_touch::Reading;
use crate::domain::schema_walk::misfits;
use crate::domain::sql_ground::SqlGround;
use crate::domain::survey::Survey;
use crate::domain::version::OmVersion;
use crate::knowledge::Knowledge;

pub const KEPT: Check = Check {
    item: Item {
        id: "OM-SQL-001",
        title: "The statement log can keep every pending statement",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: true,
        condition: "each pending statement against length and character set of SERVER_MIGRATION_SQL_LOGS: OpenMetadata runs a statement first and logs it then, so one that cannot be logged has been done when the migration stops",
    },
    judge: kept,
};

pub const SHAPE: Check = Check {
    item: Item {
        id: "OM-SQL-002",
        title: "The tables are as the pending statements expect",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: true,
        condition: "each pending statement in its order against the tables, columns and indexes that are there: nothing that it adds is there already, nothing that it changes or reads is missing; columns as far as it writes them or names them with their table; a form of statement that omup does not read is named as not looked at",
    },
    judge: shape,
};

pub const FUNCTIONS: Check = Check {
    item: Item {
        id: "OM-SQL-003",
        title: "The server has the functions that the pending statements call",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: true,
        condition: "on MySQL: MD5, SHA and SHA1, which MySQL 9.6 took out of the server, are asked of this very server where a pending statement calls them",
    },
    judge: functions,
};

/// The most lines that are shown of each kind.
const SHOWN: usize = 20;

fn facts(survey: &Survey) -> Result<(&PendingWork, &SqlGround), Judgement> {
    Ok((
        known(&survey.pending, "the pending work")?,
        known(&survey.ground, "what the database says to the pending work")?,
    ))
}

fn statements(work: &PendingWork) -> Vec<(&OmVersion, &PendingStatement)> {
    work.versions
        .iter()
        .flat_map(|one| {
            one.statements
                .iter()
                .map(|statement| (&one.version, statement))
        })
        .collect()
}

fn shown(lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("and {more} more"));
    lines.into_iter().take(SHOWN).chain(rest).collect()
}

fn kept(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let (work, ground) = match facts(survey) {
        Ok(facts) => facts,
        Err(unknown) => return unknown,
    };
    let all = statements(work);
    let Some(log) = &ground.log else {
        return Judgement::unknown("there is no column SERVER_MIGRATION_SQL_LOGS.sqlStatement to look at")
            .remedy("see OM-DB-004 and OM-HIST-001: without the log the history of this database is not known");
    };
    let mut lines = Vec::new();
    let (mut foreign, mut long) = (0, 0);
    for (version, statement) in &all {
        let lost: Vec<String> = statement
            .needs
            .letters
            .chars()
            .filter(|letter| log.lost.contains(*letter))
            .map(|letter| format!("'{letter}' (U+{:04X})", u32::from(letter)))
            .collect();
        if !lost.is_empty() {
            foreign += 1;
            lines.push(format!(
                "{version}: {}: {}",
                statement.head,
                lost.join(", ")
            ));
        }
        if let Some(longest) = log.longest.filter(|most| statement.needs.length > *most) {
            long += 1;
            lines.push(format!(
                "{version}: {}: {} characters, and the column takes {longest}",
                statement.head, statement.needs.length
            ));
        }
    }
    if lines.is_empty() {
        return Judgement::pass(format!(
            "{} fit into the log ({})",
            count(all.len(), "pending statement", "pending statements"),
            log.charset
        ));
    }
    let said = Judgement::fail(format!(
        "the log cannot keep {} ({} with characters outside of {}, {long} too long): each would be run and not logged, the migration would stop there, and run again it would do the work twice",
        count(foreign + long, "pending statement", "pending statements"),
        foreign,
        log.charset
    ))
    .seen_all(shown(lines));
    match survey.database.identity.engine {
        Engine::Mysql if long == 0 => said
            .remedy("let a database administrator give the log a character set that has every character; the table is small, and OpenMetadata only adds rows to it")
            .command("ALTER TABLE SERVER_MIGRATION_SQL_LOGS MODIFY sqlStatement VARCHAR(10000) CHARACTER SET utf8mb4 NOT NULL;"),
        Engine::Mysql => said
            .remedy("let a database administrator widen the column, with a character set that has every character, before the migration")
            .command("ALTER TABLE SERVER_MIGRATION_SQL_LOGS MODIFY sqlStatement MEDIUMTEXT CHARACTER SET utf8mb4 NOT NULL;"),
        Engine::Postgres if foreign > 0 => said.remedy("OpenMetadata needs a database in UTF8: dump this one, restore it into a database made with ENCODING 'UTF8', and let the old version run on that first"),
        Engine::Postgres => said
            .remedy("let the table's owner widen the column before the migration")
            .command("ALTER TABLE server_migration_sql_logs ALTER COLUMN sqlstatement TYPE text;"),
        Engine::Sqlite => said.remedy("this is a fault of the practice deployment: report it"),
    }
}

fn shape(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let (work, ground) = match facts(survey) {
        Ok(facts) => facts,
        Err(unknown) => return unknown,
    };
    let all = statements(work);
    let readings = all.iter().map(|(_, statement)| &statement.needs.reading);
    let found = misfits(&ground.schema, readings);
    let line = |index: usize, what: &str| match all.get(index) {
        Some((version, statement)) => format!("{version}: {what}: {}", statement.head),
        None => what.to_string(),
    };
    let told = |certain: bool| -> Vec<String> {
        let some = found.iter().filter(|misfit| misfit.certain == certain);
        some.map(|misfit| line(misfit.statement, &misfit.what))
            .collect()
    };
    let (drift, perhaps) = (told(true), told(false));
    let of = |what: &str, wanted: &dyn Fn(&Reading) -> bool| -> Vec<String> {
        all.iter()
            .filter(|(_, statement)| wanted(&statement.needs.reading))
            .map(|(version, statement)| format!("{what}: {version}: {}", statement.head))
            .collect()
    };
    let unread = of("not looked at", &|reading| {
        matches!(reading, Reading::NotRead { .. })
    });
    let partly = of("only the table that it writes was looked at", &|reading| {
        matches!(reading, Reading::Read { partly: true, .. })
    });
    let some = match partly.len() {
        0 => String::new(),
        some => format!(", of {some} only the table that it writes"),
    };
    let looked = format!(
        "{} of {} looked at{some}",
        all.len() - unread.len(),
        count(all.len(), "pending statement", "pending statements")
    );
    let remedy = "find out where the difference comes from: an upgrade that broke off between doing and logging, another version's migration, a change by hand. Take it back, or restore the state that the old version made; waived, the migration runs into the error and stops there";
    let said = if !drift.is_empty() {
        Judgement::fail(format!(
            "the schema is not the one that {} expected ({looked})",
            count(
                drift.len(),
                "pending statement is written for",
                "pending statements are written for"
            )
        ))
        .remedy(remedy)
    } else if !perhaps.is_empty() {
        Judgement::unknown(format!(
            "whether {} the schema that it is written for cannot be told ({looked})",
            count(perhaps.len(), "pending statement will find", "pending statements will find")
        ))
        .remedy("an earlier statement, which omup does not read, speaks of the same table: read both in the target's bootstrap/sql, then waive this check or take the difference back")
    } else if unread.is_empty() && partly.is_empty() {
        Judgement::pass(format!(
            "all {looked}; tables, indexes and the columns that they write or name with their table are as they expect"
        ))
    } else {
        Judgement::info(format!(
            "{looked}, and the schema is as these expect; {} not looked at",
            count(unread.len(), "is", "are")
        ))
    };
    said.seen_all(shown(drift))
        .seen_all(shown(perhaps))
        .seen_all(shown(partly))
        .seen_all(shown(unread))
}

fn functions(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    match survey.database.identity.engine {
        Engine::Mysql => {}
        Engine::Postgres => return Judgement::skip("PostgreSQL has kept its functions"),
        Engine::Sqlite => return Judgement::skip("the practice database is built in"),
    }
    let (work, ground) = match facts(survey) {
        Ok(facts) => facts,
        Err(unknown) => return unknown,
    };
    let mut callers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for (version, statement) in statements(work) {
        for name in &statement.needs.calls {
            *callers.entry(name).or_default() += 1;
            if ground.missing.contains_key(name) {
                lines.push(format!("{version}: {name}(): {}", statement.head));
            }
        }
    }
    if lines.is_empty() {
        let called = callers.keys().copied().collect::<Vec<_>>().join(", ");
        return match callers.len() {
            0 => Judgement::pass("no pending statement calls a function that MySQL has given up"),
            _ => Judgement::pass(format!(
                "pending statements call {called}, and this server has it"
            )),
        };
    }
    let names: Vec<&str> = ground.missing.keys().map(String::as_str).collect();
    Judgement::fail(format!(
        "this server has no {}, and {}: the migration would stop there",
        names.join(", "),
        count(lines.len(), "pending statement calls it", "pending statements call it")
    ))
    .seen_all(ground.missing.values().map(|said| format!("the server says: {said}")))
    .seen_all(shown(lines))
    .remedy("let a database administrator install MySQL's component for these functions, at least until the upgrade is done (MySQL manual, Legacy Hashing Component)")
    .command("INSTALL COMPONENT 'file://component_classic_hashing';")
}
