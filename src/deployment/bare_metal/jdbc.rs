//! The JDBC URL of `openmetadata.yaml`, taken apart.
//!
//! Sources: OpenMetadata's `conf/openmetadata.yaml` (`jdbc:${DB_SCHEME}://${DB_HOST}:${DB_PORT}/
//! ${OM_DATABASE}?${DB_PARAMS}`), pgjdbc's "Initializing the Driver". `jdbc:sqlite:` is our own, for
//! practice: the host is a folder and the database a file `<name>.db` in it.

use crate::domain::names::Engine;
use crate::domain::secret::MASK;

/// Address, database and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct JdbcUrl {
    pub engine: Engine,
    /// Host name or address without brackets; SQLite: the folder.
    pub host: String,
    /// 0 for SQLite.
    pub port: u16,
    pub database: String,
    /// What follows the question mark, as written; may hold a password.
    pub params: String,
}

impl std::fmt::Debug for JdbcUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JdbcUrl({:?} {})", self.engine, self.shown())
    }
}

impl JdbcUrl {
    /// Reads a URL; the error says what is wrong with it, without quoting its parameters.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (address, params) = url.trim().split_once('?').unwrap_or((url.trim(), ""));
        let (engine, rest) = if let Some(rest) = address.strip_prefix("jdbc:postgresql://") {
            (Engine::Postgres, rest)
        } else if let Some(rest) = address.strip_prefix("jdbc:sqlite://") {
            (Engine::Sqlite, rest)
        } else if let Some(rest) = address.strip_prefix("jdbc:mysql://") {
            (Engine::Mysql, rest)
        } else if address.starts_with("jdbc:mysql:") {
            return Err(
                "it names several MySQL servers (load balancing or replication); \
                        omup needs jdbc:mysql://host:port/name of the one that is written to"
                    .to_owned(),
            );
        } else if address.contains("${") {
            return Err(
                "a variable in it has neither a value nor a default; export it in \
                        conf/openmetadata-env.sh"
                    .to_owned(),
            );
        } else {
            return Err("it begins with neither jdbc:mysql:// nor jdbc:postgresql://".to_owned());
        };
        let (authority, database) = rest
            .rsplit_once('/')
            .ok_or("the database's name is missing (…//host:port/name)")?;
        if database.is_empty() {
            return Err("the database's name is empty".to_owned());
        }
        if authority.contains(',') {
            return Err("it names several hosts; omup needs the one that is written to".to_owned());
        }
        let (host, port) = address_of(engine, authority)?;
        if host.is_empty() {
            return Err("the host is empty".to_owned());
        }
        Ok(Self {
            engine,
            host,
            port,
            database: percent_decoded(database),
            params: params.to_owned(),
        })
    }

    /// `host:port/name`, without parameters.
    pub fn shown(&self) -> String {
        match self.engine {
            Engine::Postgres | Engine::Mysql => {
                format!("{}:{}/{}", self.host, self.port, self.database)
            }
            Engine::Sqlite => format!("{}/{}.db", self.host, self.database),
        }
    }

    /// The parameters with the values of secret ones replaced by the mask.
    pub fn masked_params(&self) -> String {
        let masked: Vec<String> = self.params.split('&').map(masked_pair).collect();
        masked.join("&")
    }

    /// `wanted` with each masked value replaced by the real one that stands here.
    pub fn unmasked(&self, wanted: &str) -> String {
        let unmasked: Vec<&str> = wanted
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((key, MASK)) => self
                    .params
                    .split('&')
                    .find(|own| own.split_once('=').is_some_and(|(name, _)| name == key))
                    .unwrap_or(pair),
                Some(_) | None => pair,
            })
            .collect();
        unmasked.join("&")
    }

    /// Values of secret parameters.
    pub fn secret_params(&self) -> Vec<String> {
        self.params
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .filter(|(key, _)| is_secret_param(key))
            .map(|(_, value)| value.to_owned())
            .collect()
    }
}

fn masked_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((key, value)) if is_secret_param(key) && !value.is_empty() => format!("{key}={MASK}"),
        Some(_) | None => pair.to_owned(),
    }
}

