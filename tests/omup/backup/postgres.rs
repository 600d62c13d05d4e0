//! Take, verify, prove and restore on PostgreSQL, quiet and disturbed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use omup::backup::verify::Tools;
use omup::backup::{BackupError, During, Stage, compare, prove, require_same, restore, verify};
use omup::domain::backup::Level;
use omup::exit_code::ExitCode;
use omup::process::Place;

use super::room::{Room, prepared};

/// Names that break whoever builds SQL or shell lines from them.
const HOSTILE: &str = r#"
create schema "odd.schema";
create table "a""b" (id int primary key, "col""umn" jsonb);
create table "a;drop" (t text);
create table "--" (t text);
create table "two
lines" (t text);
create table "${x}$(touch pwned)" (t text);
create table "Ünïcödé表" (t text);
create table "odd.schema"."in it" (id serial primary key, v numeric, j json);
create table "empty" (id int);
create table "sixty_three_bytes_long_name_sixty_three_bytes_long_name_sixty_t" (t text);
insert into "a""b" select i, jsonb_build_object('k', i, 'name', 'x' || i) from generate_series(1, 500) i;
insert into "a;drop" values ('\.'), (E'a\tb\nc'), (null), ('');
insert into "two
lines" values ('1'), ('1'), ('2');
insert into "odd.schema"."in it" (v, j) select i * 1.10, '{"a":  1}' from generate_series(1, 100) i;
"#;

#[tokio::test]
async fn a_backup_with_hostile_names_is_proven_equal() {
    let Some(ready) = prepared("hostile", &[HOSTILE]) else {
        return;
    };
    let room = Room::open(ready).await;
    let taken = room.take().await.expect("taken");
    assert_eq!(
        taken.manifest.tables.len(),
        9,
        "{:?}",
        taken.manifest.tables
    );
    let log = room.folder.join("verify.log");
    let tools = Tools {
        db: &*room.database,
        place: Place::Local,
        log: &log,
    };
    let verified = verify(&taken.folder, Some(tools), &|_| {})
        .await
        .expect("sound");
    assert_eq!(verified.level, Level::Restorable);
    let proved = prove(&room.prove_request(&taken), &*room.admin, &|_| {})
        .await
        .expect("proven");
    assert_eq!(proved.certificate.level, Level::RestoredAndEqual);
    assert!(!std::path::Path::new("pwned").exists());
    room.assert_clean();
}

#[tokio::test]
async fn rows_written_while_it_is_taken_are_in_neither_dump_nor_digests() {
    let Some(ready) = prepared(
        "writer",
        &["create table busy (id serial primary key, t text)"],
    ) else {
        return;
    };
    let room = Room::open(ready).await;
    let stop = Arc::new(AtomicBool::new(false));
    let (server, name, until) = (room.server.clone(), room.source.name.clone(), stop.clone());
    let write = move || {
        let rows =
            "insert into busy (t) select repeat(md5(i::text), 20) from generate_series(1, 2000) i";
        server.sql(&name, rows);
    };
    write();
    let writer = std::thread::spawn(move || {
        while !until.load(Ordering::Relaxed) {
            write();
        }
    });
    let taken = room.take().await.expect("taken");
    stop.store(true, Ordering::Relaxed);
    writer.join().expect("it wrote");
    let proved = prove(&room.prove_request(&taken), &*room.admin, &|_| {}).await;
    assert_eq!(
        proved.expect("proven").certificate.level,
        Level::RestoredAndEqual
    );
    // The gate, however, sees them.
    let found = compare(&taken.manifest, &*room.database, &|_, _, _| {}).await;
    let found = found.expect("compared").expect("there are digests");
    assert!(found.iter().any(|d| d.what.as_str() == "busy"), "{found:?}");
    room.assert_clean();
}

/// About 60 MB: the first table of the dump is not the last thing that happens.
const LARGE: &str = "create table large as select i as id, repeat(md5(i::text), 30) as t from generate_series(1, 60000) i";

