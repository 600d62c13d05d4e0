//! A healthy deployment to start from: 1.10.7 -> 1.12.4 on PostgreSQL 15, everything on one host.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::domain::answers::{
    Answers, BackupAnswers, ClientAnswers, ConfirmAnswers, DatabaseAnswers, DeploymentAnswers,
    KnownAnswers, MemoryAnswers, RunAnswers, ServerAnswers, ValidateAnswers,
};
use crate::domain::backup::{DatabaseShape, Level};
use crate::domain::clean_text::CleanText;
use crate::domain::finding::Waiver;
use crate::domain::instance::{InstanceFacts, Used};
use crate::domain::lock_holder::LockHolder;
use crate::domain::migration::{
    FlywayRow, History, NativeRow, PendingStatement, PendingVersion, PendingWork, StatementClass,
    StatementNeeds,
};
use crate::domain::names::{Engine, Identity};
use crate::domain::schema_touch::Reading;
use crate::domain::setting;
use crate::domain::sql_ground::{LogColumn, SqlGround};
use crate::domain::survey::{
    ConnectionFacts, DatabaseFacts, DeploymentFacts, DeploymentKind, DiskFacts, HostFacts, Owner,
    Probe, Right, Session, Survey, ToolFacts, VersionFacts,
};
use crate::domain::version::OmVersion;

const GIB: u64 = 1 << 30;

/// A survey in which nothing is wrong.
pub fn sample_survey() -> Survey {
    Survey {
        schema_version: 1,
        taken_at: "2026-11-21T03:00:00Z".to_string(),
        host: HostFacts {
            hostname: "om-1".into(),
            user: "openmetadata".into(),
            uid: 1000,
            boot_id: "6f0c0a6e-7c2f-4a53-9f0a-2f6f0f1f6b11".to_string(),
        },
        deployment: deployment(),
        versions: VersionFacts {
            database: Probe::Known(OmVersion::new(1, 10, 7)),
            server: Probe::Known(OmVersion::new(1, 10, 7)),
            files: Probe::Known(OmVersion::new(1, 10, 7)),
            target: Probe::Known(OmVersion::new(1, 12, 4)),
        },
        database: database(),
        history: Probe::Known(history()),
        pending: Probe::Known(PendingWork {
            versions: vec![pending("1.11.0", 3), pending("1.12.0", 2)],
        }),
        ground: Probe::Known(SqlGround {
            log: Some(LogColumn {
                charset: "UTF8".to_string(),
                longest: Some(10_000),
                lost: String::new(),
            }),
            ..SqlGround::default()
        }),
        sessions: Probe::Known(vec![session(4711), session(4712)]),
        locks: Probe::Known(Vec::new()),
        tools: vec![
            tool("pg_dump", (15, 14)),
            tool("pg_restore", (15, 14)),
            tool("java", (21, 0)),
        ],
        disks: vec![
            disk("backup", "/srv/backups", 1, 100 * GIB),
            disk("state", "/var/lib/omup", 2, 5 * GIB),
            disk("database", "/var/lib/postgresql/15/main", 3, 100 * GIB),
        ],
        data_only_files: Vec::new(),
        estimated_rows: Probe::Known(BTreeMap::from([("table_entity".to_string(), 12_000)])),
        orphans: Some(Probe::Known(BTreeMap::from([("table".to_string(), 0)]))),
        instance: InstanceFacts {
            keys: Probe::Known(keys(&["database.user", "server.port"])),
            target_keys: Probe::Known(keys(&["database.user", "server.port", "rdf.enabled"])),
            file_keys: Probe::Known(keys(&["database.user", "server.port"])),
            carried_keys: Probe::Known(keys(&["database.user", "server.port", "rdf.enabled"])),
            unasked_variables: Probe::Known(Vec::new()),
            platform: platform(),
            clients_unseen: None,
            ..InstanceFacts::default()
        },
    }
}

/// The answers that go with it.
pub fn sample_answers() -> Answers {
    Answers {
        deployment: DeploymentAnswers {
            production: None,
            kind: "bare-metal".to_string(),
            name: None,
            old_home: "/opt/openmetadata-1.10.7".into(),
            new_home: "/opt/openmetadata-1.12.4".into(),
        },
        database: DatabaseAnswers::default(),
        backup: BackupAnswers {
            dir: "/srv/backups".into(),
            level: Level::RestoredAndEqual,
            stall_seconds: None,
            read_lock: false,
        },
        memory: MemoryAnswers::default(),
        server: ServerAnswers::default(),
        validate: ValidateAnswers::default(),
        clients: ClientAnswers::default(),
        known: KnownAnswers::default(),
        run: RunAnswers::default(),
        confirm: ConfirmAnswers::default(),
        waive: Vec::new(),
    }
}

