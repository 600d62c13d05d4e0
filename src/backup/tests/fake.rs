//! A server that is a folder: each database is a text file of `TABLE name` lines and rows, ended by
//! `END`. Its tools are `sh` one-liners, so that every way in which a tool can lie is one line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::backup::{Leftover, ProveRequest, RestoreRequest, TakeRequest, Taken, prove, take};
use crate::database::{Admin, Database, DatabaseError, Lock, Result, Snapshot, is_ours};
use crate::domain::backup::DatabaseShape;
use crate::domain::content::{Content, DigestMethod, TableDigest};
use crate::domain::instance::RowsFound;
use crate::domain::migration::History;
use crate::domain::names::{Engine, Identity, RunId};
use crate::domain::row_question::{Patience, RowQuestion};
use crate::domain::sql_ground::{SqlGround, SqlQuestion};
use crate::domain::survey::{DatabaseFacts, Session};
use crate::process::{Place, ToolCommand};

/// The line that ends a whole dump.
pub(super) const END: &str = "-- END OF DUMP";

#[derive(Clone)]
pub(super) struct Fake {
    pub(super) folder: PathBuf,
    pub(super) name: String,
    /// Shell line of the dump tool; the database's file is `$1`.
    pub(super) dump: String,
    pub(super) check: String,
    pub(super) list: String,
    pub(super) trailer: Option<&'static str>,
    pub(super) restore: String,
    pub(super) shape: DatabaseShape,
}

/// A folder with the database `om` of three tables.
pub(super) fn server() -> (tempfile::TempDir, Fake) {
    let folder = tempfile::tempdir().expect("a folder");
    let fake = at(folder.path());
    let mut text = String::new();
    for table in ["a;drop", "table_entity", "$(touch pwned)"] {
        text.push_str(&format!("TABLE {table}\n"));
        for row in 0..2000 {
            text.push_str(&format!("row {row} of {table} {}\n", row * 7919 % 1013));
        }
    }
    text.push_str(&format!("{END}\n"));
    fs::write(fake.file("om"), text).expect("written");
    (folder, fake)
}

/// The server in a folder that is already there.
pub(super) fn at(folder: &Path) -> Fake {
    Fake {
        folder: folder.to_path_buf(),
        name: "om".into(),
        dump: "cat \"$1\"".into(),
        check: format!("last=$(tail -n 1); test \"$last\" = '{END}'"),
        list: "sed -n 's/^TABLE //p'".into(),
        trailer: Some(END),
        restore: "cp \"$1\" \"$2\"".into(),
        shape: DatabaseShape {
            owner: "om".into(),
            ..DatabaseShape::default()
        },
    }
}

impl Fake {
    pub(super) fn file(&self, database: &str) -> PathBuf {
        self.folder.join(format!("{database}.db"))
    }

    pub(super) fn dir(&self) -> PathBuf {
        self.folder.join("backups")
    }

    pub(super) fn request(&self) -> TakeRequest {
        let config = self.folder.join("openmetadata.yaml");
        fs::write(&config, "clusterName: openmetadata\n").expect("written");
        TakeRequest {
            dir: self.dir(),
            run: RunId::parse("20261121-054400-abcd").expect("an id"),
            config: vec![config],
            content: true,
            read_lock: false,
            place: Place::Local,
            log: self.folder.join("back-up.log"),
            stall_limit: Duration::from_secs(20),
            server_version: "1".into(),
            openmetadata: None,
            database_bytes: Some(100_000),
            changed: Vec::new(),
            role: String::new(),
        }
    }

    pub(super) async fn take(&self) -> crate::backup::Result<Taken> {
        take(&self.request(), self, &|_| {}).await
    }

    pub(super) fn restore_request(&self, backup: &Path, target: &str) -> RestoreRequest {
        RestoreRequest {
            folder: backup.to_path_buf(),
            target: target.into(),
            leftover: Leftover::Drop,
            jobs: 2,
            work: self.folder.join("work"),
            place: Place::Local,
            log: self.folder.join("restore.log"),
            lock: self.folder.join("restore.lock"),
        }
    }

