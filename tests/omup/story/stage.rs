//! A practice deployment on one engine, with its old server running and answers that confirm the plan.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::Row as _;

use crate::support::digest::{self, Contents};
use crate::support::engine::{Database, Engine, Server};
use crate::support::folder::Folder;
use crate::support::omup::{Ended, Omup};
use crate::support::port;
use crate::support::{mysql, postgres};

/// Longest wait for a whole run on the small seed.
pub const RUN: Duration = Duration::from_secs(180);

pub struct Stage {
    pub folder: Folder,
    pub made: serde_json::Value,
    pub server_port: u16,
    /// `None`: the embedded SQLite.
    database: Option<Database>,
}

/// What differs between stages of one engine.
#[derive(Debug, Clone)]
pub struct Setting {
    pub size: &'static str,
    /// How long the longest query's text is.
    pub longest_query: Option<&'static str>,
    pub owner: &'static str,
    pub faults: String,
    /// More lines for the answers, whole sections.
    pub answers: String,
    /// Start the old server.
    pub serve: bool,
    pub confirm: bool,
    /// The port that the deployment is configured with, for something that stands before the server.
    pub database_port: Option<u16>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            size: "1MB",
            longest_query: None,
            owner: "pid-file",
            faults: String::new(),
            answers: String::new(),
            serve: true,
            confirm: true,
            database_port: None,
        }
    }
}

impl Stage {
    /// On the embedded SQLite; always there.
    pub fn sqlite(name: &str, setting: &Setting) -> Stage {
        Self::make(name, setting, None)
    }

    /// On the test bed's server of this engine, or `None` and the test is recorded as skipped.
    #[track_caller]
    pub fn of(engine: Engine, name: &str, setting: &Setting) -> Option<Stage> {
        Some(Self::on(&engine.server()?, name, setting))
    }

    /// The same on another server.
    pub fn on(server: &Server, name: &str, setting: &Setting) -> Stage {
        let database = server.fresh_database(&name.replace('-', "_"));
        if let Database::Postgres(database) = &database {
            database.sql_as_superuser(&format!("alter role {} createdb", postgres::ROLE));
        }
        Self::make(name, setting, Some(database))
    }

    /// On the test bed's PostgreSQL, or `None` and the test is recorded as skipped.
    #[track_caller]
    pub fn postgres(name: &str, setting: &Setting) -> Option<Stage> {
        Self::of(Engine::Postgres, name, setting)
    }

    /// On the test bed's MySQL 9.7, or `None` and the test is recorded as skipped.
    #[track_caller]
    pub fn mysql(name: &str, setting: &Setting) -> Option<Stage> {
        Self::of(Engine::Mysql, name, setting)
    }

    /// The same for a user who sees other sessions and may end them.
    #[track_caller]
    pub fn watched_mysql(name: &str, setting: &Setting) -> Option<Stage> {
        let database = mysql::server()?.watched_database(&name.replace('-', "_"));
        Some(Self::make(name, setting, Some(Database::Mysql(database))))
    }

    fn make(name: &str, setting: &Setting, database: Option<Database>) -> Stage {
        let folder = Folder::new(name);
        let (server_port, admin_port) = (port::free(), port::free());
        let mut arguments: Vec<String> = ["practice", "make"].map(String::from).to_vec();
        arguments.push(folder.join("deployment").display().to_string());
        let mut push = |name: &str, value: String| arguments.extend([name.to_string(), value]);
        push("--size", setting.size.to_string());
        push("--owner", setting.owner.to_string());
        if let Some(bytes) = setting.longest_query {
            push("--longest-query", bytes.to_string());
        }
        push("--server-port", server_port.to_string());
        push("--admin-port", admin_port.to_string());
        match &database {
            None => push("--engine", "sqlite".to_string()),
            Some(database) => {
                arguments.extend(database.practice_arguments(&folder));
                if let Some(port) = setting.database_port
                    && let Some(at) = arguments.iter().position(|argument| argument == "--port")
                {
                    arguments[at + 1] = port.to_string();
                }
            }
        }
        let ended = Omup::new(&folder).args(arguments).run(RUN).expect(0);
        let made: serde_json::Value =
            serde_json::from_str(&ended.stdout).expect("practice make prints JSON");
        let stage = Stage {
            folder,
            made,
            server_port,
            database,
        };
        stage.faults(&setting.faults);
        if setting.serve {
            stage.script("old_home", "start");
            stage.wait_for_server();
        }
        stage.answer(&setting.answers, setting.confirm);
        stage
    }

    pub fn home(&self, side: &str) -> PathBuf {
        PathBuf::from(self.made[side].as_str().expect("a path"))
    }

    pub fn answers(&self) -> PathBuf {
        self.folder.join("answers.toml")
    }

    pub fn backups(&self) -> PathBuf {
        self.folder.join("backups")
    }

    /// Replaces the practice deployment's faults.
    pub fn faults(&self, text: &str) {
        std::fs::write(self.made["faults_file"].as_str().expect("a path"), text)
            .expect("write the faults");
    }

