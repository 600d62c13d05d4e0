//! Which rows fit a question of the release knowledge; every statement only reads.

use std::collections::BTreeMap;

use super::Mysql;
use super::rows::{first, number, text};
use crate::database::Result;
use crate::database::orphans::{RELATIONS, TYPES, count};
use crate::database::quoting::{identifier, literal};
use crate::database::row_sql::Dialect;
use crate::domain::clean_text::CleanText;
use crate::domain::instance::RowsFound;
use crate::domain::row_question::{Patience, RowQuestion};

const DOING: &str = "asking about rows";

/// The rows of every table of the question that is there.
pub async fn rows(mysql: &Mysql, question: &RowQuestion, patience: Patience) -> Result<RowsFound> {
    let relations = table(mysql, "entity_relationship").await?;
    let relations = relations.as_deref().map(identifier).transpose()?;
    let mut found = RowsFound::default();
    for wanted in &question.tables {
        let Some(name) = table(mysql, wanted).await? else {
            continue;
        };
        let sql = Dialect::Mysql.select(question, &identifier(&name)?, relations.as_deref())?;
        let rows = match patience {
            Patience::Look => mysql.look(DOING, sql).await?,
            Patience::Scan => mysql.count(DOING, sql).await?,
        };
        found.add(rows.iter().map(|row| CleanText::limited(text(row, 0), 80)));
    }
    Ok(found)
}

/// Relations whose end is gone, by the type of that end.
pub async fn orphans(mysql: &Mysql) -> Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    let Some(relations) = table(mysql, RELATIONS).await? else {
        return Ok(found);
    };
    let relations = identifier(&relations)?;
    for (kind, wanted) in TYPES {
        let Some(name) = table(mysql, wanted).await? else {
            continue;
        };
        let sql = count(kind, &identifier(&name)?, &relations, false)?;
        let rows = mysql
            .count("counting relations without an end", sql)
            .await?;
        found.insert((*kind).to_string(), number(&first(rows)?, 0)?);
    }
    Ok(found)
}

/// The table as the server calls it: some fold names to lower case.
async fn table(mysql: &Mysql, wanted: &str) -> Result<Option<String>> {
    let rows = mysql
        .look(
            DOING,
            format!(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
                 AND table_type = 'BASE TABLE' AND LOWER(table_name) = LOWER({}) ORDER BY 1 LIMIT 1",
                literal(wanted)?
            ),
        )
        .await?;
    Ok(rows.first().map(|row| text(row, 0).to_string()))
}
