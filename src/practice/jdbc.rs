//! Reads a JDBC URL and its parameters the way its driver does, as far as `DB_PARAMS` needs it.
//!
//! Sources, MySQL's in `mysql`: pgjdbc's "Initializing the Driver" page (`options`, `ApplicationName`,
//! `socketTimeout` in seconds, 0 = none, a parameter of the URL wins over a property).
//! `jdbc:sqlite:` is our own: host = folder, database = file name without `.db`.

pub mod mysql;

use std::path::PathBuf;
use std::time::Duration;

use self::mysql::Tls;

/// The name pgjdbc gives its sessions unless told otherwise.
pub const DEFAULT_APPLICATION_NAME: &str = "PostgreSQL JDBC Driver";

/// Where the database is and how sessions are to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JdbcUrl {
    pub target: Target,
    /// PostgreSQL only.
    pub application_name: String,
    /// MySQL only: what the server is told about the program, see
    /// `performance_schema.session_connect_attrs`.
    pub attributes: Vec<(String, String)>,
    /// MySQL only; PostgreSQL's sessions use TLS when the server has it.
    pub tls: Tls,
    /// Settings of the session, from `options=-c name=value` or `sessionVariables=name=value`.
    pub settings: Vec<(String, String)>,
    /// How long one answer may take; `None` = for ever.
    pub socket_timeout: Option<Duration>,
    /// MySQL only: the configuration set it, so the URL cannot.
    socket_timeout_is_a_property: bool,
}

/// What the configuration says about the socket timeout; each inner `None` = for ever.
#[derive(Debug, Clone, Copy, Default)]
pub struct SocketTimeouts {
    /// What holds when the URL says nothing.
    pub postgres: Option<Duration>,
    /// A property of the driver, when there is one: it goes before the URL.
    pub mysql: Option<Option<Duration>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Postgres {
        host: String,
        port: u16,
        database: String,
    },
    Mysql {
        host: String,
        port: u16,
        database: String,
    },
    Sqlite {
        file: PathBuf,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JdbcError {
    #[error(
        "failed to read the JDBC URL: it begins with none of jdbc:postgresql://, jdbc:mysql:// and \
         jdbc:sqlite://"
    )]
    Scheme,
    #[error("failed to read the JDBC URL: {part} is missing or malformed")]
    Part { part: &'static str },
}

impl JdbcUrl {
    /// To a target without any parameter.
    pub fn bare(target: Target) -> Self {
        Self {
            target,
            application_name: DEFAULT_APPLICATION_NAME.to_owned(),
            attributes: Vec::new(),
            tls: Tls::Disabled,
            settings: Vec::new(),
            socket_timeout: None,
            socket_timeout_is_a_property: false,
        }
    }

    /// Parses `url`, with the timeouts of the configuration.
    ///
    /// # Errors
    /// When the scheme is unknown or host, port or database cannot be told.
    pub fn parse(url: &str, timeouts: SocketTimeouts) -> Result<Self, JdbcError> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let mut parsed = if let Some(rest) = address.strip_prefix("jdbc:postgresql://") {
            let (host, port, database) = server(rest, 5432)?;
            let mut parsed = Self::bare(Target::Postgres {
                host,
                port,
                database,
            });
            parsed.socket_timeout = timeouts.postgres;
            parsed
        } else if let Some(rest) = address.strip_prefix("jdbc:mysql://") {
            let (host, port, database) = server(rest, 3306)?;
            let mut parsed = Self::bare(Target::Mysql {
                host,
                port,
                database,
            });
            mysql::defaults(&mut parsed);
            parsed.socket_timeout = timeouts.mysql.flatten();
            parsed.socket_timeout_is_a_property = timeouts.mysql.is_some();
            parsed
        } else if let Some(rest) = address.strip_prefix("jdbc:sqlite://") {
            Self::bare(sqlite_target(rest)?)
        } else {
            return Err(JdbcError::Scheme);
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (key, value) = (percent_decoded(key), percent_decoded(value));
            match parsed.target {
                Target::Mysql { .. } => mysql::parameter(&mut parsed, &key, value)?,
                Target::Postgres { .. } | Target::Sqlite { .. } => {
                    parsed.parameter(&key, value)?;
                }
            }
        }
        Ok(parsed)
    }

    /// One of pgjdbc's; SQLite takes the same.
    fn parameter(&mut self, key: &str, value: String) -> Result<(), JdbcError> {
        match key {
            "ApplicationName" => self.application_name = value,
            "options" => self.settings = settings_in(&value),
            "socketTimeout" => {
                let seconds: u64 = value.parse().map_err(|_| JdbcError::Part {
                    part: "the number of seconds in socketTimeout",
                })?;
                self.socket_timeout = (seconds > 0).then(|| Duration::from_secs(seconds));
            }
            // pgjdbc ignores what it does not know, MySQL's parameters among it.
            _ => {}
        }
        Ok(())
    }
}

