//! A made-up deployment as a survey. Its database is answered here, by another reading of the same
//! questions than SQL's; `database::probes` compares the two.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use omup::domain::backup::DatabaseShape;
use omup::domain::clean_text::CleanText;
use omup::domain::code_mark::{CodeMark, scan};
use omup::domain::instance::{ClientFacts, CodeFacts, InstanceFacts, RowsFound, Used};
use omup::domain::migration::{History, NativeRow};
use omup::domain::names::{Engine, Identity};
use omup::domain::row_question::{Condition, Place, RowQuestion, Test};
use omup::domain::survey::{
    ConnectionFacts, DatabaseFacts, DeploymentFacts, DeploymentKind, HostFacts, Owner, Probe,
    Survey, VersionFacts,
};
use omup::domain::version::OmVersion;
use omup::knowledge::Knowledge;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    pub from: OmVersion,
    pub to: OmVersion,
    #[serde(default)]
    pub ran: Vec<String>,
    #[serde(default)]
    pub engine: String,
    #[serde(default)]
    pub sort_memory_mib: u64,
    #[serde(default)]
    pub extensions: Vec<String>,
    #[serde(default)]
    pub tables: BTreeMap<String, u64>,
    #[serde(default)]
    pub platform: BTreeMap<String, String>,
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    #[serde(default)]
    pub client: Vec<Client>,
    #[serde(default)]
    pub row: Vec<Row>,
    #[serde(default)]
    pub file: Vec<File>,
    #[serde(default)]
    pub labels: Labels,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub place: String,
    pub python: Option<String>,
    pub ingestion: Option<String>,
    #[serde(default)]
    pub extras: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub table: String,
    pub json: Option<Value>,
    #[serde(default)]
    pub columns: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub path: String,
    pub text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Labels {
    pub concerns: Vec<String>,
    pub cannot_tell: Vec<String>,
}

/// Every file of the folder, by name.
pub fn all() -> Vec<(String, World)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/instances");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            let world =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = path.file_stem().expect("a name").to_string_lossy();
            (name.into_owned(), world)
        })
        .collect()
}

/// The ways of `alternatives.toml`: the change's id, and a deployment that only crosses its release.
pub fn alternatives(knowledge: &Knowledge) -> Vec<(String, World)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/alternatives.toml");
    let text = std::fs::read_to_string(&path).expect("it can be read");
    let file: toml::Table = toml::from_str(&text).expect("TOML");
    let all = knowledge.notes(&OmVersion::new(0, 0, 0), &OmVersion::new(99, 0, 0));
    let cases = file["case"].as_array().expect("cases").clone();
    let world = |case: toml::Value| {
        let mut case: toml::Table = case.try_into().expect("a table");
        let change = case.remove("change").expect("a change");
        let change = change.as_str().expect("a text").to_owned();
        let note = all.iter().find(|note| note.change.id == change);
        let since = &note.unwrap_or_else(|| panic!("no {change}")).change.since;
        let own = |version: &OmVersion| toml::Value::String(version.to_string());
        case.entry("to").or_insert(own(since));
        // The last release before: any version that is lower.
        let before = all
            .iter()
            .map(|note| &note.change.since)
            .filter(|one| *one < since);
        case.entry("from")
            .or_insert(own(before.max().expect("a release before")));
        case.entry("engine").or_insert("postgres".into());
        let world = case
            .try_into()
            .unwrap_or_else(|error| panic!("{change}: {error}"));
        (change, world)
    };
    cases.into_iter().map(world).collect()
}

