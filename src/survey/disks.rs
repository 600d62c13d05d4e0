//! Free space where something will be written, and which of those places share a file system.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, StatVfsMountFlags};

use crate::domain::survey::DiskFacts;

/// The places by their role: backups, run folders, the database's own data and its log where
/// they are here.
pub fn of(
    backup: &Path,
    state: &Path,
    database: Option<&Path>,
    log: Option<&Path>,
) -> Vec<DiskFacts> {
    let places = [
        ("backup", Some(backup)),
        ("state", Some(state)),
        ("database", database),
        ("log", log),
    ];
    places
        .into_iter()
        .filter_map(|(role, path)| look(role, path?))
        .collect()
}

/// `None` where the place cannot be looked at: then a check that needs it says so.
fn look(role: &str, path: &Path) -> Option<DiskFacts> {
    let there = nearest(path)?;
    let stat = rustix::fs::statvfs(&there).ok()?;
    let meta = std::fs::metadata(&there).ok()?;
    let writable = !stat.f_flag.contains(StatVfsMountFlags::RDONLY)
        && rustix::fs::access(&there, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    Some(DiskFacts {
        role: role.to_owned(),
        path: path.to_owned(),
        device: meta.dev(),
        // What a normal user may still use, not what is kept for root.
        free: stat.f_bavail.saturating_mul(stat.f_frsize),
        total: stat.f_blocks.saturating_mul(stat.f_frsize),
        writable,
    })
}

/// The path itself, or the nearest folder above it that exists.
fn nearest(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .find(|at| !at.as_os_str().is_empty() && at.exists())
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_folder_that_is_not_made_yet_counts_with_the_one_above_it() {
        let folder = tempfile::tempdir().expect("folder");
        let disks = of(
            &folder.path().join("not/there"),
            folder.path(),
            Some("/proc/1/root/nowhere".as_ref()),
            None,
        );
        assert_eq!(disks[0].role, "backup");
        assert_eq!(disks[0].device, disks[1].device);
        assert!(disks[0].writable && disks[0].free > 0 && disks[0].total >= disks[0].free);
    }
}
