//! OM-VER-002, OM-VER-003, OM-NOTES-001: where the upgrade goes, and what changes on the way.

use super::check::{Check, Cost, Item, Judgement, known};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::survey::Survey;
use crate::domain::version::OmVersion;
use crate::knowledge::{Knowledge, PathVerdict, Severity};

pub const ALLOWED: Check = Check {
    item: Item {
        id: "OM-VER-002",
        title: "This version path exists",
        blocks: Blocks::Always,
        cost: Cost::Query,
        of_release: true,
        condition: "from the database's version to the new folder's version in one hop; what our data does not know blocks before the migration",
    },
    judge: allowed,
};

pub const TARGET: Check = Check {
    item: Item {
        id: "OM-VER-003",
        title: "The new version's files are known",
        blocks: Blocks::BeforeBackup,
        cost: Cost::Host,
        of_release: true,
        condition: "the new folder tells its version, and it is a release that this omup knows",
    },
    judge: target,
};

pub const NOTES: Check = Check {
    item: Item {
        id: "OM-NOTES-001",
        title: "Changes on the way are read",
        blocks: Blocks::No,
        cost: Cost::Query,
        of_release: true,
        condition: "counts the changes of every version crossed; those that a person must act on are named. What they ask about rows has 20 s together, with --full 600 s a statement",
    },
    judge: notes,
};

fn ends(survey: &Survey) -> Result<(&OmVersion, &OmVersion), Judgement> {
    Ok((
        known(&survey.versions.database, "the database's version")?,
        known(&survey.versions.target, "the new folder's version")?,
    ))
}

fn allowed(survey: &Survey, _answers: &Answers, knowledge: &Knowledge) -> Judgement {
    let (from, to) = match ends(survey) {
        Ok(ends) => ends,
        Err(unknown) => return unknown,
    };
    match knowledge.path(from, to) {
        PathVerdict::Allowed => one_hop(from, to, knowledge),
        PathVerdict::Refused { reason, via } => {
            let said = Judgement::fail(format!("{from} -> {to} is not possible")).seen(reason);
            match via {
                Some(stop) => said.seen(format!("stop to make first: {stop}, or a newer one of its line")).remedy(format!(
                    "upgrade to the newest {}.{}.x first (a run of its own, with its own backup), then to {to}",
                    stop.minor_line().0,
                    stop.minor_line().1
                )),
                None => said.remedy("choose a newer version for deployment.new_home; to go back to an older one, use `omup rollback` or restore a backup of that version"),
            }
        }
        PathVerdict::Unknown { reason } => {
            Judgement::unknown(format!("omup has no rule for {from} -> {to}"))
                .blocking(Blocks::BeforeMigrate)
                .seen(reason)
                .remedy(
                    "use an omup that knows both versions, or choose a target that this one knows",
                )
        }
    }
}

fn one_hop(from: &OmVersion, to: &OmVersion, knowledge: &Knowledge) -> Judgement {
    let advised = knowledge.advised_stops(from, to);
    let Some(last) = advised.last() else {
        return Judgement::pass(format!("{from} -> {to} can be done in one hop"));
    };
    Judgement::warn(format!(
        "{from} -> {to} can be done in one hop; a stop at the newest {}.{}.x is the safer way",
        last.at.minor_line().0,
        last.at.minor_line().1
    ))
    .seen_all(advised.iter().map(|stop| format!("{}: {}", stop.at, stop.why)))
    .remedy(format!(
        "upgrade to {} first (a run of its own, with its own backup), then to {to}; or go on: the proven backup is the way back from either",
        last.at
    ))
}

fn target(survey: &Survey, _answers: &Answers, knowledge: &Knowledge) -> Judgement {
    let folder = survey.deployment.new_home.display();
    match known(&survey.versions.target, "the new folder's version") {
        Err(unknown) => unknown.remedy(format!(
            "unpack the release's openmetadata-<version>.tar.gz and set deployment.new_home to it (now: {folder})"
        )),
        Ok(version) if knowledge.known(version) => {
            Judgement::pass(format!("{folder} holds OpenMetadata {version}"))
        }
        Ok(version) => Judgement::warn(format!(
            "{folder} holds OpenMetadata {version}, which is {}",
            match version.suffix() {
                Some(_) => "no release: a candidate, a snapshot or a build of somebody's own",
                None => "newer than what this omup knows or was never released",
            }
        ))
        .seen("every built-in rule about versions is not known for this target")
        .remedy("use a newer omup, or a released version"),
    }
}

fn notes(survey: &Survey, _answers: &Answers, knowledge: &Knowledge) -> Judgement {
    let (from, to) = match ends(survey) {
        Ok(ends) => ends,
        Err(unknown) => return unknown,
    };
    if from.triple() >= to.triple() {
        return Judgement::skip("no newer version is crossed");
    }
    let notes = knowledge.notes(from, to);
    let acts: Vec<String> = notes
        .iter()
        .filter(|note| note.change.severity == Severity::MustAct)
        .map(|note| note.line())
        .collect();
    let summary = format!(
        "{} between {from} and {to}, {} to act on",
        count(notes.len(), "known change", "known changes"),
        acts.len()
    );
    let covered = knowledge.covers(from) && knowledge.known(to);
    let said = if !covered {
        Judgement::unknown(format!(
            "{summary}, but omup's copy of the notes does not cover both versions"
        ))
        .remedy("read OpenMetadata's own release notes of every version crossed")
    } else if !acts.is_empty() {
        Judgement::warn(summary)
            .remedy("read them and do what concerns this deployment before the upgrade begins")
    } else {
        Judgement::info(summary).remedy("read them before the upgrade begins")
    };
    said.seen_all(acts)
        .command(format!("omup notes {from} {to}"))
}
