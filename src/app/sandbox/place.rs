//! Where a practice deployment lies: a passing folder for an unattended one, and for a person one
//! that is found again when the terminal was lost. Knows nothing of what is made in it.

use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags};

use crate::app::error::{CommandError, Result};
use crate::exit_code::ExitCode;
use crate::process::private_file::create_folder;

/// The answers that a practice session begins with; their presence says that the making was finished.
const ANSWERS: &str = "answers.toml";

/// Longest wait for another session that makes or removes the same folder; both take a second or two.
const OTHERS: Duration = Duration::from_secs(60);

/// A practice folder: 0700 and ours. Those who work in it hold a shared `flock` on the folder, who makes or removes it
/// holds it alone, so that nobody's folder vanishes below them.
#[derive(Debug)]
pub struct Place {
    pub path: PathBuf,
    /// Removed when dropped.
    passing: bool,
    held: Option<OwnedFd>,
}

/// What a session finds at its path.
#[derive(Debug)]
pub enum Found {
    /// A folder just made, held alone until [`Place::share`].
    New(Place),
    /// What an earlier session, or another one at work, has made whole.
    GoesOn(Place),
}

impl Place {
    /// A new folder of this process, removed at the end unless it is to be kept.
    ///
    /// # Errors
    /// When it exists or cannot be made.
    pub fn passing(above: Option<&Path>, keep: bool) -> Result<Self> {
        let path = folder_above(above)?.join(format!("omup-sandbox-{}", std::process::id()));
        make(&path)?;
        Ok(Self {
            path,
            passing: !keep,
            held: None,
        })
    }

    /// The folder of this user and scenario, always at the same path below `above` (else the temporary folder), so that
    /// it is found again. One whose making was interrupted is removed first: there is nothing in it to go on with.
    ///
    /// # Errors
    /// What stands there is a link, another user's, or open to others; it is not touched. Or it cannot be made, or
    /// another session holds it alone for a minute.
    pub fn of_session(above: Option<&Path>, scenario: &str) -> Result<Found> {
        Self::in_time(&path_of(&folder_above(above)?, scenario), OTHERS)
    }

