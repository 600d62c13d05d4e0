//! The private folder of a command that has no run: for password files, in the temporary folder.

use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::error::{CommandError, Result};
use crate::exit_code::ExitCode;

const PREFIX: &str = "omup-";

/// Only its owner can read it; removed when dropped. Who was killed leaves it to the next one of the same user.
pub struct PrivateFolder {
    pub path: PathBuf,
}

impl PrivateFolder {
    /// Makes a new one and removes those of processes that are gone.
    ///
    /// # Errors
    /// The temporary folder cannot be written.
    pub fn new() -> Result<Self> {
        let above = std::env::temp_dir();
        remove_orphans(&above);
        let path = above.join(format!(
            "{PREFIX}{}-{}",
            std::process::id(),
            jiff::Timestamp::now().as_nanosecond()
        ));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|e| {
                CommandError::new(
                    ExitCode::StateFolder,
                    format!("cannot make {}: {e}", path.display()),
                )
            })?;
        Ok(Self { path })
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What cannot be removed holds nothing of worth once its password files are gone.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn remove_orphans(above: &Path) {
    // What cannot be looked at or removed is left to the next one.
    for entry in std::fs::read_dir(above).into_iter().flatten().flatten() {
        let dead = maker(&entry.file_name())
            .is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists());
        if dead && is_ours(&entry.path()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The process that a folder of ours is named after.
fn maker(name: &std::ffi::OsStr) -> Option<u32> {
    let (pid, at) = name.to_str()?.strip_prefix(PREFIX)?.split_once('-')?;
    at.parse::<u64>().ok()?;
    pid.parse().ok()
}

/// A folder, no link, of this user and as we make it.
fn is_ours(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|meta| {
        meta.is_dir()
            && meta.uid() == rustix::process::geteuid().as_raw()
            && meta.mode() & 0o7777 == 0o700
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::remove_orphans;

    #[test]
    fn only_folders_of_dead_processes_are_removed() {
        let above = tempfile::tempdir().expect("a folder");
        // No process has a number above 2^22 (proc(5), /proc/sys/kernel/pid_max).
        let (dead, living) = (4_194_305, std::process::id());
        let make = |name: &str, mode: u32| {
            let path = above.path().join(name);
            fs::create_dir(&path).expect("a folder");
            fs::write(path.join("secret-1-0"), "x").expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode");
        };
        make(&format!("omup-{dead}-17"), 0o700);
        let kept = [
            (format!("omup-{living}-17"), 0o700),
            (format!("omup-{dead}-18"), 0o755),
            (format!("omup-{dead}-x"), 0o700),
            (format!("omup-practice-{dead}"), 0o700),
            (format!("other-{dead}-17"), 0o700),
        ];
        for (name, mode) in &kept {
            make(name, *mode);
        }
        let link = above.path().join(format!("omup-{dead}-19"));
        symlink(above.path().join("elsewhere"), &link).expect("a link");
        fs::write(above.path().join(format!("omup-{dead}-20")), "x").expect("a file");
        remove_orphans(above.path());
        let left = fs::read_dir(above.path()).expect("read").count();
        assert!(!above.path().join(format!("omup-{dead}-17")).exists());
        assert_eq!(left, kept.len() + 2);
        assert!(
            kept.iter()
                .all(|(name, _)| above.path().join(name).join("secret-1-0").exists())
        );
    }
}
