//! `omup::database` against a real MySQL, as the schema's owner that OpenMetadata's guides make.

mod bench;
mod content;
mod definers;
mod facts;
mod ground;
mod locks;
mod probes;
mod read_lock;
mod sessions;
