//! Tests of [`super::sql_sources`].

use super::sql_read::read;
use crate::domain::names::Engine::{self, Mysql, Postgres};
use crate::domain::schema_touch::Touch;

/// `table(columns)`, the target first; a `?` where a table may be missing.
fn told(engine: Engine, text: &str) -> String {
    let Some(read) = read(engine, text) else {
        return "not read".to_string();
    };
    let mut told: Vec<String> = read
        .touches
        .iter()
        .map(|touch| match touch {
            Touch::Uses { table, columns } => format!("{table}({})", columns.join(" ")),
            other => format!("{other:?}"),
        })
        .collect();
    if read.partly {
        told.push("?".to_string());
    }
    told.join(" ")
}

#[test]
fn tables_that_are_read_are_found_in_every_place() {
    for (engine, text, wanted) in [
        (
            Postgres,
            "DELETE FROM runs r USING services s WHERE s.kind = 'x' AND r.json ->> 'id' = s.id",
            "runs() runs(json) services(kind id)",
        ),
        (
            Postgres,
            "DELETE FROM points p USING (SELECT hash, MAX(ctid) AS keep FROM points \
             WHERE op IS NOT NULL GROUP BY hash) d WHERE p.hash = d.hash AND p.ctid <> d.keep",
            "points() points(hash)",
        ),
        (
            Mysql,
            "DELETE e FROM edges e JOIN apps a ON e.fromId = a.id OR e.toId = a.id WHERE a.name IN ('x')",
            "apps(id name) edges(fromid toid)",
        ),
        (
            Mysql,
            "UPDATE points p INNER JOIN cases c ON p.hash = c.fqnHash SET p.json = JSON_SET(p.json, '$.id', (SELECT UUID()))",
            "cases(fqnhash) points(hash json)",
        ),
        (
            Mysql,
            "INSERT IGNORE INTO edges (fromId, toId) SELECT u.id, r.id FROM users u, roles r WHERE u.name = 'b'",
            "edges(fromid toid) roles(id) users(id name)",
        ),
        (
            Postgres,
            "UPDATE settings SET json = (SELECT a.json ->> 'p' FROM apps a WHERE a.name = 'c') \
             WHERE kind IS DISTINCT FROM 'x' AND NOT EXISTS (SELECT 1 FROM apps a WHERE a.name = 'd')",
            "settings(json) apps(json name) settings()",
        ),
        (
            Postgres,
            "INSERT INTO settings (kind, json) SELECT 'k', '{}'::jsonb WHERE NOT EXISTS \
             (SELECT 1 FROM settings WHERE kind = 'k') ON CONFLICT (kind) DO UPDATE SET json = EXCLUDED.json",
            "settings(kind json) settings()",
        ),
        (
            Postgres,
            "UPDATE t SET at = EXTRACT(EPOCH FROM made), name = TRIM(BOTH ' ' FROM name), x = SUBSTRING(y FROM 1 FOR 2)",
            "t(at name x) t()",
        ),
        (
            Postgres,
            "UPDATE t SET a = e.value FROM other o, LATERAL jsonb_array_elements(o.json) AS e(value), generate_series(1, 2) g WHERE o.id = t.id",
            "t(a) other(json id) t(id)",
        ),
        (
            Postgres,
            "WITH old AS (SELECT id FROM events e WHERE e.at < 5), more(x) AS MATERIALIZED (SELECT 1) \
             DELETE FROM events USING old WHERE events.id = old.id",
            "events() events(at) events(id)",
        ),
        (
            Mysql,
            "INSERT INTO t (a) SELECT j.v FROM src s, JSON_TABLE(s.json, '$[*]' COLUMNS (v INT PATH '$')) j \
             ON DUPLICATE KEY UPDATE a = VALUES(a)",
            "t(a) src(json)",
        ),
        (
            Mysql,
            "INSERT INTO t (a) SELECT 1 FROM DUAL WHERE EXISTS (SELECT 1 FROM information_schema.tables)",
            "t(a)",
        ),
        (
            Mysql,
            "UPDATE a LEFT JOIN (b JOIN c ON b.i = c.i) ON a.i = b.i, d SET a.x = 1",
            "a(i x) b(i) c(i) d()",
        ),
        (
            Postgres,
            "DELETE FROM t WHERE id IN (SELECT id FROM pg_class UNION SELECT id FROM u, v)",
            "t() t() u() v()",
        ),
    ] {
        assert_eq!(told(engine, text), wanted, "{text}");
    }
}

#[test]
fn what_is_not_certain_is_left_out_and_said() {
    for (engine, text, wanted) in [
        (
            Postgres,
            "UPDATE t SET a = 1 FROM other.u WHERE u.x = 1",
            "t(a) t() ?",
        ),
        // Twice the same short name for two tables.
        (
            Postgres,
            "UPDATE t SET a = (SELECT x.i FROM u x) + (SELECT x.j FROM v x)",
            "t(a) t() u() v()",
        ),
        // A short name that is a query's somewhere else.
        (
            Mysql,
            "UPDATE t x SET a = 1 WHERE x.i IN (SELECT x.j FROM (SELECT 1 AS j) x)",
            "t(a) t()",
        ),
        (
            Postgres,
            "WITH gone AS (DELETE FROM u RETURNING id) INSERT INTO t (id) SELECT id FROM gone",
            "t(id) u() ?",
        ),
    ] {
        assert_eq!(told(engine, text), wanted, "{text}");
    }
}