    /// Runs `bin/openmetadata.sh WORD` of one side.
    pub fn script(&self, side: &str, word: &str) {
        let home = self.home(side);
        let status = std::process::Command::new(home.join("bin/openmetadata.sh"))
            .arg(word)
            .current_dir(&home)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .expect("the script starts");
        assert!(status.code().is_some(), "{word}: {status}");
    }

    /// The version that answers on the API now.
    pub fn serving(&self) -> Option<String> {
        let url = format!(
            "http://127.0.0.1:{}/api/v1/system/version",
            self.server_port
        );
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(2)))
            .build()
            .into();
        let document: serde_json::Value =
            agent.get(&url).call().ok()?.body_mut().read_json().ok()?;
        document["version"].as_str().map(String::from)
    }

    pub fn wait_for_server(&self) {
        crate::support::wait::until("the practice server", Duration::from_secs(30), || {
            self.serving()
        });
    }

    /// Writes the answers; with `confirm`, the plan is looked at first and confirmed as an operator would.
    pub fn answer(&self, more: &str, confirm: bool) {
        let base = format!(
            "[deployment]\nkind = \"bare-metal\"\nold_home = {:?}\nnew_home = {:?}\n\n[backup]\ndir = {:?}\n\n{more}\n",
            self.home("old_home"),
            self.home("new_home"),
            self.backups(),
        );
        std::fs::write(self.answers(), &base).expect("write the answers");
        if !confirm {
            return;
        }
        let plan = self.omup(&["plan", "--json", "--answers"], true).expect(0);
        let plan: serde_json::Value = serde_json::from_str(&plan.stdout).expect("plan --json");
        let confirmed = format!(
            "{base}\n[confirm]\nplan = {}\nserver = {}\nstart_of_downtime = {}\npoint_of_no_return = {}\n",
            plan["plan_digest"], plan["server"], plan["database"], plan["database"]
        );
        std::fs::write(self.answers(), confirmed).expect("write the answers");
    }

    /// One call of omup with the state folder of this stage; `answers` appends the answers file.
    pub fn omup(&self, arguments: &[&str], answers: bool) -> Ended {
        self.call(arguments, answers).run(RUN)
    }

    pub fn call(&self, arguments: &[&str], answers: bool) -> Omup {
        let omup = Omup::new(&self.folder)
            .args(arguments)
            .env("PATH", self.path());
        if answers {
            omup.args([self.answers()])
        } else {
            omup
        }
    }

    /// `PATH` with the client programs of the stage's engine first.
    pub fn path(&self) -> std::ffi::OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        match self.mysql_database() {
            Some(database) => {
                let folders = std::iter::once(database.server.programs().to_path_buf())
                    .chain(std::env::split_paths(&path));
                std::env::join_paths(folders).expect("PATH")
            }
            None => path,
        }
    }

    /// Where this stage's `PATH` finds a real tool.
    #[track_caller]
    pub fn real(&self, tool: &str) -> PathBuf {
        std::env::split_paths(&self.path())
            .map(|folder| folder.join(tool))
            .find(|file| file.is_file())
            .unwrap_or_else(|| panic!("{tool} is not on PATH"))
    }

    /// `omup status --json` of the newest run.
    pub fn status(&self) -> serde_json::Value {
        let ended = self.omup(&["status", "--json"], false).expect(0);
        serde_json::from_str(&ended.stdout).expect("status --json")
    }

    /// The folder of the newest run.
    pub fn run_folder(&self) -> PathBuf {
        PathBuf::from(self.status()["folder"].as_str().expect("a folder"))
    }

    /// The content of a database of this stage by a way that shares nothing with omup.
    pub fn contents(&self, name: &str) -> Contents {
        match &self.database {
            Some(database) => std::mem::ManuallyDrop::new(database.beside(name)).contents(),
            None => sqlite_contents(&self.sqlite_file(name)),
        }
    }

    fn sqlite_file(&self, name: &str) -> PathBuf {
        let file = PathBuf::from(self.made["database_file"].as_str().expect("a path"));
        file.with_file_name(format!("{name}.db"))
    }

    /// The configured database name at the beginning.
    pub fn database_name(&self) -> String {
        match &self.database {
            Some(database) => database.name().to_string(),
            None => PathBuf::from(self.made["database_file"].as_str().expect("a path"))
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned(),
        }
    }

    /// Versions that `SERVER_CHANGE_LOG` records as done.
    pub fn recorded_versions(&self, name: &str) -> Vec<String> {
        let sql = "select version from SERVER_CHANGE_LOG order by 1";
        match &self.database {
            Some(database) => std::mem::ManuallyDrop::new(database.beside(name))
                .sql(sql)
                .lines()
                .map(String::from)
                .collect(),
            None => sqlite_rows(&self.sqlite_file(name), sql),
        }
    }

    /// The content without what differs by nature from run to run: the bookkeeping's times, paths and random checksums.
    pub fn comparable(&self) -> Contents {
        let name = self.database_name();
        let mut contents = self.contents(&name);
        contents.retain(|part, _| {
            let part = part.to_lowercase();
            !part.contains("server_change_log") && !part.contains("server_migration_sql_logs")
        });
        let versions = self.recorded_versions(&name).join(",");
        contents.insert("recorded versions".to_string(), versions);
        contents
    }

    /// Not on the embedded SQLite.
    pub fn on_server(&self) -> bool {
        self.database.is_some()
    }

    /// The database of a stage that stands on a server.
    #[track_caller]
    pub fn database(&self) -> &Database {
        let database = self.database.as_ref();
        database.unwrap_or_else(|| panic!("this stage stands on the embedded SQLite"))
    }

    /// The database, when it is one of PostgreSQL.
    pub fn postgres_database(&self) -> Option<&postgres::Database> {
        match &self.database {
            Some(Database::Postgres(database)) => Some(database),
            Some(Database::Mysql(_)) | None => None,
        }
    }

    /// The database, when it is one of MySQL.
    pub fn mysql_database(&self) -> Option<&mysql::Database> {
        match &self.database {
            Some(Database::Mysql(database)) => Some(database),
            Some(Database::Postgres(_)) | None => None,
        }
    }

    /// The ids of this stage's runs as they stand in database names.
    fn runs(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.join("state/runs"))
            .into_iter()
            .flatten()
            .flatten();
        entries
            .filter_map(|entry| Some(entry.file_name().to_str()?.replace('-', "_")))
            .collect()
    }

    /// Every database of this stage's server that belongs to it or to omup.
    pub fn databases(&self) -> Vec<String> {
        match &self.database {
            Some(database) => database
                .server()
                .all_names()
                .into_iter()
                .filter(|name| {
                    name.starts_with(database.name())
                        || self.runs().iter().any(|run| name.contains(run))
                })
                .collect(),
            None => {
                let folder = PathBuf::from(self.made["database_file"].as_str().expect("a path"));
                let entries = std::fs::read_dir(folder.parent().expect("a folder")).expect("list");
                let mut names: Vec<String> = entries
                    .flatten()
                    .filter_map(|e| {
                        e.file_name()
                            .to_str()
                            .and_then(|n| n.strip_suffix(".db"))
                            .map(String::from)
                    })
                    .collect();
                names.sort();
                names
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for side in ["old_home", "new_home"] {
            let pids = self.home(side).join("logs/openmetadata.pid");
            if let Ok(text) = std::fs::read_to_string(pids)
                && let Ok(pid) = text.trim().parse::<u32>()
                && let Some(process) = crate::support::process::Process::of(pid)
            {
                process.kill_tree();
            }
        }
        if let Some(database) = &self.database
            && !std::thread::panicking()
            && database.server().answers()
        {
            for name in self
                .databases()
                .into_iter()
                .filter(|name| name != database.name() && name.starts_with(database.name()))
            {
                // Its own guard drops it.
                drop(database.beside(&name));
            }
        }
    }
}

pub fn sqlite_rows(file: &std::path::Path, sql: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime");
    runtime.block_on(async {
        use sqlx::ConnectOptions as _;
        let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(file)
            .read_only(true)
            .connect()
            .await
            .expect("open");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql.to_string()))
            .fetch_all(&mut connection)
            .await
            .expect(sql);
        rows.iter()
            .map(|row| {
                row.try_get::<Option<String>, _>(0)
                    .expect("text")
                    .unwrap_or_default()
            })
            .collect()
    })
}

