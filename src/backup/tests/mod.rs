//! The backup room with a database that is a folder of text files and tools that are small scripts.

mod damage;
mod dump_faults;
mod fake;
mod proof;
mod sweep;
