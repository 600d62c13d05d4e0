//! Who may know whom: the table, and the test that keeps it true.
//!
//! A path counts wherever it stands: in a `use`, grouped or not, in an expression, or reached by `super`. Tests
//! inside `src/` count too: a room that can only be tested with a forbidden one is in the wrong place.

mod paths;

use std::fs;
use std::path::{Path, PathBuf};

use paths::{Found, paths_of};

/// A room of the crate and the other rooms that it may name.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("knowledge", &["domain"]),
    ("checks", &["domain", "knowledge"]),
    ("process", &["domain"]),
    ("database", &["domain", "process"]),
    ("deployment", &["domain", "process"]),
    ("survey", &["domain", "database", "deployment", "process"]),
    ("backup", &["domain", "database", "process"]),
    (
        "steps",
        &[
            "domain",
            "knowledge",
            "checks",
            "survey",
            "database",
            "deployment",
            "backup",
            "process",
        ],
    ),
    (
        "runner",
        &[
            "domain",
            "steps",
            "database",
            "deployment",
            "backup",
            "process",
        ],
    ),
    // The practice programs stand in for another project's: they must not know the upgrader.
    ("practice", &["domain"]),
    ("logs", &["domain"]),
    ("wizard", &["domain", "knowledge"]),
    ("screen", &["domain", "knowledge", "wizard"]),
];

/// The one table that every room may name, because it names none: how a command ended, as values.
const LEAF: &str = "exit_code";

/// These compose the rest and may name every room.
const MAY_USE_ALL: &[&str] = &["app", "cli", "main", "lib"];

/// Rooms without input and output, clock and async: values in, values out.
const PURE: &[&str] = &["domain", "knowledge", "checks", "wizard", "screen"];

/// What a pure room must not name.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "indicatif",
    "rustix",
    "sqlx",
    "tokio",
    "ureq",
];

/// One forbidden name, said so that it can be found and understood.
fn forbidden(room: &str, found: &Found) -> Option<String> {
    let path = found.path.join("::");
    if PURE.contains(&room) {
        let bad = IMPURE
            .iter()
            .find(|bad| path == **bad || path.starts_with(&format!("{bad}::")));
        if let Some(bad) = bad {
            return Some(format!("{room} is pure and must not name {bad}"));
        }
    }
    if found.path.first().is_none_or(|first| first != "crate") || MAY_USE_ALL.contains(&room) {
        return None;
    }
    let other = found.path.get(1)?.as_str();
    if other == room || other == LEAF {
        return None;
    }
    let may = match MAY_USE.iter().find(|(name, _)| *name == room) {
        Some((_, may)) => *may,
        None if room == LEAF => &[],
        None => {
            return Some(format!(
                "{room} is a new room: give it a row in tests/omup/imports.rs"
            ));
        }
    };
    if may.contains(&other) {
        return None;
    }
    Some(format!("{room} must not name {path}"))
}

/// Every forbidden name in one file. `file` is relative to `src/`, for instance `backup/manifest.rs`.
fn judge(file: &Path, text: &str) -> Vec<String> {
    let modules = modules_of(file);
    let room = modules.first().map_or("lib", String::as_str);
    paths_of(text, &modules)
        .iter()
        .filter_map(|found| {
            let why = forbidden(room, found)?;
            Some(format!("src/{}:{}: {why}", file.display(), found.line))
        })
        .collect()
}

