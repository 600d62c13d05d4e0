//! Which changes of the releases concern a deployment, judged for fourteen made-up ones
//! (`tests/fixtures/instances`), and the checks of real ones.

mod commands;
mod deployment;
mod forms;
mod judged;
mod relevance;
pub mod world;