impl World {
    /// What a survey would tell.
    pub fn survey(&self, knowledge: &Knowledge) -> Survey {
        let rows = knowledge
            .row_questions(&self.from, &self.to)
            .into_iter()
            .map(|(id, question)| (id, Probe::Known(self.rows(&question))))
            .collect();
        let texts = |all: &BTreeMap<String, String>| -> BTreeMap<String, CleanText> {
            let text = |(key, value): (&String, &String)| (key.clone(), value.as_str().into());
            all.iter().map(text).collect()
        };
        let used = |version: &String| -> Used {
            Probe::Known((!version.is_empty()).then(|| version.as_str().into()))
        };
        Survey {
            schema_version: 1,
            taken_at: "2026-11-26T03:00:00Z".to_owned(),
            host: HostFacts {
                hostname: "om-1".into(),
                user: "openmetadata".into(),
                uid: 1000,
                boot_id: String::new(),
            },
            deployment: self.deployment(texts(&self.variables)),
            versions: VersionFacts {
                database: Probe::Known(self.from.clone()),
                server: Probe::Known(self.from.clone()),
                files: Probe::Known(self.from.clone()),
                target: Probe::Known(self.to.clone()),
            },
            database: self.database(),
            history: Probe::Known(self.history()),
            pending: Probe::Unknown("not looked for".into()),
            ground: Probe::Unknown("not looked for".into()),
            sessions: Probe::Known(Vec::new()),
            locks: Probe::Known(Vec::new()),
            tools: Vec::new(),
            disks: Vec::new(),
            data_only_files: Vec::new(),
            estimated_rows: Probe::Known(self.tables.clone()),
            orphans: None,
            instance: InstanceFacts {
                rows,
                keys: Probe::Known(texts(&self.settings)),
                target_keys: Probe::Unknown("not looked for".into()),
                platform: self
                    .platform
                    .iter()
                    .map(|(name, version)| (name.clone(), used(version)))
                    .collect(),
                clients: self.client.iter().map(Client::facts).collect(),
                clients_unseen: None,
                code: Probe::Known(self.code(&knowledge.code_marks(&self.from, &self.to))),
                ..InstanceFacts::default()
            },
        }
    }

    fn engine(&self) -> Engine {
        match self.engine.as_str() {
            "postgres" => Engine::Postgres,
            "mysql" => Engine::Mysql,
            other => panic!("no engine '{other}'"),
        }
    }

    fn deployment(&self, settings: BTreeMap<String, CleanText>) -> DeploymentFacts {
        DeploymentFacts {
            kind: DeploymentKind::BareMetal,
            name: "om-1".into(),
            old_home: "/opt/openmetadata-old".into(),
            new_home: "/opt/openmetadata-new".into(),
            connection: ConnectionFacts {
                engine: self.engine(),
                host: "localhost".to_owned(),
                port: 5432,
                database: "openmetadata_db".to_owned(),
                user: "openmetadata_user".to_owned(),
                params: String::new(),
                origin: BTreeMap::new(),
            },
            api_url: "http://localhost:8585".to_owned(),
            admin_url: "http://localhost:8586".to_owned(),
            owner: Owner::PidFile {
                pid: 4711,
                file: "/opt/openmetadata-old/openmetadata.pid".into(),
            },
            config_files: Vec::new(),
            settings,
            fleeting_secrets: Vec::new(),
        }
    }

    fn database(&self) -> DatabaseFacts {
        DatabaseFacts {
            without_transactions: Vec::new(),
            identity: Identity {
                engine: self.engine(),
                server: "1".to_owned(),
                oid: "1".to_owned(),
                database: "openmetadata_db".to_owned(),
            },
            version_text: match self.engine() {
                Engine::Mysql => "8.0.42".into(),
                Engine::Postgres | Engine::Sqlite => "15.14".into(),
            },
            major: match self.engine() {
                Engine::Mysql => 8,
                Engine::Postgres | Engine::Sqlite => 15,
            },
            shape: DatabaseShape::default(),
            bytes: 0,
            largest_table: None,
            read_only: false,
            rights: Vec::new(),
            // Less than one MiB: MySQL's own default of 256 KiB.
            sort_memory: Some((self.sort_memory_mib << 20).max(256 << 10)),
            schemas: vec!["public".into()],
            leftovers: Vec::new(),
            data_folder: None,
            log: None,
        }
    }

