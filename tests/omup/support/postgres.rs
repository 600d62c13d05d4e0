//! The PostgreSQL servers of the test bed, reached through `psql`, and one fresh database for each test.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::skip::skip;
use super::tool::from_environment;

/// The ordinary role that owns the tests' databases, and its password: a canary, searched for in all output.
pub const ROLE: &str = "om";
pub const PASSWORD: &str = "om-secret-canary";

/// A running server, always on 127.0.0.1.
#[derive(Debug, Clone)]
pub struct Server {
    pub port: u16,
    superuser_password: String,
}

/// A database of its own for one test, owned by `ROLE`. Dropped when the test passes, kept when it fails.
pub struct Database {
    pub server: Server,
    pub name: String,
}

/// The first server, or `None` and the test is recorded as skipped.
#[track_caller]
pub fn server() -> Option<Server> {
    named("postgres")
}

/// Another server with the same roles: the wrong one.
#[track_caller]
pub fn other_server() -> Option<Server> {
    named("postgres2")
}

#[track_caller]
fn named(name: &str) -> Option<Server> {
    match from_environment(name) {
        Ok(url) => Some(Server::of(&url).unwrap_or_else(|| {
            panic!("{name}: the URL is not postgres://postgres:PASSWORD@127.0.0.1:PORT/postgres")
        })),
        Err(reason) => {
            skip(&reason);
            None
        }
    }
}

fn parse(url: &str) -> Option<Server> {
    let rest = url.strip_prefix("postgres://postgres:")?;
    let (password, place) = rest.split_once("@127.0.0.1:")?;
    Some(Server {
        port: place.strip_suffix("/postgres")?.parse().ok()?,
        superuser_password: password.to_owned(),
    })
}

impl Server {
    /// `postgres://postgres:PASSWORD@127.0.0.1:PORT/postgres`, as the test bed prints it.
    pub fn of(url: &str) -> Option<Server> {
        parse(url)
    }

    /// A client program of PostgreSQL, pointed at this server as the superuser; no password in its arguments.
    pub fn client(&self, program: &str, database: &str) -> Command {
        self.client_as("postgres", &self.superuser_password, program, database)
    }

    /// The same as any role.
    pub fn client_as(&self, role: &str, password: &str, program: &str, database: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", role)
            .env("PGPASSWORD", password)
            .env("PGDATABASE", database)
            .env("PGCONNECT_TIMEOUT", "10")
            .env_remove("PGSERVICE")
            .stdin(Stdio::null());
        command
    }

    /// Runs SQL as the superuser; gives the rows, columns separated by `|`.
    ///
    /// # Panics
    /// When the server refuses it.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        run(psql(self.client("psql", database), sql), sql)
    }

    /// Whether it lives; a test may have killed it.
    pub fn answers(&self) -> bool {
        psql(self.client("psql", "postgres"), "select 1")
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// Makes a fresh database, owned by `ROLE`. `about` becomes a part of its name.
    #[track_caller]
    pub fn fresh_database(&self, about: &str) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "t_{about}_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        // template0 has no open sessions that could be in the way of several tests at once.
        let sql = format!("create database \"{name}\" owner {ROLE} template template0");
        self.sql("postgres", &sql);
        Database {
            server: self.clone(),
            name,
        }
    }
}

impl Database {
    /// Where the database is, as `ROLE` with its password: `postgres://om:...@127.0.0.1:PORT/NAME`.
    pub fn url(&self) -> String {
        format!(
            "postgres://{ROLE}:{PASSWORD}@127.0.0.1:{}/{}",
            self.server.port, self.name
        )
    }

    /// Runs SQL as the database's owner; gives the rows, columns separated by `|`.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        let client = self.server.client_as(ROLE, PASSWORD, "psql", &self.name);
        run(psql(client, sql), sql)
    }

    /// Runs SQL as the superuser in this database.
    #[track_caller]
    pub fn sql_as_superuser(&self, sql: &str) -> String {
        self.server.sql(&self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "kept for a look: database {} on port {}",
                self.name, self.server.port
            );
            return;
        }
        let sql = format!("drop database if exists \"{}\" with (force)", self.name);
        let dropped = psql(self.server.client("psql", "postgres"), &sql).output();
        if !dropped.is_ok_and(|output| output.status.success()) {
            eprintln!("cannot drop the database {}", self.name);
        }
    }
}

fn psql(mut client: Command, sql: &str) -> Command {
    client.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]);
    client
}

#[track_caller]
fn run(mut command: Command, sql: &str) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("cannot start psql: {error}"));
    assert!(
        output.status.success(),
        "{sql}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}
