//! What went wrong with the database, in the words that the JDBC drivers have for it: the ops tool
//! and the server print them, and people search for them.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// A failure with the words that the JDBC drivers have for it.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    #[error("{}", jdbc_words(.0))]
    Database(#[from] sqlx::Error),
    #[error(
        "org.postgresql.util.PSQLException: An I/O error occurred while sending to the backend. \
         java.net.SocketTimeoutException: Read timed out"
    )]
    TimedOut,
    #[error(
        "org.postgresql.util.PSQLException: An I/O error occurred while sending to the backend."
    )]
    Lost,
    /// Error 1038 (HY001) of MySQL, with the statement as Jdbi adds it.
    #[error(
        "java.sql.SQLException: Out of sort memory, consider increasing server sort buffer size \
         [statement:\"{statement}\"]"
    )]
    OutOfSortMemory { statement: &'static str },
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
