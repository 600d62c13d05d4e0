//! The database servers that a story can stand on, so that one story serves all of them. What is special to one engine
//! is asked of its own module.

use std::path::Path;

use super::digest::{self, Contents};
use super::folder::Folder;
use super::{mysql, postgres};

/// A server of the test bed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    /// MySQL 9.7.
    Mysql,
    /// MySQL 8.0.
    OldMysql,
}

impl Engine {
    pub const ALL: [Engine; 3] = [Engine::Postgres, Engine::Mysql, Engine::OldMysql];

    /// What stands before a table's name in a digest.
    pub fn schema(self) -> &'static str {
        match self {
            Engine::Postgres => "public.",
            Engine::Mysql | Engine::OldMysql => "",
        }
    }

    /// The JDBC driver's class.
    pub fn driver(self) -> &'static str {
        match self {
            Engine::Postgres => "org.postgresql.Driver",
            Engine::Mysql | Engine::OldMysql => "com.mysql.cj.jdbc.Driver",
        }
    }

    /// A fresh database that an ordinary user owns, or `None` and the test is recorded as skipped.
    #[track_caller]
    pub fn fresh_database(self, about: &str) -> Option<Database> {
        Some(match self {
            Engine::Postgres => Database::Postgres(postgres::server()?.fresh_database(about)),
            Engine::Mysql => Database::Mysql(mysql::server()?.fresh_database(about)),
            Engine::OldMysql => Database::Mysql(mysql::old_server()?.fresh_database(about)),
        })
    }
}

/// A database of one test on any server. Dropped when the test passes, kept when it fails.
pub enum Database {
    Postgres(postgres::Database),
    Mysql(mysql::Database),
}

impl Database {
    pub fn name(&self) -> &str {
        match self {
            Database::Postgres(database) => &database.name,
            Database::Mysql(database) => &database.name,
        }
    }

    /// The arguments of `omup practice make FOLDER` that point it at this database.
    pub fn practice_arguments(&self, folder: &Folder) -> Vec<String> {
        let (engine, port, user, password) = match self {
            Database::Postgres(database) => (
                "postgres",
                database.server.port,
                postgres::ROLE,
                postgres::PASSWORD,
            ),
            Database::Mysql(database) => (
                "mysql",
                database.server.port,
                database.user,
                mysql::PASSWORD,
            ),
        };
        let password: &Path = &folder.write("password", password);
        [
            ("--engine", engine.to_owned()),
            ("--port", port.to_string()),
            ("--user", user.to_owned()),
            ("--database", self.name().to_owned()),
            ("--password-file", password.display().to_string()),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect()
    }

    /// Runs SQL as the database's owner; gives the rows, columns separated by `|` or a tab.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        match self {
            Database::Postgres(database) => database.sql(sql),
            Database::Mysql(database) => database.sql(sql),
        }
    }

    /// What it holds, by a way that shares nothing with omup.
    #[track_caller]
    pub fn contents(&self) -> Contents {
        match self {
            Database::Postgres(database) => digest::contents(database),
            Database::Mysql(database) => digest::mysql::contents(database),
        }
    }

    /// Another database of the same server, dropped when this value is.
    pub fn beside(&self, name: &str) -> Database {
        match self {
            Database::Postgres(database) => Database::Postgres(postgres::Database {
                server: database.server.clone(),
                name: name.to_owned(),
            }),
            Database::Mysql(database) => Database::Mysql(mysql::Database {
                server: database.server.clone(),
                name: name.to_owned(),
                user: database.user,
            }),
        }
    }

    /// Every database of the server.
    pub fn all_names(&self) -> Vec<String> {
        let names = match self {
            Database::Postgres(database) => database
                .server
                .sql("postgres", "select datname from pg_database order by 1"),
            Database::Mysql(database) => database.server.sql("mysql", "show databases"),
        };
        names.lines().map(String::from).collect()
    }

    /// Whether the server lives; a test may have killed it.
    pub fn answers(&self) -> bool {
        match self {
            Database::Postgres(database) => database.server.answers(),
            Database::Mysql(database) => database.server.answers(),
        }
    }
}