/// The same deployment on the practice engine.
pub fn make_practice(survey: &mut Survey) {
    survey.deployment.kind = DeploymentKind::Practice;
    survey.deployment.connection.engine = Engine::Sqlite;
    survey.database.identity.engine = Engine::Sqlite;
    survey.database.major = 0;
    survey.database.version_text = "3.50.4".into();
    survey.database.rights.clear();
    survey.database.schemas.clear();
    survey.database.sort_memory = None;
    survey.tools.clear();
    survey.sessions = Probe::Known(Vec::new());
}

pub fn waiver(check: &str, expires: &str) -> Waiver {
    Waiver {
        check: check.to_string(),
        reason: "seen and understood".to_string(),
        who: "Ada".to_string(),
        expires: expires.to_string(),
    }
}

/// A session of the server that runs on this host.
pub fn session(pid: i64) -> Session {
    Session {
        pid,
        user: "openmetadata_user".into(),
        address: "127.0.0.1:51544".into(),
        application: "PostgreSQL JDBC Driver".into(),
        state: "idle".into(),
        transaction_seconds: None,
        query: "SELECT json FROM table_entity WHERE id = $1".into(),
        ours: false,
    }
}

pub fn row(version: &str, status: Option<&str>) -> NativeRow {
    NativeRow {
        version: version.into(),
        status: status.map(Into::into),
    }
}

/// A version that could be learned.
pub fn v(major: u64, minor: u64, patch: u64) -> Probe<OmVersion> {
    Probe::Known(OmVersion::new(major, minor, patch))
}

/// A fact that could not.
pub fn unknown<T>() -> Probe<T> {
    Probe::Unknown("permission denied".into())
}

/// The facts of the disk that plays a role.
pub fn disk_of<'a>(survey: &'a mut Survey, role: &str) -> &'a mut DiskFacts {
    survey
        .disks
        .iter_mut()
        .find(|disk| disk.role == role)
        .expect("the sample has every role")
}

pub fn tool_of<'a>(survey: &'a mut Survey, name: &str) -> &'a mut ToolFacts {
    survey
        .tools
        .iter_mut()
        .find(|tool| tool.name == name)
        .expect("the sample has every tool")
}

pub fn right_of<'a>(survey: &'a mut Survey, name: &str) -> &'a mut Right {
    survey
        .database
        .rights
        .iter_mut()
        .find(|right| right.name == name)
        .expect("the sample has every right")
}

/// The history, which the sample knows.
pub fn history_of(survey: &mut Survey) -> &mut History {
    match &mut survey.history {
        Probe::Known(history) => history,
        Probe::Unknown(_) => panic!("the sample knows its history"),
    }
}

/// What the database says to the pending work, which the sample knows.
pub fn ground_of(survey: &mut Survey) -> &mut SqlGround {
    match &mut survey.ground {
        Probe::Known(ground) => ground,
        Probe::Unknown(_) => panic!("the sample knows its ground"),
    }
}

/// Every pending statement, in order.
pub fn pending_of(survey: &mut Survey) -> Vec<&mut PendingStatement> {
    match &mut survey.pending {
        Probe::Known(work) => work
            .versions
            .iter_mut()
            .flat_map(|version| &mut version.statements)
            .collect(),
        Probe::Unknown(_) => panic!("the sample knows its pending work"),
    }
}

pub fn sessions_of(survey: &mut Survey) -> &mut Vec<Session> {
    match &mut survey.sessions {
        Probe::Known(sessions) => sessions,
        Probe::Unknown(_) => panic!("the sample knows its sessions"),
    }
}

/// Keys with some value.
pub fn keys(names: &[&str]) -> BTreeMap<String, CleanText> {
    names
        .iter()
        .map(|name| ((*name).to_string(), "x".into()))
        .collect()
}

/// What the target (1.12) asks for and advises.
fn platform() -> BTreeMap<String, Used> {
    let used = |version: &str| Probe::Known(Some(version.into()));
    BTreeMap::from([
        ("java".to_string(), used("21.0.6")),
        ("elasticsearch".to_string(), Probe::Known(None)),
        ("opensearch".to_string(), used("3.4.0")),
        ("airflow".to_string(), used("3.2.1")),
        ("airflow-plugin".to_string(), used("1.10.7.0")),
    ])
}

fn deployment() -> DeploymentFacts {
    DeploymentFacts {
        kind: DeploymentKind::BareMetal,
        name: "om-1: /opt/openmetadata-1.10.7".into(),
        old_home: "/opt/openmetadata-1.10.7".into(),
        new_home: "/opt/openmetadata-1.12.4".into(),
        connection: ConnectionFacts {
            engine: Engine::Postgres,
            host: "localhost".to_string(),
            port: 5432,
            database: "openmetadata_db".to_string(),
            user: "openmetadata_user".to_string(),
            params: String::new(),
            origin: BTreeMap::new(),
        },
        api_url: "http://localhost:8585".to_string(),
        admin_url: "http://localhost:8586".to_string(),
        owner: Owner::Systemd {
            pid: 812,
            unit: "openmetadata.service".to_string(),
        },
        config_files: vec!["/opt/openmetadata-1.10.7/conf/openmetadata.yaml".into()],
        settings: settings(),
        fleeting_secrets: Vec::new(),
    }
}

