//! What a target's own migration files would run on a database with a given history.
//!
//! Rules: OpenMetadata, `MigrationWorkflow.java` and `MigrationFile.java`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};

use super::files::{self, SQL_LIMIT};
use super::{needs, statement};
use crate::deployment::Result;
use crate::domain::clean_text::CleanText;
use crate::domain::migration::{
    History, PendingStatement, PendingVersion, PendingWork, StatementNeeds,
};
use crate::domain::names::Engine;
use crate::domain::sql_split::{LeadingComments, split};
use crate::domain::version::OmVersion;

/// The two files of a version that OpenMetadata's tool looks for; it ignores every other one.
const KNOWN_FILES: [&str; 2] = ["schemaChanges.sql", "postDataMigrationSQLScript.sql"];

/// First version whose tool also runs folders below the highest recorded version, and looks again
/// at the newest recorded ones for statements added later. Seen in the code of 2.1 and in tests
/// that name 1.12.x; the first release with it is not known, so gaps are reported either way.
const FILLS_GAPS_FROM: OmVersionParts = (1, 13, 0);
type OmVersionParts = (u64, u64, u64);

/// The key of a statement in `SERVER_MIGRATION_SQL_LOGS`: MD5 of its text in hex.
pub fn checksum(statement: &str) -> String {
    Md5::digest(statement.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// One migration folder.
struct Folder {
    version: OmVersion,
    path: PathBuf,
    extension: bool,
}

/// The files of a target and the database they are for.
pub struct Ground<'a> {
    pub target: &'a OmVersion,
    pub native: &'a Path,
    pub extension: Option<&'a Path>,
    pub engine: Engine,
}

/// Versions of the folders below a migration path, by number.
pub fn versions(native: &Path) -> Result<Vec<OmVersion>> {
    Ok(folders(native, false)?
        .into_iter()
        .map(|folder| folder.version)
        .collect())
}

/// Everything that the target would still run.
pub fn compute(ground: &Ground<'_>, history: &History) -> Result<PendingWork> {
    let mut all = folders(ground.native, false)?;
    if let Some(extension) = ground.extension {
        all.extend(folders(extension, true)?);
    }
    let rule = comment_rule(&all, ground.engine, history)?;
    let recorded = recorded(history);
    let highest = recorded.iter().max_by_key(|version| version.triple());
    let fills_gaps = ground.target.triple() >= FILLS_GAPS_FROM;
    let looked_at_again = if fills_gaps {
        newest_of_two_trains(&recorded)
    } else {
        BTreeSet::new()
    };
    let mut versions = Vec::new();
    let mut texts = Vec::new();
    let mut seen = BTreeSet::new();
    for folder in &all {
        let known = recorded.contains(&folder.version);
        let above = highest.is_none_or(|highest| folder.version.triple() > highest.triple());
        let again = known && looked_at_again.contains(&folder.version.triple());
        let new = !known && (folder.extension || above || fills_gaps);
        if !new && !again {
            continue;
        }
        let Work {
            statements,
            ignored_files,
            repeated,
        } = read(folder, ground.engine, rule, history, &mut seen)?;
        if again && statements.is_empty() {
            continue;
        }
        let (statements, whole): (Vec<_>, Vec<_>) = statements.into_iter().unzip();
        texts.extend(whole);
        versions.push(PendingVersion {
            version: folder.version.clone(),
            statements,
            ignored_files,
            repeated,
        });
    }
    let mut needs = needs::of(ground.engine, &texts).into_iter();
    let statements = versions
        .iter_mut()
        .flat_map(|version| &mut version.statements);
    for (statement, needs) in statements.zip(&mut needs) {
        statement.needs = needs;
    }
    Ok(PendingWork { versions })
}

/// Versions with a row that is not a failure, bookkeeping rows left out.
fn recorded(history: &History) -> BTreeSet<OmVersion> {
    history
        .native
        .iter()
        .flatten()
        .filter_map(|row| row.version.as_str().parse::<OmVersion>().ok())
        .filter(|version| version.triple().0 > 0 || version.triple().1 > 0)
        .filter(|version| version.suffix() != Some("baseline"))
        .filter(|version| history.finished(version))
        .collect()
}

/// The highest recorded version of the newest release train and of the one before it.
fn newest_of_two_trains(recorded: &BTreeSet<OmVersion>) -> BTreeSet<(u64, u64, u64)> {
    let mut trains: Vec<(u64, u64)> = recorded.iter().map(OmVersion::minor_line).collect();
    trains.sort_unstable();
    trains.dedup();
    trains
        .iter()
        .rev()
        .take(2)
        .filter_map(|train| {
            recorded
                .iter()
                .filter(|version| version.minor_line() == *train)
                .map(OmVersion::triple)
                .max()
        })
        .collect()
}

fn folders(path: &Path, extension: bool) -> Result<Vec<Folder>> {
    let entries = std::fs::read_dir(path).map_err(|error| files::unreadable(path, error))?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| files::unreadable(path, error))?;
        let place = entry.path();
        if !place.is_dir() {
            continue;
        }
        let name = entry.file_name();
        let version = name.to_string_lossy().parse::<OmVersion>().map_err(|_| {
            files::unreadable(
                &place,
                "its name is no version; OpenMetadata's tool would stop at it",
            )
        })?;
        found.push(Folder {
            version,
            path: place,
            extension,
        });
    }
    found.sort_by(|a, b| a.version.cmp(&b.version));
    Ok(found)
}

