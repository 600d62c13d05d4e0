//! Promise 11, another database behind the same address: the run stops and touches neither of the two. And a
//! restore never goes into a database that holds something.

use super::help::{journal, quiet, wait_for_journal};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::digest::{Contents, difference};
use crate::support::engine::{Database, Engine, Server};
use crate::support::postgres;
use crate::support::private_server::PrivateServer;
use crate::support::proxy::Proxy;

/// A server in front of which the way can be turned to another one that has a database of the same name.
struct TwoServers {
    proxy: Proxy,
    stage: Stage,
    /// The same tables and rows, on the other server: the worst kind of wrong.
    twin: Database,
    /// The other server where the test bed has only one of this kind.
    _own: Option<PrivateServer>,
}

impl TwoServers {
    #[track_caller]
    fn new(engine: Engine, name: &str, faults: &str, answers: &str) -> Option<TwoServers> {
        let one = engine.server()?;
        let (two, own) = match engine {
            Engine::Postgres => (Server::Postgres(postgres::other_server()?), None),
            Engine::Mysql | Engine::OldMysql => {
                let own = PrivateServer::start(engine)?;
                (own.server().clone(), Some(own))
            }
        };
        let proxy = Proxy::before(one.port());
        let setting = Setting {
            database_port: Some(proxy.port),
            answers: answers.to_string(),
            ..quiet(faults)
        };
        let stage = Stage::on(&one, name, &setting);
        let twin = twin(&stage, &two);
        Some(TwoServers {
            proxy,
            stage,
            twin,
            _own: own,
        })
    }

    fn turn(&self) {
        self.proxy.point_at(self.twin.server().port());
    }

    fn turn_back(&self) {
        self.proxy.point_at(self.stage.database().server().port());
    }
}

/// Fills a database of the same name on the other server with the engine's own programs.
fn twin(stage: &Stage, two: &Server) -> Database {
    let name = stage.database_name();
    let twin = two.empty_database(&name);
    let file = stage.folder.join("twin.sql");
    let input = || std::fs::File::open(&file).expect("the dump");
    let (dumped, filled) = match (stage.database(), &twin) {
        (Database::Postgres(one), Database::Postgres(two)) => (
            one.server
                .client("pg_dump", &name)
                .arg("-f")
                .arg(&file)
                .status(),
            two.server
                .client("psql", &name)
                .args(["-Xq", "-v", "ON_ERROR_STOP=1", "-f"])
                .arg(&file)
                .stdout(std::process::Stdio::null())
                .status(),
        ),
        (Database::Mysql(one), Database::Mysql(two)) => (
            one.server
                .client("mysqldump")
                .args(["--routines", "--triggers", "--events"])
                .args(["--set-gtid-purged=OFF", "--no-tablespaces"])
                .arg(&name)
                .stdout(std::fs::File::create(&file).expect("a file"))
                .status(),
            two.server
                .client("mysql")
                .arg(&name)
                .stdin(input())
                .status(),
        ),
        (Database::Postgres(_), Database::Mysql(_))
        | (Database::Mysql(_), Database::Postgres(_)) => {
            panic!("two servers of different kinds")
        }
    };
    assert!(dumped.is_ok_and(|status| status.success()));
    assert!(filled.is_ok_and(|status| status.success()));
    twin
}

/// Databases of the other server that omup would have made for this stage.
fn made_on(server: &Server, stage: &Stage) -> Vec<String> {
    let run = journal(stage).map(|_| run_id(stage).replace('-', "_"));
    let mut names = server.all_names();
    names.retain(|name| run.as_ref().is_some_and(|run| name.contains(run)));
    names
}

struct Before {
    here: Contents,
    there: Contents,
}

impl Before {
    fn of(both: &TwoServers) -> Before {
        Before {
            here: both.stage.contents(&both.stage.database_name()),
            there: both.twin.contents(),
        }
    }

    #[track_caller]
    fn untouched(&self, both: &TwoServers, case: &str) {
        assert_eq!(
            difference(&self.there, &both.twin.contents()),
            Vec::<String>::new(),
            "{case}: the other database is untouched"
        );
        assert_eq!(
            difference(
                &self.here,
                &both.stage.contents(&both.stage.database_name())
            ),
            Vec::<String>::new(),
            "{case}: ours is untouched"
        );
        assert_eq!(
            made_on(&both.twin.server(), &both.stage),
            Vec::<String>::new(),
            "{case}: nothing was made on the other server"
        );
    }
}

/// Before the downtime: while the run waits for the first go-ahead, the address leads elsewhere.
#[test]
fn another_database_before_the_downtime_stops_the_run_on_postgres() {
    before_the_downtime(Engine::Postgres);
}

#[test]
fn another_database_before_the_downtime_stops_the_run_on_mysql() {
    before_the_downtime(Engine::Mysql);
}

