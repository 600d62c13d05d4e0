//! What the operator decided: from a file (TOML) or, later, from the wizard. Holds no secret.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::backup::Level;
use super::finding::Waiver;

/// How long a question waits at least where a person has started the run at a terminal, in hours.
pub const PERSON_WAITS_HOURS: u32 = 8;

/// An answers file. Unknown keys are refused, so that a typing error never becomes a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    pub deployment: DeploymentAnswers,
    #[serde(default)]
    pub database: DatabaseAnswers,
    pub backup: BackupAnswers,
    #[serde(default)]
    pub memory: MemoryAnswers,
    #[serde(default)]
    pub server: ServerAnswers,
    #[serde(default)]
    pub validate: ValidateAnswers,
    #[serde(default)]
    pub clients: ClientAnswers,
    #[serde(default)]
    pub known: KnownAnswers,
    #[serde(default)]
    pub run: RunAnswers,
    #[serde(default)]
    pub confirm: ConfirmAnswers,
    #[serde(default)]
    pub waive: Vec<Waiver>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeploymentAnswers {
    /// `bare-metal`; the practice marker in the folder above turns it into practice by itself.
    pub kind: String,
    /// How people call it, shown everywhere.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether people work with it, for the badge of the screen; what was not said counts as yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<bool>,
    pub old_home: PathBuf,
    pub new_home: PathBuf,
}

/// Overrides for what the deployment's own configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseAnswers {
    /// A file, mode 0600, whose first line is the password. Without it: the deployment's own
    /// configuration, then `PGPASSFILE` / `~/.pgpass`.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupAnswers {
    /// Each run makes a new dated folder in it.
    pub dir: PathBuf,
    /// The level that the go-ahead asks for.
    #[serde(default = "best_level")]
    pub level: Level,
    /// Seconds that a dump may stand still before it is ended, 10 to 3600; default 300. Another
    /// session's lock on a table counts too.
    #[serde(default)]
    pub stall_seconds: Option<u32>,
    /// MySQL: a short read lock on all tables while the dump opens its view, so that no table is written
    /// in that moment; writers wait as long. Other engines share the view and need none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_lock: bool,
}

fn best_level() -> Level {
    Level::RestoredAndEqual
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryWay {
    /// In the migration's own connection (`DB_PARAMS`): no right needed, nothing to put back.
    #[default]
    Connection,
    /// A standing setting, put back afterwards: PostgreSQL `ALTER ROLE ... IN DATABASE ... SET`
    /// (`role`), MySQL `SET GLOBAL` (`global`).
    #[serde(alias = "global")]
    Role,
    /// Leave it as it is.
    Leave,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryAnswers {
    #[serde(default)]
    pub way: MemoryWay,
    /// Mebibytes, 20 (OpenMetadata's own figure) to 1024; default 20.
    #[serde(default)]
    pub mib: Option<u32>,
}

/// How to stop and start the server where omup cannot find its owner by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerAnswers {
    /// A command line for `/bin/sh -c`, exactly as the operator would type it.
    #[serde(default)]
    pub stop: Option<String>,
    #[serde(default)]
    pub start: Option<String>,
    /// Seconds that the new server may take to become healthy, 10 to 3600; default 300.
    #[serde(default)]
    pub start_timeout: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidateAnswers {
    /// A file, mode 0600, with a bearer token for the parts of the API that ask for one.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// Run `reindex` after the upgrade; default true.
    #[serde(default = "yes")]
    pub reindex: Option<bool>,
    /// Run `deploy-pipelines` after the upgrade; default true.
    #[serde(default = "yes")]
    pub deploy_pipelines: Option<bool>,
}

fn yes() -> Option<bool> {
    Some(true)
}

/// What of the operator's own talks to this deployment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientAnswers {
    /// Folders in which to look for environments with `openmetadata-ingestion`, beside the usual ones.
    #[serde(default)]
    pub folders: Vec<PathBuf>,
    /// Files with the line that `omup clients` printed a command for, one for each other host. An empty
    /// list says that no other host has clients; without it, nobody has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports: Option<Vec<PathBuf>>,
    /// Such lines themselves, as they were pasted into the wizard. What is pasted is taken as all that
    /// there is on other hosts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pasted: Vec<String>,
    /// Folders with DAGs, workflow files, scripts, cron and CI files to search for what a release
    /// breaks. An empty list says that there are none; without it, nobody has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Vec<PathBuf>>,
}

/// What a person knows and omup may not be able to see. It counts only where omup could not look; a
/// missing figure that is given is an answer, not a waiver.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownAnswers {
    /// A version, `3.4.0`, or `none` where it is not used; so are the other three.
    #[serde(default)]
    pub opensearch: Option<String>,
    #[serde(default)]
    pub elasticsearch: Option<String>,
    #[serde(default)]
    pub java: Option<String>,
    #[serde(default)]
    pub airflow: Option<String>,
    /// GiB that are free where the database server keeps its data.
    #[serde(default)]
    pub database_free_gib: Option<u64>,
}

impl KnownAnswers {
    /// The word for a component that is not used.
    pub const NONE: &'static str = "none";

