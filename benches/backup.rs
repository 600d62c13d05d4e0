//! How long a backup takes beside what an operator would type by hand, on one PostgreSQL database.
//!
//! `OMUP_TEST_POSTGRES=postgres://postgres:...@127.0.0.1:PORT/postgres cargo bench --bench backup`
//! makes a practice database of `OMUP_BENCH_SIZE` (default `100MB`) and measures everything in turns
//! within one process, `OMUP_BENCH_ROUNDS` times (default 3), so that a busy moment of the machine
//! hits all alike. Printed are medians; only the ratios mean anything on another machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use omup::backup::{
    Leftover, ProveRequest, RestoreRequest, TakeRequest, Taken, compare, prove, take,
};
use omup::database::{Admin, Database, Target, admin, connect};
use omup::domain::backup::Level;
use omup::domain::names::{Engine, RunId};
use omup::domain::secret::Secret;
use omup::domain::survey::ConnectionFacts;
use omup::process::{Place, private_file};

/// The ordinary role of the test bed's servers and its password.
const ROLE: &str = "om";
const PASSWORD: &str = "om-secret-canary";

/// What is measured, each in seconds.
const PLAIN: &str = "pg_dump > /dev/null";
const GZIP: &str = "pg_dump | gzip > file";
const TAKE: &str = "omup: backup taken";
const PROVE: &str = "omup: backup proven (after it was taken)";
const RESTORE: &str = "  of this the restore of the copy";
const DIGEST: &str = "omup: digests of the source alone";
const ROWS: &[&str] = &[PLAIN, GZIP, TAKE, PROVE, RESTORE, DIGEST];

struct Bench {
    folder: tempfile::TempDir,
    port: u16,
    superuser: String,
    name: String,
    database: Arc<dyn Database>,
    admin: Arc<dyn Admin>,
}

fn main() {
    // `cargo test --all-targets` starts this too, without the word.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let Ok(url) = std::env::var("OMUP_TEST_POSTGRES") else {
        println!(
            "not measured: OMUP_TEST_POSTGRES is not set (tests/testbed/start postgres prints it)"
        );
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(measure(&url));
}

