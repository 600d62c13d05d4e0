//! Writes the two installations: the layout of OpenMetadata's tarball, the old one edited by an
//! operator, the new one as delivered.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::arguments::{Engine, MakeOptions, Owner};
use super::files;
use crate::practice::connection::Dialect;
use crate::practice::random::Random;

#[derive(Debug, thiserror::Error)]
#[error("failed to write {path}: {reason}")]
pub struct InstallError {
    path: PathBuf,
    reason: std::io::Error,
}

/// What the operator changed in the old configuration file; the upgrade has to carry it over.
const EDITS: &[(&str, &str)] = &[
    (
        "clusterName: ${OPENMETADATA_CLUSTER_NAME:-openmetadata}",
        "clusterName: ${OPENMETADATA_CLUSTER_NAME:-practice}",
    ),
    (
        "archivedFileCount: 7",
        "archivedFileCount: 30 # the auditors want a month",
    ),
    (
        "adminPrincipals: ${AUTHORIZER_ADMIN_PRINCIPALS:-[admin]}",
        "adminPrincipals: ${AUTHORIZER_ADMIN_PRINCIPALS:-[admin, olga]}",
    ),
    (
        "maxSize: ${DB_CONNECTION_POOL_MAX_SIZE:-100}",
        "maxSize: ${DB_CONNECTION_POOL_MAX_SIZE:-40}",
    ),
];

/// The home of a version below the practice folder.
pub fn home(folder: &Path, version: &str) -> PathBuf {
    folder.join(format!("openmetadata-{version}"))
}

/// Writes both installations and, for a supervised server, its service folder.
///
/// # Errors
/// The first file or folder that could not be written.
pub fn install(options: &MakeOptions, folder: &Path, dialect: Dialect) -> Result<(), InstallError> {
    let old = home(folder, files::OLD_VERSION);
    let new = home(folder, files::NEW_VERSION);
    common(options, &old, files::OLD_VERSION, dialect)?;
    common(options, &new, files::NEW_VERSION, dialect)?;

    let mut configuration = delivered_configuration(false);
    for (before, after) in EDITS {
        configuration = configuration.replace(before, after);
    }
    write(&old.join("conf/openmetadata.yaml"), &configuration, 0o644)?;
    write(
        &old.join("conf/openmetadata-env.sh"),
        &environment(options, folder),
        0o600,
    )?;
    let mut random = Random::of(options.seed, "jwt keys", 0);
    for (file, mode) in [("private_key.der", 0o600), ("public_key.der", 0o644)] {
        let key: Vec<u8> = (0..300).map(|_| random.number() as u8).collect();
        write_bytes(&old.join("conf").join(file), &key, mode)?;
    }

    match options.owner {
        Owner::PidFile => {}
        Owner::Watchdog => {
            let script = files::WATCHDOG_SCRIPT.replace("@HOME@", &shell_inside_quotes(&old));
            write(&folder.join(super::WATCHDOG), &script, 0o755)?;
        }
        Owner::Supervisor => {
            let run = files::SUPERVISOR_SCRIPT.replace("@FOLDER@", &shell_inside_quotes(folder));
            write(&folder.join("service/openmetadata/run"), &run, 0o755)?;
            let link = folder.join("current");
            symlink(&old, &link).map_err(failed(&link))?;
        }
    }
    Ok(())
}

fn common(
    options: &MakeOptions,
    home: &Path,
    version: &str,
    dialect: Dialect,
) -> Result<(), InstallError> {
    let new = version == files::NEW_VERSION;
    let binary = shell_inside_quotes(&options.binary);
    write(
        &home.join("bin/openmetadata.sh"),
        files::CONTROL_SCRIPT,
        0o755,
    )?;
    write(
        &home.join("bin/openmetadata-server-start.sh"),
        &files::SERVER_SCRIPT.replace("@OMUP@", &binary),
        0o755,
    )?;
    write(
        &home.join("bootstrap/openmetadata-ops.sh"),
        &files::OPS_SCRIPT.replace("@OMUP@", &binary),
        0o755,
    )?;
    write(
        &home.join("conf/openmetadata.yaml"),
        &delivered_configuration(new),
        0o644,
    )?;
    write(
        &home.join("conf/openmetadata-env.sh"),
        files::ENVIRONMENT,
        0o644,
    )?;
    for key in ["private_key.der", "public_key.der"] {
        write(
            &home.join("conf").join(key),
            "practice default key\n",
            0o644,
        )?;
    }
    write(
        &home.join(format!("libs/openmetadata-service-{version}.jar")),
        "practice placeholder, not a jar\n",
        0o644,
    )?;
    write(
        &home.join("README.md"),
        "# Practice deployment\n\nStands in for OpenMetadata; nothing here is real.\n",
        0o644,
    )?;

    let migrations = home.join("bootstrap/sql/migrations");
    for (name, text) in files::flyway_files(dialect) {
        let place = migrations.join("flyway").join(dialect.driver_class());
        write(&place.join(name), &text, 0o644)?;
    }
    let newest: Vec<u64> = numbers(version);
    for (migration, file, text) in files::native_files(dialect) {
        if numbers(migration) <= newest {
            let place = migrations.join("native").join(migration);
            write(&place.join(dialect.folder()).join(file), text, 0o644)?;
        }
    }
    Ok(())
}

