//! What pending statements ask of a PostgreSQL, in databases of two encodings.

use omup::database::connect;
use omup::domain::sql_ground::SqlQuestion;

use super::bench::{Bench, Copy, good};
use crate::support::postgres::ROLE;

#[tokio::test]
async fn utf8_keeps_every_character_and_latin1_does_not() {
    let Some(bench) = Bench::new("ground") else {
        return;
    };
    let question = SqlQuestion {
        letters: "\u{e9}\u{2192}\u{1f389}".to_owned(),
        calls: ["MD5".to_owned()].into(),
        tables: ["table_entity".to_owned(), "gone_entity".to_owned()].into(),
    };
    let told = good(bench.connect().await.sql_ground(&question).await);
    let log = told.log.expect("there is a log");
    assert_eq!((log.charset.as_str(), log.lost.as_str()), ("UTF8", ""));
    assert_eq!(log.longest, Some(10_000));
    assert!(told.missing.is_empty());
    let tables: Vec<&String> = told.schema.tables.keys().collect();
    assert_eq!(tables, ["table_entity"]);
    let table = &told.schema.tables["table_entity"];
    assert!(table.columns.contains("json"), "{table:?}");
    assert!(!table.indexes.is_empty(), "{table:?}");

    let latin = Copy::of(&bench, &format!("{}_latin", bench.database.name));
    bench.server.sql(
        "postgres",
        &format!(
            "create database \"{}\" owner {ROLE} encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0",
            latin.name
        ),
    );
    bench.server.sql(
        &latin.name,
        &format!(
            "create table server_change_log (version varchar(256) primary key); \
             create table server_migration_sql_logs (version varchar(256), sqlstatement text, checksum varchar(256) primary key); \
             alter table server_change_log owner to {ROLE}; alter table server_migration_sql_logs owner to {ROLE}"
        ),
    );
    let database = good(connect(bench.target_of(&latin.name)).await);
    let log = good(database.sql_ground(&question).await).log;
    let log = log.expect("there is a log");
    assert_eq!(log.charset, "LATIN1");
    assert_eq!(log.lost, "\u{2192}\u{1f389}");
    assert_eq!(log.longest, None);
}
