//! What older OpenMetadatas left: a file of `metadata backup`, and a database with Flyway's history only.

use super::stage::{Setting, Stage};

const DATA_ONLY: &str = "TRUNCATE TABLE chart_entity;\nINSERT INTO chart_entity (json, nameHash) VALUES ('{\"id\": \"1\"}', 'x');\nTRUNCATE TABLE tag;\n";

fn setting() -> Setting {
    Setting {
        size: "300KB",
        confirm: false,
        ..Setting::default()
    }
}

#[test]
fn a_data_only_file_is_named_for_what_it_is_and_refused() {
    let stage = Stage::sqlite("data-only", &setting());
    let folder = stage.backups();
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("openmetadata_202303011200_backup.sql");
    std::fs::write(&file, DATA_ONLY).expect("written");
    for place in [&file, &folder] {
        let refused = stage
            .call(&["verify"], false)
            .args([place])
            .run(super::stage::RUN)
            .expect(22);
        assert!(
            refused.stderr.contains("metadata backup")
                && refused.stderr.contains("rows only")
                && refused.stderr.contains(file.to_str().expect("a path")),
            "{}",
            refused.stderr
        );
    }
    let told = stage.omup(&["check", "--answers"], true).stdout;
    assert!(
        told.contains("OM-LEVEL-002") && told.contains("rows only"),
        "{told}"
    );
    // It is left as it is, and the upgrade takes a backup of its own beside it.
    stage.omup(&["run", "--answers"], true).expect(70);
    assert_eq!(std::fs::read_to_string(&file).expect("there"), DATA_ONLY);
}

/// 1.0 and older: nothing but `DATABASE_CHANGE_LOG`.
fn flyway_only(stage: &Stage, drop: &[&str], make: &str, dump: &str) {
    let sql = |sql: &str| match (stage.mysql_database(), stage.postgres_database()) {
        (Some(database), _) => database.sql(sql),
        (None, Some(database)) => database.sql(sql),
        (None, None) => panic!("a server"),
    };
    for statement in drop {
        sql(statement);
    }
    sql(make);
    let told = stage.omup(&["check", "--answers"], true).expect(10).stdout;
    assert!(
        told.contains("knows only Flyway's history (newest version 014)")
            && told.contains("OpenMetadata 1.0 or older"),
        "{told}"
    );
    assert!(told.contains(dump), "how it is backed up natively: {told}");
    let refused = stage.omup(&["run", "--answers"], true);
    assert_ne!(refused.code, 0);
    // It cannot be upgraded from here, and it can be backed up: natively, and proven like any other.
    stage.omup(&["backup", "--answers"], true).expect(0);
    super::backup_alone::proven(stage);
}

#[test]
fn a_database_of_flyways_time_is_surveyed_and_explained_on_mysql() {
    if let Some(stage) = Stage::mysql("flyway", &setting()) {
        flyway_only(
            &stage,
            &[
                "drop table SERVER_CHANGE_LOG",
                "drop table SERVER_MIGRATION_SQL_LOGS",
                "drop table if exists DATABASE_CHANGE_LOG",
            ],
            "create table DATABASE_CHANGE_LOG (installed_rank int primary key, version varchar(50), description varchar(200) not null, success tinyint(1) not null);
             insert into DATABASE_CHANGE_LOG values (1, '000', 'x', 1), (2, '009', 'x', 1), (3, '014', 'x', 1)",
            "mysqldump --single-transaction",
        );
    }
}

#[test]
fn a_database_of_flyways_time_is_surveyed_and_explained_on_postgres() {
    if let Some(stage) = Stage::postgres("flyway", &setting()) {
        flyway_only(
            &stage,
            &[
                "drop table server_change_log",
                "drop table server_migration_sql_logs",
                "drop table if exists \"DATABASE_CHANGE_LOG\"",
            ],
            "create table \"DATABASE_CHANGE_LOG\" (installed_rank int primary key, version varchar(50), description varchar(200) not null, success boolean not null);
             insert into \"DATABASE_CHANGE_LOG\" values (1, '000', 'x', true), (2, '009', 'x', true), (3, '014', 'x', true)",
            "pg_dump --format=custom",
        );
    }
}
