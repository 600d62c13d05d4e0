//! Views, routines, triggers and events that run under another account: seen before, and restored only by
//! a user who may set definers.

use omup::database::{Admin, Target, admin};
use omup::domain::survey::Right;
use omup::process::Place;

use super::bench::{Bench, run};
use crate::database::bench::{content, differences, good};
use crate::support::mysql::PASSWORD;

/// The account of others, and a user who may set definers; both made by root.
const OTHER: &str = "omup_test_definer";
const SETTER: &str = "omup_test_setter";

fn prepare(bench: &Bench, right: &str) {
    bench.database.sql_as_root(&format!(
        "create user if not exists {OTHER}@'%';
         create user if not exists {SETTER}@'%' identified with caching_sha2_password by '{PASSWORD}';
         grant all privileges on `t\\_%`.* to {SETTER}@'%'; grant all privileges on `omup\\_%`.* to {SETTER}@'%';
         grant {right}, show_routine on *.* to {SETTER}@'%';
         create definer = {OTHER}@'%' view by_other as select id from parent;
         create definer = {OTHER}@'%' procedure also_by_other() select 1"
    ));
}

async fn definers(admin: &dyn Admin) -> Option<Right> {
    let facts = good(admin.looking().facts().await);
    facts
        .rights
        .into_iter()
        .find(|right| right.name == "SET DEFINERS")
}

fn target(bench: &Bench, user: &str) -> Target {
    let mut target = bench.target();
    target.facts.user = user.to_owned();
    target
}

#[tokio::test]
async fn they_are_named_before_with_the_grant_and_restored_with_it() {
    for bench in Bench::each("definers") {
        let version = bench.server.sql("mysql", "select version()");
        let right = if version.starts_with("8.0.") {
            "SET_USER_ID"
        } else {
            "SET_ANY_DEFINER"
        };
        let owner = bench.admin().await;
        assert_eq!(definers(&*owner).await, None, "only its own so far");
        prepare(&bench, right);
        let missing = definers(&*owner).await.expect("named");
        assert!(!missing.held);
        assert_eq!(missing.grant, format!("GRANT {right} ON *.* TO 'om'@'%';"));
        let named = format!("'{OTHER}'@'%' (procedure also_by_other, view by_other)");
        assert!(
            missing.needed_for.contains(&named),
            "{}",
            missing.needed_for
        );

        // What it is said for, seen for real: the owner's restore ends at the first such object.
        let setter = good(admin(target(&bench, SETTER)).await);
        let source = setter.looking();
        let mut snapshot = good(source.snapshot().await);
        let archive = bench.archive();
        run(&source.dump_tool(snapshot.id()), Some(&archive)).well();
        let shape = good(snapshot.shape().await);
        good(snapshot.close().await);
        let before = content(source).await;
        let copy = bench.copy();
        good(owner.create(&copy.name, &shape).await);
        let refused = run(&owner.restore_tool(&copy.name, &archive, 1), None);
        assert!(
            !refused.good && refused.stderr.contains(right),
            "{}",
            refused.stderr
        );
        good(owner.drop_ours(&copy.name).await);

        // The setter has what the statement grants; for it the owner of the others is a definer too.
        let held = definers(&*setter).await.expect("named");
        assert!(held.held, "{held:?}");
        good(setter.create(&copy.name, &shape).await);
        let fitted = good(
            setter
                .fitted_restore(&copy.name, &archive, 1, Place::Local)
                .await,
        );
        run(&fitted.tool, None).well();
        let _ = good(setter.finish_shape(&copy.name, &shape).await);
        let restored = good(source.sibling(&copy.name).await);
        let after = content(&*restored).await;
        let found = differences(&before, &after);
        assert!(
            found.iter().all(|line| !line.contains("by_other")),
            "{found:?}"
        );

        // Another definer is another right: it is called by its name.
        bench.server.sql(
            &copy.name,
            "create or replace definer = 'om'@'%' view by_other as select id from parent",
        );
        let found = differences(&before, &content(&*restored).await);
        assert!(
            found.contains(
                &"definer of view by_other: is defined otherwise in the copy".to_string()
            ),
            "{found:?}"
        );
        assert!(
            !found.iter().any(|line| line.starts_with("view by_other")),
            "the view itself is the same: {found:?}"
        );
    }
}
