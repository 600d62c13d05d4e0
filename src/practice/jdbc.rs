//! Reads a JDBC URL and its parameters the way pgjdbc does, as far as `DB_PARAMS` needs it.
//!
//! Sources: pgjdbc's "Initializing the Driver" page (`options`, `ApplicationName`,
//! `socketTimeout` in seconds, 0 = none, a parameter of the URL wins over a property).
//! `jdbc:sqlite:` is our own: host = folder, database = file name without `.db`.

use std::path::PathBuf;
use std::time::Duration;

/// The name pgjdbc gives its sessions unless told otherwise.
pub const DEFAULT_APPLICATION_NAME: &str = "PostgreSQL JDBC Driver";

/// Where the database is and how sessions are to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JdbcUrl {
    pub target: Target,
    pub application_name: String,
    /// Settings of the session, from `options=-c name=value`.
    pub settings: Vec<(String, String)>,
    /// How long one answer may take; `None` = for ever.
    pub socket_timeout: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Postgres {
        host: String,
        port: u16,
        database: String,
    },
    Sqlite {
        file: PathBuf,
    },
}

impl Target {
    /// The JDBC driver's class, as the tool prints it.
    pub fn driver_class(&self) -> &'static str {
        match self {
            Target::Postgres { .. } => "org.postgresql.Driver",
            Target::Sqlite { .. } => "org.sqlite.JDBC",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JdbcError {
    #[error(
        "failed to read the JDBC URL: it begins with neither jdbc:postgresql:// nor jdbc:sqlite://"
    )]
    Scheme,
    #[error("failed to read the JDBC URL: {part} is missing or malformed")]
    Part { part: &'static str },
}

impl JdbcUrl {
    /// Parses `url`; `default_socket_timeout` is what the configuration says when the URL does not.
    ///
    /// # Errors
    /// When the scheme is unknown or host, port or database cannot be told.
    pub fn parse(url: &str, default_socket_timeout: Option<Duration>) -> Result<Self, JdbcError> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let target = if let Some(rest) = address.strip_prefix("jdbc:postgresql://") {
            postgres_target(rest)?
        } else if let Some(rest) = address.strip_prefix("jdbc:sqlite://") {
            sqlite_target(rest)?
        } else {
            return Err(JdbcError::Scheme);
        };
        let mut parsed = Self {
            target,
            application_name: DEFAULT_APPLICATION_NAME.to_owned(),
            settings: Vec::new(),
            socket_timeout: default_socket_timeout,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decoded(value);
            match percent_decoded(key).as_str() {
                "ApplicationName" => parsed.application_name = value,
                "options" => parsed.settings = settings_in(&value),
                "socketTimeout" => {
                    let seconds: u64 = value.parse().map_err(|_| JdbcError::Part {
                        part: "the number of seconds in socketTimeout",
                    })?;
                    parsed.socket_timeout = (seconds > 0).then(|| Duration::from_secs(seconds));
                }
                // pgjdbc ignores what it does not know, MySQL's parameters among it.
                _ => {}
            }
        }
        Ok(parsed)
    }
}

fn postgres_target(rest: &str) -> Result<Target, JdbcError> {
    let part = |part| JdbcError::Part { part };
    let (authority, database) = rest.split_once('/').ok_or(part("the database's name"))?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| part("the port"))?),
        None => (authority, 5432),
    };
    if host.is_empty() {
        return Err(part("the host"));
    }
    if database.is_empty() {
        return Err(part("the database's name"));
    }
    Ok(Target::Postgres {
        host: host.to_owned(),
        port,
        database: percent_decoded(database),
    })
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

    use super::{DEFAULT_APPLICATION_NAME, JdbcError, JdbcUrl, Target};

    #[test]
    fn parameters_are_honoured_as_pgjdbc_does() {
        let url = "jdbc:postgresql://db.example:5433/openmetadata_db?allowPublicKeyRetrieval=true\
                   &options=-c%20work_mem%3D20MB&ApplicationName=omup-run&socketTimeout=0";
        let parsed = JdbcUrl::parse(url, Some(Duration::from_secs(300))).expect("valid");
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
        let parsed =
            JdbcUrl::parse("jdbc:postgresql://h/d", Some(Duration::from_secs(300))).expect("valid");
        assert_eq!(parsed.application_name, DEFAULT_APPLICATION_NAME);
        assert_eq!(parsed.socket_timeout, Some(Duration::from_secs(300)));
        assert!(parsed.settings.is_empty());
    }

    #[test]
    fn several_options_and_escaped_blanks() {
        let url = "jdbc:postgresql://h/d?options=-c%20a%3D1%20--b%3Dx%5C%20y%20-cz%3D2";
        let parsed = JdbcUrl::parse(url, None).expect("valid");
        let expected = [("a", "1"), ("b", "x y"), ("z", "2")];
        assert_eq!(
            parsed.settings,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn sqlite_is_a_file_below_the_host() {
        let parsed = JdbcUrl::parse("jdbc:sqlite:///srv/p/data:5432/openmetadata_db?x=y", None)
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
        assert_eq!(
            JdbcUrl::parse("jdbc:mysql://h/d", None),
            Err(JdbcError::Scheme)
        );
        assert!(JdbcUrl::parse("jdbc:postgresql://h:port/d", None).is_err());
        assert!(JdbcUrl::parse("jdbc:postgresql://h/", None).is_err());
    }
}
