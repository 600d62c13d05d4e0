//! How a migration went, judged by the rows of both migration logs and the target's own files.

use std::collections::BTreeSet;

use crate::domain::migration::{History, PendingWork};

/// What the rows of both migration logs say of the migration.
pub enum Judged {
    Complete {
        statements: u64,
    },
    /// Exactly the work that was pending before is pending still.
    Untouched,
    Partial {
        why: String,
    },
}

/// Judges by the rows that are there against those that were pending before.
pub fn verdict(
    history: &History,
    pending: &PendingWork,
    planned: Option<&PendingWork>,
    before: Option<&History>,
) -> Judged {
    let unfinished: Vec<&str> = history
        .native
        .iter()
        .flatten()
        .filter(|row| {
            row.status
                .as_ref()
                .is_some_and(|s| s.as_str() != "COMPLETED")
        })
        .map(|row| row.version.as_str())
        .collect();
    let planned = planned.cloned().unwrap_or_default();
    let missing_versions: Vec<String> = planned
        .versions
        .iter()
        .filter(|v| !history.finished(&v.version))
        .map(|v| v.version.to_string())
        .collect();
    let missing_statements = planned
        .versions
        .iter()
        .flat_map(|v| &v.statements)
        .filter(|s| !history.has_run(s))
        .count();
    if unfinished.is_empty()
        && missing_versions.is_empty()
        && missing_statements == 0
        && pending.versions.is_empty()
    {
        let distinct: BTreeSet<&str> = planned
            .versions
            .iter()
            .flat_map(|v| &v.statements)
            .map(|s| s.checksum.as_str())
            .collect();
        return Judged::Complete {
            statements: distinct.len() as u64,
        };
    }
    if before.is_some_and(|before| before == history) && *pending == planned {
        return Judged::Untouched;
    }
    let at = history.highest();
    let mut parts = vec![at.map_or_else(
        || "the database records no version".to_string(),
        |version| format!("the database is recorded at {version}"),
    )];
    if !missing_versions.is_empty() {
        parts.push(format!(
            "{} not recorded as finished",
            missing_versions.join(", ")
        ));
    }
    if missing_statements > 0 {
        parts.push(format!(
            "{missing_statements} of {} statements not recorded",
            planned.statements()
        ));
    }
    if !unfinished.is_empty() {
        parts.push(format!(
            "rows for {} say that they are not completed",
            unfinished.join(", ")
        ));
    }
    if parts.len() == 1 {
        parts.push(format!(
            "{} versions are still pending by the new version's own files",
            pending.versions.len()
        ));
    }
    Judged::Partial {
        why: parts.join("; "),
    }
}
