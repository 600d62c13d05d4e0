//! What the server says about itself and the database; every statement only reads.

use std::path::{Path, PathBuf};

use super::Mysql;
use super::purpose::Purpose;
use super::rows::{first, number, text, truth};
use super::{history, rights, settings, shape};
use crate::database::quoting::literal;
use crate::database::{OUR_PREFIX, Result};
use crate::domain::clean_text::CleanText;
use crate::domain::names::{Engine, Identity};
use crate::domain::survey::{DatabaseFacts, ServerLog};

/// Server and database behind the address right now, over a new connection: an old one could still
/// speak with a server that has lost the address. MySQL gives a database no number of its own, so
/// one that was dropped and made anew under the same name has the same identity; its content, which
/// the digests compare, has not.
pub async fn identity(mysql: &Mysql) -> Result<Identity> {
    let connector = &mysql.connector;
    let database = &connector.target.facts.database;
    let mut opened = connector.open(Some(database), Purpose::Look).await?;
    let doing = "reading the server's identity";
    let found = connector
        .ask(
            &mut opened.session,
            doing,
            "SELECT @@server_uuid, DATABASE()".to_string(),
        )
        .await?;
    let row = first(found)?;
    let _ = sqlx::Connection::close(opened.session).await;
    Ok(Identity {
        engine: Engine::Mysql,
        server: text(&row, 0).to_string(),
        oid: text(&row, 1).to_string(),
        database: database.clone(),
    })
}

/// Everything about the database that checks and the plan need.
pub async fn facts(mysql: &Mysql) -> Result<DatabaseFacts> {
    let identity = identity(mysql).await?;
    let row = first(
        mysql
            .look(
                "reading the server's facts",
                "SELECT CONCAT(VERSION(), ' (', @@version_comment, ')'), SUBSTRING_INDEX(VERSION(), '.', 1), \
                 (SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = DATABASE()), \
                 @@datadir, @@server_uuid, @@global.log_bin, COALESCE(@@global.log_bin_basename, '')"
                    .to_string(),
            )
            .await?,
    )?;
    let data_folder = data_folder(text(&row, 3), text(&row, 4));
    let log = truth(&row, 5).then(|| ServerLog {
        // It is kept until it expires, 30 days by default.
        limit: None,
        folder: data_folder
            .as_ref()
            .and_then(|_| Path::new(text(&row, 6)).parent().map(Path::to_path_buf)),
    });
    let usual = settings::usual(mysql, None).await?;
    let schemas = if history::any(mysql).await? {
        vec![identity.database.as_str().into()]
    } else {
        Vec::new()
    };
    Ok(DatabaseFacts {
        version_text: text(&row, 0).into(),
        major: number(&row, 1)?,
        bytes: number(&row, 2)?,
        read_only: usual.read_only,
        data_folder,
        log,
        shape: shape::read(&mut mysql.reader()).await?,
        largest_table: largest_table(mysql).await?,
        without_transactions: without_transactions(mysql).await?,
        rights: rights::rights(mysql).await?,
        sort_memory: Some(usual.sort_memory),
        leftovers: leftovers(mysql).await?,
        schemas,
        identity,
    })
}

/// What `--single-transaction` gives no common view of (MySQL manual, "mysqldump").
async fn without_transactions(mysql: &Mysql) -> Result<Vec<CleanText>> {
    let rows = mysql
        .look(
            "listing the tables' engines",
            "SELECT t.table_name, COALESCE(t.engine, '') FROM information_schema.tables t \
             LEFT JOIN information_schema.engines e ON e.engine = t.engine \
             WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND COALESCE(e.transactions, 'NO') <> 'YES' \
             ORDER BY 1"
                .to_string(),
        )
        .await?;
    let words = |row: &_| CleanText::from(format!("{} ({})", text(row, 0), text(row, 1)));
    Ok(rows.iter().map(words).collect())
}

async fn largest_table(mysql: &Mysql) -> Result<Option<(String, u64)>> {
    let rows = mysql
        .look(
            "measuring the tables",
            "SELECT table_name, COALESCE(data_length + index_length, 0) FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 2 DESC, 1 LIMIT 1"
                .to_string(),
        )
        .await?;
    rows.first()
        .map(|row| Ok((text(row, 0).to_string(), number(row, 1)?)))
        .transpose()
}

async fn leftovers(mysql: &Mysql) -> Result<Vec<String>> {
    let rows = mysql
        .look(
            "listing the databases",
            format!(
                "SELECT s.schema_name FROM information_schema.schemata s WHERE s.schema_name <> DATABASE() \
                 AND (LEFT(s.schema_name, {}) = {} OR EXISTS (SELECT 1 FROM information_schema.tables t \
                   WHERE t.table_schema = s.schema_name AND t.table_name = {})) ORDER BY 1",
                OUR_PREFIX.len(),
                literal(OUR_PREFIX)?,
                literal(super::unfinished::TABLE)?
            ),
        )
        .await?;
    Ok(rows.iter().map(|row| text(row, 0).to_string()).collect())
}

/// The data folder, when the server runs on this host: its `auto.cnf` holds this very server's UUID.
fn data_folder(told: &str, uuid: &str) -> Option<PathBuf> {
    let folder = Path::new(told);
    let own = std::fs::read_to_string(folder.join("auto.cnf")).ok()?;
    own.contains(uuid).then(|| folder.to_path_buf())
}
