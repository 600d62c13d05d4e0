//! The pending statements against the database that they will run on.

use super::sample::{ground_of, make_practice, pending_of, unknown};
use super::{Case, at};
use crate::domain::finding::Verdict::{Fail, Info, Skip, Unknown, Warn};
use crate::domain::names::Engine;
use crate::domain::schema_touch::Reading;
use crate::domain::sql_read::read_all;
use crate::domain::survey::Survey;

/// The sample's tables get `table_entity`, and its first statements these texts.
fn run(survey: &mut Survey, statements: &[&str]) {
    let engine = survey.database.identity.engine;
    let readings = read_all(engine, statements.iter().copied());
    let table = ground_of(survey)
        .schema
        .tables
        .entry("table_entity".to_string())
        .or_default();
    table.columns.extend(["id".to_string(), "json".to_string()]);
    for (pending, reading) in pending_of(survey).into_iter().zip(readings) {
        pending.needs.reading = reading;
    }
}

fn on_mysql(survey: &mut Survey) {
    survey.deployment.connection.engine = Engine::Mysql;
    survey.database.identity.engine = Engine::Mysql;
    if let Some(log) = &mut ground_of(survey).log {
        log.charset = "latin1".to_string();
    }
}

/// One statement joins two tables of these collations.
fn joined(survey: &mut Survey, rules: [&str; 2]) {
    on_mysql(survey);
    let tables = &mut ground_of(survey).schema.tables;
    for (table, rule) in ["table_entity", "odd_entity"].into_iter().zip(rules) {
        let shape = tables.entry(table.to_string()).or_default();
        shape.collation = Some(rule.to_string());
    }
    run(
        survey,
        &["UPDATE table_entity t JOIN odd_entity o ON o.id = t.id SET t.json = o.json"],
    );
}

