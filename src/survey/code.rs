//! Searches the operators' own files for what a release breaks. Reads text files only, of a size
//! that people write.

use std::fmt::Display;
use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::domain::clean_text::CleanText;
use crate::domain::code_mark::{CodeMark, scan};
use crate::domain::instance::CodeFacts;
use crate::domain::survey::Probe;

/// Largest file that is read, in bytes.
const MOST: u64 = 1 << 20;
/// Bytes at the beginning of a file that tell whether it is text.
const START: u64 = 8 << 10;
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
    let roots: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| folder.canonicalize().ok())
        .collect();
    let mut search = Search {
        roots,
        marks,
        facts: CodeFacts::default(),
    };
    for folder in folders {
        search.named(folder);
    }
    Probe::Known(search.facts)
}

struct Search<'a> {
    /// What was named, without links.
    roots: Vec<PathBuf>,
    marks: &'a [(String, CodeMark)],
    facts: CodeFacts,
}

impl Search<'_> {
    /// What the operator named is followed where it is a link, and says so where it holds nothing.
    fn named(&mut self, path: &Path) {
        let before = (self.facts.files, self.facts.unread.len());
        match std::fs::metadata(path) {
            Ok(meta) => self.look(path, &meta),
            Err(error) => self.unread(path, error),
        }
        if before == (self.facts.files, self.facts.unread.len()) {
            self.unread(path, "no text file is there");
        }
    }

    fn unread(&mut self, path: &Path, why: impl Display) {
        let words = format!("{}: {why}", path.display());
        self.facts.unread.push(CleanText::from(words));
    }

    fn look(&mut self, path: &Path, meta: &Metadata) {
        if meta.is_dir() {
            self.folder(path);
        } else if meta.is_file() {
            self.file(path, meta.len());
        }
    }

    fn folder(&mut self, path: &Path) {
        let mut entries = Vec::new();
        match std::fs::read_dir(path) {
            Ok(found) => {
                for entry in found {
                    match entry {
                        Ok(entry) => entries.push(entry.path()),
                        Err(error) => self.unread(path, error),
                    }
                }
            }
            Err(error) => self.unread(path, error),
        }
        entries.sort();
        for entry in entries.iter().filter(|entry| !foreign(entry)) {
            match std::fs::symlink_metadata(entry) {
                Ok(meta) if meta.is_symlink() => self.link(entry),
                Ok(meta) => self.look(entry, &meta),
                Err(error) => self.unread(entry, error),
            }
        }
    }

    /// A link inside is not followed (it may lead anywhere, also in a circle): where its end is not
    /// read under its own name, it is named as not read.
    fn link(&mut self, path: &Path) {
        let end = match path.canonicalize() {
            Ok(end) => end,
            Err(error) => return self.unread(path, error),
        };
        let read_anyway = self.roots.iter().any(|root| {
            let below = end.strip_prefix(root);
            below.is_ok_and(|below| !below.ancestors().any(foreign))
        });
        let no_text = end.is_file() && binary(&end);
        if !read_anyway && !no_text {
            self.unread(path, format!("a link to {}; name that too", end.display()));
        }
    }

    fn file(&mut self, path: &Path, bytes: u64) {
        if self.facts.files >= FILES {
            if self.facts.unread.is_empty() {
                self.unread(path, format!("more than {FILES} files"));
            }
            return;
        }
        if bytes > MOST {
            if !binary(path) {
                self.unread(path, format!("larger than {} MiB", MOST >> 20));
            }
            return;
        }
        match std::fs::read(path) {
            // A NUL byte is in no text.
            Ok(bytes) if bytes.contains(&0) => {}
            Ok(bytes) => {
                self.facts.files += 1;
                let text = String::from_utf8_lossy(&bytes);
                let hits = scan(&path.display().to_string(), &text, self.marks);
                self.facts.hits.extend(hits);
            }
            Err(error) => self.unread(path, error),
        }
    }
}

fn foreign(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    FOREIGN.contains(&name.as_ref())
}

