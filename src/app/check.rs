//! `omup check`, `omup plan`, `omup checks list`, `omup notes`: looking only, no run is made.

use std::path::Path;

use super::error::{CommandError, Result};
use super::open;
use super::out;
use super::plain_words::finding_line;
use super::private_folder::PrivateFolder;
use super::signals::while_looking;
use crate::checks;
use crate::database;
use crate::domain::answers::Answers;
use crate::domain::finding::{Blocks, Finding, counts};
use crate::domain::plan::{Goal, Intent, Plan};
use crate::domain::survey::Survey;
use crate::exit_code::ExitCode;
use crate::knowledge::{GuideQuestion, Knowledge, Note, PathVerdict, Relevance};
use crate::runner::folder::State;
use crate::steps;

/// Everything that looking gives.
pub struct Looked {
    pub answers: Answers,
    pub survey: Survey,
    pub findings: Vec<Finding>,
    pub plan: Plan,
    pub plan_digest: String,
}

/// Surveys, checks and plans. The database handle has no writing methods.
pub async fn look(state: &State, answers_file: &Path) -> Result<Looked> {
    look_with(state, open::answers(answers_file)?).await
}

/// As [`look`], with answers that stand in no file.
pub async fn look_with(state: &State, answers: Answers) -> Result<Looked> {
    look_at(state, answers, false).await
}

/// `full`: also what reads whole tables.
async fn look_at(state: &State, answers: Answers, full: bool) -> Result<Looked> {
    let opened = open::deployment(&answers).await?;
    let private = PrivateFolder::new()?;
    let database = database::connect(open::target(&opened, "omup check", &private.path)).await?;
    let survey = open::survey(&opened, database.as_ref(), &answers, &state.root, full).await?;
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let findings = checks::run_all(&survey, &answers, &Knowledge::embedded(), &today);
    let (plan, plan_digest) =
        open::plan(Goal::Upgrade, &opened, database.as_ref(), &survey, &answers).await?;
    Ok(Looked {
        answers,
        survey,
        findings,
        plan,
        plan_digest,
    })
}

/// Ids of checks: these only, or all but those.
#[derive(Debug, Default)]
pub struct Wanted {
    pub only: Vec<String>,
    pub except: Vec<String>,
}

impl Wanted {
    /// # Errors
    /// No check has one of the ids: a misspelt one must not hide a finding.
    fn known(&self) -> Result<()> {
        let catalogue = checks::catalogue();
        let unknown = |id: &&String| catalogue.iter().all(|item| item.id != id.as_str());
        match self.only.iter().chain(&self.except).find(unknown) {
            None => Ok(()),
            Some(id) => Err(CommandError::new(
                ExitCode::Usage,
                format!("there is no check '{id}'; `omup checks list` names them all"),
            )),
        }
    }

    fn wants(&self, id: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|one| one == id);
        (self.only.is_empty() || named(&self.only)) && !named(&self.except)
    }
}

