//! A dump of a snapshot, restored, equals the source; and every kind of difference is named.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::bench::{Bench, content, differences, good, run};
use crate::support::digest;
use crate::support::postgres::Database;

#[tokio::test]
async fn a_restored_snapshot_equals_its_source_while_others_write() {
    let Some(bench) = Bench::new("equal") else {
        return;
    };
    let admin = bench.admin().await;
    let source = admin.looking();
    let mut snapshot = good(source.snapshot().await);
    let stop = Arc::new(AtomicBool::new(false));
    let writer = writer(&bench, stop.clone());
    let archive = bench.archive();
    run(&source.dump_tool(snapshot.id()), None, Some(&archive)).well();
    let seen = std::sync::Mutex::new(Vec::new());
    let before = good(
        snapshot
            .content(&|done, total, table| {
                if let Ok(mut seen) = seen.lock() {
                    seen.push((done, total, table.to_owned()));
                }
            })
            .await,
    );
    stop.store(true, Ordering::Relaxed);
    assert!(
        writer.join().is_ok_and(|written| written > 0),
        "the writer wrote nothing"
    );
    let seen = seen.into_inner().unwrap_or_default();
    assert_eq!(seen.first().map(|step| step.0), Some(0));
    assert_eq!(seen.last().map(|step| step.0), Some(before.tables.len()));

    let tables = good(snapshot.tables().await);
    let list = source.list_tool().unwrap_or_else(|| panic!("no list tool"));
    let listing = run(&list, Some(&archive), None).well().stdout;
    assert_eq!(source.tables_in_archive(&listing), tables, "{listing}");
    run(
        &source.check_tool().expect("PostgreSQL has one"),
        Some(&archive),
        None,
    )
    .well();
    assert!(snapshot.position().is_some() && snapshot.taken_ms() > 1_700_000_000_000);

    let copy = bench.copy();
    let shape = good(snapshot.shape().await);
    good(snapshot.close().await);
    good(admin.create(&copy.name, &shape).await);
    assert!(
        admin.create(&copy.name, &shape).await.is_err(),
        "it existed already"
    );
    run(&admin.restore_tool(&copy.name, &archive, 2), None, None).well();
    let restored = good(source.sibling(&copy.name).await);
    let after = content(&*restored).await;
    // A sequence stands outside of every snapshot, and the writer moved this one meanwhile.
    let moved = &before.sequences["change_event_offset_seq"];
    assert!(moved.contains(".."), "{moved}");
    assert_eq!(differences(&before, &after), [""; 0]);
    assert!(before.rows() > 3500, "{before:?}");
    assert_eq!(before.tables["no_columns"].rows, 2);
    assert_eq!(
        (before.tables["parent"].rows, before.tables["child"].rows),
        (1, 1)
    );
}

/// One row a moment, in a transaction of its own.
fn writer(bench: &Bench, stop: Arc<AtomicBool>) -> std::thread::JoinHandle<u32> {
    let (server, name) = (bench.server.clone(), bench.database.name.clone());
    let insert = "insert into change_event (eventtype, json, \"timestamp\") values ('w', '{}', 1)";
    server.sql(&name, insert);
    std::thread::spawn(move || {
        let mut written = 0;
        while !stop.load(Ordering::Relaxed) {
            server.sql(&name, insert);
            written += 1;
        }
        written
    })
}

#[tokio::test]
async fn every_kind_of_change_is_named() {
    let Some(bench) = Bench::new("changes") else {
        return;
    };
    let database = bench.connect().await;
    let before = content(&*database).await;
    // The same rows in another order on the disk, and statistics, are no difference.
    bench
        .database
        .sql("update change_event set json = json where \"offset\" < 50");
    bench.database.sql("vacuum full change_event");
    assert_eq!(differences(&before, &content(&*database).await), [""; 0]);
    for (change, undo, seen) in CHANGES {
        bench.database.sql(change);
        let found = differences(&before, &content(&*database).await);
        assert!(
            found.iter().any(|line| line.contains(seen)),
            "{change}: {found:?}"
        );
        bench.database.sql(undo);
        let left = differences(&before, &content(&*database).await);
        assert_eq!(left, [""; 0], "{undo}");
    }
}

