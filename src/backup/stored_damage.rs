//! What is wrong with the stored files of a backup: every byte of each is read. Knows no database.

use std::io;
use std::path::Path;

use super::config_copy;
use super::error::Damage;
use super::manifest::{self, MANIFEST, SUMS};
use super::progress::Counters;
use super::read_back::{self, Stop};
use crate::domain::backup::{Manifest, StoredFile};

/// Where the decompressed dump goes while it is checked.
pub(super) type Sink = Box<dyn FnMut(&[u8]) -> io::Result<()> + Send>;

/// For a check alone.
pub(super) fn nowhere() -> Sink {
    Box::new(|_| Ok(()))
}

/// All damage there is; an error only when `sink` failed.
pub(super) fn damage_in(
    folder: &Path,
    manifest: &Manifest,
    sha256: &str,
    counters: &Counters,
    sink: &mut Sink,
) -> io::Result<Vec<Damage>> {
    let mut damage = Vec::new();
    let sums = manifest::sums_text(manifest, sha256);
    match manifest::read_small(&folder.join(SUMS)) {
        Ok(Some(bytes)) if bytes == sums.as_bytes() => {}
        Ok(Some(_)) => damage.push(Damage::new(
            SUMS,
            format!("does not fit {MANIFEST}: one of the two is not as it was written"),
        )),
        Ok(None) => damage.push(Damage::new(SUMS, "is missing")),
        Err(what) => damage.push(Damage::new(SUMS, what)),
    }
    if !manifest.config.is_empty() && folder.join(config_copy::FOLDER).is_symlink() {
        damage.push(Damage::new(config_copy::FOLDER, "is a link"));
        return Ok(damage);
    }
    for copy in &manifest.config {
        damage.extend(plain_damage(folder, &copy.stored));
    }
    damage.extend(dump_damage(folder, manifest, counters, sink)?);
    Ok(damage)
}

fn plain_damage(folder: &Path, stored: &StoredFile) -> Option<Damage> {
    let what = match manifest::read_small(&folder.join(&stored.path)) {
        Ok(Some(bytes)) if bytes.len() as u64 != stored.bytes => {
            wrong_length(stored, bytes.len() as u64)
        }
        Ok(Some(bytes)) if super::sha256_hex(&bytes) != stored.sha256 => CHANGED.to_string(),
        Ok(Some(_)) => return None,
        Ok(None) => "is missing".to_string(),
        Err(what) => what,
    };
    Some(Damage::new(&stored.path, what))
}

const CHANGED: &str = "does not have the SHA-256 that it was written with";

fn wrong_length(stored: &StoredFile, bytes: u64) -> String {
    format!("has {bytes} bytes instead of {}", stored.bytes)
}

fn dump_damage(
    folder: &Path,
    manifest: &Manifest,
    counters: &Counters,
    sink: &mut Sink,
) -> io::Result<Vec<Damage>> {
    let stored = &manifest.dump;
    let say = |what: String| Damage::new(&stored.path, what);
    let file = match read_back::open(&folder.join(&stored.path)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(vec![say("is missing".to_string())]);
        }
        Err(error) => return Ok(vec![say(format!("cannot be read: {error}"))]),
    };
    // The disk is what counts, not what the page cache remembers.
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    let pass = match read_back::pass(file, counters, sink) {
        Ok(pass) => pass,
        Err(Stop::Disk(error)) => return Ok(vec![say(format!("cannot be read: {error}"))]),
        Err(Stop::Sink(error)) => return Err(error),
    };
    let mut damage = Vec::new();
    if pass.bytes != stored.bytes {
        damage.push(say(wrong_length(stored, pass.bytes)));
    } else if pass.sha256 != stored.sha256 {
        damage.push(say(CHANGED.to_string()));
    }
    if let Some(error) = &pass.broken {
        damage.push(say(format!("does not decompress whole: {error}")));
    } else if pass.raw_bytes != manifest.raw_bytes {
        damage.push(say(format!(
            "decompresses to {} bytes instead of {}",
            pass.raw_bytes, manifest.raw_bytes
        )));
    }
    Ok(damage)
}
