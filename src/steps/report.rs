//! The report step: `report.md` and `report.json` from the fold of the journal.

use std::path::Path;

use async_trait::async_trait;

use super::context::Context;
use super::{Preview, Step};
use crate::domain::plan::Intent;
use crate::domain::report;
use crate::domain::run_view::RunView;
use crate::domain::secret::Redactor;
use crate::domain::step::{Failure, Outcome, StepId};
use crate::exit_code::ExitCode;
use crate::process::private_file::write_atomically;

pub struct Report;

#[async_trait(?Send)]
impl Step for Report {
    fn id(&self) -> StepId {
        StepId::Report
    }

    fn preview(&self, _preview: &Preview<'_>) -> Vec<Intent> {
        vec![Intent::File {
            path: "report.md and report.json in the run's folder".into(),
            change: "written".into(),
        }]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        write(context.folder, &context.view(), &context.secrets.redactor).map_err(|error| {
            Failure::new(
                ExitCode::StateFolder,
                "write the report",
                error.to_string(),
                "what the run did stands; the journal tells it",
                "make room, then `omup resume --again`",
            )
        })?;
        Ok(Outcome::Success {
            message: format!("{}", context.folder.join("report.md").display()).into(),
        })
    }
}

/// Writes both forms of the report into the run's folder, each whole or not at all.
pub fn write(folder: &Path, view: &RunView, redactor: &Redactor) -> std::io::Result<()> {
    let json =
        serde_json::to_string_pretty(&report::document(view)).map_err(std::io::Error::other)?;
    write_atomically(
        &folder.join("report.json"),
        redactor.redact(&json).as_bytes(),
    )?;
    write_atomically(
        &folder.join("report.md"),
        redactor.redact(&report::page(view)).as_bytes(),
    )
}
