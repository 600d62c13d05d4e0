//! How tables are called in lists and in `pg_restore`'s table of contents.

/// `table`, or `schema.table` outside `public`. A part that holds a dot or a quote is quoted, so that
/// two tables never share a name.
pub fn shown(schema: &str, table: &str) -> String {
    if schema == "public" {
        part(table)
    } else {
        format!("{}.{}", part(schema), part(table))
    }
}

fn part(name: &str) -> String {
    if name.is_empty() || name.contains(['.', '"']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_string()
    }
}

/// The name as `pg_restore --list` prints it: line ends become blanks (`sanitize_line` in
/// PostgreSQL's `dumputils.c`).
pub fn listed(name: &str) -> String {
    name.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::{listed, shown};

    #[test]
    fn names_stay_apart() {
        assert_eq!(shown("public", "table_entity"), "table_entity");
        assert_eq!(shown("om", "table_entity"), "om.table_entity");
        assert_ne!(
            shown("public", "om.table_entity"),
            shown("om", "table_entity")
        );
        assert_eq!(shown("a\"b", "c"), "\"a\"\"b\".c");
        assert_eq!(listed("a\nb\r"), "a b ");
    }
}
