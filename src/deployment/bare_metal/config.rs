//! The configuration of one installation: what the server that starts there would be given, and
//! from where each value comes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::environment::{Environment, Origin};
use super::files::{self, CONFIG_LIMIT};
use super::jdbc::JdbcUrl;
use super::secrets;
use super::{substitute, yaml};
use crate::deployment::{DeploymentError, Result};
use crate::domain::clean_text::CleanText;
use crate::domain::secret::Secret;
use crate::domain::survey::ConnectionFacts;

/// What is known of a server process that runs.
#[derive(Clone, Copy)]
pub struct Running<'a> {
    pub pid: u32,
    pub environment: &'a BTreeMap<String, String>,
}

/// One side's configuration, resolved. Its `Debug` leaves out the text, which may hold a password.
#[derive(Clone)]
pub struct Config {
    pub home: PathBuf,
    /// The text of `openmetadata.yaml` as it stands there.
    pub text: String,
    pub environment: Environment,
    pub url: JdbcUrl,
    pub user: String,
    pub password: Option<Secret>,
    /// `http://host:port`.
    pub api_url: String,
    pub api_port: u16,
    pub admin_url: String,
    pub native_path: PathBuf,
    pub extension_path: Option<PathBuf>,
    pub log_file: PathBuf,
    /// Variables whose value in the running server is another one than in the files.
    pub differing: Vec<String>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("home", &self.home)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

pub fn yaml_path(home: &Path) -> PathBuf {
    home.join("conf/openmetadata.yaml")
}

pub fn env_path(home: &Path) -> PathBuf {
    home.join("conf/openmetadata-env.sh")
}

impl Config {
    /// Reads the files of an installation.
    pub fn read(home: &Path, running: Option<Running<'_>>) -> Result<Self> {
        let env = files::read_text_if_any(&env_path(home), CONFIG_LIMIT)?.unwrap_or_default();
        Self::with_environment_file(home, &env, running)
    }

    /// As [`Config::read`] with another text in the place of `openmetadata-env.sh`.
    pub fn with_environment_file(
        home: &Path,
        env: &str,
        running: Option<Running<'_>>,
    ) -> Result<Self> {
        let path = yaml_path(home);
        let text = files::read_text(&path, CONFIG_LIMIT)?;
        let mut environment = Environment::parse(env, &env_path(home));
        let asked: Vec<String> = substitute::places(&text)
            .iter()
            .map(|place| place.name.to_owned())
            .collect();
        let differing = running.map_or_else(Vec::new, |running| {
            let mut names = environment.overlay(running.pid, running.environment, |name| {
                asked.iter().any(|asked| asked == name) || OF_THE_JVM.contains(&name)
            });
            names.retain(|name| asked.contains(name));
            names
        });
        let value = |name: &str| environment.value(name).map(str::to_owned);
        let document: yaml::Document = yaml::parse(&substitute::substitute(&text, &value), &path)?;
        let setting = |setting: &str, reason: String| DeploymentError::Setting {
            path: path.clone(),
            setting: setting.to_owned(),
            reason: reason.into(),
        };
        let url = JdbcUrl::parse(&document.database.url).map_err(|reason| {
            let line = yaml::line_of(&text, &["database", "url"]);
            let at = line.map_or_else(String::new, |line| format!(" (line {line})"));
            setting("database.url", format!("{reason}{at}"))
        })?;
        let user = document.database.user.trim().to_owned();
        if user.is_empty() || user.contains("${") {
            return Err(setting("database.user", "it is not set".to_owned()));
        }
        let api = document
            .server
            .application_connectors
            .first()
            .ok_or_else(|| setting("server.applicationConnectors", "it is empty".to_owned()))?;
        let admin = document.server.admin_connectors.first();
        let password = document
            .database
            .password
            .filter(|text| !text.is_empty() && !text.contains("${"))
            .map(Secret::new);
        let below_home = |text: &str| home.join(text.strip_prefix("./").unwrap_or(text));
        let migration = &document.migration_configuration;
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let log = document
            .logging
            .appenders
            .iter()
            .find_map(|appender| appender.current_log_filename.clone());
        Ok(Self {
            api_url: address(api),
            api_port: api.port,
            admin_url: admin.map_or_else(|| address(api), address),
            native_path: below_home(
                &filled(&migration.native_path)
                    .unwrap_or_else(|| "bootstrap/sql/migrations/native".to_owned()),
            ),
            extension_path: filled(&migration.extension_path).map(|text| below_home(&text)),
            log_file: below_home(&log.unwrap_or_else(|| "logs/openmetadata.log".to_owned())),
            home: home.to_owned(),
            url,
            user,
            password,
            differing,
            text,
            environment,
        })
    }

