//! Values and rules: no IO, no clock, no async, and nothing of the other rooms.

pub mod answers;
pub mod backup;
pub mod clean_text;
pub mod client_report;
pub mod code_mark;
pub mod content;
pub mod data_only;
pub mod duration;
pub mod event;
pub mod finding;
pub mod instance;
pub mod lock_holder;
pub mod log_view;
pub mod memory;
pub mod migration;
pub mod names;
pub mod plan;
pub mod progress;
pub mod report;
pub mod resume;
pub mod row_question;
pub mod run_view;
pub mod schema_touch;
pub mod schema_walk;
#[cfg(test)]
mod schema_walk_tests;
pub mod secret;
pub mod setting;
pub mod shell;
pub mod sought;
pub mod space;
pub mod sql_ground;
pub mod sql_read;
mod sql_read_alter;
mod sql_read_create;
mod sql_read_rows;
mod sql_sources;
#[cfg(test)]
mod sql_sources_tests;
pub mod sql_split;
pub mod sql_words;
pub mod step;
pub mod survey;
pub mod validation;
pub mod version;
pub mod way_back;
