//! `omup::database` against a real PostgreSQL, as a role that may create databases and is no superuser.

mod bench;
mod content;
mod facts;
mod locks;
mod names;
mod practice;
mod probes;
mod rights;
mod schema;
mod stall;
