//! Verifying a stored backup without a server: every byte of every file, and what it proves.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::{self, Expected};
use super::error::{BackupError, Damage, Result};
use super::manifest::{self, CERTIFICATE, MANIFEST, ReadManifest, SUMS};
use super::progress::{Counters, Phase, Tell, told};
use super::stored_damage::{Sink, damage_in, nowhere};
use super::{STALL_LIMIT, config_copy};
use crate::database::Database;
use crate::domain::backup::{Certificate, Level, Manifest};
use crate::domain::clean_text::CleanText;
use crate::domain::data_only::{HEAD, is_data_only};
use crate::process::Place;
use crate::process::pipe::on_thread;

/// A sound backup.
#[derive(Debug, Clone)]
pub struct Verified {
    pub folder: PathBuf,
    pub manifest: Manifest,
    pub manifest_sha256: String,
    pub certificate: Option<Certificate>,
    /// What is proven of these bytes, now and by the certificate.
    pub level: Level,
    /// What is no damage and still worth saying: files that no backup has.
    pub notes: Vec<CleanText>,
}

/// The database's tools, where the archive shall be read by them too.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    pub db: &'a dyn Database,
    pub place: Place,
    pub log: &'a Path,
}

/// As [`verify`], of the backup whose manifest was read already: another one that lies there by now is not taken for it.
pub async fn verify_read(folder: &Path, read: ReadManifest, tell: Tell<'_>) -> Result<Verified> {
    Ok(read_whole(folder, read, Phase::Verify, nowhere(), tell).await??)
}

/// Reads every stored byte back. Any damage is an error that names all of it.
pub async fn verify(folder: &Path, tools: Option<Tools<'_>>, tell: Tell<'_>) -> Result<Verified> {
    if let Some(file) = data_only_at(folder) {
        return Err(BackupError::DataOnly { file });
    }
    let read = manifest::read_manifest(folder)?;
    let verified = read_whole(folder, read, Phase::Verify, nowhere(), tell).await??;
    match tools {
        Some(tools) => with_tools(verified, tools, tell).await,
        None => Ok(verified),
    }
}

/// The file of OpenMetadata's old `metadata backup` that this is, or that lies in a folder which is no
/// backup of ours.
fn data_only_at(path: &Path) -> Option<PathBuf> {
    let is_such = |file: &Path| {
        let mut head = Vec::new();
        let read = std::fs::File::open(file)
            .and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
        read.is_ok() && is_data_only(&String::from_utf8_lossy(&head))
    };
    if path.is_file() {
        return is_such(path).then(|| path.to_path_buf());
    }
    if path.join(MANIFEST).exists() {
        return None;
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(path)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    files.into_iter().find(|file| is_such(file))
}

/// Reads every stored byte and gives the decompressed dump to `sink`, whose own failure is the inner
/// error. One pass serves the check and the unpacking: on the way back each one costs downtime.
pub(super) async fn read_whole(
    folder: &Path,
    read: ReadManifest,
    phase: Phase,
    mut sink: Sink,
    tell: Tell<'_>,
) -> Result<std::result::Result<Verified, SinkFailed>> {
    let ReadManifest {
        manifest,
        sha256: manifest_sha256,
    } = read;
    let counters = Arc::new(Counters::default());
    let (below, wanted, sha, c) = (
        folder.to_path_buf(),
        manifest.clone(),
        manifest_sha256.clone(),
        Arc::clone(&counters),
    );
    let reading = on_thread("verify", move || {
        damage_in(&below, &wanted, &sha, &c, &mut sink)
    })?;
    let observe = || tell(counters.look(phase, Some(manifest.raw_bytes)));
    let mut damage = match told(reading, observe).await? {
        Ok(damage) => damage,
        Err(error) => return Ok(Err(SinkFailed(error))),
    };
    let certificate = match manifest::parse_certificate(folder, &manifest_sha256) {
        Ok(certificate) => certificate,
        Err(what) => {
            damage.push(Damage::new(CERTIFICATE, what));
            None
        }
    };
    if !damage.is_empty() {
        return Err(BackupError::Damaged {
            folder: folder.to_path_buf(),
            damage,
        });
    }
    let level = certificate.as_ref().map(|certificate| certificate.level);
    Ok(Ok(Verified {
        notes: strangers(folder, &manifest),
        folder: folder.to_path_buf(),
        manifest,
        manifest_sha256,
        certificate,
        level: level.map_or(Level::Checksummed, |level| level.max(Level::Checksummed)),
    }))
}

/// The sink of [`read_whole`] failed; nothing is known of the backup.
#[derive(Debug)]
pub(super) struct SinkFailed(pub(super) std::io::Error);

impl From<SinkFailed> for BackupError {
    fn from(failed: SinkFailed) -> Self {
        BackupError::Process(crate::process::ProcessError::io("verify", failed.0))
    }
}

/// Reads the archive through the database's own tools as well.
async fn with_tools(mut verified: Verified, tools: Tools<'_>, tell: Tell<'_>) -> Result<Verified> {
    let manifest = &verified.manifest;
    let path = verified.folder.join(&manifest.dump.path);
    let expected = Expected {
        file: &path,
        bytes: manifest.dump.bytes,
        sha256: &manifest.dump.sha256,
        raw_bytes: manifest.raw_bytes,
        tables: &manifest.tables,
        place: tools.place,
        log: tools.log,
        stall_limit: STALL_LIMIT,
    };
    let counters = Arc::new(Counters::default());
    let observe = || tell(counters.look(Phase::Verify, Some(manifest.raw_bytes)));
    let reasons = check::whole(&expected, tools.db, &counters, &observe).await?;
    if !reasons.is_empty() {
        let file = CleanText::from(manifest.dump.path.as_str());
        let damage = reasons.into_iter().map(|what| Damage {
            file: file.clone(),
            what,
        });
        return Err(BackupError::Damaged {
            folder: verified.folder.clone(),
            damage: damage.collect(),
        });
    }
    verified.level = verified.level.max(Level::Restorable);
    Ok(verified)
}

/// Files in the folder that no backup has; somebody's note is no damage.
fn strangers(folder: &Path, manifest: &Manifest) -> Vec<CleanText> {
    let known: Vec<&str> = manifest::stored_files(manifest)
        .map(|file| file.path.as_str())
        .chain([
            MANIFEST,
            SUMS,
            CERTIFICATE,
            config_copy::FOLDER,
            super::WAY_BACK,
        ])
        .collect();
    let mut notes = Vec::new();
    for (below, prefix) in [
        (folder.to_path_buf(), String::new()),
        (
            folder.join(config_copy::FOLDER),
            format!("{}/", config_copy::FOLDER),
        ),
    ] {
        let Ok(entries) = std::fs::read_dir(below) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if !known.contains(&name.as_str()) {
                notes.push(CleanText::from(format!(
                    "'{name}' stands in the folder and is no part of the backup"
                )));
            }
        }
    }
    notes.sort();
    notes
}