/// The rule about leading comments under which most statements of recorded versions are logged.
/// The releases use different parsers, and the log itself tells which one wrote it.
fn comment_rule(all: &[Folder], engine: Engine, history: &History) -> Result<LeadingComments> {
    let mut best = (LeadingComments::Kept, 0);
    let known = recorded(history);
    for rule in LeadingComments::ALL {
        let mut hits = 0;
        for folder in all.iter().filter(|folder| known.contains(&folder.version)) {
            for text in texts(folder, engine)? {
                hits += split(engine, &text, rule)
                    .iter()
                    .filter(|statement| history.has_statement(&checksum(statement)))
                    .count();
            }
        }
        if hits > best.1 {
            best = (rule, hits);
        }
    }
    Ok(best.0)
}

fn texts(folder: &Folder, engine: Engine) -> Result<Vec<String>> {
    let place = folder.path.join(engine.migration_folder());
    let mut texts = Vec::new();
    for name in KNOWN_FILES {
        texts.extend(files::read_text_if_any(&place.join(name), SQL_LIMIT)?);
    }
    Ok(texts)
}

/// What a folder holds.
struct Work {
    /// Those that are not in the log, each with its whole text.
    statements: Vec<(PendingStatement, String)>,
    /// Files that the tool will ignore.
    ignored_files: Vec<CleanText>,
    /// Statements whose text came before.
    repeated: usize,
}

/// What a folder would run. `seen` holds the keys of all statements before it on the way: the log has
/// one row for one text, so a text that comes again counts as run. That is inferred: a new installation
/// runs every folder in one go, and the files rest on it (the comment above the second index pass in
/// <https://github.com/open-metadata/OpenMetadata/blob/main/bootstrap/sql/migrations/native/1.13.0/mysql/schemaChanges.sql>,
/// read 2026-11-26); in the runner's code the log is asked before the first folder runs. So each is told.
fn read(
    folder: &Folder,
    engine: Engine,
    rule: LeadingComments,
    history: &History,
    seen: &mut BTreeSet<String>,
) -> Result<Work> {
    let mut statements = Vec::new();
    let mut repeated = 0;
    for text in texts(folder, engine)? {
        // A statement counts as run under whichever rule it was logged.
        let forms: Vec<Vec<String>> = LeadingComments::ALL
            .into_iter()
            .map(|rule| split(engine, &text, rule))
            .collect();
        for (at, statement) in split(engine, &text, rule).into_iter().enumerate() {
            let key = checksum(&statement);
            let mut keys: Vec<String> = forms
                .iter()
                .filter_map(|form| form.get(at))
                .map(|form| checksum(form))
                .collect();
            if keys.iter().any(|key| history.has_statement(key)) {
                continue;
            }
            if !seen.insert(key.clone()) {
                repeated += 1;
                continue;
            }
            keys.retain(|other| *other != key);
            keys.dedup();
            let (class, table) = statement::classify(&statement);
            let pending = PendingStatement {
                checksum: key,
                other_checksums: keys,
                head: statement::head(&statement).into(),
                class,
                table: table.map(CleanText::from),
                needs: StatementNeeds::default(),
            };
            statements.push((pending, statement));
        }
    }
    Ok(Work {
        statements,
        ignored_files: ignored(&folder.path.join(engine.migration_folder())),
        repeated,
    })
}

/// SQL files that the tool does not look for.
fn ignored(place: &Path) -> Vec<CleanText> {
    let Ok(entries) = std::fs::read_dir(place) else {
        return Vec::new();
    };
    let mut found: Vec<CleanText> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.to_ascii_lowercase().ends_with(".sql"))
        .filter(|name| !KNOWN_FILES.contains(&name.as_str()))
        .map(CleanText::from)
        .collect();
    found.sort();
    found
}
