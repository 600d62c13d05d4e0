//! A dump tool that ends early, or leaves a table out, and says that all is well: refused, with the reason named.

use super::scene::{WAITS, assert_honest, assert_untouched, complete, failure, quiet, run, tree};
use super::tools::Fake;
use crate::story::stage::{RUN, Stage};
use crate::support::digest::difference;
use crate::support::engine::Engine;

const UNFINISHED: &str = "the line that ends a dump is missing";

#[test]
fn half_a_dump_with_exit_code_0_is_refused_on_postgres() {
    half_a_dump(Engine::Postgres);
}

#[test]
fn half_a_dump_with_exit_code_0_is_refused_on_mysql() {
    half_a_dump(Engine::Mysql);
}

fn half_a_dump(engine: Engine) {
    let Some(stage) = Stage::of(engine, "half-dump", &quiet()) else {
        return;
    };
    run(&stage).run(RUN).expect(WAITS);
    let whole = raw_bytes(&stage);
    let (short, last) = match engine {
        Engine::Postgres => ("cannot be read", 1),
        // Any part of it is SQL that a client would run without a word. The last newline is no loss.
        Engine::Mysql | Engine::OldMysql => (UNFINISHED, 2),
    };
    for (bytes, named) in [
        (0, "is empty"),
        (1, short),
        // The table of contents comes first.
        (2_000, short),
        (whole / 2, short),
        (whole - 1_024, short),
        (whole - last, short),
    ] {
        let script = format!("'{{real}}' \"$@\" | head -c {bytes}\nexit 0");
        refused(&stage, &script, named, &format!("{bytes} of {whole} bytes"));
    }
}

/// Whole lines and statements, each of which a client would run: the end of a row, of a table, of everything
/// but the last line.
#[test]
fn half_a_dump_that_ends_at_a_statement_is_refused_on_mysql() {
    let Some(stage) = Stage::mysql("half-statement", &quiet()) else {
        return;
    };
    for (told, script) in [
        (
            "up to the end of the first rows",
            "'{real}' \"$@\" | sed -n '1,/^INSERT INTO/p'\nexit 0",
        ),
        (
            "up to the end of a table",
            "'{real}' \"$@\" | sed -n '1,/^UNLOCK TABLES/p'\nexit 0",
        ),
        (
            "all but the last line",
            "'{real}' \"$@\" | sed '/^-- Dump completed/d'\nexit 0",
        ),
    ] {
        refused(&stage, script, UNFINISHED, told);
    }
}

#[test]
fn a_dump_without_one_table_is_refused_on_postgres() {
    without_one_table(
        Engine::Postgres,
        &[
            ("--exclude-table=public.user_entity", "user_entity"),
            ("--exclude-table-data=public.user_entity", "user_entity"),
            // More tables than a sentence names: the first one.
            ("--schema-only", "DATABASE_CHANGE_LOG"),
        ],
    );
}

#[test]
fn a_dump_without_one_table_is_refused_on_mysql() {
    without_one_table(
        Engine::Mysql,
        &[
            ("--ignore-table={database}.user_entity", "user_entity"),
            // More tables than a sentence names: the first one.
            ("--no-create-info", "DATABASE_CHANGE_LOG"),
        ],
    );
}

fn without_one_table(engine: Engine, options: &[(&str, &str)]) {
    let Some(stage) = Stage::of(engine, "dropped-table", &quiet()) else {
        return;
    };
    run(&stage).run(RUN).expect(WAITS);
    for (option, named) in options {
        let option = option.replace("{database}", &stage.database_name());
        // Behind the first argument, which may have to be the first.
        let script = format!("first=$1; shift; exec '{{real}}' \"$first\" {option} \"$@\"");
        refused(&stage, &script, named, &option);
    }
}

/// `--single-transaction` gives rows as of one moment, and no definition: one that changes while the dump runs is named.
#[test]
fn a_schema_that_changes_while_it_is_dumped_is_named_on_mysql() {
    let Some(stage) = Stage::mysql("ddl-in-dump", &quiet()) else {
        return;
    };
    let client = stage.real("mysql").display().to_string();
    let script = format!(
        "'{client}' \"$1\" --user={} --host=127.0.0.1 --port={} {} --execute='alter table user_entity add column t_new int' || exit 1; exec '{{real}}' \"$@\"",
        crate::support::mysql::USER,
        stage.mysql_database().expect("MySQL").server.port,
        stage.database_name()
    );
    let said = "the schema was changed while the dump ran (table user_entity)";
    let fake = Fake::new(&stage, "mysqldump", "--single-transaction", &script);
    let ended = run(&stage).path_first(&fake.folder).run(RUN).expect(20);
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    assert!(complete(&stage).is_empty(), "no backup");
}

/// Commands of the client program itself: a dump has none, and one that has some is somebody's trap.
#[test]
fn a_dump_that_would_start_programs_is_refused_on_mysql() {
    let head = "printf '\\\\! touch {touched}\\nsystem touch {touched}\\n'; exec '{real}' \"$@\"";
    let end = "'{real}' \"$@\" | awk '/^-- Dump completed/ { print \"\\\\! touch {touched}\" } { print }'";
    trap(
        Engine::Mysql,
        &[head, end],
        "a command for the client program",
    );
}

