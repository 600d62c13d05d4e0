//! OM-HIST-001 to 004: OpenMetadata's bookkeeping is whole, what it leaves pending, and whether we
//! can read it.

use std::collections::BTreeSet;

use super::check::{Check, Cost, Item, Judgement, known};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::migration::{History, PendingVersion, StatementClass};
use crate::domain::names::Engine;
use crate::domain::setting;
use crate::domain::survey::Survey;
use crate::domain::version::OmVersion;
use crate::knowledge::Knowledge;

pub const CONSISTENT: Check = Check {
    item: Item {
        id: "OM-HIST-001",
        title: "The migration history is consistent",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: true,
        condition: "no version begun or failed, no failed Flyway row, nothing newer than the target",
    },
    judge: consistent,
};

pub const PENDING: Check = Check {
    item: Item {
        id: "OM-HIST-002",
        title: "The pending work is computed",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: true,
        condition: "versions and statements that the target's files would still run on this database; files that OpenMetadata's migration tool ignores are warned of",
    },
    judge: pending,
};

pub const HASH_RULE: Check = Check {
    item: Item {
        id: "OM-HIST-003",
        title: "The statement log can be read",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: true,
        condition: "every logged checksum is the MD5 of its statement; otherwise progress and outcome could not be judged",
    },
    judge: hash_rule,
};

pub const FOLDERS: Check = Check {
    item: Item {
        id: "OM-HIST-004",
        title: "History and migration folders tell the same",
        blocks: Blocks::No,
        cost: Cost::Host,
        of_release: true,
        condition: "every migration folder of the old version is recorded, and every recorded version has a folder in the old or the new one",
    },
    judge: folders,
};

fn history(survey: &Survey) -> Result<&History, Judgement> {
    let history = known(&survey.history, "the migration history")?;
    if history.native.is_none() {
        return Err(
            Judgement::unknown("there is no SERVER_CHANGE_LOG to judge").remedy(
                "see OM-DB-004: without this table the database is empty, foreign or very old",
            ),
        );
    }
    Ok(history)
}

fn consistent(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let history = match history(survey) {
        Ok(history) => history,
        Err(unknown) => return unknown,
    };
    let mut broken: Vec<String> = Vec::new();
    let mut strange: Vec<String> = Vec::new();
    for row in history.native.iter().flatten() {
        match row.status.as_ref().map(|status| status.as_str()) {
            None | Some("COMPLETED") => {}
            Some(status @ ("STARTED" | "FAILED")) => broken.push(format!(
                "{} was {} and never finished",
                row.version,
                status.to_lowercase()
            )),
            Some(other) => {
                strange.push(format!("{} has the unknown status '{other}'", row.version))
            }
        }
        if row.version.as_str().parse::<OmVersion>().is_err() {
            strange.push(format!("'{}' is no version that we can read", row.version));
        }
    }
    for row in history.flyway.iter().flatten().filter(|row| !row.success) {
        broken.push(format!("Flyway's version {} failed", row.version));
    }
    let target = known(&survey.versions.target, "the new folder's version");
    if let Ok(target) = &target {
        broken.extend(
            newer(history, target)
                .map(|version| format!("{version} is newer than the target {target}")),
        );
    }
    if !broken.is_empty() {
        return Judgement::fail(format!(
            "{} in the migration history cannot stand before an upgrade",
            count(broken.len(), "entry", "entries")
        ))
        .seen_all(broken)
        .seen_all(strange)
        .remedy("finish that migration with the version that began it, or restore a backup of the last whole state; do not use OpenMetadata's --force, which marks failed work as done");
    }
    if !strange.is_empty() {
        return Judgement::unknown(format!(
            "{} in the migration history cannot be judged",
            count(strange.len(), "entry", "entries")
        ))
        .seen_all(strange)
        .remedy("find out who wrote these rows; if they belong to an extension that you know, waive this check");
    }
    match target {
        Err(unknown) => unknown,
        Ok(_) => Judgement::pass(format!(
            "{} in the history, all finished, none newer than the target",
            count(
                history.native.iter().flatten().count(),
                "version",
                "versions"
            )
        )),
    }
}

fn newer<'a>(history: &'a History, target: &'a OmVersion) -> impl Iterator<Item = OmVersion> + 'a {
    history
        .native
        .iter()
        .flatten()
        .filter_map(|row| row.version.as_str().parse::<OmVersion>().ok())
        .filter(|version| version.triple() > target.triple())
}

/// Versions of the folders that the survey has listed under a key.
fn listed(survey: &Survey, key: &str) -> Option<BTreeSet<OmVersion>> {
    let list = survey.deployment.settings.get(key)?;
    Some(
        list.as_str()
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect(),
    )
}

