//! What can be said of a practice database without changing it.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;

use sqlx::sqlite::SqliteConnection;

use super::Sqlite;
use super::file::{number, rows, text, unreachable};
use crate::database::entity_tables::ENTITY_TABLES;
use crate::database::orphans::{RELATIONS, TYPES, count};
use crate::database::quoting::{identifier, literal};
use crate::database::row_sql::Dialect;
use crate::database::{Result, is_ours};
use crate::domain::backup::DatabaseShape;
use crate::domain::clean_text::CleanText;
use crate::domain::instance::RowsFound;
use crate::domain::names::{Engine, Identity};
use crate::domain::row_question::RowQuestion;
use crate::domain::survey::{DatabaseFacts, Right};

/// Folder and file behind the name right now.
pub async fn identity(sqlite: &Sqlite) -> Result<Identity> {
    let file = sqlite.path()?;
    let mut session = sqlite.open().await?;
    let meta = |path: &std::path::Path| {
        std::fs::metadata(path).map_err(|error| unreachable(path, &error.to_string()))
    };
    let folder = meta(&sqlite.folder.0)?;
    let id = match table(&mut session, "practice_identity").await? {
        Some(name) => rows(
            &mut session,
            "reading the practice database's id",
            format!(
                "SELECT CAST(id AS TEXT) FROM {} LIMIT 1",
                identifier(&name)?
            ),
        )
        .await?
        .first()
        .map(|row| text(row, 0).to_string()),
        None => None,
    };
    let oid = match id {
        Some(id) => id,
        None => meta(&file)?.ino().to_string(),
    };
    Ok(Identity {
        engine: Engine::Sqlite,
        server: format!("{}:{}", folder.dev(), folder.ino()),
        oid,
        database: sqlite.name.clone(),
    })
}

pub async fn facts(sqlite: &Sqlite) -> Result<DatabaseFacts> {
    let identity = identity(sqlite).await?;
    let mut session = sqlite.open().await?;
    let row = rows(
        &mut session,
        "reading the practice database's facts",
        "SELECT sqlite_version(), CAST(page_count * page_size AS TEXT) FROM pragma_page_count, pragma_page_size".to_string(),
    )
    .await?;
    let row = row.first().cloned().unwrap_or_default();
    let file = sqlite.path()?;
    let writable =
        |path: &std::path::Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    let history = table(&mut session, "server_change_log").await?;
    Ok(DatabaseFacts {
        version_text: text(&row, 0).into(),
        major: 0,
        shape: shape(),
        bytes: number(&row, 1)?,
        largest_table: largest(&mut session).await?,
        read_only: !writable(&file),
        without_transactions: Vec::new(),
        rights: vec![Right {
            name: "CREATE DATABASE".to_string(),
            held: writable(&sqlite.folder.0),
            needed_for: "proving the backup and restoring it into a database of its own"
                .to_string(),
            grant: format!("chmod u+w {}", sqlite.folder.0.display()),
        }],
        sort_memory: super::sort_memory::usual(&sqlite.folder.0),
        schemas: history.map(|_| "main".into()).into_iter().collect(),
        leftovers: sqlite
            .folder
            .databases()?
            .into_iter()
            .filter(|name| is_ours(name) && *name != sqlite.name)
            .collect(),
        data_folder: Some(sqlite.folder.0.clone()),
        log: None,
        identity,
    })
}

/// Rows of the practice database that a question is about.
pub async fn rows_matching(sqlite: &Sqlite, question: &RowQuestion) -> Result<RowsFound> {
    let mut session = sqlite.open().await?;
    let relations = table(&mut session, "entity_relationship").await?;
    let relations = relations.as_deref().map(identifier).transpose()?;
    let mut found = RowsFound::default();
    for wanted in &question.tables {
        let Some(name) = table(&mut session, wanted).await? else {
            continue;
        };
        let sql = Dialect::Sqlite.select(question, &identifier(&name)?, relations.as_deref())?;
        let rows = rows(&mut session, "asking about rows", sql).await?;
        found.add(rows.iter().map(|row| CleanText::limited(text(row, 0), 80)));
    }
    Ok(found)
}

/// Relations whose end is gone, by the type of that end.
pub async fn orphans(sqlite: &Sqlite) -> Result<BTreeMap<String, u64>> {
    let mut session = sqlite.open().await?;
    let mut found = BTreeMap::new();
    let Some(relations) = table(&mut session, RELATIONS).await? else {
        return Ok(found);
    };
    let relations = identifier(&relations)?;
    for (kind, wanted) in TYPES {
        let Some(name) = table(&mut session, wanted).await? else {
            continue;
        };
        let sql = count(kind, &identifier(&name)?, &relations, true)?;
        let row = rows(&mut session, "counting relations without an end", sql).await?;
        let number = row.first().map_or(Ok(0), |row| number(row, 0))?;
        found.insert((*kind).to_string(), number);
    }
    Ok(found)
}