    fn history(&self) -> History {
        let row = |version: &str| NativeRow {
            version: version.into(),
            status: None,
        };
        let mut native: Vec<NativeRow> = self.ran.iter().map(|version| row(version)).collect();
        native.push(row(&self.from.to_string()));
        History {
            flyway: None,
            native: Some(native),
            statements: BTreeMap::new(),
            foreign_checksums: 0,
            has_status: false,
        }
    }

    fn code(&self, marks: &[(String, CodeMark)]) -> CodeFacts {
        CodeFacts {
            files: self.file.len() as u64,
            unread: Vec::new(),
            hits: self
                .file
                .iter()
                .flat_map(|file| scan(&file.path, &file.text, marks))
                .collect(),
        }
    }

    /// The rows that a question means.
    pub fn rows(&self, question: &RowQuestion) -> RowsFound {
        let mut found = RowsFound::default();
        for table in &question.tables {
            if table == "pg_extension" {
                let fits = |name: &String| {
                    let columns = Map::from_iter([("extname".to_owned(), name.clone().into())]);
                    question.conditions.iter().all(|c| holds(c, None, &columns))
                };
                found.add(
                    self.extensions
                        .iter()
                        .filter(|name| fits(name))
                        .map(|name| name.as_str().into()),
                );
            }
            let rows = self.row.iter().filter(|row| row.table == *table);
            found.add(rows.filter(|row| self.fits(row, question)).map(|row| {
                row.json
                    .as_ref()
                    .and_then(|json| text(json.get("name")))
                    .unwrap_or_default()
                    .as_str()
                    .into()
            }));
        }
        found
    }

    fn fits(&self, row: &Row, question: &RowQuestion) -> bool {
        let related = question.unrelated_to.as_ref().is_some_and(|entity| {
            let id = row.json.as_ref().and_then(|json| text(json.get("id")));
            self.row.iter().any(|relation| {
                relation.table == "entity_relationship"
                    && text(relation.columns.get("toId")) == id
                    && text(relation.columns.get("fromEntity")).as_ref() == Some(entity)
            })
        });
        let all = question.conditions.iter();
        !related
            && all
                .clone()
                .all(|c| holds(c, row.json.as_ref(), &row.columns))
    }
}

impl Client {
    fn facts(&self) -> ClientFacts {
        ClientFacts {
            place: self.place.as_str().into(),
            python: self.python.as_deref().map(Into::into),
            ingestion: self.ingestion.as_deref().map(Into::into),
            managed_apis: None,
            airflow: None,
            extras: self.extras.clone(),
        }
    }
}

/// A value's text; absent and null have none.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn holds(condition: &Condition, json: Option<&Value>, columns: &Map<String, Value>) -> bool {
    let value = match &condition.place {
        Place::Path(path) => text(
            path.split('.')
                .try_fold(json.unwrap_or(&Value::Null), |at, key| at.get(key)),
        ),
        Place::Column(column) => text(columns.get(column)),
    };
    match (&condition.test, value) {
        (Test::Is(all), Some(value)) => all.contains(&value),
        (Test::Not(all), Some(value)) => !all.contains(&value),
        (Test::Not(_), None) | (Test::Set(false), None) => true,
        (Test::Holds(part), Some(value)) => value.contains(part.as_str()),
        (Test::Letters(letters), Some(value)) => value.contains(|c| letters.contains(c)),
        (Test::Set(wanted), value) => *wanted == value.is_some(),
        (Test::OlderThanDays(days), Some(value)) => {
            let now = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .expect("a clock after 1970")
                .as_millis();
            let then: u128 = value.parse().expect("a time in ms");
            then + u128::from(*days) * 86_400_000 < now
        }
        (Test::Is(_) | Test::Holds(_) | Test::Letters(_) | Test::OlderThanDays(_), None) => false,
    }
}
