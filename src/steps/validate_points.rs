//! The points of a validation: each is looked at by itself, and all of them are told.

use std::collections::BTreeMap;
use std::time::Duration;

use super::context::Context;
use super::rows_taken::Reasons;
use crate::deployment::Side;
use crate::domain::instance::Used;
use crate::domain::step::StepId;
use crate::domain::survey::Probe;
use crate::domain::validation::{Point, PointResult};
use crate::domain::version::OmVersion;
use crate::knowledge::{AfterPoint, Knowledge, ProvenBy};

/// The most time for counting relations; users work already.
const PATIENCE: Duration = Duration::from_secs(120);

/// The version that serves is that of the files.
pub async fn version(context: &Context<'_>, side: Side) -> Result<(OmVersion, Point), String> {
    let deployment = &context.deployment;
    let wanted = deployment
        .version_by_files(side)
        .await
        .map_err(|e| e.to_string())?;
    let serving = deployment
        .version_by_server()
        .await
        .map_err(|e| e.to_string())?;
    let point = if serving == wanted {
        Point::new("version", PointResult::Passed, format!("{serving} serves"))
    } else {
        let told = format!("{serving} serves where {wanted} is wanted");
        Point::new("version", PointResult::Failed, told)
    };
    Ok((serving, point))
}

/// Each part of the health by itself.
pub async fn health(context: &Context<'_>) -> Vec<Point> {
    let token = context.secrets.api_token.as_ref();
    let parts = context.deployment.health(token).await;
    parts
        .into_iter()
        .filter(|part| part.name != "version")
        .map(|part| match part.passed {
            Some(true) => Point::new(part.name, PointResult::Passed, part.message),
            Some(false) => {
                let told = format!("{} is unhealthy: {}", part.name, part.message);
                Point::new(part.name, PointResult::Failed, told)
            }
            None => {
                let told = format!("could not look ({})", part.message);
                Point::new(part.name, PointResult::Doubt, told)
            }
        })
        .collect()
}

/// OpenMetadata's plugin in Airflow, where the survey saw an Airflow.
pub async fn plugin(context: &Context<'_>) -> Option<Point> {
    match context.survey.instance.platform.get("airflow")? {
        Probe::Known(Some(_)) => {}
        Probe::Known(None) | Probe::Unknown(_) => return None,
    }
    let uses = context.deployment.uses().await;
    plugin_point(uses.platform.get("airflow-plugin")?)
}

fn plugin_point(seen: &Used) -> Option<Point> {
    let (result, told) = match seen {
        Probe::Known(None) => return None,
        Probe::Known(Some(version)) => (
            PointResult::Passed,
            format!("the plugin in Airflow is healthy ({version})"),
        ),
        Probe::Unknown(why) => (
            PointResult::Doubt,
            format!("the plugin in Airflow does not say that it is healthy: {why}"),
        ),
    };
    Some(Point::new("airflow.plugin", result, told))
}

/// Nothing is left to run by the new version's own files.
pub async fn pending(context: &Context<'_>) -> Result<Point, String> {
    let database = &context.database;
    let history = database.history().await.map_err(|e| e.to_string())?;
    let pending = context
        .deployment
        .pending(database.engine(), &history)
        .await
        .map_err(|e| e.to_string())?;
    Ok(if pending.versions.is_empty() {
        let told = "nothing is pending by the new version's own files";
        Point::new("migrations", PointResult::Passed, told)
    } else {
        let told = "migrations are still pending by the new version's own files";
        Point::new("migrations", PointResult::Failed, told)
    })
}

/// No entity table holds less than before the migration, but for the reasons that are given.
pub fn counts(
    before: &BTreeMap<String, u64>,
    after: &BTreeMap<String, u64>,
    taken: &Reasons,
) -> Point {
    if before.is_empty() {
        let told = "not compared: they were not counted before the migration";
        return Point::new("entities", PointResult::Doubt, told);
    }
    let mut lost = Vec::new();
    let mut explained = Vec::new();
    let mut more = Vec::new();
    for (table, rows) in before {
        let mut fewer = |words: String| match taken.get(&table.to_lowercase()) {
            Some(why) => explained.push(format!("{words}: {}", why.join(", "))),
            None => lost.push(words),
        };
        match after.get(table) {
            None => fewer(format!("{table} is gone ({rows} rows)")),
            Some(now) if now < rows => fewer(format!("{table}: {rows} rows before, {now} after")),
            Some(now) if now > rows => {
                more.push(format!("{table}: {rows} rows before, {now} after"))
            }
            Some(_) => {}
        }
    }
    if !lost.is_empty() {
        let told = format!("rows are missing after the migration: {}", lost.join("; "));
        return Point::new("entities", PointResult::Failed, told);
    }
    if !explained.is_empty() {
        let told = format!(
            "fewer rows, as the release takes some away; look whether these are the ones: {}",
            explained.join("; ")
        );
        return Point::new("entities", PointResult::Doubt, told);
    }
    let grown = match more.len() {
        0 => String::new(),
        _ => format!(" (more: {})", more.join("; ")),
    };
    let told = format!(
        "{} entity tables hold at least what they held{grown}",
        before.len()
    );
    Point::new("entities", PointResult::Passed, told)
}

/// No more relations have lost an end than before.
pub async fn relations(context: &Context<'_>) -> Point {
    const ABOUT: &str = "relations";
    let before = context.view().facts.orphans_before;
    let now = match tokio::time::timeout(PATIENCE, context.database.orphans()).await {
        Ok(Ok(now)) => now,
        Ok(Err(error)) => {
            let told = format!("their ends could not be counted: {error}");
            return Point::new(ABOUT, PointResult::Doubt, told);
        }
        Err(_) => {
            let told = format!(
                "counting their ends took more than {} s",
                PATIENCE.as_secs()
            );
            return Point::new(ABOUT, PointResult::Doubt, told);
        }
    };
    compared(before.as_ref(), &now)
}

