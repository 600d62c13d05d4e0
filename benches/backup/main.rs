//! How long a backup takes beside what an operator would type by hand, on one PostgreSQL and one MySQL database.
//!
//! With `OMUP_TEST_POSTGRES`, or `OMUP_TEST_MYSQL` and `OMUP_TEST_MYSQL_TOOLS`, or all of them as
//! `tests/testbed/start NAME` prints them, `cargo bench --bench backup` makes a practice database of
//! `OMUP_BENCH_SIZE` (default `100MB`) on each and measures everything in turns within one process,
//! `OMUP_BENCH_ROUNDS` times (default 3), so that a busy moment of the machine hits all alike. Printed
//! are medians; only the ratios mean anything on another machine.

mod place;

use std::os::unix::process::CommandExt as _;
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
use omup::process::{Place as Where, private_file};

use self::place::{PASSWORD, Place, USER};

/// What is measured, each in seconds.
const PLAIN: &str = "dump tool > /dev/null";
const GZIP: &str = "dump tool | gzip > file";
const BARE: &str = "omup: backup taken, without digests";
const TAKE: &str = "omup: backup taken";
const PROVE: &str = "omup: backup proven (after it was taken)";
const RESTORE: &str = "  of this the restore of the copy";
const DIGEST: &str = "omup: digests of the source alone";
const ROWS: &[&str] = &[PLAIN, GZIP, BARE, TAKE, PROVE, RESTORE, DIGEST];

struct Bench {
    folder: tempfile::TempDir,
    place: Place,
    name: String,
    database: Arc<dyn Database>,
    admin: Arc<dyn Admin>,
}

fn main() {
    // `cargo test --all-targets` starts this too, without the word.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let places = Place::all();
    if places.is_empty() {
        println!(
            "not measured: neither OMUP_TEST_POSTGRES nor OMUP_TEST_MYSQL is set (tests/testbed/start prints them)"
        );
        return;
    }
    programs_first(&places);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    for place in places {
        runtime.block_on(measure(place));
    }
}

/// omup takes the client programs from `PATH`: this process starts itself again with the right ones first.
fn programs_first(places: &[Place]) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let already: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let wanted: Vec<PathBuf> = places
        .iter()
        .filter_map(Place::programs)
        .filter(|programs| already.first().is_none_or(|first| first != programs))
        .map(Path::to_path_buf)
        .collect();
    if wanted.is_empty() {
        return;
    }
    let path = std::env::join_paths(wanted.into_iter().chain(already)).expect("a PATH");
    let this = std::env::current_exe().expect("this program");
    let error = Command::new(this)
        .args(std::env::args_os().skip(1))
        .env("PATH", path)
        .exec();
    panic!("cannot start again: {error}");
}

async fn measure(place: Place) {
    let size = std::env::var("OMUP_BENCH_SIZE").unwrap_or_else(|_| "100MB".to_string());
    let rounds = std::env::var("OMUP_BENCH_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3);
    let bench = Bench::open(place, &size).await;
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
        note(PLAIN, bench.place.plain(&bench.name));
        let by_hand = bench.folder.path().join("by-hand.gz");
        note(GZIP, bench.place.gzip(&bench.name, &by_hand));
        let begun = Instant::now();
        let bare = bench.take(false).await;
        note(BARE, begun.elapsed().as_secs_f64());
        std::fs::remove_dir_all(&bare.folder).expect("room for the next one");
        let begun = Instant::now();
        let taken = bench.take(true).await;
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
    let on_disk = bench.place.size(&bench.name);
    println!(
        "\n{}, practice database {size}: {on_disk} bytes on the server's disk, {raw} bytes of archive\n",
        bench.place.word()
    );
    println!("{:<44} {:>8}   all rounds", "", "median s");
    for (row, values) in seconds.iter() {
        let all: Vec<String> = values.iter().map(|value| format!("{value:.2}")).collect();
        println!("{row:<44} {:>8.2}   {}", of(row), all.join(" "));
    }
    let (plain, by_hand, proven) = match bench.place.engine {
        Engine::Postgres => ("P1", "P2", "P3"),
        Engine::Mysql | Engine::Sqlite => ("  ", "P4", "P5"),
    };
    println!();
    for (bar, beside) in [(plain, PLAIN), (by_hand, GZIP)] {
        let ratio = of(BARE) / of(beside);
        println!("{bar}  without digests / {beside:<22} {ratio:.2}");
        println!("    taken / {beside:<32} {:.2}", of(TAKE) / of(beside));
    }
    #[expect(clippy::cast_precision_loss, reason = "a ratio of sizes")]
    let share = stored as f64 / gzip as f64;
    println!("{by_hand}  stored {stored} / gzip {gzip} bytes {share:>17.2}");
    println!(
        "{proven}  taken and proven / {GZIP:<21} {:.2}",
        (of(TAKE) + of(PROVE)) / of(GZIP)
    );
    println!("    restore / {PLAIN:<30} {:.2}", of(RESTORE) / of(PLAIN));
    println!("P6  most memory of this process {:>20}", peak());
}

/// `VmHWM` of proc(5), as the kernel writes it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or("unknown").trim().to_string()
}

impl Bench {
    async fn open(place: Place, size: &str) -> Bench {
        let folder = tempfile::Builder::new()
            .prefix("omup-bench-")
            .tempdir()
            .expect("a folder");
        let name = format!("omup_bench_{}_source", std::process::id());
        let private_folder = folder.path().join("private");
        private_file::create_folder(&private_folder).expect("a private folder");
        let facts = ConnectionFacts {
            engine: place.engine,
            host: "127.0.0.1".into(),
            port: place.port,
            database: name.clone(),
            user: USER.into(),
            params: "useSSL=false".into(),
            origin: std::collections::BTreeMap::new(),
        };
        let target = Target {
            facts,
            password: Some(Secret::new(PASSWORD.into())),
            application: "omup bench".into(),
            private_folder,
        };
        place.create(&name);
        make(folder.path(), &place, &name, size);
        Bench {
            place,
            database: connect(target.clone()).await.expect("connected"),
            admin: admin(target).await.expect("connected"),
            folder,
            name,
        }
    }

    fn close(self) {
        self.place.drop(&self.name);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// With `content` the digests are taken too, which a proof compares with.
    async fn take(&self, content: bool) -> Taken {
        let request = TakeRequest {
            dir: self.path("backups"),
            run: RunId::parse("20261121-054400-be7c").expect("an id"),
            config: Vec::new(),
            content,
            read_lock: false,
            place: Where::Local,
            log: self.path("back-up.log"),
            stall_limit: Duration::from_secs(60),
            server_version: "bench".into(),
            openmetadata: None,
            database_bytes: None,
            changed: Vec::new(),
            role: String::new(),
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
            place: Where::Local,
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
fn make(folder: &Path, place: &Place, name: &str, size: &str) {
    let password = folder.join("password");
    std::fs::write(&password, PASSWORD).expect("written");
    let port = place.port.to_string();
    let status = Command::new(env!("CARGO_BIN_EXE_omup"))
        .args(["practice", "make"])
        .arg(folder.join("deployment"))
        .args([
            "--engine",
            place.word(),
            "--port",
            &port,
            "--user",
            USER,
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
