//! The promises of safety, one module a promise or a close pair: each is broken on purpose, and omup must notice.
//!
//! The stage is that of the stories; what a test damages, it damages by its own hand and not through omup.

mod damages;
pub mod help;

mod another_database;
mod backup_is_proven_by_restoring;
mod connection_lost_in_the_dump;
mod connection_lost_in_the_migration;
mod field;
mod one_run_at_a_time;
mod somebody_writes;
