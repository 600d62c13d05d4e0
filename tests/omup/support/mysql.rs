//! The MySQL servers of the test bed, reached through `mysql` 9.7, and one fresh database for each test.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::skip::skip;
use super::tool::from_environment;

/// The ordinary user that owns the tests' databases, and its password: a canary, searched for in all output.
/// It has all rights on databases whose names begin with `t_` and `omup_`, and none anywhere else.
pub const USER: &str = "om";
pub const PASSWORD: &str = "om-secret-canary";

/// A user that also sees what others do and may end it; made by the first test that asks for it.
pub const WATCHER: &str = "om_sees";

/// A running server, always on 127.0.0.1.
#[derive(Debug, Clone)]
pub struct Server {
    pub port: u16,
    root_password: String,
    programs: PathBuf,
}

/// A database of its own for one test. Dropped when the test passes, kept when it fails.
pub struct Database {
    pub server: Server,
    pub name: String,
    /// Whose it is, for a deployment on it: `USER`, or one with more rights.
    pub user: &'static str,
}

/// MySQL 9.7 with GTIDs, or `None` and the test is recorded as skipped.
#[track_caller]
pub fn server() -> Option<Server> {
    named("mysql")
}

/// MySQL 8.0.33 with the same users.
#[track_caller]
pub fn old_server() -> Option<Server> {
    named("mysql80")
}

#[track_caller]
fn named(name: &str) -> Option<Server> {
    match (from_environment(name), from_environment("mysql_tools")) {
        (Ok(url), Ok(programs)) => Some(Server::of(&url, programs.into()).unwrap_or_else(|| {
            panic!("{name}: the URL is not mysql://root:PASSWORD@127.0.0.1:PORT/mysql")
        })),
        (Err(reason), _) | (Ok(_), Err(reason)) => {
            skip(&reason);
            None
        }
    }
}

impl Server {
    /// `mysql://root:PASSWORD@127.0.0.1:PORT/mysql`, as the test bed prints it.
    pub fn of(url: &str, programs: PathBuf) -> Option<Server> {
        let rest = url.strip_prefix("mysql://root:")?;
        let (password, place) = rest.split_once("@127.0.0.1:")?;
        Some(Server {
            port: place.strip_suffix("/mysql")?.parse().ok()?,
            root_password: password.to_owned(),
            programs,
        })
    }

    /// The folder with the client programs of MySQL 9.7.
    pub fn programs(&self) -> &std::path::Path {
        &self.programs
    }

    /// A client program of MySQL, pointed at this server as `root`; no password in its arguments.
    pub fn client(&self, program: &str) -> Command {
        self.client_as("root", &self.root_password, program)
    }

    /// The same as any user.
    pub fn client_as(&self, user: &str, password: &str, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(["--no-defaults", "--host=127.0.0.1"])
            .arg(format!("--port={}", self.port))
            .arg(format!("--user={user}"))
            .arg("--default-character-set=utf8mb4")
            .env("MYSQL_PWD", password)
            .stdin(Stdio::null());
        command
    }

    /// Runs SQL as `root`; gives the rows, columns separated by tabs, values escaped as `mysql --batch` does.
    ///
    /// # Panics
    /// When the server refuses it.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        run(batch(self.client("mysql"), database, sql), sql)
    }

    /// Whether it lives; a test may have killed it.
    pub fn answers(&self) -> bool {
        batch(self.client("mysql"), "mysql", "select 1")
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// Makes a fresh database that `USER` has all rights on. `about` becomes a part of its name.
    #[track_caller]
    pub fn fresh_database(&self, about: &str) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "t_{about}_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        self.sql("mysql", &format!("create database `{name}`"));
        Database {
            server: self.clone(),
            name,
            user: USER,
        }
    }

    /// The same for `WATCHER`.
    #[track_caller]
    pub fn watched_database(&self, about: &str) -> Database {
        self.sql(
            "mysql",
            &format!(
                "create user if not exists {WATCHER}@'%' identified with caching_sha2_password by '{PASSWORD}';
                 grant all privileges on `t\\_%`.* to {WATCHER}@'%'; grant all privileges on `omup\\_%`.* to {WATCHER}@'%';
                 grant process, connection_admin on *.* to {WATCHER}@'%';
                 grant select on performance_schema.* to {WATCHER}@'%'"
            ),
        );
        let mut database = self.fresh_database(about);
        database.user = WATCHER;
        database
    }
}

impl Database {
    /// Where the database is, as `USER` with its password: `mysql://om:...@127.0.0.1:PORT/NAME`.
    pub fn url(&self) -> String {
        format!(
            "mysql://{USER}:{PASSWORD}@127.0.0.1:{}/{}",
            self.server.port, self.name
        )
    }

    /// Runs SQL as the database's user; gives the rows as [`Server::sql`].
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        let client = self.server.client_as(USER, PASSWORD, "mysql");
        run(batch(client, &self.name, sql), sql)
    }

    /// Runs SQL as `root` in this database.
    #[track_caller]
    pub fn sql_as_root(&self, sql: &str) -> String {
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
        // A session whose client is gone holds its tables until the server notices, and the drop waits for it.
        let sql = format!(
            "select concat('kill connection ', id) from performance_schema.processlist where db = '{}'",
            self.name
        );
        let root = |sql: &str| batch(self.server.client("mysql"), "mysql", sql).output();
        let left = root(&sql).map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        for kill in left.unwrap_or_default().lines() {
            // One that ended meanwhile is what was wanted.
            let _ = root(kill);
        }
        let dropped = root(&format!("drop database if exists `{}`", self.name));
        if !dropped.is_ok_and(|output| output.status.success()) {
            eprintln!("cannot drop the database {}", self.name);
        }
    }
}

fn batch(mut client: Command, database: &str, sql: &str) -> Command {
    client.args(["--batch", "--skip-column-names", "--quick"]);
    client.arg(format!("--execute={sql}")).arg(database);
    client
}

#[track_caller]
fn run(mut command: Command, sql: &str) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("cannot start mysql: {error}"));
    assert!(
        output.status.success(),
        "{sql}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .trim_end_matches('\n')
        .to_owned()
}
