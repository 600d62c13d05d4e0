//! Pieces of SQL that several catalog queries share: what belongs to the user, and how it is named.

/// True for schema `n` of a user; the server's own and temporary ones begin with `pg_`.
pub const USER: &str = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";

/// True for relation `c` that no extension made; those come back with their extension.
pub const OWN_CLASS: &str = "NOT EXISTS (SELECT FROM pg_catalog.pg_depend x \
     WHERE x.classid = 'pg_catalog.pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e')";

/// The qualified name of relation `c` in schema `n`.
pub const NAMED: &str =
    "pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)";

/// The same test as [`OWN_CLASS`] for any catalog and the column that holds the object's OID.
pub fn own(class: &str, oid: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_catalog.{class}'::regclass \
         AND x.objid = {oid} AND x.deptype = 'e')"
    )
}
