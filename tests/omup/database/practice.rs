//! The practice SQLite behind the same traits, with the practice tools as children.

use std::path::Path;
use std::sync::Arc;

use omup::database::{Admin, Database, DatabaseError, Target, admin, connect};
use omup::domain::names::Engine;
use omup::domain::survey::ConnectionFacts;
use omup::process::ToolCommand;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use super::bench::{content, differences, good, run};
use crate::support::folder::Folder;

const SCHEMA: &str = r#"
    PRAGMA journal_mode = WAL;
    CREATE TABLE table_entity (id TEXT GENERATED ALWAYS AS (json ->> '$.id') STORED, json TEXT NOT NULL, updatedAt BIGINT);
    INSERT INTO table_entity (json, updatedAt) SELECT json_object('id', value), 1000 + value FROM generate_series(1, 1200);
    CREATE TABLE "a""b;drop ${x}" (v, w REAL);
    INSERT INTO "a""b;drop ${x}" VALUES ('it''s', 0.1), (NULL, NULL), (x'00ff', 1e300), ('a' || char(0) || 'b', 2), (1, '1');
    CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, t); INSERT INTO counted (t) VALUES (1), (2);
    CREATE INDEX table_entity_at ON table_entity (updatedAt);
    CREATE VIEW newest AS SELECT max(updatedAt) FROM table_entity;
    CREATE TRIGGER touched AFTER UPDATE ON counted BEGIN SELECT 1; END;
    CREATE TABLE SERVER_CHANGE_LOG (installed_rank INTEGER, version VARCHAR(256) PRIMARY KEY, migrationFileName TEXT, checksum TEXT);
    INSERT INTO SERVER_CHANGE_LOG VALUES (1, '1.9.0', 'f', 'c'), (2, '1.10.0', 'f', 'd');
    CREATE TABLE SERVER_MIGRATION_SQL_LOGS (version TEXT, sqlStatement TEXT, checksum TEXT PRIMARY KEY, executedAt TIMESTAMP);
    INSERT INTO SERVER_MIGRATION_SQL_LOGS VALUES ('1.10.0', 'SELECT 1', 'b1698e52a0f16203489454196a0c6307', 1), ('1.10.0', 'x', 'y', 2);
"#;

struct Ground {
    folder: Folder,
}

impl Ground {
    async fn new() -> Self {
        let folder = Folder::new("practice-db");
        folder.write(".omup-practice", "");
        let ground = Self { folder };
        let schema = SCHEMA.replace(
            "FROM generate_series(1, 1200)",
            "FROM (WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < 1200) SELECT value FROM n)",
        );
        std::fs::File::create(ground.file("om")).unwrap_or_else(|error| panic!("{error}"));
        ground.sql("om", &schema).await;
        ground
    }

    fn file(&self, database: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("{database}.db"))
    }

    async fn sql(&self, database: &str, sql: &str) {
        let url = format!("sqlite://{}", self.file(database).display());
        let mut session = SqliteConnection::connect(&url)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut session)
            .await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
        session
            .close()
            .await
            .unwrap_or_else(|error| panic!("{error}"));
    }

    fn target(&self, database: &str) -> Target {
        Target {
            facts: ConnectionFacts {
                engine: Engine::Sqlite,
                host: self.folder.path().display().to_string(),
                port: 0,
                database: database.to_owned(),
                user: String::new(),
                params: String::new(),
                origin: Default::default(),
            },
            password: None,
            application: "omup test".to_owned(),
            private_folder: self.folder.path().to_path_buf(),
        }
    }

    async fn connect(&self) -> Arc<dyn Database> {
        good(connect(self.target("om")).await)
    }

    async fn admin(&self) -> Arc<dyn Admin> {
        good(admin(self.target("om")).await)
    }
}

/// In a test the running program is not omup, whose sub-command the tool is.
fn ours(mut tool: ToolCommand) -> ToolCommand {
    tool.program = env!("CARGO_BIN_EXE_omup").into();
    tool
}

