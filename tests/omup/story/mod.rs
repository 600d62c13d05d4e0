//! The stories of an upgrade and its way back, each on every engine that is there.
//!
//! A story gets a [`stage::Stage`] and knows nothing of its engine.

pub mod stage;

mod backup_alone;
mod failures;
mod interrupted;
mod killed_on_mysql;
mod lock_holders;
mod more_memory;
mod old_files;
mod orphans;
mod owners;
mod read_lock;
mod scenarios;
mod sweep;
mod turned_around;
mod upgrade_and_back;
