//! OM-OWN-001: whoever starts and stops the server is known, so that it stays stopped.

use super::check::{Check, Cost, Item, Judgement};
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::setting;
use crate::domain::survey::{Owner, Survey};
use crate::knowledge::Knowledge;

pub const KNOWN: Check = Check {
    item: Item {
        id: "OM-OWN-001",
        title: "The server's owner is known",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Host,
        of_release: false,
        condition: "pid file, systemd, runit, supervisord or the answers' own commands: omup stops and starts the server only through its owner",
    },
    judge,
};

pub const STARTS: Check = Check {
    item: Item {
        id: "OM-OWN-002",
        title: "The server's owner can start the new version",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Host,
        of_release: false,
        condition: "the service's definition goes through a symbolic link, the operator's command through {home}, or the installation's own script is used",
    },
    judge: starts,
};

/// An owner whose definition names the old folder would start the old version on the migrated
/// database, and the new one would never come up.
fn starts(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let deployment = &survey.deployment;
    if let Owner::Unknown { .. } = deployment.owner {
        return Judgement::skip("who starts the server is not known (OM-OWN-001)");
    }
    let Some(route) = deployment.settings.get(setting::START_ROUTE) else {
        return Judgement::unknown("how the version that is started is chosen could not be read")
            .remedy("look at the definition of the server's service, then check again");
    };
    let route = route.as_str();
    if route == setting::ROUTE_FREE {
        return Judgement::pass("each version is started by its own folder");
    }
    if let Some(link) = route.strip_prefix(setting::ROUTE_LINK) {
        return Judgement::pass(format!(
            "its service goes through the link {link}, which is turned to the new folder"
        ));
    }
    let new = deployment.new_home.display().to_string();
    match route.strip_prefix(setting::ROUTE_HOME) {
        Some(home) if home == new => {
            Judgement::warn(format!("its service names {home}, the new folder, already"))
                .remedy("see that the server that runs now was not started from the new folder")
        }
        Some(home) => Judgement::fail(format!(
            "its service names the folder {home} and would start the old version again"
        ))
        .remedy("let the service go through a symbolic link (ln -s, then the link in its definition) and restart it once; in [server] start of the answers write {home} in the folder's place"),
        None => Judgement::warn("nothing in its definition tells which folder it starts from")
            .remedy("see that it starts the new folder once the old server is stopped; else give [server] stop and start in the answers, with {home} for the folder"),
    }
}

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    match &survey.deployment.owner {
        Owner::PidFile { pid, file } => Judgement::pass(format!(
            "the server (process {pid}) belongs to bin/openmetadata.sh and its pid file {}",
            file.display()
        )),
        Owner::Systemd { pid, unit } => Judgement::pass(format!(
            "the server (process {pid}) belongs to the systemd unit {unit}"
        )),
        Owner::Runit { pid, service } => Judgement::pass(format!(
            "the server (process {pid}) belongs to the runit service {}",
            service.display()
        )),
        Owner::Supervisord { pid, program } => Judgement::pass(format!(
            "the server (process {pid}) belongs to the supervisord program {program}"
        )),
        Owner::Commands { stop, start } => {
            Judgement::pass("the server is stopped and started by the commands in the answers")
                .seen(format!("stop: {stop}"))
                .seen(format!("start: {start}"))
        }
        Owner::Unknown { pid, parent } => Judgement::fail(format!(
            "nobody known holds the server (process {pid} under {parent}): stopped by force, it might come back in the middle of the migration"
        ))
        .remedy("write the commands that stop and start it on this host into the answers, under [server]: stop = \"...\" and start = \"...\"; they are run by /bin/sh -c as you would type them, with {home} for the version's folder"),
        Owner::NotRunning => Judgement::warn(
            "no server runs here: it cannot be asked for its version, and omup does not know how it is started",
        )
        .remedy("if it should run, start it and check again; if it is down on purpose or runs on another host, give [server] stop and start in the answers"),
    }
}
