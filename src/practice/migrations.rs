//! The migration files of an installation: which versions it brings and which statements each has.
//!
//! Follows OpenMetadata's MigrationWorkflow: a version is a folder below `nativePath`, only
//! `schemaChanges.sql` and `postDataMigrationSQLScript.sql` are looked for, so a misnamed file is
//! ignored without a word.

use std::path::{Path, PathBuf};

use semver::Version;

use super::dialect::Dialect;
use super::statements;

/// One version's files for one database.
#[derive(Debug, Clone)]
pub struct Migration {
    pub version: Version,
    /// `<nativePath>/<version>/<dialect>`, made absolute: the MigrationFileName of the change log.
    pub folder: PathBuf,
    pub schema_changes: Vec<String>,
    pub post_data: Vec<String>,
}

/// One Flyway file (`v<NNN>__<description>.sql`).
#[derive(Debug, Clone)]
pub struct FlywayFile {
    pub number: u32,
    pub description: String,
    pub file_name: String,
    pub statements: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum MigrationFilesError {
    #[error("failed to read {path}: {reason}")]
    Unreadable {
        path: PathBuf,
        reason: std::io::Error,
    },
}

/// Lists the versions below `native_path` in numeric order.
///
/// # Errors
/// When the folder or one of the two known files cannot be read.
pub fn native(native_path: &Path, dialect: Dialect) -> Result<Vec<Migration>, MigrationFilesError> {
    let root = std::fs::canonicalize(native_path).map_err(unreadable(native_path))?;
    let mut migrations = Vec::new();
    for entry in std::fs::read_dir(&root).map_err(unreadable(&root))? {
        let entry = entry.map_err(unreadable(&root))?;
        let Some(version) = entry
            .file_name()
            .to_str()
            .and_then(|name| Version::parse(name).ok())
        else {
            continue;
        };
        let folder = entry.path().join(dialect.folder());
        if !folder.is_dir() {
            continue;
        }
        migrations.push(Migration {
            version,
            schema_changes: statements_of(&folder.join("schemaChanges.sql"), dialect)?,
            post_data: statements_of(&folder.join("postDataMigrationSQLScript.sql"), dialect)?,
            folder,
        });
    }
    migrations.sort_by(|a, b| a.version.cmp(&b.version));
    Ok(migrations)
}

/// Lists the Flyway files of an installation, by number.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn flyway(
    flyway_path: &Path,
    dialect: Dialect,
) -> Result<Vec<FlywayFile>, MigrationFilesError> {
    let folder = flyway_path.join(dialect.driver_class());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unreadable(&folder))? {
        let entry = entry.map_err(unreadable(&folder))?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let Some((number, description)) = file_name
            .strip_prefix('v')
            .and_then(|name| name.strip_suffix(".sql"))
            .and_then(|name| name.split_once("__"))
            .and_then(|(number, text)| Some((number.parse().ok()?, text.replace('_', " "))))
        else {
            continue;
        };
        files.push(FlywayFile {
            number,
            description,
            statements: statements_of(&entry.path(), dialect)?,
            file_name,
        });
    }
    files.sort_by_key(|file| file.number);
    Ok(files)
}

fn statements_of(path: &Path, dialect: Dialect) -> Result<Vec<String>, MigrationFilesError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(statements::split(&text, dialect)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(reason) => Err(unreadable(path)(reason)),
    }
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> MigrationFilesError {
    let path = path.to_owned();
    move |reason| MigrationFilesError::Unreadable { path, reason }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, native};

    #[test]
    fn versions_sort_by_number_and_misnamed_files_are_ignored() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for version in ["1.10.0", "1.9.0", "notes"] {
            let place = folder.path().join(version).join("sqlite");
            std::fs::create_dir_all(&place).expect("folder");
            std::fs::write(place.join("schemaChanges.sql"), "SELECT 1; SELECT 2;").expect("file");
            std::fs::write(place.join("postDataMigration.sql"), "SELECT 3;").expect("file");
        }
        let found = native(folder.path(), Dialect::Sqlite).expect("read");
        let versions: Vec<String> = found.iter().map(|m| m.version.to_string()).collect();
        assert_eq!(versions, ["1.9.0", "1.10.0"]);
        assert_eq!(found[0].schema_changes.len(), 2);
        assert!(found[0].post_data.is_empty());
        assert!(
            native(folder.path(), Dialect::Postgres)
                .expect("read")
                .is_empty()
        );
    }
}
