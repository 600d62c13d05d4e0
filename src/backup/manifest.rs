//! `manifest.json`, `SHA256SUMS` and `certificate.json`: how they are written and what is accepted
//! when they are read. All three are foreign text on the way in.
//!
//! Each has exactly one spelling for one meaning (our own serialisation), and a reader compares it
//! byte by byte: a flipped bit is found even where it would only change a blank.

use std::io::Read;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::error::{BackupError, Damage, Result};
use super::{read_back, sha256_hex};
use crate::domain::backup::{Certificate, Manifest, StoredFile};
use crate::process::effect::hit;
use crate::process::private_file;

pub const MANIFEST: &str = "manifest.json";
pub const SUMS: &str = "SHA256SUMS";
pub const CERTIFICATE: &str = "certificate.json";
/// The version of manifest and certificate that this program writes and reads.
pub const SCHEMA_VERSION: u32 = 1;
/// A manifest of 10 000 objects has about 2 MB; anything larger than this is not one of ours.
const MOST: u64 = 64 << 20;

/// A certificate with the checksum of its own text, so that a damaged one proves nothing.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedCertificate {
    certificate: Certificate,
    /// SHA-256 of the certificate's JSON text, hex.
    sha256: String,
}

/// A manifest that was read, with the SHA-256 of its bytes.
#[derive(Debug, Clone)]
pub struct ReadManifest {
    pub manifest: Manifest,
    pub sha256: String,
}

/// Reads and judges the manifest of a backup folder. Damage is an error that names it.
pub fn read_manifest(folder: &Path) -> Result<ReadManifest> {
    parse_manifest(folder).map_err(|what| BackupError::Damaged {
        folder: folder.to_path_buf(),
        damage: vec![Damage::new(MANIFEST, what)],
    })
}

/// As [`read_manifest`], of the very backup whose manifest had this SHA-256 when it was taken. Another
/// whole backup that was put into its place is damage too: it would restore another content.
pub fn read_recorded(folder: &Path, recorded: &str) -> Result<ReadManifest> {
    let read = read_manifest(folder)?;
    if read.sha256 == recorded {
        return Ok(read);
    }
    let what = "belongs to another backup: it is not the manifest that the run recorded";
    Err(BackupError::Damaged {
        folder: folder.to_path_buf(),
        damage: vec![Damage::new(MANIFEST, what)],
    })
}

/// As [`read_recorded`], and every file is there with the size that it had: what a glance can tell. Only
/// [`super::verify`] reads the bytes.
pub fn stands(folder: &Path, recorded: &str) -> Result<ReadManifest> {
    let read = read_recorded(folder, recorded)?;
    let damage: Vec<Damage> = stored_files(&read.manifest)
        .filter_map(|file| {
            let what = match std::fs::symlink_metadata(folder.join(&file.path)) {
                Ok(meta) if meta.is_file() && meta.len() == file.bytes => return None,
                Ok(meta) if meta.is_file() => {
                    format!("has {} bytes, {} were stored", meta.len(), file.bytes)
                }
                Ok(_) => "is no file any more".to_string(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => "is gone".to_string(),
                Err(error) => format!("cannot be looked at: {error}"),
            };
            Some(Damage::new(&file.path, what))
        })
        .collect();
    if damage.is_empty() {
        return Ok(read);
    }
    Err(BackupError::Damaged {
        folder: folder.to_path_buf(),
        damage,
    })
}

fn parse_manifest(folder: &Path) -> std::result::Result<ReadManifest, String> {
    let bytes = read_small(&folder.join(MANIFEST))?
        .ok_or("is missing: the backup did not end, or this is no backup")?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if manifest.schema_version != SCHEMA_VERSION {
        return Err(format!(
            "has version {}, this program knows {SCHEMA_VERSION}",
            manifest.schema_version
        ));
    }
    if text_of(&manifest)? != bytes {
        return Err("is not as it was written".to_string());
    }
    let mut seen = std::collections::BTreeSet::new();
    for file in stored_files(&manifest) {
        safe_path(&file.path)?;
        if !seen.insert(&file.path) {
            return Err(format!("names '{}' twice", file.path.escape_default()));
        }
    }
    Ok(ReadManifest {
        sha256: sha256_hex(&bytes),
        manifest,
    })
}

/// The dump and every configuration file.
pub(super) fn stored_files(manifest: &Manifest) -> impl Iterator<Item = &StoredFile> {
    std::iter::once(&manifest.dump).chain(manifest.config.iter().map(|copy| &copy.stored))
}

/// A relative path of plain names, printable, not one of our own three files.
fn safe_path(path: &str) -> std::result::Result<(), String> {
    let plain = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let printable = path.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    let canonical = !path.contains("//") && !path.contains("/./") && !path.ends_with('/');
    let own = [MANIFEST, SUMS, CERTIFICATE].contains(&path);
    let dashed = path.starts_with('-');
    if !plain || !printable || !canonical || own || dashed || path.is_empty() || path.len() > 300 {
        return Err(format!(
            "names a file that no backup has: '{}'",
            path.escape_default()
        ));
    }
    Ok(())
}

/// A file's bytes; `None` if there is no such file.
pub(super) fn read_small(path: &Path) -> std::result::Result<Option<Vec<u8>>, String> {
    let file = match read_back::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    let mut bytes = Vec::new();
    file.take(MOST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MOST {
        return Err(format!("is larger than {MOST} bytes"));
    }
    Ok(Some(bytes))
}

fn text_of<T: Serialize>(value: &T) -> std::result::Result<Vec<u8>, String> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| format!("cannot be written as JSON: {error}"))?;
    text.push(b'\n');
    Ok(text)
}