fn compared(before: Option<&BTreeMap<String, u64>>, now: &BTreeMap<String, u64>) -> Point {
    const ABOUT: &str = "relations";
    let all = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
    let Some(before) = before else {
        let told = format!(
            "{} have lost an end; they were not counted before the upgrade",
            all(now)
        );
        return Point::new(ABOUT, PointResult::Doubt, told);
    };
    let worse: Vec<String> = now
        .iter()
        .filter_map(|(kind, number)| {
            let was = before.get(kind).copied().unwrap_or(0);
            (*number > was).then(|| format!("{kind}: {was} before, {number} after"))
        })
        .collect();
    if worse.is_empty() {
        let told = format!("{} have lost an end, {} before", all(now), all(before));
        return Point::new(ABOUT, PointResult::Passed, told);
    }
    let told = format!("more have lost an end than before: {}", worse.join("; "));
    Point::new(ABOUT, PointResult::Doubt, told)
}

/// What the releases on the way ask to be looked at, for this deployment.
pub fn of_releases(context: &Context<'_>) -> Vec<Point> {
    let view = context.view();
    let (Some(from), Some(to)) = (&view.from, &view.to) else {
        return Vec::new();
    };
    let planned = |step: StepId| view.steps.iter().any(|(id, _)| *id == step);
    Knowledge::embedded()
        .after(context.survey, from, to)
        .iter()
        .map(|after| point(after, &planned))
        .collect()
}

fn point(after: &AfterPoint, planned: &dyn Fn(StepId) -> bool) -> Point {
    let step = match after.by {
        ProvenBy::Reindex => Some(StepId::Reindex),
        ProvenBy::DeployPipelines => Some(StepId::DeployPipelines),
        ProvenBy::Person => None,
    };
    let result = match step.filter(|step| planned(*step)) {
        Some(step) => PointResult::ByStep { step },
        None => PointResult::ByPerson,
    };
    let about = format!("{} {}", after.since, after.area);
    Point::new(about, result, after.look.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{
        AfterPoint, Probe, ProvenBy, Reasons, StepId, compared, counts, plugin_point, point,
    };
    use crate::domain::validation::PointResult;
    use crate::domain::version::OmVersion;

    fn map(entries: &[(&str, u64)]) -> BTreeMap<String, u64> {
        let own = |(name, number): &(&str, u64)| ((*name).to_string(), *number);
        entries.iter().map(own).collect()
    }

    #[test]
    fn fewer_rows_fail_and_more_are_told() {
        let before = map(&[("table_entity", 3), ("tag", 2)]);
        let none = Reasons::new();
        let told = counts(&before, &map(&[("table_entity", 2)]), &none);
        assert_eq!(told.result, PointResult::Failed);
        let text = told.message.as_str();
        assert!(text.contains("table_entity: 3 rows before, 2 after"));
        assert!(text.contains("tag is gone (2 rows)"), "{text}");
        let told = counts(&before, &map(&[("table_entity", 3), ("tag", 4)]), &none);
        assert_eq!(told.result, PointResult::Passed);
        assert!(
            told.message
                .as_str()
                .contains("tag: 2 rows before, 4 after")
        );
    }

    #[test]
    fn rows_that_the_release_takes_are_a_persons_to_look_at() {
        let before = map(&[("tag", 2), ("thread_entity", 9)]);
        let reason = vec!["thread_entity renamed (2.0.0)".to_string()];
        let taken = Reasons::from([("thread_entity".to_string(), reason)]);
        let told = counts(&before, &map(&[("tag", 2)]), &taken);
        assert_eq!(told.result, PointResult::Doubt);
        let text = told.message.as_str();
        assert!(text.contains("is gone (9 rows): thread_entity renamed (2.0.0)"));
        let told = counts(&before, &map(&[("tag", 1)]), &taken);
        assert_eq!(told.result, PointResult::Failed, "{:?}", told.message);
    }

    #[test]
    fn more_relations_without_an_end_than_before_need_a_look() {
        let before = map(&[("user", 1), ("table", 5)]);
        let same = compared(Some(&before), &map(&[("user", 1), ("table", 0)]));
        assert_eq!(same.result, PointResult::Passed);
        let worse = compared(Some(&before), &map(&[("user", 2)]));
        assert_eq!(worse.result, PointResult::Doubt);
        assert!(worse.message.as_str().contains("user: 1 before, 2 after"));
        assert_eq!(compared(None, &before).result, PointResult::Doubt);
    }

    #[test]
    fn a_plugin_that_is_not_healthy_needs_a_look() {
        let result = |seen| plugin_point(&seen).map(|point| point.result);
        let healthy = Probe::Known(Some("1.12.4.0".into()));
        assert_eq!(result(healthy), Some(PointResult::Passed));
        let sick = Probe::Unknown("refused".into());
        assert_eq!(result(sick), Some(PointResult::Doubt));
        assert_eq!(result(Probe::Known(None)), None);
    }

    #[test]
    fn what_no_step_of_the_plan_proves_is_a_persons_to_see() {
        let after = AfterPoint {
            change: "1.13-x".to_string(),
            since: OmVersion::new(1, 13, 1),
            area: "search".to_string(),
            look: "all indexes were made anew".to_string(),
            by: ProvenBy::Reindex,
            source: "https://example.com".to_string(),
        };
        let step = StepId::Reindex;
        assert_eq!(
            point(&after, &|id| id == step).result,
            PointResult::ByStep { step }
        );
        assert_eq!(point(&after, &|_| false).result, PointResult::ByPerson);
    }
}