fn is_secret_param(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    // `passwordCharacterEncoding` and `sslkey` (a file name) are no secrets.
    key.ends_with("password") || key.contains("secret") || key.ends_with("token")
}

fn address_of(engine: Engine, authority: &str) -> Result<(String, u16), String> {
    let bracketed = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    let (host, port) = match bracketed {
        Some((host, after)) => (host, after.strip_prefix(':')),
        None => match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    match engine {
        Engine::Postgres | Engine::Mysql => {
            let port = match port {
                None | Some("") if engine == Engine::Mysql => 3306,
                None | Some("") => 5432,
                Some(text) => text
                    .parse()
                    .map_err(|_| format!("'{text}' is not a port number"))?,
            };
            Ok((host.to_owned(), port))
        }
        // The port only stands there because the pattern of the URL has one.
        Engine::Sqlite => match port {
            Some(text) if !text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok((authority.to_owned(), 0))
            }
            Some(_) | None => Ok((host.to_owned(), 0)),
        },
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = match (first, tail) {
            (b'%', [high, low, ..]) => char::from(*high)
                .to_digit(16)
                .zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        match pair {
            Some((high, low)) => {
                // Two hex digits are at most 255.
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::JdbcUrl;
    use crate::domain::names::Engine;

    #[test]
    fn a_postgres_url_is_taken_apart() {
        let url = JdbcUrl::parse("jdbc:postgresql://db.local:5433/om%20db?currentSchema=om&x=1")
            .expect("valid");
        assert_eq!(
            (
                url.engine,
                url.host.as_str(),
                url.port,
                url.database.as_str()
            ),
            (Engine::Postgres, "db.local", 5433, "om db")
        );
        assert_eq!(url.params, "currentSchema=om&x=1");
        let url = JdbcUrl::parse("jdbc:postgresql://[::1]/d").expect("valid");
        assert_eq!((url.host.as_str(), url.port), ("::1", 5432));
    }

    #[test]
    fn a_mysql_url_is_taken_apart() {
        let url = JdbcUrl::parse("jdbc:mysql://db/openmetadata_db?useSSL=false").expect("valid");
        assert_eq!((url.engine, url.port), (Engine::Mysql, 3306));
        assert_eq!(url.shown(), "db:3306/openmetadata_db");
    }

    #[test]
    fn practice_puts_a_folder_in_the_place_of_the_host() {
        let url = JdbcUrl::parse("jdbc:sqlite:///srv/p/data:0/openmetadata_db?a=b").expect("valid");
        assert_eq!(
            (
                url.engine,
                url.host.as_str(),
                url.port,
                url.database.as_str()
            ),
            (Engine::Sqlite, "/srv/p/data", 0, "openmetadata_db")
        );
    }

    #[test]
    fn what_we_cannot_use_is_named() {
        for (url, word) in [
            (
                "jdbc:mysql:loadbalance://h:3306,i/d?password=geheim",
                "several MySQL",
            ),
            ("jdbc:postgresql://h:1,i:2/d", "several hosts"),
            ("jdbc:postgresql://h:port/d", "port"),
            ("jdbc:postgresql://h/", "name"),
            ("jdbc:${DB_SCHEME}://h/d", "variable"),
            ("http://h/d", "jdbc:"),
        ] {
            let told = JdbcUrl::parse(url).expect_err(url);
            assert!(told.contains(word), "{url}: {told}");
            assert!(!told.contains("geheim"));
        }
    }

    #[test]
    fn secret_parameters_are_masked_and_come_back() {
        let url = JdbcUrl::parse("jdbc:postgresql://h/d?a=1&sslpassword=geheim&password=auch")
            .expect("valid");
        let masked = url.masked_params();
        assert!(
            !masked.contains("geheim") && !masked.contains("auch"),
            "{masked}"
        );
        let more = format!("{masked}&ApplicationName=x");
        assert_eq!(
            url.unmasked(&more),
            "a=1&sslpassword=geheim&password=auch&ApplicationName=x"
        );
        assert!(!format!("{url:?}").contains("geheim"));
    }
}
