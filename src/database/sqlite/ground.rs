//! What pending statements ask of the practice database: its tables. SQLite keeps texts of every
//! length in UTF-8 and knows the functions that the practice migrations call.

use std::collections::BTreeMap;

use super::Sqlite;
use super::facts::table;
use super::file::{rows, text};
use crate::database::Result;
use crate::database::quoting::literal;
use crate::domain::schema_touch::{SchemaShape, TableShape};
use crate::domain::sql_ground::{LogColumn, SqlGround, SqlQuestion};

pub async fn of(sqlite: &Sqlite, question: &SqlQuestion) -> Result<SqlGround> {
    let mut session = sqlite.open().await?;
    let log = table(&mut session, "server_migration_sql_logs").await?;
    let mut shape = SchemaShape {
        tables: BTreeMap::new(),
        fold_tables: true,
    };
    let doing = "looking at the tables of the pending statements";
    for wanted in &question.tables {
        let Some(name) = table(&mut session, wanted).await? else {
            continue;
        };
        let mut found = TableShape::default();
        let quoted = literal(&name)?;
        // Generated columns too: `hidden` only leaves out those of virtual tables.
        let columns = rows(
            &mut session,
            doing,
            format!("SELECT lower(name) FROM pragma_table_xinfo({quoted}) WHERE hidden <> 1"),
        )
        .await?;
        found
            .columns
            .extend(columns.iter().map(|row| text(row, 0).to_string()));
        let indexes = rows(
            &mut session,
            doing,
            format!("SELECT lower(name) FROM pragma_index_list({quoted})"),
        )
        .await?;
        found
            .indexes
            .extend(indexes.iter().map(|row| text(row, 0).to_string()));
        shape.tables.insert(name.to_lowercase(), found);
    }
    Ok(SqlGround {
        log: log.map(|_| LogColumn {
            charset: "UTF-8".to_string(),
            longest: None,
            lost: String::new(),
        }),
        missing: BTreeMap::new(),
        schema: shape,
    })
}
