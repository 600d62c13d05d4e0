//! Statements of the forms that OpenMetadata's migrations have: what the check says of them is what the
//! real server does with them.

use super::deployment::{add_statement, check, finding, migrate, sql, stage, verdict};
use crate::support::engine::Engine;

/// Forms of 1.1 to 2.0, for the practice deployment's tables.
fn forms(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Postgres => &[
            "DELETE FROM entity_relationship er USING table_entity te WHERE te.name = 'nothing' AND er.toId = te.id",
            "DELETE FROM entity_relationship p USING (SELECT fromId, MAX(relation) AS keep FROM entity_relationship \
             WHERE relation = 99 GROUP BY fromId HAVING COUNT(*) > 1) d WHERE p.fromId = d.fromId AND p.relation <> d.keep AND p.ctid IS NULL",
            "UPDATE tag g SET json = g.json FROM table_entity te, LATERAL generate_series(1, 2) AS n(i) WHERE te.name = 'nothing' AND n.i = 1",
            "UPDATE tag SET json = json WHERE EXTRACT(EPOCH FROM now()) < 0 AND name IS DISTINCT FROM TRIM(BOTH ' ' FROM name)",
            "WITH ranked AS (SELECT t.id, ROW_NUMBER() OVER (PARTITION BY t.name ORDER BY t.id) AS n FROM tag t) \
             DELETE FROM tag WHERE id IN (SELECT id FROM ranked WHERE n > 1000)",
            "INSERT INTO entity_relationship (fromId, toId, fromEntity, toEntity, relation) SELECT te.id, te.id, 'a', 'b', 9 \
             FROM table_entity te, tag g WHERE te.name = 'nothing' AND NOT EXISTS (SELECT 1 FROM tag WHERE tag.name = te.name) ON CONFLICT DO NOTHING",
            "DROP INDEX IF EXISTS table_entity_name_index",
            "CREATE INDEX table_entity_name_index ON table_entity (name, id)",
            "ALTER INDEX table_entity_name_index RENAME TO te_name",
            "CREATE INDEX table_entity_name_index ON table_entity (name)",
        ],
        Engine::Mysql | Engine::OldMysql => &[
            "UPDATE entity_relationship er INNER JOIN table_entity te ON er.toId = te.id SET er.jsonSchema = er.jsonSchema",
            "DELETE er FROM entity_relationship er LEFT JOIN table_entity te ON er.toId = te.id WHERE te.id IS NULL AND er.toEntity = 'nothing'",
            "INSERT IGNORE INTO entity_relationship (fromId, toId, fromEntity, toEntity, relation) SELECT te.id, te.id, 'a', 'b', 9 \
             FROM table_entity te, (SELECT id FROM tag LIMIT 1) g WHERE te.name = 'nothing' AND NOT EXISTS (SELECT 1 FROM tag WHERE tag.name = te.name)",
            "UPDATE tag SET json = JSON_SET(json, '$.x', COALESCE((SELECT te.json ->> '$.id' FROM table_entity te WHERE te.name = 'q' LIMIT 1), 'n')) \
             WHERE name = 'nothing' AND EXISTS (SELECT 1 FROM information_schema.tables)",
            "WITH ranked AS (SELECT t.id, ROW_NUMBER() OVER (PARTITION BY t.name ORDER BY t.id) AS n FROM tag t) \
             DELETE FROM tag WHERE id IN (SELECT id FROM ranked WHERE n > 1000)",
            "ALTER TABLE entity_relationship DROP INDEX entity_relationship_to_index, ADD INDEX entity_relationship_to_index (toId, relation, fromId)",
            "DROP INDEX entity_relationship_from_index ON entity_relationship",
            "CREATE INDEX entity_relationship_from_index ON entity_relationship (fromId)",
            "ALTER TABLE entity_relationship RENAME INDEX entity_relationship_from_index TO er_from",
            "CREATE INDEX entity_relationship_from_index ON entity_relationship (fromId, relation)",
            "ALTER TABLE entity_relationship ADD INDEX er_from (fromEntity), DROP INDEX er_from",
        ],
    }
}

#[test]
fn what_the_server_runs_is_no_drift() {
    for engine in Engine::ALL {
        let Some(stage) = stage(engine, "forms") else {
            continue;
        };
        let (_, before) = check(&stage, &["--only", "OM-SQL-002"]);
        let unread = |told: &serde_json::Value| {
            let found = finding(told, "OM-SQL-002");
            let lines = found["evidence"].as_array().expect("evidence").iter();
            lines
                .filter(|line| line.to_string().contains("looked at:"))
                .count()
        };
        for statement in forms(engine) {
            add_statement(&stage, engine, statement);
        }
        let (_, told) = check(&stage, &["--only", "OM-SQL-002"]);
        let found = finding(&told, "OM-SQL-002");
        assert_ne!(found["verdict"], "fail", "{engine:?}: {found:#}");
        assert_ne!(found["verdict"], "unknown", "{engine:?}: {found:#}");
        // Each of them is looked at.
        assert_eq!(unread(&told), unread(&before), "{engine:?}: {found:#}");
        let (code, said) = migrate(&stage);
        assert_eq!(code, 0, "{engine:?}: {said}");
    }
}

#[test]
fn what_the_server_refuses_is_drift() {
    for engine in Engine::ALL {
        let Some(stage) = stage(engine, "refused") else {
            continue;
        };
        let (statement, words) = match engine {
            Engine::Postgres => (
                "DELETE FROM entity_relationship er USING table_entity te WHERE te.gone = 'x' AND er.toId = te.id",
                "table_entity has no column gone",
            ),
            Engine::Mysql | Engine::OldMysql => (
                "UPDATE entity_relationship er JOIN gone_entity g ON er.toId = g.id SET er.jsonSchema = NULL",
                "there is no table gone_entity",
            ),
        };
        add_statement(&stage, engine, statement);
        verdict(&stage, "OM-SQL-002", "fail", words);
        assert_ne!(migrate(&stage).0, 0);
    }
}

#[test]
fn tables_of_two_collations_in_one_statement_are_named_and_the_server_refuses_them() {
    for engine in [Engine::Mysql, Engine::OldMysql] {
        let Some(stage) = stage(engine, "collations") else {
            continue;
        };
        let statement = "UPDATE tag g JOIN table_entity te ON te.name = g.name SET g.json = g.json";
        add_statement(&stage, engine, statement);
        verdict(&stage, "OM-SQL-004", "pass", "no pending statement joins");
        sql(
            &stage,
            "alter table tag convert to character set utf8mb4 collate utf8mb4_general_ci",
        );
        verdict(&stage, "OM-SQL-004", "warn", "tag utf8mb4_general_ci");
        let (code, said) = migrate(&stage);
        assert!(
            code != 0 && said.contains("Illegal mix of collations"),
            "{said}"
        );
    }
}