    fn in_time(path: &Path, limit: Duration) -> Result<Found> {
        let begun = Instant::now();
        while begun.elapsed() <= limit {
            if let Some(found) = Self::look(path)? {
                return Ok(found);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(CommandError::new(
            ExitCode::StateFolder,
            format!(
                "another omup has held {} for {} s; nothing was done. End it, or use another folder by --state-dir",
                path.display(),
                limit.as_secs()
            ),
        ))
    }

    /// `None`: somebody else is making or removing it now.
    fn look(path: &Path) -> Result<Option<Found>> {
        let here = |fd| Self {
            path: path.to_path_buf(),
            passing: false,
            held: Some(fd),
        };
        if !is_private_folder(path)? {
            make(path)?;
            return Ok(hold(path, FlockOperation::NonBlockingLockExclusive)
                .map(here)
                .map(Found::New));
        }
        let Some(place) = hold(path, FlockOperation::NonBlockingLockShared).map(here) else {
            return Ok(None);
        };
        if place.answers().is_file() {
            return Ok(Some(Found::GoesOn(place)));
        }
        if place.is_mine_alone() {
            place.remove();
        }
        Ok(None)
    }

    /// Made whole: other sessions may come in.
    pub fn share(&self) {
        let held = self.held.as_ref();
        // From alone to shared nobody can be in the way.
        let _ = held.map(|fd| rustix::fs::flock(fd, FlockOperation::NonBlockingLockShared));
    }

    /// No other session works in it. Asked last: what this session held is given up when the answer is no.
    pub fn is_mine_alone(&self) -> bool {
        let held = self.held.as_ref();
        held.is_none_or(|fd| {
            rustix::fs::flock(fd, FlockOperation::NonBlockingLockExclusive).is_ok()
        })
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

/// The state folder of a session in the temporary folder, where there is one of ours; nothing is made.
pub(super) fn session_state(scenario: &str) -> Option<PathBuf> {
    let path = path_of(&std::env::temp_dir(), scenario);
    let there = is_private_folder(&path).unwrap_or(false) && answers_in(&path).is_file();
    there.then(|| state_in(&path))
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

/// The folder that was asked for, made when it is missing, or the temporary one.
fn folder_above(asked: Option<&Path>) -> Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt as _;
    let Some(asked) = asked else {
        return Ok(std::env::temp_dir());
    };
    let mut private = std::fs::DirBuilder::new();
    private.recursive(true).mode(0o700);
    private
        .create(asked)
        .and_then(|()| std::path::absolute(asked))
        .map_err(CommandError::from_cause(
            ExitCode::StateFolder,
            &format!("make {}", asked.display()),
        ))
}

fn make(path: &Path) -> Result<()> {
    create_folder(path).map_err(CommandError::from_cause(
        ExitCode::StateFolder,
        &format!("make {}", path.display()),
    ))
}

/// False: nothing stands there. A link is never followed.
fn is_private_folder(path: &Path) -> Result<bool> {
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
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
    if ours {
        return Ok(true);
    }
    Err(CommandError::new(
        ExitCode::StateFolder,
        format!(
            "{} is there and is not a private folder of yours; nothing was done. Look what it is, and move it away",
            path.display()
        ),
    ))
}

/// Holds the folder; `None` when others hold it in a way that excludes this, or it is not there any more.
fn hold(path: &Path, how: FlockOperation) -> Option<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::empty()).ok()?;
    rustix::fs::flock(&fd, how).ok()?;
    // It may have been removed, and made anew, before it was held.
    let (held, there) = (rustix::fs::fstat(&fd).ok()?, rustix::fs::lstat(path).ok()?);
    ((held.st_dev, held.st_ino) == (there.st_dev, there.st_ino)).then_some(fd)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use super::{Found, Place, path_of};
    use crate::app::error::Result;
    use crate::process::private_file::create_folder;

    fn session(path: &Path) -> Result<Found> {
        Place::in_time(path, Duration::from_millis(200))
    }

    fn made(path: &Path) -> Place {
        let Found::New(place) = session(path).expect("made") else {
            panic!("nothing was there");
        };
        std::fs::write(place.answers(), "").expect("written");
        place.share();
        place
    }

    fn path(above: &tempfile::TempDir) -> PathBuf {
        path_of(above.path(), "good")
    }

    #[test]
    fn only_a_finished_private_folder_of_ours_is_gone_on_with() {
        let above = tempfile::tempdir().expect("a folder");
        let path = path(&above);
        create_folder(&path).expect("made");
        std::fs::write(path.join("half"), "").expect("written");
        drop(made(&path));
        assert!(
            !path.join("half").exists(),
            "an interrupted making is cleared away"
        );
        let Found::GoesOn(place) = session(&path).expect("ours") else {
            panic!("it is there");
        };
        assert_eq!(place.path, path);
    }

    #[test]
    fn a_folder_in_which_another_session_works_is_not_ours_to_remove() {
        let above = tempfile::tempdir().expect("a folder");
        let path = path(&above);
        let first = made(&path);
        let Found::GoesOn(second) = session(&path).expect("shared") else {
            panic!("it is there");
        };
        assert!(!second.is_mine_alone());
        drop(second);
        assert!(first.is_mine_alone());
    }

    #[test]
    fn a_folder_that_another_session_is_making_is_waited_for_and_left_alone() {
        let above = tempfile::tempdir().expect("a folder");
        let path = path(&above);
        let Found::New(making) = session(&path).expect("made") else {
            panic!("nothing was there");
        };
        assert!(session(&path).is_err());
        assert!(path.is_dir());
        std::fs::write(making.answers(), "").expect("written");
        making.share();
        assert!(matches!(session(&path), Ok(Found::GoesOn(_))));
    }

    #[test]
    fn a_link_and_a_folder_open_to_others_are_refused_and_left_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let above = tempfile::tempdir().expect("a folder");
        let path = path(&above);
        let target = above.path().join("precious");
        create_folder(&target).expect("made");
        std::os::unix::fs::symlink(&target, &path).expect("linked");
        assert!(session(&path).is_err());
        assert!(target.is_dir() && path.is_symlink());

        std::fs::remove_file(&path).expect("unlinked");
        create_folder(&path).expect("made");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).expect("opened");
        assert!(session(&path).is_err());
        assert!(path.is_dir());
    }
}