    pub(super) async fn prove(
        &self,
        backup: &Path,
    ) -> crate::backup::Result<crate::backup::Proved> {
        let request = ProveRequest {
            restore: self.restore_request(backup, "omup_test_proof"),
            keep: false,
        };
        prove(&request, self, &|_| {}).await
    }

    fn sh(&self, line: &str) -> ToolCommand {
        ToolCommand::new("sh").args(["-c", line, "fake-tool"])
    }
}

fn content_of(text: &str) -> Content {
    let mut tables: BTreeMap<String, TableDigest> = BTreeMap::new();
    let mut now = String::new();
    for line in text.lines() {
        if let Some(table) = line.strip_prefix("TABLE ") {
            now = table.to_string();
            let empty = TableDigest {
                rows: 0,
                digest: String::new(),
            };
            tables.insert(now.clone(), empty);
        } else if let Some(table) = tables.get_mut(&now).filter(|_| line != END) {
            table.rows += 1;
            table.digest = crate::backup::sha256_hex(format!("{}{line}", table.digest).as_bytes());
        }
    }
    Content {
        method: DigestMethod::SqliteRowSum,
        objects: tables.keys().map(|name| format!("table {name}")).collect(),
        schema_sha256: String::new(),
        schema_parts: Default::default(),
        later: BTreeMap::new(),
        sequences: BTreeMap::new(),
        grants: BTreeSet::new(),
        tables,
    }
}

struct View {
    text: String,
    shape: DatabaseShape,
}

