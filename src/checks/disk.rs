//! OM-DISK-001, OM-DISK-002: room for everything that the run will write, with the arithmetic.
//!
//! Everything here is an estimate on the safe side. The archive before compression is taken to be as
//! large as the database on disk; roles on one device are added up. (Unpacking asks again, with the
//! exact size.) A data folder that cannot be seen from here (another host, no right) is UNKNOWN with
//! the figure, until a person says what is free there.

use std::path::Path;

use super::check::{Check, Cost, Item, Judgement};
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::names::Engine;
use crate::domain::space::{COMPRESSED_SHARE, SPARE, scaled, size};
use crate::domain::survey::{DiskFacts, Survey};
use crate::knowledge::Knowledge;

/// Journal, logs, reserve file.
const STATE_BYTES: u64 = 64 * 1024 * 1024;

pub const ROOM: Check = Check {
    item: Item {
        id: "OM-DISK-001",
        title: "There is room for backup, proof and migration",
        blocks: Blocks::BeforeBackup,
        cost: Cost::Host,
        of_release: false,
        condition: "free space of each filesystem against the sum of what will be written to it, +20 %; what the server writes to its own log counts too; of a database folder that cannot be seen the answers tell what is free (known.database_free_gib)",
    },
    judge: room,
};

const STATE_ROLE: &str = "state";
const LOG_ROLE: &str = "log";

pub const STATE: Check = Check {
    item: Item {
        id: "OM-DISK-002",
        title: "The state folder has room and can be written",
        blocks: Blocks::BeforeBackup,
        cost: Cost::Host,
        of_release: false,
        condition: "64 MB for journal and logs (omup's own figure)",
    },
    judge: state,
};

/// What one filesystem must hold.
struct Need<'a> {
    disk: &'a DiskFacts,
    folders: Vec<&'a Path>,
    parts: Vec<String>,
    sum: u64,
}

impl Need<'_> {
    fn bytes(&self) -> u64 {
        with_spare(self.sum)
    }

    fn fits(&self) -> bool {
        self.bytes() <= self.disk.free
    }

    fn line(&self) -> String {
        let folders: Vec<String> = self
            .folders
            .iter()
            .map(|f| f.display().to_string())
            .collect();
        format!(
            "filesystem of {}: {} = {} needed, {} of {} free{}",
            folders.join(", "),
            sum_words(&self.parts),
            size(self.bytes()),
            size(self.disk.free),
            size(self.disk.total),
            if self.fits() { "" } else { ": TOO SMALL" }
        )
    }
}

fn with_spare(sum: u64) -> u64 {
    sum.saturating_add(sum / 100 * SPARE)
}

fn sum_words(parts: &[String]) -> String {
    format!("({}) + {SPARE} %", parts.join(" + "))
}

fn disk<'a>(survey: &'a Survey, role: &str) -> Option<&'a DiskFacts> {
    survey.disks.iter().find(|disk| disk.role == role)
}

/// What the copy and the rebuild write to the server's log.
fn log_part(survey: &Survey) -> Option<(String, u64)> {
    let log = survey.database.log.as_ref()?;
    let rebuilt = survey.database.largest_table.as_ref().map_or(0, |t| t.1);
    let written = survey.database.bytes.saturating_add(rebuilt);
    let name = match survey.database.identity.engine {
        Engine::Postgres => "write-ahead log",
        Engine::Mysql => "binary log",
        Engine::Sqlite => "log",
    };
    let (bytes, why) = match log.limit {
        Some(limit) if limit < written => {
            (limit, "estimate: more than this the server does not keep")
        }
        Some(_) | None => (written, "estimate: as much as copy and rebuild"),
    };
    Some((format!("{name} {} ({why})", size(bytes)), bytes))
}

/// Words and bytes of what each role will hold.
fn parts(survey: &Survey, role: &str) -> Vec<(String, u64)> {
    let database = survey.database.bytes;
    match role {
        "backup" => {
            let stored = scaled(database, COMPRESSED_SHARE);
            vec![
                (
                    format!(
                        "stored backup {} (estimate: {:.0} % of the database's {})",
                        size(stored),
                        COMPRESSED_SHARE * 100.0,
                        size(database)
                    ),
                    stored,
                ),
                (
                    format!(
                        "archive unpacked for a restore {} (estimate: at most the database's size)",
                        size(database)
                    ),
                    database,
                ),
            ]
        }
        "database" => {
            let mut parts = vec![(
                format!("restored copy of the database {}", size(database)),
                database,
            )];
            if let Some((table, bytes)) = &survey.database.largest_table {
                parts.push((
                    format!("rebuild of the largest table {table} {}", size(*bytes)),
                    *bytes,
                ));
            }
            if disk(survey, LOG_ROLE).is_none() {
                parts.extend(log_part(survey));
            }
            parts
        }
        LOG_ROLE => log_part(survey).into_iter().collect(),
        _ => vec![(
            format!("journal and logs {}", size(STATE_BYTES)),
            STATE_BYTES,
        )],
    }
}

