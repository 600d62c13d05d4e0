//! Promise 5, verified means restored: a restored copy that is not the source in every part is never called equal.

use super::help::{backups, fake, nothing_changed, quiet, real};
use crate::story::stage::{RUN, Stage};

/// What becomes of the copy after a restore that ended well, and the name that must be told.
const DAMAGES: &[(&str, &str, &str)] = &[
    (
        "one row is gone",
        "delete from user_entity where ctid = (select min(ctid) from user_entity)",
        "user_entity",
    ),
    (
        "one key of one JSON value",
        "update table_entity set json = jsonb_set(json::jsonb, '{displayName}', '\"x\"') where ctid = (select min(ctid) from table_entity)",
        "table_entity",
    ),
    (
        "one row more",
        "insert into task_sequence default values",
        "task_sequence",
    ),
    (
        "a sequence went on",
        "select nextval('change_event_offset_seq')",
        "change_event_offset_seq",
    ),
    (
        "a grant too many",
        "grant select on topic_entity to public",
        "topic_entity",
    ),
    (
        "a trigger is off",
        "alter table tag_usage disable trigger tag_usage_lower",
        "tag_usage",
    ),
    (
        "a trigger is gone",
        "drop trigger tag_usage_lower on tag_usage",
        "tag_usage_lower",
    ),
    (
        "a view says something else",
        "create or replace view table_usage_view as select t.id, t.name, u.usagedate, u.count1 from table_entity t join entity_usage u on u.id::text = t.id::text where u.count1 > 0",
        "table_usage_view",
    ),
    (
        "an index is gone",
        "drop index \"DATABASE_CHANGE_LOG_s_idx\"",
        "DATABASE_CHANGE_LOG_s_idx",
    ),
    (
        "a constraint is gone",
        "alter table table_entity drop constraint table_entity_fqnhash_key",
        "table_entity_fqnhash_key",
    ),
    (
        "a default changed",
        "alter table task_sequence alter id drop default",
        "task_sequence",
    ),
    (
        "a comment appeared",
        "comment on table chart_entity is 'x'",
        "chart_entity",
    ),
];

#[test]
fn a_copy_that_differs_in_anything_is_not_called_equal_on_postgres() {
    let Some(stage) = Stage::postgres("proof-damaged", &quiet("")) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    let damage = stage.folder.join("damage.sql");
    // The real tool restores; then somebody damages what it has restored.
    let script = format!(
        "#!/bin/sh\n{} \"$@\" || exit $?\nd= h= p= u= last=\nfor word; do\n case $last in -d) d=$word ;; -h) h=$word ;; -p) p=$word ;; -U) u=$word ;; esac\n last=$word\ndone\n[ -n \"$d\" ] || exit 0\nexec psql -Xq -v ON_ERROR_STOP=1 -h \"$h\" -p \"$p\" -U \"$u\" -d \"$d\" -f '{}'\n",
        real("pg_restore").display(),
        damage.display()
    );
    let first = fake(&stage, "bin", "pg_restore", &script);
    for (case, sql, named) in DAMAGES {
        std::fs::write(&damage, format!("{sql};\n")).expect("write the damage");
        let ended = stage
            .call(&["run", "--answers"], true)
            .path_first(&first)
            .run(RUN);
        assert_eq!(ended.code, 21, "{case}\n{}\n{}", ended.stdout, ended.stderr);
        assert!(
            ended.stdout.contains(named),
            "{case}: {named} is not named\n{}",
            ended.stdout
        );
        assert!(
            ended.stdout.contains("differs from the source"),
            "{case}\n{}",
            ended.stdout
        );
        nothing_changed(&stage, &before, case);
    }
    // The level of each of these backups stays below "restored and equal", for whoever finds it later.
    for folder in backups(&stage.backups()) {
        let certificate =
            std::fs::read_to_string(folder.join("certificate.json")).expect("a certificate");
        assert!(!certificate.contains("restored-and-equal"), "{certificate}");
    }
    // The same wrapper with nothing to damage: the tests above failed for the damage and for nothing else.
    std::fs::write(&damage, "select 1;\n").expect("write the damage");
    stage
        .call(&["run", "--answers"], true)
        .path_first(&first)
        .run(RUN)
        .expect(0);
}