fn before_the_downtime(engine: Engine) {
    let answers = "[run]\nwait_for_answers = 60\n";
    let Some(both) = TwoServers::new(engine, "other-early", "", answers) else {
        return;
    };
    let stage = &both.stage;
    // Without the confirmations it asks.
    let text = std::fs::read_to_string(stage.answers()).expect("the answers");
    std::fs::write(
        stage.answers(),
        text.split("[confirm]").next().expect("a part"),
    )
    .expect("write the answers");
    let before = Before::of(&both);
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(stage, "\"question-asked\"");
    both.turn();
    let answer = format!("start-of-downtime={}", stage.database_name());
    stage.omup(&["answer", &run_id(stage), &answer], false);
    let ended = running.end(RUN);
    assert_eq!(ended.code, 3, "{}\n{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("is another database"),
        "{}",
        ended.stdout
    );
    assert!(
        !std::fs::read_to_string(journal(stage).expect("a journal"))
            .expect("read")
            .contains("server-stopped"),
        "the server was never stopped"
    );
    before.untouched(&both, "before the downtime");
    // Resumed while it is still the wrong one, and then with the right one.
    let resumed = stage.omup(&["resume"], false).expect(3);
    assert!(
        resumed.stdout.contains("this run was made for"),
        "{}\n{}",
        resumed.stdout,
        resumed.stderr
    );
    before.untouched(&both, "resumed");
}

fn run_id(stage: &Stage) -> String {
    let file = journal(stage).expect("a journal");
    file.parent()
        .and_then(|folder| folder.file_name())
        .expect("a run")
        .to_string_lossy()
        .into_owned()
}

/// In the downtime: the old server must not be started on the other database either.
#[test]
fn another_database_in_the_downtime_stops_the_run_and_starts_nothing_on_it_on_postgres() {
    in_the_downtime(Engine::Postgres);
}

#[test]
fn another_database_in_the_downtime_stops_the_run_and_starts_nothing_on_it_on_mysql() {
    in_the_downtime(Engine::Mysql);
}

fn in_the_downtime(engine: Engine) {
    let Some(both) = TwoServers::new(engine, "other-down", "", "") else {
        return;
    };
    let stage = &both.stage;
    let before = Before::of(&both);
    // The proof that nobody writes takes more than a second; the turn comes in it.
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(stage, "\"server-stopped\"");
    both.turn();
    let ended = running.end(RUN);
    assert_eq!(ended.code, 3, "{}\n{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("is another database"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("the old server was not started"),
        "{}",
        ended.stdout
    );
    assert_eq!(
        stage.serving(),
        None,
        "no server was started on the other database"
    );
    before.untouched(&both, "in the downtime");
    stage.omup(&["resume"], false).expect(3);
    before.untouched(&both, "resumed in the downtime");
    both.turn_back();
    stage.omup(&["resume"], false).expect(0);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
    assert_eq!(
        difference(&before.there, &both.twin.contents()),
        Vec::<String>::new(),
        "the other database is untouched"
    );
}

/// On the way back: nothing is restored beside the other database.
#[test]
fn another_database_on_the_way_back_stops_it_on_postgres() {
    on_the_way_back(Engine::Postgres);
}

#[test]
fn another_database_on_the_way_back_stops_it_on_mysql() {
    on_the_way_back(Engine::Mysql);
}

fn on_the_way_back(engine: Engine) {
    let Some(both) = TwoServers::new(engine, "other-back", "fail_statement = \"1.12.0:2\"\n", "")
    else {
        return;
    };
    let stage = &both.stage;
    let name = stage.database_name();
    stage.omup(&["run", "--answers"], true).expect(41);
    let before = Before::of(&both);
    both.turn();
    let ended = stage.omup(&["rollback", "--way", "restore", "--confirm", &name], false);
    assert_eq!(ended.code, 3, "{}\n{}", ended.stdout, ended.stderr);
    before.untouched(&both, "on the way back");
    both.turn_back();
    stage
        .omup(&["rollback", "--way", "restore", "--confirm", &name], false)
        .expect(60);
    assert_eq!(
        difference(&before.there, &both.twin.contents()),
        Vec::<String>::new(),
        "the other database is untouched"
    );
}

/// Somebody's database stands where the restored one would go: it is neither used nor dropped.
#[test]
fn a_restore_never_goes_into_a_database_that_is_there_on_postgres() {
    taken_name(Engine::Postgres);
}

#[test]
fn a_restore_never_goes_into_a_database_that_is_there_on_mysql() {
    taken_name(Engine::Mysql);
}

fn taken_name(engine: Engine) {
    let Some(stage) = Stage::of(
        engine,
        "taken-name",
        &quiet("fail_statement = \"1.12.0:2\"\n"),
    ) else {
        return;
    };
    let name = stage.database_name();
    stage.omup(&["run", "--answers"], true).expect(41);
    let run = run_id(&stage).replace('-', "_");
    let server = stage.database().server();
    let mut names = vec![format!("{name}_back_{run}")];
    match engine {
        // It is filled under this name and renamed afterwards.
        Engine::Postgres => names.push(format!("omup_{run}_back")),
        Engine::Mysql | Engine::OldMysql => {}
    }
    for taken in names {
        let theirs = server.empty_database(&taken);
        theirs.sql("create table precious (v int); insert into precious values (1)");
        let held = theirs.contents();
        let ended = stage.omup(&["rollback", "--way", "restore", "--confirm", &name], false);
        assert_eq!(
            ended.code, 61,
            "{taken}\n{}\n{}",
            ended.stdout, ended.stderr
        );
        assert!(
            ended.stdout.contains(&taken),
            "{taken} is named\n{}",
            ended.stdout
        );
        assert_eq!(
            difference(&held, &theirs.contents()),
            Vec::<String>::new(),
            "{taken} is untouched"
        );
        drop(theirs);
    }
    stage.faults("server_write_interval_ms = 0\n");
    stage.omup(&["resume", "--again"], false).expect(60);
}