/// A change, its undoing, and what must be said between.
const CHANGES: &[(&str, &str, &str)] = &[
    (
        "update table_entity set json = jsonb_set(json, '{name}', '\"other\"') where id = 'e77'",
        "update table_entity set json = jsonb_set(json, '{name}', to_jsonb(repeat('n', 27))) where id = 'e77'",
        "table_entity: same 3000 rows, other content",
    ),
    (
        "update change_event set json = '{\"b\": 1, \"a\": 2}' where \"offset\" = 7",
        "update change_event set json = '{\"b\": 1,  \"a\": 2}' where \"offset\" = 7",
        "change_event: same 500 rows",
    ),
    (
        "update odd_types set i = '1 day'",
        "update odd_types set i = '24 hours'",
        "odd_types: same 1 rows",
    ),
    (
        "update odd_types set m = 'glad'",
        "update odd_types set m = 'sad'",
        "odd_types: same 1 rows",
    ),
    (
        "insert into parted values (3, '2024-07-07')",
        "delete from parted where id = 3",
        "parted_1: 1 rows in the source, 2 in the copy",
    ),
    (
        "select nextval('free')",
        "select setval('free', 7)",
        "free: sequence at 7,true in the source, 10,true in the copy",
    ),
    (
        "grant insert on user_entity to omup_test_reader",
        "revoke insert on user_entity from omup_test_reader",
        "omup_test_reader=INSERT,SELECT",
    ),
    (
        "grant select (json) on table_entity to omup_test_reader",
        "revoke select (json) on table_entity from omup_test_reader",
        "column table_entity json: omup_test_reader=SELECT",
    ),
    (
        "grant usage on schema own to omup_test_reader",
        "revoke usage on schema own from omup_test_reader",
        "schema own: omup_test_reader=USAGE",
    ),
    (
        "drop trigger told on user_entity",
        "create trigger told before update on user_entity for each row execute function tell()",
        "trigger user_entity told: is missing",
    ),
    (
        "alter table user_entity disable trigger told",
        "alter table user_entity enable trigger told",
        "trigger public.user_entity told: is defined otherwise",
    ),
    (
        "create or replace view glad as select id, email from user_entity where kind = 'a'",
        "create or replace view glad as select id, email from user_entity where kind in ('a', 'b') and mood = any (array['glad'])",
        "relation public.glad: is defined otherwise",
    ),
    (
        "drop view glad",
        "create view glad as select id, email from user_entity where kind in ('a', 'b') and mood = any (array['glad'])",
        "view glad: is missing",
    ),
    (
        "create index another on user_entity (mood)",
        "drop index another",
        "index another: stands only in the copy",
    ),
    (
        "alter table user_entity alter email set not null",
        "alter table user_entity alter email drop not null",
        "columns of public.user_entity: is defined otherwise",
    ),
    (
        "comment on column user_entity.email is 'other'",
        "comment on column user_entity.email is 'their''s'",
        "columns of public.user_entity: is defined otherwise",
    ),
    (
        "create table extra ()",
        "drop table extra",
        "extra: table stands only in the copy",
    ),
    (
        "create or replace function tell() returns trigger language plpgsql as $$ begin return null; end $$",
        "create or replace function tell() returns trigger language plpgsql as $$ begin return new; end $$",
        "function public.tell(): is defined otherwise",
    ),
    (
        "alter policy mine on own.table_entity using (a > 2)",
        "alter policy mine on own.table_entity using (a > 1)",
        "policy own.table_entity mine: is defined otherwise",
    ),
    (
        "alter table user_entity set (fillfactor = 50)",
        "alter table user_entity reset (fillfactor)",
        "relation public.user_entity: is defined otherwise",
    ),
    (
        "create operator === (leftarg = box, rightarg = box, procedure = box_eq)",
        "drop operator === (box, box)",
        "operator public.===",
    ),
];

#[tokio::test]
async fn our_digest_and_the_tests_own_agree() {
    let Some(bench) = Bench::new("agree") else {
        return;
    };
    let admin = bench.admin().await;
    let source = admin.looking();
    let mut snapshot = good(source.snapshot().await);
    run(
        &source.dump_tool(snapshot.id()),
        None,
        Some(&bench.archive()),
    )
    .well();
    let shape = good(snapshot.shape().await);
    good(snapshot.close().await);
    let copy = bench.copy();
    good(admin.create(&copy.name, &shape).await);
    run(
        &admin.restore_tool(&copy.name, &bench.archive(), 1),
        None,
        None,
    )
    .well();
    assert_eq!(good(admin.finish_shape(&copy.name, &shape).await), [""; 0]);
    let restored = good(source.sibling(&copy.name).await);
    let (before, after) = (content(source).await, content(&*restored).await);
    assert_eq!(differences(&before, &after), [""; 0]);
    let twin = Database {
        server: bench.server.clone(),
        name: copy.name.clone(),
    };
    let seen = digest::difference(&digest::contents(&bench.database), &digest::contents(&twin));
    // pg_dump writes `x in ('a', 'b')` another way after a first restore; we know both ways.
    assert!(seen.is_empty() || seen == ["schema differs"], "{seen:?}");
}
