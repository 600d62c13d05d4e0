//! What these stories share: a target, and the tools run as children.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use omup::database::{Admin, Database, Target, admin, connect};
use omup::domain::content::Content;
use omup::domain::names::Engine;
use omup::domain::secret::Secret;
use omup::domain::survey::ConnectionFacts;
use omup::process::{EnvValue, ToolCommand};

use crate::support::folder::Folder;
use crate::support::postgres::{self, PASSWORD, ROLE, Server};

/// A server, a folder for password files, and a database of OpenMetadata's shape.
pub struct Bench {
    pub server: Server,
    pub database: postgres::Database,
    pub folder: Folder,
}

impl Bench {
    /// `None` and the test is recorded as skipped.
    #[track_caller]
    pub fn new(about: &str) -> Option<Self> {
        let server = postgres::server()?;
        let database = server.fresh_database(about);
        database.sql_as_superuser(super::schema::SUPERUSER);
        database.sql(super::schema::OWNER);
        Some(Self {
            server,
            database,
            folder: Folder::new(about),
        })
    }

    pub fn target(&self) -> Target {
        self.target_of(&self.database.name)
    }

    pub fn target_of(&self, database: &str) -> Target {
        Target {
            facts: ConnectionFacts {
                engine: Engine::Postgres,
                host: "127.0.0.1".to_owned(),
                port: self.server.port,
                database: database.to_owned(),
                user: ROLE.to_owned(),
                params: "allowPublicKeyRetrieval=true&useSSL=false&serverTimezone=UTC".to_owned(),
                origin: Default::default(),
            },
            password: Some(Secret::new(PASSWORD.to_owned())),
            application: "omup test".to_owned(),
            private_folder: self.folder.path().to_path_buf(),
        }
    }

    pub async fn connect(&self) -> Arc<dyn Database> {
        connect(self.target())
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    pub async fn admin(&self) -> Arc<dyn Admin> {
        admin(self.target())
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Where a dump may lie.
    pub fn archive(&self) -> PathBuf {
        self.folder.path().join("database.pgdump")
    }

    /// A name that nobody else uses, dropped with its guard.
    pub fn copy(&self) -> Copy {
        Copy {
            server: self.server.clone(),
            name: format!("omup_test_{}", self.database.name),
        }
    }
}

/// A database that omup makes in a test.
pub struct Copy {
    server: Server,
    pub name: String,
}

impl Copy {
    pub fn of(bench: &Bench, name: &str) -> Self {
        Self {
            server: bench.server.clone(),
            name: name.to_owned(),
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let name = self.name.replace('"', "\"\"");
            self.server.sql(
                "postgres",
                &format!("drop database if exists \"{name}\" with (force)"),
            );
        }
    }
}

/// Runs a tool to its end with an environment of its own.
#[track_caller]
pub fn run(tool: &ToolCommand, input: Option<&Path>, output: Option<&Path>) -> Ended {
    let mut command = Command::new(&tool.program);
    command.args(&tool.args).env_clear();
    for name in ["PATH", "HOME", "LANG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    for (name, value) in &tool.env {
        match value {
            EnvValue::Plain(value) => command.env(name, value),
            EnvValue::Secret(value) => command.env(name, value.reveal()),
        };
    }
    let shown = format!("{:?} {:?}", tool.program, tool.args);
    assert!(!shown.contains(PASSWORD), "a password among the arguments");
    command.stdin(match input {
        Some(path) => open(path).into(),
        None => Stdio::null(),
    });
    if let Some(path) = output {
        let file = std::fs::File::create(path).unwrap_or_else(|error| panic!("{error}"));
        command.stdout(file);
    }
    let ended = command
        .output()
        .unwrap_or_else(|error| panic!("cannot start {shown}: {error}"));
    std::io::stdout()
        .write_all(&ended.stderr)
        .unwrap_or_default();
    Ended {
        good: ended.status.success(),
        stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
    }
}

pub struct Ended {
    pub good: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    #[track_caller]
    pub fn well(self) -> Self {
        assert!(self.good, "{}", self.stderr);
        self
    }
}

fn open(path: &Path) -> std::fs::File {
    std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The whole content as of now.
pub async fn content(database: &dyn Database) -> Content {
    let mut snapshot = good(database.snapshot().await);
    let content = good(snapshot.content(&|_, _, _| {}).await);
    good(snapshot.close().await);
    content
}

/// The value, or the error's words as the test's failure.
#[track_caller]
pub fn good<T>(result: omup::database::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// What differs, one line each.
pub fn differences(source: &Content, copy: &Content) -> Vec<String> {
    source
        .differences(copy)
        .iter()
        .map(|difference| format!("{}: {}", difference.what, difference.detail))
        .collect()
}
