//! OM-ENV-001: what the server works with is of versions that the new one supports.

use super::check::{Check, Cost, Item, Judgement, known};
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::survey::{DeploymentKind, Probe, Survey};
use crate::knowledge::{Knowledge, Range, Support, numbers};

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-ENV-001",
        title: "The new version supports search server, Java and Airflow",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Host,
        of_release: true,
        condition: "each lies in the range that OpenMetadata names for the target; what could not be asked is given by a person in the answers ([known]); the plugin in Airflow says that it is healthy",
    },
    judge,
};

const PLUGIN: &str = "airflow-plugin";

const COMPONENTS: &[&str] = &["elasticsearch", "opensearch", "java", "airflow"];

fn judge(survey: &Survey, _answers: &Answers, knowledge: &Knowledge) -> Judgement {
    match survey.deployment.kind {
        DeploymentKind::Practice => {
            return Judgement::skip("the practice server works with none of them");
        }
        DeploymentKind::BareMetal => {}
    }
    let target = match known(&survey.versions.target, "the new folder's version") {
        Ok(target) => target,
        Err(unknown) => return unknown,
    };
    let Some(release) = knowledge
        .release(target)
        .filter(|_| knowledge.known(target))
    else {
        return Judgement::unknown(format!("omup knows no ranges for OpenMetadata {target}"))
            .remedy("look into the requirements page of that release; if what you have is named there, waive this check with that page as reason");
    };
    let (mut bad, mut below, mut unknown, mut seen) = (vec![], vec![], vec![], vec![]);
    for component in COMPONENTS {
        let version = match survey.instance.platform.get(*component) {
            None => {
                unknown.push(format!("{component} was not looked for"));
                continue;
            }
            Some(Probe::Unknown(why)) => {
                unknown.push(format!("{component}: {why}"));
                continue;
            }
            Some(Probe::Known(None)) => continue,
            Some(Probe::Known(Some(version))) => version,
        };
        let parts = numbers(version.as_str());
        let outside = |support: &Support| {
            let range = support.range(component)?;
            let holds = Range::parse(range)?.holds(&parts);
            (!holds).then(|| range.to_string())
        };
        if parts.is_empty() {
            unknown.push(format!("{component} calls its version '{version}'"));
        } else if let Some(range) = outside(&release.support) {
            bad.push(format!("{component} is {version}, and {range} is needed"));
        } else if let Some(range) = outside(&release.advised) {
            below.push(format!("{component} is {version}, and {range} is advised"));
        }
        let sources = release.support_sources.get(*component);
        let sources = sources.map(|all| all.join(", ")).unwrap_or_default();
        let said = survey.instance.said.get(*component);
        let said = said.map(|said| format!(", {said}")).unwrap_or_default();
        seen.push(format!(
            "{component}: {version}{said} (copied {}; {sources})",
            release.copied
        ));
    }
    let mut sick = None;
    match survey.instance.platform.get(PLUGIN) {
        Some(Probe::Known(Some(version))) => seen.push(format!("{PLUGIN}: healthy ({version})")),
        // Of an Airflow that could not be asked enough is said above.
        Some(Probe::Unknown(why)) if uses_airflow(survey) => {
            sick = Some(format!(
                "OpenMetadata's plugin in Airflow does not say that it is healthy: {why}"
            ));
        }
        Some(Probe::Known(None) | Probe::Unknown(_)) | None => {}
    }
    let judgement = if !bad.is_empty() {
        Judgement::fail(format!("OpenMetadata {target}: {}", bad.join("; ")))
            .remedy("upgrade it first, as a change of its own; or choose a target that supports it")
    } else if !unknown.is_empty() {
        Judgement::unknown(format!(
            "not every version could be asked: {}",
            unknown.join("; ")
        ))
        .remedy("mend what hinders the look, or look yourself and tell what you found (t in the wizard, else [known] in the answers): opensearch, elasticsearch, java or airflow = \"its version\", or \"none\" where it is not used")
    } else if !below.is_empty() {
        Judgement::warn(format!("OpenMetadata {target}: {}", below.join("; ")))
            .remedy("plan its upgrade too: a page of the release names the higher version")
    } else if let Some(sick) = &sick {
        Judgement::warn(sick.clone())
            .remedy("ask GET /api/v2/openmetadata/health (Airflow 3) or /api/v1/openmetadata/health (Airflow 2) of it; without the plugin no pipeline is deployed, before the upgrade and after it")
    } else {
        Judgement::pass(format!(
            "all of them are of versions that OpenMetadata {target} supports"
        ))
    };
    judgement.seen_all(seen).seen_all(sick).seen_all(unknown)
}

fn uses_airflow(survey: &Survey) -> bool {
    matches!(
        survey.instance.platform.get("airflow"),
        Some(Probe::Known(Some(_)))
    )
}
