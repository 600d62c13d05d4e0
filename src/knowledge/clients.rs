//! What an environment with OpenMetadata's Python packages needs for a target version, from
//! `assets/clients.toml` and the releases' ranges.

use serde::{Deserialize, Serialize};

use super::Knowledge;
use super::range::{Range, numbers};
use crate::domain::instance::ClientFacts;
use crate::domain::shell::quoted;
use crate::domain::version::OmVersion;

pub(super) const FILE: &str = include_str!("../../assets/clients.toml");

/// Which numbers of a client's version must be those of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Same {
    /// `x.y`.
    Minor,
    /// `x.y.z`.
    Patch,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub(super) since: OmVersion,
    same: Same,
    pub(super) source: String,
}

/// An extra that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoneExtra {
    name: String,
    gone: OmVersion,
    #[serde(default)]
    instead: Option<String>,
    pub(super) source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientRules {
    copied: String,
    pub(super) rule: Vec<Rule>,
    pub(super) extra: Vec<GoneExtra>,
}

/// What is built in. A file that does not parse fails the test below.
pub fn embedded() -> ClientRules {
    toml::from_str(FILE).unwrap_or_default()
}

/// How a client stands to a target version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Of the target's own patch release.
    Aligned,
    /// The server takes it, and OpenMetadata's guides ask for the target's own patch release.
    Accepted,
    /// Every ingestion ends with VersionMismatchException.
    Refused,
    Unknown,
}

/// One client for one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientAdvice {
    pub client: ClientFacts,
    pub standing: Standing,
    /// What stands in the way of the line, or changes with it.
    pub remarks: Vec<String>,
    /// To be typed on that host, once the server runs the target.
    pub line: String,
}

impl Standing {
    pub fn words(self) -> &'static str {
        match self {
            Standing::Aligned => "aligned",
            Standing::Accepted => "accepted, of another patch release",
            Standing::Refused => "REFUSED by the target",
            Standing::Unknown => "not known whether the target takes it",
        }
    }
}

impl Knowledge {
    /// In words: which clients the target takes, and where that stands.
    pub fn client_rule(&self, to: &OmVersion) -> Option<String> {
        let (wanted, rule) = self.clients_of(to)?;
        let (major, minor, patch) = to.triple();
        Some(format!(
            "a server of {to} takes clients of {wanted} ({}, copied {}); the upgrade guides ask for {major}.{minor}.{patch}",
            rule.source, self.clients.copied
        ))
    }

    /// The numbers that a client's version has to begin with.
    pub fn client_numbers(&self, to: &OmVersion) -> Option<String> {
        Some(self.clients_of(to)?.0)
    }

    fn clients_of(&self, to: &OmVersion) -> Option<(String, &Rule)> {
        let rule = rule(&self.clients, to).filter(|_| self.known(to))?;
        let (major, minor, patch) = to.triple();
        let wanted = match rule.same {
            Same::Minor => format!("{major}.{minor}"),
            Same::Patch => format!("{major}.{minor}.{patch}"),
        };
        Some((wanted, rule))
    }

    pub fn advise(&self, client: &ClientFacts, to: &OmVersion) -> ClientAdvice {
        let (extras, mut remarks) = extras(&self.clients, client, to);
        let release = self.release(to).filter(|_| self.known(to));
        if let Some(release) = release {
            for (component, version) in [("python", &client.python), ("airflow", &client.airflow)] {
                let Some(version) = version else { continue };
                for (support, verb) in [(&release.support, "needs"), (&release.advised, "advises")]
                {
                    let range = support.range(component);
                    let outside = |range: &&str| {
                        Range::parse(range).is_some_and(|r| !r.holds(&numbers(version.as_str())))
                    };
                    if let Some(range) = range.filter(outside) {
                        remarks.push(format!(
                            "{component} is {version}, and {to} {verb} {range}: change it first"
                        ));
                        break;
                    }
                }
            }
        } else {
            remarks.push(format!(
                "not known for this target: omup does not know {to}; look at its requirements page"
            ));
        }
        ClientAdvice {
            standing: match (release, standing(&self.clients, client, to)) {
                // Of one patch release they fit by every rule that there ever was; for the rest the
                // rule of another release says nothing.
                (None, Standing::Accepted | Standing::Refused) => Standing::Unknown,
                (_, standing) => standing,
            },
            line: line(client, &extras, to),
            client: client.clone(),
            remarks,
        }
    }
}

fn rule<'a>(rules: &'a ClientRules, to: &OmVersion) -> Option<&'a Rule> {
    rules.rule.iter().rev().find(|rule| rule.since <= *to)
}

fn standing(rules: &ClientRules, client: &ClientFacts, to: &OmVersion) -> Standing {
    let versions: Vec<Vec<u32>> = [&client.ingestion, &client.managed_apis]
        .into_iter()
        .flatten()
        .map(|version| numbers(version.as_str()))
        .collect();
    let (major, minor, patch) = to.triple();
    let target = [major, minor, patch];
    let same = |count: usize| {
        let equal = |version: &Vec<u32>| {
            version.len() > 2
                && version
                    .iter()
                    .zip(target)
                    .take(count)
                    .all(|(a, b)| u64::from(*a) == b)
        };
        !versions.is_empty() && versions.iter().all(equal)
    };
    match rule(rules, to).map(|rule| rule.same) {
        _ if versions.is_empty() || versions.iter().any(|version| version.len() < 3) => {
            Standing::Unknown
        }
        _ if same(3) => Standing::Aligned,
        None => Standing::Unknown,
        Some(Same::Minor) if same(2) => Standing::Accepted,
        Some(Same::Minor | Same::Patch) => Standing::Refused,
    }
}

/// The extras to ask for, and what changed about them.
fn extras(rules: &ClientRules, client: &ClientFacts, to: &OmVersion) -> (Vec<String>, Vec<String>) {
    let (mut kept, mut remarks) = (Vec::new(), Vec::new());
    for extra in &client.extras {
        match rules
            .extra
            .iter()
            .find(|gone| gone.name == *extra && gone.gone <= *to)
        {
            None => kept.push(extra.clone()),
            Some(gone) => {
                let instead = match &gone.instead {
                    Some(instead) => format!("{instead} stands for it"),
                    None => "nothing stands for it".to_string(),
                };
                remarks.push(format!(
                    "the extra {extra} is gone since {}: {instead} ({})",
                    gone.gone, gone.source
                ));
                kept.extend(gone.instead.clone());
            }
        }
    }
    kept.sort();
    kept.dedup();
    (kept, remarks)
}

/// One command, so that pip sees both packages at once. `~=x.y.z.0` takes the newest build of the
/// patch release, also where the first one has another fourth number.
fn line(client: &ClientFacts, extras: &[String], to: &OmVersion) -> String {
    let (major, minor, patch) = to.triple();
    let version = format!("~={major}.{minor}.{patch}.0");
    // A place is `folder`, or `host:folder`.
    let place = client.place.as_str();
    let folder = match place.split_once(":/") {
        Some((_, folder)) => format!("/{folder}"),
        None => place.to_string(),
    };
    let mut words = vec![
        quoted(&format!("{folder}/bin/python3")),
        "-m pip install --upgrade".to_string(),
    ];
    if client.ingestion.is_some() {
        let extras = if extras.is_empty() {
            String::new()
        } else {
            format!("[{}]", extras.join(","))
        };
        words.push(format!("'openmetadata-ingestion{extras}{version}'"));
    }
    if client.managed_apis.is_some() {
        words.push(format!("'openmetadata-managed-apis{version}'"));
    }
    words.join(" ")
}
