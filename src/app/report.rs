//! `omup report`: the report of a run, made anew from its journal.

use super::error::Result;
use super::out;
use super::run::view_of;
use crate::domain::report;
use crate::exit_code::ExitCode;
use crate::runner::folder::RunFolder;

pub fn report(folder: &RunFolder, json: bool) -> Result<ExitCode> {
    let view = view_of(folder)?;
    if json {
        out::json(&report::document(&view));
    } else {
        out::page(&report::page(&view));
    }
    Ok(ExitCode::Ok)
}