/// Writes to a practice database as somebody else would.
pub fn sqlite_execute(file: &std::path::Path, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime");
    runtime.block_on(async {
        use sqlx::ConnectOptions as _;
        let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(file)
            .connect()
            .await
            .expect("open");
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_string()))
            .execute(&mut connection)
            .await
            .expect(sql);
        assert!(done.rows_affected() > 0, "{sql}");
    });
}

pub fn sqlite_contents(file: &std::path::Path) -> Contents {
    let mut contents = Contents::new();
    let tables = sqlite_rows(
        file,
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by 1",
    );
    for table in tables {
        let quoted = table.replace('"', "\"\"");
        let columns = sqlite_rows(
            file,
            &format!(
                "select name from pragma_table_xinfo('{}') order by cid",
                table.replace('\'', "''")
            ),
        );
        let cells: Vec<String> = columns
            .iter()
            .map(|c| format!("quote(\"{}\")", c.replace('"', "\"\"")))
            .collect();
        let rows = sqlite_rows(
            file,
            &format!(
                "select {} as r from \"{quoted}\" order by 1",
                cells.join(" || ',' || ")
            ),
        );
        contents.insert(
            format!("table {table}"),
            digest::hash(rows.join("\n").as_bytes()),
        );
    }
    let schema = sqlite_rows(
        file,
        "select coalesce(sql, '') from sqlite_master order by type, name",
    );
    contents.insert(
        "schema".to_string(),
        digest::hash(schema.join("\n").as_bytes()),
    );
    contents
}
