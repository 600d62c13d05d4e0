//! The schema as one normalised text, written from the catalogs inside the snapshot, and its SHA-256.
//!
//! It holds what a dump brings back and nothing that a restore changes by nature: no OIDs, no column
//! numbers (dropped columns leave gaps), no extension's members, no invalid indexes, no owners (they
//! stand beside the grants, where a difference has a name). Definitions are
//! the server's own (`pg_get_*`); with `search_path` fixed they are qualified the same everywhere.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::reader::Reader;
use super::rows::text;
use super::user_objects::{NAMED, OWN_CLASS, USER};
use crate::database::Result;

/// Every part: what it holds, and a query of two columns (sort key, line).
fn parts() -> Vec<String> {
    vec![
        format!(
            "SELECT 'schema', ROW(n.nspname, \
             pg_catalog.obj_description(n.oid, 'pg_namespace'))::text FROM pg_catalog.pg_namespace n WHERE {USER}"
        ),
        format!(
            "SELECT 'relation ' || {NAMED}, ROW(c.relkind, c.relpersistence, c.relrowsecurity, \
             c.relforcerowsecurity, CASE WHEN c.relkind IN ('r', 'p', 'm') THEN c.relreplident ELSE 'n' END, c.relispartition, \
             pg_catalog.array_to_string(c.reloptions, ','), \
             (SELECT a.amname FROM pg_catalog.pg_am a WHERE a.oid = c.relam), \
             (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = c.reltablespace), \
             CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END, \
             CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END, \
             CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END, \
             (SELECT pg_catalog.string_agg(i.inhparent::regclass::text, ',' ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits i \
                WHERE i.inhrelid = c.oid), pg_catalog.obj_description(c.oid, 'pg_class'))::text \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND c.relpersistence <> 't' AND {USER} AND {OWN_CLASS}"
        ),
        format!(
            "SELECT 'column ' || {NAMED} || ' ' || pg_catalog.to_char(pg_catalog.row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), 'FM00000'), \
             ROW(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, \
             a.attgenerated, a.attstorage, pg_catalog.array_to_string(a.attoptions, ','), \
             NULLIF(COALESCE(a.attstattarget, -1), -1), \
             (SELECT cn.nspname || '.' || co.collname FROM pg_catalog.pg_collation co \
                JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace \
                WHERE co.oid = a.attcollation AND co.collname <> 'default'), \
             pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.col_description(c.oid, a.attnum))::text \
             FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
             WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') \
             AND c.relpersistence <> 't' AND {USER} AND {OWN_CLASS}"
        ),
        format!(
            "SELECT 'constraint ' || COALESCE({NAMED}, '') || ' ' || o.conname, ROW(o.contype, o.condeferrable, o.condeferred, \
             o.convalidated, CASE WHEN o.contypid <> 0 THEN o.contypid::regtype::text END, \
             pg_catalog.pg_get_constraintdef(o.oid), pg_catalog.obj_description(o.oid, 'pg_constraint'))::text \
             FROM pg_catalog.pg_constraint o LEFT JOIN pg_catalog.pg_class c ON c.oid = o.conrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = o.connamespace WHERE {USER} \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_catalog.pg_class'::regclass \
               AND x.objid = c.oid AND x.deptype = 'e')"
        ),
        format!(
            "SELECT 'index ' || {NAMED}, ROW(pg_catalog.pg_get_indexdef(i.indexrelid), i.indisclustered, \
             i.indisreplident, (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = c.reltablespace), \
             pg_catalog.obj_description(c.oid, 'pg_class'))::text FROM pg_catalog.pg_index i \
             JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relpersistence <> 't' AND (i.indisvalid OR c.relkind = 'I') AND {USER} AND {OWN_CLASS}"
        ),
        format!(
            "SELECT 'sequence ' || {NAMED}, ROW(s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, \
             s.seqcache, s.seqcycle, \
             (SELECT d.refobjid::regclass || ' ' || a.attname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a \
                ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
                WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass \
                AND d.deptype IN ('a', 'i')), pg_catalog.obj_description(c.oid, 'pg_class'))::text \
             FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relpersistence <> 't' AND {USER} AND {OWN_CLASS}"
        ),
        format!(
            "SELECT 'function ' || n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', \
             ROW(p.prokind, \
             CASE WHEN p.prokind = 'a' THEN pg_catalog.pg_get_function_arguments(p.oid) || (SELECT ROW(g.aggtransfn, g.aggfinalfn, \
                g.agginitval, g.aggtranstype::regtype)::text FROM pg_catalog.pg_aggregate g WHERE g.aggfnoid = p.oid) \
             ELSE pg_catalog.pg_get_functiondef(p.oid) END, pg_catalog.obj_description(p.oid, 'pg_proc'))::text \
             FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE {USER} \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_catalog.pg_proc'::regclass \
               AND x.objid = p.oid AND x.deptype = 'e')"
        ),
        format!(
            "SELECT 'trigger ' || {NAMED} || ' ' || t.tgname, ROW(t.tgenabled, pg_catalog.pg_get_triggerdef(t.oid), \
             pg_catalog.obj_description(t.oid, 'pg_trigger'))::text FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND {USER} AND {OWN_CLASS}"
        ),
        format!(
            "SELECT 'rule ' || {NAMED} || ' ' || r.rulename, ROW(r.ev_enabled, pg_catalog.pg_get_ruledef(r.oid))::text \
             FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE r.rulename <> '_RETURN' AND {USER} AND {OWN_CLASS}"
        ),
        format!(
            "SELECT 'policy ' || {NAMED} || ' ' || p.polname, ROW(p.polcmd, p.polpermissive, \
             (SELECT pg_catalog.string_agg(CASE WHEN r.role = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(r.role)::text END, ',' ORDER BY 1) \
                FROM pg_catalog.unnest(p.polroles) AS r(role)), \
             pg_catalog.pg_get_expr(p.polqual, p.polrelid), '/', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))::text \
             FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {USER}"
        ),
        format!(
            "SELECT 'type ' || n.nspname || '.' || t.typname, ROW(t.typtype, \
             t.typnotnull, CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END, t.typdefault, \
             (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e \
                WHERE e.enumtypid = t.oid), (SELECT r.rngsubtype::regtype::text FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid), \
             pg_catalog.obj_description(t.oid, 'pg_type'))::text FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
             WHERE t.typtype IN ('d', 'e', 'r') AND {USER} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x \
               WHERE x.classid = 'pg_catalog.pg_type'::regclass AND x.objid = t.oid AND x.deptype = 'e')"
        ),
        "SELECT 'extension ' || e.extname, n.nspname::text FROM pg_catalog.pg_extension e \
         JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
            .to_string(),
        "SELECT 'statistics ' || s.stxname, pg_catalog.pg_get_statisticsobjdef(s.oid) FROM pg_catalog.pg_statistic_ext s"
            .to_string(),
    ]
}

