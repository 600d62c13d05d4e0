//! `omup runs list|show`: the history of runs in the state folder.

use super::attach;
use super::error::Result;
use super::out;
use super::run::view_of;
use super::{plain, plain_words};
use crate::domain::run_view::RunView;
use crate::exit_code::ExitCode;
use crate::runner::folder::{FolderError, RunFolder, State};
use crate::runner::journal;

/// One line a run, oldest first. A damaged journal is a line too, not an end of the listing; the
/// exit code tells of it.
pub fn list(state: &State, json: bool) -> ExitCode {
    let mut documents = Vec::new();
    let mut exit_code = ExitCode::Ok;
    let mut none = true;
    for folder in state.runs() {
        none = false;
        let alive = attach::alive(&folder);
        match view_of(&folder) {
            Ok(view) => {
                let exit = view.ended.as_ref().map(|(exit, _)| exit.number());
                if json {
                    documents.push(serde_json::json!({
                        "run": folder.run, "deployment": view.deployment, "from": view.from, "to": view.to,
                        "phase": view.phase(), "exit": exit, "runner_alive": alive, "practice": view.practice,
                    }));
                } else {
                    let version = |v: &Option<crate::domain::version::OmVersion>| {
                        v.as_ref().map_or("?".to_string(), ToString::to_string)
                    };
                    let end = match (&view.ended, alive) {
                        (_, true) => "running".to_string(),
                        (Some((exit, _)), false) => {
                            format!("exit {} ({})", exit.number(), exit.meaning())
                        }
                        (None, false) => "interrupted: `omup resume`".to_string(),
                    };
                    out::line(format!(
                        "{}  {} -> {}  {}  {end}",
                        folder.run,
                        version(&view.from),
                        version(&view.to),
                        view.deployment
                    ));
                }
            }
            Err(error) => {
                exit_code = error.exit;
                if json {
                    documents
                        .push(serde_json::json!({ "run": folder.run, "error": error.message }));
                } else {
                    out::line(format!("{}  {}", folder.run, error.message));
                }
            }
        }
    }
    if json {
        out::json(&serde_json::json!({ "schema_version": 1, "runs": documents }));
    } else if none {
        // Not a line of the list: who counts those finds none.
        out::error(format!(
            "omup: {}",
            FolderError::NoRunYet(state.root.clone())
        ));
    }
    exit_code
}

/// The whole story of one run.
pub fn show(folder: &RunFolder, json: bool) -> Result<ExitCode> {
    let reading = journal::read(&folder.journal())?;
    if json {
        for entry in &reading.entries {
            if out::json_line(&plain::document(entry)).is_err() {
                break;
            }
        }
        return Ok(ExitCode::Ok);
    }
    let mut view = RunView::default();
    for entry in &reading.entries {
        view.apply(&entry.event);
        for line in plain_words::lines(&entry.event, &view) {
            out::line(format!(
                "{}  {line}",
                entry.at.get(..19).unwrap_or(&entry.at)
            ));
        }
    }
    if reading.torn_bytes > 0 {
        out::line(format!(
            "(an unfinished last line of {} bytes follows; `omup resume` cuts it off)",
            reading.torn_bytes
        ));
    }
    Ok(ExitCode::Ok)
}
