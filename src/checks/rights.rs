//! OM-DB-002: the database user may do what later steps do; every missing right with its GRANT.
//!
//! The names of rights are those of `src/database`; a name that is not known here is needed.

use super::check::{Check, Cost, Item, Judgement};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::backup::Level;
use crate::domain::finding::{Blocks, Verdict};
use crate::domain::names::Engine;
use crate::domain::survey::{Right, Survey};
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-DB-002",
        title: "The database user has the rights it will need",
        blocks: Blocks::BeforeBackup,
        cost: Cost::Query,
        of_release: false,
        condition: "backup, proof, migration and way back, each probed without changing anything; CREATE DATABASE is demanded when the backup must be restored and equal, and always needed for the way back",
    },
    judge,
};

fn judge(survey: &Survey, answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    match survey.database.identity.engine {
        Engine::Sqlite => return Judgement::skip("the practice database has no users"),
        Engine::Postgres | Engine::Mysql => {}
    }
    let user = &survey.deployment.connection.user;
    if survey.database.rights.is_empty() {
        return Judgement::unknown(format!("no right of '{user}' was probed"))
            .remedy("check again; if it stays so, this is a fault of omup");
    }
    let missing: Vec<(&Right, Verdict)> = survey
        .database
        .rights
        .iter()
        .filter(|right| !right.held)
        .map(|right| (right, weight(right, answers.backup.level)))
        .collect();
    let Some(worst) = missing.iter().map(|(_, verdict)| *verdict).max() else {
        return Judgement::pass(format!(
            "'{user}' has all {} rights that later steps use",
            survey.database.rights.len()
        ));
    };
    let number = count(missing.len(), "right", "rights");
    let said = match worst {
        Verdict::Fail => {
            Judgement::fail(format!("'{user}' lacks {number} that a later step needs"))
        }
        Verdict::Warn => Judgement::warn(format!(
            "'{user}' lacks {number}; the upgrade can go on, but not everything that may follow"
        )),
        Verdict::Pass | Verdict::Info | Verdict::Skip | Verdict::Unknown => {
            Judgement::info(format!("'{user}' lacks {number} that only serve comfort"))
        }
    };
    let statements: Vec<&str> = missing
        .iter()
        .flat_map(|(right, _)| right.grant.lines())
        .map(str::trim)
        // A comment would swallow what follows it in a line that is copied.
        .filter(|line| !line.is_empty() && !line.starts_with("--"))
        .collect();
    said.seen_all(missing.iter().map(|(right, _)| line(right)))
        .remedy("let a database administrator (a superuser, or the owner) run these statements in this database, then check again")
        .command(statements.join(" "))
}

/// What lacking a right means: FAIL, WARN or INFO.
fn weight(right: &Right, level: Level) -> Verdict {
    match right.name.as_str() {
        "CREATE DATABASE" | "SET DEFINERS" | "CREATE TRIGGERS AND FUNCTIONS"
            if level < Level::RestoredAndEqual =>
        {
            Verdict::Warn
        }
        "SEE OTHER SESSIONS" | "SEE LOCKS" => Verdict::Warn,
        "END OTHER SESSIONS" => Verdict::Info,
        _ => Verdict::Fail,
    }
}

fn line(right: &Right) -> String {
    let more = if right.name == "CREATE DATABASE" {
        " (the way back restores into a new database too)"
    } else {
        ""
    };
    format!(
        "missing {}, needed for {}{more}: {}",
        right.name, right.needed_for, right.grant
    )
}
