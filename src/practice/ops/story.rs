//! The whole way of an upgrade on SQLite, in this process: make, migrate, fail, migrate again.

use std::path::{Path, PathBuf};

use super::commands::CommandError;
use super::console::Console;
use super::{Tool, history};
use crate::practice::config::Config;
use crate::practice::faults::Faults;
use crate::practice::folder::{PracticeFolder, installed_version};
use crate::practice::jdbc::{JdbcUrl, SocketTimeouts};
use crate::practice::make::{Engine, Made, MakeOptions, Owner, make};

async fn made(folder: &Path) -> Made {
    make(MakeOptions {
        folder: folder.to_owned(),
        engine: Engine::Sqlite,
        seed: 7,
        size: 200_000,
        longest_query: None,
        server_port: 8585,
        admin_port: 8586,
        owner: Owner::PidFile,
        binary: PathBuf::from("/usr/bin/omup"),
    })
    .await
    .expect("made")
}

/// An installation with its environment, and its paths made absolute: tests share one current
/// folder.
fn tool(home: &Path, made: &Made, faults: &str) -> Tool {
    let data = made.folder.join("data");
    let path = home.join("conf/openmetadata.yaml");
    let mut config = Config::read(&path, |name| match name {
        "DB_SCHEME" => Some("sqlite".to_owned()),
        "DB_HOST" => Some(data.to_string_lossy().into_owned()),
        _ => None,
    })
    .expect("configuration");
    let migrations = &mut config.migration_configuration;
    migrations.native_path = home.join(&migrations.native_path);
    migrations.flyway_path = migrations.flyway_path.take().map(|path| home.join(path));
    Tool {
        version: installed_version(home).expect("version"),
        url: JdbcUrl::parse(&config.database.url, SocketTimeouts::default()).expect("url"),
        folder: PracticeFolder::holding(home).expect("marker"),
        faults: toml::from_str::<Faults>(faults).expect("faults"),
        home: home.to_owned(),
        config,
    }
}

async fn versions_above(tool: &Tool, least: &str) -> Vec<String> {
    let least = semver::Version::parse(least).expect("version");
    let mut session = tool.open().await.expect("session");
    let executed = history::executed_versions(&mut session).await;
    executed
        .expect("versions")
        .into_iter()
        .filter(|version| *version > least)
        .map(|version| version.to_string())
        .collect()
}

async fn logged(tool: &Tool) -> usize {
    let mut session = tool.open().await.expect("session");
    let sums = history::logged_checksums(&mut session).await;
    sums.expect("checksums").len()
}

#[tokio::test]
async fn a_failed_statement_leaves_everything_before_it_and_the_next_run_goes_on_there() {
    let folder = tempfile::tempdir().expect("folder");
    let made = made(&folder.path().join("practice")).await;
    assert_eq!(made.pending, ["1.11.0", "1.11.2", "1.12.0", "1.12.4"]);
    let mut console = Console::silent(&made.new_home);

    let failing = tool(&made.new_home, &made, "fail_statement = \"1.12.0:3\"");
    let error = failing.migrate(&mut console, false).await;
    assert!(matches!(error, Err(CommandError::Workflow(_))), "{error:?}");
    assert_eq!(
        versions_above(&failing, "1.10.7").await,
        ["1.11.0", "1.11.2"]
    );
    let before = logged(&failing).await;

    let sound = tool(&made.new_home, &made, "");
    sound.migrate(&mut console, false).await.expect("migrated");
    assert_eq!(versions_above(&sound, "1.10.7").await, made.pending);
    // 1.12.0 had six statements, two of them done; 1.12.4 has two.
    assert_eq!(logged(&sound).await, before + 4 + 2);
    sound.validate(&mut console).await.expect("nothing pending");

    let log = made.new_home.join("logs/openmetadata-operation.log");
    let log = std::fs::read_to_string(log).expect("log");
    let finished = "Migration Run finished for Version: 1.12.0";
    assert_eq!(log.matches(finished).count(), 2, "failure prints it too");
}

#[tokio::test]
async fn looking_with_a_new_build_takes_flyways_table_away() {
    let folder = tempfile::tempdir().expect("folder");
    let made = made(&folder.path().join("practice")).await;
    let (old, new) = (
        tool(&made.old_home, &made, ""),
        tool(&made.new_home, &made, ""),
    );
    let mut console = Console::silent(&made.new_home);
    old.migrate(&mut console, false)
        .await
        .expect("nothing to do");
    old.validate(&mut console).await.expect("Flyway is content");
    let pending = new.validate(&mut console).await;
    assert!(matches!(pending, Err(CommandError::State(_))));
    let mut session = new.open().await.expect("session");
    assert!(
        !session
            .has_table("DATABASE_CHANGE_LOG")
            .await
            .expect("look")
    );
    assert!(old.validate(&mut console).await.is_err());
    assert_eq!(
        versions_above(&new, "0.0.0").await[..4],
        ["0.0.1", "0.0.3", "0.0.12", "0.0.15"]
    );
}

#[tokio::test]
async fn search_that_is_down_fails_after_the_database_and_success_may_be_a_lie() {
    let folder = tempfile::tempdir().expect("folder");
    let made = made(&folder.path().join("practice")).await;
    let mut console = Console::silent(&made.new_home);
    let lying = tool(
        &made.new_home,
        &made,
        "success_with_versions_missing = true",
    );
    lying.migrate(&mut console, false).await.expect("says so");
    assert_eq!(
        versions_above(&lying, "1.10.7").await,
        ["1.11.0", "1.11.2", "1.12.0"]
    );
    let searchless = tool(&made.new_home, &made, "search_down = true");
    let error = searchless.migrate(&mut console, false).await;
    assert!(matches!(error, Err(CommandError::Search(_))));
    assert_eq!(versions_above(&searchless, "1.10.7").await, made.pending);
}

#[tokio::test]
async fn a_statement_lost_before_its_record_fails_next_time_unless_forced() {
    let folder = tempfile::tempdir().expect("folder");
    let made = made(&folder.path().join("practice")).await;
    let mut console = Console::silent(&made.new_home);
    let losing = tool(&made.new_home, &made, "lose_connection_at = \"1.11.0:1\"");
    assert!(losing.migrate(&mut console, false).await.is_err());
    let sound = tool(&made.new_home, &made, "");
    let error = sound.migrate(&mut console, false).await.expect_err("twice");
    assert!(error.to_string().contains("duplicate column"), "{error}");
    sound.migrate(&mut console, true).await.expect("swallowed");
    assert_eq!(versions_above(&sound, "1.10.7").await, made.pending);
}
