//! Opening sessions on a MySQL server, pinned so that the same data always gives the same text.
//! Knows addresses, passwords, encryption and timeouts; knows nothing of what is asked in a session.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};

use super::errors;
use super::option_file::ClientOptions;
use super::purpose::Purpose;
use super::rows::{number, rows, text, truth};
use crate::database::{DatabaseError, Result, Target, params};
use crate::domain::secret::Secret;

/// How long a server may take to let us in.
pub const CONNECT: Duration = Duration::from_secs(10);

/// Opens sessions for one target.
#[derive(Debug)]
pub struct Connector {
    pub target: Target,
    /// From the deployment, else from `~/.my.cnf`.
    pub password: Option<Secret>,
    /// How the line is encrypted, in the words of `--ssl-mode`.
    pub ssl_mode: &'static str,
    /// The certificate authority's file (PEM), from `~/.my.cnf`.
    pub ssl_ca: Option<PathBuf>,
}

/// A session with the number that the server gave it.
pub struct Opened {
    pub session: MySqlConnection,
    pub id: u64,
}

impl Connector {
    pub fn new(target: Target) -> Self {
        let home = ClientOptions::of_home();
        let same_user = home
            .user
            .as_ref()
            .is_none_or(|user| *user == target.facts.user);
        let password = match &target.password {
            Some(password) => Some(password.clone()),
            None => home.password.filter(|_| same_user),
        };
        Self {
            ssl_mode: ssl_mode(
                &target.facts.params,
                home.ssl_mode.as_deref(),
                home.ssl_ca.is_some(),
            ),
            password,
            ssl_ca: home.ssl_ca,
            target,
        }
    }

    /// `host:port`, as errors show it.
    pub fn address(&self) -> String {
        let facts = &self.target.facts;
        if facts.host.contains(':') {
            format!("[{}]:{}", facts.host, facts.port)
        } else {
            format!("{}:{}", facts.host, facts.port)
        }
    }

    /// A session in `database`, or in none.
    ///
    /// # Errors
    /// Unreachable, refused, no such database, not a MySQL that OpenMetadata supports.
    pub async fn open(&self, database: Option<&str>, purpose: Purpose) -> Result<Opened> {
        let mut session = self.connect(database).await?;
        let setting_up = async {
            let version = rows(&mut session, "SELECT VERSION()".to_string()).await?;
            let version = version
                .first()
                .map(|row| text(row, 0).to_string())
                .unwrap_or_default();
            if !supported(&version) {
                return Ok(Err(errors::not_mysql(self, &version)));
            }
            rows(&mut session, purpose.pins()).await?;
            Ok(Ok(rows(&mut session, purpose.check()).await?))
        };
        let checked = match tokio::time::timeout(CONNECT, setting_up).await {
            Ok(Ok(answer)) => answer?,
            Ok(Err(error)) => return Err(errors::running(self, "setting up the session", error)),
            Err(_) => return Err(errors::silent(self, CONNECT)),
        };
        match checked.first() {
            Some(row) if truth(row, 0) => Ok(Opened {
                id: number(row, 1)?,
                session,
            }),
            Some(_) | None => Err(errors::pooler(self)),
        }
    }

    /// A session as the migration opens it: nothing set but these session variables, which
    /// Connector/J sets when it connects.
    ///
    /// # Errors
    /// As [`Connector::open`], and what the server says to the variables.
    pub async fn open_plain(&self, variables: &str) -> Result<MySqlConnection> {
        let mut session = self.connect(Some(&self.target.facts.database)).await?;
        if !variables.is_empty() {
            rows(&mut session, format!("SET {variables}"))
                .await
                .map_err(|error| errors::running(self, "setting the session's variables", error))?;
        }
        Ok(session)
    }

    async fn connect(&self, database: Option<&str>) -> Result<MySqlConnection> {
        let options = self.options(database);
        match tokio::time::timeout(CONNECT, options.connect()).await {
            Ok(Ok(session)) => Ok(session),
            Ok(Err(error)) => Err(errors::connecting(self, database.unwrap_or(""), error)),
            Err(_) => Err(errors::silent(self, CONNECT)),
        }
    }

