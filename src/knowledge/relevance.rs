//! Whether a change concerns a deployment: a pure judgement of the survey by the change's probes.
//!
//! A fact that could not be learned never makes a change irrelevant: it is "cannot tell".

mod facts;

use serde::Serialize;

use super::probe::{Only, Probe};
use super::range::Range;
use super::releases::Change;
use crate::domain::names::Engine;
use crate::domain::space::size;
use crate::domain::survey::{DeploymentKind, Probe as Fact, Survey};
use crate::domain::version::OmVersion;

/// What a change means for one deployment. In this order they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relevance {
    Concerns,
    CannotTell,
    Not,
}

impl Relevance {
    /// The words in front of the reason.
    pub fn words(self) -> &'static str {
        match self {
            Relevance::Concerns => "concerns you",
            Relevance::CannotTell => "cannot tell",
            Relevance::Not => "does not concern you",
        }
    }
}

/// With the reason, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    pub relevance: Relevance,
    /// Goes on after "because".
    pub because: String,
}

impl Judged {
    fn new(relevance: Relevance, because: impl Into<String>) -> Self {
        Self {
            relevance,
            because: because.into(),
        }
    }

    fn concerns(because: impl Into<String>) -> Self {
        Self::new(Relevance::Concerns, because)
    }

    fn not(because: impl Into<String>) -> Self {
        Self::new(Relevance::Not, because)
    }

    fn unclear(because: impl Into<String>) -> Self {
        Self::new(Relevance::CannotTell, because)
    }

    /// `concerns you, because ...`.
    pub fn line(&self) -> String {
        format!("{}, because {}", self.relevance.words(), self.because)
    }
}

/// A deployment that is about to go from one version to another.
pub struct Journey<'a> {
    pub survey: &'a Survey,
    pub from: &'a OmVersion,
    pub to: &'a OmVersion,
}

/// Judges one change. Concerned by one probe is concerned; not concerned is only what every probe
/// says.
pub fn judge(change: &Change, journey: &Journey<'_>) -> Judged {
    let mut unclear = Vec::new();
    let mut reasons = Vec::new();
    for (index, probe) in change.probe.iter().enumerate() {
        let judged = one(probe, &change.question_id(index), change, journey);
        match judged.relevance {
            Relevance::Concerns => return judged,
            Relevance::CannotTell => unclear.push(judged.because),
            Relevance::Not => reasons.push(judged.because),
        }
    }
    if !unclear.is_empty() {
        return Judged::unclear(look_here(change, &unclear.join("; ")));
    }
    if reasons.is_empty() {
        return Judged::unclear(look_here(change, "omup has no way to find out"));
    }
    reasons.dedup();
    Judged::not(reasons.join(", and "))
}

fn look_here(change: &Change, because: &str) -> String {
    match &change.look {
        Some(look) => format!("{because}. Look here: {look}"),
        None => because.to_string(),
    }
}

