//! Opening sessions on a PostgreSQL server, pinned so that the same data always gives the same text.
//! Knows addresses, passwords and timeouts; knows nothing of what is asked in a session.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};

use super::errors;
use super::purpose::Purpose;
use super::rows;
use crate::database::{Result, Target, params};

/// How long a server may take to let us in.
const CONNECT: Duration = Duration::from_secs(10);

/// The longest application name that a server keeps, in bytes (`NAMEDATALEN` - 1).
const APPLICATION_BYTES: usize = 63;

/// Opens sessions for one target.
#[derive(Debug)]
pub struct Connector {
    pub target: Target,
}

impl Connector {
    /// `host:port`, as errors show it.
    pub fn address(&self) -> String {
        let facts = &self.target.facts;
        if facts.host.contains(':') {
            format!("[{}]:{}", facts.host, facts.port)
        } else {
            format!("{}:{}", facts.host, facts.port)
        }
    }

    /// A session in `database` that shows itself as the target's application.
    ///
    /// # Errors
    /// Unreachable, refused, no such database.
    pub async fn open(&self, database: &str, purpose: Purpose) -> Result<PgConnection> {
        self.open_as(database, purpose, &self.target.application)
            .await
    }

    /// The same under another application name.
    ///
    /// # Errors
    /// As [`Connector::open`].
    pub async fn open_as(
        &self,
        database: &str,
        purpose: Purpose,
        application: &str,
    ) -> Result<PgConnection> {
        let pins = purpose.pins(&self.target.facts.params);
        let options = self
            .options(database)?
            .application_name(&shown_application(application))
            .options(pins.iter().map(|(name, value)| (*name, value.as_str())));
        let mut connection = self.connect(options, database).await?;
        let asked = rows::rows(&mut connection, purpose.check());
        let pinned = match tokio::time::timeout(CONNECT, asked).await {
            Ok(Ok(found)) => found.first().is_some_and(|row| rows::truth(row, 0)),
            Ok(Err(error)) => return Err(errors::running(self, "setting up the session", error)),
            Err(_) => return Err(errors::silent(self, CONNECT)),
        };
        if pinned {
            Ok(connection)
        } else {
            Err(errors::pooler(self))
        }
    }

    /// A session as the migration opens it: nothing set by us but these settings at start-up.
    ///
    /// # Errors
    /// As [`Connector::open`].
    pub async fn open_plain(&self, settings: &[(String, String)]) -> Result<PgConnection> {
        let database = &self.target.facts.database;
        let mut options = self
            .options(database)?
            .application_name(&shown_application(&self.target.application));
        if !settings.is_empty() {
            options = options.options(
                settings
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str())),
            );
        }
        self.connect(options, database).await
    }

    async fn connect(&self, options: PgConnectOptions, database: &str) -> Result<PgConnection> {
        match tokio::time::timeout(CONNECT, options.connect()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(errors::connecting(self, database, error)),
            Err(_) => Err(errors::silent(self, CONNECT)),
        }
    }

    fn options(&self, database: &str) -> Result<PgConnectOptions> {
        let facts = &self.target.facts;
        let base = match &self.target.password {
            Some(password) => PgConnectOptions::new_without_pgpass().password(password.reveal()),
            // Through a URL, because only there does the driver look into ~/.pgpass for this host.
            None => {
                let query = [
                    ("host", facts.host.as_str()),
                    ("user", facts.user.as_str()),
                    ("dbname", database),
                ]
                .map(|(name, value)| format!("{name}={}", params::encode(value)))
                .join("&");
                PgConnectOptions::from_str(&format!("postgres://?port={}&{query}", facts.port))
                    .map_err(|error| errors::connecting(self, database, error))?
            }
        };
        let mut options = base
            .host(&facts.host)
            .port(facts.port)
            .username(&facts.user)
            .database(database)
            .ssl_mode(ssl_mode(&facts.params))
            // It is among the pins; here it would stand twice.
            .extra_float_digits(None)
            .disable_statement_logging();
        if let Some(file) = params::value(&facts.params, "sslrootcert") {
            options = options.ssl_root_cert(file);
        }
        Ok(options)
    }
}

/// `sslmode`, or `ssl=true`, which pgjdbc takes for `verify-full`; else `prefer`, its default.
fn ssl_mode(text: &str) -> PgSslMode {
    let mode = params::value(text, "sslmode").and_then(|mode| PgSslMode::from_str(&mode).ok());
    match (mode, params::value(text, "ssl").as_deref()) {
        (Some(mode), _) => mode,
        (None, Some("true" | "")) => PgSslMode::VerifyFull,
        (None, _) => PgSslMode::Prefer,
    }
}

/// Servers turn anything but printable ASCII into `?` and cut the rest; we do it in a way that we
/// can compare with later.
pub fn shown_application(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        })
        .take(APPLICATION_BYTES)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{shown_application, ssl_mode};
    use sqlx::postgres::PgSslMode;

    #[test]
    fn ssl_as_the_configuration_says() {
        for (params, mode) in [
            ("", PgSslMode::Prefer),
            (
                "allowPublicKeyRetrieval=true&useSSL=true",
                PgSslMode::Prefer,
            ),
            ("sslmode=require", PgSslMode::Require),
            ("ssl=true", PgSslMode::VerifyFull),
            ("ssl=true&sslmode=verify-ca", PgSslMode::VerifyCa),
            ("sslmode=disable&ssl=true", PgSslMode::Disable),
        ] {
            assert_eq!(
                format!("{:?}", ssl_mode(params)),
                format!("{mode:?}"),
                "{params}"
            );
        }
    }

    #[test]
    fn names_fit_the_server() {
        assert_eq!(
            shown_application("omup 20261121-0544"),
            "omup 20261121-0544"
        );
        let long = shown_application(&format!("omup ä\n{}", "x".repeat(100)));
        assert!(long.len() == 63 && long.starts_with("omup ??x"), "{long}");
    }
}