pub const CASES: &[Case] = &[
    Case {
        shows: "5 pending statements fit into the log (UTF8)",
        ..at("OM-SQL-001", "all can be kept")
    },
    Case {
        change: |s, _| {
            on_mysql(s);
            pending_of(s)[1].needs.letters = "\u{e9}\u{2192}".to_string();
            if let Some(log) = &mut ground_of(s).log {
                log.lost = "\u{2192}".to_string();
            }
        },
        verdict: Fail,
        holds: true,
        shows: "(U+2192)",
        ..at("OM-SQL-001", "a character that latin1 lacks")
    },
    Case {
        change: |s, _| {
            on_mysql(s);
            pending_of(s)[0].needs.letters = "\u{e9}".to_string();
        },
        shows: "(latin1)",
        ..at("OM-SQL-001", "a character that latin1 has")
    },
    Case {
        change: |s, _| pending_of(s)[4].needs.length = 10_001,
        verdict: Fail,
        holds: true,
        shows: "TYPE text",
        ..at("OM-SQL-001", "a statement longer than the column")
    },
    Case {
        change: |s, _| ground_of(s).log = None,
        verdict: Unknown,
        holds: true,
        ..at("OM-SQL-001", "no log")
    },
    Case {
        change: |s, _| s.ground = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-SQL-001", "nobody could ask")
    },
    Case {
        shows: "all 5 of 5",
        ..at("OM-SQL-002", "as expected")
    },
    Case {
        change: |s, _| run(s, &["ALTER TABLE table_entity ADD COLUMN json jsonb"]),
        verdict: Fail,
        holds: true,
        shows: "table_entity has a column json already",
        ..at("OM-SQL-002", "a column that is there already")
    },
    Case {
        change: |s, _| run(s, &["ALTER TABLE gone_entity ADD COLUMN a int"]),
        verdict: Fail,
        holds: true,
        shows: "there is no table gone_entity",
        ..at("OM-SQL-002", "a table that is missing")
    },
    Case {
        change: |s, _| {
            run(
                s,
                &[
                    "DO $$ BEGIN ALTER TABLE table_entity DROP COLUMN json; END $$",
                    "ALTER TABLE table_entity ADD COLUMN json jsonb",
                ],
            );
        },
        verdict: Unknown,
        holds: true,
        shows: "4 of 5",
        ..at("OM-SQL-002", "an earlier statement may settle it")
    },
    Case {
        change: |s, _| run(s, &["SELECT repair()"]),
        verdict: Info,
        shows: "not looked at: 1.11.0",
        ..at("OM-SQL-002", "a statement that is not read")
    },
    Case {
        change: |s, _| {
            run(
                s,
                &["UPDATE table_entity SET json = u.json FROM other.u WHERE u.id = 1"],
            );
        },
        verdict: Info,
        shows: "only the table that it writes was looked at: 1.11.0",
        ..at("OM-SQL-002", "a table of another schema is read")
    },
    Case {
        change: |s, _| {
            run(
                s,
                &["DELETE FROM table_entity t USING gone_entity g WHERE g.id = t.id"],
            );
        },
        verdict: Fail,
        holds: true,
        shows: "there is no table gone_entity",
        ..at("OM-SQL-002", "a table that is only read is missing")
    },
    Case {
        change: |s, _| s.pending = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-SQL-002", "the work is not known")
    },
    Case {
        verdict: Skip,
        ..at("OM-SQL-003", "PostgreSQL")
    },
    Case {
        change: |s, _| make_practice(s),
        verdict: Skip,
        ..at("OM-SQL-003", "practice")
    },
    Case {
        change: |s, _| on_mysql(s),
        shows: "no pending statement calls",
        ..at("OM-SQL-003", "none is called")
    },
    Case {
        change: |s, _| {
            on_mysql(s);
            pending_of(s)[2].needs.calls = vec!["MD5".to_string()];
        },
        shows: "call MD5, and this server has it",
        ..at("OM-SQL-003", "called, and there")
    },
    Case {
        change: |s, _| {
            on_mysql(s);
            pending_of(s)[2].needs.calls = vec!["MD5".to_string()];
            let said = "FUNCTION om.MD5 does not exist".to_string();
            ground_of(s).missing.insert("MD5".to_string(), said);
        },
        verdict: Fail,
        holds: true,
        shows: "INSTALL COMPONENT",
        ..at("OM-SQL-003", "called, and gone")
    },
    Case {
        change: |s, _| {
            on_mysql(s);
            s.ground = unknown();
        },
        verdict: Unknown,
        holds: true,
        ..at("OM-SQL-003", "nobody could ask")
    },
    Case {
        verdict: Skip,
        ..at("OM-SQL-004", "PostgreSQL")
    },
    Case {
        change: |s, _| make_practice(s),
        verdict: Skip,
        ..at("OM-SQL-004", "practice")
    },
    Case {
        change: |s, _| joined(s, ["utf8mb4_0900_ai_ci", "utf8mb4_0900_ai_ci"]),
        shows: "no pending statement joins",
        ..at("OM-SQL-004", "one collation")
    },
    Case {
        change: |s, _| joined(s, ["utf8mb4_0900_ai_ci", "utf8mb4_general_ci"]),
        verdict: Warn,
        shows: "odd_entity utf8mb4_general_ci",
        ..at("OM-SQL-004", "two collations in one statement")
    },
    Case {
        change: |s, _| {
            on_mysql(s);
            s.ground = unknown();
        },
        verdict: Unknown,
        holds: true,
        ..at("OM-SQL-004", "nobody could ask")
    },
    Case {
        change: |s, _| {
            on_mysql(s);
            s.pending = unknown();
        },
        verdict: Unknown,
        holds: true,
        ..at("OM-SQL-004", "the work is not known")
    },
];

#[test]
fn the_sample_reads_every_statement() {
    let mut survey = super::sample::sample_survey();
    let read = |reading: &Reading| matches!(reading, Reading::Read { .. });
    assert!(
        pending_of(&mut survey)
            .iter()
            .all(|s| read(&s.needs.reading))
    );
}
