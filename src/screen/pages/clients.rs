//! The page of clients: what is known of each, what is not, and what to type where they run.

use super::buttons;
use crate::domain::clean_text::CleanText;
use crate::domain::event::ChecklistAnswer;
use crate::domain::survey::Probe;
use crate::screen::rows::{Role, Row, pad};
use crate::screen::theme::{self, Glyph};
use crate::wizard::State;
use crate::wizard::items::{client_lines, point_answer};

/// The point of the checklist that says whether anything is installed outside.
const OUTSIDE: &str = "clients";

/// The table of ingestion pipelines, whose rows are estimated by the survey.
const PIPELINES: &str = "ingestion_pipeline_entity";

pub fn rows(state: &State) -> Vec<Row> {
    let looked = state.looked.as_ref();
    let target = looked
        .and_then(|l| l.plan.to.as_ref())
        .map_or("the target version".to_string(), ToString::to_string);
    let none = none_outside(state);
    let mut rows = vec![
        Row::text(format!(
            "Every client that talks to the server has to match {target}."
        )),
        Row::dim(format!("    {}{}has", pad("where", 21), pad("package", 26))).cut(),
    ];
    let on_disk = looked.map(|l| &l.survey.versions.target);
    let (sign, has) = match on_disk {
        Some(Probe::Known(version)) => (theme::DONE, version.to_string()),
        Some(Probe::Unknown(_)) | None => (theme::UNKNOWN, "not known".to_string()),
    };
    rows.push(client(sign, "the new server here", "openmetadata", &has));
    for (place, package) in [
        ("where ingestion runs", "openmetadata-ingestion"),
        ("beside Airflow", "openmetadata-managed-apis"),
    ] {
        rows.push(if none {
            client(theme::SKIPPED, place, package, "none")
        } else {
            client(theme::UNKNOWN, place, package, "not known")
        });
    }
    rows.push(Row::empty());
    if none {
        rows.push(Row::text(
            "None is installed outside: so the checklist was answered. Should there be one after all:",
        ));
    } else {
        let pipelines = match looked.map(|l| &l.survey.estimated_rows) {
            Some(Probe::Known(tables)) => tables.get(PIPELINES).copied().unwrap_or(0),
            Some(Probe::Unknown(_)) | None => 0,
        };
        let defined = match pipelines {
            0 => String::new(),
            1 => " One ingestion pipeline is defined here.".to_string(),
            many => format!(" About {many} ingestion pipelines are defined here."),
        };
        rows.push(Row::text(format!(
            "Not known: omup cannot look on other hosts.{defined} Wherever ingestion runs (Airflow, cron, CI, a notebook), while it is paused and after the new server is up (y copies):"
        )));
    }
    for line in client_lines(state) {
        rows.push(Row::new(format!("  $ {}", CleanText::new(&line)), Role::Accent).hang(6));
    }
    rows.extend([
        Row::dim("YOUR,EXTRAS: its connectors (mysql,s3); ~= takes the newest."),
        Row::empty(),
    ]);
    rows.extend(buttons(state));
    rows
}

fn client(sign: Glyph, place: &str, package: &str, has: &str) -> Row {
    Row::new(format!("  {} ", sign.glyph), sign.role)
        .and(pad(place, 21), Role::Plain)
        .and(pad(package, 26), Role::Plain)
        .and(has, sign.role)
        .cut()
}

fn none_outside(state: &State) -> bool {
    let points = state.knowledge.checklist();
    let index = points.iter().position(|point| point.id == OUTSIDE);
    index.is_some_and(|index| point_answer(state, index) == ChecklistAnswer::NotForUs)
}
