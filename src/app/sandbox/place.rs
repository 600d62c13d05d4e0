//! Where a practice deployment lies: a passing folder for an unattended one, and for a person one
//! that is found again when the terminal was lost. Knows nothing of what is made in it.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::app::error::{CommandError, Result};
use crate::exit_code::ExitCode;
use crate::process::private_file::create_folder;

/// The answers that a practice session begins with; their presence says that the making was finished.
const ANSWERS: &str = "answers.toml";

/// A practice folder: 0700 and ours.
#[derive(Debug)]
pub struct Place {
    pub path: PathBuf,
    /// Removed when dropped.
    passing: bool,
}

impl Place {
    /// A new folder of this process, removed at the end unless it is to be kept.
    ///
    /// # Errors
    /// When it exists or cannot be made.
    pub fn passing(keep: bool) -> Result<Self> {
        let name = format!("omup-sandbox-{}", std::process::id());
        Self::new(std::env::temp_dir().join(name), !keep)
    }

    /// A new folder of this user and scenario, always at the same path, so that it is found again.
    ///
    /// # Errors
    /// When something stands there already or it cannot be made. A link is never followed.
    pub fn lasting(scenario: &str) -> Result<Self> {
        Self::new(path_of(&std::env::temp_dir(), scenario), false)
    }

    /// The folder that an earlier session of this user has left behind, ready to go on with. One whose
    /// making was interrupted is removed: there is nothing in it to go on with.
    ///
    /// # Errors
    /// What stands there is a link, another user's, or open to others; it is not touched.
    pub fn left_behind(scenario: &str) -> Result<Option<Self>> {
        Self::left_in(&std::env::temp_dir(), scenario)
    }

    fn left_in(above: &Path, scenario: &str) -> Result<Option<Self>> {
        let path = path_of(above, scenario);
        let meta = match std::fs::symlink_metadata(&path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(CommandError::new(
                    ExitCode::StateFolder,
                    format!("cannot look at {}: {error}", path.display()),
                ));
            }
        };
        // `is_dir` of the link itself: a link to a folder is none.
        let ours = meta.is_dir()
            && meta.uid() == rustix::process::getuid().as_raw()
            && meta.mode() & 0o077 == 0;
        if !ours {
            return Err(CommandError::new(
                ExitCode::StateFolder,
                format!(
                    "{} is there and is not a private folder of yours; nothing was done. Look what it is, and move it away",
                    path.display()
                ),
            ));
        }
        let place = Self {
            path,
            passing: false,
        };
        if place.answers().is_file() {
            return Ok(Some(place));
        }
        place.remove();
        Ok(None)
    }

    fn new(path: PathBuf, passing: bool) -> Result<Self> {
        create_folder(&path).map_err(CommandError::from_cause(
            ExitCode::StateFolder,
            &format!("make {}", path.display()),
        ))?;
        Ok(Self { path, passing })
    }

    /// The answers file of the session.
    pub fn answers(&self) -> PathBuf {
        answers_in(&self.path)
    }

    /// The state folder of the session's runs.
    pub fn state(&self) -> PathBuf {
        state_in(&self.path)
    }

    /// Removes the folder with everything in it.
    pub fn remove(&self) {
        // Leftovers of practice in the temporary folder harm nobody.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.passing {
            self.remove();
        }
    }
}

pub(super) fn answers_in(folder: &Path) -> PathBuf {
    folder.join(ANSWERS)
}

pub(super) fn state_in(folder: &Path) -> PathBuf {
    folder.join("state")
}

fn path_of(above: &Path, scenario: &str) -> PathBuf {
    let uid = rustix::process::getuid().as_raw();
    above.join(format!("omup-practice-{uid}-{scenario}"))
}

#[cfg(test)]
mod tests {
    use super::{Place, path_of};
    use crate::process::private_file::create_folder;

    #[test]
    fn only_a_finished_private_folder_of_ours_is_gone_on_with() {
        let above = tempfile::tempdir().expect("a folder");
        let look = || Place::left_in(above.path(), "good");
        assert!(look().expect("nothing there").is_none());

        let path = path_of(above.path(), "good");
        create_folder(&path).expect("made");
        assert!(look().expect("begun").is_none());
        assert!(!path.exists(), "an interrupted making is cleared away");

        create_folder(&path).expect("made");
        std::fs::write(path.join("answers.toml"), "").expect("written");
        assert_eq!(look().expect("ours").expect("there").path, path);
    }

    #[test]
    fn a_link_and_a_folder_open_to_others_are_refused_and_left_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let above = tempfile::tempdir().expect("a folder");
        let path = path_of(above.path(), "good");
        let target = above.path().join("precious");
        create_folder(&target).expect("made");
        std::os::unix::fs::symlink(&target, &path).expect("linked");
        assert!(Place::left_in(above.path(), "good").is_err());
        assert!(target.is_dir() && path.is_symlink());

        std::fs::remove_file(&path).expect("unlinked");
        create_folder(&path).expect("made");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).expect("opened");
        assert!(Place::left_in(above.path(), "good").is_err());
        assert!(path.is_dir());
    }
}
