//! What an installation of OpenMetadata looks like on disk, and its version.
//!
//! Layout: OpenMetadata, `openmetadata-dist/src/main/assembly/binary.xml`.

use std::path::{Path, PathBuf};

use super::config::yaml_path;
use super::files;
use crate::deployment::{DeploymentError, Result};
use crate::domain::version::OmVersion;

/// Fails when this folder is no installation, naming what is missing.
pub fn must_be_install(home: &Path) -> Result<()> {
    let lacks = |reason: String| DeploymentError::NotAnInstall {
        path: home.to_owned(),
        reason: reason.into(),
    };
    if !home.is_dir() {
        return Err(lacks("there is no such folder".to_owned()));
    }
    if !yaml_path(home).is_file() {
        return Err(lacks("it has no conf/openmetadata.yaml".to_owned()));
    }
    if tool_script(home).is_none() {
        return Err(lacks(
            "it has neither bootstrap/openmetadata-ops.sh nor bootstrap/bootstrap_storage.sh"
                .to_owned(),
        ));
    }
    version(home).map(|_| ())
}

/// OpenMetadata's own tool: `openmetadata-ops.sh` since 1.3, `bootstrap_storage.sh` before.
pub fn tool_script(home: &Path) -> Option<PathBuf> {
    ["openmetadata-ops.sh", "bootstrap_storage.sh"]
        .into_iter()
        .map(|name| home.join("bootstrap").join(name))
        .find(|path| path.is_file())
}

/// The version by the name of the service's jar.
pub fn version(home: &Path) -> Result<OmVersion> {
    let libs = home.join("libs");
    let entries = std::fs::read_dir(&libs).map_err(|error| files::unreadable(&libs, error))?;
    let mut found: Vec<OmVersion> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let name = name.to_str()?;
            let version = name
                .strip_prefix("openmetadata-service-")?
                .strip_suffix(".jar")?;
            version.parse().ok()
        })
        .collect();
    found.sort();
    found.dedup();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(DeploymentError::NotAnInstall {
            path: home.to_owned(),
            reason: "libs/ holds no openmetadata-service-<version>.jar".into(),
        }),
        [first, .., last] => Err(DeploymentError::NotAnInstall {
            path: home.to_owned(),
            reason: format!(
                "libs/ holds the jars of two versions, {first} and {last}; a tarball was unpacked \
                 over another"
            )
            .into(),
        }),
    }
}

/// Files that a return to this installation needs: everything below `conf/`, at most 200 files of
/// at most 1 MiB, links not followed.
pub fn config_files(home: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![home.join("conf")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() {
                folders.push(entry.path());
            } else if entry.path().is_file() && meta.len() <= files::CONFIG_LIMIT {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found.truncate(200);
    found
}

/// Key and certificate files below `conf/`, by their endings.
pub fn key_files(home: &Path) -> Vec<PathBuf> {
    const ENDINGS: &[&str] = &["der", "pem", "key", "crt", "cer", "jks", "p12", "pfx"];
    config_files(home)
        .into_iter()
        .filter(|path| {
            path.extension()
                .and_then(|ending| ending.to_str())
                .is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{key_files, must_be_install, version};

    #[test]
    fn an_install_is_known_by_its_parts() {
        let folder = tempfile::tempdir().expect("folder");
        let home = folder.path();
        let told = |home: &std::path::Path| must_be_install(home).expect_err("none").to_string();
        assert!(told(&home.join("x")).contains("no such folder"));
        assert!(told(home).contains("openmetadata.yaml"));
        for sub in ["conf", "bootstrap", "libs"] {
            std::fs::create_dir(home.join(sub)).expect("folder");
        }
        std::fs::write(home.join("conf/openmetadata.yaml"), "a: 1").expect("file");
        assert!(told(home).contains("openmetadata-ops.sh"));
        std::fs::write(home.join("bootstrap/openmetadata-ops.sh"), "").expect("file");
        assert!(told(home).contains("jar"));
        std::fs::write(home.join("libs/openmetadata-service-1.12.4.jar"), "").expect("file");
        must_be_install(home).expect("whole");
        assert_eq!(version(home).expect("one").to_string(), "1.12.4");
        std::fs::write(home.join("libs/openmetadata-service-1.10.7.jar"), "").expect("file");
        assert!(told(home).contains("two versions"));
        std::fs::write(home.join("conf/private_key.der"), "k").expect("file");
        assert_eq!(key_files(home).len(), 1);
    }
}
