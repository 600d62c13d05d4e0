//! The whole wizard on real servers: from the first page to the report and back, by the screens alone.

use super::walk::{self, ENTER, choose, confirm};
use crate::story::stage::{Setting, Stage};
use crate::support::digest::difference;
use crate::support::engine::Engine;
use crate::support::tty::Start;

#[test]
fn up_and_back_by_the_screens_alone_on_postgres() {
    up_and_back(Engine::Postgres);
}

#[test]
fn up_and_back_by_the_screens_alone_on_mysql() {
    up_and_back(Engine::Mysql);
}

fn up_and_back(engine: Engine) {
    let setting = Setting {
        size: "300KB",
        faults: "server_write_interval_ms = 0\n".to_string(),
        confirm: false,
        ..Setting::default()
    };
    let Some(stage) = Stage::of(engine, "screens", &setting) else {
        return;
    };
    let name = stage.database_name();
    let before = stage.contents(&name);
    let version = |side: &str| stage.made[side].as_str().expect("a version").to_string();
    let tty = Start::new(walk::program())
        .args(["--answers"])
        .args([stage.answers()])
        .env("OMUP_STATE_DIR", stage.folder.join("state"))
        .env("PATH", stage.path())
        .start();
    tty.wait_for("Begin a new upgrade");
    walk::prepare(&tty);
    choose(&tty, "Approve this plan");
    tty.wait_for("Users notice nothing yet");
    choose(&tty, "Go on");
    confirm(&tty, &name, "Stop the server");
    tty.wait_for("The last place from which going back");
    assert_eq!(stage.serving(), None, "users are locked out");
    choose(&tty, "Go on");
    confirm(&tty, &name, "Migrate");
    tty.wait_for(&format!("runs OpenMetadata {}", version("new_version")));
    tty.wait_for("▸ Read the report");
    assert_eq!(stage.serving(), Some(version("new_version")));
    assert_eq!(
        stage.status()["view"]["facts"]["level"],
        "restored-and-equal"
    );
    tty.send(ENTER);
    tty.wait_for(&name);
    tty.send(walk::ESC);
    choose(&tty, "Ways back");
    tty.wait_for("possible  yes");
    tty.send(ENTER);
    confirm(&tty, &name, "Go back");
    tty.wait_for(&format!(
        "runs OpenMetadata {} again",
        version("old_version")
    ));
    tty.wait_for("▸ Read the report");
    let status = stage.status();
    assert_eq!(
        (&status["phase"], &status["exit"]),
        (&"rolled-back".into(), &60.into())
    );
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    tty.given_back();
    assert_eq!(stage.serving(), Some(version("old_version")));
    let restored: Vec<String> = stage
        .databases()
        .into_iter()
        .filter(|other| *other != name)
        .collect();
    assert_eq!(restored.len(), 1, "{restored:?}");
    assert_eq!(
        difference(&before, &stage.contents(&restored[0])),
        Vec::<String>::new()
    );
}
