//! The driver's errors, sorted by what the operator can do about them. Numbers: MySQL manual,
//! "Server Error Message Reference" and "Client Error Message Reference".

use super::connect::Connector;
use crate::database::DatabaseError;
use crate::domain::clean_text::CleanText;
use crate::domain::names::Engine;
use crate::domain::secret::Redactor;

/// An error while a session was being opened.
pub fn connecting(connector: &Connector, database: &str, error: sqlx::Error) -> DatabaseError {
    let reason = reason(connector, &error);
    match number(&error) {
        // Access denied; to the database; no such host or locked account; password expired; no TLS.
        Some(1044 | 1045 | 1130 | 1698 | 1820 | 1862 | 3118 | 3159 | 3955) => {
            DatabaseError::Refused {
                address: connector.address(),
                user: connector.target.facts.user.as_str().into(),
                reason,
            }
        }
        Some(1049) => DatabaseError::NoSuchDatabase {
            address: connector.address(),
            database: database.into(),
        },
        Some(_) | None => unreachable(connector, reason),
    }
}

/// Something stands between that shares the server's sessions.
pub fn pooler(connector: &Connector) -> DatabaseError {
    DatabaseError::Unexpected(CleanText::from(format!(
        "{} is a proxy that shares sessions; through it no lock and no snapshot holds: \
         give the address of the MySQL server itself",
        connector.address()
    )))
}

/// A server that only looks like MySQL.
pub fn not_mysql(connector: &Connector, version: &str) -> DatabaseError {
    let what = if version.contains("MariaDB") {
        format!(
            "{} is MariaDB ({version}): OpenMetadata supports MySQL and PostgreSQL only, and MariaDB stores JSON as text, \
             so neither its migrations nor a proof of the backup can be relied on; move the database to MySQL 8 first",
            connector.address()
        )
    } else {
        format!(
            "{} is MySQL {version}: OpenMetadata needs MySQL 8.0 or newer; upgrade the database server first",
            connector.address()
        )
    };
    DatabaseError::Unexpected(CleanText::from(what))
}

/// No answer in time.
pub fn silent(connector: &Connector, limit: std::time::Duration) -> DatabaseError {
    unreachable(
        connector,
        CleanText::from(format!("no answer within {} s", limit.as_secs())),
    )
}

fn unreachable(connector: &Connector, reason: CleanText) -> DatabaseError {
    DatabaseError::Unreachable {
        engine: Engine::Mysql,
        address: connector.address(),
        reason,
    }
}

/// An error of a statement; `doing` reads well before "was refused" and after "while".
pub fn running(connector: &Connector, doing: &str, error: sqlx::Error) -> DatabaseError {
    let lost = match number(&error) {
        // Shutdown, killed, idle or interactive timeout, packets out of order.
        Some(number) => matches!(number, 1053 | 1077 | 1152..=1161 | 1184 | 3169 | 4031),
        None => !matches!(
            error,
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Encode(_)
        ),
    };
    let (doing, reason) = (doing.to_string(), reason(connector, &error));
    if lost {
        DatabaseError::Lost { doing, reason }
    } else {
        DatabaseError::Statement { doing, reason }
    }
}

/// The server's error number, if the server itself spoke.
pub fn number(error: &sqlx::Error) -> Option<u16> {
    error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>())
        .map(sqlx::mysql::MySqlDatabaseError::number)
}

/// The server's words, without the password.
fn reason(connector: &Connector, error: &sqlx::Error) -> CleanText {
    let words = match error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>())
    {
        Some(said) => format!("{} [{}]", said.message(), said.number()),
        None => match error {
            sqlx::Error::Io(error) => error.to_string(),
            other => other.to_string(),
        },
    };
    let redactor = Redactor::new(connector.password.iter());
    CleanText::from(redactor.redact(&words))
}
