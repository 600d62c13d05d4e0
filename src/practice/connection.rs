//! One session with the practice database, as the ops tool and the server hold it: auto-commit,
//! statements as plain text, answers as text.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{
    AssertSqlSafe, ColumnIndex, ConnectOptions as _, Connection as _, Decode, MySqlConnection,
    PgConnection, Row, SqliteConnection, TypeInfo as _, ValueRef as _,
};

pub use super::dialect::Dialect;
use super::jdbc::{JdbcUrl, Target};
pub use super::sql_error::SqlError;
use super::{mysql_session, sort_memory};

/// An open session.
pub struct Session {
    link: Link,
    socket_timeout: Option<Duration>,
    sort_memory: Option<u64>,
}

enum Link {
    Postgres(Box<PgConnection>),
    Mysql(Box<MySqlConnection>),
    Sqlite(Box<SqliteConnection>),
}

impl Target {
    pub fn dialect(&self) -> Dialect {
        match self {
            Target::Postgres { .. } => Dialect::Postgres,
            Target::Mysql { .. } => Dialect::Mysql,
            Target::Sqlite { .. } => Dialect::Sqlite,
        }
    }
}

/// One row, every column as text; `None` is NULL.
pub type TextRow = Vec<Option<String>>;

impl Session {
    /// Opens a session as the configuration says.
    ///
    /// # Errors
    /// When the server refuses or the SQLite file does not exist.
    pub async fn open(url: &JdbcUrl, user: &str, password: &str) -> Result<Self, SqlError> {
        let link = match &url.target {
            Target::Postgres {
                host,
                port,
                database,
            } => {
                let options = PgConnectOptions::new_without_pgpass()
                    .host(host)
                    .port(*port)
                    .database(database)
                    .username(user)
                    .password(password)
                    .ssl_mode(PgSslMode::Prefer)
                    .application_name(&url.application_name)
                    .options(url.settings.clone())
                    .disable_statement_logging();
                Link::Postgres(Box::new(options.connect().await?))
            }
            Target::Mysql { .. } => {
                Link::Mysql(Box::new(mysql_session::open(url, user, password).await?))
            }
            Target::Sqlite { file } => {
                let options = SqliteConnectOptions::new()
                    .filename(file)
                    .create_if_missing(false)
                    .busy_timeout(Duration::from_secs(60))
                    .disable_statement_logging();
                Link::Sqlite(Box::new(options.connect().await?))
            }
        };
        Ok(Self {
            link,
            socket_timeout: url.socket_timeout,
            sort_memory: match &url.target {
                Target::Postgres { .. } | Target::Mysql { .. } => None,
                Target::Sqlite { file } => sort_memory::of_session(file, &url.settings),
            },
        })
    }

    /// Bytes for one sort that we have to watch ourselves; `None`: the database does.
    pub fn sort_memory(&self) -> Option<u64> {
        self.sort_memory
    }

    pub fn dialect(&self) -> Dialect {
        match self.link {
            Link::Postgres(_) => Dialect::Postgres,
            Link::Mysql(_) => Dialect::Mysql,
            Link::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Runs statements as plain text (auto-commit) and tells how many rows were touched; rows of an
    /// answer are read and let go.
    ///
    /// # Errors
    /// The database's own error; [`SqlError::TimedOut`] when no answer came in time: the database
    /// goes on with the statement, as it does under the JDBC drivers.
    pub async fn execute(&mut self, sql: &str) -> Result<u64, SqlError> {
        let (timeout, dialect) = (self.socket_timeout, self.dialect());
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let work = async {
            match &mut self.link {
                Link::Postgres(link) => Ok(sql.execute(&mut **link).await?.rows_affected()),
                Link::Mysql(link) => {
                    let done = sql.execute(&mut **link).await.map_err(SqlError::Mysql)?;
                    Ok(done.rows_affected())
                }
                Link::Sqlite(link) => Ok(sql.execute(&mut **link).await?.rows_affected()),
            }
        };
        in_time(timeout, dialect, work).await
    }

    /// Runs a query and gives every value as text.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn rows(&mut self, sql: &str) -> Result<Vec<TextRow>, SqlError> {
        let (timeout, dialect) = (self.socket_timeout, self.dialect());
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let work = async {
            match &mut self.link {
                Link::Postgres(link) => {
                    let rows = sql.fetch_all(&mut **link).await?;
                    Ok(rows.iter().map(text_row).collect::<Result<_, _>>()?)
                }
                Link::Mysql(link) => {
                    let rows = sql.fetch_all(&mut **link).await.map_err(SqlError::Mysql)?;
                    let rows: Result<_, _> = rows.iter().map(text_row).collect();
                    rows.map_err(SqlError::Mysql)
                }
                Link::Sqlite(link) => {
                    let rows = sql.fetch_all(&mut **link).await?;
                    rows.iter()
                        .map(|row| (0..row.len()).map(|at| sqlite_text(row, at)).collect())
                        .collect()
                }
            }
        };
        in_time(timeout, dialect, work).await
    }

    /// The first column of the first row, if there is one.
    ///
    /// # Errors
    /// The database's own error.
    pub async fn value(&mut self, sql: &str) -> Result<Option<String>, SqlError> {
        let rows = self.rows(sql).await?;
        Ok(rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next().flatten()))
    }