/// PostgreSQL's archive is no text that a client program reads; a dump that is one is refused for that.
#[test]
fn a_dump_that_would_start_programs_is_refused_on_postgres() {
    let head = "printf '\\\\! touch {touched}\\n'; exec '{real}' \"$@\" -Fp";
    let end = "'{real}' \"$@\" -Fp; printf '\\\\! touch {touched}\\n'";
    trap(
        Engine::Postgres,
        &[head],
        "not appear to be a valid archive",
    );
    trap(Engine::Postgres, &[end], "text format dump");
}

fn trap(engine: Engine, scripts: &[&str], told: &str) {
    let Some(stage) = Stage::of(engine, "trap-dump", &quiet()) else {
        return;
    };
    let touched = stage.folder.join("touched");
    for script in scripts {
        let script = script.replace("{touched}", &touched.display().to_string());
        refused(&stage, &script, told, "a trap");
        assert!(!touched.exists(), "nothing was started");
    }
}

/// A dump of another database than the one that was asked for: every table may be there, the rows are not.
#[test]
fn a_dump_of_another_content_is_not_proven_on_postgres() {
    // Restored into the scratch copy, then one row is lost: as if the dump had never held it.
    let lose = "delete from user_entity where ctid = (select min(ctid) from user_entity)";
    let script = format!(
        "'{{real}}' \"$@\" || exit\nwhile [ $# -gt 0 ]; do case \"$1\" in -h) h=$2;; -p) p=$2;; -U) u=$2;; -d) d=$2;; esac; shift; done\n\
         exec psql -XAtq -h \"$h\" -p \"$p\" -U \"$u\" -d \"$d\" -c '{lose}'"
    );
    other_content(Engine::Postgres, "pg_restore", "--exit-on-error", &script);
}

/// Its tables are all there and its last line too.
#[test]
fn a_dump_of_another_content_is_not_proven_on_mysql() {
    let script = "first=$1; shift; exec '{real}' \"$first\" --where='1=0' \"$@\"";
    other_content(Engine::Mysql, "mysqldump", "--single-transaction", script);
}

fn other_content(engine: Engine, tool: &str, word: &str, script: &str) {
    let Some(stage) = Stage::of(engine, "other-rows", &quiet()) else {
        return;
    };
    run(&stage).run(RUN).expect(WAITS);
    let (older, before) = (
        tree(&stage.backups()),
        stage.contents(&stage.database_name()),
    );
    let fake = Fake::new(&stage, tool, word, script);
    run(&stage).path_first(&fake.folder).run(RUN).expect(21);
    let said = failure(&stage);
    assert!(
        said.starts_with("prove: ") && said.contains("rows in the source"),
        "{said}"
    );
    assert!(
        stage.status()["view"]["facts"]["level"].is_null(),
        "{}",
        stage.status()
    );
    assert_untouched(&older, &stage.backups(), "rows lost");
    assert_eq!(
        difference(&before, &stage.contents(&stage.database_name())),
        Vec::<String>::new()
    );
    assert_eq!(
        stage.databases(),
        vec![stage.database_name()],
        "the copy is dropped"
    );
}

/// Bytes of the newest backup's archive before compression.
fn raw_bytes(stage: &Stage) -> u64 {
    let newest = complete(stage).pop().expect("a backup");
    let text = std::fs::read_to_string(newest.join("manifest.json")).expect("the manifest");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    manifest["raw_bytes"].as_u64().expect("a number")
}

fn refused(stage: &Stage, script: &str, named: &str, told: &str) {
    let name = stage.database_name();
    let (older, known, before) = (
        tree(&stage.backups()),
        complete(stage),
        stage.contents(&name),
    );
    let tool = stage.database().engine().dump_tool();
    let fake = Fake::new(stage, tool.program, tool.word, script);
    let ended = run(stage).path_first(&fake.folder).run(RUN);
    fake.remove();
    assert_eq!(ended.code, 20, "{told}\n{}\n{}", ended.stdout, ended.stderr);
    let said = failure(stage);
    assert!(
        said.starts_with("back-up: ") && said.contains(named),
        "{told}: {said}"
    );
    assert!(
        ended.stdout.contains(named),
        "{told}: the operator reads it too\n{}",
        ended.stdout
    );
    assert!(
        stage.status()["view"]["facts"]["backup_dir"].is_null(),
        "{told}: nothing is claimed"
    );
    assert_eq!(complete(stage), known, "{told}: no backup more");
    assert_honest(stage, &known, told);
    assert_untouched(&older, &stage.backups(), told);
    assert_eq!(
        difference(&before, &stage.contents(&name)),
        Vec::<String>::new(),
        "{told}: nothing was changed"
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str(),
        "{told}: the old version serves"
    );
    println!("{told}: {}", said.chars().take(200).collect::<String>());
}