    fn options(&self, database: Option<&str>) -> MySqlConnectOptions {
        let facts = &self.target.facts;
        let mode = match self.ssl_mode {
            "DISABLED" => MySqlSslMode::Disabled,
            "REQUIRED" => MySqlSslMode::Required,
            "VERIFY_CA" => MySqlSslMode::VerifyCa,
            "VERIFY_IDENTITY" => MySqlSslMode::VerifyIdentity,
            _ => MySqlSslMode::Preferred,
        };
        let mut options = MySqlConnectOptions::new()
            .host(&facts.host)
            .port(facts.port)
            .username(&facts.user)
            .ssl_mode(mode)
            .timezone(None)
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .disable_statement_logging();
        if let Some(database) = database {
            options = options.database(database);
        }
        if let Some(password) = &self.password {
            options = options.password(password.reveal());
        }
        if let Some(file) = &self.ssl_ca {
            options = options.ssl_ca(file);
        }
        options
    }

    /// Runs one statement in an open session.
    ///
    /// # Errors
    /// Whatever server or line said.
    pub async fn ask(
        &self,
        session: &mut MySqlConnection,
        doing: &str,
        sql: String,
    ) -> std::result::Result<Vec<super::rows::TextRow>, DatabaseError> {
        rows(session, sql)
            .await
            .map_err(|error| errors::running(self, doing, error))
    }
}

/// Connector/J's `sslMode`, or its older `useSSL`, `requireSSL` and `verifyServerCertificate`
/// (Connector/J manual, "Security"); what they leave open is answered by `~/.my.cnf`, where an
/// authority without a mode means that it is verified, as MySQL's own clients have it (MySQL manual,
/// "Command Options for Encrypted Connections", `--ssl-ca`).
fn ssl_mode(params: &str, home: Option<&str>, authority: bool) -> &'static str {
    let known = |text: &str| {
        [
            "DISABLED",
            "PREFERRED",
            "REQUIRED",
            "VERIFY_CA",
            "VERIFY_IDENTITY",
        ]
        .into_iter()
        .find(|mode| mode.eq_ignore_ascii_case(text))
    };
    let flag = |name: &str| params::value(params, name).map(|value| value == "true");
    if let Some(mode) = params::value(params, "sslMode").as_deref().and_then(known) {
        return mode;
    }
    match (
        flag("useSSL"),
        flag("requireSSL"),
        flag("verifyServerCertificate"),
    ) {
        (Some(false), _, _) => "DISABLED",
        (_, _, Some(true)) => "VERIFY_CA",
        (_, Some(true), _) => "REQUIRED",
        (_, _, _) => {
            home.and_then(known)
                .unwrap_or(if authority { "VERIFY_CA" } else { "PREFERRED" })
        }
    }
}

/// MySQL 8.0 and newer; never MariaDB, which calls itself `5.5.5-10.11.6-MariaDB` or the like.
fn supported(version: &str) -> bool {
    let major = version.split('.').next().and_then(|text| text.parse().ok());
    !version.contains("MariaDB") && major.is_some_and(|major: u32| major >= 8)
}

#[cfg(test)]
mod tests {
    use super::{ssl_mode, supported};

    #[test]
    fn encryption_as_the_url_asks_for_it() {
        for (params, home, mode) in [
            ("", None, "PREFERRED"),
            (
                "useSSL=false&allowPublicKeyRetrieval=true",
                None,
                "DISABLED",
            ),
            ("useSSL=true&requireSSL=true", None, "REQUIRED"),
            (
                "useSSL=true&verifyServerCertificate=true",
                None,
                "VERIFY_CA",
            ),
            (
                "sslMode=verify_identity&useSSL=false",
                None,
                "VERIFY_IDENTITY",
            ),
            ("", Some("required"), "REQUIRED"),
        ] {
            assert_eq!(ssl_mode(params, home, false), mode, "{params}");
        }
    }

    #[test]
    fn an_authority_of_ones_own_is_there_to_be_asked() {
        for (params, home, mode) in [
            ("", None, "VERIFY_CA"),
            ("", Some("REQUIRED"), "REQUIRED"),
            ("useSSL=false", None, "DISABLED"),
            ("sslMode=PREFERRED", None, "PREFERRED"),
        ] {
            assert_eq!(ssl_mode(params, home, true), mode, "{params}");
        }
    }

    #[test]
    fn servers_that_openmetadata_does_not_support_are_told_apart() {
        assert!(supported("8.0.33") && supported("9.7.4-2") && supported("8.4.3-azure"));
        for version in ["5.7.44-log", "5.5.5-10.11.6-MariaDB", "11.4.2-MariaDB", ""] {
            assert!(!supported(version), "{version}");
        }
    }
}