fn folders(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let history = match history(survey) {
        Ok(history) => history,
        Err(unknown) => return unknown,
    };
    let (Some(old), Some(new)) = (
        listed(survey, setting::OLD_MIGRATIONS),
        listed(survey, setting::NEW_MIGRATIONS),
    ) else {
        return Judgement::unknown(
            "the migration folders of old and new version could not be listed",
        )
        .remedy("look whether both have bootstrap/sql/migrations/native, then check again");
    };
    let recorded: BTreeSet<OmVersion> = history
        .native
        .iter()
        .flatten()
        .filter_map(|row| row.version.as_str().parse::<OmVersion>().ok())
        .filter(|version| !version.is_bookkeeping())
        .collect();
    let missing: Vec<String> = old
        .difference(&recorded)
        .map(|version| format!("{version}: the old version brings it, and it is not recorded"))
        .collect();
    let strange: Vec<String> = recorded
        .iter()
        .filter(|version| !old.contains(version) && !new.contains(version))
        .map(|version| format!("{version}: recorded, and neither version brings it"))
        .collect();
    if missing.is_empty() && strange.is_empty() {
        return Judgement::pass(format!(
            "{} of the old version, all recorded",
            count(old.len(), "migration folder", "migration folders")
        ));
    }
    Judgement::warn(format!(
        "{} not recorded, {} of unknown origin",
        count(missing.len(), "migration folder is", "migration folders are"),
        count(strange.len(), "recorded version is", "recorded versions are")
    ))
    .seen_all(missing)
    .seen_all(strange)
    .remedy("a gap below the highest recorded version is never run by targets before 1.13 (OpenMetadata, MigrationWorkflow); ask which build left it, and compare the tables with a fresh installation of the old version if something is missed")
}

fn pending(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let work = match known(&survey.pending, "the pending work") {
        Ok(work) => work,
        Err(unknown) => return unknown,
    };
    if work.versions.is_empty() {
        return Judgement::info("the target's files have nothing left to run on this database")
            .remedy("if the database was never upgraded to the target, look whether its bootstrap/sql folder is whole");
    }
    let statements = count(work.statements(), "statement", "statements");
    let versions = count(work.versions.len(), "version", "versions");
    let summary =
        format!("{versions} with {statements} are pending, each version with its data step");
    let lines = work.versions.iter().map(line);
    let ignored: Vec<String> = work
        .versions
        .iter()
        .flat_map(|version| {
            version.ignored_files.iter().map(move |file| {
                format!(
                    "{}: OpenMetadata's migration tool will ignore the file {file}",
                    version.version
                )
            })
        })
        .collect();
    if ignored.is_empty() {
        return Judgement::pass(summary).seen_all(lines);
    }
    Judgement::warn(format!(
        "{summary}; {} in the target's folders will be ignored by OpenMetadata's migration tool",
        count(ignored.len(), "file", "files")
    ))
    .seen_all(ignored)
    .seen_all(lines)
    .remedy("nothing to do before the upgrade: the release was published so (a misnamed file is never run); tell OpenMetadata's makers if what it holds is missed afterwards")
}

fn line(version: &PendingVersion) -> String {
    let rebuilds = version
        .statements
        .iter()
        .filter(|statement| statement.class == StatementClass::Rebuild)
        .count();
    let long = match rebuilds {
        0 => String::new(),
        some => format!(
            ", {} a whole table",
            if some == 1 {
                "1 rebuilds".to_string()
            } else {
                format!("{some} rebuild")
            }
        ),
    };
    let again = match version.repeated {
        0 => String::new(),
        some => format!(
            "; {} an earlier one word for word and should be skipped by the log",
            count(some, "more repeats", "more repeat")
        ),
    };
    format!(
        "{}: {}{long}{again}",
        version.version,
        count(version.statements.len(), "statement", "statements")
    )
}

fn hash_rule(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let history = match history(survey) {
        Ok(history) => history,
        Err(unknown) => return unknown,
    };
    let logged: usize = history.statements.values().map(Vec::len).sum();
    if history.foreign_checksums == 0 {
        return Judgement::pass(format!(
            "{} logged, each under the MD5 of its text",
            count(logged, "statement is", "statements are")
        ));
    }
    let said = Judgement::unknown(format!(
        "{} of {} in SERVER_MIGRATION_SQL_LOGS carry a checksum by a rule that omup does not know",
        history.foreign_checksums,
        count(logged, "statement", "statements")
    ))
    .seen("pending work, progress and the outcome after an interruption are judged by these checksums")
    .remedy("look at these rows; if they were written by hand or by a changed OpenMetadata, waive this check knowing that omup may count work as pending that is done");
    match survey.database.identity.engine {
        Engine::Postgres => said.command("SELECT version, checksum, left(sqlstatement, 60) FROM server_migration_sql_logs WHERE checksum <> md5(sqlstatement);"),
        Engine::Mysql => said.command("SELECT version, checksum, LEFT(sqlStatement, 60) FROM SERVER_MIGRATION_SQL_LOGS ORDER BY executedAt;"),
        Engine::Sqlite => said,
    }
}
