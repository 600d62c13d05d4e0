//! The driver's errors, sorted by what the operator can do about them. SQLSTATE classes: PostgreSQL
//! manual, appendix A.

use super::connect::Connector;
use crate::database::DatabaseError;
use crate::domain::clean_text::CleanText;
use crate::domain::names::Engine;
use crate::domain::secret::Redactor;

/// An error while a session was being opened.
pub fn connecting(connector: &Connector, database: &str, error: sqlx::Error) -> DatabaseError {
    let reason = reason(connector, &error);
    match code(&error).as_deref() {
        Some(code) if code.starts_with("28") || code == "42501" => DatabaseError::Refused {
            address: connector.address(),
            user: connector.target.facts.user.as_str().into(),
            reason,
        },
        Some("3D000") => DatabaseError::NoSuchDatabase {
            address: connector.address(),
            database: database.into(),
        },
        // PgBouncer's and RDS Proxy's words for start-up options.
        Some(_)
            if reason.as_str().contains("startup parameter")
                || reason.as_str().contains("command-line options") =>
        {
            pooler(connector)
        }
        Some(_) | None => DatabaseError::Unreachable {
            engine: Engine::Postgres,
            address: connector.address(),
            reason,
        },
    }
}

/// Something stands between that shares the server's sessions.
pub fn pooler(connector: &Connector) -> DatabaseError {
    DatabaseError::Unexpected(CleanText::from(format!(
        "{} is a connection pooler that shares sessions; through it no lock and no snapshot holds: \
         give the address of the PostgreSQL server itself",
        connector.address()
    )))
}

/// No answer in time.
pub fn silent(connector: &Connector, limit: std::time::Duration) -> DatabaseError {
    unreachable(
        connector,
        &format!("no answer within {} s", limit.as_secs()),
    )
}

/// Nobody answers.
fn unreachable(connector: &Connector, reason: &str) -> DatabaseError {
    DatabaseError::Unreachable {
        engine: Engine::Postgres,
        address: connector.address(),
        reason: reason.into(),
    }
}

/// An error of a statement; `doing` reads well before "was refused" and after "while".
pub fn running(connector: &Connector, doing: &str, error: sqlx::Error) -> DatabaseError {
    let lost = match code(&error) {
        // 57P01..05: ended by an administrator, a crash or a drop; 25P03: idle in a transaction.
        Some(code) => code.starts_with("08") || code.starts_with("57P") || code == "25P03",
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

/// The SQLSTATE, if the server itself spoke.
pub fn code(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .map(|code| code.into_owned())
}

/// The server's words with its detail, without the password.
fn reason(connector: &Connector, error: &sqlx::Error) -> CleanText {
    let words = match error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>())
    {
        Some(said) => {
            let extra: Vec<String> = [said.detail(), said.hint()]
                .into_iter()
                .flatten()
                .map(|text| format!(" ({text})"))
                .collect();
            format!("{} [{}]{}", said.message(), said.code(), extra.concat())
        }
        None => match error {
            sqlx::Error::Io(error) => error.to_string(),
            other => other.to_string(),
        },
    };
    let redactor = Redactor::new(connector.target.password.iter());
    CleanText::from(redactor.redact(&words))
}