async fn measure(url: &str) {
    let size = std::env::var("OMUP_BENCH_SIZE").unwrap_or_else(|_| "100MB".to_string());
    let rounds = std::env::var("OMUP_BENCH_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3);
    let bench = Bench::open(url, &size).await;
    let mut seconds: Vec<(&str, Vec<f64>)> = ROWS.iter().map(|row| (*row, Vec::new())).collect();
    let mut sizes = (0, 0, 0);
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        let mut note = |row: &str, value: f64| {
            seconds
                .iter_mut()
                .filter(|(name, _)| *name == row)
                .for_each(|(_, values)| values.push(value));
        };
        note(
            PLAIN,
            bench.shell("pg_dump > \"$0\"", Path::new("/dev/null")),
        );
        let by_hand = bench.folder.path().join("by-hand.gz");
        note(GZIP, bench.shell("pg_dump | gzip > \"$0\"", &by_hand));
        let begun = Instant::now();
        let taken = bench.take().await;
        note(TAKE, begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        note(RESTORE, bench.prove(&taken).await);
        note(PROVE, begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let differences = compare(&taken.manifest, &*bench.database, &|_, _, _| {})
            .await
            .expect("compared");
        note(DIGEST, begun.elapsed().as_secs_f64());
        assert_eq!(
            differences.map(|all| all.len()),
            Some(0),
            "nobody writes into it"
        );
        let gzip = std::fs::metadata(&by_hand).expect("gzip wrote it").len();
        sizes = (taken.manifest.dump.bytes, gzip, taken.manifest.raw_bytes);
        std::fs::remove_dir_all(&taken.folder).expect("room for the next round");
    }
    print(&size, &bench, &mut seconds, sizes);
    bench.close();
}

fn print(
    size: &str,
    bench: &Bench,
    seconds: &mut [(&str, Vec<f64>)],
    (stored, gzip, raw): (u64, u64, u64),
) {
    for (_, values) in seconds.iter_mut() {
        values.sort_by(f64::total_cmp);
    }
    let of = |row: &str| {
        seconds
            .iter()
            .find(|(name, _)| *name == row)
            .map_or(0.0, |(_, values)| values[values.len() / 2])
    };
    let on_disk = bench.sql(
        &bench.name,
        &format!("select pg_database_size('{}')", bench.name),
    );
    println!(
        "\npractice database {size}: {on_disk} bytes on the server's disk, {raw} bytes of archive\n"
    );
    println!("{:<44} {:>8}   all rounds", "", "median s");
    for (row, values) in seconds.iter() {
        let all: Vec<String> = values.iter().map(|value| format!("{value:.2}")).collect();
        println!("{row:<44} {:>8.2}   {}", of(row), all.join(" "));
    }
    println!("\nP1  taken / {PLAIN:<32} {:.2}", of(TAKE) / of(PLAIN));
    println!("P2  taken / {GZIP:<32} {:.2}", of(TAKE) / of(GZIP));
    #[expect(clippy::cast_precision_loss, reason = "a ratio of sizes")]
    let share = stored as f64 / gzip as f64;
    println!("P2  stored {stored} / gzip {gzip} bytes {share:>17.2}");
    println!(
        "P3  taken and proven / {GZIP:<21} {:.2}",
        (of(TAKE) + of(PROVE)) / of(GZIP)
    );
}

impl Bench {
    async fn open(url: &str, size: &str) -> Bench {
        let place = url
            .strip_prefix("postgres://postgres:")
            .and_then(|rest| rest.split_once("@127.0.0.1:"));
        let (password, port) = place.expect("postgres://postgres:PASSWORD@127.0.0.1:PORT/postgres");
        let port: u16 = port
            .strip_suffix("/postgres")
            .and_then(|port| port.parse().ok())
            .expect("a port");
        let folder = tempfile::Builder::new()
            .prefix("omup-bench-")
            .tempdir()
            .expect("a folder");
        let name = format!("omup_bench_{}_source", std::process::id());
        let private_folder = folder.path().join("private");
        private_file::create_folder(&private_folder).expect("a private folder");
        let facts = ConnectionFacts {
            engine: Engine::Postgres,
            host: "127.0.0.1".into(),
            port,
            database: name.clone(),
            user: ROLE.into(),
            params: String::new(),
            origin: std::collections::BTreeMap::new(),
        };
        let target = Target {
            facts,
            password: Some(Secret::new(PASSWORD.into())),
            application: "omup bench".into(),
            private_folder,
        };
        sql(
            port,
            password,
            "postgres",
            &format!("alter role {ROLE} createdb"),
        );
        sql(
            port,
            password,
            "postgres",
            &format!("create database \"{name}\" owner {ROLE} template template0"),
        );
        make(folder.path(), port, &name, size);
        Bench {
            port,
            superuser: password.to_string(),
            database: connect(target.clone()).await.expect("connected"),
            admin: admin(target).await.expect("connected"),
            folder,
            name,
        }
    }

    fn sql(&self, database: &str, text: &str) -> String {
        sql(self.port, &self.superuser, database, text)
    }

    fn close(self) {
        self.sql(
            "postgres",
            &format!("drop database \"{}\" with (force)", self.name),
        );
    }

    /// Seconds of a shell line with `pg_dump` pointed at the database; `$0` is `file`.
    fn shell(&self, line: &str, file: &Path) -> f64 {
        let begun = Instant::now();
        let status = client("sh", self.port, ROLE, PASSWORD, &self.name)
            .args(["-ec", line])
            .arg(file)
            .status();
        assert!(status.is_ok_and(|status| status.success()), "{line}");
        begun.elapsed().as_secs_f64()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn take(&self) -> Taken {
        let request = TakeRequest {
            dir: self.path("backups"),
            run: RunId::parse("20261121-054400-be7c").expect("an id"),
            config: Vec::new(),
            content: true,
            read_lock: false,
            place: Place::Local,
            log: self.path("back-up.log"),
            stall_limit: Duration::from_secs(60),
            server_version: "bench".into(),
            openmetadata: None,
            database_bytes: None,
        };
        take(&request, &*self.database, &|_| {})
            .await
            .expect("taken")
    }

    /// Seconds of the restore within the proof.
    async fn prove(&self, taken: &Taken) -> f64 {
        let restore = RestoreRequest {
            folder: taken.folder.clone(),
            target: format!("omup_bench_{}_proof", std::process::id()),
            leftover: Leftover::Drop,
            jobs: 2,
            work: self.path("work"),
            place: Place::Local,
            log: self.path("restore.log"),
            lock: self.path("restore.lock"),
        };
        let proved = prove(
            &ProveRequest {
                restore,
                keep: false,
            },
            &*self.admin,
            &|_| {},
        )
        .await
        .expect("proven");
        assert_eq!(proved.certificate.level, Level::RestoredAndEqual);
        proved.restored.seconds
    }
}

/// Fills the database through the program's own practice.
fn make(folder: &Path, port: u16, name: &str, size: &str) {
    let password = folder.join("password");
    std::fs::write(&password, PASSWORD).expect("written");
    let port = port.to_string();
    let status = Command::new(env!("CARGO_BIN_EXE_omup"))
        .args(["practice", "make"])
        .arg(folder.join("deployment"))
        .args([
            "--engine",
            "postgres",
            "--port",
            &port,
            "--user",
            ROLE,
            "--database",
            name,
            "--size",
            size,
        ])
        .args([
            "--server-port",
            "28585",
            "--admin-port",
            "28586",
            "--password-file",
        ])
        .arg(&password)
        .env("OMUP_STATE_DIR", folder.join("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.success()), "practice make");
}

fn client(program: &str, port: u16, user: &str, password: &str, database: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", port.to_string())
        .env("PGUSER", user)
        .env("PGPASSWORD", password)
        .env("PGDATABASE", database)
        .stdin(Stdio::null());
    command
}

fn sql(port: u16, superuser: &str, database: &str, text: &str) -> String {
    let output = client("psql", port, "postgres", superuser, database)
        .args(["-XAtqc", text])
        .output()
        .expect("psql is there");
    assert!(
        output.status.success(),
        "{text}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_string()
}
