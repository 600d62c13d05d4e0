//! What is learned of a real server, and its refusals in words.

use omup::database::{DatabaseError, connect};
use omup::domain::secret::Secret;

use super::bench::Bench;
use crate::database::bench::good;
use crate::support::mysql::PASSWORD;

#[tokio::test]
async fn facts_of_a_real_server() {
    for bench in Bench::each("facts") {
        let source = bench.connect().await;
        let facts = good(source.facts().await);
        let version = bench.server.sql("mysql", "select version()");
        assert!(facts.version_text.as_str().starts_with(&version));
        assert_eq!(
            facts.major.to_string(),
            version.split('.').next().unwrap_or("")
        );
        assert!(facts.bytes > 100_000 && !facts.read_only, "{facts:?}");
        assert_eq!(facts.sort_memory, Some(256 * 1024));
        assert_eq!(facts.shape.encoding, "utf8mb4");
        assert_eq!(facts.schemas.len(), 1);
        let logs = bench.server.sql("mysql", "select @@global.log_bin") == "1";
        assert_eq!(facts.log.is_some(), logs);
        assert!(facts.log.as_ref().is_none_or(|log| log.limit.is_none()));
        assert_eq!(
            facts.identity.server,
            bench.server.sql("mysql", "select @@server_uuid")
        );
        assert_eq!(
            facts.largest_table.as_ref().map(|table| table.0.as_str()),
            Some("table_entity")
        );
        assert_eq!(facts.without_transactions, []);
        bench
            .database
            .sql("create table old_notes (id int primary key) engine = MyISAM");
        let with_one = good(source.facts().await);
        assert_eq!(with_one.without_transactions, ["old_notes (MyISAM)".into()]);
        let lacking: Vec<&str> = facts
            .rights
            .iter()
            .filter(|right| !right.held)
            .map(|right| right.name.as_str())
            .collect();
        assert!(
            !lacking.contains(&"READ EVERYTHING") && !lacking.contains(&"CHANGE EVERYTHING"),
            "{lacking:?}"
        );
        let history = good(source.history().await);
        assert_eq!(
            history.highest().map(|version| version.to_string()),
            Some("1.10.0".to_string())
        );
        assert_eq!(history.statements["1.10.0"].len(), 2);
        assert_eq!(history.foreign_checksums, 1);
        assert_eq!(history.flyway.as_ref().map(Vec::len), Some(2));
        assert_eq!(good(source.recorded_statements().await)["1.9.0"], 2);
        assert_eq!(good(source.entity_counts().await)["table_entity"], 3000);
        assert_eq!(good(source.writes_since(1_700_000_002_991).await), 10);
        assert!(good(source.now_ms().await) > 1_700_000_000_000);
        assert!(good(source.databases().await).contains(&bench.database.name));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_connection_is_told() {
    for bench in Bench::each("wrong") {
        let mut target = bench.target();
        target.password = Some(Secret::new("not-it".to_owned()));
        match connect(target).await.err() {
            Some(DatabaseError::Refused { user, .. }) => assert_eq!(user.as_str(), "om"),
            other => panic!("{other:?}"),
        }
        match connect(bench.target_of("t_nothing_here")).await.err() {
            Some(DatabaseError::NoSuchDatabase { database, .. }) => {
                assert_eq!(database.as_str(), "t_nothing_here");
            }
            other => panic!("{other:?}"),
        }
        let mut target = bench.target();
        target.facts.port = 1;
        match connect(target).await.err() {
            Some(error @ DatabaseError::Unreachable { .. }) => {
                assert!(
                    error.to_string().contains("MySQL at 127.0.0.1:1"),
                    "{error}"
                );
            }
            other => panic!("{other:?}"),
        }
        let secret = PASSWORD;
        let mut target = bench.target();
        target.facts.params = "sslMode=VERIFY_CA".to_owned();
        let told = connect(target)
            .await
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(!told.is_empty() && !told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn every_way_in_that_people_have() {
    for bench in Bench::each("ways") {
        for params in [
            "useSSL=false&allowPublicKeyRetrieval=true",
            "",
            "sslMode=REQUIRED",
            "useSSL=true&requireSSL=true",
        ] {
            let mut target = bench.target();
            target.facts.params = params.to_owned();
            let database = good(connect(target).await);
            assert_eq!(
                good(database.identity().await).database,
                bench.database.name,
                "{params}"
            );
        }
    }
}

#[tokio::test]
async fn sort_memory_as_the_migration_will_see_it() {
    for bench in Bench::each("memory") {
        let admin = bench.admin().await;
        let source = admin.looking();
        let params =
            source.migration_params("serverTimezone=UTC", "omup migrate r1", Some(20 << 20));
        assert_eq!(
            good(source.sort_memory_with(Some(&params)).await),
            Some(20 << 20)
        );
        assert_eq!(good(source.sort_memory_with(None).await), Some(256 * 1024));
        // The schema's owner may not change the server's; nothing was changed by trying.
        match admin.set_standing_sort_memory(Some("20971520")).await {
            Err(DatabaseError::Statement { reason, .. }) => {
                assert!(reason.as_str().contains("[1227]"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(
            good(admin.standing_sort_memory().await).as_deref(),
            Some("262144")
        );
        let error = admin
            .set_standing_sort_memory(Some("1; drop table x"))
            .await;
        assert!(error.is_err());
    }
}
