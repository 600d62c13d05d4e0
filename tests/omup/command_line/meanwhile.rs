//! What the world does to a run while it waits, or while no runner watches: it is noticed before anything is built on
//! what was true before, and no word claims more than what is known now.

use std::path::PathBuf;

use super::{
    events_of, journal, old_serves, quiet, runner, unconfirmed, upgraded, wait_for_end_of_runner,
    wait_for_event,
};
use crate::story::stage::{RUN, Stage, sqlite_execute};
use crate::support::wait;

/// A run that has ended with 70 because nobody answers the first go-ahead.
fn waiting(name: &str) -> Stage {
    let stage = Stage::sqlite(name, &unconfirmed(""));
    stage.omup(&["run", "--answers"], true).expect(70);
    stage
}

fn answer(stage: &Stage, id: &str) -> crate::support::omup::Ended {
    let pair = format!("{id}={}", stage.database_name());
    stage.omup(&["answer", "last", &pair], false)
}

/// Both go-aheads are given: the second is asked first where nobody waits.
fn answer_both(stage: &Stage) -> crate::support::omup::Ended {
    answer(stage, "point-of-no-return").expect(70);
    answer(stage, "start-of-downtime")
}

fn backup_folder(stage: &Stage) -> PathBuf {
    let facts = stage.status()["view"]["facts"].clone();
    PathBuf::from(facts["backup_dir"].as_str().expect("a backup"))
}

fn backups_taken(stage: &Stage) -> usize {
    let facts = events_of(stage, "fact");
    facts
        .iter()
        .filter(|event| event["fact"] == "backup-taken")
        .count()
}

#[test]
fn a_backup_that_somebody_removed_is_missed_before_users_are_locked_out() {
    let stage = waiting("meanwhile-removed");
    std::fs::remove_dir_all(backup_folder(&stage)).expect("removed");
    let ended = answer(&stage, "point-of-no-return").expect(22);
    assert!(
        ended.stdout.contains("takes and proves a new backup"),
        "{}",
        ended.stdout
    );
    old_serves(&stage);
    assert!(
        events_of(&stage, "fact")
            .iter()
            .all(|event| event["fact"] != "downtime-started")
    );
    stage.omup(&["resume"], false).expect(70);
    assert_eq!(backups_taken(&stage), 2);
    answer(&stage, "start-of-downtime").expect(0);
    upgraded(&stage);
}

#[test]
fn a_backup_that_rots_while_the_run_waits_is_replaced_before_the_point_of_no_return() {
    let stage = waiting("meanwhile-rots");
    let dump = backup_folder(&stage).join("database.sql.zst");
    let mut bytes = std::fs::read(&dump).expect("the dump");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&dump, bytes).expect("one bit flipped");
    answer_both(&stage).expect(0);
    upgraded(&stage);
    assert_eq!(backups_taken(&stage), 2, "a final one was taken");
    stage
        .omup(
            &["verify", backup_folder(&stage).to_str().expect("a path")],
            false,
        )
        .expect(0);
    let name = stage.database_name();
    stage
        .omup(
            &["rollback", "last", "--way", "restore", "--confirm", &name],
            false,
        )
        .expect(60);
    old_serves(&stage);
}

#[test]
fn a_configuration_that_comes_to_name_another_database_is_noticed_before_anything_is_stopped() {
    let stage = waiting("meanwhile-configuration");
    let file = stage.home("old_home").join("conf/openmetadata-env.sh");
    let text = std::fs::read_to_string(&file).expect("the environment file");
    let name = stage.database_name();
    assert!(text.contains(&name), "{text}");
    std::fs::write(&file, text.replace(&name, "quite_another")).expect("written");
    let ended = answer_both_any(&stage);
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("the configuration has changed")
            && ended.stdout.contains("quite_another"),
        "{}",
        ended.stdout
    );
    old_serves(&stage);
}

/// The last end, whichever of the two answers brought it.
fn answer_both_any(stage: &Stage) -> crate::support::omup::Ended {
    let first = answer(stage, "point-of-no-return");
    if first.code == 70 {
        return answer(stage, "start-of-downtime");
    }
    first
}

#[test]
fn a_database_that_somebody_else_migrates_meanwhile_is_left_to_them() {
    let stage = waiting("meanwhile-migrated");
    stage.script("old_home", "stop");
    let new = stage.home("new_home");
    // By hand, as an impatient colleague would: the configuration carried over, the tool called.
    let file = "conf/openmetadata-env.sh";
    std::fs::copy(stage.home("old_home").join(file), new.join(file)).expect("carried over");
    let migrated = std::process::Command::new("bash")
        .args([
            "-euc",
            ". conf/openmetadata-env.sh; bootstrap/openmetadata-ops.sh migrate",
        ])
        .current_dir(&new)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the tool starts");
    assert!(migrated.status.success(), "{migrated:?}");
    stage.script("new_home", "start");
    wait::until("the new server", RUN, || {
        (stage.serving().as_deref() == stage.made["new_version"].as_str()).then_some(())
    });
    let ended = answer(&stage, "point-of-no-return").expect(3);
    assert!(
        ended.stdout.contains("somebody else has migrated it"),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str(),
        "their server goes on"
    );
}

#[test]
fn an_emptied_journal_says_nothing_and_is_not_gone_on_with() {
    let stage = Stage::sqlite("meanwhile-emptied", &quiet(""));
    stage.omup(&["run", "--answers"], true).expect(0);
    std::fs::write(journal(&stage), "").expect("emptied");
    for command in [&["status"][..], &["resume"], &["rollback", "last"]] {
        let ended = stage.omup(command, false).expect(4);
        assert!(
            ended.stderr.contains("holds no whole line") && ended.stderr.contains("way-back.md"),
            "{command:?}: {}",
            ended.stderr
        );
    }
    upgraded(&stage);
}

