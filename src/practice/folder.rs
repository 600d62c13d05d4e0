//! The practice folder and the marker that says "nothing here is real".
//!
//! Layout: `<folder>/.omup-practice`, `openmetadata-<version>/` twice, `data/` (SQLite),
//! `faults.toml`, `faults.at-pause`, `current` and `service/` for a supervised owner.

use std::path::{Path, PathBuf};

/// The file without which no practice part runs.
pub const MARKER: &str = ".omup-practice";

/// A folder that carries the marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeFolder(PathBuf);

#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error(
        "refused to run a practice part on {path}: neither it nor a folder above it holds the \
         marker file {MARKER}; make a practice deployment with `omup practice make` first"
    )]
    NotPractice { path: PathBuf },
    #[error("failed to look at {path}: {reason}")]
    Unreadable {
        path: PathBuf,
        reason: std::io::Error,
    },
}

impl PracticeFolder {
    /// Finds the marked folder at `start` or above it. Links are followed first, so that a
    /// `current` link leads to the folder it points into. `start` itself need not exist (a new
    /// database file), its parent must.
    ///
    /// # Errors
    /// When no marker is found, or the path cannot be resolved.
    pub fn holding(start: &Path) -> Result<Self, FolderError> {
        let resolved = match std::fs::canonicalize(start) {
            Ok(path) => path,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let parent = match start.parent() {
                    Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
                    Some(parent) => parent,
                    None => Path::new("/"),
                };
                std::fs::canonicalize(parent).map_err(|reason| FolderError::Unreadable {
                    path: parent.to_owned(),
                    reason,
                })?
            }
            Err(reason) => {
                return Err(FolderError::Unreadable {
                    path: start.to_owned(),
                    reason,
                });
            }
        };
        resolved
            .ancestors()
            .find(|folder| folder.join(MARKER).is_file())
            .map(|folder| Self(folder.to_owned()))
            .ok_or_else(|| FolderError::NotPractice {
                path: start.to_owned(),
            })
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the faults to inject are written.
    pub fn faults_file(&self) -> PathBuf {
        self.0.join("faults.toml")
    }

    /// Appears while a migration pauses between a statement and its record.
    pub fn at_pause_file(&self) -> PathBuf {
        self.0.join("faults.at-pause")
    }
}

/// The version of an installation, from the name of its service jar as OpenMetadata ships it.
///
/// # Errors
/// When `home/libs` holds no `openmetadata-service-<version>.jar`.
pub fn installed_version(home: &Path) -> Result<semver::Version, InstallationError> {
    let libs = home.join("libs");
    let entries = std::fs::read_dir(&libs).map_err(|reason| InstallationError::Libs {
        path: libs.clone(),
        reason,
    })?;
    for entry in entries {
        let entry = entry.map_err(|reason| InstallationError::Libs {
            path: libs.clone(),
            reason,
        })?;
        let name = entry.file_name();
        let version = name
            .to_str()
            .and_then(|name| name.strip_prefix("openmetadata-service-"))
            .and_then(|name| name.strip_suffix(".jar"))
            .and_then(|text| semver::Version::parse(text).ok());
        if let Some(version) = version {
            return Ok(version);
        }
    }
    Err(InstallationError::NoServiceJar { path: libs })
}

#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    #[error("failed to list {path}: {reason}")]
    Libs {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error("failed to tell the version: no openmetadata-service-<version>.jar in {path}")]
    NoServiceJar { path: PathBuf },
}

#[cfg(test)]
mod tests {
    use super::{FolderError, MARKER, PracticeFolder, installed_version};

    #[test]
    fn an_unmarked_folder_is_refused_and_a_marked_one_is_found_from_below() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let home = folder.path().join("openmetadata-1.10.7");
        std::fs::create_dir_all(home.join("libs")).expect("home");
        assert!(matches!(
            PracticeFolder::holding(&home),
            Err(FolderError::NotPractice { .. })
        ));
        std::fs::write(folder.path().join(MARKER), "").expect("marker");
        let found = PracticeFolder::holding(&home.join("not-there-yet.db")).expect("found");
        assert_eq!(
            found.path(),
            folder.path().canonicalize().expect("canonical")
        );
        std::fs::write(home.join("libs/openmetadata-service-1.10.7.jar"), "").expect("jar");
        assert_eq!(
            installed_version(&home).expect("version"),
            semver::Version::new(1, 10, 7)
        );
    }
}
