//! The stories: the real binary against real servers, one module a story.
//!
//! One binary, because linking is the slow part. `tests/run` prepares the servers; without them, or with plain
//! `cargo test`, the tests that need one are named as skipped (see `support::skip`).

mod support;

mod backup;
mod backups;
mod clients;
mod command_line;
mod database;
mod dates;
mod documents;
mod ground;
mod imports;
mod knowledge;
mod practice;
mod promises;
mod screens;
mod story;
