//! The state folder and the folder of one run: what lies where, and with which rights.
//!
//! Folders are 0700 and files 0600 whatever the umask; no link is followed on the way in.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use crate::domain::names::RunId;
use crate::domain::run_view::RunView;
use crate::exit_code::ExitCode;

use super::journal::sync_folder_of;

/// Why the state folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot {doing} {path}: {source}", path = .path.display())]
    Io {
        doing: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} {why}; nothing was done. Look at who put it there, move it away, and try again", path = .path.display())]
    Unsafe { path: PathBuf, why: String },
    #[error("there is no run '{run}' in {state} (see `omup runs list`)", state = .state.display())]
    NoRun { run: String, state: PathBuf },
    #[error("no run was begun in {state} yet; `omup` begins one, `--state-dir` names another place", state = .0.display())]
    NoRunYet(PathBuf),
}

const NO_FOLDER: &str = "is not a folder (a link is not followed)";

const NOFOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits() as i32;

/// Bytes kept free for the journal's last words.
const RESERVE: u64 = 256 * 1024;

/// Where omup keeps its runs.
#[derive(Debug, Clone)]
pub struct State {
    pub root: PathBuf,
}

impl State {
    /// `given` (the flag or `OMUP_STATE_DIR`), else `/var/lib/omup` for root, else the user's XDG state folder.
    pub fn locate(given: Option<PathBuf>) -> PathBuf {
        if let Some(path) = given.filter(|path| !path.as_os_str().is_empty()) {
            return std::path::absolute(&path).unwrap_or(path);
        }
        if rustix::process::geteuid().is_root() {
            return PathBuf::from("/var/lib/omup");
        }
        directories::ProjectDirs::from("", "", "omup")
            .and_then(|dirs| dirs.state_dir().map(Path::to_path_buf))
            .unwrap_or_else(|| {
                PathBuf::from("/tmp").join(format!("omup-{}", rustix::process::geteuid().as_raw()))
            })
    }

    /// Opens it, making it where it is missing.
    pub fn open(root: PathBuf) -> Result<Self, FolderError> {
        if root.to_str().is_none() {
            let why =
                "has a name that is not UTF-8, and could not be written into the run's documents";
            return Err(FolderError::Unsafe {
                path: root,
                why: why.to_string(),
            });
        }
        make_private(&root)?;
        for name in ["runs", "locks"] {
            make_private(&root.join(name))?;
        }
        Ok(Self { root })
    }

    /// Opens it for reading; a missing one has no runs. A link in its place is not followed.
    pub fn look(root: PathBuf) -> Result<Self, FolderError> {
        for path in [root.clone(), root.join("runs")] {
            match std::fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_dir() => {}
                Ok(_) => {
                    return Err(FolderError::Unsafe {
                        path,
                        why: NO_FOLDER.to_string(),
                    });
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => {
                    return Err(FolderError::Io {
                        doing: "look at",
                        path,
                        source,
                    });
                }
            }
        }
        Ok(Self { root })
    }

    /// The lock file that keeps two runs on this host from one database.
    pub fn lock_file(&self, key: &str) -> PathBuf {
        self.root.join("locks").join(format!("{key}.lock"))
    }

    /// Makes the folder of a new run.
    pub fn create_run(&self, run: &RunId) -> Result<RunFolder, FolderError> {
        let folder = RunFolder {
            path: self.root.join("runs").join(run.as_str()),
            run: run.clone(),
        };
        DirBuilder::new()
            .mode(0o700)
            .create(&folder.path)
            .map_err(|source| FolderError::Io {
                doing: "make",
                path: folder.path.clone(),
                source,
            })?;
        make_private(&folder.path)?;
        for name in ["logs", "children", "private"] {
            make_private(&folder.path.join(name))?;
        }
        folder.fill_reserve()?;
        sync_folder_of(&folder.path).map_err(|source| FolderError::Io {
            doing: "sync",
            path: self.root.clone(),
            source,
        })?;
        Ok(folder)
    }

    /// An existing run by its id, `last` for the newest.
    pub fn run(&self, text: &str) -> Result<RunFolder, FolderError> {
        let missing = || FolderError::NoRun {
            run: text.chars().filter(|c| !c.is_control()).take(60).collect(),
            state: self.root.clone(),
        };
        if text == "last" {
            let none = || FolderError::NoRunYet(self.root.clone());
            let newest = self.last().ok_or_else(none)?;
            newest.own_things()?;
            return Ok(newest);
        }
        let run = RunId::parse(text).map_err(|_| missing())?;
        let folder = RunFolder {
            path: self.root.join("runs").join(run.as_str()),
            run,
        };
        folder.own_things()?;
        if folder.journal().is_file() {
            Ok(folder)
        } else {
            Err(missing())
        }
    }

