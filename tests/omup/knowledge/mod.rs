//! Which changes of the releases concern a deployment, judged for fourteen made-up ones
//! (`tests/fixtures/instances`).

mod commands;
mod relevance;
pub mod world;
