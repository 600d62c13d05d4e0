//! The commands of PostgreSQL's own client programs: `pg_dump` and `pg_restore`.
//!
//! No password stands in them: the tools read it from the file named by `PGPASSFILE`. No shell reads
//! them either. `-d` takes a whole connection string (libpq, "Connection Strings"), so a database
//! called `a=b` or `postgres://x` is a name and nothing more.

use std::ffi::OsString;
use std::path::Path;

use super::connect::Connector;
use super::shape;
use crate::database::params;
use crate::database::password_file::PasswordFile;
use crate::domain::backup::DatabaseShape;
use crate::process::{EnvValue, ToolCommand};

/// Longest wait of `pg_dump` for a table that someone else has locked.
const LOCK_WAIT: &str = "--lock-wait-timeout=60s";

/// Everything a tool needs to reach the server.
pub struct Tools<'a> {
    pub connector: &'a Connector,
    pub password_file: Option<&'a PasswordFile>,
}

impl Tools<'_> {
    /// Writes the snapshot's whole database to standard output: custom format, uncompressed (our own
    /// pipeline compresses better and beside it), owners and grants included.
    pub fn dump(&self, snapshot: &str) -> ToolCommand {
        let mut args: Vec<OsString> = [
            "-Fc",
            "-Z0",
            "--no-password",
            LOCK_WAIT,
            &format!("--snapshot={snapshot}"),
        ]
        .map(OsString::from)
        .to_vec();
        args.extend(self.place(&self.connector.target.facts.database));
        self.connected("pg_dump", args, "omup dump")
    }

    /// Restores an archive file into `database` and stops at the first error.
    pub fn restore(&self, database: &str, archive: &Path, jobs: u32) -> ToolCommand {
        let mut args: Vec<OsString> = [
            "--exit-on-error",
            "--no-password",
            "-j",
            &jobs.max(1).to_string(),
        ]
        .map(OsString::from)
        .to_vec();
        args.extend(self.place(database));
        args.push(absolute(archive));
        self.connected("pg_restore", args, "omup restore")
    }

    /// Creates, restores and finishes a database with `psql`, `zstd` and `pg_restore` alone.
    pub fn restore_by_hand(
        &self,
        stored: &Path,
        database: &str,
        shape: &DatabaseShape,
    ) -> Vec<String> {
        let psql = |sql: &str| {
            let mut args: Vec<OsString> = ["-X", "-q", "-v", "ON_ERROR_STOP=1"]
                .map(OsString::from)
                .to_vec();
            args.extend(self.place("postgres"));
            args.extend(["-c".into(), sql.into()]);
            typed("psql", args)
        };
        let mut restore: Vec<OsString> = ["--exit-on-error"].map(OsString::from).to_vec();
        restore.extend(self.place(database));
        let unpack = typed("zstd", vec!["-dc".into(), absolute(stored)]);
        let mut lines = Vec::new();
        match shape::create_statement(database, shape) {
            Ok(sql) => lines.push(psql(&sql)),
            Err(error) => lines.push(format!("# create the database by hand: {error}")),
        }
        lines.push(format!("{unpack} | {}", typed("pg_restore", restore)));
        for finish in shape::finish_statements(database, shape).unwrap_or_default() {
            // Some of these need rights that the restore itself does not; the data is whole without them.
            lines.push(format!(
                "{} || echo 'not applied, needs more rights' >&2",
                psql(&finish.shown)
            ));
        }
        lines
    }

    fn place(&self, database: &str) -> Vec<OsString> {
        let facts = &self.connector.target.facts;
        [
            "-h",
            &facts.host,
            "-p",
            &facts.port.to_string(),
            "-U",
            &facts.user,
            "-d",
            &connection_string(database),
        ]
        .map(OsString::from)
        .to_vec()
    }

    fn connected(&self, program: &str, args: Vec<OsString>, application: &str) -> ToolCommand {
        let target = &self.connector.target;
        let mut env = vec![
            (
                "PGAPPNAME".to_string(),
                EnvValue::Plain(application.to_string()),
            ),
            (
                "PGCONNECT_TIMEOUT".to_string(),
                EnvValue::Plain("10".to_string()),
            ),
        ];
        let ssl = params::value(&target.facts.params, "sslmode").or_else(|| {
            matches!(
                params::value(&target.facts.params, "ssl").as_deref(),
                Some("true" | "")
            )
            .then(|| "verify-full".to_string())
        });
        if let Some(mode) = ssl {
            env.push(("PGSSLMODE".to_string(), EnvValue::Plain(mode)));
        }
        if let Some(file) = params::value(&target.facts.params, "sslrootcert") {
            env.push(("PGSSLROOTCERT".to_string(), EnvValue::Plain(file)));
        }
        match (self.password_file, &target.password) {
            (Some(file), _) => env.push((
                "PGPASSFILE".to_string(),
                EnvValue::Plain(file.path().display().to_string()),
            )),
            // The file's format cannot hold a line end; the child's own environment can.
            (None, Some(password)) => {
                env.push(("PGPASSWORD".to_string(), EnvValue::Secret(password.clone())));
            }
            (None, None) => {}
        }
        ToolCommand {
            args,
            env,
            ..ToolCommand::new(program)
        }
    }
}

/// Reads an archive from standard input to its end; `--list` would be content with the first part.
pub fn check() -> ToolCommand {
    plain("pg_restore", &["-f", "/dev/null"])
}

/// Prints the table of contents of an archive file.
pub fn list_of(archive: &Path) -> ToolCommand {
    let mut tool = list();
    tool.args.push(absolute(archive));
    tool
}

/// Prints the table of contents of the archive on standard input.
pub fn list() -> ToolCommand {
    plain("pg_restore", &["--list"])
}

/// Prints the dump tool's version line.
pub fn version() -> ToolCommand {
    plain("pg_dump", &["--version"])
}

/// Prints the restore tool's version line.
pub fn restore_version() -> ToolCommand {
    plain("pg_restore", &["--version"])
}

/// As a person types it; the password comes from `PGPASSFILE` or `~/.pgpass`.
fn typed(program: &str, args: Vec<OsString>) -> String {
    ToolCommand::new(program).args(args).shown().to_string()
}

fn plain(program: &str, args: &[&str]) -> ToolCommand {
    ToolCommand::new(program).args(args)
}

/// The name in libpq's quotes, with keepalives, so that a dead line ends a dump within half a minute.
fn connection_string(database: &str) -> String {
    let quoted = database.replace('\\', "\\\\").replace('\'', "\\'");
    format!(
        "dbname='{quoted}' keepalives_idle=10 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=30000"
    )
}

/// A path that begins with a dash would be taken for an option.
fn absolute(path: &Path) -> OsString {
    if path.is_absolute() {
        path.into()
    } else {
        Path::new(".").join(path).into()
    }
}

#[cfg(test)]
mod tests {
    use super::{absolute, connection_string};

    #[test]
    fn names_are_names() {
        assert!(connection_string("a=b c").starts_with("dbname='a=b c' "));
        assert!(connection_string("it's \\").starts_with("dbname='it\\'s \\\\' "));
        assert_eq!(absolute(std::path::Path::new("-rf")), "./-rf");
    }
}
