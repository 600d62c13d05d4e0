//! What the stories stand on. Knows servers, folders, processes and time; knows nothing about upgrades.
//!
//! Nothing in here uses omup's own code to judge omup's work: databases are compared through `psql` and
//! `mysql`, processes through `/proc`.

pub mod digest;
pub mod engine;
pub mod folder;
pub mod mysql;
pub mod omup;
pub mod port;
pub mod postgres;
pub mod private_server;
pub mod process;
pub mod proxy;
pub mod sessions;
pub mod skip;
pub mod sshd;
pub mod tool;
pub mod tty;
pub mod wait;
