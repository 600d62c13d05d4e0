//! A made-up deployment as a real one: its rows in OpenMetadata's own tables on a real MySQL, its files in a
//! folder, what a person knows in the answers. `omup check` judges its notes as the labels say.

use std::collections::BTreeMap;

use omup::domain::version::OmVersion;
use omup::knowledge::{Change, Knowledge};
use serde_json::Value;

use super::world::{self, World};
use crate::story::stage::{Setting, Stage};
use crate::support::engine::{Engine, Server};
use crate::support::mysql;

/// The one whose way begins where the practice deployment stands.
const NAME: &str = "telco";

/// Of these the installation alone does not tell what the label knows.
const UNSEEN: &[&str] = &["1.11-airflow-mysql"];

fn stage(engine: Engine) -> Option<Stage> {
    let setting = Setting {
        confirm: false,
        ..Setting::default()
    };
    match engine {
        Engine::Postgres => None,
        Engine::Mysql => Stage::mysql("judged", &setting),
        Engine::OldMysql => Some(Stage::on(
            &Server::Mysql(mysql::old_server()?),
            "judged",
            &setting,
        )),
    }
}

/// The rows, each put into a row that is there: what is generated from the document stays right.
fn put_rows(stage: &Stage, world: &World) {
    let database = stage.mysql_database().expect("a stage on MySQL");
    for row in &world.row {
        let mut json = row.json.clone().expect("a document");
        let fields = json.as_object_mut().expect("an object");
        fields.remove("id");
        fields.remove("name");
        merge(database, &row.table, &json);
    }
}

fn merge(database: &mysql::Database, table: &str, json: &Value) {
    let json = json.to_string().replace('\'', "''");
    database.sql(&format!(
        "update {table} set json = json_merge_patch(json, '{json}') order by id limit 1"
    ));
}

/// The operators' files and what a person knows, as answers.
fn answers(stage: &Stage, world: &World) -> String {
    let code = stage.folder.join("operators");
    for file in &world.file {
        let path = code.join(&file.path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(&path, &file.text).expect("a file");
    }
    let known = ["java", "elasticsearch", "airflow"]
        .map(|name| format!("{name} = {:?}\n", world.platform[name]));
    format!(
        "[clients]\nreports = []\ncode = [{code:?}]\n\n[known]\n{}",
        known.concat()
    )
}

/// Change to what is said of it.
fn judged(stage: &Stage) -> BTreeMap<String, String> {
    let ended = stage.omup(&["check", "--json", "--answers"], true);
    let told: Value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr));
    let notes = told["notes"].as_array().expect("notes");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    notes
        .iter()
        .filter_map(|note| Some((text(&note["id"])?, text(&note["judged"]["relevance"])?)))
        .collect()
}

fn asks_clients(change: &Change) -> bool {
    change.probe.iter().any(|probe| probe.client.is_some())
}

#[test]
fn a_real_deployment_is_judged_as_it_was_labelled() {
    let all = world::all();
    let (_, world) = all.iter().find(|(name, _)| name == NAME).expect("a file");
    let knowledge = Knowledge::embedded();
    for engine in [Engine::Mysql, Engine::OldMysql] {
        let Some(stage) = stage(engine) else { continue };
        put_rows(&stage, world);
        stage.answer(&answers(&stage, world), false);
        let version = |side: &str| -> OmVersion {
            let text = stage.made[side].as_str().expect("a version");
            text.parse().expect("a version")
        };
        assert_eq!(version("old_version"), world.from);
        let found = judged(&stage);
        let mut count = 0;
        for note in knowledge.notes(&world.from, &version("new_version")) {
            let change = &note.change;
            // What is installed on this host is no part of the made-up deployment.
            if !change.breaking() || asks_clients(change) {
                continue;
            }
            let label = match &world.labels {
                _ if UNSEEN.contains(&change.id.as_str()) => "cannot-tell",
                labels if labels.concerns.contains(&change.id) => "concerns",
                labels if labels.cannot_tell.contains(&change.id) => "cannot-tell",
                _ => "not",
            };
            assert_eq!(found[&change.id], label, "{engine:?}: {}", change.id);
            count += 1;
        }
        assert!(count >= 8, "{count}");
        // One row decides: a policy of their own instead of the one that came along.
        let own =
            serde_json::json!({ "provider": "user", "rules": [{ "operations": ["EditTests"] }] });
        let database = stage.mysql_database().expect("a stage on MySQL");
        merge(database, "policy_entity", &own);
        let change = "1.11-create-tests";
        assert_eq!(found[change], "not");
        assert_eq!(judged(&stage)[change], "concerns", "{engine:?}");
    }
}
