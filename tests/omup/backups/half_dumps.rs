//! A dump tool that ends early, or leaves a table out, and says that all is well: refused, with the reason named.

use super::scene::{WAITS, assert_honest, assert_untouched, complete, failure, quiet, run, tree};
use super::tools::Fake;
use crate::story::stage::{RUN, Stage};
use crate::support::digest::difference;

#[test]
fn half_a_dump_with_exit_code_0_is_refused() {
    let Some(stage) = Stage::postgres("half-dump", &quiet()) else {
        return;
    };
    run(&stage).run(RUN).expect(WAITS);
    let whole = raw_bytes(&stage);
    for (bytes, named) in [
        (0, "is empty"),
        (1, "cannot be read"),
        // The table of contents comes first.
        (2_000, "cannot be read"),
        (whole / 2, "cannot be read"),
        (whole - 1_024, "cannot be read"),
        (whole - 1, "cannot be read"),
    ] {
        let script = format!("'{{real}}' \"$@\" | head -c {bytes}\nexit 0");
        refused(&stage, &script, named, &format!("{bytes} of {whole} bytes"));
    }
}

#[test]
fn a_dump_without_one_table_is_refused() {
    let Some(stage) = Stage::postgres("dropped-table", &quiet()) else {
        return;
    };
    run(&stage).run(RUN).expect(WAITS);
    for (option, named) in [
        ("--exclude-table=public.user_entity", "user_entity"),
        ("--exclude-table-data=public.user_entity", "user_entity"),
        // More tables than a sentence names: the first one.
        ("--schema-only", "DATABASE_CHANGE_LOG"),
    ] {
        refused(
            &stage,
            &format!("exec '{{real}}' {option} \"$@\""),
            named,
            option,
        );
    }
}

/// A dump of another database than the one that was asked for: every table may be there, the rows are not.
#[test]
fn a_dump_of_another_content_is_not_proven() {
    let Some(stage) = Stage::postgres("other-rows", &quiet()) else {
        return;
    };
    run(&stage).run(RUN).expect(WAITS);
    let (older, before) = (
        tree(&stage.backups()),
        stage.contents(&stage.database_name()),
    );
    // Restored into the scratch copy, then one row is lost: as if the dump had never held it.
    let lose = "delete from user_entity where ctid = (select min(ctid) from user_entity)";
    let script = format!(
        "'{{real}}' \"$@\" || exit\nwhile [ $# -gt 0 ]; do case \"$1\" in -h) h=$2;; -p) p=$2;; -U) u=$2;; -d) d=$2;; esac; shift; done\n\
         exec psql -XAtq -h \"$h\" -p \"$p\" -U \"$u\" -d \"$d\" -c '{lose}'"
    );
    let fake = Fake::new(&stage, "pg_restore", "--exit-on-error", &script);
    run(&stage).path_first(&fake.folder).run(RUN).expect(21);
    let said = failure(&stage);
    assert!(
        said.starts_with("prove: ") && said.contains("user_entity"),
        "{said}"
    );
    assert!(
        stage.status()["view"]["facts"]["level"].is_null(),
        "{}",
        stage.status()
    );
    assert_untouched(&older, &stage.backups(), "one row lost");
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
    let fake = Fake::new(stage, "pg_dump", "-Fc", script);
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
