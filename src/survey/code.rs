//! Searches the operators' own files for what a release breaks. Reads text files only, of a size
//! that people write.

use std::path::{Path, PathBuf};

use crate::domain::clean_text::CleanText;
use crate::domain::code_mark::{CodeMark, scan};
use crate::domain::instance::CodeFacts;
use crate::domain::survey::Probe;

/// Largest file that is read, in bytes.
const MOST: u64 = 1 << 20;
/// The most files that are read.
const FILES: u64 = 50_000;
/// Folders of other people's code.
const FOREIGN: &[&str] = &[
    ".git",
    "node_modules",
    "site-packages",
    "dist-packages",
    "__pycache__",
];

/// Unknown where no folder was named.
pub fn of(folders: Option<&[PathBuf]>, marks: &[(String, CodeMark)]) -> Probe<CodeFacts> {
    let Some(folders) = folders else {
        return Probe::Unknown(
            "no folder was named (clients.code in the answers; an empty list says that there are none)"
                .into(),
        );
    };
    let mut facts = CodeFacts::default();
    for folder in folders {
        look(folder, marks, &mut facts);
    }
    Probe::Known(facts)
}

fn look(path: &Path, marks: &[(String, CodeMark)], facts: &mut CodeFacts) {
    let unread = |why: String, facts: &mut CodeFacts| {
        facts
            .unread
            .push(CleanText::from(format!("{}: {why}", path.display())));
    };
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) => return unread(error.to_string(), facts),
    };
    if meta.is_dir() {
        let mut entries: Vec<PathBuf> = match std::fs::read_dir(path) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(error) => return unread(error.to_string(), facts),
        };
        entries.sort();
        for entry in entries {
            let name = entry
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if !FOREIGN.contains(&name.as_str()) {
                look(&entry, marks, facts);
            }
        }
        return;
    }
    if !meta.is_file() {
        return;
    }
    if facts.files >= FILES {
        if facts.unread.is_empty() {
            unread(format!("more than {FILES} files"), facts);
        }
        return;
    }
    if meta.len() > MOST {
        return;
    }
    match std::fs::read(path) {
        // A NUL byte is in no text.
        Ok(bytes) if bytes.contains(&0) => {}
        Ok(bytes) => {
            facts.files += 1;
            let text = String::from_utf8_lossy(&bytes);
            facts
                .hits
                .extend(scan(&path.display().to_string(), &text, marks));
        }
        Err(error) => unread(error.to_string(), facts),
    }
}