fn one(probe: &Probe, asked: &str, change: &Change, journey: &Journey<'_>) -> Judged {
    let survey = journey.survey;
    if let Some(because) = outside(&probe.only, journey) {
        return Judged::not(because);
    }
    if let Some(question) = probe.rows.as_ref().or(probe.no_rows.as_ref()) {
        return match survey.instance.rows.get(asked) {
            Some(Fact::Known(found)) if found.count > 0 && probe.rows.is_some() => {
                Judged::concerns(format!("there are {} ({})", question.what, found.words()))
            }
            Some(Fact::Known(found)) if found.count > 0 => {
                Judged::not(format!("there is {}", question.what))
            }
            Some(Fact::Known(_)) if probe.rows.is_some() => {
                Judged::not(format!("there are no {}", question.what))
            }
            Some(Fact::Known(_)) => Judged::concerns(format!("there is no {}", question.what)),
            Some(Fact::Unknown(why)) => Judged::unclear(format!("the database was asked: {why}")),
            None => Judged::unclear("the database was not asked"),
        };
    }
    if !probe.variables.is_empty() {
        return facts::variables(&probe.variables, survey);
    }
    if let Some(variable) = &probe.variable {
        let name = &variable.name;
        let value = survey.deployment.settings.get(name);
        return match (value, facts::unseen_variables(survey)) {
            (Some(value), _) if variable.wants(value.as_str()) => {
                Judged::concerns(format!("{name} is {value}"))
            }
            (None, Some(why)) => Judged::unclear(format!("{name} was not seen, and {why}")),
            (Some(_) | None, _) => Judged::not(format!("{name} is not set so")),
        };
    }
    if let Some(key) = &probe.key {
        return facts::key_of(key, survey);
    }
    if let Some(needs) = &probe.needs {
        return facts::platform(&needs.component, Some(needs), survey);
    }
    if let Some(component) = &probe.uses {
        return facts::platform(component, None, survey);
    }
    if let Some(client) = &probe.client {
        return facts::clients(client, journey);
    }
    if let Some(large) = &probe.large {
        return match &survey.estimated_rows {
            Fact::Unknown(why) => Judged::unclear(format!("the size of the tables: {why}")),
            Fact::Known(tables) => {
                let wanted = |name: &str| large.table.is_empty() || name == large.table;
                let most = tables
                    .iter()
                    .filter(|(name, _)| wanted(name))
                    .max_by_key(|t| t.1);
                match most {
                    Some((name, rows)) if *rows >= large.rows => {
                        Judged::concerns(format!("{name} has about {rows} rows"))
                    }
                    Some((name, rows)) => Judged::not(format!("{name} has about {rows} rows only")),
                    None => Judged::not("there is no such table"),
                }
            }
        };
    }
    if let Some(mib) = probe.sort_memory_below_mib {
        return match survey.database.sort_memory {
            Some(bytes) if bytes < u64::from(mib) << 20 => Judged::concerns(format!(
                "a connection sorts with {}, and {mib} MB are named as safe",
                size(bytes)
            )),
            Some(_) => Judged::not(format!("a connection sorts with {mib} MB or more")),
            None => match survey.database.identity.engine {
                Engine::Sqlite => Judged::not("this database has no such setting"),
                Engine::Postgres | Engine::Mysql => {
                    Judged::unclear("with how much memory a connection sorts could not be read")
                }
            },
        };
    }
    if !probe.ran.is_empty() {
        return match &survey.history {
            Fact::Unknown(why) => Judged::unclear(format!("the history: {why}")),
            Fact::Known(history) => {
                let rows = || history.native.iter().flatten();
                match rows().find(|row| probe.ran.iter().any(|v| v == row.version.as_str())) {
                    Some(row) => {
                        Judged::concerns(format!("this database once ran {}", row.version))
                    }
                    None => Judged::not(format!(
                        "this database never ran {}",
                        probe.ran.join(" or ")
                    )),
                }
            }
        };
    }
    if probe.code {
        return match &survey.instance.code {
            Fact::Unknown(why) => Judged::unclear(format!("your own files: {why}")),
            Fact::Known(code) => facts::code_of(change, code),
        };
    }
    Judged::concerns(match &probe.always {
        Some(always) => always.clone(),
        None => fits(&probe.only, journey),
    })
}

/// Why a probe is not about this deployment.
fn outside(only: &Only, journey: &Journey<'_>) -> Option<String> {
    let connection = &journey.survey.deployment.connection;
    if let Some(engine) = &only.engine
        && connection.engine.migration_folder() != engine
    {
        return Some(format!("the database is {}", connection.engine.title()));
    }
    let kind = journey.survey.deployment.kind;
    if !only.deployment.is_empty() && !only.deployment.iter().any(|one| one == word(kind)) {
        return Some(format!(
            "this is a {}",
            match kind {
                DeploymentKind::BareMetal => "bare metal deployment",
                DeploymentKind::Practice => "practice deployment, laid out like bare metal",
            }
        ));
    }
    for (range, version, what) in [
        (&only.target, journey.to, "the target is"),
        (&only.from, journey.from, "the database comes from"),
    ] {
        if let Some(range) = range
            && !within(range, version)
        {
            return Some(format!("{what} {version}"));
        }
    }
    None
}

fn fits(only: &Only, journey: &Journey<'_>) -> String {
    match (&only.target, &only.from) {
        (Some(_), _) => format!("the target is {}", journey.to),
        (None, Some(_)) => format!("the database comes from {}", journey.from),
        (None, None) => format!(
            "this is a {} deployment",
            word(journey.survey.deployment.kind)
        ),
    }
}

/// The word for a kind in the release files.
fn word(kind: DeploymentKind) -> &'static str {
    match kind {
        DeploymentKind::BareMetal | DeploymentKind::Practice => "bare-metal",
    }
}

fn within(range: &str, version: &OmVersion) -> bool {
    let (major, minor, patch) = version.triple();
    let parts: Option<Vec<u32>> = [major, minor, patch]
        .into_iter()
        .map(|part| u32::try_from(part).ok())
        .collect();
    match (Range::parse(range), parts) {
        (Some(range), Some(parts)) => range.holds(&parts),
        _ => false,
    }
}