/// `omup check`: every finding that is wanted; the exit code says whether one of these blocks.
pub async fn check(
    state: &State,
    answers_file: &Path,
    json: bool,
    wanted: &Wanted,
    full: bool,
) -> Result<ExitCode> {
    wanted.known()?;
    let look = look_at(state, open::answers(answers_file)?, full);
    let mut looked = while_looking(look).await?;
    let all = looked.findings.len();
    looked.findings.retain(|finding| wanted.wants(&finding.id));
    let left_out = all - looked.findings.len();
    let notes = match (&looked.plan.from, &looked.plan.to) {
        (Some(from), Some(to)) => Knowledge::embedded().judged_notes(&looked.survey, from, to),
        _ => Vec::new(),
    };
    let count = |relevance: Relevance| {
        let judged = |note: &&Note| {
            note.judged
                .as_ref()
                .is_some_and(|j| j.relevance == relevance)
        };
        notes.iter().filter(judged).count()
    };
    let blockers = steps::blockers(&looked.findings);
    if json {
        out::json(&serde_json::json!({
            "schema_version": 1,
            "identity": looked.survey.database.identity,
            "versions": looked.survey.versions,
            "counts": counts(&looked.findings).into_iter().map(|(v, n)| (v.word().to_lowercase(), n)).collect::<std::collections::BTreeMap<_, _>>(),
            "blocked": blockers.is_some(),
            "findings": looked.findings,
            "left_out": left_out,
            "notes": notes,
        }));
    } else {
        out::line(format!("{}", looked.survey.deployment.name));
        for finding in &looked.findings {
            out::line(finding_line(finding));
            for line in &finding.evidence {
                out::line(format!("             {line}"));
            }
            if let Some(command) = &finding.command {
                out::line(format!("             $ {command}"));
            }
        }
        let words: Vec<String> = counts(&looked.findings)
            .into_iter()
            .map(|(v, n)| format!("{n} {}", v.word()))
            .collect();
        out::line(words.join(", "));
        if left_out > 0 {
            out::line(format!(
                "{left_out} checks were left out; a run asks them too"
            ));
        }
        out::line(format!(
            "breaking changes on the way: {} concern you, {} cannot be told, {} do not",
            count(Relevance::Concerns),
            count(Relevance::CannotTell),
            count(Relevance::Not)
        ));
        match &blockers {
            Some((_, list)) => out::line(format!(
                "blocked by {}",
                list.iter()
                    .map(|f| f.id.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
            None => out::line(format!(
                "nothing blocks the upgrade; see it with `omup plan --answers {}`",
                answers_file.display()
            )),
        }
    }
    Ok(blockers.map_or(ExitCode::Ok, |(exit, _)| exit))
}

/// `omup plan`: what a run would do, with the two values that a confirmation must name. A version path
/// that does not exist has no plan.
pub async fn plan(state: &State, answers_file: &Path, json: bool) -> Result<ExitCode> {
    let looked = while_looking(look(state, answers_file)).await?;
    if let Some((ExitCode::PathRefused, list)) = steps::blockers(&looked.findings) {
        let why: Vec<String> = list.iter().map(|finding| refused_words(finding)).collect();
        if json {
            out::json(&serde_json::json!({
                "schema_version": 1, "plan_digest": null, "blocked": true, "refused": why, "findings": list,
            }));
        }
        return Err(CommandError::new(
            ExitCode::PathRefused,
            format!(
                "there is no plan for this path: {}. Nothing was changed",
                why.join("; ")
            ),
        ));
    }
    let server = &looked.plan.identity.server;
    if json {
        out::json(&serde_json::json!({
            "schema_version": 1,
            "plan_digest": looked.plan_digest,
            "server": server,
            "database": looked.plan.identity.database,
            "blocked": steps::blockers(&looked.findings).is_some(),
            "plan": looked.plan,
        }));
        return Ok(ExitCode::Ok);
    }
    for (number, step) in looked.plan.steps.iter().enumerate() {
        let down = if step.downtime {
            "  (users are locked out)"
        } else {
            ""
        };
        out::line(format!("{:>2}. {}{down}", number + 1, step.title));
        if !step.risk.is_empty() {
            out::line(format!("      can go wrong: {}", step.risk));
        }
        for intent in &step.intents {
            out::line(format!("      {}", intent_line(intent)));
        }
    }
    out::line("");
    out::line("To let a run go through without asking, put into the answers:");
    out::line("  [confirm]");
    out::line(format!("  plan = \"{}\"", looked.plan_digest));
    out::line(format!("  server = \"{server}\""));
    out::line(format!(
        "  start_of_downtime = \"{}\"",
        looked.plan.identity.database
    ));
    out::line(format!(
        "  point_of_no_return = \"{}\"",
        looked.plan.identity.database
    ));
    Ok(ExitCode::Ok)
}

fn refused_words(finding: &Finding) -> String {
    let evidence: Vec<&str> = finding.evidence.iter().map(AsRef::as_ref).collect();
    let remedy = finding
        .remedy
        .as_ref()
        .map(|remedy| format!("; next: {remedy}"))
        .unwrap_or_default();
    format!(
        "{}: {} ({}){remedy}",
        finding.id,
        finding.message,
        evidence.join("; ")
    )
}

fn intent_line(intent: &Intent) -> String {
    match intent {
        Intent::Command { line, .. } => format!("$ {line}"),
        Intent::Sql { statement } => format!("SQL: {statement}"),
        Intent::File { path, change } => format!("file {path}: {change}"),
        Intent::Request { line } => format!("HTTP: {line}"),
        Intent::Question { id, text } => format!("asks ({id}): {text}"),
        Intent::Look { what } => format!("looks: {what}"),
    }
}

/// `omup checks list`: the catalogue, without running anything.
pub fn list(json: bool) -> ExitCode {
    let all = checks::catalogue();
    if json {
        let all: Vec<serde_json::Value> = all.iter().map(listed).collect();
        out::json(&serde_json::json!({ "schema_version": 1, "checks": all }));
    } else {
        for check in all {
            out::line(format!(
                "{:<12}  {:<14}  {:<5}  {:<34}  {}",
                check.id,
                word(&check.blocks),
                check.cost.word(),
                check.cost.limit(),
                check.title
            ));
        }
    }
    ExitCode::Ok
}

fn word(blocks: &Blocks) -> &'static str {
    match blocks {
        Blocks::No => "no",
        Blocks::BeforeMigrate => "before-migrate",
        Blocks::BeforeBackup => "before-backup",
        Blocks::Always => "always",
    }
}

fn listed(check: &checks::Item) -> serde_json::Value {
    serde_json::json!({
        "id": check.id,
        "title": check.title,
        "condition": check.condition,
        "blocks": check.blocks,
        "unknown_blocks": check.unknown_blocks(),
        "cost": check.cost,
        "time_limit_seconds": check.cost.limit_seconds(),
        "time_limit": check.cost.limit(),
        "of_release": check.of_release,
    })
}

/// `omup notes FROM TO`: what changed, from the embedded copy.
pub fn notes(from: &str, to: &str, json: bool) -> Result<ExitCode> {
    let version = |text: &str| {
        text.parse()
            .map_err(|e| CommandError::new(ExitCode::Usage, format!("{e}")))
    };
    let (from, to) = (version(from)?, version(to)?);
    let knowledge = Knowledge::embedded();
    let notes = knowledge.notes(&from, &to);
    let path = knowledge.path(&from, &to);
    let stops: Vec<String> = knowledge
        .stops(&from, &to)
        .iter()
        .map(ToString::to_string)
        .collect();
    let advised = match &path {
        PathVerdict::Allowed => knowledge.advised_stops(&from, &to),
        PathVerdict::Refused { .. } | PathVerdict::Unknown { .. } => Vec::new(),
    };
    if json {
        out::json(
            &serde_json::json!({ "schema_version": 1, "from": from, "to": to, "path": path, "stops": stops, "advised_stops": advised, "notes": notes }),
        );
        return Ok(ExitCode::Ok);
    }
    match &path {
        PathVerdict::Allowed => out::line(format!("Way: {from} -> {to} in one hop.")),
        PathVerdict::Refused { reason, via: None } => out::line(format!("No way: {reason}.")),
        PathVerdict::Refused {
            reason,
            via: Some(_),
        } => {
            out::line(format!("Way: {from} -> {}. {reason}.", stops.join(" -> ")));
        }
        PathVerdict::Unknown { reason } => out::line(format!("Way not known: {reason}.")),
    }
    for stop in &advised {
        out::line(format!("The safer way stops at {}: {}.", stop.at, stop.why));
    }
    for question in GuideQuestion::ALL {
        let answer = question.answer_for(&notes, &knowledge, Some(&to)).words();
        out::line(format!("{} {answer}", question.words()));
    }
    for note in &notes {
        out::line("");
        out::line(note.line());
        for words in [&note.change.text, &note.change.remedy]
            .into_iter()
            .flatten()
        {
            out::line(format!("    {words}"));
        }
        if let Some(users) = note.users() {
            out::line(format!("    users notice: {users}"));
        }
        out::line(format!(
            "    source: {} (copied {})",
            note.change.source, note.copied
        ));
    }
    out::line("");
    out::line(format!("{} changes between {from} and {to}", notes.len()));
    Ok(ExitCode::Ok)
}
