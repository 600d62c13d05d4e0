//! The ground itself: what the stories rely on is shown to notice what it should notice.

use std::time::Duration;

use super::support::digest::{self, contents, difference};
use super::support::folder::Folder;
use super::support::omup::Omup;
use super::support::postgres::{self, PASSWORD, ROLE};
use super::support::process::Process;
use super::support::{mysql, port, tool, wait};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn the_binary_runs_with_its_own_state_folder() {
    let folder = Folder::new("ground");
    let ended = Omup::new(&folder).args(["--version"]).run(SOON).expect(0);
    assert!(ended.stdout.starts_with("omup "), "{}", ended.stdout);
    assert_eq!(ended.stderr, "");
    Omup::new(&folder)
        .args(["no-such-command"])
        .path_first(folder.path())
        .env("NO_COLOR", "1")
        .run(SOON)
        .expect(2);
}

#[test]
fn a_running_call_is_killed_with_its_children() {
    let folder = Folder::new("ground");
    let running = Omup::new(&folder).args(["--version"]).start();
    wait::for_line(&running.stdout_file(), "omup", SOON);
    let process = running.process();
    running.end(SOON).expect(0);
    assert!(!process.runs());

    // A shell with a child of its own stands in for a runner with a dump.
    let mut shell = std::process::Command::new("sh")
        .args(["-c", "sleep 600 & wait"])
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start sh: {error}"));
    let parent = Process::of(shell.id()).unwrap_or_else(|| panic!("no process"));
    let child = wait::until("the shell's child", SOON, || {
        let child = parent.descendants().first().copied()?;
        child.command_line().starts_with("sleep").then_some(child)
    });
    assert_ne!(child.pid(), parent.pid());
    assert!(child.runs());
    parent.kill_tree();
    assert!(!child.runs() && !parent.runs());
    let _ = shell.wait();
}

#[test]
fn a_secret_in_a_file_is_found() {
    let folder = Folder::new("ground");
    folder.write("clean", "nothing here");
    let leak = folder.write("deep/below/leak", format!("url={PASSWORD}\n"));
    assert_eq!(folder.files().len(), 2);
    assert_eq!(folder.files_with(PASSWORD), vec![leak]);
}

#[test]
fn free_ports_are_free_and_different() {
    let (one, two) = (port::free(), port::free());
    assert_ne!(one, two);
    std::net::TcpListener::bind(("127.0.0.1", one))
        .unwrap_or_else(|error| panic!("port {one}: {error}"));
}

#[test]
fn passwords_are_asked_for() {
    let Some(server) = postgres::server() else {
        return;
    };
    let database = server.fresh_database("password");
    assert_eq!(database.sql("select current_user"), ROLE);
    assert!(database.url().ends_with(&database.name));
    for (role, password) in [(ROLE, "wrong"), (ROLE, ""), ("postgres", "wrong")] {
        let refused = server
            .client_as(role, password, "psql", &database.name)
            .args(["-XAtqwc", "select 1"])
            .output()
            .unwrap_or_else(|error| panic!("cannot start psql: {error}"));
        assert!(
            !refused.status.success(),
            "{role} came in with `{password}`"
        );
    }
}

#[test]
fn mysql_asks_for_passwords_and_keeps_its_user_to_the_tests_databases() {
    for server in [mysql::server(), mysql::old_server()].into_iter().flatten() {
        let database = server.fresh_database("password");
        assert_eq!(database.sql("select current_user()"), "om@%");
        assert!(database.url().ends_with(&database.name) && server.answers());
        let attempt = |user: &str, password: &str, sql: &str| {
            server
                .client_as(user, password, "mysql")
                .arg(format!("--execute={sql}"))
                .output()
                .unwrap_or_else(|error| panic!("cannot start mysql: {error}"))
                .status
                .success()
        };
        for (user, password) in [("om", "wrong"), ("om", ""), ("root", "wrong")] {
            assert!(
                !attempt(user, password, "select 1"),
                "{user} with `{password}`"
            );
        }
        let made = format!("omup_{}", database.name);
        assert!(attempt(
            "om",
            PASSWORD,
            &format!("create database {made}; drop database {made}")
        ));
        for refused in [
            "create database other",
            "set global sort_buffer_size = 1000000",
        ] {
            assert!(!attempt("om", PASSWORD, refused), "{refused}");
        }
    }
}

#[test]
fn the_client_programs_are_the_ones_that_they_stand_for() {
    for (name, words) in [
        ("mysql_tools", "mysqldump  Ver 9."),
        ("mysql80_tools", "mysqldump  Ver 8.0.33 for Linux"),
        ("mariadb_tools", "-MariaDB"),
    ] {
        let Some(folder) = tool::tool(name) else {
            continue;
        };
        let output = std::process::Command::new(folder.join("mysqldump"))
            .arg("--version")
            .output()
            .unwrap_or_else(|error| panic!("cannot start mysqldump: {error}"));
        let version = String::from_utf8_lossy(&output.stdout);
        assert!(version.contains(words), "{name}: {version}");
    }
}

#[test]
fn the_two_servers_are_two() {
    let (Some(one), Some(two)) = (postgres::server(), postgres::other_server()) else {
        return;
    };
    let identity = "select system_identifier from pg_control_system()";
    assert_ne!(one.sql("postgres", identity), two.sql("postgres", identity));
}

