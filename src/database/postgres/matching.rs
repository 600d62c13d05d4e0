//! Asks about rows of OpenMetadata's tables. Reads only.

use std::collections::BTreeMap;

use super::Postgres;
use super::facts::schemas;
use super::rows::{first, number, text};
use crate::database::Result;
use crate::database::orphans::{RELATIONS, TYPES, count};
use crate::database::quoting::{literal, literals, qualified};
use crate::database::row_sql::Dialect;
use crate::domain::clean_text::CleanText;
use crate::domain::instance::RowsFound;
use crate::domain::row_question::{Patience, RowQuestion};

pub async fn rows(
    postgres: &Postgres,
    question: &RowQuestion,
    patience: Patience,
) -> Result<RowsFound> {
    let mut found = RowsFound::default();
    let Some(schema) = schemas(postgres).await?.into_iter().next() else {
        return Ok(found);
    };
    let doing = "asking about rows";
    let wanted = question.tables.iter().map(String::as_str);
    let there = postgres
        .look(
            doing,
            format!(
                "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p') AND c.relname IN ({}) \
                 AND n.nspname IN ({}, 'pg_catalog')",
                literals(wanted.chain([RELATIONS]))?,
                literal(&schema)?
            ),
        )
        .await?;
    let relations = there
        .iter()
        .find(|row| text(row, 1) == RELATIONS)
        .map(|row| qualified(text(row, 0), text(row, 1)))
        .transpose()?;
    for row in &there {
        let table = text(row, 1);
        if !question.tables.iter().any(|wanted| wanted == table) {
            continue;
        }
        let table = qualified(text(row, 0), table)?;
        let sql = Dialect::Postgres.select(question, &table, relations.as_deref())?;
        let rows = match patience {
            Patience::Look => postgres.look(doing, sql).await?,
            Patience::Scan => postgres.count(doing, sql).await?,
        };
        found.add(rows.iter().map(|row| CleanText::limited(text(row, 0), 80)));
    }
    Ok(found)
}

/// Relations whose end is gone, by the type of that end.
pub async fn orphans(postgres: &Postgres) -> Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    let Some(schema) = schemas(postgres).await?.into_iter().next() else {
        return Ok(found);
    };
    let doing = "counting relations without an end";
    let there = postgres
        .look(
            doing,
            format!(
                "SELECT c.relname FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p') AND n.nspname = {} AND c.relname IN ({})",
                literal(&schema)?,
                literals(TYPES.iter().map(|(_, table)| *table).chain([RELATIONS]))?
            ),
        )
        .await?;
    let has = |table: &str| there.iter().any(|row| text(row, 0) == table);
    if !has(RELATIONS) {
        return Ok(found);
    }
    let relations = qualified(&schema, RELATIONS)?;
    for (kind, table) in TYPES.iter().filter(|(_, table)| has(table)) {
        let sql = count(kind, &qualified(&schema, table)?, &relations, false)?;
        let rows = postgres.count(doing, sql).await?;
        found.insert((*kind).to_string(), number(&first(rows)?, 0)?);
    }
    Ok(found)
}
