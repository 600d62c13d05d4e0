//! The file from which client tools read the password (libpq's `PGPASSFILE`, MySQL's
//! `--defaults-file`), so that it stands in no argument and no log. libpq's format: PostgreSQL
//! manual, "The Password File"; MySQL's is written by [`super::mysql`].

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::DatabaseError;
use crate::domain::clean_text::CleanText;
use crate::domain::secret::Secret;

const PREFIX: &str = "secret-";

/// A 0600 password file; removed when dropped.
#[derive(Debug)]
pub struct PasswordFile {
    path: PathBuf,
}

/// True when the file's format can hold this password: it is read line by line.
pub fn fits(password: &Secret) -> bool {
    !password.reveal().contains(['\n', '\r', '\0'])
}

impl PasswordFile {
    /// A password file for libpq. Host, port, database and user are wildcards: only our own tools
    /// are given the file.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn create(folder: &Path, password: &Secret) -> Result<Self, DatabaseError> {
        let escaped = password.reveal().replace('\\', "\\\\").replace(':', "\\:");
        let line = zeroize::Zeroizing::new(format!("*:*:*:*:{escaped}\n"));
        drop(zeroize::Zeroizing::new(escaped));
        Self::holding(folder, &line)
    }

    /// Writes a new file with this text into `folder` (which should be 0700) and removes those of
    /// processes that are gone.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn holding(folder: &Path, text: &str) -> Result<Self, DatabaseError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        remove_orphans(folder);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{PREFIX}{}-{number}", std::process::id()));
            // O_EXCL never follows a link that someone else laid there.
            let opened = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path);
            let mut file = match opened {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(cannot_write(&path, &error)),
            };
            let made = Self { path };
            file.write_all(text.as_bytes())
                .map_err(|error| cannot_write(&made.path, &error))?;
            return Ok(made);
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PasswordFile {
    fn drop(&mut self) {
        // Nobody is left to tell; the next file's maker tries again.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> DatabaseError {
    DatabaseError::PasswordFile {
        path: path.to_path_buf(),
        reason: CleanText::from(error.to_string()),
    }
}

fn remove_orphans(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX))
            .and_then(|rest| rest.split_once('-'))
            .and_then(|(pid, _)| pid.parse::<u32>().ok());
        if let Some(pid) = owner
            && !Path::new(&format!("/proc/{pid}")).exists()
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PasswordFile, fits};
    use crate::domain::secret::Secret;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn private_escaped_and_gone_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let orphan = folder.path().join("secret-4194999-0");
        std::fs::write(&orphan, "old").unwrap();
        let secret = Secret::new("a:b\\c d".to_string());
        let one = PasswordFile::create(folder.path(), &secret).unwrap();
        let two = PasswordFile::create(folder.path(), &secret).unwrap();
        assert_ne!(one.path(), two.path());
        assert!(!orphan.exists());
        let path = one.path().to_path_buf();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "*:*:*:*:a\\:b\\\\c d\n"
        );
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(one);
        assert!(!path.exists() && two.path().exists());
    }

    #[test]
    fn a_missing_folder_is_an_error_without_the_password() {
        let error = PasswordFile::create(
            std::path::Path::new("/nowhere/at/all"),
            &Secret::new("hush-hush".into()),
        )
        .unwrap_err();
        assert!(!error.to_string().contains("hush"), "{error}");
        assert!(!fits(&Secret::new("a\nb".into())) && fits(&Secret::new("a b".into())));
    }
}
