//! The knowledge files that are built in, as `build.rs` lists them.

include!(concat!(env!("OUT_DIR"), "/knowledge_files.rs"));
