//! Values and rules: no IO, no clock, no async, and nothing of the other rooms.

pub mod answers;
pub mod backup;
pub mod clean_text;
pub mod content;
pub mod event;
pub mod finding;
pub mod log_view;
pub mod memory;
pub mod migration;
pub mod names;
pub mod plan;
pub mod progress;
pub mod report;
pub mod resume;
pub mod run_view;
pub mod secret;
pub mod setting;
pub mod space;
pub mod sql_split;
pub mod step;
pub mod survey;
pub mod version;
pub mod way_back;
