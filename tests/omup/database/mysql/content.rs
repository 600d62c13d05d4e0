//! A dump, restored, equals the source; and every kind of difference is named.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use omup::database::ArchiveScan;

use super::bench::{Bench, run};
use crate::database::bench::{content, differences, good};
use crate::support::wait;

fn scanned(mut scan: Box<dyn ArchiveScan>, archive: &std::path::Path) -> omup::database::Scanned {
    scan.push(&std::fs::read(archive).expect("the dump"));
    scan.finish()
}

#[tokio::test]
async fn a_restored_dump_equals_its_source() {
    for bench in Bench::each("equal") {
        let admin = bench.admin().await;
        let source = admin.looking();
        let mut snapshot = good(source.snapshot().await);
        let archive = bench.archive();
        run(&source.dump_tool(snapshot.id()), Some(&archive)).well();
        good(snapshot.dump_began().await);
        let before = good(snapshot.content(&|_, _, _| {}).await);
        assert!(before.later.is_empty(), "{:?}", before.later);
        let scan = scanned(source.scan().expect("MySQL has one"), &archive);
        assert_eq!(scan.problems, []);
        assert_eq!(scan.tables, good(snapshot.tables().await));
        assert!(snapshot.taken_ms() > 1_700_000_000_000);

        let copy = bench.copy();
        let shape = good(snapshot.shape().await);
        good(snapshot.close().await);
        good(admin.create(&copy.name, &shape).await);
        assert!(
            admin.create(&copy.name, &shape).await.is_err(),
            "it existed"
        );
        // The owner may make neither routine nor trigger while the binary log is on: as root.
        let fitted = good(
            admin
                .fitted_restore(&copy.name, &archive, 2, omup::process::Place::Local)
                .await,
        );
        run(&fitted.tool, None).well();
        let left = good(admin.finish_shape(&copy.name, &shape).await);
        let restored = good(source.sibling(&copy.name).await);
        let after = content(&*restored).await;
        assert_eq!(differences(&before, &after), [""; 0], "{left:?}");
        assert!(before.rows() > 3000);
        assert_eq!(before.tables["tick`ed"].rows, 3);
        assert_eq!(before.sequences["user_entity"], "100,true");
        good(admin.drop_ours(&copy.name).await);
        assert!(!good(source.exists(&copy.name).await));
    }
}

#[tokio::test]
async fn what_was_written_while_the_dump_began_is_known() {
    for bench in Bench::each("meanwhile") {
        let source = bench.connect().await;
        let mut snapshot = good(source.snapshot().await);
        bench.database.sql("insert into parent values (7)");
        good(snapshot.dump_began().await);
        bench.database.sql("insert into parent values (8)");
        let content = good(snapshot.content(&|_, _, _| {}).await);
        assert_eq!(content.tables["parent"].rows, 1);
        let later: Vec<(&str, u64)> = content
            .later
            .iter()
            .map(|(name, table)| (name.as_str(), table.rows))
            .collect();
        assert_eq!(later, [("parent", 2)]);
    }
}

#[tokio::test]
async fn one_changed_thing_is_seen_and_named() {
    for bench in Bench::each("changed") {
        let source = bench.connect().await;
        let before = content(&*source).await;
        for (change, back, word) in [
            (
                "update table_entity set json = json_set(json, '$.x', 1) where id = 'e7'",
                "update table_entity set json = json_remove(json, '$.x') where id = 'e7'",
                "table_entity: same",
            ),
            (
                "update odd_types set vb = null where c = 'ab'",
                "update odd_types set vb = '' where c = 'ab'",
                "odd_types: same",
            ),
            (
                "update user_entity set flags = 'a' where id = 3",
                "update user_entity set flags = 'b' where id = 3",
                "user_entity: same",
            ),
            (
                "alter table parted modify id bigint",
                "alter table parted modify id int",
                "table parted: is defined",
            ),
            (
                "alter table user_entity modify email varchar(64) collate utf8mb4_0900_ai_ci",
                "alter table user_entity modify email varchar(64) collate utf8mb4_0900_as_cs",
                "table user_entity: is defined",
            ),
            (
                "alter table user_entity auto_increment = 500",
                "alter table user_entity auto_increment = 100",
                "user_entity: sequence at 100,true",
            ),
            (
                "create or replace view glad as select id from user_entity",
                "create or replace view glad as select id, email from user_entity where mood = 'glad' and email = _utf8mb4'u1'",
                "view glad: is defined",
            ),
            (
                "drop trigger told",
                "create definer = 'om'@'%' trigger told before update on user_entity for each row set new.email = lower(new.email)",
                "trigger told: is missing",
            ),
            (
                "alter event later disable",
                "alter event later enable",
                "event later: is defined",
            ),
            (
                "alter procedure nothing comment 'x'",
                "alter procedure nothing comment ''",
                "procedure nothing: is defined",
            ),
            (
                "drop index by_name on table_entity",
                "alter table table_entity add key by_name (name)",
                "index table_entity.by_name: is missing",
            ),
        ] {
            bench.database.sql_as_root(change);
            let found = differences(&before, &content(&*source).await);
            assert!(
                found.iter().any(|line| line.starts_with(word)),
                "{change}: {found:?}"
            );
            bench.database.sql_as_root(back);
        }
    }
}

#[tokio::test]
async fn a_value_that_the_server_cannot_hash_is_no_proof() {
    for bench in Bench::each("packet") {
        let source = bench.connect().await;
        let most: u64 = bench
            .server
            .sql("mysql", "select @@max_allowed_packet")
            .parse()
            .expect("bytes");
        bench.database.sql_as_root("create table huge (json json)");
        // A JSON text that is longer than any result may be: escapes make it grow.
        let half = most / 2 + 1000;
        bench.database.sql_as_root(&format!(
            "insert into huge select json_object('a', cast(repeat(char(1), {half} / 6) as char character set utf8mb4), 'b', cast(repeat(char(1), {half} / 6) as char character set utf8mb4), 'c', repeat('x', {half} / 4))"
        ));
        let mut snapshot = good(source.snapshot().await);
        let answer = snapshot.content(&|_, _, _| {}).await;
        match answer {
            Ok(content) => assert_eq!(content.tables["huge"].rows, 1),
            Err(error) => assert!(error.to_string().contains("max_allowed_packet"), "{error}"),
        }
    }
}

#[tokio::test]
async fn a_writer_does_not_stop_the_views() {
    for bench in Bench::each("writer") {
        let source = bench.connect().await;
        let stop = Arc::new(AtomicBool::new(false));
        let writes = Arc::new(AtomicU64::new(0));
        let (server, name, ended, counted) = (
            bench.server.clone(),
            bench.database.name.clone(),
            stop.clone(),
            writes.clone(),
        );
        let writer = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                server.sql(
                    &name,
                    "update table_entity set json = json_set(json, '$.n', rand()) where id = 'e1'",
                );
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut snapshot = good(source.snapshot().await);
        // One that began after the view was taken has ended when two have.
        let seen = writes.load(Ordering::Relaxed);
        wait::until("a write after the view", Duration::from_secs(60), || {
            (writes.load(Ordering::Relaxed) >= seen + 2).then_some(())
        });
        let archive = bench.archive();
        run(&source.dump_tool(snapshot.id()), Some(&archive)).well();
        good(snapshot.dump_began().await);
        let content = good(snapshot.content(&|_, _, _| {}).await);
        stop.store(true, Ordering::Relaxed);
        assert!(writer.join().is_ok());
        let later: Vec<&String> = content.later.keys().collect();
        assert_eq!(later, ["table_entity"]);
    }
}