/// SHA-256 (hex) of the whole text, and of each object's part of it by its kind and name.
pub async fn sha256(reader: &mut Reader<'_>) -> Result<(String, BTreeMap<String, String>)> {
    let mut whole = Sha256::new();
    let mut parts: BTreeMap<String, Sha256> = BTreeMap::new();
    for (name, line) in lines(reader).await? {
        for hash in [&mut whole, parts.entry(name).or_default()] {
            hash.update(line.as_bytes());
            hash.update(b"\n");
        }
    }
    let parts = parts.into_iter().map(|(name, hash)| (name, hex(hash)));
    Ok((hex(whole), parts.collect()))
}

fn hex(hash: Sha256) -> String {
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The text's lines in order with the object that each belongs to, line ends inside a definition kept.
async fn lines(reader: &mut Reader<'_>) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for part in parts() {
        let rows = reader.ask("reading the schema", part).await?;
        let mut lines: Vec<(String, String)> = rows
            .iter()
            .map(|row| {
                let key = text(row, 0);
                (
                    object(key),
                    format!("{key}: {}", casts_inside(text(row, 1))),
                )
            })
            .collect();
        lines.sort_by(|one, other| one.1.cmp(&other.1));
        all.append(&mut lines);
    }
    Ok(all)
}

/// The object that a sort key names: columns belong together, without their numbers.
fn object(key: &str) -> String {
    match (key.strip_prefix("column "), key.rsplit_once(' ')) {
        (Some(_), Some((table, _))) => table.replacen("column ", "columns of ", 1),
        (_, _) => key.to_string(),
    }
}

/// Brings `x IN ('a', 'b')` on a varchar column into the form that it has after a dump and a restore.
/// The server writes it first as `(ARRAY['a'::character varying, ...])::text[]`; read back, each
/// element is cast by itself. Everything after that first trip is stable.
fn casts_inside(definition: &str) -> String {
    const OPEN: &str = "(ARRAY[";
    const CLOSE: &str = "])::text[]";
    let mut out = String::with_capacity(definition.len());
    let mut rest = definition;
    while let Some(at) = rest.find(OPEN) {
        let (head, tail) = rest.split_at(at);
        out.push_str(head);
        let inner = &tail[OPEN.len()..];
        match elements(inner, CLOSE) {
            Some((elements, after)) => {
                let cast: Vec<String> = elements
                    .iter()
                    .map(|element| format!("({element})::text"))
                    .collect();
                out.push_str(&format!("ARRAY[{}]", cast.join(", ")));
                rest = after;
            }
            None => {
                out.push_str(OPEN);
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}

/// `'a'::character varying, ...` up to `close`; `None` when anything else stands there.
fn elements<'a>(text: &'a str, close: &str) -> Option<(Vec<&'a str>, &'a str)> {
    const CAST: &str = "::character varying";
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        let end = constant_end(rest)?;
        let after = rest[end..].strip_prefix(CAST)?;
        found.push(&rest[..end + CAST.len()]);
        if let Some(after) = after.strip_prefix(close) {
            return Some((found, after));
        }
        rest = after.strip_prefix(", ")?;
    }
}

/// Length of the string constant at the start.
fn constant_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'\'') {
        return None;
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::casts_inside;

    #[test]
    fn both_forms_of_a_list_of_texts_are_one() {
        let before = "((v)::text = ANY ((ARRAY['a'::character varying, 'it''s, ]'::character varying])::text[]))";
        let after = "((v)::text = ANY (ARRAY[('a'::character varying)::text, ('it''s, ]'::character varying)::text]))";
        assert_eq!(casts_inside(before), after);
        assert_eq!(casts_inside(after), after);
        for other in [
            "(ARRAY[1, 2])::text[]",
            "(ARRAY['a'::text])::text[]",
            "(ARRAY['open",
            "plain",
        ] {
            assert_eq!(casts_inside(other), other);
        }
    }
}
