//! The list of objects and the sequences' values, without anything that belongs to an extension or
//! to the server.

use std::collections::{BTreeMap, BTreeSet};

use super::names::shown;
use super::reader::Reader;
use super::rows::{first, text};
use super::user_objects::{USER, own};
use crate::database::Result;
use crate::database::quoting::qualified;

/// `kind name` of everything that a dump brings back.
///
/// Extensions stand without their version: a dump says `CREATE EXTENSION`, and the server's current
/// version comes. Invalid indexes (a broken `CREATE INDEX CONCURRENTLY`) are left out, as by
/// `pg_dump`.
pub async fn objects(reader: &mut Reader<'_>) -> Result<BTreeSet<String>> {
    let relations = format!(
        "SELECT CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' \
           WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' \
           WHEN 'c' THEN 'type' ELSE 'index' END AS kind, n.nspname AS space, c.relname AS name, '' AS more \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c', 'i', 'I') AND c.relpersistence <> 't' AND {USER} AND {} \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid AND NOT i.indisvalid AND c.relkind = 'i')",
        own("pg_class", "c.oid")
    );
    let functions = format!(
        "SELECT CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END, n.nspname, \
         p.proname, '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' \
         FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE {USER} AND {}",
        own("pg_proc", "p.oid")
    );
    let attached = |kind: &str, table: &str, name: &str, relation: &str, more: &str| {
        format!(
            "SELECT '{kind}', n.nspname, c.relname, ' ' || o.{name} FROM pg_catalog.{table} o \
             JOIN pg_catalog.pg_class c ON c.oid = o.{relation} \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {USER} {more} AND {}",
            own(table, "o.oid")
        )
    };
    let types = format!(
        "SELECT CASE t.typtype WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum' WHEN 'r' THEN 'range' ELSE 'type' END, \
         n.nspname, t.typname, '' FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         WHERE {USER} AND t.typrelid = 0 AND t.typtype <> 'm' AND NOT (t.typelem <> 0 AND t.typlen = -1 AND t.typcategory = 'A') AND {}",
        own("pg_type", "t.oid")
    );
    // Kinds that OpenMetadata has never used; the server itself names them.
    let others = [
        "pg_am", "pg_cast", "pg_collation", "pg_conversion", "pg_default_acl", "pg_event_trigger",
        "pg_foreign_data_wrapper", "pg_foreign_server", "pg_language", "pg_opclass", "pg_operator",
        "pg_opfamily", "pg_publication", "pg_statistic_ext", "pg_transform", "pg_ts_config",
        "pg_ts_dict", "pg_ts_parser", "pg_ts_template",
    ]
    .map(|class| {
        format!(
            "SELECT i.type, '', i.identity, '' FROM pg_catalog.{class} o, \
             pg_catalog.pg_identify_object('pg_catalog.{class}'::regclass, o.oid, 0) i WHERE o.oid >= 16384 AND {}",
            own(class, "o.oid")
        )
    })
    .join(" UNION ALL ");
    let sql = format!(
        "SELECT kind, space, name, more FROM ({relations} UNION ALL {functions} UNION ALL {types} \
         UNION ALL {} UNION ALL {} UNION ALL {} UNION ALL {} UNION ALL {others} \
         UNION ALL SELECT 'schema', '', n.nspname, '' FROM pg_catalog.pg_namespace n WHERE {USER} AND {} \
         UNION ALL SELECT 'extension', '', e.extname, '' FROM pg_catalog.pg_extension e \
         UNION ALL SELECT 'large objects', '', pg_catalog.count(*)::text, '' FROM pg_catalog.pg_largeobject_metadata HAVING pg_catalog.count(*) > 0) all_objects",
        attached(
            "trigger",
            "pg_trigger",
            "tgname",
            "tgrelid",
            "AND NOT o.tgisinternal"
        ),
        attached(
            "rule",
            "pg_rewrite",
            "rulename",
            "ev_class",
            "AND o.rulename <> '_RETURN'"
        ),
        attached("policy", "pg_policy", "polname", "polrelid", ""),
        attached(
            "constraint",
            "pg_constraint",
            "conname",
            "conrelid",
            "AND o.conrelid <> 0"
        ),
        own("pg_namespace", "n.oid")
    );
    let rows = reader.ask("listing the objects", sql).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let name = match (text(row, 1), text(row, 2)) {
                ("", name) => name.to_string(),
                (schema, name) => shown(schema, name),
            };
            format!("{} {name}{}", text(row, 0), text(row, 3))
        })
        .collect())
}

/// `last_value,is_called` of every sequence, owned ones included.
///
/// A sequence is outside every snapshot: this is its value at the moment of asking. With writers
/// running, the copy of a dump may stand elsewhere.
pub async fn sequences(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>> {
    let doing = "reading the sequences";
    let rows = reader
        .ask(
            doing,
            format!(
                "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND {USER} AND {} ORDER BY 1, 2",
                own("pg_class", "c.oid")
            ),
        )
        .await?;
    let mut found = BTreeMap::new();
    for row in &rows {
        let (schema, name) = (text(row, 0), text(row, 1));
        let value = first(
            reader
                .ask(
                    doing,
                    format!(
                        "SELECT last_value || ',' || is_called FROM {}",
                        qualified(schema, name)?
                    ),
                )
                .await?,
        )?;
        found.insert(shown(schema, name), text(&value, 0).to_string());
    }
    Ok(found)
}
