//! `omup rollback`: the ways back from where a run stands; with a way and the typed name, the way
//! itself.

use super::error::{CommandError, Result};
use super::launch::Errand;
use super::open;
use super::out;
use super::run;
use super::signals::while_looking;
use super::situation;
use crate::domain::answers::ConfirmAnswers;
use crate::domain::event::Event;
use crate::domain::run_view::{Phase, RunView};
use crate::domain::way_back::{WayBack, WayId, ways_back};
use crate::exit_code::ExitCode;
use crate::runner::folder::{RunFolder, State};
use crate::runner::journal;

/// What was asked on the command line.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub run: String,
    pub way: Option<String>,
    /// The database's name, typed.
    pub confirm: Option<String>,
    pub answers: Option<std::path::PathBuf>,
    pub json: bool,
    pub detach: bool,
}

pub async fn rollback(state: &State, asked: &Asked) -> Result<ExitCode> {
    let folder = state.run(&asked.run)?;
    situation::idle(&folder)?;
    let look = async {
        let looked = situation::gather(&folder).await;
        looked.map_err(|error| by_hand(&folder, error))
    };
    let (view, now) = while_looking(look).await?;
    let ways = ways_back(&view, &now);
    let confirm = match &asked.answers {
        Some(path) => open::answers(path)?.confirm,
        None => Default::default(),
    };
    let way = asked.way.clone().or(confirm.way_back.clone());
    let Some(way) = way else {
        if view.phase() == Phase::Upgraded && !asked.json {
            out::line(
                "The new version serves. Going back is needed only if you have found a fault that cannot wait:",
            );
        }
        show(&folder.run.to_string(), &ways, asked.json);
        return Ok(ExitCode::Ok);
    };
    let id = WayId::parse(&way).ok_or_else(|| {
        CommandError::new(
            ExitCode::Usage,
            format!("'{way}' is no way back; there are: {}", names(&ways)),
        )
    })?;
    let Some(chosen) = ways.iter().find(|w| w.id == id) else {
        return Err(CommandError::new(
            ExitCode::Usage,
            format!(
                "'{way}' does not lead back from where this run stands; there are: {}",
                names(&ways)
            ),
        ));
    };
    if let Some(hindrance) = &chosen.hindrance {
        let exit = if id == WayId::Restore && !now.migration_alive && now.backup_good == Some(false)
        {
            ExitCode::BackupDamaged
        } else {
            ExitCode::RollbackFailed
        };
        return Err(CommandError::new(
            exit,
            format!("'{way}' cannot be taken now: {hindrance}"),
        ));
    }
    let database = view
        .identity
        .as_ref()
        .map(|identity| identity.database.clone())
        .unwrap_or_default();
    let (prepared, why) = match confirmed(&view, &plans(&folder)?, &confirm) {
        Ok(prepared) => (prepared, String::new()),
        Err(why) => (None, format!("{why}; ")),
    };
    let typed = asked.confirm.clone().or(prepared);
    if typed.as_deref() != Some(database.as_str()) {
        show(
            &folder.run.to_string(),
            std::slice::from_ref(chosen),
            asked.json,
        );
        return Err(CommandError::new(
            ExitCode::WaitingForInput,
            format!(
                "{why}type the database's name to go this way: `omup rollback {} --way {way} --confirm {database}`",
                folder.run
            ),
        ));
    }
    let errand = Errand {
        // Who types it again means it: a way that failed before is tried again.
        retry: true,
        way: Some(id),
        ..Errand::default()
    };
    run::start_and_follow(state, &folder, &errand, asked.json, asked.detach).await
}

/// Where omup cannot look, the page that needs no omup still leads back.
fn by_hand(folder: &RunFolder, error: CommandError) -> CommandError {
    let page = folder.way_back();
    if !page.is_file() || error.exit == ExitCode::StateFolder {
        return error;
    }
    let said = error.message.as_str().trim_end_matches('.');
    CommandError::new(
        error.exit,
        format!(
            "{said}. Next: mend that and ask again, or go back by hand: {} has every command",
            page.display()
        ),
    )
}

/// The digests of every plan that this run has had; a way back that was begun has one of its own.
fn plans(folder: &RunFolder) -> Result<Vec<String>> {
    let reading = journal::read_begun(&folder.journal())?;
    let digests = reading.entries.into_iter().filter_map(|entry| {
        let Event::Planned { plan_digest, .. } = entry.event else {
            return None;
        };
        Some(plan_digest)
    });
    Ok(digests.collect())
}

/// A confirmation out of an answers file counts only for the very plan and server of this run; else why it does not.
fn confirmed(
    view: &RunView,
    plans: &[String],
    confirm: &ConfirmAnswers,
) -> std::result::Result<Option<String>, &'static str> {
    let Some(value) = &confirm.start_of_downtime else {
        return Ok(None);
    };
    match (&confirm.plan, &confirm.server) {
        (Some(plan), _) if !plans.contains(plan) => {
            Err("the answers file confirms another plan than this run's")
        }
        (Some(_), Some(server)) => match &view.identity {
            Some(identity) if identity.server == *server => Ok(Some(value.clone())),
            Some(_) | None => Err("the answers file confirms another server than this run's"),
        },
        (None, _) | (_, None) => Err(
            "the answers file confirms without naming plan and server (confirm.plan, confirm.server)",
        ),
    }
}

fn names(ways: &[WayBack]) -> String {
    if ways.is_empty() {
        return "none".to_string();
    }
    ways.iter()
        .map(|way| way.id.id())
        .collect::<Vec<_>>()
        .join(", ")
}

fn show(run: &str, ways: &[WayBack], json: bool) {
    if json {
        out::json(&serde_json::json!({ "schema_version": 1, "run": run, "ways": ways }));
        return;
    }
    if ways.is_empty() {
        out::line(format!(
            "run {run} has been rolled back: there is nothing more to go back from"
        ));
    }
    for way in ways {
        let mark = if way.recommended {
            "  (recommended)"
        } else {
            ""
        };
        out::line(format!("{}{mark}", way.id.id()));
        out::line(format!("  {}", way.title));
        out::line(format!("  loses: {}", way.loses));
        out::line(format!("  takes: {}", way.takes()));
        if let Some(hindrance) = &way.hindrance {
            out::line(format!("  not now: {hindrance}"));
        } else {
            out::line(format!(
                "  $ omup rollback {run} --way {} --confirm <database name>",
                way.id.id()
            ));
        }
    }
}