    /// The run that a person means without naming one: the newest that a runner works on, else the
    /// newest that got past its locks and checks, else the newest.
    fn last(&self) -> Option<RunFolder> {
        let mut runs = self.runs();
        runs.reverse();
        let alive = runs
            .iter()
            .find(|folder| super::lease::Lease::holder(&folder.lock()).is_some());
        let begun = || {
            runs.iter().find(|folder| {
                // A run that cannot be read may have done anything: it is not passed over.
                let Ok(reading) = super::journal::read_begun(&folder.journal()) else {
                    return true;
                };
                let view = RunView::of(reading.entries.iter().map(|entry| &entry.event));
                let refused = view.ended.as_ref().is_some_and(|(exit, _)| {
                    matches!(
                        exit,
                        ExitCode::Locked
                            | ExitCode::PathRefused
                            | ExitCode::ChecksBlock
                            | ExitCode::CannotSurvey
                            | ExitCode::Usage
                    )
                });
                !refused || view.facts.downtime_started_ms.is_some()
            })
        };
        alive.or_else(begun).or_else(|| runs.first()).cloned()
    }

    /// All runs, oldest first by their ids.
    pub fn runs(&self) -> Vec<RunFolder> {
        let Ok(entries) = std::fs::read_dir(self.root.join("runs")) else {
            return Vec::new();
        };
        let mut runs: Vec<RunFolder> = entries
            .flatten()
            .filter_map(|entry| {
                let run = RunId::parse(entry.file_name().to_str()?).ok()?;
                let folder = RunFolder {
                    path: entry.path(),
                    run,
                };
                std::fs::symlink_metadata(folder.journal())
                    .is_ok()
                    .then_some(folder)
            })
            .collect();
        runs.sort_by(|a, b| a.run.cmp(&b.run));
        runs
    }
}

/// The folder of one run.
#[derive(Debug, Clone)]
pub struct RunFolder {
    pub path: PathBuf,
    pub run: RunId,
}

impl RunFolder {
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }
    pub fn reserve(&self) -> PathBuf {
        self.path.join("reserve")
    }
    pub fn answers(&self) -> PathBuf {
        self.path.join("answers.toml")
    }
    pub fn plan(&self) -> PathBuf {
        self.path.join("plan.json")
    }
    pub fn survey(&self) -> PathBuf {
        self.path.join("survey.json")
    }
    pub fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }
    pub fn socket(&self) -> PathBuf {
        self.path.join("control.sock")
    }
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }
    pub fn children(&self) -> PathBuf {
        self.path.join("children")
    }
    pub fn private(&self) -> PathBuf {
        self.path.join("private")
    }
    pub fn way_back(&self) -> PathBuf {
        self.path.join("way-back.md")
    }
    pub fn report(&self, extension: &str) -> PathBuf {
        self.path.join(format!("report.{extension}"))
    }

    /// Refuses a run whose folder, journal, lock or socket is not what omup makes, a link most of all.
    pub fn own_things(&self) -> Result<(), FolderError> {
        use std::os::unix::fs::FileTypeExt as _;
        type Right = fn(&std::fs::FileType) -> bool;
        let things: [(PathBuf, &str, Right); 5] = [
            (self.path.clone(), NO_FOLDER, std::fs::FileType::is_dir),
            (
                self.journal(),
                "is not a regular file (a link is not followed)",
                std::fs::FileType::is_file,
            ),
            (
                self.lock(),
                "is not a regular file (a link is not followed)",
                std::fs::FileType::is_file,
            ),
            (
                self.reserve(),
                "is not a regular file (a link is not followed)",
                std::fs::FileType::is_file,
            ),
            (
                self.socket(),
                "is not a socket (a link is not followed)",
                std::fs::FileType::is_socket,
            ),
        ];
        for (path, why, right) in things {
            match std::fs::symlink_metadata(&path) {
                Ok(meta) if right(&meta.file_type()) => {}
                Ok(_) => {
                    return Err(FolderError::Unsafe {
                        path,
                        why: why.to_string(),
                    });
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => {
                    return Err(FolderError::Io {
                        doing: "look at",
                        path,
                        source,
                    });
                }
            }
        }
        Ok(())
    }

    /// Puts the reserve in its place (again), really allocated where the file system can.
    pub fn fill_reserve(&self) -> Result<(), FolderError> {
        let path = self.reserve();
        let io = |source| FolderError::Io {
            doing: "reserve space in",
            path: path.clone(),
            source,
        };
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(NOFOLLOW)
            .open(&path)
            .map_err(io)?;
        if file.metadata().map_err(io)?.len() < RESERVE {
            let full = vec![0x20u8; RESERVE as usize];
            std::io::Write::write_all(&mut &file, &full).map_err(io)?;
            file.sync_all().map_err(io)?;
        }
        Ok(())
    }
}

fn make_private(path: &Path) -> Result<(), FolderError> {
    let io = |doing, source| FolderError::Io {
        doing,
        path: path.to_path_buf(),
        source,
    };
    if !path.exists() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|e| io("make", e))?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
            .map_err(|e| io("set the rights of", e))?;
    }
    let meta = std::fs::symlink_metadata(path).map_err(|e| io("look at", e))?;
    let refuse = |why: String| {
        Err(FolderError::Unsafe {
            path: path.to_path_buf(),
            why,
        })
    };
    if !meta.is_dir() {
        return refuse(NO_FOLDER.to_string());
    }
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me {
        return refuse(format!("belongs to user id {}, not to {me}", meta.uid()));
    }
    if meta.mode() & 0o022 != 0 {
        return refuse(format!(
            "can be written by others (mode {:o}); run `chmod 700` on it",
            meta.mode() & 0o777
        ));
    }
    Ok(())
}
