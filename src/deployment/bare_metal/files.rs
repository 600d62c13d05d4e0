//! Reading with a limit, and replacing a file in one step with its mode and owner kept.

use std::fs::{File, Metadata};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::deployment::{DeploymentError, Result};

/// The most that a configuration file may hold, in bytes.
pub const CONFIG_LIMIT: u64 = 1024 * 1024;
/// The most that one migration file may hold, in bytes.
pub const SQL_LIMIT: u64 = 32 * 1024 * 1024;

pub fn unreadable(path: &Path, reason: impl std::fmt::Display) -> DeploymentError {
    DeploymentError::Unreadable {
        path: path.to_owned(),
        reason: reason.to_string().into(),
    }
}

/// The text of a regular file of at most `limit` bytes.
pub fn read_text(path: &Path, limit: u64) -> Result<String> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let meta = file.metadata().map_err(|error| unreadable(path, error))?;
    if !meta.is_file() {
        return Err(unreadable(path, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, error))?;
    if bytes.len() as u64 > limit {
        return Err(unreadable(
            path,
            format!("it is larger than {limit} bytes, which such a file never is"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count();
        unreadable(path, format!("line {line} is not UTF-8 text"))
    })
}

/// As [`read_text`], with `None` where there is no such file.
pub fn read_text_if_any(path: &Path, limit: u64) -> Result<Option<String>> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Ok(_) | Err(_) => read_text(path, limit).map(Some),
    }
}

/// Replaces (or makes) a file so that a reader sees the old text or the new one and nothing
/// between, on disk when this returns. Mode and owner stay; `like` gives them to a new file. A
/// symbolic link is followed, so that the file behind it is the one replaced.
pub fn replace(path: &Path, bytes: &[u8], like: Option<&Path>) -> Result<()> {
    let path = real_path(path);
    let failed = |error: std::io::Error| unreadable(&path, format!("cannot be replaced: {error}"));
    let model = std::fs::metadata(&path)
        .ok()
        .or_else(|| like.and_then(|like| std::fs::metadata(like).ok()));
    let folder = path.parent().unwrap_or(Path::new("/"));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = folder.join(format!(".{name}.omup-{}", std::process::id()));
    let written = write_partial(&partial, bytes, model.as_ref())
        .and_then(|()| std::fs::rename(&partial, &path))
        .and_then(|()| File::open(folder)?.sync_all());
    written.map_err(|error| {
        let _ = std::fs::remove_file(&partial);
        failed(error)
    })
}

fn write_partial(path: &Path, bytes: &[u8], model: Option<&Metadata>) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    if let Some(model) = model {
        let now = file.metadata()?;
        if (now.uid(), now.gid()) != (model.uid(), model.gid()) {
            std::os::unix::fs::fchown(&file, Some(model.uid()), Some(model.gid()))?;
        }
        // After the owner: a change of owner may clear bits.
        file.set_permissions(std::fs::Permissions::from_mode(model.mode() & 0o7777))?;
    }
    file.sync_all()
}

/// The file behind a chain of symbolic links, or the path itself where it does not exist.
fn real_path(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{read_text, replace};

    #[test]
    fn a_replaced_file_keeps_its_mode_and_its_link() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("env.sh");
        let link = folder.path().join("link.sh");
        std::fs::write(&file, "old").expect("file");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("mode");
        std::os::unix::fs::symlink(&file, &link).expect("link");
        replace(&link, b"new", None).expect("replaced");
        assert_eq!(std::fs::read_to_string(&file).expect("read"), "new");
        assert!(std::fs::symlink_metadata(&link).expect("link").is_symlink());
        let mode = std::fs::metadata(&file).expect("meta").permissions().mode();
        assert_eq!(mode & 0o7777, 0o640);
        assert_eq!(folder.path().read_dir().expect("list").count(), 2);
    }

    #[test]
    fn what_is_too_large_or_no_text_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("f");
        std::fs::write(&file, "12345").expect("file");
        assert!(read_text(&file, 5).is_ok());
        assert!(read_text(&file, 4).is_err());
        std::fs::write(&file, b"a\nb\xff").expect("file");
        let told = read_text(&file, 10).expect_err("no text").to_string();
        assert!(told.contains("line 2"), "{told}");
        assert!(read_text(folder.path(), 10).is_err());
    }
}