#[async_trait]
impl Snapshot for View {
    fn id(&self) -> &str {
        "view"
    }
    fn position(&self) -> Option<String> {
        None
    }
    fn taken_ms(&self) -> i64 {
        0
    }
    async fn tables(&mut self) -> Result<Vec<String>> {
        Ok(content_of(&self.text).tables.into_keys().collect())
    }
    async fn content(
        &mut self,
        step: &(dyn Fn(usize, usize, &str) + Send + Sync),
    ) -> Result<Content> {
        step(1, 1, "all");
        Ok(content_of(&self.text))
    }
    async fn shape(&mut self) -> Result<DatabaseShape> {
        Ok(self.shape.clone())
    }
    async fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Database for Fake {
    fn restore_by_hand(&self, _: &Path, _: &str, _: &DatabaseShape) -> Vec<String> {
        Vec::new()
    }

    fn engine(&self) -> Engine {
        Engine::Sqlite
    }
    fn name(&self) -> &str {
        &self.name
    }
    async fn identity(&self) -> Result<Identity> {
        Ok(Identity {
            engine: Engine::Sqlite,
            server: fs::read_to_string(self.folder.join("server")).unwrap_or_default(),
            oid: "1".into(),
            database: self.name.clone(),
        })
    }
    async fn facts(&self) -> Result<DatabaseFacts> {
        unreachable!("the backup room does not ask for it")
    }
    async fn history(&self) -> Result<History> {
        unreachable!("the backup room does not ask for it")
    }
    async fn rows_matching(&self, _: &RowQuestion, _: Patience) -> Result<RowsFound> {
        unreachable!("the backup room does not ask for it")
    }
    async fn sql_ground(&self, _: &SqlQuestion) -> Result<SqlGround> {
        unreachable!("a backup asks nothing of pending statements")
    }
    async fn orphans(&self) -> Result<BTreeMap<String, u64>> {
        unreachable!("the backup room does not ask for it")
    }
    async fn recorded_statements(&self) -> Result<BTreeMap<String, u64>> {
        unreachable!("the backup room does not ask for it")
    }
    async fn sessions(&self) -> Result<Vec<Session>> {
        unreachable!("the backup room does not ask for it")
    }
    async fn lock_holders(&self) -> Result<Vec<crate::domain::lock_holder::LockHolder>> {
        unreachable!("the backup room does not ask for it")
    }
    async fn estimated_rows(&self) -> Result<BTreeMap<String, u64>> {
        unreachable!("the backup room does not ask for it")
    }
    async fn entity_counts(&self) -> Result<BTreeMap<String, u64>> {
        unreachable!("the backup room does not ask for it")
    }
    async fn writes_since(&self, _: i64) -> Result<u64> {
        unreachable!("the backup room does not ask for it")
    }
    async fn rows_written(&self) -> Option<u64> {
        unreachable!("the backup room does not ask for it")
    }
    async fn now_ms(&self) -> Result<i64> {
        unreachable!("the backup room does not ask for it")
    }
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(View {
            text: fs::read_to_string(self.file(&self.name)).expect("the database is there"),
            shape: self.shape.clone(),
        }))
    }
    fn dump_tool(&self, _: &str) -> ToolCommand {
        self.sh(&self.dump).arg(self.file(&self.name))
    }
    fn check_tool(&self) -> Option<ToolCommand> {
        Some(self.sh(&self.check))
    }
    fn restore_version_tool(&self) -> Option<ToolCommand> {
        None
    }
    fn list_tool(&self) -> Option<ToolCommand> {
        Some(self.sh(&self.list))
    }
    fn tables_in_archive(&self, listing: &str) -> Vec<String> {
        listing.lines().map(str::to_string).collect()
    }
    fn version_tool(&self) -> ToolCommand {
        self.sh("echo fake-dump 1")
    }
    fn archive_name(&self) -> &'static str {
        "database.fake"
    }
    fn archive_share(&self) -> f64 {
        1.0
    }
    fn trailer(&self) -> Option<&'static str> {
        self.trailer
    }
    async fn sibling(&self, database: &str) -> Result<Arc<dyn Database>> {
        Ok(Arc::new(Fake {
            name: database.into(),
            ..self.clone()
        }))
    }
    async fn exists(&self, database: &str) -> Result<bool> {
        Ok(self.file(database).exists())
    }
    async fn databases(&self) -> Result<Vec<String>> {
        unreachable!("the backup room does not ask for it")
    }
    async fn sort_memory_with(&self, _: Option<&str>) -> Result<Option<u64>> {
        unreachable!("the backup room does not ask for it")
    }
    fn migration_params(&self, _: &str, _: &str, _: Option<u64>) -> String {
        unreachable!("the backup room does not ask for it")
    }
}

#[async_trait]
impl Admin for Fake {
    async fn rename_ours(&self, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    fn looking(&self) -> &dyn Database {
        self
    }
    async fn create(&self, database: &str, _: &DatabaseShape) -> Result<()> {
        fs::File::create_new(self.file(database))
            .map(drop)
            .map_err(|error| DatabaseError::Unexpected(error.to_string().into()))
    }
    async fn finish_shape(&self, _: &str, _: &DatabaseShape) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    async fn drop_ours(&self, database: &str) -> Result<()> {
        assert!(is_ours(database), "{database} is not ours");
        let _ = fs::remove_file(self.file(database));
        Ok(())
    }
    fn restore_tool(&self, database: &str, archive: &Path, _: u32) -> ToolCommand {
        self.sh(&self.restore).arg(archive).arg(self.file(database))
    }
    async fn standing_sort_memory(&self) -> Result<Option<String>> {
        unreachable!("the backup room does not ask for it")
    }
    async fn set_standing_sort_memory(&self, _: Option<&str>) -> Result<()> {
        unreachable!("the backup room does not ask for it")
    }
    async fn lock(&self, _: &str) -> Result<Box<dyn Lock>> {
        unreachable!("the backup room does not ask for it")
    }
    async fn end_lock_holder(&self, _: &crate::domain::lock_holder::LockHolder) -> Result<bool> {
        unreachable!("the backup room does not ask for it")
    }
    async fn end_sessions(&self, _: &[i64]) -> Result<()> {
        unreachable!("the backup room does not ask for it")
    }
}
