//! The files of `assets/sandbox`, built into the binary.

use crate::practice::dialect::Dialect;

/// One file of a native migration: version, file name, text.
pub type NativeFile = (&'static str, &'static str, &'static str);

/// The version that a practice deployment runs at first.
pub const OLD_VERSION: &str = "1.10.7";
/// The version that it is upgraded to.
pub const NEW_VERSION: &str = "1.12.4";

macro_rules! native {
    ($dialect:literal: $($version:literal $file:literal),+ $(,)?) => {
        &[$((
            $version,
            concat!($file, ".sql"),
            include_str!(concat!(
                "../../../assets/sandbox/native/", $version, "/", $dialect, "/", $file, ".sql"
            )),
        )),+]
    };
}

macro_rules! all_native {
    ($dialect:literal) => {
        native!($dialect:
            "1.1.0" "schemaChanges",
            "1.1.0" "postDataMigrationSQLScript",
            "1.1.5" "schemaChanges",
            "1.2.0" "schemaChanges",
            "1.3.0" "schemaChanges",
            "1.3.0" "postDataMigrationSQLScript",
            "1.4.0" "schemaChanges",
            "1.5.0" "schemaChanges",
            "1.6.0" "schemaChanges",
            "1.7.0" "schemaChanges",
            "1.8.0" "postDataMigrationSQLScript",
            "1.9.0" "schemaChanges",
            "1.9.2" "schemaChanges",
            "1.10.0" "schemaChanges",
            "1.10.1" "schemaChanges",
            "1.10.3" "schemaChanges",
            "1.10.3" "postDataMigrationSQLScript",
            "1.10.5" "schemaChanges",
            "1.10.7" "schemaChanges",
            "1.11.0" "schemaChanges",
            "1.11.0" "postDataMigrationSQLScript",
            "1.11.2" "schemaChanges",
            "1.11.2" "postDataMigration",
            "1.12.0" "schemaChanges",
            "1.12.0" "postDataMigrationSQLScript",
            "1.12.4" "postDataMigrationSQLScript",
        )
    };
}

/// Every native migration file of a dialect.
pub fn native_files(dialect: Dialect) -> &'static [NativeFile] {
    match dialect {
        Dialect::Postgres => all_native!("postgres"),
        Dialect::Mysql => all_native!("mysql"),
        Dialect::Sqlite => all_native!("sqlite"),
    }
}

macro_rules! schema {
    ($dialect:literal, $file:literal) => {
        include_str!(concat!(
            "../../../assets/sandbox/schema/",
            $dialect,
            "/",
            $file,
            ".sql"
        ))
    };
}

macro_rules! in_dialect {
    ($dialect:expr, $file:literal) => {
        match $dialect {
            Dialect::Postgres => schema!("postgres", $file),
            Dialect::Mysql => schema!("mysql", $file),
            Dialect::Sqlite => schema!("sqlite", $file),
        }
    };
}

/// The Flyway files of a dialect: name and text, in order.
pub fn flyway_files(dialect: Dialect) -> Vec<(&'static str, String)> {
    vec![
        (
            "v000__create_server_change_log.sql",
            in_dialect!(dialect, "v000").to_owned(),
        ),
        (
            "v001__create_db_connection_info.sql",
            super::entities::create_tables(dialect),
        ),
        (
            "v003__create_db_connection_info.sql",
            in_dialect!(dialect, "v003").to_owned(),
        ),
        (
            "v012__create_db_connection_info.sql",
            in_dialect!(dialect, "v012").to_owned(),
        ),
        (
            "v015__create_db_connection_info.sql",
            in_dialect!(dialect, "v015").to_owned(),
        ),
    ]
}

/// Flyway's own table.
pub fn flyway_table(dialect: Dialect) -> &'static str {
    in_dialect!(dialect, "flyway")
}

/// The tables that Flowable and Quartz make for themselves.
pub fn engine_tables(dialect: Dialect) -> &'static str {
    in_dialect!(dialect, "engines")
}

/// What the operator added by hand; on PostgreSQL and SQLite it is among the Flyway files.
pub fn operators_own(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres | Dialect::Sqlite => "",
        Dialect::Mysql => schema!("mysql", "operator"),
    }
}

/// `conf/openmetadata.yaml` as delivered.
pub const CONFIGURATION: &str = include_str!("../../../assets/sandbox/conf/openmetadata.yaml");
/// `conf/openmetadata-env.sh` as delivered.
pub const ENVIRONMENT: &str = include_str!("../../../assets/sandbox/conf/openmetadata-env.sh");
/// `bin/openmetadata.sh`.
pub const CONTROL_SCRIPT: &str = include_str!("../../../assets/sandbox/bin/openmetadata.sh");
/// `bin/openmetadata-server-start.sh`.
pub const SERVER_SCRIPT: &str =
    include_str!("../../../assets/sandbox/bin/openmetadata-server-start.sh");
/// `bootstrap/openmetadata-ops.sh`.
pub const OPS_SCRIPT: &str = include_str!("../../../assets/sandbox/bin/openmetadata-ops.sh");
/// `service/openmetadata/run` for a runit supervisor.
pub const SUPERVISOR_SCRIPT: &str = include_str!("../../../assets/sandbox/bin/supervisor-run.sh");
/// `watchdog.sh`.
pub const WATCHDOG_SCRIPT: &str = include_str!("../../../assets/sandbox/bin/watchdog.sh");

#[cfg(test)]
mod tests {
    use super::{Dialect, flyway_files, native_files};
    use crate::practice::statements::split;

    #[test]
    fn statements_have_the_same_numbers_in_all_dialects() {
        // Faults name a statement by its number; where SQLite rebuilds a table it needs more.
        let counts = |dialect| -> Vec<usize> {
            let files = native_files(dialect).iter();
            files.map(|file| split(file.2, dialect).len()).collect()
        };
        assert_eq!(counts(Dialect::Postgres), counts(Dialect::Mysql));
    }

    #[test]
    fn all_dialects_have_the_same_files_and_no_statement_outgrows_its_log() {
        let names = |dialect| -> Vec<(&str, &str)> {
            native_files(dialect)
                .iter()
                .map(|(version, file, _)| (*version, *file))
                .collect()
        };
        for dialect in Dialect::ALL {
            assert_eq!(names(Dialect::Postgres), names(dialect));
            let texts = native_files(dialect).iter().map(|file| file.2.to_owned());
            let flyway = flyway_files(dialect).into_iter().map(|file| file.1);
            for statement in texts.chain(flyway).flat_map(|text| split(&text, dialect)) {
                assert!(statement.len() <= 10_000, "{statement}");
            }
        }
    }
}
