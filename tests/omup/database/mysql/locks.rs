//! One holder at a time; and only what omup made is ever dropped.

use omup::database::DatabaseError;
use omup::domain::backup::DatabaseShape;

use super::bench::Bench;
use crate::database::bench::good;

#[tokio::test]
async fn one_holder_and_the_others_are_told_who() {
    for bench in Bench::each("lock") {
        let (one, two) = (bench.admin().await, bench.admin().await);
        let mut lock = good(one.lock("run 20261121-0544 by anna").await);
        assert!(lock.held().await);
        match two.lock("other").await.err() {
            Some(DatabaseError::Locked { holder }) => {
                assert!(holder.as_str().contains("of om from"), "{holder}");
            }
            other => panic!("{other:?}"),
        }
        lock.release().await;
        let mut lock = good(two.lock("other").await);
        assert!(lock.held().await);
        // The holder's session dies: it knows, and the next one gets the lock at once.
        let holders = bench.server.sql("mysql", "select group_concat(t.processlist_id) from performance_schema.metadata_locks l join performance_schema.threads t on t.thread_id = l.owner_thread_id where object_type = 'USER LEVEL LOCK' and object_name = 'omup by other'");
        for holder in holders.split(',') {
            bench.server.sql("mysql", &format!("kill {holder}"));
        }
        assert!(!lock.held().await);
        good(one.lock("after the death").await).release().await;
    }
}

#[tokio::test]
async fn only_databases_of_omup_are_dropped() {
    for bench in Bench::each("drop") {
        let admin = bench.admin().await;
        assert!(admin.drop_ours(&bench.database.name).await.is_err());
        let others = bench.server.fresh_database("others");
        others.sql("create table t (a int)");
        let error = admin
            .drop_ours(&others.name)
            .await
            .err()
            .map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains("no spare database")));
        assert_eq!(others.sql("select count(*) from t"), "0");
        // A database under its last name bears a mark until it is called finished.
        let serving = format!("{}_back_1", bench.database.name);
        assert_eq!(admin.restored_as("omup_1_back", &serving), serving);
        let shape = DatabaseShape::default();
        good(admin.create(&serving, &shape).await);
        bench.server.sql(&serving, "create table t (a int)");
        good(admin.drop_ours(&serving).await);
        good(admin.create(&serving, &shape).await);
        bench.server.sql(&serving, "create table t (a int)");
        good(admin.rename_ours(&serving, &serving).await);
        assert!(admin.drop_ours(&serving).await.is_err());
        assert_eq!(bench.server.sql(&serving, "show tables"), "t");
        bench
            .server
            .sql("mysql", &format!("drop database {serving}"));
    }
}

/// The same run on the same host has lost its session on the way, and the server has not noticed yet.
#[tokio::test]
async fn a_run_is_not_locked_out_by_its_own_lost_session() {
    for bench in Bench::each("own") {
        let (one, two) = (bench.admin().await, bench.admin().await);
        let mut lost = good(one.lock("20261121-0544@here").await);
        assert!(matches!(
            two.lock("20261121-0544@elsewhere").await,
            Err(DatabaseError::Locked { .. })
        ));
        let mut again = good(two.lock("20261121-0544@here").await);
        assert!(again.held().await && !lost.held().await);
        again.release().await;
    }
}