    /// Whether a table of this name (as the catalog spells it) stands in the database.
    ///
    /// # Errors
    /// The database's own error.
    pub async fn has_table(&mut self, name: &str) -> Result<bool, SqlError> {
        let name = self.dialect().text(name);
        let sql = match self.dialect() {
            Dialect::Postgres => format!(
                "SELECT 1 FROM information_schema.tables \
                 WHERE table_schema = current_schema() AND table_name = {name}"
            ),
            Dialect::Mysql => format!(
                "SELECT 1 FROM information_schema.tables \
                 WHERE table_schema = database() AND table_name = {name}"
            ),
            Dialect::Sqlite => {
                format!("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = {name}")
            }
        };
        Ok(self.value(&sql).await?.is_some())
    }

    /// The PostgreSQL session below, for bulk loading.
    pub fn postgres(&mut self) -> Option<&mut PgConnection> {
        match &mut self.link {
            Link::Postgres(link) => Some(link),
            Link::Mysql(_) | Link::Sqlite(_) => None,
        }
    }

    /// The SQLite session below, for bulk loading.
    pub fn sqlite(&mut self) -> Option<&mut SqliteConnection> {
        match &mut self.link {
            Link::Sqlite(link) => Some(link),
            Link::Postgres(_) | Link::Mysql(_) => None,
        }
    }

    /// Ends the session without a word, as a cut connection does.
    pub fn lose(self) {
        drop(self);
    }

    /// Ends the session politely.
    ///
    /// # Errors
    /// When the goodbye could not be said.
    pub async fn close(self) -> Result<(), SqlError> {
        match self.link {
            Link::Postgres(link) => link.close().await?,
            Link::Mysql(link) => link.close().await.map_err(SqlError::Mysql)?,
            Link::Sqlite(link) => link.close().await?,
        }
        Ok(())
    }
}

async fn in_time<T>(
    timeout: Option<Duration>,
    dialect: Dialect,
    work: impl Future<Output = Result<T, SqlError>>,
) -> Result<T, SqlError> {
    match timeout {
        None => work.await,
        Some(limit) => tokio::time::timeout(limit, work)
            .await
            .unwrap_or(Err(SqlError::TimedOut(dialect))),
    }
}

/// Plain-text queries are answered in text, whatever the type.
fn text_row<R: Row>(row: &R) -> Result<TextRow, sqlx::Error>
where
    usize: ColumnIndex<R>,
    for<'r> &'r str: Decode<'r, R::Database>,
{
    (0..row.len())
        .map(|at| {
            let text = row.try_get_unchecked::<Option<&str>, _>(at)?;
            Ok(text.map(str::to_owned))
        })
        .collect()
}

fn sqlite_text(row: &sqlx::sqlite::SqliteRow, at: usize) -> Result<Option<String>, SqlError> {
    let kind = {
        let value = row.try_get_raw(at)?;
        if value.is_null() {
            return Ok(None);
        }
        value.type_info().name().to_owned()
    };
    let text = match kind.as_str() {
        "INTEGER" | "BOOLEAN" => row.try_get_unchecked::<i64, _>(at)?.to_string(),
        "REAL" => row.try_get_unchecked::<f64, _>(at)?.to_string(),
        _ => String::from_utf8_lossy(row.try_get_unchecked::<&[u8], _>(at)?).into_owned(),
    };
    Ok(Some(text))
}