#[test]
fn one_changed_value_one_row_one_table_one_sequence_are_noticed() {
    let Some(server) = postgres::server() else {
        return;
    };
    let database = server.fresh_database("digest");
    let odd = "\"a\"\"b;drop\n${x}\"";
    database.sql(&format!(
        "create table plain (id serial primary key, j jsonb, t text);
         insert into plain (j, t) select jsonb_build_object('n', i), repeat('x', i) from generate_series(1, 50) i;
         create table {odd} (v int); insert into {odd} values (1), (2), (2)"
    ));
    let before = contents(&database);
    assert_eq!(before.len(), 4, "{before:?}");
    // The same rows in another order on the disk.
    database.sql("update plain set t = t where id = 7");
    database.sql("vacuum full plain");
    assert_eq!(difference(&before, &contents(&database)), [""; 0]);

    for (change, undo, seen) in [
        (
            "update plain set j = '{\"n\": 8}' where id = 7",
            "update plain set j = '{\"n\": 7}' where id = 7",
            "table public.plain differs",
        ),
        (
            &format!("delete from {odd} where v = 1"),
            &format!("insert into {odd} values (1)"),
            "table public.\"a\"\"b;drop\n${x}\" differs",
        ),
        (
            "select nextval('plain_id_seq')",
            "select setval('plain_id_seq', 50)",
            "sequences differs",
        ),
        (
            "alter table plain alter t set not null",
            "alter table plain alter t drop not null",
            "schema differs",
        ),
    ] {
        database.sql(change);
        assert_eq!(difference(&before, &contents(&database)), [seen]);
        database.sql(undo);
        assert_eq!(difference(&before, &contents(&database)), [""; 0]);
    }
    database.sql("create table extra ()");
    let after = contents(&database);
    assert!(difference(&before, &after).contains(&"table public.extra is new".to_owned()));
    assert!(difference(&after, &before).contains(&"table public.extra is missing".to_owned()));
}

#[test]
fn zstd_runs() {
    let Some(zstd) = tool::tool("zstd") else {
        return;
    };
    let version = std::process::Command::new(zstd).arg("--version").output();
    assert!(version.is_ok_and(|output| output.status.success()));
}

#[test]
fn strace_runs() {
    let Some(strace) = tool::tool("strace") else {
        return;
    };
    let version = std::process::Command::new(strace).arg("-V").output();
    assert!(version.is_ok_and(|output| output.status.success()));
}

#[test]
fn runit_has_both_programs() {
    let Some(runit) = tool::tool("runit") else {
        return;
    };
    assert!(runit.join("runsv").is_file() && runit.join("sv").is_file());
}

#[test]
fn one_changed_value_one_row_one_table_one_counter_one_routine_are_noticed_on_mysql() {
    for server in [mysql::server(), mysql::old_server()].into_iter().flatten() {
        let database = server.fresh_database("digest");
        let odd = "`a``b\\;drop '${x}`";
        database.sql(&format!(
            "create table plain (id serial primary key, j json, t text, d double, b bit(3), m timestamp null,
                 n varchar(36) generated always as (j ->> '$.n'));
             insert into plain (j, t, d, b, m) values ('{{\"n\": 1}}', 'x', 0.1e0 + 0.2e0, 5, '2025-01-01'),
                 ('{{\"n\": 2}}', '', null, null, null);
             create table {odd} (v int, x blob); insert into {odd} values (1, x'00ff0a09'), (2, null), (2, null);
             create view seen as select id from plain;
             create procedure p() select 1"
        ));
        let before = digest::mysql::contents(&database);
        assert_eq!(before.len(), 4, "{before:?}");
        // The same rows, stored anew.
        database
            .sql("update plain set t = 'y' where id = 1; update plain set t = 'x' where id = 1");
        database.sql("alter table plain force");
        let same = |seen: &[&str]| {
            assert_eq!(
                difference(&before, &digest::mysql::contents(&database)),
                seen
            );
        };
        same(&[]);
        let odd_differs = "table a`b\\;drop '${x} differs";
        for (change, undo, seen) in [
            (
                "update plain set j = '{\"n\": 8}' where id = 1",
                "update plain set j = '{\"n\": 1}' where id = 1",
                "table plain differs",
            ),
            (
                "update plain set d = 0.3e0 where id = 1",
                "update plain set d = 0.1e0 + 0.2e0 where id = 1",
                "table plain differs",
            ),
            (
                "update plain set t = null where id = 2",
                "update plain set t = '' where id = 2",
                "table plain differs",
            ),
            (
                "update plain set b = 4 where id = 1",
                "update plain set b = 5 where id = 1",
                "table plain differs",
            ),
            (
                &format!("delete from {odd} where v = 1"),
                &format!("insert into {odd} values (1, x'00ff0a09')"),
                odd_differs,
            ),
            (
                "alter table plain auto_increment = 9",
                "alter table plain auto_increment = 3",
                "sequences differs",
            ),
            (
                "drop procedure p",
                "create procedure p() select 1",
                "schema differs",
            ),
            (
                "alter table plain modify t text not null",
                "alter table plain modify t text",
                "schema differs",
            ),
            (
                "create or replace view seen as select j from plain",
                "create or replace view seen as select id from plain",
                "schema differs",
            ),
        ] {
            database.sql(change);
            same(&[seen]);
            database.sql(undo);
            same(&[]);
        }
        database.sql("create table extra (a int)");
        let after = digest::mysql::contents(&database);
        assert!(difference(&before, &after).contains(&"table extra is new".to_owned()));
        assert!(difference(&after, &before).contains(&"table extra is missing".to_owned()));
    }
}