/// A version as comparable numbers; our own files hold nothing else.
fn numbers(version: &str) -> Vec<u64> {
    version
        .split('.')
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// The file as delivered; marked lines exist only in the new version.
fn delivered_configuration(new: bool) -> String {
    let mut text = String::new();
    for line in files::CONFIGURATION.lines() {
        match line.strip_prefix("#@NEW@") {
            Some(_) if !new => {}
            Some(added) => {
                text.push_str(added);
                text.push('\n');
            }
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

/// The old installation's `openmetadata-env.sh`: what the operator exported.
fn environment(options: &MakeOptions, folder: &Path) -> String {
    let dialect = options.engine.dialect();
    let (host, port, database, user, password) = match &options.engine {
        Engine::Sqlite => (
            folder.join("data").to_string_lossy().into_owned(),
            0,
            "openmetadata_db",
            "openmetadata_user",
            "practice-password",
        ),
        Engine::Postgres(server) | Engine::Mysql(server) => (
            server.host.clone(),
            server.port,
            server.database.as_str(),
            server.user.as_str(),
            server.password.as_str(),
        ),
    };
    let fernet_key = Random::of(options.seed, "fernet key", 0).uuid();
    let mut text = files::ENVIRONMENT.to_owned();
    for (name, value) in [
        ("DB_SCHEME", dialect.scheme()),
        ("DB_DRIVER_CLASS", dialect.driver_class()),
        ("DB_HOST", &host),
        ("DB_PORT", &port.to_string()),
        ("DB_USER", user),
        ("DB_USER_PASSWORD", password),
        ("OM_DATABASE", database),
        ("FERNET_KEY", &fernet_key),
        ("SERVER_PORT", &options.server_port.to_string()),
        ("SERVER_ADMIN_PORT", &options.admin_port.to_string()),
        ("SERVER_HOST", "127.0.0.1"),
    ] {
        let quoted = value.replace('\'', "'\\''");
        text.push_str(&format!("export {name}='{quoted}'\n"));
    }
    text
}

/// A path as text inside double quotes of a shell script.
fn shell_inside_quotes(path: &Path) -> String {
    let mut text = String::new();
    for letter in path.to_string_lossy().chars() {
        if matches!(letter, '"' | '\\' | '$' | '`') {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), InstallError> {
    write_bytes(path, text.as_bytes(), mode)
}

/// Writes a file with its mode, making the folders above it.
pub fn write_bytes(path: &Path, bytes: &[u8], mode: u32) -> Result<(), InstallError> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed(parent))?;
    }
    std::fs::write(path, bytes).map_err(failed(path))?;
    std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> InstallError {
    let path = path.to_owned();
    move |reason| InstallError { path, reason }
}

#[cfg(test)]
mod tests {
    use super::{EDITS, delivered_configuration, numbers};

    #[test]
    fn every_edit_of_the_operator_finds_its_line() {
        let text = delivered_configuration(false);
        for (before, _) in EDITS {
            assert!(text.contains(before), "{before}");
        }
    }

    #[test]
    fn only_the_new_version_has_its_new_keys() {
        assert!(!delivered_configuration(false).contains("cacheConfiguration"));
        let new = delivered_configuration(true);
        assert!(new.contains("\ncacheConfiguration:\n  provider:"));
        assert!(!new.contains("@NEW@"));
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(numbers("1.10.0") > numbers("1.9.2"));
        assert!(numbers("1.11.0") > numbers("1.10.7"));
    }
}
