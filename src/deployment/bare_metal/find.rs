//! Installations of OpenMetadata on this host: those that run, and those that lie in the usual folders.
//! A finding is a suggestion; the operator chooses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::install;
use crate::domain::version::OmVersion;

/// Folders in which installations are looked for, one level deep.
const USUAL: &[&str] = &[
    "/opt",
    "/usr/local",
    "/usr/share",
    "/srv",
    "/var/lib",
    "/home",
];

/// Folders looked at in each of them; more are somebody's data.
const MOST: usize = 500;

/// One installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub home: PathBuf,
    /// By its jar.
    pub version: OmVersion,
    /// The process that was started out of it.
    pub pid: Option<u32>,
    /// The folder that it was found in, where no process told.
    pub folder: Option<PathBuf>,
}

/// All of them, the running ones first, then by version.
pub fn installations() -> Vec<Found> {
    let mut homes: BTreeMap<PathBuf, (Option<u32>, Option<PathBuf>)> = BTreeMap::new();
    for (pid, home) in of_processes(Path::new("/proc")) {
        homes.entry(home).or_insert((Some(pid), None));
    }
    let own = std::env::var_os("HOME").map(PathBuf::from);
    for folder in USUAL.iter().map(PathBuf::from).chain(own) {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten().take(MOST) {
            let home = entry.path();
            let named = home
                .file_name()
                .is_some_and(|name| name.to_string_lossy().to_lowercase().contains("metadata"));
            if named {
                homes.entry(home).or_insert((None, Some(folder.clone())));
            }
        }
    }
    let mut found: Vec<Found> = homes
        .into_iter()
        .filter(|(home, _)| install::must_be_install(home).is_ok())
        .filter_map(|(home, (pid, folder))| {
            let version = install::version(&home).ok()?;
            Some(Found {
                home,
                version,
                pid,
                folder,
            })
        })
        .collect();
    found.sort_by(|a, b| {
        (a.pid.is_none(), &a.version, &a.home).cmp(&(b.pid.is_none(), &b.version, &b.home))
    });
    found
}

/// Installation folders that stand on the command lines of processes: a class path below `libs/`, or
/// the configuration file.
fn of_processes(proc: &Path) -> Vec<(u32, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(proc) else {
        return Vec::new();
    };
    let mut homes = Vec::new();
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        for word in line.split(|b| matches!(b, 0 | b':' | b'=' | b',')) {
            let Ok(word) = std::str::from_utf8(word) else {
                continue;
            };
            let home = word
                .split_once("/libs/")
                .or_else(|| word.split_once("/conf/openmetadata.yaml"))
                .map(|(home, _)| PathBuf::from(home));
            if let Some(home) = home.filter(|home| home.is_absolute() && home.is_dir()) {
                homes.push((pid, home));
                break;
            }
        }
    }
    homes
}

#[cfg(test)]
mod tests {
    use super::of_processes;

    #[test]
    fn a_class_path_and_a_configuration_lead_to_their_folder() {
        let folder = tempfile::tempdir().expect("folder");
        let home = folder.path().join("openmetadata-1.2.3");
        std::fs::create_dir_all(&home).expect("home");
        let proc = folder.path().join("proc");
        for (pid, line) in [
            (
                "12",
                format!("java\0-cp\0/a.jar:{}/libs/x.jar\0Main", home.display()),
            ),
            (
                "13",
                format!("server\0{}/conf/openmetadata.yaml", home.display()),
            ),
            ("14", "bash\0-c\0libs/none".to_string()),
        ] {
            std::fs::create_dir_all(proc.join(pid)).expect("pid");
            std::fs::write(proc.join(pid).join("cmdline"), line).expect("cmdline");
        }
        let mut homes = of_processes(&proc);
        homes.sort();
        assert_eq!(homes, [(12, home.clone()), (13, home)]);
    }
}
