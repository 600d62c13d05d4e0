//! What went wrong with the database, in the words that the JDBC drivers have for it: the ops tool
//! and the server print them, and people search for them.

use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use super::dialect::Dialect;

/// A failure with the words that the JDBC drivers have for it.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    #[error("{}", jdbc_words(.0))]
    Database(#[from] sqlx::Error),
    /// As [`SqlError::Database`], from MySQL.
    #[error("{}", connector_j_words(.0))]
    Mysql(sqlx::Error),
    #[error("{}", timed_out(*.0))]
    TimedOut(Dialect),
    #[error("{}", lost(*.0))]
    Lost(Dialect),
    /// Error 1038 (HY001) of MySQL, with the statement as Jdbi adds it.
    #[error(
        "java.sql.SQLException: Out of sort memory, consider increasing server sort buffer size \
         [statement:\"{statement}\"]"
    )]
    OutOfSortMemory { statement: &'static str },
}

const POSTGRES_LOST: &str =
    "org.postgresql.util.PSQLException: An I/O error occurred while sending to the backend.";
const MYSQL_LOST: &str =
    "com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure";

fn lost(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres | Dialect::Sqlite => POSTGRES_LOST,
        Dialect::Mysql => MYSQL_LOST,
    }
}

fn timed_out(dialect: Dialect) -> String {
    format!(
        "{} java.net.SocketTimeoutException: Read timed out",
        lost(dialect)
    )
}

/// The classes that Connector/J 9.1 was seen to throw for these.
fn connector_j_words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(refusal) => {
            let message = refusal.message();
            let mysql = refusal.try_downcast_ref::<MySqlDatabaseError>();
            let state = mysql.and_then(MySqlDatabaseError::code).unwrap_or("");
            let class = match (mysql.map(MySqlDatabaseError::number), state.get(..2)) {
                (Some(1045), _) => "java.sql.SQLException",
                (Some(1205), _) | (_, Some("40")) => {
                    "com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException"
                }
                (Some(1317), _) => "com.mysql.cj.jdbc.exceptions.MySQLQueryInterruptedException",
                (_, Some("42")) => "java.sql.SQLSyntaxErrorException",
                (_, Some("23")) => "java.sql.SQLIntegrityConstraintViolationException",
                (_, Some("08")) => "java.sql.SQLNonTransientConnectionException",
                (_, _) => "java.sql.SQLException",
            };
            format!("{class}: {message}")
        }
        sqlx::Error::Io(error) => format!("{MYSQL_LOST} {error}"),
        other => other.to_string(),
    }
}

fn jdbc_words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(refusal) => {
            let message = refusal.message();
            match refusal.try_downcast_ref::<PgDatabaseError>() {
                Some(postgres) => format!(
                    "org.postgresql.util.PSQLException: {}: {message}",
                    match postgres.severity() {
                        PgSeverity::Fatal => "FATAL",
                        PgSeverity::Panic => "PANIC",
                        PgSeverity::Error
                        | PgSeverity::Warning
                        | PgSeverity::Notice
                        | PgSeverity::Debug
                        | PgSeverity::Info
                        | PgSeverity::Log => "ERROR",
                    }
                ),
                None => format!("org.sqlite.SQLiteException: {message}"),
            }
        }
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "org.postgresql.util.PSQLException: Connection refused. Check that the hostname and \
             port are correct and that the postmaster is accepting TCP/IP connections."
                .to_owned()
        }
        sqlx::Error::Io(error) => format!(
            "org.postgresql.util.PSQLException: An I/O error occurred while sending to the \
             backend. {error}"
        ),
        other => other.to_string(),
    }
}
