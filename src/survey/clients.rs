//! Environments on this host that hold OpenMetadata's Python packages, found by the metadata that
//! every installed package leaves (`*.dist-info`, PEP 376). No Python is started.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::client_extras::{extras, plain};
use crate::domain::answers::ClientAnswers;
use crate::domain::clean_text::CleanText;
use crate::domain::client_report;
use crate::domain::instance::ClientFacts;

/// Where environments usually are.
const USUAL: &[&str] = &[
    "/opt",
    "/srv",
    "/home",
    "/root",
    "/usr/lib",
    "/usr/local",
    "/var/lib/airflow",
];
/// How deep below a folder, and how many folders in all, are looked at.
const DEPTH: usize = 7;
const FOLDERS: usize = 40_000;
/// Largest metadata file or report that is read, in bytes.
const MOST: u64 = 1 << 20;

/// What was found.
pub struct Clients {
    pub found: Vec<ClientFacts>,
    /// Why there may be more.
    pub unseen: Option<CleanText>,
}

/// Looks through the usual places, the folders that were named and the other hosts' reports.
pub fn of(answers: &ClientAnswers) -> Clients {
    let usual: Vec<PathBuf> = USUAL.iter().map(PathBuf::from).collect();
    below(&usual, answers)
}

/// As [`of`] with other usual places.
fn below(usual: &[PathBuf], answers: &ClientAnswers) -> Clients {
    let mut found = Vec::new();
    let mut search = Search {
        left: FOLDERS,
        denied: None,
    };
    let mut unseen = None;
    let mut seen = BTreeSet::new();
    for folder in &answers.folders {
        if let Err(error) = std::fs::read_dir(folder) {
            unseen = Some(CleanText::from(format!("{}: {error}", folder.display())));
        }
    }
    for folder in answers.folders.iter().chain(usual) {
        let mut sites = Vec::new();
        search.site_packages(folder, DEPTH, &mut sites);
        for site in sites {
            let real = site.canonicalize().unwrap_or_else(|_| site.clone());
            if seen.insert(real)
                && let Some(client) = environment(&site)
            {
                found.push(client);
            }
        }
    }
    let Search { left, denied } = search;
    if let Some(folder) = denied {
        unseen = unseen.or(Some(CleanText::from(format!(
            "this user may not look into {}",
            folder.display()
        ))));
    }
    if left == 0 {
        unseen = Some(CleanText::from(format!(
            "only the first {FOLDERS} folders were looked through; name the others in clients.folders"
        )));
    }
    let pasted = client_report::read(&answers.pasted.join("\n"), None);
    let told = !pasted.is_empty();
    found.extend(pasted);
    match &answers.reports {
        None if told => {}
        None => {
            unseen = unseen.or(Some(
                "nobody has said which other hosts have openmetadata-ingestion (`omup clients` prints a command to run there)".into(),
            ));
        }
        Some(reports) => {
            for report in reports {
                let host = report.file_stem().unwrap_or_default().to_string_lossy();
                match text_of(report) {
                    Some(text) => {
                        let clients = client_report::read(&text, Some(&host));
                        if clients.is_empty() {
                            let why = format!(
                                "{} holds no line of the command that `omup clients` prints",
                                report.display()
                            );
                            unseen = Some(why.into());
                        }
                        found.extend(clients);
                    }
                    None => {
                        let why = format!("{} cannot be read", report.display());
                        unseen = Some(why.into());
                    }
                }
            }
        }
    }
    Clients { found, unseen }
}

fn text_of(path: &Path) -> Option<String> {
    let size = std::fs::metadata(path).ok()?.len();
    (size <= MOST)
        .then(|| std::fs::read(path).ok())?
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A walk through folders.
struct Search {
    /// How many more folders are looked at.
    left: usize,
    /// The first folder that may not be read, where environments of people can be.
    denied: Option<PathBuf>,
}

impl Search {
    /// Folders named `site-packages` or `dist-packages`. Links are not followed.
    fn site_packages(&mut self, folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let denied = error.kind() == std::io::ErrorKind::PermissionDenied;
                if denied && !folder.starts_with("/usr") && self.denied.is_none() {
                    self.denied = Some(folder.to_path_buf());
                }
                return;
            }
        };
        for entry in entries.flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if !is_folder || self.left == 0 {
                continue;
            }
            self.left -= 1;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name == "site-packages" || name == "dist-packages" {
                found.push(entry.path());
            } else if depth > 0
                && !matches!(name.as_ref(), "node_modules" | ".git" | "proc" | "sys")
            {
                self.site_packages(&entry.path(), depth - 1, found);
            }
        }
    }
}

/// The environment around a folder of packages, where it has one of ours.
fn environment(site: &Path) -> Option<ClientFacts> {
    let mut versions = BTreeMap::new();
    let mut metadata = None;
    for entry in std::fs::read_dir(site).ok()?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((package, version)) = name
            .strip_suffix(".dist-info")
            .and_then(|stem| stem.rsplit_once('-'))
        else {
            continue;
        };
        let package = plain(package);
        if package == "openmetadata-ingestion" {
            metadata = Some(entry.path().join("METADATA"));
        }
        versions.insert(package, CleanText::limited(version, 60));
    }
    let of = |name: &str| versions.get(name).cloned();
    let (ingestion, managed_apis) = (
        of("openmetadata-ingestion"),
        of("openmetadata-managed-apis"),
    );
    if ingestion.is_none() && managed_apis.is_none() {
        return None;
    }
    let extras = metadata
        .and_then(|path| text_of(&path))
        .map(|text| extras(&text, &versions))
        .unwrap_or_default();
    // <environment>/lib/pythonX.Y/site-packages
    let home = site.ancestors().nth(3).unwrap_or(site);
    Some(ClientFacts {
        place: CleanText::from(home.display().to_string()),
        python: python(site, home),
        ingestion,
        managed_apis,
        airflow: of("apache-airflow"),
        extras,
    })
}

/// The Python of an environment: `pyvenv.cfg` says it whole, the folder's name two numbers of it.
fn python(site: &Path, home: &Path) -> Option<CleanText> {
    let written = text_of(&home.join("pyvenv.cfg")).and_then(|text| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            matches!(key.trim(), "version" | "version_info")
                .then(|| CleanText::limited(value.trim(), 40))
        })
    });
    written.or_else(|| {
        let name = site.parent()?.file_name()?.to_string_lossy().into_owned();
        Some(CleanText::limited(name.strip_prefix("python")?, 40))
    })
}
