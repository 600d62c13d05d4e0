//! A server that one test has for itself: it may kill it, change its settings and give rights that no other test has.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::engine::{Engine, Server};
use super::folder::Folder;
use super::process::Process;
use super::skip::skip;
use super::{mysql, postgres};

/// Started through the test bed's own script, with a cache folder of its own. Ended when it is dropped.
pub struct PrivateServer {
    cache: Folder,
    name: &'static str,
    server: Server,
    process: Process,
}

impl PrivateServer {
    /// `None` and the test is recorded as skipped where the tests have no such server at all.
    #[track_caller]
    pub fn start(engine: Engine) -> Option<PrivateServer> {
        Self::with(engine, "")
    }

    /// MySQL 9.7 with more lines for its option file, from its first start on.
    #[track_caller]
    pub fn mysql(settings: &str) -> Option<PrivateServer> {
        Self::with(Engine::Mysql, settings)
    }

    #[track_caller]
    fn with(engine: Engine, settings: &str) -> Option<PrivateServer> {
        let shared = engine.server()?;
        let name = match engine {
            Engine::Postgres => "postgres",
            Engine::Mysql => "mysql",
            Engine::OldMysql => "mysql80",
        };
        let cache = Folder::new("private-server");
        if let Server::Mysql(shared) = &shared {
            programs_of(shared, &cache);
        }
        let output = script("start", name, &cache)
            .env("OMUP_TESTBED_SETTINGS", settings)
            .output()
            .expect("the test bed's script");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some((_, url)) = said.trim().split_once('=') else {
            skip(&String::from_utf8_lossy(&output.stderr));
            return None;
        };
        let server = match &shared {
            Server::Postgres(_) => postgres::Server::of(url).map(Server::Postgres),
            Server::Mysql(shared) => {
                mysql::Server::of(url, shared.programs().to_owned()).map(Server::Mysql)
            }
        };
        let pid = std::fs::read_to_string(cache.join("omup-testbed").join(name).join("pid"))
            .expect("the server's pid");
        let pid = pid
            .split_whitespace()
            .next()
            .and_then(|pid| pid.parse().ok())
            .expect("a pid");
        Some(PrivateServer {
            server: server.expect("a URL"),
            process: Process::of(pid).expect("the server runs"),
            name,
            cache,
        })
    }

    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The certificate of the authority that MySQL made for itself.
    pub fn authority(&self) -> PathBuf {
        self.cache.join("omup-testbed/mysql/ca.pem")
    }

    /// As the machine's death, with everything that it had started.
    pub fn kill(&self) {
        self.process.kill_tree();
    }
}

/// The programs that the shared server's start has unpacked, so that they are not fetched again.
fn programs_of(shared: &mysql::Server, cache: &Folder) {
    let unpacked = shared.programs().parent().expect("a folder above");
    let bed = cache.join("omup-testbed");
    std::fs::create_dir_all(&bed).expect("a folder");
    for home in std::fs::read_dir(unpacked.parent().expect("the test bed"))
        .expect("the test bed")
        .flatten()
        .filter(|home| is_unpacked(&home.path()))
    {
        std::os::unix::fs::symlink(home.path(), bed.join(home.file_name())).expect("a link");
    }
}

/// MySQL's programs, by the mark that `tests/testbed/mysql_programs.sh` leaves.
fn is_unpacked(home: &Path) -> bool {
    home.join("complete").exists() && home.join("root").exists()
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        let stopped = script("stop", self.name, &self.cache).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!(
                "cannot stop the private server of {}",
                self.cache.path().display()
            );
        }
    }
}

fn script(word: &str, name: &str, cache: &Folder) -> Command {
    let mut command = Command::new(
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/testbed")
            .join(word),
    );
    command
        .arg(name)
        .env("XDG_CACHE_HOME", cache.path())
        .env_remove("OMUP_TESTBED_BORROW");
    command
}