fn database() -> DatabaseFacts {
    DatabaseFacts {
        identity: Identity {
            engine: Engine::Postgres,
            server: "7412345678901234567".to_string(),
            oid: "16385".to_string(),
            database: "openmetadata_db".to_string(),
        },
        version_text: "15.14 (Debian 15.14-1.pgdg12+1)".into(),
        major: 15,
        shape: DatabaseShape::default(),
        bytes: 10 * GIB,
        largest_table: Some(("table_entity".to_string(), 2 * GIB)),
        read_only: false,
        without_transactions: Vec::new(),
        rights: [
            ("CREATE DATABASE", "ALTER ROLE openmetadata_user CREATEDB;"),
            (
                "SELECT ON ALL TABLES",
                "GRANT SELECT ON ALL TABLES IN SCHEMA public TO openmetadata_user;",
            ),
            (
                "SEE OTHER SESSIONS",
                "GRANT pg_read_all_stats TO openmetadata_user;",
            ),
            (
                "END OTHER SESSIONS",
                "GRANT pg_signal_backend TO openmetadata_user;",
            ),
        ]
        .map(|(name, grant)| Right {
            name: name.to_string(),
            held: true,
            needed_for: "a later step".to_string(),
            grant: grant.to_string(),
        })
        .to_vec(),
        sort_memory: Some(4 << 20),
        schemas: vec!["public".into()],
        leftovers: Vec::new(),
        data_folder: Some(PathBuf::from("/var/lib/postgresql/15/main")),
        log: None,
    }
}

fn history() -> History {
    History {
        flyway: Some(vec![FlywayRow {
            version: "015".into(),
            success: true,
        }]),
        native: Some(vec![
            row("1.1.0", None),
            row("1.10.7", None),
            row("1.9.12", None),
            row("0.0.15", None),
        ]),
        statements: BTreeMap::from([(
            "1.10.7".to_string(),
            vec!["0cc175b9c0f1b6a831c399e269772661".to_string()],
        )]),
        foreign_checksums: 0,
        has_status: false,
    }
}

fn pending(version: &str, statements: usize) -> PendingVersion {
    let classes = [StatementClass::Rebuild, StatementClass::Data];
    PendingVersion {
        version: version.parse().expect("a version"),
        statements: (0..statements)
            .map(|number| PendingStatement {
                checksum: format!("{number:032x}"),
                head: "ALTER TABLE table_entity ADD COLUMN".into(),
                other_checksums: Vec::new(),
                class: classes[number % 2],
                table: Some("table_entity".into()),
                needs: StatementNeeds {
                    length: 40,
                    reading: Reading::Read {
                        partly: false,
                        touches: Vec::new(),
                    },
                    ..StatementNeeds::default()
                },
            })
            .collect(),
        ignored_files: Vec::new(),
        repeated: 0,
    }
}

fn tool(name: &str, numbers: (u32, u32)) -> ToolFacts {
    ToolFacts {
        name: name.to_string(),
        path: Some(PathBuf::from(format!("/usr/bin/{name}"))),
        version: Probe::Known(format!("{name} {}.{}", numbers.0, numbers.1).into()),
        numbers: Some(numbers),
    }
}

fn disk(role: &str, path: &str, device: u64, free: u64) -> DiskFacts {
    DiskFacts {
        role: role.to_string(),
        path: path.into(),
        device,
        free,
        total: 200 * GIB,
        writable: true,
    }
}

/// What the deployment room tells about the two configurations.
fn settings() -> BTreeMap<String, CleanText> {
    [
        (
            setting::OLD_DATABASE,
            "db.example:5432/openmetadata_db as om",
        ),
        (setting::START_ROUTE, "link /opt/openmetadata"),
        (
            setting::NEW_DATABASE,
            "db.example:5432/openmetadata_db as om",
        ),
        (setting::FERNET, setting::FERNET_OWN),
        (setting::OLD_MIGRATIONS, "1.1.0 1.9.12 1.10.7"),
        (setting::NEW_MIGRATIONS, "1.1.0 1.9.12 1.10.7 1.11.0 1.12.4"),
    ]
    .map(|(key, value)| (key.to_string(), value.into()))
    .into()
}

/// A session that has held a lock for so many seconds.
pub fn lock_holder(pid: i64, seconds: Option<u64>) -> LockHolder {
    LockHolder {
        session: session(pid),
        seconds,
        holds: vec!["query_entity".into()],
        waited_seconds: None,
    }
}