/// `backup/manifest.rs` is the module `backup::manifest`, `backup/mod.rs` is `backup`, `lib.rs` is the root.
fn modules_of(file: &Path) -> Vec<String> {
    let mut modules: Vec<String> = file
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let file_name = modules.last().map_or("", String::as_str);
    let at_root = modules.len() == 1 && file_name == "lib";
    if at_root || (modules.len() > 1 && file_name == "mod") {
        modules.pop();
    }
    modules
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in entries {
        let path = entry
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn every_room_names_only_what_it_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut rooms_seen = Vec::new();
    for file in sources(&src) {
        let text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let relative = file.strip_prefix(&src).unwrap_or(&file);
        rooms_seen.extend(modules_of(relative).into_iter().next());
        wrong.extend(judge(relative, &text));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    for (room, _) in MAY_USE {
        assert!(
            rooms_seen.iter().any(|seen| seen == room),
            "the table has a row for {room}, which is not in src/"
        );
    }
}

/// Planted in `file`, is `text` refused, and where?
fn lines_refused(file: &str, text: &str) -> Vec<String> {
    judge(Path::new(file), text)
        .iter()
        .filter_map(|refusal| refusal.split(':').nth(1).map(str::to_owned))
        .collect()
}

#[test]
fn a_forbidden_name_is_found_in_every_way_to_write_it() {
    for (file, text) in [
        ("domain/plan.rs", "use crate::process::Place;"),
        ("domain/plan.rs", "use crate::{backup, domain::step};"),
        ("domain/plan.rs", "use crate::\n    process;"),
        ("domain/plan.rs", "fn f() { crate::process::start() }"),
        ("domain/plan.rs", "use super::super::process::Place;"),
        ("domain/mod.rs", "use super::{process};"),
        ("domain/mod.rs", "mod tests { use super::super::process; }"),
        ("domain/mod.rs", "use crate::*;"),
        ("domain/mod.rs", "pub(crate) use crate as all;"),
        ("domain/mod.rs", "use std::{fmt, fs::File};"),
        ("domain/mod.rs", "use ::std::fs;"),
        ("domain/mod.rs", "let a = b as ::std::fs::File;"),
        ("domain/mod.rs", "#[tokio::test] async fn f() {}"),
        ("checks/disk.rs", "let now = std::time::SystemTime::now();"),
        ("knowledge/mod.rs", "use crate::checks::all;"),
        ("practice/server.rs", "use crate::database::Database;"),
        ("backup/mod.rs", "use crate::deployment::Deployment;"),
        ("steps/mod.rs", "use crate::runner::Runner;"),
        (
            "runner/mod.rs",
            "use crate::{steps::{self, Step}, survey::Survey};",
        ),
        ("gadgets/mod.rs", "use crate::domain::plan;"),
        ("exit_code.rs", "use crate::domain::plan;"),
        (
            "process/mod.rs",
            "const A: char = '\"'; use crate::backup; // \"",
        ),
        (
            "process/mod.rs",
            "fn f<'a>(x: &'a str) { crate::backup::g::<'a>() }",
        ),
    ] {
        assert!(!judge(Path::new(file), text).is_empty(), "{file}: {text}");
    }
    assert_eq!(
        lines_refused(
            "domain/mod.rs",
            "/* one\n two */\nuse crate::{\n  domain,\n  app,\n};"
        ),
        ["5"]
    );
}

#[test]
fn an_allowed_name_is_left_alone() {
    for (file, text) in [
        (
            "domain/plan.rs",
            "use crate::domain::step; use super::step::Step;",
        ),
        ("domain/plan.rs", "mod tests { use super::super::process; }"),
        (
            "domain/plan.rs",
            "// use crate::process\nlet s = \"crate::process\";",
        ),
        ("domain/plan.rs", "let s = r#\"\" use crate::process; \"#;"),
        (
            "domain/plan.rs",
            "pub(crate) fn f(d: std::time::Duration) {}",
        ),
        (
            "domain/plan.rs",
            "use std::fmt; use std::{collections::BTreeMap};",
        ),
        (
            "runner/mod.rs",
            "use crate::{steps::{self, Step}, domain::plan};",
        ),
        ("practice/mod.rs", "use crate::exit_code::ExitCode;"),
        ("domain/event.rs", "use crate::exit_code::ExitCode;"),
        ("app/mod.rs", "use crate::{runner, practice};"),
        ("main.rs", "use omup::runner;"),
        ("lib.rs", "pub mod runner;"),
        (
            "process/mod.rs",
            "use tokio::process::Command; use std::fs;",
        ),
    ] {
        assert_eq!(judge(Path::new(file), text), [""; 0], "{file}: {text}");
    }
}
