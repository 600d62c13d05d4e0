//! The regular tables: one JSON document a row, columns generated from it, a unique hash beside it.
//!
//! Names and column shapes are those of OpenMetadata's Flyway and native 1.1.0 migrations; the
//! SQL is written from this table, once for each dialect. Irregular tables are in
//! `assets/sandbox/schema`.

use std::fmt::Write as _;

use crate::practice::connection::Dialect;

/// The column that makes a row unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    NameHash,
    FqnHash,
}

impl Key {
    pub fn column(self) -> &'static str {
        match self {
            Key::NameHash => "nameHash",
            Key::FqnHash => "fqnHash",
        }
    }
}

/// The type of a generated column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text(u16),
    Long,
    Flag,
}

/// A further generated column: name, type, path in the JSON.
pub type Extra = (&'static str, Kind, &'static [&'static str]);

/// One regular table.
#[derive(Debug, Clone, Copy)]
pub struct Entity {
    pub table: &'static str,
    pub key: Key,
    pub extras: &'static [Extra],
    /// The document is real `json` on PostgreSQL, not `jsonb`.
    pub plain_json: bool,
}

const fn named(table: &'static str) -> Entity {
    Entity {
        table,
        key: Key::NameHash,
        extras: &[],
        plain_json: false,
    }
}

const fn qualified(table: &'static str) -> Entity {
    Entity {
        table,
        key: Key::FqnHash,
        extras: &[],
        plain_json: false,
    }
}

const SERVICE: &[Extra] = &[("serviceType", Kind::Text(256), &["serviceType"])];

const fn service(table: &'static str) -> Entity {
    Entity {
        table,
        key: Key::NameHash,
        extras: SERVICE,
        plain_json: false,
    }
}

/// Every regular table, services first.
pub const ENTITIES: &[Entity] = &[
    service("dbservice_entity"),
    service("messaging_service_entity"),
    service("dashboard_service_entity"),
    service("pipeline_service_entity"),
    service("mlmodel_service_entity"),
    service("storage_service_entity"),
    service("metadata_service_entity"),
    service("search_service_entity"),
    qualified("database_entity"),
    qualified("database_schema_entity"),
    qualified("table_entity"),
    qualified("stored_procedure_entity"),
    qualified("dashboard_entity"),
    qualified("dashboard_data_model_entity"),
    qualified("chart_entity"),
    qualified("pipeline_entity"),
    qualified("topic_entity"),
    qualified("ml_model_entity"),
    qualified("storage_container_entity"),
    qualified("search_index_entity"),
    qualified("metric_entity"),
    named("glossary_entity"),
    qualified("glossary_term_entity"),
    named("classification"),
    qualified("tag"),
    qualified("policy_entity"),
    named("role_entity"),
    named("team_entity"),
    Entity {
        table: "user_entity",
        key: Key::NameHash,
        extras: &[
            ("email", Kind::Text(256), &["email"]),
            ("isBot", Kind::Flag, &["isBot"]),
        ],
        plain_json: false,
    },
    named("bot_entity"),
    qualified("domain_entity"),
    qualified("data_product_entity"),
    Entity {
        table: "ingestion_pipeline_entity",
        key: Key::FqnHash,
        extras: &[("appType", Kind::Text(256), &["applicationType"])],
        plain_json: true,
    },
    Entity {
        table: "test_case",
        key: Key::FqnHash,
        extras: &[("entityLink", Kind::Text(512), &["entityLink"])],
        plain_json: false,
    },
    qualified("test_suite"),
    named("test_definition"),
    named("query_entity"),
    qualified("data_insight_chart"),
    Entity {
        table: "kpi_entity",
        key: Key::NameHash,
        extras: &[],
        plain_json: true,
    },
    named("type_entity"),
    named("event_subscription_entity"),
    Entity {
        table: "automations_workflow",
        key: Key::NameHash,
        extras: &[
            ("workflowType", Kind::Text(256), &["workflowType"]),
            ("status", Kind::Text(256), &["status"]),
        ],
        plain_json: false,
    },
    named("installed_apps"),
    Entity {
        table: "web_analytic_event",
        key: Key::FqnHash,
        extras: &[("eventType", Kind::Text(256), &["eventType"])],
        plain_json: false,
    },
];

/// `CREATE TABLE` for each regular table.
pub fn create_tables(dialect: Dialect) -> String {
    let mut sql = String::new();
    for entity in ENTITIES {
        sql.push_str(&create_table(entity, dialect));
        sql.push('\n');
    }
    sql
}

fn create_table(entity: &Entity, dialect: Dialect) -> String {
    let json = match (dialect, entity.plain_json) {
        (Dialect::Postgres, true) => "JSON",
        (Dialect::Postgres, false) => "JSONB",
        (Dialect::Mysql, true | false) => "JSON",
        (Dialect::Sqlite, true | false) => "TEXT",
    };
    let required = [
        ("id", Kind::Text(36), ["id"]),
        ("name", Kind::Text(256), ["name"]),
        ("updatedAt", Kind::Long, ["updatedAt"]),
        ("updatedBy", Kind::Text(256), ["updatedBy"]),
    ];
    let mut lines = Vec::new();
    for (column, kind, path) in &required {
        lines.push(format!(
            "{} NOT NULL",
            generated(column, *kind, path, dialect)
        ));
    }
    lines.push(generated("deleted", Kind::Flag, &["deleted"], dialect));
    for (column, kind, path) in entity.extras {
        lines.push(generated(column, *kind, path, dialect));
    }
    lines.push(format!("json {json} NOT NULL"));
    let collation = match dialect {
        Dialect::Postgres | Dialect::Sqlite => "",
        Dialect::Mysql => " COLLATE ascii_bin",
    };
    lines.push(format!(
        "{} VARCHAR(768){collation} NOT NULL",
        entity.key.column()
    ));
    lines.push(match dialect {
        Dialect::Postgres | Dialect::Mysql => "PRIMARY KEY (id)".to_owned(),
        // SQLite refuses generated columns in a primary key.
        Dialect::Sqlite => "UNIQUE (id)".to_owned(),
    });
    lines.push(format!("UNIQUE ({})", entity.key.column()));
    let mut sql = format!("CREATE TABLE IF NOT EXISTS {} (\n", entity.table);
    let _ = writeln!(sql, "    {}\n);", lines.join(",\n    "));
    sql
}

fn generated(column: &str, kind: Kind, path: &[&str], dialect: Dialect) -> String {
    let (sql_type, cast) = match kind {
        Kind::Text(length) => (format!("VARCHAR({length})"), ""),
        Kind::Long => ("BIGINT".to_owned(), "::bigint"),
        Kind::Flag => ("BOOLEAN".to_owned(), "::boolean"),
    };
    match dialect {
        Dialect::Postgres => {
            let (last, parents) = path.split_last().unwrap_or((&"", &[]));
            let steps: String = parents.iter().map(|step| format!(" -> '{step}'")).collect();
            format!(
                "{column} {sql_type} GENERATED ALWAYS AS ((json{steps} ->> '{last}'){cast}) STORED"
            )
        }
        Dialect::Mysql => {
            // Only the key is stored, the rest is computed when it is read. A flag keeps its JSON
            // type: as text it would be a word.
            let (sign, arrow, stored) = match (kind, column) {
                (Kind::Text(_), "id") => ("", "->>", " STORED"),
                (Kind::Text(_), _) => ("", "->>", ""),
                (Kind::Long, _) => (" UNSIGNED", "->>", ""),
                (Kind::Flag, _) => ("", "->", ""),
            };
            let path = path.join(".");
            format!(
                "{column} {sql_type}{sign} GENERATED ALWAYS AS (json {arrow} '$.{path}'){stored}"
            )
        }
        Dialect::Sqlite => {
            let path = path.join(".");
            format!(
                "{column} {sql_type} GENERATED ALWAYS AS (json_extract(json, '$.{path}')) STORED"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, ENTITIES, create_tables};

    #[test]
    fn all_dialects_generate_the_same_columns() {
        let postgres = create_tables(Dialect::Postgres);
        let sqlite = create_tables(Dialect::Sqlite);
        assert!(postgres.contains(
            "updatedAt BIGINT GENERATED ALWAYS AS ((json ->> 'updatedAt')::bigint) STORED NOT NULL"
        ));
        assert!(sqlite.contains("updatedAt BIGINT GENERATED ALWAYS AS (json_extract(json, '$.updatedAt')) STORED NOT NULL"));
        let mysql = create_tables(Dialect::Mysql);
        assert!(
            mysql.contains("id VARCHAR(36) GENERATED ALWAYS AS (json ->> '$.id') STORED NOT NULL")
        );
        assert!(mysql.contains(
            "updatedAt BIGINT UNSIGNED GENERATED ALWAYS AS (json ->> '$.updatedAt') NOT NULL"
        ));
        let count = |sql: &str| sql.matches("GENERATED ALWAYS").count();
        assert_eq!(count(&postgres), count(&mysql));
        assert_eq!(count(&postgres), count(&sqlite));
        assert_eq!(postgres.matches("CREATE TABLE").count(), ENTITIES.len());
    }
}
