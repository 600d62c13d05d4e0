//! OM-WRITE-003: nobody holds a lock for long that the migration's changes of tables would wait for.
//!
//! A transaction is seen by OM-WRITE-002; this one also sees `LOCK TABLES`, a read lock on the whole
//! server, a prepared transaction, and sessions that work out of another database.

use super::check::{Check, Cost, Item, Judgement};
use super::words::age;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::lock_holder::LockHolder;
use crate::domain::names::Engine;
use crate::domain::survey::{Probe, Survey};
use crate::knowledge::Knowledge;

/// Ages in seconds from which a lock is worth a word, and from which it blocks (omup's own figures, those
/// of OM-WRITE-002).
const LONG: u64 = 60;
const TOO_LONG: u64 = 600;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-WRITE-003",
        title: "Nobody holds a lock in the migration's way",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: false,
        condition: "held for more than 60 s is a warning, for more than 600 s fails (omup's own figures); looked at again before the migration and while it waits",
    },
    judge,
};

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    if survey.database.identity.engine == Engine::Sqlite {
        return Judgement::skip("the practice database has no locks that are kept");
    }
    let holders = match &survey.locks {
        Probe::Known(holders) => holders,
        Probe::Unknown(why) => return not_seen(survey, why.as_str()),
    };
    let mut long: Vec<(u64, &LockHolder)> = holders
        .iter()
        .filter_map(|holder| holder.seconds.map(|seconds| (seconds, holder)))
        .filter(|(seconds, _)| *seconds > LONG)
        .collect();
    long.sort_by_key(|(seconds, holder)| (u64::MAX - seconds, holder.session.pid));
    let lines: Vec<String> = long.iter().map(|(_, holder)| holder.words()).collect();
    let remedy = "ask whoever runs it to end it; during the migration you are asked whether such a session is to be ended";
    match long.first() {
        None => Judgement::pass("nobody has held a lock on a table for more than a minute"),
        Some((seconds, _)) if *seconds > TOO_LONG => Judgement::fail(format!(
            "a lock has been held for {}: the migration would wait behind it, and users behind the migration",
            age(*seconds)
        ))
        .seen_all(lines)
        .remedy(remedy),
        Some((seconds, _)) => Judgement::warn(format!("a lock has been held for {}", age(*seconds)))
            .seen_all(lines)
            .remedy(remedy),
    }
}

/// Waiting for a lock makes the migration slow, not wrong: who may not see them is told how to, and goes on. A look
/// that went wrong otherwise is UNKNOWN as everywhere.
fn not_seen(survey: &Survey, why: &str) -> Judgement {
    let remedy = "let the database's administrator allow it: should the migration wait for a lock, its holder can then be named";
    let lacking = survey
        .database
        .rights
        .iter()
        .find(|right| right.name == "SEE LOCKS" && !right.held);
    match lacking {
        Some(right) => Judgement::warn(
            "who holds locks cannot be seen by this user: the migration may have to wait without saying for whom",
        )
        .seen(why)
        .remedy(remedy)
        .command(right.grant.clone()),
        None => Judgement::unknown("who holds locks could not be seen").seen(why),
    }
}
