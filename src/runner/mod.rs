//! Executes a plan step by step and writes every fact to the journal before it acts on it.
//!
//! The runner is a process of its own: it knows steps and the traits they act through, and nothing
//! of screens.

pub mod control;
pub mod drive;
pub mod folder;
pub mod journal;
pub mod lease;
mod one_step;
pub mod outlive;
mod put_back;
pub mod recorder;
pub mod watch;