/// What `sha256sum -c SHA256SUMS` reads: every stored file and the manifest.
pub(super) fn sums_text(manifest: &Manifest, manifest_sha256: &str) -> String {
    let mut text = String::new();
    for file in stored_files(manifest) {
        text.push_str(&format!("{}  {}\n", file.sha256, file.path));
    }
    text.push_str(&format!("{manifest_sha256}  {MANIFEST}\n"));
    text
}

/// Writes `SHA256SUMS` and then, last, the manifest. Gives the manifest's SHA-256.
pub(super) fn write(folder: &Path, manifest: &Manifest) -> Result<String> {
    let path = folder.join(MANIFEST);
    let failed = |what: String| BackupError::storage("write", &path, &std::io::Error::other(what));
    let bytes = text_of(manifest).map_err(failed)?;
    let sha256 = sha256_hex(&bytes);
    for file in stored_files(manifest) {
        safe_path(&file.path).map_err(failed)?;
    }
    let sums = folder.join(SUMS);
    hit("SHA256SUMS: before");
    private_file::write_atomically(&sums, sums_text(manifest, &sha256).as_bytes())
        .map_err(|error| BackupError::storage("write", &sums, &error))?;
    hit("SHA256SUMS: after");
    hit("manifest: before");
    private_file::write_atomically(&path, &bytes)
        .map_err(|error| BackupError::storage("write", &path, &error))?;
    hit("manifest: after");
    Ok(sha256)
}

/// Writes the certificate, replacing an older one as a whole.
pub(super) fn write_certificate(folder: &Path, certificate: &Certificate) -> Result<()> {
    let path = folder.join(CERTIFICATE);
    let sealed = sealed_text(certificate)
        .map_err(|what| BackupError::storage("write", &path, &std::io::Error::other(what)))?;
    hit("certificate: before");
    private_file::write_atomically(&path, &sealed)
        .map_err(|error| BackupError::storage("write", &path, &error))?;
    hit("certificate: after");
    Ok(())
}

fn sealed_text(certificate: &Certificate) -> std::result::Result<Vec<u8>, String> {
    let sha256 = sha256_hex(&text_of(certificate)?);
    text_of(&SealedCertificate {
        certificate: certificate.clone(),
        sha256,
    })
}

/// The certificate of a backup folder, `None` if there is none. A damaged one, or one of another
/// manifest, is an error.
pub fn read_certificate(folder: &Path, manifest_sha256: &str) -> Result<Option<Certificate>> {
    parse_certificate(folder, manifest_sha256).map_err(|what| BackupError::Damaged {
        folder: folder.to_path_buf(),
        damage: vec![Damage::new(CERTIFICATE, what)],
    })
}

pub(super) fn parse_certificate(
    folder: &Path,
    manifest_sha256: &str,
) -> std::result::Result<Option<Certificate>, String> {
    let Some(bytes) = read_small(&folder.join(CERTIFICATE))? else {
        return Ok(None);
    };
    let sealed: SealedCertificate =
        serde_json::from_slice(&bytes).map_err(|error| format!("cannot be read: {error}"))?;
    let certificate = sealed.certificate;
    if sealed_text(&certificate)? != bytes {
        return Err("is not as it was written".to_string());
    }
    if certificate.schema_version != SCHEMA_VERSION {
        return Err(format!(
            "has version {}, this program knows {SCHEMA_VERSION}",
            certificate.schema_version
        ));
    }
    if certificate.manifest_sha256 != manifest_sha256 {
        return Err("speaks of another manifest".to_string());
    }
    Ok(Some(certificate))
}
