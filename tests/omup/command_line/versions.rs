//! A version path that does not exist is refused before anything is made.

use super::{old_serves, unconfirmed};
use crate::story::stage::Stage;
use crate::support::digest::difference;

/// The new folder's version, the exit code of `check` and `run`, and what must be said.
const PATHS: &[(&str, i32, &[&str])] = &[
    ("1.9.0", 11, &["1.10.7 -> 1.9.0", "downgrade"]),
    ("1.10.7", 11, &["1.10.7 -> 1.10.7", "already"]),
    ("2.1.0", 11, &["1.10.7 -> 2.1.0", "2.0.x"]),
    ("7.3.1", 11, &["1.10.7 -> 7.3.1", "2.0.x"]),
    ("1.99.0", 10, &["1.10.7 -> 1.99.0"]),
];

/// Promise 31.
#[test]
fn a_path_that_does_not_exist_is_refused_before_anything_is_made() {
    let stage = Stage::sqlite("versions", &unconfirmed(""));
    let name = stage.database_name();
    let before = stage.contents(&name);
    let libs = stage.home("new_home").join("libs");
    let mut jar = libs.join(format!(
        "openmetadata-service-{}.jar",
        stage.made["new_version"].as_str().expect("text")
    ));
    for (version, exit, words) in PATHS {
        let renamed = libs.join(format!("openmetadata-service-{version}.jar"));
        std::fs::rename(&jar, &renamed).expect("rename the jar");
        jar = renamed;
        for command in ["check", "plan", "run"] {
            let ended = stage.omup(&[command, "--answers"], true);
            let said = format!("{}{}", ended.stdout, ended.stderr);
            // What is only unknown has a plan to look at, and a run that stops at its checks.
            let code = if command == "plan" && *exit == 10 {
                0
            } else {
                *exit
            };
            assert_eq!(ended.code, code, "{command} to {version}: {said}");
            if code != 0 {
                assert!(
                    words.iter().all(|word| said.contains(word)),
                    "{command} to {version}: {said}"
                );
            }
            if command == "plan" && code == 11 {
                assert!(!said.contains("[confirm]"), "nothing to confirm: {said}");
            }
        }
        assert!(!stage.backups().exists(), "no backup was begun");
        assert_eq!(stage.databases(), vec![name.clone()]);
    }
    assert_eq!(
        difference(&before, &stage.contents(&name)),
        Vec::<String>::new()
    );
    old_serves(&stage);
}
