//! Comparing a database with what a backup's manifest says of it.

use super::error::{BackupError, Result};
use crate::database::Database;
use crate::domain::backup::{DatabaseShape, Manifest};
use crate::domain::clean_text::CleanText;
use crate::domain::content::{Content, Difference};
use crate::domain::names::Identity;

/// An error unless both are the very same server and database.
pub fn require_same(backup: &Identity, here: &Identity) -> Result<()> {
    if backup == here {
        return Ok(());
    }
    Err(BackupError::Foreign {
        backup: Box::new(backup.clone()),
        here: Box::new(here.clone()),
    })
}

/// The content of a database now, digested in one snapshot, and its shape.
pub async fn content_now(
    db: &dyn Database,
    step: &(dyn Fn(usize, usize, &str) + Send + Sync),
) -> Result<(Content, DatabaseShape)> {
    let mut snapshot = db.snapshot().await?;
    let content = snapshot.content(step).await?;
    let shape = snapshot.shape().await?;
    snapshot.close().await?;
    Ok((content, shape))
}

/// Everything in which a database differs from the manifest's content; `None` when the manifest has
/// no content to compare with. Used by the proof, the digest gate and the ways back.
pub async fn compare(
    manifest: &Manifest,
    db: &dyn Database,
    step: &(dyn Fn(usize, usize, &str) + Send + Sync),
) -> Result<Option<Vec<Difference>>> {
    let Some(content) = &manifest.content else {
        return Ok(None);
    };
    let (now, shape) = content_now(db, step).await?;
    let mut differences = content.differences(&now);
    differences.extend(shape_differences(&manifest.database, &shape));
    Ok(Some(differences))
}

/// In which of the lasting properties a database differs: those that decide how text is stored and
/// ordered, and who owns it.
fn shape_differences(source: &DatabaseShape, copy: &DatabaseShape) -> Vec<Difference> {
    [
        ("owner", &source.owner, &copy.owner),
        ("encoding", &source.encoding, &copy.encoding),
        ("collation", &source.collate, &copy.collate),
        ("character type", &source.ctype, &copy.ctype),
        (
            "locale provider",
            &source.locale_provider,
            &copy.locale_provider,
        ),
    ]
    .into_iter()
    .filter(|(_, source, copy)| source != copy)
    .map(|(what, source, copy)| Difference {
        what: what.into(),
        detail: CleanText::from(format!("'{source}' in the source, '{copy}' in the copy")),
    })
    .collect()
}
