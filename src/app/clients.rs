//! `omup clients TO`: the Python packages beside OpenMetadata, and the operators' own files.

use super::error::{CommandError, Result};
use super::out;
use crate::cli::ClientsArgs;
use crate::domain::answers::ClientAnswers;
use crate::domain::client_report;
use crate::domain::instance::CodeFacts;
use crate::domain::survey::Probe;
use crate::domain::version::OmVersion;
use crate::exit_code::ExitCode;
use crate::knowledge::{ClientAdvice, Knowledge};
use crate::survey::{clients as found_here, code};

fn version(text: &str) -> Result<OmVersion> {
    text.parse()
        .map_err(|error| CommandError::new(ExitCode::Usage, format!("{error}")))
}

pub fn clients(args: &ClientsArgs) -> Result<ExitCode> {
    let to = version(&args.to)?;
    let knowledge = Knowledge::embedded();
    let answers = ClientAnswers {
        folders: args.folders.clone(),
        reports: (!args.reports.is_empty()).then(|| args.reports.clone()),
        code: (!args.code.is_empty()).then(|| args.code.clone()),
        pasted: Vec::new(),
    };
    let found = found_here::of(&answers);
    let advice: Vec<ClientAdvice> = found
        .found
        .iter()
        .map(|client| knowledge.advise(client, &to))
        .collect();
    let marks = match &args.from {
        Some(from) => knowledge.code_marks(&version(from)?, &to),
        None => Vec::new(),
    };
    let code = code::of(answers.code.as_deref(), &marks);
    if args.json {
        out::json(&serde_json::json!({
            "schema_version": 1,
            "to": to,
            "rule": knowledge.client_rule(&to),
            "clients": advice,
            "unseen": found.unseen,
            "code": code,
        }));
        return Ok(ExitCode::Ok);
    }
    match knowledge.client_rule(&to) {
        Some(rule) => out::line(format!("Rule: {rule}.")),
        None => out::line(format!("omup knows no rule for {to}.")),
    }
    for one in &advice {
        print(one);
    }
    if advice.is_empty() {
        out::line("No environment with openmetadata-ingestion was found on this host.");
    }
    if let Some(unseen) = &found.unseen {
        out::line(format!("There may be more: {unseen}."));
        out::line(
            "Run this where ingestion runs, with the environment's own python3, keep what it prints in a file, and name it with --report FILE:",
        );
        out::page(client_report::COMMAND);
    }
    if let Probe::Known(code) = &code {
        print_code(code, &knowledge, &to);
    }
    Ok(ExitCode::Ok)
}

fn print(advice: &ClientAdvice) {
    let client = &advice.client;
    let mut packages = Vec::new();
    for (name, version) in [
        ("openmetadata-ingestion", &client.ingestion),
        ("openmetadata-managed-apis", &client.managed_apis),
        ("apache-airflow", &client.airflow),
        ("Python", &client.python),
    ] {
        packages.extend(version.as_ref().map(|version| format!("{name} {version}")));
    }
    out::line("");
    out::line(format!("{}  {}", client.place, advice.standing.words()));
    out::line(format!("  {}", packages.join(", ")));
    for remark in &advice.remarks {
        out::line(format!("  ! {remark}"));
    }
    out::line(format!("  {}", advice.line));
}

fn print_code(code: &CodeFacts, knowledge: &Knowledge, to: &OmVersion) {
    out::line("");
    let (count, files) = (code.hits.len(), code.files);
    out::line(format!(
        "{count} places in {files} files are broken by a release on the way:"
    ));
    let notes = knowledge.notes(&OmVersion::new(0, 0, 0), to);
    for hit in &code.hits {
        out::line(format!("{}:{}: {}", hit.file, hit.line, hit.text));
        let note = notes.iter().find(|note| note.change.id == hit.change);
        let Some(change) = note.map(|note| &note.change) else {
            continue;
        };
        let instead = hit.instead.as_ref().or(change.remedy.as_ref());
        out::line(format!("    {} ({})", change.title, change.since));
        out::line(format!(
            "    instead: {}",
            instead.map_or("see the note", String::as_str)
        ));
    }
    for unread in &code.unread {
        out::line(format!("not read: {unread}"));
    }
}
