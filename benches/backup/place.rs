//! The servers of the test bed as the benchmark needs them: SQL by hand, and the lines that an operator would type.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use omup::domain::names::Engine;

/// The ordinary user of the test bed's servers and its password.
pub const USER: &str = "om";
pub const PASSWORD: &str = "om-secret-canary";

/// A server on this host.
pub struct Place {
    pub engine: Engine,
    pub port: u16,
    administrator: &'static str,
    password: String,
    /// The engine's own programs, where they are not on `PATH` anyway.
    programs: Option<PathBuf>,
}

impl Place {
    /// The servers that the environment names, as `tests/testbed/start` prints them.
    pub fn all() -> Vec<Place> {
        let found = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let postgres = found("OMUP_TEST_POSTGRES").map(|url| {
            let (password, port) = parts(&url, "postgres");
            Place {
                engine: Engine::Postgres,
                port,
                administrator: "postgres",
                password,
                programs: None,
            }
        });
        let mysql = found("OMUP_TEST_MYSQL").map(|url| {
            let (password, port) = parts(&url, "mysql");
            Place {
                engine: Engine::Mysql,
                port,
                administrator: "root",
                password,
                programs: found("OMUP_TEST_MYSQL_TOOLS").map(PathBuf::from),
            }
        });
        postgres.into_iter().chain(mysql).collect()
    }

    /// As `practice make --engine` has it.
    pub fn word(&self) -> &'static str {
        match self.engine {
            Engine::Postgres => "postgres",
            Engine::Mysql => "mysql",
            Engine::Sqlite => "sqlite",
        }
    }

    /// The folder that must stand first on `PATH` for omup itself.
    pub fn programs(&self) -> Option<&Path> {
        self.programs.as_deref()
    }

    /// The plain dump by the engine's own tool, for a shell that [`Place::shell`] starts.
    fn dump(&self) -> &'static str {
        match self.engine {
            Engine::Postgres => "pg_dump",
            Engine::Mysql => {
                "mysqldump $PLACE --single-transaction --quick --routines --triggers --events --hex-blob \
                 --no-tablespaces --set-gtid-purged=OFF --loose-skip-masking-policies \"$NAME\""
            }
            Engine::Sqlite => "false",
        }
    }

    /// Seconds of the dump alone, into nothing.
    pub fn plain(&self, name: &str) -> f64 {
        let line = format!("{} > \"$0\"", self.dump());
        self.shell(&line, name, Path::new("/dev/null"))
    }

    /// Seconds of what the guides have people type.
    pub fn gzip(&self, name: &str, file: &Path) -> f64 {
        self.shell(&format!("{} | gzip > \"$0\"", self.dump()), name, file)
    }

    /// `$0` is `file`.
    fn shell(&self, line: &str, name: &str, file: &Path) -> f64 {
        let begun = Instant::now();
        let status = self
            .client("sh", USER, PASSWORD, name)
            .args(["-ec", line])
            .arg(file)
            .status();
        assert!(status.is_ok_and(|status| status.success()), "{line}");
        begun.elapsed().as_secs_f64()
    }

    fn client(&self, program: &str, user: &str, password: &str, name: &str) -> Command {
        let mut command = Command::new(program);
        let port = self.port.to_string();
        command.stdin(Stdio::null());
        match self.engine {
            Engine::Postgres => command
                .env("PGHOST", "127.0.0.1")
                .env("PGPORT", port)
                .env("PGUSER", user)
                .env("PGPASSWORD", password)
                .env("PGDATABASE", name),
            Engine::Mysql | Engine::Sqlite => command
                .env(
                    "PLACE",
                    format!("--no-defaults --host=127.0.0.1 --port={port} --user={user}"),
                )
                .env("NAME", name)
                .env("MYSQL_PWD", password),
        };
        command
    }

    /// Runs SQL as the administrator.
    pub fn sql(&self, name: &str, text: &str) -> String {
        let line = match self.engine {
            Engine::Postgres => "psql -XAtqc \"$0\"",
            Engine::Mysql | Engine::Sqlite => {
                "mysql $PLACE --batch --skip-column-names --execute=\"$0\" \"$NAME\""
            }
        };
        let output = self
            .client("sh", self.administrator, &self.password, name)
            .args(["-c", line, text])
            .output()
            .expect("sh is there");
        assert!(
            output.status.success(),
            "{text}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_string()
    }

    pub fn create(&self, name: &str) {
        match self.engine {
            Engine::Postgres => {
                self.sql("postgres", &format!("alter role {USER} createdb"));
                let sql = format!("create database \"{name}\" owner {USER} template template0");
                self.sql("postgres", &sql);
            }
            Engine::Mysql | Engine::Sqlite => {
                self.sql("mysql", &format!("create database `{name}`"));
            }
        }
    }

    pub fn drop(&self, name: &str) {
        match self.engine {
            Engine::Postgres => {
                let sql = format!("drop database \"{name}\" with (force)");
                self.sql("postgres", &sql);
            }
            Engine::Mysql | Engine::Sqlite => {
                self.sql("mysql", &format!("drop database `{name}`"));
            }
        }
    }

    /// Bytes on the server's disk.
    pub fn size(&self, name: &str) -> String {
        match self.engine {
            Engine::Postgres => self.sql(name, &format!("select pg_database_size('{name}')")),
            Engine::Mysql | Engine::Sqlite => self.sql(
                name,
                "set session information_schema_stats_expiry = 0; select sum(data_length + index_length) \
                 from information_schema.tables where table_schema = database()",
            ),
        }
    }
}

/// Password and port of `SCHEME://ADMINISTRATOR:PASSWORD@127.0.0.1:PORT/DATABASE`.
fn parts(url: &str, database: &str) -> (String, u16) {
    let found = url.split_once("://").and_then(|(_, rest)| {
        let (user, place) = rest.split_once("@127.0.0.1:")?;
        let (_, password) = user.split_once(':')?;
        let port = place.strip_suffix(database)?.strip_suffix('/')?;
        Some((password.to_string(), port.parse().ok()?))
    });
    found.unwrap_or_else(|| panic!("no URL as tests/testbed/start prints it: {database}"))
}
