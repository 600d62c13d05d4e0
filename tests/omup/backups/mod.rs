//! What is promised of backups, on the real binary: no disturbance makes it call a backup good that is not.
//!
//! Each test ends its runs at the first question (before downtime), unless it needs a way back.

mod scene;
mod tools;

mod broken_sync;
mod damage;
mod full_disk;
mod full_state;
mod half_dumps;
mod killed;
mod lost_tools;
mod memory;
