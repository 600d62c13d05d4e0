//! How a service comes to a version: its definition names one of the two homes, or goes through a
//! symbolic link (`/opt/openmetadata/current`) that can be turned.

use std::path::{Path, PathBuf};

use super::files;
use crate::deployment::Result;

/// What the text of a service's definition says about the two homes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// It goes through this link, which leads to one of the homes.
    Link(PathBuf),
    /// It names this home itself.
    Home(PathBuf),
    /// Neither is to be seen in it.
    Unseen,
}

/// Reads the route out of a run script, a unit's text or a command line.
pub fn route(text: &str, homes: [&Path; 2]) -> Route {
    let homes = homes.map(|home| (home, canonical(home)));
    let mut named = None;
    for path in absolute_paths(text) {
        for part in path.ancestors() {
            if part.parent().is_none() {
                continue;
            }
            let Some((home, _)) = homes.iter().find(|(_, real)| canonical(part) == *real) else {
                continue;
            };
            match link_in(part) {
                Some(link) => return Route::Link(link),
                None => named = Some((*home).to_owned()),
            }
        }
    }
    named.map_or(Route::Unseen, Route::Home)
}

/// The part of a path that is itself a link, from the end.
fn link_in(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .take(1)
        .find(|part| std::fs::symlink_metadata(part).is_ok_and(|meta| meta.is_symlink()))
        .map(Path::to_owned)
}

fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn absolute_paths(text: &str) -> Vec<PathBuf> {
    text.split(|c: char| c.is_whitespace() || "\"'=;:,()<>&|".contains(c))
        .filter(|word| word.starts_with('/') && word.len() > 1)
        .map(PathBuf::from)
        .collect()
}

/// Turns the link to a home, in one step; `false` when it leads there already.
pub fn turn(link: &Path, home: &Path) -> Result<bool> {
    if canonical(link) == canonical(home) {
        return Ok(false);
    }
    let failed =
        |error: std::io::Error| files::unreadable(link, format!("cannot be turned: {error}"));
    let name = link.file_name().unwrap_or_default().to_string_lossy();
    let fresh = link.with_file_name(format!(".{name}.omup-{}", std::process::id()));
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    std::os::unix::fs::symlink(home, &fresh).map_err(failed)?;
    std::fs::rename(&fresh, link).map_err(failed)?;
    let folder = link.parent().unwrap_or(Path::new("/"));
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{Route, route, turn};

    #[test]
    fn a_link_is_found_and_turned() {
        let folder = tempfile::tempdir().expect("folder");
        let root = folder.path().canonicalize().expect("real");
        let (old, new) = (root.join("om-1"), root.join("om-2"));
        let link = root.join("current");
        std::fs::create_dir_all(old.join("bin")).expect("old");
        std::fs::create_dir_all(new.join("bin")).expect("new");
        std::os::unix::fs::symlink(&old, &link).expect("link");
        let homes = [old.as_path(), new.as_path()];

        let text = format!("exec \"{}/bin/start.sh\" conf", link.display());
        assert_eq!(route(&text, homes), Route::Link(link.clone()));
        assert!(turn(&link, &new).expect("turned"));
        assert!(!turn(&link, &new).expect("there already"));
        assert_eq!(std::fs::read_link(&link).expect("link"), new);
        assert_eq!(route(&text, homes), Route::Link(link));

        let text = format!("cd {} && x", old.display());
        assert_eq!(route(&text, homes), Route::Home(old.clone()));
        assert_eq!(route("exec /usr/bin/java", homes), Route::Unseen);
    }
}
