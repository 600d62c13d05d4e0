//! Composition: commands of the command line over survey, plan, runner and the journal's fold.
//!
//! No decision about an upgrade is made here; those belong to checks, steps, runner and domain.

pub mod answer;
pub mod attach;
pub mod beside;
pub mod check;
pub mod clients;
pub mod diagnose;
pub mod error;
pub mod json_file;
pub mod launch;
pub mod logind;
pub mod open;
pub mod out;
pub mod plain;
pub mod plain_words;
pub mod private_folder;
pub mod questions;
pub mod ready;
pub mod report;
pub mod rollback;
pub mod run;
pub mod runner_process;
pub mod runs;
pub mod sandbox;
pub mod signals;
pub mod situation;
pub mod status;
pub mod terminal;
pub mod tui;
pub mod verify;
pub mod wizard;
