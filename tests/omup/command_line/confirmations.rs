//! Nothing dangerous is one key away: a go-ahead is worth something for this plan, this server, this name only.

use super::{events_of, old_serves, unconfirmed};
use crate::story::stage::Stage;
use crate::support::digest::difference;

/// Promise 32.
#[test]
fn a_confirmation_of_another_plan_server_or_name_is_worth_nothing() {
    let stage = Stage::sqlite("other-confirmation", &unconfirmed(""));
    let name = stage.database_name();
    let before = stage.contents(&name);
    let base = std::fs::read_to_string(stage.answers()).expect("the answers");
    let plan: serde_json::Value = serde_json::from_str(
        &stage
            .omup(&["plan", "--json", "--answers"], true)
            .expect(0)
            .stdout,
    )
    .expect("plan");
    let (digest, server) = (
        plan["plan_digest"].as_str().expect("text"),
        plan["server"].as_str().expect("text"),
    );
    let other = "0".repeat(64);
    let cases = [
        (
            other.as_str(),
            server,
            name.as_str(),
            name.as_str(),
            "another plan",
        ),
        (digest, "1:2", &name, &name, "another server"),
        (digest, server, "OTHER", &name, "another name"),
        (digest, server, &name, "OTHER", "another name"),
        (digest, server, "", "", "another name"),
    ];
    for (plan, server, start, point, words) in cases {
        let confirm = format!(
            "{base}\n[confirm]\nplan = {plan:?}\nserver = {server:?}\nstart_of_downtime = {start:?}\npoint_of_no_return = {point:?}\n"
        );
        std::fs::write(stage.answers(), confirm).expect("write");
        let ended = stage.omup(&["run", "--answers"], true).expect(70);
        assert!(
            ended.stdout.contains(words) && ended.stdout.contains("omup answer"),
            "{words}: {}",
            ended.stdout
        );
        old_serves(&stage);
        assert!(
            !ended.stdout.contains("downtime begins"),
            "nothing was stopped: {}",
            ended.stdout
        );
    }
    let nameless =
        format!("{base}\n[confirm]\nstart_of_downtime = {name:?}\npoint_of_no_return = {name:?}\n");
    std::fs::write(stage.answers(), nameless).expect("write");
    let ended = stage.omup(&["run", "--answers"], true).expect(70);
    assert!(
        ended.stdout.contains("without naming plan and server"),
        "{}",
        ended.stdout
    );
    assert_eq!(
        difference(&before, &stage.contents(&name)),
        Vec::<String>::new()
    );
    old_serves(&stage);
}

/// Promise 32.
#[test]
fn a_wrong_answer_is_refused_and_the_question_stays_open() {
    let stage = Stage::sqlite("wrong-answer", &unconfirmed(""));
    stage.omup(&["run", "--answers"], true).expect(70);
    let question = stage.status()["view"]["question"]["id"]
        .as_str()
        .expect("a question")
        .to_string();
    for wrong in ["", "yes", "y", "OPENMETADATA_DB", "openmetadata_db "] {
        let ended = stage
            .omup(&["answer", "last", &format!("{question}={wrong}")], false)
            .expect(2);
        assert!(ended.stderr.contains("expects exactly"), "{}", ended.stderr);
        assert_eq!(
            stage.status()["view"]["question"]["id"],
            question.as_str(),
            "still open after '{wrong}'"
        );
    }
    for wrong in ["no-such-question=x", "no-equals-sign", "=x"] {
        stage.omup(&["answer", "last", wrong], false).expect(2);
    }
    assert_eq!(
        events_of(&stage, "runner-started").len(),
        1,
        "no runner was started for it"
    );
    old_serves(&stage);
}

/// Promise 32.
#[test]
fn a_way_back_without_the_typed_name_changes_nothing() {
    let stage = Stage::sqlite("unconfirmed-way", &super::quiet(""));
    stage.omup(&["run", "--answers"], true).expect(0);
    let name = stage.database_name();
    let before = (
        stage.contents(&name),
        stage.databases(),
        super::events(&stage).len(),
        stage.serving(),
    );
    stage.omup(&["rollback"], false).expect(0);
    stage
        .omup(&["rollback", "--way", "restore"], false)
        .expect(70);
    for wrong in ["", "yes", "other"] {
        let ended = stage
            .omup(&["rollback", "--way", "restore", "--confirm", wrong], false)
            .expect(70);
        assert!(
            ended.stderr.contains("type the database's name"),
            "{}",
            ended.stderr
        );
    }
    stage
        .omup(
            &["rollback", "--way", "no-such-way", "--confirm", &name],
            false,
        )
        .expect(2);
    let answers = std::fs::read_to_string(stage.answers())
        .expect("answers")
        .replace("[confirm]", "[confirm]\nway_back = \"restore\"")
        .replace("server = \"", "server = \"9");
    std::fs::write(stage.answers(), answers).expect("write");
    stage.omup(&["rollback", "--answers"], true).expect(70);
    let after = (
        stage.contents(&name),
        stage.databases(),
        super::events(&stage).len(),
        stage.serving(),
    );
    assert!(before == after, "something has changed");
}

/// Promise 32. A `[confirm]` that stands for the upgrades of a server is no word for a restore of any run on it.
#[test]
fn an_answers_file_confirms_the_way_back_of_its_own_plan_and_server_only() {
    let stage = Stage::sqlite("standing-confirmation", &super::quiet(""));
    stage.omup(&["run", "--answers"], true).expect(0);
    let own = std::fs::read_to_string(stage.answers())
        .expect("answers")
        .replace("[confirm]", "[confirm]\nway_back = \"restore\"");
    let plan_left_out: Vec<&str> = own
        .lines()
        .filter(|line| !line.starts_with("plan = "))
        .collect();
    let others = [
        own.replace("plan = \"", "plan = \"9"),
        own.replace("server = \"", "server = \"9"),
        plan_left_out.join("\n"),
    ];
    let before = (stage.databases(), super::events(&stage).len());
    for other in others {
        std::fs::write(stage.answers(), &other).expect("write");
        let ended = stage.omup(&["rollback", "--answers"], true).expect(70);
        assert!(
            ended.stderr.contains("the answers file confirms"),
            "{other}\n{}",
            ended.stderr
        );
        assert!(before == (stage.databases(), super::events(&stage).len()));
    }
    std::fs::write(stage.answers(), &own).expect("write");
    stage.omup(&["rollback", "--answers"], true).expect(60);
    old_serves(&stage);
}
