//! Owners and grants of everything that a dump brings back, one line each, so that a difference has a
//! name.

use std::collections::BTreeSet;

use super::names::shown;
use super::reader::Reader;
use super::rows::text;
use super::user_objects::{USER, own};
use crate::database::Result;

/// A kind of object that has an owner and rights.
struct Kind {
    /// As it is shown.
    word: &'static str,
    /// Schema and name, in terms of `c` (the object) and `n` (its schema).
    space: &'static str,
    name: &'static str,
    /// Its columns for rights and owner, and the kind in the words of `acldefault`.
    acl: &'static str,
    owner: &'static str,
    code: &'static str,
    /// Catalog, and which of its rows.
    from: &'static str,
    rows: &'static str,
}

const KINDS: &[Kind] = &[
    Kind {
        word: "relation",
        space: "n.nspname",
        name: "c.relname",
        acl: "c.relacl",
        owner: "c.relowner",
        code: "CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\"",
        from: "pg_class",
        rows: "n.oid = c.relnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't'",
    },
    Kind {
        word: "function",
        space: "n.nspname",
        name: "c.proname || '(' || pg_catalog.pg_get_function_identity_arguments(c.oid) || ')'",
        acl: "c.proacl",
        owner: "c.proowner",
        code: "'f'",
        from: "pg_proc",
        rows: "n.oid = c.pronamespace",
    },
    Kind {
        word: "type",
        space: "n.nspname",
        name: "c.typname",
        acl: "c.typacl",
        owner: "c.typowner",
        code: "'T'",
        from: "pg_type",
        rows: "n.oid = c.typnamespace AND c.typrelid = 0 AND c.typelem = 0 AND c.typtype IN ('d', 'e', 'r')",
    },
    Kind {
        word: "schema",
        space: "''",
        name: "c.nspname",
        acl: "c.nspacl",
        owner: "c.nspowner",
        code: "'n'",
        from: "pg_namespace",
        rows: "n.oid = c.oid",
    },
];

impl Kind {
    /// Two queries of the same columns: the rights, default ones written out where nothing was said
    /// (an ACL that says the default equals none), and the owner. The owner's own rights stand under
    /// `OWNER`, so that another owner is one difference and not one for each right.
    fn queries(&self) -> String {
        let Kind {
            word,
            space,
            name,
            acl,
            owner,
            code,
            from,
            rows,
        } = self;
        let own = own(from, "c.oid");
        let from = format!(
            "pg_catalog.{from} c JOIN pg_catalog.pg_namespace n ON {rows} AND {USER} AND {own}"
        );
        let role = |oid: &str| format!("pg_catalog.pg_get_userbyid({oid})::text");
        format!(
            "SELECT '{word}' AS kind, {space}::text AS space, {name}::text AS name, CASE a.grantee WHEN 0 THEN 'PUBLIC' \
             WHEN {owner} THEN 'OWNER' ELSE {} END AS who, {PRIVILEGE} AS privilege \
             FROM {from}, pg_catalog.aclexplode(COALESCE({acl}, pg_catalog.acldefault({code}, {owner}))) a \
             UNION ALL SELECT '{word}', {space}::text, {name}::text, {}, 'owner' FROM {from}",
            role("a.grantee"),
            role(owner)
        )
    }
}

const PRIVILEGE: &str = "a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END";

/// `kind object: role=privileges` and `kind object: role=owner`.
pub async fn grants(reader: &mut Reader<'_>) -> Result<BTreeSet<String>> {
    let kinds: Vec<String> = KINDS.iter().map(Kind::queries).collect();
    // Columns have no default rights and no owner: NULL says nothing.
    let columns = format!(
        "SELECT 'column', n.nspname::text, c.relname || ' ' || t.attname, CASE a.grantee WHEN 0 THEN 'PUBLIC' \
         WHEN c.relowner THEN 'OWNER' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END, {PRIVILEGE} \
         FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND {USER}, \
         pg_catalog.aclexplode(t.attacl) a WHERE t.attacl IS NOT NULL AND NOT t.attisdropped AND {}",
        own("pg_class", "c.oid")
    );
    let rows = reader
        .ask(
            "reading the grants",
            format!(
                "SELECT kind, space, name, who, pg_catalog.string_agg(DISTINCT privilege, ',' ORDER BY privilege) \
                 FROM ({} UNION ALL {columns}) g GROUP BY 1, 2, 3, 4",
                kinds.join(" UNION ALL ")
            ),
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let name = match text(row, 1) {
                "" => text(row, 2).to_string(),
                schema => shown(schema, text(row, 2)),
            };
            format!("{} {name}: {}={}", text(row, 0), text(row, 3), text(row, 4))
        })
        .collect())
}
