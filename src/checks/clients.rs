//! OM-CLI-001: clients of the server that the target refuses, and those that nobody has looked at.
//!
//! It holds nothing back: a client is upgraded once the new server runs, and before that the old server
//! would refuse it. So a place where nobody has looked is a warning here, not an UNKNOWN.

use super::check::{Check, Cost, Item, Judgement, known};
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::instance::ClientFacts;
use crate::domain::survey::{DeploymentKind, Survey};
use crate::knowledge::{ClientAdvice, Knowledge, Standing};

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-CLI-001",
        title: "The clients of the server fit the new version",
        blocks: Blocks::No,
        cost: Cost::Host,
        of_release: true,
        condition: "openmetadata-ingestion and openmetadata-managed-apis on this host and those that other hosts told ([clients] in the answers): by the target's own rule, with the Python and Airflow that it needs",
    },
    judge,
};

fn judge(survey: &Survey, _answers: &Answers, knowledge: &Knowledge) -> Judgement {
    match survey.deployment.kind {
        DeploymentKind::Practice => {
            return Judgement::skip("the practice server has no clients");
        }
        DeploymentKind::BareMetal => {}
    }
    let target = match known(&survey.versions.target, "the new folder's version") {
        Ok(target) => target,
        Err(unknown) => return unknown,
    };
    let all: Vec<ClientAdvice> = survey
        .instance
        .clients
        .iter()
        .map(|client| knowledge.advise(client, target))
        .collect();
    let mut wrong = Vec::new();
    for (standing, words) in [
        (
            Standing::Refused,
            "is refused by the new server until it is upgraded",
        ),
        (Standing::Unknown, "may be refused by the new server"),
    ] {
        let named = all.iter().filter(|advice| advice.standing == standing);
        wrong.extend(named.map(|advice| format!("{} {words}", name(&advice.client))));
    }
    for advice in &all {
        let remarks = advice.remarks.iter();
        wrong.extend(remarks.map(|remark| format!("{}: {remark}", advice.client.place)));
    }
    if let Some(unseen) = &survey.instance.clients_unseen {
        wrong.push(format!("there may be clients that are not known: {unseen}"));
    }
    let said = if !wrong.is_empty() {
        Judgement::warn(wrong.join("; "))
            .remedy("once the new server runs, and with ingestion paused, run the line of each on its host; what is on other hosts is told by clients.reports in the answers, or pasted on the page of the clients; an empty list says that there is nothing")
            .command(format!("omup clients {target}"))
    } else if all.is_empty() {
        Judgement::pass("nothing on this host talks to the server, and no other host does")
    } else {
        Judgement::pass(format!("OpenMetadata {target} takes all that were found"))
    };
    said.seen_all(all.iter().map(|advice| {
        format!(
            "{}: {}; {}",
            name(&advice.client),
            advice.standing.words(),
            advice.line
        )
    }))
    .seen_all(knowledge.client_rule(target))
}

/// `/opt/airflow (openmetadata-ingestion 1.10.7.0)`.
fn name(client: &ClientFacts) -> String {
    let packages = [
        ("openmetadata-ingestion", &client.ingestion),
        ("openmetadata-managed-apis", &client.managed_apis),
    ];
    let packages: Vec<String> = packages
        .into_iter()
        .filter_map(|(name, version)| Some(format!("{name} {}", version.as_ref()?)))
        .collect();
    format!("{} ({})", client.place, packages.join(", "))
}
