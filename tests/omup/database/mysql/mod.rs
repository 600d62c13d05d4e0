//! `omup::database` against a real MySQL, as the schema's owner that OpenMetadata's guides make.

mod bench;
mod content;
mod definers;
mod facts;
mod locks;
mod read_lock;
mod sessions;
