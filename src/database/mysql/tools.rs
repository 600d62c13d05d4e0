//! The commands of MySQL's own client programs: `mysqldump` and `mysql`.
//!
//! The password stands in a private option file, which must be the first argument. No shell reads
//! the commands. Options: MySQL manual, "mysqldump" and "mysql Client Options".

use std::ffi::OsString;
use std::path::Path;

use super::connect::Connector;
use super::option_file;
use super::shape;
use crate::database::Result;
use crate::database::password_file::PasswordFile;
use crate::domain::backup::DatabaseShape;
use crate::process::ToolCommand;

/// What ends a whole dump, by `--skip-dump-date` without a date behind it.
pub const TRAILER: &str = "-- Dump completed";

/// Everything a tool needs to reach the server.
pub struct Tools<'a> {
    pub connector: &'a Connector,
    pub option_file: &'a PasswordFile,
}

/// The option file of our tools: password and encryption, nothing else, and no other file is read
/// (MySQL manual, "Caching SHA-2 Pluggable Authentication").
pub fn option_file(connector: &Connector, folder: &Path) -> Result<PasswordFile> {
    let ca = connector
        .ssl_ca
        .as_ref()
        .map(|file| file.display().to_string());
    let mut options = vec![("ssl-mode", connector.ssl_mode)];
    // Without TLS a server that has not seen this password since its start gives its key only to who
    // asks (error 2061 otherwise); our own sessions ask too.
    if matches!(connector.ssl_mode, "DISABLED" | "PREFERRED") {
        options.push(("get-server-public-key", "ON"));
    }
    if let Some(ca) = &ca {
        options.push(("ssl-ca", ca));
    }
    if let Some(password) = &connector.password {
        options.push(("password", password.reveal()));
    }
    PasswordFile::holding(folder, &option_file::written(&options))
}

impl Tools<'_> {
    /// Writes the whole database as SQL to standard output, out of one consistent view.
    pub fn dump(&self) -> ToolCommand {
        let database = &self.connector.target.facts.database;
        self.connected("mysqldump")
            .args([
                "--single-transaction",
                "--quick",
                "--routines",
                "--triggers",
                "--events",
                "--hex-blob",
                "--no-tablespaces",
                "--set-gtid-purged=OFF",
                "--skip-dump-date",
                "--default-character-set=utf8mb4",
                "--max-allowed-packet=1G",
                "--column-statistics=0",
                // Newer servers ask for a right on masking policies, which no OpenMetadata has
                // (seen with 9.7); older programs do not know the option.
                "--loose-skip-masking-policies",
                "--",
            ])
            .arg(database)
    }

    /// Runs a dump in `database` and stops at the first error. In binary mode the client knows no
    /// commands but DELIMITER, so that a dump cannot make it start programs.
    pub fn restore(&self, database: &str, archive: &Path) -> ToolCommand {
        self.connected("mysql")
            .args([
                "--batch",
                "--binary-mode",
                "--default-character-set=utf8mb4",
                "--max-allowed-packet=1G",
                "--skip-reconnect",
            ])
            .arg(option("--database=", database))
            .stdin(archive)
    }

    /// Creates, restores and finishes a database with `mysql` and `zstd` alone; the password is
    /// read from `~/.my.cnf`. `sh -e` sees only the end of a pipe, and `mysql` that reads nothing
    /// ends well: the dump is read to its last line first, and where it cannot be read a second time
    /// `mysql` gets a line that it refuses.
    pub fn restore_by_hand(
        &self,
        stored: &Path,
        database: &str,
        shape: &DatabaseShape,
    ) -> Vec<String> {
        let mysql = |sql: &str| {
            // A mode of ours: the statements quote names as the standard does.
            let sql = format!("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'); {sql};");
            typed(&self.by_hand().arg("-e").arg(sql))
        };
        let stored = absolute(stored);
        let unpack = typed(&ToolCommand::new("zstd").arg("-dc").arg(&stored));
        let mut lines = vec![
            typed(&ToolCommand::new("zstd").arg("-tq").arg(&stored)),
            "# The last line of a whole dump; where it is not printed, the dump is not whole."
                .to_string(),
            format!("{unpack} | tail -n 1 | grep -x -e '{TRAILER}'"),
        ];
        match shape::create_statement(database, shape) {
            Ok(sql) => lines.push(mysql(&sql)),
            Err(error) => lines.push(format!("# create the database by hand: {error}")),
        }
        let restore = self
            .by_hand()
            .args(["--binary-mode", "--max-allowed-packet=1G"])
            .arg(option("--database=", database));
        lines.push(format!(
            "{{ {unpack} || printf '\\nthe dump could not be read;\\n'; }} | {}",
            typed(&restore)
        ));
        for sql in shape::finish_statements(database, shape).unwrap_or_default() {
            // Grants to others need a right that the restore does not; the data is whole without.
            lines.push(format!(
                "{} || echo 'not applied, needs more rights' >&2",
                mysql(&sql)
            ));
        }
        lines
    }

    fn by_hand(&self) -> ToolCommand {
        self.place(ToolCommand::new("mysql"))
    }

    fn connected(&self, program: &str) -> ToolCommand {
        let file = option(
            "--defaults-file=",
            &self.option_file.path().display().to_string(),
        );
        self.place(ToolCommand::new(program).arg(file))
    }

    fn place(&self, tool: ToolCommand) -> ToolCommand {
        let facts = &self.connector.target.facts;
        tool.arg(option("--host=", &facts.host))
            .arg(option("--port=", &facts.port.to_string()))
            .arg(option("--user=", &facts.user))
            .arg("--protocol=TCP")
    }
}

/// Prints the dump tool's version line.
pub fn version() -> ToolCommand {
    ToolCommand::new("mysqldump").args(["--no-defaults", "--version"])
}

/// Prints the client's version line.
pub fn client_version() -> ToolCommand {
    ToolCommand::new("mysql").args(["--no-defaults", "--version"])
}

fn option(name: &str, value: &str) -> OsString {
    format!("{name}{value}").into()
}

fn typed(tool: &ToolCommand) -> String {
    tool.shown().to_string()
}

/// A path that begins with a dash would be taken for an option.
fn absolute(path: &Path) -> OsString {
    if path.is_absolute() {
        path.into()
    } else {
        Path::new(".").join(path).into()
    }
}