#[tokio::test]
async fn a_dump_whose_connection_is_ended_is_refused() {
    let Some(ready) = prepared("ended", &[LARGE]) else {
        return;
    };
    let room = Room::open(ready).await;
    // The dump waits behind this lock until its connection is ended.
    let mut locker = room.server.client("psql", &room.source.name);
    let mut locker = locker
        .args([
            "-XAtqc",
            "begin; lock table large; select 'held'; select pg_sleep(60)",
        ])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("psql is there");
    let held = "select count(*) from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and l.mode = 'AccessExclusiveLock' and l.relation = 'large'::regclass";
    crate::support::wait::until("the lock", Duration::from_secs(20), || {
        (room.source.sql_as_superuser(held) == "1").then_some(())
    });
    let ender = room.server.clone();
    let name = room.source.name.clone();
    let ending = std::thread::spawn(move || {
        let sql = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'omup dump' and wait_event_type = 'Lock'";
        crate::support::wait::until("the dump's session", Duration::from_secs(20), || {
            (ender.sql(&name, sql) == "t").then_some(())
        });
    });
    let error = room.take().await.expect_err("half a dump");
    ending.join().expect("it was ended");
    room.source.sql_as_superuser("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like '%pg_sleep%' and pid <> pg_backend_pid()");
    let _ = locker.wait();
    let said = error.to_string();
    assert!(
        matches!(&error, BackupError::Stages(failures) if failures[0].stage == Stage::Dump),
        "{said}"
    );
    assert!(said.contains("pg_dump ended with exit code 1"), "{said}");
    assert_eq!(error.exit(During::Take), ExitCode::Backup);
    // What was disturbed is no backup; the next attempt is one.
    let taken = room.take().await.expect("taken");
    assert_eq!(
        omup::backup::store::complete_backups(&room.request().dir).expect("listed"),
        [taken.folder]
    );
}

#[tokio::test]
async fn one_changed_row_in_the_copy_is_named() {
    let Some(ready) = prepared("changed", &[HOSTILE]) else {
        return;
    };
    let room = Room::open(ready).await;
    let taken = room.take().await.expect("taken");
    let restored = restore(&room.restore_request(&taken), &*room.admin, &|_| {})
        .await
        .expect("restored");
    assert!(restored.left_to_do.is_empty(), "{:?}", restored.left_to_do);
    let copy = room
        .database
        .sibling(&restored.database)
        .await
        .expect("there");
    let equal = compare(&taken.manifest, &*copy, &|_, _, _| {})
        .await
        .expect("compared");
    assert_eq!(equal, Some(Vec::new()));
    for (change, named) in [
        (
            r#"update "a""b" set "col""umn" = '{"k": 0}' where id = 7"#,
            r#""a""b""#,
        ),
        (r#"insert into "empty" values (1)"#, "empty"),
        (
            r#"select nextval('"odd.schema"."in it_id_seq"')"#,
            "in it_id_seq",
        ),
        (r#"alter table "--" add column late int"#, "schema"),
    ] {
        room.server.sql(&restored.database, change);
        let found = compare(&taken.manifest, &*copy, &|_, _, _| {}).await;
        let found = found.expect("compared").expect("there are digests");
        assert!(
            found.iter().any(|d| d.what.as_str().contains(named)),
            "{change}: {found:?}"
        );
    }
    room.admin
        .drop_ours(&restored.database)
        .await
        .expect("dropped");
    room.assert_clean();
}

#[tokio::test]
async fn a_restore_that_fails_half_way_leaves_nothing() {
    let Some(ready) = prepared("half_way", &[HOSTILE]) else {
        return;
    };
    let room = Room::open(ready).await;
    let taken = room.take().await.expect("taken");
    let mut request = room.prove_request(&taken);
    // The restore tool cannot write its log there, so it never starts; the database exists by then.
    request.restore.log = room.folder.join("no-such-folder/restore.log");
    prove(&request, &*room.admin, &|_| {})
        .await
        .expect_err("no log");
    room.assert_clean();
    let sound = verify(&taken.folder, None, &|_| {}).await.expect("sound");
    assert_eq!(sound.level, Level::Restorable);
}

#[tokio::test]
async fn a_backup_of_another_database_is_foreign() {
    let (Some(ready), Some(other)) = (prepared("mine", &[]), prepared("other", &[])) else {
        return;
    };
    let room = Room::open(ready).await;
    let taken = room.take().await.expect("taken");
    let other = Room::open(other).await;
    let here = other.database.identity().await.expect("asked");
    let error = require_same(&taken.manifest.identity, &here).expect_err("foreign");
    assert_eq!(error.exit(During::Restore), ExitCode::BackupDamaged);
    let same = room.database.identity().await.expect("asked");
    require_same(&taken.manifest.identity, &same).expect("the same");
}
