//! `omup::database` against a real MySQL, as the schema's owner that OpenMetadata's guides make.

mod bench;
mod content;
mod facts;
mod ground;
mod locks;
mod probes;
mod sessions;
