//! What the user may do, read from the catalog; nothing is tried out.

use super::Postgres;
use super::names::shown;
use super::rows::{TextRow, first, text, truth};
use crate::database::Result;
use crate::database::quoting::{identifier, literals, qualified};
use crate::domain::survey::Right;

/// Tables named in one `grant` text; more are counted.
const NAMED: usize = 20;

/// Tables of the user's schemas that are not an extension's.
const TABLES: &str = "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass \
       AND d.objid = c.oid AND d.deptype = 'e')";

/// Every right that backup, proof, migration and restore use.
pub async fn rights(postgres: &Postgres, schemas: &[String]) -> Result<Vec<Right>> {
    let doing = "reading the user's rights";
    let row = first(
        postgres
            .look(
                doing,
                "SELECT current_user, r.rolcreatedb OR r.rolsuper, \
                 pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), \
                 pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), \
                 pg_catalog.pg_has_role(current_user, 'pg_signal_backend', 'USAGE'), \
                 pg_catalog.current_database(), \
                 EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pgcrypto'), \
                 pg_catalog.current_setting('server_version_num')::int >= 130000 \
                 FROM pg_catalog.pg_roles r WHERE r.rolname = current_user"
                    .to_string(),
            )
            .await?,
    )?;
    let user = identifier(text(&row, 0))?;
    let database = identifier(text(&row, 5))?;
    let trusted = truth(&row, 7);
    let mut rights = vec![
        Right {
            name: "CREATE DATABASE".to_string(),
            held: truth(&row, 1),
            needed_for: "proving the backup and restoring it into a database of its own"
                .to_string(),
            grant: format!("ALTER ROLE {user} CREATEDB;"),
        },
        select_all(postgres, &user).await?,
        own_all(postgres, &user).await?,
    ];
    for schema in usual(schemas) {
        rights.push(create_in(postgres, &schema, &user).await?);
    }
    rights.push(Right {
        name: "CREATE EXTENSION pgcrypto".to_string(),
        held: truth(&row, 6) || (truth(&row, 2) && trusted),
        needed_for: "the migration, which asks for pgcrypto".to_string(),
        grant: if trusted {
            format!("GRANT CREATE ON DATABASE {database} TO {user};")
        } else {
            "CREATE EXTENSION IF NOT EXISTS pgcrypto;".to_string()
        },
    });
    rights.push(Right {
        name: "SEE OTHER SESSIONS".to_string(),
        held: truth(&row, 3),
        needed_for: "showing what sessions of other users do".to_string(),
        grant: format!("GRANT pg_read_all_stats TO {user};"),
    });
    rights.push(Right {
        name: "END OTHER SESSIONS".to_string(),
        held: truth(&row, 4),
        needed_for: "ending sessions of other users, by choice".to_string(),
        grant: format!("GRANT pg_signal_backend TO {user};"),
    });
    Ok(rights)
}

/// The schemas that OpenMetadata uses; `public` for an empty database.
fn usual(schemas: &[String]) -> Vec<String> {
    if schemas.is_empty() {
        vec!["public".to_string()]
    } else {
        schemas.to_vec()
    }
}

async fn select_all(postgres: &Postgres, user: &str) -> Result<Right> {
    let rows = postgres
        .look(
            "reading the rights on tables",
            format!(
                "SELECT n.nspname, c.relname, c.relkind {TABLES} AND c.relkind IN ('r', 'p', 'S') \
                 AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND \
                 CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') \
                 ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END) ORDER BY 1, 2"
            ),
        )
        .await?;
    let grant = grants(&rows, |schema, table, kind| {
        let word = if kind == "S" { "SEQUENCE" } else { "TABLE" };
        Ok(format!(
            "GRANT USAGE ON SCHEMA {} TO {user}; GRANT SELECT ON {word} {} TO {user};",
            identifier(schema)?,
            qualified(schema, table)?
        ))
    })?;
    Ok(Right {
        name: "SELECT ON ALL TABLES".to_string(),
        held: rows.is_empty(),
        needed_for: format!("the backup, which reads every table{}", lacking(&rows)),
        grant: grant
            .unwrap_or_else(|| format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user};")),
    })
}

async fn own_all(postgres: &Postgres, user: &str) -> Result<Right> {
    let rows = postgres
        .look(
            "reading the owners of tables",
            format!(
                "SELECT n.nspname, c.relname, c.relkind {TABLES} \
                 AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') \
                 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass \
                   AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND c.relkind = 'S') ORDER BY 1, 2"
            ),
        )
        .await?;
    let grant = grants(&rows, |schema, table, kind| {
        let word = match kind {
            "S" => "SEQUENCE",
            "v" => "VIEW",
            "m" => "MATERIALIZED VIEW",
            _ => "TABLE",
        };
        Ok(format!(
            "ALTER {word} {} OWNER TO {user};",
            qualified(schema, table)?
        ))
    })?;
    Ok(Right {
        name: "OWN ALL TABLES".to_string(),
        held: rows.is_empty(),
        needed_for: format!("the migration, which alters tables{}", lacking(&rows)),
        grant: grant.unwrap_or_else(|| format!("ALTER TABLE ... OWNER TO {user};")),
    })
}

async fn create_in(postgres: &Postgres, schema: &str, user: &str) -> Result<Right> {
    let rows = postgres
        .look(
            "reading the rights on schemas",
            format!(
                "SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
                 FROM pg_catalog.pg_namespace n WHERE n.nspname IN ({})",
                literals([schema])?
            ),
        )
        .await?;
    Ok(Right {
        name: format!("CREATE ON SCHEMA {schema}"),
        held: rows.first().is_some_and(|row| truth(row, 0)),
        needed_for: "the migration, which creates tables".to_string(),
        grant: format!(
            "GRANT USAGE, CREATE ON SCHEMA {} TO {user};",
            identifier(schema)?
        ),
    })
}

/// One statement a table, the first ones only; `None` when nothing is lacking.
fn grants(
    rows: &[TextRow],
    statement: impl Fn(&str, &str, &str) -> Result<String>,
) -> Result<Option<String>> {
    if rows.is_empty() {
        return Ok(None);
    }
    let mut lines: Vec<String> = Vec::new();
    for row in rows.iter().take(NAMED) {
        lines.push(statement(text(row, 0), text(row, 1), text(row, 2))?);
    }
    if rows.len() > NAMED {
        lines.push(format!("-- and {} more", rows.len() - NAMED));
    }
    Ok(Some(lines.join("\n")))
}

fn lacking(rows: &[TextRow]) -> String {
    match rows {
        [] => String::new(),
        [row] => format!(" (lacking on {})", shown(text(row, 0), text(row, 1))),
        [row, rest @ ..] => format!(
            " (lacking on {} and {} more)",
            shown(text(row, 0), text(row, 1)),
            rest.len()
        ),
    }
}