    /// Component and what was said of it.
    pub fn components(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("opensearch", &self.opensearch),
            ("elasticsearch", &self.elasticsearch),
            ("java", &self.java),
            ("airflow", &self.airflow),
        ]
        .into_iter()
        .filter_map(|(name, said)| Some((name, said.as_deref()?)))
    }

    /// Takes in what a person types: `airflow = 2.10.5`, `opensearch=none`, `database_free_gib = 200`.
    ///
    /// # Errors
    /// In words, what can be told and how.
    pub fn tell(&mut self, text: &str) -> Result<(), String> {
        const HOW: &str = "write name = value, such as airflow = 2.10.5, java = 21, opensearch = none, elasticsearch = 9.3.0, database_free_gib = 200";
        let (name, value) = text.split_once('=').ok_or(HOW)?;
        let value = value.trim().trim_matches('"');
        let version = || {
            let good = value == Self::NONE || value.starts_with(|c: char| c.is_ascii_digit());
            good.then(|| value.to_string())
                .ok_or_else(|| format!("'{value}' is no version and not 'none'"))
        };
        match name.trim() {
            "opensearch" => self.opensearch = Some(version()?),
            "elasticsearch" => self.elasticsearch = Some(version()?),
            "java" => self.java = Some(version()?),
            "airflow" => self.airflow = Some(version()?),
            "database_free_gib" => {
                let number = value.parse();
                let number = number.map_err(|_| format!("'{value}' is no whole number of GiB"))?;
                self.database_free_gib = Some(number);
            }
            other => return Err(format!("'{other}' is not asked for: {HOW}")),
        }
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunAnswers {
    /// How long an open question waits for `omup answer` or an attached person before the run ends
    /// with exit code 70, in seconds; default 0.
    #[serde(default)]
    pub wait_for_answers: u32,
    /// What to do by itself when something fails after the point of no return: `stop` (default)
    /// leaves the choice of the way back to a person.
    #[serde(default)]
    pub agreed_downtime_minutes: Option<u32>,
}

/// Confirmations made beforehand. Worth nothing unless plan and server are the very ones named.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmAnswers {
    /// `plan_digest` as `omup plan` prints it.
    #[serde(default)]
    pub plan: Option<String>,
    /// `server` as `omup plan` prints it.
    #[serde(default)]
    pub server: Option<String>,
    /// The database's name, typed.
    #[serde(default)]
    pub start_of_downtime: Option<String>,
    #[serde(default)]
    pub point_of_no_return: Option<String>,
    /// For `omup rollback`: the id of the way back that is wanted.
    #[serde(default)]
    pub way_back: Option<String>,
}

impl MemoryAnswers {
    /// Bytes asked for.
    pub fn bytes(&self) -> u64 {
        u64::from(self.mib.unwrap_or(20)) * 1024 * 1024
    }
}

impl Answers {
    /// Everything that is wrong with the values themselves, each as `key: problem`.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.deployment.kind != "bare-metal" {
            problems.push(format!(
                "deployment.kind: '{}' is not known (this version drives 'bare-metal')",
                self.deployment.kind
            ));
        }
        for (key, path) in [
            ("deployment.old_home", &self.deployment.old_home),
            ("deployment.new_home", &self.deployment.new_home),
            ("backup.dir", &self.backup.dir),
        ] {
            if !path.is_absolute() {
                problems.push(format!(
                    "{key}: '{}' is not an absolute path",
                    path.display()
                ));
            }
        }
        if self.deployment.old_home == self.deployment.new_home {
            problems.push("deployment.new_home: is the same folder as old_home".to_string());
        }
        if let Some(mib) = self.memory.mib
            && !(20..=1024).contains(&mib)
        {
            problems.push(format!("memory.mib: {mib} is not between 20 and 1024"));
        }
        if let Some(seconds) = self.server.start_timeout
            && !(10..=3600).contains(&seconds)
        {
            problems.push(format!(
                "server.start_timeout: {seconds} is not between 10 and 3600"
            ));
        }
        if let Some(seconds) = self.backup.stall_seconds
            && !(10..=3600).contains(&seconds)
        {
            problems.push(format!(
                "backup.stall_seconds: {seconds} is not between 10 and 3600"
            ));
        }
        if self.server.stop.is_some() != self.server.start.is_some() {
            problems.push("server: give both stop and start, or neither".to_string());
        }
        for (component, said) in self.known.components() {
            let version = said.starts_with(|c: char| c.is_ascii_digit());
            if !version && said != KnownAnswers::NONE {
                problems.push(format!(
                    "known.{component}: '{said}' is no version and not 'none'"
                ));
            }
        }
        for waiver in &self.waive {
            if waiver.reason.trim().is_empty() || waiver.who.trim().is_empty() {
                problems.push(format!(
                    "waive {}: reason and who must be given",
                    waiver.check
                ));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::KnownAnswers;

    #[test]
    fn what_a_person_tells_is_taken_or_refused_in_words() {
        let mut known = KnownAnswers::default();
        for told in [
            "airflow=none",
            " java = 21.0.6 ",
            "database_free_gib = 200",
            "opensearch = \"3.4.0\"",
        ] {
            assert_eq!(known.tell(told), Ok(()), "{told}");
        }
        let said: Vec<_> = known.components().collect();
        let wanted = [
            ("opensearch", "3.4.0"),
            ("java", "21.0.6"),
            ("airflow", "none"),
        ];
        assert_eq!(said, wanted);
        assert_eq!(known.database_free_gib, Some(200));
        for told in [
            "",
            "airflow",
            "airflow = new",
            "kafka = 3",
            "database_free_gib = much",
        ] {
            let before = known.clone();
            assert!(known.tell(told).is_err(), "{told}");
            assert_eq!(known, before);
        }
    }
}
