//! What these stories share: a target, and a database with everything that OpenMetadata uses and
//! much that it does not.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use omup::database::{Admin, Database, Target, admin, connect};
use omup::domain::names::Engine;
use omup::domain::secret::Secret;
use omup::domain::survey::ConnectionFacts;

use crate::support::folder::Folder;
use crate::support::mysql::{self, PASSWORD, Server, USER};

/// By the database's owner, through a client that knows DELIMITER.
const OWNER: &str = r#"
    create table table_entity (
        id varchar(36) generated always as (json_unquote(json_extract(json, '$.id'))) stored not null,
        json json not null,
        updatedAt bigint unsigned generated always as (json_extract(json, '$.updatedAt')) virtual not null,
        name varchar(256) generated always as (json ->> '$.name') virtual,
        nameHash varchar(256) character set ascii collate ascii_bin not null,
        deleted tinyint(1) generated always as (json_extract(json, '$.deleted')) virtual,
        primary key (id), unique key (nameHash), key by_name (name), key by_time (updatedAt));
    set session cte_max_recursion_depth = 10000;
    insert into table_entity (json, nameHash) with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
        select json_object('id', concat('e', i), 'updatedAt', 1700000000000 + i, 'name', repeat('ä', i % 50), 'deleted', false), concat('h', i) from n;
    create table user_entity (id int primary key auto_increment, email varchar(64) collate utf8mb4_0900_as_cs, mood enum('glad', 'sad''s'), flags set('a', 'b'));
    insert into user_entity (email, mood, flags) values ('u1', 'glad', 'a,b'), ('U1', null, ''), (null, 'sad''s', 'b');
    alter table user_entity auto_increment = 100;
    create table odd_types (b bit(9), f float, d double, n decimal(40, 20), t time(6), dt datetime(6), ts timestamp(3) null, y year, bin binary(3),
        vb varbinary(20), bl blob, c char(5), txt text character set latin1, `na``me "x"` text, g point);
    insert into odd_types values (b'101', 0.1, 0.1e0 + 0.2e0, 1.00000000000000000001, '-12:00:00.000001', '2024-01-01 12:00:00.123456',
        '2024-01-01 12:00:00.5', 1999, x'00ff27', '', x'00', 'ab', convert(x'e4' using latin1), 'line\nend ~ , \\ \' "', point(1, 2));
    insert into odd_types values (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
    insert into odd_types (vb, c, txt) values (null, '', '~'), ('', null, '');
    create table `a"b;drop` (id int); create table `tick``ed` (id int); insert into `tick``ed` values (1), (1), (null);
    create table parted (id int, at date) partition by range columns (at) (partition old values less than ('2025-01-01'), partition new values less than maxvalue);
    insert into parted values (1, '2024-05-05'), (2, '2030-01-01');
    create table parent (id int primary key); create table child (id int, foreign key (id) references parent (id) on delete cascade);
    insert into parent values (1); insert into child values (1), (null);
    create table SERVER_CHANGE_LOG (installed_rank bigint unsigned not null auto_increment, version varchar(256) not null, migrationFileName varchar(256) not null,
        checksum varchar(256) not null, installed_on timestamp null default current_timestamp, metrics json, primary key (version), unique key (installed_rank));
    insert into SERVER_CHANGE_LOG (version, migrationFileName, checksum) values ('1.9.0', 'f', 'u1'), ('1.10.0', 'f', 'u2'), ('0.0.15', 'f', 'u3');
    create table SERVER_MIGRATION_SQL_LOGS (version varchar(256) not null, sqlStatement varchar(10000) not null, checksum varchar(256) primary key, executedAt timestamp default current_timestamp);
    insert into SERVER_MIGRATION_SQL_LOGS (version, sqlStatement, checksum) values ('1.10.0', 'SELECT 1', 'b1698e52a0f16203489454196a0c6307'), ('1.10.0', 'SELECT 2', 'fc1c7a0bdce312b20bc3780dd6d41aaa'),
        ('1.9.0', 'SELECT 9', 'foreign'), ('1.9.0', repeat('x', 10000), 'cut');
    create table DATABASE_CHANGE_LOG (installed_rank int primary key, version varchar(50), description varchar(200) not null, success tinyint(1) not null);
    insert into DATABASE_CHANGE_LOG values (1, '000', 'x', 1), (2, '001', 'y', 0);
    create view glad as select id, email from user_entity where mood = 'glad' and email = _utf8mb4'u1';
"#;

/// By `root`: what the owner may not make while the binary log is on.
const ROOT: &str = r#"
    create definer = 'om'@'%' procedure nothing(inout a int) set a = a + 1;
    create definer = 'om'@'%' function twice(a int) returns int deterministic return a * 2;
    create definer = 'om'@'%' trigger told before update on user_entity for each row set new.email = lower(new.email);
    create definer = 'om'@'%' event later on schedule every 1 year starts '2999-01-01' do delete from parent where id = 99;
    create user if not exists omup_test_reader;
    grant select, show view on {database}.* to omup_test_reader;
    grant update on {database}.user_entity to omup_test_reader with grant option;
"#;

/// A server, a folder for password files, and a database of OpenMetadata's shape.
pub struct Bench {
    pub server: Server,
    pub database: mysql::Database,
    pub folder: Folder,
}

impl Bench {
    /// On each server that there is; what is missing is recorded as skipped.
    pub fn each(about: &str) -> Vec<Self> {
        [mysql::server(), mysql::old_server()]
            .into_iter()
            .flatten()
            .map(|server| Self::on(server, about))
            .collect()
    }

    fn on(server: Server, about: &str) -> Self {
        let database = server.fresh_database(about);
        database.sql(OWNER);
        for statement in ROOT
            .replace("{database}", &database.name)
            .trim()
            .split(";\n")
        {
            database.sql_as_root(statement);
        }
        Self {
            server,
            database,
            folder: Folder::new(about),
        }
    }

    pub fn target(&self) -> Target {
        self.target_of(&self.database.name)
    }

    pub fn target_of(&self, database: &str) -> Target {
        Target {
            facts: ConnectionFacts {
                engine: Engine::Mysql,
                host: "127.0.0.1".to_owned(),
                port: self.server.port,
                database: database.to_owned(),
                user: USER.to_owned(),
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

    pub fn archive(&self) -> PathBuf {
        self.folder.path().join("database.sql")
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

impl Drop for Copy {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let sql = format!("drop database if exists `{}`", self.name);
            self.server.sql("mysql", &sql);
        }
    }
}

/// Runs one of our tools with MySQL 9.7's programs first on PATH.
#[track_caller]
pub fn run(
    tool: &omup::process::ToolCommand,
    output: Option<&Path>,
) -> crate::database::bench::Ended {
    let tools = std::env::var("OMUP_TEST_MYSQL_TOOLS").unwrap_or_default();
    let mut tool = tool.clone();
    tool.program = Path::new(&tools).join(&tool.program).into();
    crate::database::bench::run(&tool, tool.stdin.as_deref(), output)
}
