//! One holder at a time, who says who it is; and what happens when connections die.

use std::time::Duration;

use omup::database::{DatabaseError, connect};
use omup::domain::secret::Secret;

use super::bench::{Bench, good};
use crate::support::postgres::PASSWORD;

#[tokio::test]
async fn one_holder_and_the_others_are_told_who() {
    let Some(bench) = Bench::new("lock") else {
        return;
    };
    let (one, two) = (bench.admin().await, bench.admin().await);
    let mut lock = good(one.lock("run 20261121-0544 by anna").await);
    assert!(lock.held().await);
    let error = two
        .lock("other")
        .await
        .err()
        .unwrap_or_else(|| panic!("two hold it"));
    match &error {
        DatabaseError::Locked { holder } => {
            assert!(
                holder.as_str().contains("run 20261121-0544 by anna"),
                "{holder}"
            );
            assert!(holder.as_str().contains("127.0.0.1"), "{holder}");
        }
        other => panic!("{other}"),
    }
    // Another database's lock is another one.
    let elsewhere = omup::database::admin(bench.target_of("postgres")).await;
    let other = good(good(elsewhere).lock("free").await);
    other.release().await;

    lock.release().await;
    let mut lock = good(two.lock("other").await);
    assert!(lock.held().await);
    // The holder's session dies: it knows, and the next one gets the lock at once.
    bench.server.sql("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'omup lock other'");
    assert!(!lock.held().await);
    let lock = good(one.lock("after the death").await);
    lock.release().await;
}

#[tokio::test]
async fn of_many_at_once_one_gets_it() {
    let Some(bench) = Bench::new("lock_many") else {
        return;
    };
    let admin = bench.admin().await;
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..20 {
        let admin = admin.clone();
        tries.spawn(async move { admin.lock(&format!("number {number}")).await });
    }
    let mut held = Vec::new();
    let mut told = 0;
    while let Some(Ok(outcome)) = tries.join_next().await {
        match outcome {
            Ok(lock) => held.push(lock),
            Err(DatabaseError::Locked { holder }) => {
                assert!(holder.as_str().contains("number "), "{holder}");
                told += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((held.len(), told), (1, 19));
}

#[tokio::test]
async fn errors_are_sorted_and_keep_the_password() {
    let Some(bench) = Bench::new("errors") else {
        return;
    };
    let mut wrong = bench.target();
    wrong.password = Some(Secret::new("wrong-secret-canary".to_owned()));
    let error = connect(wrong).await.err();
    assert!(
        matches!(error, Some(DatabaseError::Refused { .. })),
        "{error:?}"
    );
    let error = connect(bench.target_of("no such database")).await.err();
    assert!(
        matches!(error, Some(DatabaseError::NoSuchDatabase { .. })),
        "{error:?}"
    );
    // The server can be administered all the same.
    let admin = good(omup::database::admin(bench.target_of("no such database")).await);
    assert!(!good(admin.looking().exists("no such database").await));
    assert!(matches!(
        admin.looking().history().await,
        Err(DatabaseError::NoSuchDatabase { .. })
    ));

    let mut nowhere = bench.target();
    nowhere.facts.port = crate::support::port::free();
    let error = connect(nowhere.clone()).await.err();
    assert!(
        matches!(error, Some(DatabaseError::Unreachable { .. })),
        "{error:?}"
    );
    nowhere.facts.host = "no-such-host.invalid".to_owned();
    let error = connect(nowhere).await.err();
    assert!(
        matches!(error, Some(DatabaseError::Unreachable { .. })),
        "{error:?}"
    );
    // A listener that never answers, as a stalled proxy.
    let listener =
        std::net::TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("{error}"));
    let mut silent = bench.target();
    silent.facts.port = listener.local_addr().map_or(1, |address| address.port());
    let error = connect(silent)
        .await
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(error.contains("no answer within 10 s"), "{error}");
    assert!(!error.contains(PASSWORD));
}

#[tokio::test]
async fn a_snapshot_whose_session_is_ended_is_lost() {
    let Some(bench) = Bench::new("lost") else {
        return;
    };
    let database = bench.connect().await;
    let mut snapshot = good(database.snapshot().await);
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'";
    bench.database.sql_as_superuser(end);
    let error = snapshot.content(&|_, _, _| {}).await.err();
    assert!(
        matches!(error, Some(DatabaseError::Lost { .. })),
        "{error:?}"
    );
    // Kept sessions that died are replaced without a word.
    bench.database.sql_as_superuser("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'omup test' and datname = current_database()");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(good(database.now_ms().await) > 0);
}

#[tokio::test]
async fn the_password_file_lives_and_dies_with_the_handle() {
    let Some(bench) = Bench::new("password") else {
        return;
    };
    let database = bench.connect().await;
    let files = bench.folder.files_with(PASSWORD);
    assert_eq!(files.len(), 1, "{files:?}");
    drop(database);
    assert_eq!(
        bench.folder.files_with(PASSWORD),
        [""; 0].map(std::path::PathBuf::from)
    );
}
