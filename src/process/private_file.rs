//! Files and folders that only we may read, whatever the umask, and writes that are whole or not
//! there after a crash. Also: no core dumps of a process that holds secrets.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Gid, Mode, OFlags, Uid};
use rustix::process::{DumpableBehavior, Resource, Rlimit};

/// Creates a new file, 0600, for writing; fails if anything of that name exists, a dangling link
/// included.
pub fn create_new(path: &Path) -> io::Result<File> {
    open(path, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)
}

/// Opens a log for appending, 0600, creating it where it is missing; never through a link.
pub fn open_log(path: &Path) -> io::Result<File> {
    open(path, OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND)
}

fn open(path: &Path, flags: OFlags) -> io::Result<File> {
    let mode = Mode::from_raw_mode(0o600);
    let fd = rustix::fs::open(path, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, mode)?;
    rustix::fs::fchmod(&fd, mode)?;
    Ok(File::from(fd))
}

/// Creates one new folder, 0700; fails if it exists.
pub fn create_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Makes sure that a folder stands there, with everything above it; what is new is 0700.
pub fn ensure_folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => return Ok(()),
        // A link to a folder is the operator's own arrangement.
        Ok(_) if path.is_dir() => return Ok(()),
        Ok(_) => return Err(io::Error::from(io::ErrorKind::NotADirectory)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        ensure_folder(above)?;
    }
    match create_folder(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        other => other,
    }
}

/// Makes names made, renamed or removed in a folder durable.
pub fn fsync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Writes a whole file or leaves the old one: temporary file beside it, fsync, rename, fsync of
/// the folder. A new file is 0600; a replaced one keeps its mode and owner.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, |mut file| file.write_all(bytes))
}

/// As [`write_atomically`], for content too large to hold: `write` is given the new file.
pub fn replace(path: &Path, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let folder = folder_of(path);
    let (file, temporary) = temporary_beside(path)?;
    let written = keep_mode_and_owner(path, &file)
        .and_then(|()| write(&file))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // The first error is the one that counts; a temporary file left behind harms nobody.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    fsync_dir(&folder)
}

/// The folder of a path; the current one for a bare name.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        Some(_) | None => PathBuf::from("."),
    }
}

fn temporary_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    for number in 0..1000 {
        let mut temporary = b".".to_vec();
        temporary.extend_from_slice(name.as_bytes());
        temporary.extend_from_slice(format!(".{}-{number}.new", std::process::id()).as_bytes());
        let temporary = folder_of(path).join(std::ffi::OsStr::from_bytes(&temporary));
        match create_new(&temporary) {
            Ok(file) => return Ok((file, temporary)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

fn keep_mode_and_owner(old: &Path, new: &File) -> io::Result<()> {
    let old = match fs::symlink_metadata(old) {
        Ok(meta) if meta.is_file() => meta,
        Ok(_) => return Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mine = new.metadata()?;
    if (mine.uid(), mine.gid()) != (old.uid(), old.gid()) {
        rustix::fs::fchown(
            new,
            Some(Uid::from_raw(old.uid())),
            Some(Gid::from_raw(old.gid())),
        )?;
    }
    // After the owner: fchown clears set-id bits.
    new.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))
}

/// No core dumps and no tracing by others of the same user: this process will hold passwords.
pub fn harden_process() -> io::Result<()> {
    rustix::process::setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").mode() & 0o7777
    }

    #[test]
    fn files_are_private_and_new() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("secret");
        create_new(&path).expect("new");
        assert_eq!(mode(&path), 0o600);
        let again = create_new(&path).expect_err("it exists");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &link).expect("a link");
        assert!(create_new(&link).is_err());
        assert!(open_log(&link).is_err());
        assert!(!dir.path().join("elsewhere").exists());
        let deep = dir.path().join("a/b/c");
        ensure_folder(&deep).expect("folders");
        ensure_folder(&deep).expect("twice");
        assert_eq!(mode(&dir.path().join("a")), 0o700);
        assert!(ensure_folder(&path.join("x")).is_err());
    }

    #[test]
    fn a_replaced_file_keeps_its_mode() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("conf");
        write_atomically(&path, b"one").expect("written");
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("mode");
        write_atomically(&path, b"two").expect("written");
        assert_eq!(mode(&path), 0o644);
        assert_eq!(fs::read(&path).expect("read"), b"two");
        assert_eq!(fs::read_dir(dir.path()).expect("list").count(), 1);
        assert!(write_atomically(dir.path(), b"x").is_err());
    }
}
