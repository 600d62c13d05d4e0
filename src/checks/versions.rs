//! OM-VER-001: database, running server and installed files speak of one version.
//!
//! Not every release brings a migration folder, so the database's newest row may rightly be lower
//! than the installed release. OpenMetadata's server refuses to start while a migration is pending
//! (`MigrationWorkflow`), so a running server of the installed version settles the question.

use super::check::{Check, Cost, Item, Judgement};
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::survey::{Owner, Probe, Survey};
use crate::domain::version::OmVersion;
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-VER-001",
        title: "Database, server and files are of one version",
        blocks: Blocks::BeforeBackup,
        cost: Cost::Query,
        of_release: false,
        condition: "the database's history and the old folder agree, and the server's answer too where it runs",
    },
    judge,
};

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let versions = &survey.versions;
    let all_three = [
        source("database (its history table)", &versions.database),
        source("server (its own answer)", &versions.server),
        source(
            &format!("files in {}", survey.deployment.old_home.display()),
            &versions.files,
        ),
    ];
    said(survey).seen_all(all_three)
}

fn source(name: &str, version: &Probe<OmVersion>) -> String {
    match version {
        Probe::Known(version) => format!("{name}: {version}"),
        Probe::Unknown(why) => format!("{name}: could not be read: {why}"),
    }
}

fn said(survey: &Survey) -> Judgement {
    let versions = &survey.versions;
    let (database, server, files) = (
        versions.database.known(),
        versions.server.known(),
        versions.files.known(),
    );
    if let (Some(server), Some(files)) = (server, files)
        && server.triple() != files.triple()
    {
        return Judgement::fail(format!(
            "the running server says {server}, but the old folder holds {files}"
        ))
        .remedy("set deployment.old_home to the folder that the running server was started from; if files were replaced under a running server, restart it first");
    }
    if let (Some(database), Some(other)) = (database, files.or(server))
        && (database.triple() > other.triple() || database.minor_line() != other.minor_line())
    {
        return Judgement::fail(format!(
            "the database is at {database} and the installed version is {other}"
        ))
        .remedy("the folder or the database is not the one in use, or an earlier upgrade stopped half way: finish or take back that upgrade first (a backup of this mixture would be no way back)");
    }
    match (database, server, files) {
        (None, _, _) | (_, _, None) => Judgement::unknown(
            "the database or the files do not tell their version",
        )
        .remedy("mend what hinders the look (the reason stands with the source), then check again"),
        (Some(database), None, Some(files)) => without_server(survey, database, files),
        (Some(database), Some(_), Some(files)) if database.triple() == files.triple() => {
            Judgement::pass(format!("database, server and files all say {database}"))
        }
        (Some(database), Some(_), Some(files)) => Judgement::info(format!(
            "{files} runs on a database whose newest migration is {database}: not every release brings one, and a server with pending migrations does not start"
        )),
    }
}

fn without_server(survey: &Survey, database: &OmVersion, files: &OmVersion) -> Judgement {
    if survey.deployment.owner != Owner::NotRunning {
        return Judgement::unknown("a server runs and does not tell its version")
            .remedy("look into the server's log and at its version address (/api/v1/system/version): a server that is ill now should be well before it is upgraded");
    }
    if database.triple() == files.triple() {
        return Judgement::info(format!(
            "database and files both say {database}; the server does not run and could not be asked"
        ));
    }
    Judgement::unknown(format!(
        "the database's newest migration is {database}, the files are {files}, and no server runs that could settle it"
    ))
    .remedy("start the old server once: it refuses to start while migrations are pending; then check again")
}