#[test]
fn a_run_whose_folder_is_removed_stops_and_starts_nothing_further() {
    let setting = quiet("statement_delay_ms = 300\n");
    let stage = Stage::sqlite("meanwhile-folder", &setting);
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    let process = runner(&stage).expect("the runner lives");
    std::fs::remove_dir_all(journal(&stage).parent().expect("a folder")).expect("removed");
    running.end(RUN);
    wait::until("the runner to end", RUN, || (!process.runs()).then_some(()));
    assert_eq!(stage.serving(), None, "the new server was not started");
}

#[test]
fn what_was_refused_is_looked_at_anew_when_it_is_resumed() {
    let stage = Stage::sqlite("meanwhile-refused", &quiet(""));
    std::fs::write(stage.backups(), "a file where the folder should be").expect("written");
    let refused = stage.omup(&["run", "--answers"], true).expect(10);
    assert!(refused.stdout.contains("OM-DISK"), "{}", refused.stdout);
    std::fs::remove_file(stage.backups()).expect("removed");
    stage.omup(&["resume"], false).expect(0);
    upgraded(&stage);
}

#[test]
fn a_run_whose_runner_was_killed_in_downtime_is_aborted_to_a_safe_state() {
    let stage = Stage::sqlite(
        "meanwhile-abort",
        &unconfirmed("[run]\nwait_for_answers = 120\n"),
    );
    let before = stage.contents(&stage.database_name());
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"id\":\"start-of-downtime\"");
    answer(&stage, "start-of-downtime").expect(0);
    wait_for_event(&stage, "\"id\":\"point-of-no-return\"");
    runner(&stage)
        .expect("the runner lives")
        .signal(rustix::process::Signal::KILL);
    running.end(RUN);
    wait_for_end_of_runner(&stage);
    assert_eq!(stage.serving(), None, "users are locked out");
    let said = stage.omup(&["status"], false).expect(0).stdout;
    assert!(
        said.contains("locked out since") && said.contains("omup abort"),
        "{said}"
    );
    let ended = stage.omup(&["abort"], false).expect(31);
    assert!(
        ended.stdout.contains("the old server serves again"),
        "{}",
        ended.stdout
    );
    old_serves(&stage);
    assert_eq!(stage.contents(&stage.database_name()), before);
}

#[test]
fn while_no_runner_watched_the_gate_is_passed_again() {
    let stage = Stage::sqlite(
        "meanwhile-gate",
        &unconfirmed("[run]\nwait_for_answers = 120\n"),
    );
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"id\":\"start-of-downtime\"");
    answer(&stage, "start-of-downtime").expect(0);
    wait_for_event(&stage, "\"id\":\"point-of-no-return\"");
    runner(&stage)
        .expect("the runner lives")
        .signal(rustix::process::Signal::KILL);
    running.end(RUN);
    wait_for_end_of_runner(&stage);
    let file = stage.made["database_file"].as_str().expect("a path");
    sqlite_execute(
        file.as_ref(),
        "update tag set json = json_set(json, '$.description', 'meanwhile')",
    );
    let running = stage.call(&["resume"], false).start();
    wait::until("the gate again", RUN, || {
        let gates = events_of(&stage, "fact");
        let equal = gates.iter().filter(|event| event["fact"] == "gate-equal");
        (equal.count() == 2).then_some(())
    });
    answer(&stage, "point-of-no-return").expect(0);
    running.end(RUN).expect(0);
    assert_eq!(
        backups_taken(&stage),
        2,
        "what was written meanwhile is in the backup"
    );
    upgraded(&stage);
}

#[test]
fn after_an_abort_behind_a_complete_migration_going_on_is_offered_and_works() {
    let stage = Stage::sqlite("meanwhile-forward", &quiet("statement_delay_ms = 100\n"));
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    stage.omup(&["abort"], false).expect(0);
    running.end(RUN).expect(41);
    let ways = stage.omup(&["rollback", "last", "--json"], false).expect(0);
    let ways: serde_json::Value = serde_json::from_str(&ways.stdout).expect("JSON");
    assert_eq!(
        (&ways["ways"][0]["id"], &ways["ways"][0]["recommended"]),
        (&"go-on".into(), &true.into()),
        "{ways}"
    );
    let name = stage.database_name();
    stage
        .omup(
            &["rollback", "last", "--way", "go-on", "--confirm", &name],
            false,
        )
        .expect(0);
    upgraded(&stage);
}

#[test]
fn a_server_that_dies_after_its_validation_is_not_called_an_upgrade() {
    let setting = quiet("reindex_delay_ms = 4000\n");
    let stage = Stage::sqlite("meanwhile-dies", &setting);
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"step-started\",\"step\":\"reindex\"");
    stage.script("new_home", "stop");
    let ended = running.end(RUN).expect(50);
    assert!(
        ended.stdout.contains("does not serve any more"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_runner_that_stands_still_by_a_signal_is_told_as_such() {
    let stage = Stage::sqlite(
        "meanwhile-stopped",
        &unconfirmed("[run]\nwait_for_answers = 120\n"),
    );
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"id\":\"start-of-downtime\"");
    let process = runner(&stage).expect("the runner lives");
    process.signal(rustix::process::Signal::STOP);
    let said = stage.omup(&["status"], false).expect(0).stdout;
    assert!(said.contains("stopped by a signal"), "{said}");
    process.signal(rustix::process::Signal::CONT);
    let said = stage.omup(&["status"], false).expect(0).stdout;
    assert!(said.contains("runner alive"), "{said}");
    stage.omup(&["abort"], false).expect(0);
    running.end(RUN).expect(31);
    old_serves(&stage);
}