    /// Where the value of a variable comes from, or the line of the YAML key that does not use it.
    fn origin(&self, variable: &str, keys: &[&str]) -> CleanText {
        let line = yaml::line_of(&self.text, keys);
        let template = line
            .and_then(|line| self.text.lines().nth(line - 1))
            .unwrap_or_default();
        let asked = substitute::places(template)
            .iter()
            .any(|place| place.name == variable);
        let here = match line {
            Some(line) => format!("{}:{line}", yaml_path(&self.home).display()),
            None => yaml_path(&self.home).display().to_string(),
        };
        match self.environment.variables.get(variable) {
            Some(found) if asked => found.origin.to_string().into(),
            None if asked => format!("{here} (default)").into(),
            Some(_) | None => here.into(),
        }
    }

    /// The connection without its password.
    pub fn connection(&self) -> ConnectionFacts {
        let url = ["database", "url"];
        let origin = [
            ("host", "DB_HOST", &url),
            ("port", "DB_PORT", &url),
            ("database", "OM_DATABASE", &url),
            ("params", "DB_PARAMS", &url),
            ("user", "DB_USER", &["database", "user"]),
            ("password", "DB_USER_PASSWORD", &["database", "password"]),
        ]
        .into_iter()
        .map(|(key, variable, keys)| (key.to_owned(), self.origin(variable, keys)))
        .collect();
        ConnectionFacts {
            engine: self.url.engine,
            host: self.url.host.clone(),
            port: self.url.port,
            database: self.url.database.clone(),
            user: self.user.clone(),
            params: self.url.masked_params(),
            origin,
        }
    }

    /// `host:port/name as user`, for comparing two sides.
    pub fn database_shown(&self) -> String {
        format!("{} as {}", self.url.shown(), self.user)
    }

    /// Every secret value of this side.
    pub fn secrets(&self) -> Vec<Secret> {
        let variables = self
            .environment
            .variables
            .iter()
            .filter(|(name, _)| secrets::is_secret_name(name))
            .map(|(_, variable)| variable.value.clone());
        let value = |name: &str| self.environment.value(name).map(str::to_owned);
        let literals = yaml::leaves(&self.text, &yaml_path(&self.home))
            .unwrap_or_default()
            .into_iter()
            .filter(|(key, _)| secrets::is_secret_name(key.rsplit('.').next().unwrap_or(key)))
            .map(|(_, text)| substitute::substitute(&text, &value).trim().to_owned());
        let password = self
            .password
            .iter()
            .map(|secret| secret.reveal().to_owned());
        let mut all: Vec<String> = variables
            .chain(literals)
            .chain(self.url.secret_params())
            .filter(|text| !secrets::is_common_word(text) && !text.contains("${"))
            .chain(password)
            .collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(Secret::new).collect()
    }

    /// Secrets that no file holds: they die with the running process.
    pub fn fleeting(&self) -> Vec<String> {
        self.environment
            .variables
            .iter()
            .filter(|(name, variable)| {
                matches!(variable.origin, Origin::Process(_)) && secrets::is_secret_name(name)
            })
            .map(|(name, variable)| format!("{name} ({})", variable.origin))
            .collect()
    }
}

/// Variables that the start scripts read beside those in the YAML.
const OF_THE_JVM: &[&str] = &["JAVA_HOME", "JAVA_TOOL_OPTIONS", "OPENMETADATA_HEAP_OPTS"];

fn address(connector: &yaml::Connector) -> String {
    let scheme = if connector.kind.trim() == "https" {
        "https"
    } else {
        "http"
    };
    let host = match connector.bind_host.as_deref().map(str::trim) {
        None | Some("" | "0.0.0.0" | "::" | "*") => "127.0.0.1".to_owned(),
        Some(host) if host.contains(':') => format!("[{host}]"),
        Some(host) => host.to_owned(),
    };
    format!("{scheme}://{host}:{}", connector.port)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Config, Running};