#[tokio::test]
async fn a_restored_practice_database_equals_its_source_while_others_write() {
    let ground = Ground::new().await;
    let admin = ground.admin().await;
    let source = admin.looking();
    let mut snapshot = good(source.snapshot().await);
    ground.sql("om", "INSERT INTO counted (t) VALUES (3)").await;
    let archive = ground.folder.path().join("dump.sql");
    run(&ours(source.dump_tool(snapshot.id())), None, Some(&archive)).well();
    run(
        &ours(source.check_tool().expect("practice has one")),
        Some(&archive),
        None,
    )
    .well();
    let text = std::fs::read_to_string(&archive).unwrap_or_default();
    assert_eq!(
        source.tables_in_archive(&text),
        good(snapshot.tables().await)
    );
    assert!(
        source.list_tool().is_none() && source.trailer().is_some_and(|line| text.contains(line))
    );
    let before = good(snapshot.content(&|_, _, _| {}).await);
    let shape = good(snapshot.shape().await);
    good(snapshot.close().await);
    assert_eq!(before.tables["table_entity"].rows, 1200);
    assert_eq!(before.sequences["counted"], "2,true");

    good(admin.create("omup_copy", &shape).await);
    assert!(admin.create("omup_copy", &shape).await.is_err());
    run(
        &ours(admin.restore_tool("omup_copy", &archive, 2)),
        None,
        None,
    )
    .well();
    let copy = good(source.sibling("omup_copy").await);
    assert_eq!(differences(&before, &content(&*copy).await), [""; 0]);
    assert_eq!(
        differences(&before, &content(source).await),
        [
            "counted: 2 rows in the source, 3 in the copy",
            "counted: sequence at 2,true in the source, 3,true in the copy"
        ]
    );
    for (change, seen) in [
        (
            "UPDATE \"a\"\"b;drop ${x}\" SET w = 0.2 WHERE w = 0.1",
            "a\"b;drop ${x}: same 5 rows, other content",
        ),
        (
            "UPDATE table_entity SET json = json_set(json, '$.x', 1) WHERE id = 7",
            "table_entity: same 1200 rows",
        ),
        ("DROP TRIGGER touched", "trigger touched: is missing"),
        (
            "CREATE TABLE extra (a)",
            "extra: table stands only in the copy",
        ),
    ] {
        ground.sql("omup_copy", change).await;
        let found = differences(&before, &content(&*copy).await);
        assert!(
            found.iter().any(|line| line.contains(seen)),
            "{change}: {found:?}"
        );
    }
    good(admin.drop_ours("omup_copy").await);
    assert!(!good(source.exists("omup_copy").await));
    assert!(admin.drop_ours("om").await.is_err());
    let left: Vec<String> = good(source.databases().await);
    assert_eq!(left, ["om"]);
    assert!(
        leftovers(ground.folder.path()).is_empty(),
        "a snapshot's copy was left behind"
    );
}

fn leftovers(folder: &Path) -> Vec<std::ffi::OsString> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{error}"));
    entries
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().contains("snapshot"))
        .collect()
}

#[tokio::test]
async fn facts_and_history_of_a_practice_database() {
    let ground = Ground::new().await;
    let database = ground.connect().await;
    let facts = good(database.facts().await);
    assert_eq!(facts.identity, good(database.identity().await));
    assert!(
        facts.bytes > 10_000 && facts.rights.iter().all(|right| right.held) && !facts.read_only
    );
    assert_eq!(
        facts.largest_table.map(|table| table.0).as_deref(),
        Some("table_entity")
    );
    let history = good(database.history().await);
    assert_eq!(
        history
            .highest()
            .map(|version| version.to_string())
            .as_deref(),
        Some("1.10.0")
    );
    assert_eq!(
        (history.foreign_checksums, history.flyway.is_none()),
        (1, true)
    );
    assert_eq!(good(database.recorded_statements().await)["1.10.0"], 2);
    assert_eq!(good(database.entity_counts().await)["table_entity"], 1200);
    assert_eq!(good(database.writes_since(2_200).await), 1);
    assert_eq!(
        database.migration_params("a=1", "omup r", Some(5)),
        "a=1&options=-c%20work_mem%3D64kB&ApplicationName=omup%20r"
    );
    assert!(matches!(
        connect(ground.target("nobody")).await.err(),
        Some(DatabaseError::NoSuchDatabase { .. })
    ));
    assert!(connect(ground.target("../om")).await.is_err());
    ground.folder.write(
        "text.db",
        "this is no database, it is text, and long enough to be seen as such".repeat(20),
    );
    assert!(connect(ground.target("text")).await.is_err());
}

#[tokio::test]
async fn one_holder_of_a_practice_database_and_its_users() {
    let ground = Ground::new().await;
    let (one, two) = (ground.admin().await, ground.admin().await);
    let mut lock = good(one.lock("run r1 by anna").await);
    assert!(lock.held().await);
    let told = two
        .lock("r2")
        .await
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(told.contains("run r1 by anna"), "{told}");
    lock.release().await;
    good(two.lock("r2").await).release().await;

    assert!(good(one.looking().sessions().await).is_empty());
    let file = ground.file("om");
    let input = std::fs::File::open(&file).unwrap_or_else(|error| panic!("{error}"));
    let mut child = std::process::Command::new("sleep")
        .arg("600")
        .stdin(input)
        .spawn()
        .unwrap_or_else(|error| panic!("{error}"));
    let sessions = good(one.looking().sessions().await);
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert!(sessions[0].pid == i64::from(child.id()) && !sessions[0].ours);
    good(one.end_sessions(&[sessions[0].pid]).await);
    let ended = child.wait().unwrap_or_else(|error| panic!("{error}"));
    assert!(!ended.success());
    assert!(one.set_standing_sort_memory(Some("20MB")).await.is_err());
}
