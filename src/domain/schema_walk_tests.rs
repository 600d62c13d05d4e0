//! Tests of [`super::schema_walk`].

use super::schema_touch::{Reading, SchemaShape, TableShape};
use super::schema_walk::misfits;
use crate::domain::names::Engine;
use crate::domain::sql_read::read_all;

fn shape(tables: &[(&str, &[&str], &[&str])]) -> SchemaShape {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect();
    SchemaShape {
        tables: tables
            .iter()
            .map(|(name, columns, indexes)| {
                let table = TableShape {
                    columns: set(columns),
                    indexes: set(indexes),
                    ..TableShape::default()
                };
                ((*name).to_string(), table)
            })
            .collect(),
        fold_tables: false,
    }
}

fn told(engine: Engine, statements: &[&str]) -> Vec<String> {
    let shape = shape(&[("t", &["id", "json"], &["i"]), ("u", &["id"], &[])]);
    let readings: Vec<Reading> = read_all(engine, statements.iter().copied());
    misfits(&shape, &readings)
        .into_iter()
        .map(|m| {
            let sure = if m.certain { "" } else { "?" };
            format!("{}{sure}: {}", m.statement, m.what)
        })
        .collect()
}

#[test]
fn each_statement_meets_the_schema_that_the_ones_before_it_left() {
    let good = [
        "CREATE TABLE n (id int, name varchar(10) NOT NULL, PRIMARY KEY (id))",
        "ALTER TABLE n ADD COLUMN a int, ADD COLUMN b int",
        "CREATE INDEX j ON n (name, a)",
        "UPDATE n SET b = 1 WHERE a = 2",
        "ALTER TABLE n DROP COLUMN b",
        "INSERT INTO n (id, name) SELECT id, 'x' FROM t",
        "DROP TABLE n",
        "DELETE FROM t WHERE id = 1",
    ];
    for engine in [Engine::Postgres, Engine::Mysql, Engine::Sqlite] {
        assert_eq!(told(engine, &good), Vec::<String>::new(), "{engine:?}");
    }
}

#[test]
fn drift_is_named_with_the_statement_that_would_meet_it() {
    assert_eq!(
        told(
            Engine::Mysql,
            &[
                "ALTER TABLE t ADD COLUMN json JSON",
                "ALTER TABLE gone ADD COLUMN a int",
                "CREATE TABLE u (id int)",
                "CREATE INDEX i ON t(id)",
                "ALTER TABLE u MODIFY COLUMN name varchar(4)",
                "ALTER TABLE u DROP COLUMN x",
                "UPDATE u SET deleted = 0",
            ]
        ),
        [
            "0: t has a column json already",
            "1: there is no table gone",
            "2: the table u is there already",
            "3: t has an index i already",
            "4: u has no column name",
            "5: u has no column x to drop",
            "6: u has no column deleted",
        ]
    );
}

#[test]
fn what_passes_over_itself_is_no_drift() {
    assert!(
        told(
            Engine::Postgres,
            &[
                "ALTER TABLE IF EXISTS gone ADD COLUMN a int",
                "ALTER TABLE IF EXISTS t ADD COLUMN a int",
                "ALTER TABLE t ADD COLUMN IF NOT EXISTS json jsonb",
                "ALTER TABLE t DROP COLUMN IF EXISTS x",
                "CREATE TABLE IF NOT EXISTS u (id int)",
                "CREATE INDEX IF NOT EXISTS i ON t (id)",
                "DROP TABLE IF EXISTS gone",
            ]
        )
        .is_empty()
    );
}

#[test]
fn an_index_that_was_dropped_or_renamed_can_be_made_again() {
    let mysql = [
        "ALTER TABLE t DROP INDEX i, ADD UNIQUE INDEX i (json, id)",
        // The server drops first, wherever it stands.
        "ALTER TABLE t ADD INDEX i (id), DROP KEY i",
        "ALTER TABLE t RENAME INDEX i TO j",
        "CREATE INDEX i ON t (id)",
        "DROP INDEX j ON t",
        "CREATE INDEX j ON t (id)",
        "CREATE TABLE n (id int, INDEX k (id))",
        "DROP INDEX k ON n",
        "ALTER TABLE u ADD CONSTRAINT UNIQUE (id)",
        "ALTER TABLE u DROP INDEX id",
    ];
    assert_eq!(told(Engine::Mysql, &mysql), Vec::<String>::new());
    let postgres = [
        "DROP INDEX i",
        "CREATE INDEX i ON t (id)",
        "ALTER INDEX i RENAME TO j",
        "CREATE INDEX CONCURRENTLY i ON t (id)",
        "DROP INDEX CONCURRENTLY IF EXISTS j, i",
        "CREATE INDEX i ON t (id)",
        "ALTER TABLE t DROP CONSTRAINT i",
        "CREATE UNIQUE INDEX i ON t (id)",
        "ALTER TABLE t DROP COLUMN json",
        "CREATE INDEX i ON t (id)",
        "DROP INDEX elsewhere",
    ];
    assert_eq!(told(Engine::Postgres, &postgres), Vec::<String>::new());
    assert_eq!(
        told(
            Engine::Mysql,
            &[
                "DROP INDEX i ON t",
                "DROP INDEX i ON t",
                "CREATE INDEX j ON t (id)",
                "ALTER TABLE t RENAME KEY x TO j",
                "CREATE INDEX j ON t (id)",
            ]
        ),
        [
            "1: t has no index i to drop",
            "3: t has no index x to rename",
            "4: t has an index j already",
        ]
    );
}

#[test]
fn what_a_statement_reads_has_to_be_there() {
    assert_eq!(
        told(
            Engine::Postgres,
            &[
                "UPDATE t SET json = g.json FROM gone g WHERE g.id = t.id",
                "DELETE FROM u WHERE id IN (SELECT t.name FROM t)",
                "INSERT INTO u (id) SELECT t.id FROM t ON CONFLICT (name) DO NOTHING",
            ]
        ),
        [
            "0: there is no table gone",
            "1: t has no column name",
            "2: u has no column name",
        ]
    );
}

#[test]
fn after_a_statement_that_is_not_read_its_tables_are_uncertain() {
    assert_eq!(
        told(
            Engine::Postgres,
            &[
                "DO $$ BEGIN ALTER TABLE t DROP COLUMN json; END $$",
                "ALTER TABLE t ADD COLUMN json jsonb",
                "ALTER TABLE u ADD COLUMN id int",
            ]
        ),
        [
            "1?: t has a column json already",
            "2: u has a column id already",
        ]
    );
}
