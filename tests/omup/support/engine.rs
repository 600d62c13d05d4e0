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

    /// The test bed's server, or `None` and the test is recorded as skipped.
    #[track_caller]
    pub fn server(self) -> Option<Server> {
        Some(match self {
            Engine::Postgres => Server::Postgres(postgres::server()?),
            Engine::Mysql => Server::Mysql(mysql::server()?),
            Engine::OldMysql => Server::Mysql(mysql::old_server()?),
        })
    }

    /// A fresh database that an ordinary user owns, or `None` and the test is recorded as skipped.
    #[track_caller]
    pub fn fresh_database(self, about: &str) -> Option<Database> {
        Some(self.server()?.fresh_database(about))
    }

    /// The dump tool, one of the words that only a dump has among its arguments, and the name that it
    /// gives the server.
    pub fn dump_tool(self) -> Tool {
        match self {
            Engine::Postgres => Tool {
                program: "pg_dump",
                word: "-Fc",
                application: "omup dump",
            },
            Engine::Mysql | Engine::OldMysql => Tool {
                program: "mysqldump",
                word: "--single-transaction",
                application: "mysqldump",
            },
        }
    }

    /// The same of the tool that fills a new database.
    pub fn restore_tool(self) -> Tool {
        match self {
            Engine::Postgres => Tool {
                program: "pg_restore",
                word: "--exit-on-error",
                application: "omup restore",
            },
            Engine::Mysql | Engine::OldMysql => Tool {
                program: "mysql",
                word: "--binary-mode",
                application: "mysql",
            },
        }
    }
}

/// A client program as omup calls it for one purpose.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    pub program: &'static str,
    /// An argument that calls for other purposes do not have.
    pub word: &'static str,
    /// What the server shows as the session's program.
    pub application: &'static str,
}

/// A server of any engine, the test bed's or a test's own.
#[derive(Debug, Clone)]
pub enum Server {
    Postgres(postgres::Server),
    Mysql(mysql::Server),
}

impl Server {
    pub fn port(&self) -> u16 {
        match self {
            Server::Postgres(server) => server.port,
            Server::Mysql(server) => server.port,
        }
    }

    /// Runs SQL as the administrator, outside of any test's database.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        match self {
            Server::Postgres(server) => server.sql("postgres", sql),
            Server::Mysql(server) => server.sql("mysql", sql),
        }
    }

    #[track_caller]
    pub fn fresh_database(&self, about: &str) -> Database {
        match self {
            Server::Postgres(server) => Database::Postgres(server.fresh_database(about)),
            Server::Mysql(server) => Database::Mysql(server.fresh_database(about)),
        }
    }

    /// An empty database of this very name, owned by the ordinary user.
    #[track_caller]
    pub fn empty_database(&self, name: &str) -> Database {
        let name = name.to_owned();
        match self {
            Server::Postgres(server) => {
                let role = postgres::ROLE;
                self.sql(&format!(
                    "create database \"{name}\" owner {role} template template0"
                ));
                let server = server.clone();
                Database::Postgres(postgres::Database { server, name })
            }
            Server::Mysql(server) => {
                self.sql(&format!("create database `{name}`"));
                let server = server.clone();
                let user = mysql::USER;
                Database::Mysql(mysql::Database { server, name, user })
            }
        }
    }

    /// Names of all its databases.
    pub fn all_names(&self) -> Vec<String> {
        let names = self.sql(match self {
            Server::Postgres(_) => "select datname from pg_database order by 1",
            Server::Mysql(_) => "show databases",
        });
        names.lines().map(String::from).collect()
    }

    /// Whether it lives; a test may have killed it.
    pub fn answers(&self) -> bool {
        match self {
            Server::Postgres(server) => server.answers(),
            Server::Mysql(server) => server.answers(),
        }
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

    pub fn server(&self) -> Server {
        match self {
            Database::Postgres(database) => Server::Postgres(database.server.clone()),
            Database::Mysql(database) => Server::Mysql(database.server.clone()),
        }
    }

    /// The newest server of each kind stands for the kind.
    pub fn engine(&self) -> Engine {
        match self {
            Database::Postgres(_) => Engine::Postgres,
            Database::Mysql(_) => Engine::Mysql,
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

    /// Runs SQL in it as the server's administrator; gives the rows as [`Database::sql`].
    #[track_caller]
    pub fn sql_as_administrator(&self, sql: &str) -> String {
        match self {
            Database::Postgres(database) => database.sql_as_superuser(sql),
            Database::Mysql(database) => database.sql_as_root(sql),
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
}
