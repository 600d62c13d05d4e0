//! One kind of fact each: variables, keys, platform, clients, the operators' files.

use super::{Journey, Judged};
use crate::domain::instance::{ClientFacts, CodeFacts};
use crate::domain::setting;
use crate::domain::survey::{Owner, Probe as Fact, Survey};
use crate::domain::version::OmVersion;
use crate::knowledge::probe::{Client, Key, Needs};
use crate::knowledge::range::{Range, numbers};
use crate::knowledge::releases::Change;

pub fn variables(names: &[String], survey: &Survey) -> Judged {
    let set: Vec<&str> = names
        .iter()
        .filter(|name| {
            let value = survey.deployment.settings.get(name.as_str());
            value.is_some_and(|value| !value.as_str().trim().is_empty())
        })
        .map(String::as_str)
        .collect();
    if !set.is_empty() {
        return Judged::concerns(format!("{} is set", set.join(", ")));
    }
    let none = match names {
        [one] => format!("{one} is not set"),
        _ => format!("none of {} is set", names.join(", ")),
    };
    match unseen_variables(survey) {
        Some(why) => Judged::unclear(format!("{none} as far as was seen, and {why}")),
        None => Judged::not(none),
    }
}

/// Why the server may have variables that were not seen.
pub fn unseen_variables(survey: &Survey) -> Option<&'static str> {
    let settings = &survey.deployment.settings;
    let odd = |name: &String| name.starts_with(setting::NOT_UNDERSTOOD);
    if settings.keys().any(odd) {
        return Some("a line of openmetadata-env.sh was not understood");
    }
    match survey.deployment.owner {
        Owner::NotRunning => {
            Some("the server is not running: what its owner gives it cannot be seen")
        }
        Owner::PidFile { .. }
        | Owner::Systemd { .. }
        | Owner::Runit { .. }
        | Owner::Supervisord { .. }
        | Owner::Commands { .. }
        | Owner::Unknown { .. } => None,
    }
}

pub fn key_of(key: &Key, survey: &Survey) -> Judged {
    let keys = match &survey.instance.keys {
        Fact::Known(keys) => keys,
        Fact::Unknown(why) => return Judged::unclear(format!("openmetadata.yaml: {why}")),
    };
    let below = format!("{}.", key.name);
    let hit = keys.iter().find(|(name, value)| {
        (**name == key.name || name.starts_with(&below)) && key.wants(value.as_str())
    });
    match hit {
        Some((name, value)) => Judged::concerns(format!("{name} is {value}")),
        None => Judged::not(format!("{} of openmetadata.yaml is not so", key.name)),
    }
}

pub fn platform(component: &str, needs: Option<&Needs>, survey: &Survey) -> Judged {
    let found = survey.instance.platform.get(component);
    match (found, needs) {
        (Some(Fact::Known(None)), _) => Judged::not(format!("{component} is not used")),
        (Some(Fact::Known(Some(version))), None) => {
            Judged::concerns(format!("{component} {version} is used"))
        }
        (Some(Fact::Known(Some(version))), Some(needs)) => {
            let parts = numbers(version.as_str());
            match Range::parse(&needs.range) {
                Some(range) if !parts.is_empty() => {
                    if range.holds(&parts) {
                        Judged::not(format!("{component} is {version}"))
                    } else {
                        Judged::concerns(format!(
                            "{component} is {version}, and {} is needed",
                            needs.range
                        ))
                    }
                }
                _ => Judged::unclear(format!("{component} calls its version '{version}'")),
            }
        }
        (Some(Fact::Unknown(why)), _) => Judged::unclear(format!("{component}: {why}")),
        (None, _) => Judged::unclear(format!("{component} was not looked for")),
    }
}

pub fn clients(asked: &Client, journey: &Journey<'_>) -> Judged {
    let instance = &journey.survey.instance;
    let mut unclear = instance.clients_unseen.as_ref().map(ToString::to_string);
    for client in &instance.clients {
        match client_of(asked, client, journey.to) {
            Ok(Some(because)) => {
                return Judged::concerns(format!("{because} in {}", client.place));
            }
            Ok(None) => {}
            Err(why) => unclear = Some(format!("{why} in {}", client.place)),
        }
    }
    match (unclear, instance.clients.len()) {
        (Some(why), _) => Judged::unclear(why),
        (None, 0) => Judged::not("no environment with openmetadata-ingestion was found"),
        (None, 1) => Judged::not("the one environment with openmetadata-ingestion is not so"),
        (None, some) => Judged::not(format!(
            "none of {some} environments with openmetadata-ingestion is so"
        )),
    }
}

fn client_of(
    asked: &Client,
    client: &ClientFacts,
    to: &OmVersion,
) -> Result<Option<String>, &'static str> {
    if let Some(range) = asked.python_outside.as_deref().and_then(Range::parse) {
        let python = client.python.as_ref().ok_or("the Python is not known")?;
        let outside = !range.holds(&numbers(python.as_str()));
        return Ok(outside.then(|| format!("Python is {python}")));
    }
    if asked.not_target {
        let version = client
            .ingestion
            .as_ref()
            .ok_or("the version of openmetadata-ingestion is not known")?;
        let (major, minor, patch) = to.triple();
        let same = version
            .as_str()
            .starts_with(&format!("{major}.{minor}.{patch}."));
        return Ok((!same).then(|| format!("openmetadata-ingestion is {version}")));
    }
    let extra = client
        .extras
        .iter()
        .find(|extra| asked.extras.contains(extra));
    Ok(extra.map(|extra| format!("the extra {extra} is installed")))
}

pub fn code_of(change: &Change, code: &CodeFacts) -> Judged {
    let mut hits = code.hits.iter().filter(|hit| hit.change == change.id);
    if let Some(first) = hits.next() {
        let more = hits.count();
        let and = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        return Judged::concerns(format!("{}:{} has it{and}", first.file, first.line));
    }
    match code.unread.first() {
        Some(file) => Judged::unclear(format!("not all of your files were read: {file}")),
        None if code.files == 0 => Judged::not("you say that you have no files of that kind"),
        None => Judged::not(format!("none of your {} files has it", code.files)),
    }
}
