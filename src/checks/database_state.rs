//! OM-DB-003, OM-DB-004, OM-DB-005, OM-LEFT-001: the database can be written, holds an OpenMetadata, is dumped as of
//! one moment, and no earlier run has left a database beside it.

use super::check::{Check, Cost, Item, Judgement, known};
use super::words::{count, quoted};
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::names::Engine;
use crate::domain::shell;
use crate::domain::space::size;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub const WRITABLE: Check = Check {
    item: Item {
        id: "OM-DB-003",
        title: "The database can be written",
        blocks: Blocks::BeforeBackup,
        cost: Cost::Query,
        of_release: false,
        condition: "neither a replica in recovery nor read-only by default",
    },
    judge: writable,
};

pub const NOT_EMPTY: Check = Check {
    item: Item {
        id: "OM-DB-004",
        title: "The database belongs to an OpenMetadata",
        blocks: Blocks::Always,
        cost: Cost::Query,
        of_release: false,
        condition: "SERVER_CHANGE_LOG exists and holds a row of a finished version",
    },
    judge: not_empty,
};

pub const TRANSACTIONS: Check = Check {
    item: Item {
        id: "OM-DB-005",
        title: "Every table is dumped as of one moment",
        blocks: Blocks::No,
        cost: Cost::Query,
        of_release: false,
        condition: "on MySQL: no table of an engine without transactions (MyISAM, MEMORY, ...)",
    },
    judge: transactions,
};

pub const LEFTOVERS: Check = Check {
    item: Item {
        id: "OM-LEFT-001",
        title: "No database of an earlier run is left",
        blocks: Blocks::No,
        cost: Cost::Query,
        of_release: false,
        condition: "no other database on the server has a name that omup makes (omup_...)",
    },
    judge: leftovers,
};

fn writable(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let database = &survey.database.identity.database;
    if !survey.database.read_only {
        return Judgement::pass(format!("'{database}' takes writes"));
    }
    let said = Judgement::fail(format!(
        "'{database}' is read-only: a replica, or made so by a setting"
    ))
    .seen(format!(
        "connected with {}:{}",
        survey.deployment.connection.host, survey.deployment.connection.port
    ));
    match survey.database.identity.engine {
        Engine::Postgres => said
            .remedy("connect with the primary; if this is the primary, find out who set default_transaction_read_only for it, for the database or for the user, and why")
            .command("SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only');"),
        Engine::Mysql => said
            .remedy("connect with the primary (the source of the replication); if this is it, find out who set read_only and why")
            .command("SELECT @@global.read_only, @@global.super_read_only; SHOW REPLICA STATUS;"),
        Engine::Sqlite => said.remedy("give the user of omup the right to write the database's file and its folder"),
    }
}

fn transactions(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    if survey.database.identity.engine != Engine::Mysql {
        return Judgement::skip("every table of this engine has transactions");
    }
    let tables = &survey.database.without_transactions;
    if tables.is_empty() {
        return Judgement::pass("every table has transactions");
    }
    Judgement::warn(format!(
        "{} no transactions: what is written into {} while the dump runs may stand in it by halves, and the digest gate may have to take a final backup in the downtime",
        count(tables.len(), "table has", "tables have"),
        if tables.len() == 1 { "it" } else { "them" }
    ))
    .seen_all(tables.iter().map(ToString::to_string))
    .remedy("let a database administrator give them InnoDB, as OpenMetadata's own tables have it, when nobody writes; or keep writers away while the dump begins (`read_lock = true` below [backup])")
    .command("ALTER TABLE <table> ENGINE = InnoDB;")
}

fn not_empty(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let history = match known(&survey.history, "the migration history") {
        Ok(history) => history,
        Err(unknown) => return unknown,
    };
    let database = &survey.database.identity.database;
    if let Some(version) = history.highest() {
        return Judgement::pass(format!("'{database}' was last migrated to {version}"));
    }
    let seen = [
        ("SERVER_CHANGE_LOG", history.native.as_ref().map(Vec::len)),
        (
            "DATABASE_CHANGE_LOG (Flyway)",
            history.flyway.as_ref().map(Vec::len),
        ),
    ]
    .map(|(table, rows)| match rows {
        Some(rows) => format!("{table}: {}", count(rows, "row", "rows")),
        None => format!("{table}: there is no such table"),
    });
    if history.native.is_none() && history.flyway.is_none() {
        return Judgement::fail(format!(
            "'{database}' has no history table: it is empty, or belongs to another program"
        ))
        .seen_all(seen)
        .remedy(
            "check the database settings of the old installation: there is nothing here to upgrade",
        );
    }
    if history.native.is_none() {
        let newest = history
            .flyway
            .iter()
            .flatten()
            .filter(|row| row.success)
            .map(|row| row.version.as_str())
            .max_by_key(|version| version.trim_start_matches(['v', 'V']).parse::<u64>().ok())
            .unwrap_or("none");
        let said = Judgement::fail(format!(
            "'{database}' knows only Flyway's history (newest version {newest}): OpenMetadata 1.0 or older, which this omup does not upgrade"
        ))
        .seen_all(seen)
        .remedy("make a native backup of it (`omup backup` takes one and proves it; the command beside this makes a dump), not one with `metadata backup`; upgrade it by OpenMetadata's own guide to a release from 1.1 to 1.10, then check again");
        return match native_dump(survey) {
            Some(command) => said.command(command),
            None => said,
        };
    }
    Judgement::fail(format!(
        "'{database}' has a history table, but no version in it was ever finished"
    ))
    .seen_all(seen)
    .remedy("a first installation stopped half way, or the rows were deleted: make the old version run on this database first, or restore a backup of it")
}

/// A whole dump by the database's own tool, as it is typed; it asks for the password.
fn native_dump(survey: &Survey) -> Option<String> {
    let facts = &survey.deployment.connection;
    let place = format!(
        "--host={} --port={}",
        shell::quoted(&facts.host),
        facts.port
    );
    let (user, database) = (shell::quoted(&facts.user), shell::quoted(&facts.database));
    match facts.engine {
        Engine::Postgres => Some(format!(
            "pg_dump --format=custom {place} --username={user} --file=openmetadata-before.pgdump {database}"
        )),
        Engine::Mysql => Some(format!(
            "mysqldump --single-transaction --routines --triggers --events --hex-blob --no-tablespaces --set-gtid-purged=OFF {place} --user={user} --password --result-file=openmetadata-before.sql {database}"
        )),
        Engine::Sqlite => None,
    }
}

fn leftovers(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let left = &survey.database.leftovers;
    if left.is_empty() {
        return Judgement::pass("no earlier run has left a database on this server");
    }
    let said = Judgement::warn(format!(
        "{} left on this server by earlier runs",
        count(left.len(), "database is", "databases are")
    ))
    .seen_all(left.iter().map(|name| format!("database {name}")))
    .seen(format!(
        "each may be as large as the database itself ({})",
        size(survey.database.bytes)
    ));
    match survey.database.identity.engine {
        Engine::Postgres | Engine::Mysql => {
            let statements: Vec<String> = left
                .iter()
                .map(|name| format!("DROP DATABASE {};", quoted(survey.database.identity.engine, name)))
                .collect();
            said.remedy("make sure that no run is using them (`omup runs list`, on every host that upgrades this server), then drop them, connected with another database")
                .command(statements.join(" "))
        }
        Engine::Sqlite => said.remedy("make sure that no run is using them (`omup runs list`), then remove their files from the practice folder"),
    }
}