/// True for a file whose beginning is no text. One that cannot be read is not known to be none.
fn binary(path: &Path) -> bool {
    let mut start = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(START).read_to_end(&mut start))
        .is_ok()
        && start.contains(&0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use super::{CodeFacts, CodeMark, MOST, Probe, of};

    const OLD: &str = "import old_name\n";

    fn facts(folders: &[PathBuf]) -> CodeFacts {
        let mark = CodeMark {
            find: vec!["old_name".to_owned()],
            files: vec![".py".to_owned()],
            beside: Vec::new(),
            instead: None,
        };
        match of(Some(folders), &[("1.2-x".to_owned(), mark)]) {
            Probe::Known(facts) => facts,
            Probe::Unknown(why) => panic!("{why}"),
        }
    }

    fn file(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }

    #[test]
    fn a_named_folder_that_is_a_link_is_read() {
        let place = tempfile::tempdir().expect("a folder");
        file(&place.path().join("abc123/dag.py"), OLD);
        let named = place.path().join("dags");
        symlink(place.path().join("abc123"), &named).expect("a link");
        let facts = facts(std::slice::from_ref(&named));
        assert_eq!((facts.files, facts.hits.len()), (1, 1), "{facts:?}");
        assert_eq!(
            facts.hits[0].file.as_str(),
            named.join("dag.py").display().to_string()
        );
        assert!(facts.unread.is_empty(), "{facts:?}");
    }

    #[test]
    fn what_is_not_read_is_named() {
        let place = tempfile::tempdir().expect("a folder");
        let (dags, shared) = (place.path().join("dags"), place.path().join("shared"));
        file(&dags.join("dag.py"), "import fine\n");
        file(&shared.join("common.py"), OLD);
        symlink(&shared, dags.join("common")).expect("a link");
        symlink("nowhere", dags.join("gone.py")).expect("a link");
        file(&dags.join("large.py"), &OLD.repeat(MOST as usize / 10));
        let facts = facts(std::slice::from_ref(&dags));
        assert_eq!(facts.files, 1);
        let unread: Vec<&str> = facts.unread.iter().map(|text| text.as_str()).collect();
        assert_eq!(unread.len(), 3, "{unread:?}");
        for (name, line) in ["common: a link to", "gone.py: ", "large.py: larger"]
            .iter()
            .zip(&unread)
        {
            assert!(line.contains(name), "{line}");
        }
    }

    #[test]
    fn a_link_to_what_is_read_anyway_and_a_large_picture_hide_nothing() {
        let place = tempfile::tempdir().expect("a folder");
        let dags = place.path().join("dags");
        // As a ConfigMap is mounted: every file is a link into a dated folder beside it.
        file(&dags.join("..2026_11_26/dag.py"), OLD);
        symlink("..2026_11_26", dags.join("..data")).expect("a link");
        symlink("..data/dag.py", dags.join("dag.py")).expect("a link");
        file(&dags.join("large.png"), &"\0".repeat(MOST as usize + 1));
        symlink(dags.join("large.png"), dags.join("again.png")).expect("a link");
        let facts = facts(&[dags]);
        assert_eq!((facts.files, facts.hits.len()), (1, 1), "{facts:?}");
        assert!(facts.unread.is_empty(), "{facts:?}");
    }

    #[test]
    fn a_named_folder_without_any_text_is_not_a_folder_without_marks() {
        let place = tempfile::tempdir().expect("a folder");
        let (empty, full) = (place.path().join("empty"), place.path().join("full"));
        std::fs::create_dir(&empty).expect("a folder");
        file(&full.join("dag.py"), "import fine\n");
        let facts = facts(&[empty, full, place.path().join("missing")]);
        assert_eq!(facts.files, 1);
        assert_eq!(facts.unread.len(), 2, "{facts:?}");
        assert!(facts.unread[0].as_str().contains("empty: no text file"));
        assert_eq!(
            super::of(Some(&[]), &[]),
            Probe::Known(CodeFacts::default())
        );
    }
}
