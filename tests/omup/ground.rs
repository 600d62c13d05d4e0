//! The ground itself: what the stories rely on is shown to notice what it should notice.

use std::time::Duration;

use super::support::digest::{contents, difference};
use super::support::folder::Folder;
use super::support::omup::Omup;
use super::support::postgres::{self, PASSWORD, ROLE};
use super::support::process::Process;
use super::support::{port, tool, wait};

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