/// A SQLite database has nothing outside its file.
pub fn shape() -> DatabaseShape {
    DatabaseShape {
        encoding: "UTF-8".to_string(),
        ..DatabaseShape::default()
    }
}

/// The exact name of a table, looked for without regard to case.
pub async fn table(session: &mut SqliteConnection, name: &str) -> Result<Option<String>> {
    let found = rows(
        session,
        "looking for a table",
        format!(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND lower(name) = {}",
            literal(&name.to_lowercase())?
        ),
    )
    .await?;
    Ok(found.first().map(|row| text(row, 0).to_string()))
}

/// Names of all tables but SQLite's own, sorted.
pub async fn tables(session: &mut SqliteConnection) -> Result<Vec<String>> {
    let found = rows(
        session,
        "listing the tables",
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'".to_string(),
    )
    .await?;
    let mut names: Vec<String> = found.iter().map(|row| text(row, 0).to_string()).collect();
    names.sort();
    Ok(names)
}

async fn largest(session: &mut SqliteConnection) -> Result<Option<(String, u64)>> {
    let counts = counts(session, |_| true).await?;
    let Some((name, _)) = counts.into_iter().max_by_key(|(_, rows)| *rows) else {
        return Ok(None);
    };
    // Without the dbstat module the text of the rows is the best measure.
    let columns = columns(session, &name).await?;
    let mut lengths = Vec::new();
    for column in &columns {
        lengths.push(format!(
            "COALESCE(length(CAST({} AS BLOB)), 0)",
            identifier(column)?
        ));
    }
    let sum = if lengths.is_empty() {
        "0".to_string()
    } else {
        lengths.join(" + ")
    };
    let found = rows(
        session,
        "measuring a table",
        format!(
            "SELECT CAST(COALESCE(sum({sum}), 0) AS TEXT) FROM {}",
            identifier(&name)?
        ),
    )
    .await?;
    let bytes = found.first().map_or(Ok(0), |row| number(row, 0))?;
    Ok(Some((name, bytes)))
}

/// A table's stored columns, generated ones left out.
pub async fn columns(session: &mut SqliteConnection, table: &str) -> Result<Vec<String>> {
    let found = rows(
        session,
        "listing columns",
        format!(
            "SELECT name FROM pragma_table_xinfo({}) WHERE hidden = 0 ORDER BY cid",
            literal(table)?
        ),
    )
    .await?;
    Ok(found.iter().map(|row| text(row, 0).to_string()).collect())
}

/// Exact rows of the tables whose lower-case name is wanted.
pub async fn counts(
    session: &mut SqliteConnection,
    wanted: impl Fn(&str) -> bool + Send,
) -> Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    for name in tables(session).await? {
        if wanted(&name.to_lowercase()) {
            let sql = format!("SELECT CAST(count(*) AS TEXT) FROM {}", identifier(&name)?);
            let row = rows(session, "counting rows", sql).await?;
            found.insert(name, row.first().map_or(Ok(0), |row| number(row, 0))?);
        }
    }
    Ok(found)
}

pub fn is_entity(table: &str) -> bool {
    ENTITY_TABLES.contains(&table)
}

/// Rows of a moment or later, over all tables that keep one.
pub async fn writes_since(session: &mut SqliteConnection, epoch_ms: i64) -> Result<u64> {
    let mut total = 0;
    for table in tables(session).await? {
        let found = rows(
            session,
            "looking for columns",
            format!(
                "SELECT name FROM pragma_table_xinfo({}) WHERE lower(name) IN ('updatedat', 'timestamp') \
                 AND upper(type) LIKE '%INT%'",
                literal(&table)?
            ),
        )
        .await?;
        let mut conditions = Vec::new();
        for row in &found {
            conditions.push(format!("{} >= {epoch_ms}", identifier(text(row, 0))?));
        }
        if !conditions.is_empty() {
            let sql = format!(
                "SELECT CAST(count(*) AS TEXT) FROM {} WHERE {}",
                identifier(&table)?,
                conditions.join(" OR ")
            );
            let row = rows(session, "counting the writes", sql).await?;
            total += row.first().map_or(Ok(0), |row| number::<u64>(row, 0))?;
        }
    }
    Ok(total)
}
