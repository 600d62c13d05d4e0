//! The page of clients: what was found of each, what it needs for the target, what is not known, and
//! what to type where they run.

use super::{buttons, pointer};
use crate::domain::clean_text::CleanText;
use crate::domain::event::ChecklistAnswer;
use crate::domain::survey::Probe;
use crate::knowledge::{ClientAdvice, Standing};
use crate::screen::rows::{Role, Row, pad};
use crate::screen::theme::{self, Glyph};
use crate::wizard::State;
use crate::wizard::clients::client_lines;
use crate::wizard::clients::known;
use crate::wizard::items::{Item, point_answer};

/// The point of the checklist that says whether anything is installed outside.
const OUTSIDE: &str = "clients";

/// The table of ingestion pipelines, whose rows are estimated by the survey.
const PIPELINES: &str = "ingestion_pipeline_entity";

pub fn rows(state: &State) -> Vec<Row> {
    let looked = state.looked.as_ref();
    let to = looked.and_then(|l| l.plan.to.as_ref());
    let target = to.map_or("the target version".to_string(), ToString::to_string);
    let numbers = to.and_then(|to| state.knowledge.client_numbers(to));
    let mut rows = vec![Row::text(match numbers {
        Some(numbers) => format!(
            "Every client that talks to the server should be {target}; the server refuses those that are not {numbers}."
        ),
        None => format!(
            "Every client that talks to the server should be {target}; which others it takes is not known for this target."
        ),
    })];
    rows.push(Row::empty());
    let clients = known(state);
    for (index, client) in clients.iter().enumerate() {
        rows.extend(one(state, index, client));
    }
    if !clients.is_empty() && state.lesson.is_some() {
        rows.push(
            Row::new(
                "  PRACTICE  these are real packages of this host: leave them as they are.",
                Role::Strong,
            )
            .hang(2),
        );
    } else if !clients.is_empty() {
        rows.push(Row::dim(
            "  Run a line on its host once the new server is up, ingestion paused (y copies it).",
        ).hang(2));
    }
    rows.extend(others(state, clients.is_empty()));
    rows.push(Row::empty());
    rows.extend(buttons(state));
    if state.looking {
        rows.push(Row::new("  looking again …", Role::Accent));
    }
    rows
}

/// A client with the line to type; the marked one with everything that is known of it.
fn one(state: &State, index: usize, advice: &ClientAdvice) -> Vec<Row> {
    let marked = state.item() == Some(Item::Client(index));
    let sign = sign(advice.standing);
    let version = advice.client.ingestion.as_ref();
    let version = version.or(advice.client.managed_apis.as_ref());
    let version = version.map_or("?", |version| version.as_str());
    let mut rows = vec![
        Row::text(pointer(marked))
            .and(format!("{} ", sign.glyph), sign.role)
            .and(pad(advice.client.place.as_str(), 30), Role::Plain)
            .and(format!(" {} ", pad(version, 11)), Role::Plain)
            .and(word(advice.standing), sign.role)
            .cut()
            .mark(marked),
    ];
    if marked {
        rows.extend(more(advice));
    } else {
        rows.extend(what_to_do(advice));
    }
    rows
}

/// Packages, what stands in the way, and the line to type.
pub fn more(advice: &ClientAdvice) -> Vec<Row> {
    let client = &advice.client;
    let packages: Vec<String> = [
        ("openmetadata-ingestion", &client.ingestion),
        ("openmetadata-managed-apis", &client.managed_apis),
        ("apache-airflow", &client.airflow),
        ("Python", &client.python),
    ]
    .into_iter()
    .filter_map(|(name, version)| Some(format!("{name} {}", version.as_ref()?)))
    .collect();
    let standing = advice.standing.words();
    let mut rows = vec![Row::dim(format!("    {}: {standing}", packages.join(", "))).hang(4)];
    rows.extend(what_to_do(advice));
    rows
}

fn what_to_do(advice: &ClientAdvice) -> Vec<Row> {
    let mut rows = Vec::new();
    for remark in &advice.remarks {
        let remark = CleanText::new(remark);
        rows.push(Row::new(format!("    ! {remark}"), Role::Warn).hang(6));
    }
    let line = CleanText::new(&advice.line);
    rows.push(Row::new(format!("    $ {line}"), Role::Accent).hang(6));
    rows
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Aligned => "aligned",
        Standing::Accepted => "accepted",
        Standing::Refused => "REFUSED",
        Standing::Unknown => "not known",
    }
}

fn sign(standing: Standing) -> Glyph {
    match standing {
        Standing::Aligned => theme::DONE,
        Standing::Accepted | Standing::Refused => theme::WARNED,
        Standing::Unknown => theme::UNKNOWN,
    }
}

/// What is known and not known of clients elsewhere.
fn others(state: &State, none_found: bool) -> Vec<Row> {
    let looked = state.looked.as_ref();
    let Some(looked) = looked else {
        return vec![Row::text("Nothing was looked at yet.")];
    };
    let mut rows = Vec::new();
    if none_found {
        rows.push(Row::text(
            "No environment with openmetadata-ingestion was found on this host.",
        ));
    }
    let unseen = looked.survey.instance.clients_unseen.as_ref();
    let Some(unseen) = unseen.filter(|_| state.form.pasted.is_empty()) else {
        return rows;
    };
    if none_outside(state) {
        rows.push(Row::text(
            "None is installed outside: so the checklist was answered.",
        ));
        return rows;
    }
    let pipelines = match &looked.survey.estimated_rows {
        Probe::Known(tables) => tables.get(PIPELINES).copied().unwrap_or(0),
        Probe::Unknown(_) => 0,
    };
    let defined = match pipelines {
        0 => String::new(),
        1 => " One ingestion pipeline is defined here.".to_string(),
        many => format!(" About {many} ingestion pipelines are defined here."),
    };
    rows.push(
        Row::new(format!("{} ", theme::UNKNOWN.glyph), theme::UNKNOWN.role)
            .and(
                format!(
                    "{}: {unseen}.{defined}",
                    if none_found {
                        "There may be some on other hosts"
                    } else {
                        "There may be more"
                    }
                ),
                Role::Plain,
            )
            .hang(2),
    );
    rows.push(Row::text("  On each other host where ingestion runs (Airflow, cron, CI): copy the finding command (button below), run it with that environment's own python3, and paste here what it prints.").hang(2));
    if none_found {
        rows.push(Row::text("  Once the new server serves, on each such host:").hang(2));
        for line in client_lines(state).into_iter().skip(1) {
            let line = CleanText::new(&line);
            rows.push(Row::new(format!("  $ {line}"), Role::Accent).hang(6));
        }
        rows.push(
            Row::dim("  YOUR,EXTRAS: its connectors (mysql,s3); ~= takes the newest of that patch release.")
                .hang(2),
        );
    }
    rows
}

fn none_outside(state: &State) -> bool {
    let points = state.knowledge.checklist();
    let index = points.iter().position(|point| point.id == OUTSIDE);
    index.is_some_and(|index| point_answer(state, index) == ChecklistAnswer::NotForUs)
}
