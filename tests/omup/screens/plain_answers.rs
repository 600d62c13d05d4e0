//! The go-aheads of a run that is followed in plain lines: a wrong word is asked again, and there is a way out.

use super::walk;
use crate::story::stage::{Setting, Stage};
use crate::support::digest::difference;
use crate::support::tty::Start;

#[test]
fn a_wrong_word_is_asked_again_and_stop_puts_everything_back() {
    let stage = Stage::sqlite(
        "plain-answers",
        &Setting {
            size: "300KB",
            faults: "server_write_interval_ms = 0\n".to_string(),
            confirm: false,
            ..Setting::default()
        },
    );
    let name = stage.database_name();
    let before = stage.contents(&name);
    let tty = Start::new(walk::program())
        .args(["run", "--answers"])
        .args([stage.answers()])
        .env("OMUP_STATE_DIR", stage.folder.join("state"))
        .env("PATH", stage.path())
        .size(160, 50)
        .start();
    let prompt = format!("type {name} and Enter to go on, stop and Enter to stop here");
    let asked = |times: usize| {
        tty.wait_text("the question", |text| {
            text.matches(&prompt).count() >= times
        });
    };
    asked(1);
    tty.send("yes\r");
    tty.wait_for("expects exactly");
    asked(2);
    tty.send(format!("{name}\r"));
    tty.wait_for("QUESTION point-of-no-return");
    asked(3);
    assert_eq!(stage.serving(), None, "users are locked out");
    tty.send("stop\r");
    tty.wait_for("the old server serves again");
    assert_eq!(tty.exit_code(), 31);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str()
    );
    assert_eq!(
        difference(&before, &stage.contents(&name)),
        Vec::<String>::new()
    );
}
