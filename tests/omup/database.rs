//! `omup::database` against real servers: PostgreSQL as a role that may create databases and is no superuser, MySQL as the schema's owner.

mod bench;
mod content;
mod facts;
mod ground;
mod locks;
mod mysql;
mod names;
mod practice;
mod probes;
mod rights;
mod schema;
mod stall;
