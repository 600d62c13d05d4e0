//! A folder for one test: removed when the test passes, kept and named when it fails.

use std::path::{Path, PathBuf};

/// A fresh folder below the system's temporary folder, readable by its owner only.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// `name` is only for the person who finds the folder later.
    pub fn new(name: &str) -> Folder {
        let path = tempfile::Builder::new()
            .prefix(&format!("omup-test-{name}-"))
            .tempdir()
            .unwrap_or_else(|error| panic!("cannot make a temporary folder: {error}"))
            .keep();
        Folder { path }
    }

    /// A folder at this very path, for one that is seen in a picture.
    #[allow(dead_code, reason = "for examples/shots.rs")]
    pub fn at(path: impl Into<PathBuf>) -> Folder {
        use std::os::unix::fs::DirBuilderExt as _;
        let path = path.into();
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .unwrap_or_else(|error| panic!("cannot make {}: {error}", path.display()));
        Folder { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of `name` inside this folder; nothing is created.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file, with the folders above it, and gives its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        let parent = path.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, content))
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        path
    }

    /// Every regular file below this folder, sorted. Links are listed as nothing and not followed.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder)
                .unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
            for entry in entries.flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() => found.push(entry.path()),
                    Ok(_) | Err(_) => {}
                }
            }
        }
        found.sort();
        found
    }

    /// The files that contain `needle` as bytes, for instance a password that must be nowhere.
    pub fn files_with(&self, needle: &str) -> Vec<PathBuf> {
        let needle = needle.as_bytes();
        self.files()
            .into_iter()
            .filter(|file| {
                std::fs::read(file)
                    .is_ok_and(|bytes| bytes.windows(needle.len()).any(|part| part == needle))
            })
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("kept for a look: {}", self.path.display());
        } else if let Err(error) = std::fs::remove_dir_all(&self.path) {
            eprintln!("cannot remove {}: {error}", self.path.display());
        }
    }
}
