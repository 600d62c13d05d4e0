//! Hostile names make the whole trip: database, schema, table, column, role of the restore.

use super::bench::{Bench, Copy, content, differences, good, run};
use crate::support::postgres::ROLE;

const HOSTILE: &[&str] = &[
    "a\"b",
    "a;drop table x",
    "--",
    "new\nline",
    "${x}",
    "$(touch x)",
    "two words",
    "it's",
    "back\\slash",
    "a.b",
    "a=b",
    "ä漢字€",
    "%s",
    "postgres://x",
    "UPPER",
];

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[tokio::test]
async fn tables_of_any_name() {
    let Some(bench) = Bench::new("tables") else {
        return;
    };
    let long = "x".repeat(63);
    for name in HOSTILE.iter().copied().chain([long.as_str()]) {
        let name = quoted(name);
        bench.database.sql(&format!(
            "create table {name} ({name} text, updatedat bigint); insert into {name} values ('v', 5); create sequence {}",
            quoted(&format!("s{}", &name[1..name.len() - 1].replace("\"\"", "q").chars().take(50).collect::<String>()))
        ));
    }
    let admin = bench.admin().await;
    let source = admin.looking();
    let mut snapshot = good(source.snapshot().await);
    run(
        &source.dump_tool(snapshot.id()),
        None,
        Some(&bench.archive()),
    )
    .well();
    let list = source.list_tool().unwrap_or_else(|| panic!("no list tool"));
    let listing = run(&list, Some(&bench.archive()), None).well().stdout;
    assert_eq!(
        source.tables_in_archive(&listing),
        good(snapshot.tables().await),
        "{listing}"
    );
    let before = good(snapshot.content(&|_, _, _| {}).await);
    assert!(
        HOSTILE.len()
            <= before
                .tables
                .values()
                .filter(|table| table.rows == 1)
                .count()
    );
    let shape = good(snapshot.shape().await);
    good(snapshot.close().await);
    let copy = bench.copy();
    good(admin.create(&copy.name, &shape).await);
    run(
        &admin.restore_tool(&copy.name, &bench.archive(), 2),
        None,
        None,
    )
    .well();
    let restored = good(source.sibling(&copy.name).await);
    assert_eq!(differences(&before, &content(&*restored).await), [""; 0]);
    assert!(good(source.writes_since(5).await) >= HOSTILE.len() as u64);
}

#[tokio::test]
async fn databases_of_any_name() {
    let Some(bench) = Bench::new("databases") else {
        return;
    };
    let admin = bench.admin().await;
    let shape = good(admin.looking().snapshot().await);
    let mut shape_view = shape;
    let shape = good(shape_view.shape().await);
    good(shape_view.close().await);
    for name in HOSTILE {
        let name = format!("omup_{name}{}", std::process::id());
        let guard = Copy::of(&bench, &name);
        good(admin.create(&name, &shape).await);
        assert!(good(admin.looking().exists(&name).await));
        assert!(good(admin.looking().databases().await).contains(&name));
        let sibling = good(admin.looking().sibling(&name).await);
        assert_eq!(sibling.name(), name);
        assert_ne!(
            good(sibling.identity().await).oid,
            good(admin.looking().identity().await).oid
        );
        let mut snapshot = good(sibling.snapshot().await);
        run(
            &sibling.dump_tool(snapshot.id()),
            None,
            Some(&bench.archive()),
        )
        .well();
        assert_eq!(good(snapshot.tables().await), [""; 0]);
        good(snapshot.close().await);
        run(&admin.restore_tool(&name, &bench.archive(), 1), None, None).well();
        good(admin.drop_ours(&name).await);
        assert!(!good(admin.looking().exists(&name).await), "{name}");
        drop(guard);
    }
    for foreign in ["postgres", &bench.database.name, "template1"] {
        let error = admin
            .drop_ours(foreign)
            .await
            .map_or_else(|error| error.to_string(), |()| String::new());
        assert!(error.contains("is not dropped"), "{error}");
    }
    good(admin.drop_ours("omup_never_there").await);
    assert_eq!(ROLE, "om");
}
