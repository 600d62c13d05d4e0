//! A database of one test with a folder for its backups.

use std::sync::Arc;
use std::time::Duration;

use omup::backup::{Leftover, ProveRequest, RestoreRequest, TakeRequest, Taken, take};
use omup::database::{Admin, Database, Target, admin, connect};
use omup::domain::names::{Engine, RunId};
use omup::domain::secret::Secret;
use omup::domain::survey::ConnectionFacts;
use omup::process::{Place, private_file};

use crate::support::folder::Folder;
use crate::support::postgres::{self, PASSWORD, ROLE, Server};

pub struct Room {
    pub folder: Folder,
    pub server: Server,
    pub source: postgres::Database,
    pub database: Arc<dyn Database>,
    pub admin: Arc<dyn Admin>,
}

/// A fresh database filled by `sql`, or `None` where there is no server.
#[track_caller]
pub fn prepared(about: &str, sql: &[&str]) -> Option<(Folder, Server, postgres::Database)> {
    let server = postgres::server()?;
    let source = server.fresh_database(about);
    for statement in sql {
        source.sql(statement);
    }
    Some((Folder::new(about), server, source))
}

impl Room {
    pub async fn open((folder, server, source): (Folder, Server, postgres::Database)) -> Self {
        let private_folder = folder.join("private");
        private_file::create_folder(&private_folder).expect("a private folder");
        let target = Target {
            facts: ConnectionFacts {
                engine: Engine::Postgres,
                host: "127.0.0.1".into(),
                port: server.port,
                database: source.name.clone(),
                user: ROLE.into(),
                params: String::new(),
                origin: std::collections::BTreeMap::new(),
            },
            password: Some(Secret::new(PASSWORD.into())),
            application: "omup test".into(),
            private_folder,
        };
        Self {
            database: connect(target.clone()).await.expect("connected"),
            admin: admin(target).await.expect("connected"),
            folder,
            server,
            source,
        }
    }

    /// A name of ours that no other test uses.
    pub fn scratch(&self) -> String {
        format!("omup_{}", self.source.name)
    }

    pub fn request(&self) -> TakeRequest {
        TakeRequest {
            dir: self.folder.join("backups"),
            run: RunId::parse("20261121-054400-abcd").expect("an id"),
            config: Vec::new(),
            content: true,
            read_lock: false,
            place: Place::Local,
            log: self.folder.join("back-up.log"),
            stall_limit: Duration::from_secs(60),
            server_version: "15".into(),
            openmetadata: None,
            database_bytes: None,
            changed: Vec::new(),
            role: String::new(),
        }
    }

    pub async fn take(&self) -> omup::backup::Result<Taken> {
        take(&self.request(), &*self.database, &|_| {}).await
    }

    pub fn restore_request(&self, taken: &Taken) -> RestoreRequest {
        RestoreRequest {
            folder: taken.folder.clone(),
            target: self.scratch(),
            leftover: Leftover::Drop,
            jobs: 2,
            work: self.folder.join("work"),
            place: Place::Local,
            log: self.folder.join("restore.log"),
            lock: self.folder.join("restore.lock"),
        }
    }

    pub fn prove_request(&self, taken: &Taken) -> ProveRequest {
        ProveRequest {
            restore: self.restore_request(taken),
            keep: false,
        }
    }

    /// No scratch copy, no unpacked archive, and the password in no file.
    pub fn assert_clean(&self) {
        let left = self.server.sql(
            "postgres",
            &format!(
                "select count(*) from pg_database where datname = '{}'",
                self.scratch()
            ),
        );
        assert_eq!(left, "0", "the scratch copy stays");
        let work = std::fs::read_dir(self.folder.join("work"));
        assert_eq!(work.map_or(0, Iterator::count), 0, "the archive stays");
        let private = self.folder.join("private");
        let leaks: Vec<_> = self
            .folder
            .files_with(PASSWORD)
            .into_iter()
            .filter(|file| !file.starts_with(&private))
            .collect();
        assert!(leaks.is_empty(), "{leaks:?}");
    }
}
