//! One scenario told by `omup sandbox --unattended`, and what it has left behind: journal, databases, files,
//! processes.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::story::stage::{RUN, sqlite_contents, sqlite_rows};
use crate::support::folder::Folder;
use crate::support::omup::{Ended, Omup};
use crate::support::port;

/// The versions that the new installation migrates.
pub const PENDING: &[&str] = &["1.11.0", "1.11.2", "1.12.0", "1.12.4"];

pub struct Told {
    pub folder: Folder,
    pub ended: Ended,
    /// The practice folder that `--keep` has kept.
    pub place: PathBuf,
    pub journal: Vec<Value>,
}

impl Told {
    /// Tells the scenario to its end, which has to be the right one, and leaves nothing running.
    #[track_caller]
    pub fn of(scenario: &str) -> Told {
        let folder = Folder::new(scenario);
        let arguments = ["sandbox", "--unattended", "--keep", "--scenario", scenario];
        let ended = Omup::new(&folder).args(arguments).run(RUN).expect(0);
        let place = only(&folder.join("state"), "omup-sandbox-");
        let run = only(&place.join("state/runs"), "");
        let text = std::fs::read_to_string(run.join("journal.jsonl")).expect("the journal");
        let journal = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(processes_of(&place), [""; 0], "nothing is left running");
        Told {
            folder,
            ended,
            place,
            journal,
        }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }

    /// A log of the run.
    #[track_caller]
    pub fn log(&self, name: &str) -> String {
        let run = only(&self.place.join("state/runs"), "");
        std::fs::read_to_string(run.join("logs").join(name)).expect("the log")
    }

    pub fn events(&self, kind: &str) -> Vec<&Value> {
        let of_kind = |event: &&Value| event["kind"] == kind;
        self.journal.iter().filter(of_kind).collect()
    }

    pub fn facts(&self, fact: &str) -> Vec<&Value> {
        let of_fact = |event: &&Value| event["kind"] == "fact" && event["fact"] == fact;
        self.journal.iter().filter(of_fact).collect()
    }

    /// How the run has ended, each time.
    pub fn exits(&self) -> Vec<&str> {
        let ends = self.events("run-ended");
        ends.iter().filter_map(|e| e["exit"].as_str()).collect()
    }

    /// Why its steps failed, one line for each.
    pub fn reasons(&self) -> Vec<&str> {
        let failures = self.events("step-failed");
        failures
            .iter()
            .filter_map(|e| e["failure"]["why"].as_str())
            .collect()
    }

    /// The version that served last, as the journal has it.
    pub fn served_last(&self) -> Option<&str> {
        self.facts("downtime-ended").last()?["serving"].as_str()
    }

    /// Names of the databases, sorted.
    pub fn databases(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.file("deployment/data")).expect("the databases");
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|e| Some(e.file_name().to_str()?.strip_suffix(".db")?.to_string()))
            .collect();
        names.sort();
        names
    }

    pub fn database(&self, name: &str) -> PathBuf {
        self.file("deployment/data").join(format!("{name}.db"))
    }

    /// Which of the pending versions a database records as done.
    pub fn recorded(&self, name: &str) -> Vec<String> {
        let all = sqlite_rows(
            &self.database(name),
            "select version from SERVER_CHANGE_LOG order by 1",
        );
        let pending = |version: &String| PENDING.contains(&version.as_str());
        all.into_iter().filter(pending).collect()
    }

    /// Columns of a table, by name.
    pub fn columns(&self, name: &str, table: &str) -> Vec<String> {
        let sql = format!("select name from pragma_table_info('{table}') order by cid");
        sqlite_rows(&self.database(name), &sql)
    }

    /// The old version serves the database that it had, and the new version was not let near it.
    #[track_caller]
    pub fn untouched(&self) {
        assert_eq!(self.databases(), ["openmetadata_db"], "no copy is left");
        assert_eq!(self.recorded("openmetadata_db"), [""; 0]);
        assert_eq!(self.schema("openmetadata_db"), self.schema_as_made());
        for fact in ["downtime-started", "point-crossed", "backup-taken"] {
            assert!(self.facts(fact).is_empty(), "{fact}");
        }
        assert!(self.events("child-started").is_empty());
        let manifests = self.files_below("backups", "manifest.json");
        assert!(manifests.is_empty(), "not called a backup: {manifests:?}");
    }

    /// The old version serves the restored database; the other one is kept. Gives the restored one's name.
    #[track_caller]
    pub fn taken_back(&self) -> String {
        let databases = self.databases();
        let [kept, restored] = databases.as_slice() else {
            panic!("two databases, not {databases:?}");
        };
        assert_eq!(kept, "openmetadata_db");
        assert_eq!(self.recorded(restored), [""; 0]);
        assert_eq!(self.schema(restored), self.schema_as_made());
        assert_eq!(self.facts("restored-equal")[0]["database"], **restored);
        assert_eq!(self.served_last(), Some("1.10.7"));
        let environment = self.file("deployment/openmetadata-1.10.7/conf/openmetadata-env.sh");
        let environment = std::fs::read_to_string(environment).expect("the environment");
        assert!(environment.contains(restored.as_str()), "{environment}");
        restored.clone()
    }

    /// The new version serves the one database there is, with every version recorded.
    #[track_caller]
    pub fn upgraded(&self) {
        assert_eq!(
            self.databases(),
            ["openmetadata_db"],
            "nothing is left over"
        );
        assert_eq!(self.recorded("openmetadata_db"), PENDING);
        assert_eq!(self.served_last(), Some("1.12.4"));
    }

    /// Files of a name below a folder of the practice.
    pub fn files_below(&self, folder: &str, name: &str) -> Vec<PathBuf> {
        let above = self.file(folder);
        let all = self.folder.files();
        all.into_iter()
            .filter(|file| file.starts_with(&above) && file.ends_with(name))
            .collect()
    }

    fn schema(&self, name: &str) -> String {
        schema_of(&self.database(name))
    }

    /// The schema of a deployment that nobody has worked on.
    fn schema_as_made(&self) -> String {
        let (server, admin) = (port::free().to_string(), port::free().to_string());
        let place = self.folder.join("as-made").display().to_string();
        if !Path::new(&place).exists() {
            let arguments = ["practice", "make", &place, "--engine", "sqlite"];
            let ports = ["--server-port", &server, "--admin-port", &admin];
            Omup::new(&self.folder)
                .args(arguments)
                .args(ports)
                .args(["--size", "100KB"])
                .run(RUN)
                .expect(0);
        }
        schema_of(&Path::new(&place).join("data/openmetadata_db.db"))
    }
}

/// Every object of a schema, without the order in which they were made.
fn schema_of(database: &Path) -> String {
    sqlite_contents(database)
        .remove("schema")
        .map(|digest| format!("{digest:?}"))
        .expect("a schema")
}

#[track_caller]
fn only(above: &Path, prefix: &str) -> PathBuf {
    let entries = std::fs::read_dir(above).expect("a folder").flatten();
    let found: Vec<PathBuf> = entries
        .filter(|e| e.file_name().to_string_lossy().starts_with(prefix))
        .map(|e| e.path())
        .collect();
    let [one] = found.as_slice() else {
        panic!("one folder in {}, not {found:?}", above.display());
    };
    one.clone()
}

/// Command lines of living processes that name a folder.
fn processes_of(place: &Path) -> Vec<String> {
    let place = place.display().to_string();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|e| std::fs::read(e.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(&place))
        .collect()
}