    const YAML: &str = "server:\n  applicationConnectors:\n    - type: http\n      bindHost: \
        ${SERVER_HOST:-0.0.0.0}\n      port: ${SERVER_PORT:-8585}\n  adminConnectors:\n    - port: \
        ${SERVER_ADMIN_PORT:-8586}\ndatabase:\n  user: ${DB_USER:-om}\n  password: \
        ${DB_USER_PASSWORD:-openmetadata_password}\n  url: jdbc:${DB_SCHEME:-postgresql}://\
        ${DB_HOST:-localhost}:${DB_PORT:-5432}/${OM_DATABASE:-openmetadata_db}?${DB_PARAMS:-a=1}\n\
        fernetConfiguration:\n  fernetKey: ${FERNET_KEY:-default-fernet}\nelasticsearch:\n  host: \
        ${ELASTICSEARCH_HOST:- localhost}\nmigrationConfiguration:\n  nativePath: \
        \"./bootstrap/sql/migrations/native\"\n  extensionPath: \"\"\n";

    fn home(yaml: &str, env: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::create_dir(folder.path().join("conf")).expect("conf");
        std::fs::write(folder.path().join("conf/openmetadata.yaml"), yaml).expect("yaml");
        std::fs::write(folder.path().join("conf/openmetadata-env.sh"), env).expect("env");
        folder
    }

    #[test]
    fn every_value_knows_its_origin() {
        let home = home(
            YAML,
            "export DB_HOST=db1\nexport DB_PARAMS='currentSchema=om&password=geheim'\n",
        );
        let process = [
            ("OM_DATABASE", "prod"),
            ("DB_USER_PASSWORD", "fluechtig"),
            ("PATH", "/bin"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let running = Running {
            pid: 42,
            environment: &process,
        };
        let config = Config::read(home.path(), Some(running)).expect("valid");
        let facts = config.connection();
        assert_eq!((facts.host.as_str(), facts.port), ("db1", 5432));
        assert_eq!(facts.database, "prod");
        assert_eq!(facts.params, "currentSchema=om&password=********");
        assert!(
            facts.origin["host"]
                .as_str()
                .ends_with("openmetadata-env.sh:1")
        );
        assert!(facts.origin["port"].as_str().ends_with("yaml:11 (default)"));
        assert_eq!(
            facts.origin["database"].as_str(),
            "environment of process 42"
        );
        assert_eq!(config.api_url, "http://127.0.0.1:8585");
        assert_eq!(config.admin_url, "http://127.0.0.1:8586");
        assert_eq!(
            config.fleeting(),
            ["DB_USER_PASSWORD (environment of process 42)"]
        );
        let secrets: Vec<String> = config
            .secrets()
            .iter()
            .map(|s| s.reveal().to_owned())
            .collect();
        for secret in ["geheim", "fluechtig", "default-fernet"] {
            assert!(secrets.iter().any(|s| s == secret), "{secret}");
        }
        let shown = format!("{config:?}");
        assert!(
            !shown.contains("geheim") && !shown.contains("fluechtig"),
            "{shown}"
        );
        assert!(
            config
                .native_path
                .ends_with("bootstrap/sql/migrations/native")
        );
        assert_eq!(config.extension_path, None);
    }

    #[test]
    fn mysql_is_read_and_missing_files_are_refused_in_words() {
        let home = home(YAML, "export DB_SCHEME=mysql\n");
        let config = Config::read(home.path(), None).expect("mysql");
        assert_eq!(config.url.engine, crate::domain::names::Engine::Mysql);
        let told = Config::read(Path::new("/nonexistent"), None).expect_err("gone");
        assert!(told.to_string().contains("openmetadata.yaml"), "{told}");
    }
}
