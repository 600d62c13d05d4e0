use super::{Facts, judge};
use crate::domain::clean_text::CleanText;
use crate::domain::migration::{
    History, NativeRow, PendingStatement, PendingVersion, PendingWork, StatementClass,
    StatementNeeds,
};
use crate::domain::names::Engine;
use crate::domain::run_view::RunView;
use crate::domain::way_back::MoreMemory;
use crate::knowledge::Knowledge;

const IN_THE_DATA_STEP: &str = "java.lang.RuntimeException: java.sql.SQLException: Out of sort memory, consider increasing server sort buffer size";
const IN_A_STATEMENT: &str = "java.lang.RuntimeException: Failed to run sql: [UPDATE b] due to [java.sql.SQLException: Out of sort memory, consider increasing server sort buffer size]";

fn planned() -> PendingWork {
    let statement = |name: &str| PendingStatement {
        checksum: name.to_string(),
        other_checksums: Vec::new(),
        head: name.into(),
        class: StatementClass::Data,
        table: None,
        needs: StatementNeeds::default(),
    };
    let version = |version: &str, statements: &[&str]| PendingVersion {
        version: version.parse().expect("a version"),
        statements: statements.iter().map(|name| statement(name)).collect(),
        ignored_files: Vec::new(),
        repeated: 0,
    };
    PendingWork {
        versions: vec![version("1.11.0", &["a"]), version("1.12.0", &["b", "c"])],
    }
}

fn recorded(versions: &[&str], statements: &[&str]) -> History {
    History {
        native: Some(
            versions
                .iter()
                .map(|version| NativeRow {
                    version: (*version).into(),
                    status: None,
                })
                .collect(),
        ),
        statements: [(
            "x".to_string(),
            statements.iter().map(|s| (*s).to_string()).collect(),
        )]
        .into(),
        ..History::default()
    }
}

struct Case {
    engine: Engine,
    log: &'static str,
    now: Option<History>,
    memory: Option<u64>,
    sorts: u64,
    free: Option<u64>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            engine: Engine::Mysql,
            log: IN_THE_DATA_STEP,
            now: Some(recorded(&["1.10.7", "1.11.0"], &["a", "b"])),
            memory: Some(20 << 20),
            sorts: 1,
            free: Some(1 << 30),
        }
    }
}

fn judged(case: &Case) -> Option<MoreMemory> {
    let before = recorded(&["1.10.7"], &[]);
    let lines: Vec<CleanText> = case.log.lines().map(CleanText::new).collect();
    judge(
        &Knowledge::embedded(),
        &RunView::default(),
        &Facts {
            engine: case.engine,
            lines: &lines,
            planned: Some(&planned()),
            before: Some(&before),
            now: case.now.as_ref(),
            memory: case.memory,
            sorts: case.sorts,
            free: case.free,
        },
    )
}

#[track_caller]
fn possible(case: &Case) -> (u64, String) {
    match judged(case) {
        Some(MoreMemory::Possible { to, about, .. }) => (to >> 20, about.to_string()),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn not(case: &Case, words: &str) {
    match judged(case) {
        Some(MoreMemory::Not { why }) => assert!(why.as_str().contains(words), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_next_step_up_with_what_runs_again() {
    let (to, about) = possible(&Case::default());
    assert_eq!(to, 32);
    assert!(
        about.starts_with("the data step of 1.12.0 begins anew"),
        "{about}"
    );
    let (_, about) = possible(&Case {
        log: IN_A_STATEMENT,
        now: Some(recorded(&["1.10.7", "1.11.0"], &["a"])),
        ..Case::default()
    });
    assert!(about.contains("(1.12.0: b) runs again"), "{about}");
    let (to, about) = possible(&Case {
        memory: Some(256 << 10),
        free: None,
        ..Case::default()
    });
    assert_eq!(to, 20);
    assert!(about.contains("cannot be seen from here"), "{about}");
}

#[test]
fn another_failure_and_another_engine_have_no_such_way() {
    let another = Case {
        log: "java.sql.SQLSyntaxErrorException: Duplicate column name 'x'",
        ..Case::default()
    };
    assert_eq!(judged(&another), None);
    let postgres = Case {
        engine: Engine::Postgres,
        ..Case::default()
    };
    assert_eq!(judged(&postgres), None);
}

#[test]
fn what_cannot_be_told_is_not_repeated() {
    not(
        &Case {
            now: None,
            ..Case::default()
        },
        "could not be read",
    );
    not(
        &Case {
            memory: None,
            ..Case::default()
        },
        "could not be read",
    );
    // "c" is recorded and "b" before it is not: a statement ran and nobody wrote it down.
    not(
        &Case {
            now: Some(recorded(&["1.10.7", "1.11.0"], &["a", "c"])),
            ..Case::default()
        },
        "'c' is recorded, and a statement before it is not",
    );
    not(
        &Case {
            now: Some(recorded(&["1.10.7", "1.12.0"], &["a", "b", "c"])),
            ..Case::default()
        },
        "1.12.0 is finished, 1.11.0 is not",
    );
    not(
        &Case {
            now: Some(recorded(&["1.11.0", "1.12.0"], &["a", "b", "c"])),
            ..Case::default()
        },
        "came after it",
    );
    not(
        &Case {
            log: IN_A_STATEMENT,
            now: Some(recorded(&["1.11.0"], &["a", "b", "c"])),
            ..Case::default()
        },
        "every statement of 1.12.0 is recorded",
    );
}

#[test]
fn within_the_memory_that_there_is_and_not_above_the_last_step() {
    not(
        &Case {
            memory: Some(64 << 20),
            ..Case::default()
        },
        "64 MB were not enough",
    );
    not(
        &Case {
            free: Some(31 << 20),
            ..Case::default()
        },
        "do not fit into the 31 MB",
    );
    // For the whole server, every session may take it.
    not(
        &Case {
            sorts: 40,
            ..Case::default()
        },
        "1.2 GB for sorting do not fit",
    );
}