fn room(survey: &Survey, answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let mut needs: Vec<Need<'_>> = Vec::new();
    for role in ["backup", "database", LOG_ROLE, STATE_ROLE] {
        let Some(disk) = disk(survey, role) else {
            continue;
        };
        let at = match needs
            .iter()
            .position(|need| need.disk.device == disk.device)
        {
            Some(at) => at,
            None => {
                needs.push(Need {
                    disk,
                    folders: Vec::new(),
                    parts: Vec::new(),
                    sum: 0,
                });
                needs.len() - 1
            }
        };
        let need = &mut needs[at];
        need.folders.push(&disk.path);
        for (words, bytes) in parts(survey, role) {
            need.parts.push(words);
            need.sum = need.sum.saturating_add(bytes);
        }
    }
    said(survey, answers, &needs).seen_all(needs.iter().map(Need::line))
}

fn said(survey: &Survey, answers: &Answers, needs: &[Need<'_>]) -> Judgement {
    let Some(backup) = disk(survey, "backup") else {
        return Judgement::unknown("the backup folder's filesystem could not be looked at")
            .remedy("make the folder backup.dir of the answers (mode 0700), then check again");
    };
    let folder = backup.path.display();
    if !backup.writable {
        return Judgement::fail(format!("the backup folder {folder} cannot be written")).remedy(
            "give the user that runs omup the right to write it, or choose another backup.dir",
        );
    }
    let small: Vec<String> = needs
        .iter()
        .filter(|need| !need.fits())
        .map(|need| {
            format!(
                "{} more on the filesystem of {}",
                size(need.bytes().saturating_sub(need.disk.free)),
                need.folders
                    .first()
                    .map_or("", |f| f.to_str().unwrap_or("the folder below"))
            )
        })
        .collect();
    if !small.is_empty() {
        return Judgement::fail(format!("room is lacking: {}", small.join(", ")))
            .remedy("free that much, enlarge the filesystem, or set backup.dir to a folder on another one; the restored copy is made for the proof and again for the way back");
    }
    if disk(survey, "database").is_none() {
        let parts = parts(survey, "database");
        let sum = parts
            .iter()
            .fold(0_u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
        let words: Vec<String> = parts.into_iter().map(|(words, _)| words).collect();
        let needed = with_spare(sum);
        let line = format!(
            "database server: {} = {} needed",
            sum_words(&words),
            size(needed)
        );
        let gib = answers.known.database_free_gib;
        return match gib.map(|gib| gib.saturating_mul(1 << 30)) {
            None => Judgement::unknown(format!(
                "the database server's disk cannot be seen from here: it needs {} free",
                size(needed)
            ))
            .seen(line)
            .remedy("look what is free where the database server keeps its data (df -h on its host, or the provider's console), and tell it in whole GiB: t in the wizard, else `database_free_gib = ...` below [known] in the answers; then check again"),
            Some(free) if free < needed => Judgement::fail(format!(
                "the database server has {} free, as the answers say, and {} are needed",
                size(free),
                size(needed)
            ))
            .seen(line)
            .remedy("free that much on the database server, or enlarge its disk, and correct known.database_free_gib in the answers"),
            Some(free) => Judgement::pass(format!(
                "every filesystem has room; on the database server {} are free, as the answers say",
                size(free)
            ))
            .seen(line),
        };
    }
    Judgement::pass("every filesystem has room for what will be written to it")
}

fn state(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let Some(disk) = disk(survey, STATE_ROLE) else {
        return Judgement::unknown("the state folder's filesystem could not be looked at")
            .remedy("name a folder on this host with --state-dir, then check again");
    };
    let folder = disk.path.display();
    let seen = format!(
        "{folder}: {} free, {} asked for",
        size(disk.free),
        size(STATE_BYTES)
    );
    if !disk.writable {
        return Judgement::fail(format!("the state folder {folder} cannot be written"))
            .seen(seen)
            .remedy("give the user that runs omup the right to write it, or name another with --state-dir");
    }
    if disk.free < STATE_BYTES {
        return Judgement::fail(format!(
            "the state folder {folder} has {} free, less than {}",
            size(disk.free),
            size(STATE_BYTES)
        ))
        .seen(seen)
        .remedy("free some room there, or name another folder with --state-dir: without its journal a run cannot go on");
    }
    Judgement::pass(format!(
        "the state folder {folder} has {} free",
        size(disk.free)
    ))
    .seen(seen)
}
