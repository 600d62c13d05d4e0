//! A PostgreSQL server that one test has for itself and may kill.

use std::path::PathBuf;
use std::process::Command;

use crate::support::folder::Folder;
use crate::support::postgres::{self, Server};
use crate::support::process::Process;
use crate::support::skip::skip;

/// Started through the test bed's own script, with a cache folder of its own. Ended when it is dropped.
pub struct PrivateServer {
    cache: Folder,
    server: Server,
    postmaster: Process,
}

impl PrivateServer {
    /// `None` and the test is recorded as skipped where the tests have no PostgreSQL at all.
    #[track_caller]
    pub fn start() -> Option<PrivateServer> {
        postgres::server()?;
        let cache = Folder::new("private-server");
        let output = script("start", &cache)
            .output()
            .expect("the test bed's script");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some(url) = said.trim().strip_prefix("OMUP_TEST_POSTGRES=") else {
            skip(&String::from_utf8_lossy(&output.stderr));
            return None;
        };
        let pid = std::fs::read_to_string(cache.join("omup-testbed/postgres/pid"))
            .expect("the server's pid");
        let pid = pid
            .split_whitespace()
            .next()
            .and_then(|pid| pid.parse().ok())
            .expect("a pid");
        Some(PrivateServer {
            server: Server::of(url).expect("a URL"),
            postmaster: Process::of(pid).expect("the server runs"),
            cache,
        })
    }

    pub fn server(&self) -> Server {
        self.server.clone()
    }

    /// As the machine's death, with everything that it had started.
    pub fn kill(&self) {
        self.postmaster.kill_tree();
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        let stopped = script("stop", &self.cache).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!(
                "cannot stop the private server of {}",
                self.cache.path().display()
            );
        }
    }
}

fn script(word: &str, cache: &Folder) -> Command {
    let mut command = Command::new(
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/testbed")
            .join(word),
    );
    command
        .arg("postgres")
        .env("XDG_CACHE_HOME", cache.path())
        .env_remove("OMUP_TESTBED_BORROW");
    command
}
