//! `omup`: upgrade OpenMetadata from one terminal, with a proven way back.
//!
//! The map of this crate, and what each part does *not* know, is in CONTRIBUTING.md.

pub mod app;
pub mod backup;
pub mod checks;
pub mod cli;
pub mod database;
pub mod deployment;
pub mod domain;
pub mod exit_code;
pub mod knowledge;
pub mod logs;
pub mod practice;
pub mod process;
pub mod runner;
pub mod screen;
pub mod steps;
pub mod survey;
pub mod wizard;
