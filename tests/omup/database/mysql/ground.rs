//! What pending statements ask of a MySQL: characters, functions, tables.

use omup::domain::sql_ground::SqlQuestion;

use super::bench::Bench;
use crate::database::bench::good;

#[tokio::test]
async fn the_server_itself_says_what_its_log_keeps_and_what_it_has() {
    for bench in Bench::each("ground") {
        let question = SqlQuestion {
            letters: "\u{e9}\u{20ac}\u{2192}\u{1f389}".to_owned(),
            calls: ["MD5".to_owned(), "SHA".to_owned()].into(),
            tables: ["table_entity", "gone_entity", "TABLE_ENTITY"]
                .map(str::to_owned)
                .into(),
        };
        let database = bench.connect().await;
        for (charset, lost) in [
            ("latin1", "\u{2192}\u{1f389}"),
            ("utf8mb3", "\u{1f389}"),
            ("utf8mb4", ""),
            ("ascii", "\u{e9}\u{20ac}\u{2192}\u{1f389}"),
        ] {
            bench.database.sql(&format!(
                "alter table SERVER_MIGRATION_SQL_LOGS modify sqlStatement varchar(10000) character set {charset} not null"
            ));
            let told = good(database.sql_ground(&question).await);
            let log = told.log.expect("there is a log");
            assert_eq!(log.charset, charset);
            assert_eq!((log.lost.as_str(), log.longest), (lost, Some(10_000)));
            // 9.6 and newer have them in a component only.
            let version = bench.database.sql("select version()");
            let has = version.starts_with("8.");
            assert_eq!(
                told.missing.is_empty(),
                has,
                "{version}: {:?}",
                told.missing
            );
            let tables: Vec<&String> = told.schema.tables.keys().collect();
            assert_eq!(tables, ["table_entity"], "names are told apart by case");
            let table = &told.schema.tables["table_entity"];
            assert!(table.columns.contains("updatedat"), "{table:?}");
            assert!(table.indexes.contains("by_name"), "{table:?}");
        }
    }
}
