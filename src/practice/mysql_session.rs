//! Opens a session with MySQL as Connector/J does: attributes, session variables, no mode or time
//! zone of its own.

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, MySqlConnection};

use super::jdbc::mysql::Tls;
use super::jdbc::{JdbcUrl, Target};
use super::mysql_attributes;
use super::sql_error::SqlError;

/// Connects to a [`Target::Mysql`].
///
/// # Errors
/// When the server refuses the session or one of its variables.
pub async fn open(url: &JdbcUrl, user: &str, password: &str) -> Result<MySqlConnection, SqlError> {
    let Target::Mysql {
        host,
        port,
        database,
    } = &url.target
    else {
        return Err(SqlError::Mysql(sqlx::Error::Configuration(
            "the URL names no MySQL server".into(),
        )));
    };
    let options = MySqlConnectOptions::new()
        .username(user)
        .password(password)
        .database(database)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .disable_statement_logging();
    // A session under TLS has no attributes, see there.
    let options = match url.tls {
        Tls::Disabled if !url.attributes.is_empty() => {
            let local = mysql_attributes::forward(host, *port, &url.attributes)
                .await
                .map_err(|error| SqlError::Mysql(sqlx::Error::Io(error)))?;
            options
                .host("127.0.0.1")
                .port(local)
                .ssl_mode(MySqlSslMode::Disabled)
        }
        Tls::Disabled => options
            .host(host)
            .port(*port)
            .ssl_mode(MySqlSslMode::Disabled),
        Tls::Preferred => options
            .host(host)
            .port(*port)
            .ssl_mode(MySqlSslMode::Preferred),
        Tls::Required => options
            .host(host)
            .port(*port)
            .ssl_mode(MySqlSslMode::Required),
    };
    let mut link = options.connect().await.map_err(SqlError::Mysql)?;
    let set = set_statement(&url.settings);
    for statement in [Some(WITHOUT_IGNORE_SPACE.to_owned()), set]
        .into_iter()
        .flatten()
    {
        link.execute(sqlx::raw_sql(AssertSqlSafe(statement)))
            .await
            .map_err(SqlError::Mysql)?;
    }
    Ok(link)
}

/// sqlx asks for this mode when it says hello; Connector/J does not, and a routine keeps the mode that
/// it was created in.
const WITHOUT_IGNORE_SPACE: &str =
    "SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'IGNORE_SPACE', '')";

/// `SET SESSION` for all variables at once; a user variable has no scope.
fn set_statement(settings: &[(String, String)]) -> Option<String> {
    let list: Vec<String> = settings
        .iter()
        .map(|(name, value)| {
            let scope = if name.starts_with('@') {
                ""
            } else {
                "SESSION "
            };
            format!("{scope}{name} = {value}")
        })
        .collect();
    (!list.is_empty()).then(|| format!("SET {}", list.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::set_statement;

    #[test]
    fn user_variables_have_no_scope() {
        let settings = [("sort_buffer_size", "1"), ("@x", "'y'")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            set_statement(&settings).as_deref(),
            Some("SET SESSION sort_buffer_size = 1, @x = 'y'")
        );
        assert_eq!(set_statement(&[]), None);
    }
}