/// `host[:port]/database`.
fn server(rest: &str, usual_port: u16) -> Result<(String, u16, String), JdbcError> {
    let part = |part| JdbcError::Part { part };
    let (authority, database) = rest.split_once('/').ok_or(part("the database's name"))?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| part("the port"))?),
        None => (authority, usual_port),
    };
    if host.is_empty() {
        return Err(part("the host"));
    }
    if database.is_empty() {
        return Err(part("the database's name"));
    }
    Ok((host.to_owned(), port, percent_decoded(database)))
}

/// `/folder[:port]/name`: the port comes from the common URL pattern and means nothing here.
fn sqlite_target(rest: &str) -> Result<Target, JdbcError> {
    let (folder, name) = rest.rsplit_once('/').ok_or(JdbcError::Part {
        part: "the database's name",
    })?;
    let folder = match folder.rsplit_once(':') {
        Some((before, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => before,
        Some(_) | None => folder,
    };
    if folder.is_empty() || name.is_empty() {
        return Err(JdbcError::Part {
            part: "the folder or the database's name",
        });
    }
    Ok(Target::Sqlite {
        file: PathBuf::from(folder).join(format!("{name}.db")),
    })
}

/// `-c name=value` and `--name=value`, blanks inside a value escaped by a backslash.
fn settings_in(options: &str) -> Vec<(String, String)> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut letters = options.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next()),
            blank if blank.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    let mut settings = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let assignment = if word == "-c" {
            words.next()
        } else {
            word.strip_prefix("--")
                .or_else(|| word.strip_prefix("-c"))
                .map(str::to_owned)
        };
        if let Some((name, value)) = assignment.as_deref().and_then(|text| text.split_once('=')) {
            settings.push((name.to_owned(), value.to_owned()));
        }
    }
    settings
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = after;
            }
            (b'+', after) => {
                bytes.push(b' ');
                rest = after;
            }
            (byte, after) => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::{DEFAULT_APPLICATION_NAME, JdbcError, JdbcUrl, SocketTimeouts, Target};

    fn five_minutes() -> SocketTimeouts {
        SocketTimeouts {
            postgres: Some(Duration::from_secs(300)),
            mysql: None,
        }
    }

    #[test]
    fn parameters_are_honoured_as_pgjdbc_does() {
        let url = "jdbc:postgresql://db.example:5433/openmetadata_db?allowPublicKeyRetrieval=true\
                   &options=-c%20work_mem%3D20MB&ApplicationName=omup-run&socketTimeout=0";
        let parsed = JdbcUrl::parse(url, five_minutes()).expect("valid");
        assert_eq!(
            parsed.target,
            Target::Postgres {
                host: "db.example".into(),
                port: 5433,
                database: "openmetadata_db".into()
            }
        );
        assert_eq!(
            parsed.settings,
            vec![("work_mem".into(), "20MB".to_owned())]
        );
        assert_eq!(parsed.application_name, "omup-run");
        assert_eq!(parsed.socket_timeout, None);
    }

    #[test]
    fn defaults_hold_when_nothing_is_said() {
        let parsed = JdbcUrl::parse("jdbc:postgresql://h/d", five_minutes()).expect("valid");
        assert_eq!(parsed.application_name, DEFAULT_APPLICATION_NAME);
        assert_eq!(parsed.socket_timeout, Some(Duration::from_secs(300)));
        assert!(parsed.settings.is_empty());
    }

    #[test]
    fn several_options_and_escaped_blanks() {
        let url = "jdbc:postgresql://h/d?options=-c%20a%3D1%20--b%3Dx%5C%20y%20-cz%3D2";
        let parsed = JdbcUrl::parse(url, SocketTimeouts::default()).expect("valid");
        let expected = [("a", "1"), ("b", "x y"), ("z", "2")];
        assert_eq!(
            parsed.settings,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn sqlite_is_a_file_below_the_host() {
        let parsed = JdbcUrl::parse(
            "jdbc:sqlite:///srv/p/data:5432/openmetadata_db?x=y",
            five_minutes(),
        )
        .expect("valid");
        assert_eq!(
            parsed.target,
            Target::Sqlite {
                file: PathBuf::from("/srv/p/data/openmetadata_db.db")
            }
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let parsed = |url| JdbcUrl::parse(url, SocketTimeouts::default());
        assert_eq!(parsed("jdbc:oracle://h/d"), Err(JdbcError::Scheme));
        for url in [
            "jdbc:postgresql://h:port/d",
            "jdbc:postgresql://h/",
            "jdbc:mysql:///d",
            "jdbc:mysql://h/d?socketTimeout=soon",
        ] {
            assert!(parsed(url).is_err(), "{url}");
        }
    }
}
