//! Who may do what in a database. MySQL keeps grants beside the databases, under the database's name:
//! a dump does not carry them, a drop does not remove them, and only who may read the `mysql` tables
//! sees those of others.

use std::collections::BTreeMap;

use super::reader::Reader;
use super::rows::{TextRow, text};
use crate::database::Result;
use crate::database::quoting::{identifier, literal};

/// One grantee's privileges on the database or one of its tables: `'user'@'host'` or
/// `'user'@'host' table`, then the sorted privileges.
pub type Grants = BTreeMap<String, String>;

/// All that this user may see, its own left out: it has its rights on spare databases by patterns.
pub async fn read(reader: &mut Reader<'_>) -> Result<Grants> {
    let doing = "reading the grants";
    let database = reader.database().to_string();
    let names = [literal(&database)?, literal(&database.replace('_', "\\_"))?].join(", ");
    let mine = "CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))";
    let kind = |is_grantable: &str| {
        format!(
            "GROUP_CONCAT(DISTINCT CONCAT(privilege_type, IF({is_grantable} = 'YES', ' WITH GRANT OPTION', '')) ORDER BY 1 SEPARATOR ', ')"
        )
    };
    let mut found = Grants::new();
    let mut keep = |rows: Vec<TextRow>| {
        for row in rows {
            let whom = match text(&row, 1) {
                "" => text(&row, 0).to_string(),
                table => format!("{}\t{table}", text(&row, 0)),
            };
            found.insert(whom, text(&row, 2).to_string());
        }
    };
    keep(
        reader
            .ask(
                doing,
                format!(
                    "SELECT grantee, '', {} FROM information_schema.schema_privileges \
                     WHERE table_schema IN ({names}) AND grantee <> {mine} GROUP BY grantee",
                    kind("is_grantable")
                ),
            )
            .await?,
    );
    keep(
        reader
            .ask(
                doing,
                format!(
                    "SELECT grantee, table_name, {} FROM information_schema.table_privileges \
                     WHERE table_schema = {} AND grantee <> {mine} GROUP BY grantee, table_name",
                    kind("is_grantable"),
                    literal(&database)?
                ),
            )
            .await?,
    );
    Ok(found)
}

/// One line each, for comparison and for [`statements`].
pub fn lines(grants: &Grants) -> Vec<String> {
    grants
        .iter()
        .map(|(whom, privileges)| format!("{whom}\t={privileges}"))
        .collect()
}

/// Statements that give the lines of [`lines`] on another database.
pub fn statements(lines: &[String], database: &str) -> Result<Vec<String>> {
    let own = identifier(database)?;
    // Without a pattern in it, so that no other database is meant.
    let whole = identifier(&database.replace('_', "\\_"))?;
    lines
        .iter()
        .filter_map(|line| line.split_once("\t="))
        .map(|(whom, privileges)| {
            let (grantee, on) = match whom.split_once('\t') {
                Some((grantee, table)) => (grantee, format!("{own}.{}", identifier(table)?)),
                None => (whom, format!("{whole}.*")),
            };
            let grantable = privileges.contains(" WITH GRANT OPTION");
            let privileges = privileges.replace(" WITH GRANT OPTION", "");
            let option = if grantable { " WITH GRANT OPTION" } else { "" };
            Ok(format!("GRANT {privileges} ON {on} TO {grantee}{option}"))
        })
        .collect()
}

/// Statements that take everything back from these grantees on a database that goes away.
pub fn revocations(grants: &Grants, database: &str) -> Result<Vec<String>> {
    let own = identifier(database)?;
    let whole = identifier(&database.replace('_', "\\_"))?;
    grants
        .keys()
        .map(|whom| match whom.split_once('\t') {
            Some((grantee, table)) => Ok(format!(
                "REVOKE ALL PRIVILEGES ON {own}.{} FROM {grantee}",
                identifier(table)?
            )),
            None => Ok(format!("REVOKE ALL PRIVILEGES ON {whole}.* FROM {whom}")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Grants, lines, revocations, statements};

    #[test]
    fn grants_go_to_another_database_and_nowhere_else() {
        let grants = Grants::from([
            ("'reader'@'%'".to_string(), "SELECT".to_string()),
            (
                "'bi'@'10.%'\ttable_entity".to_string(),
                "SELECT WITH GRANT OPTION, SHOW VIEW".to_string(),
            ),
        ]);
        assert_eq!(
            statements(&lines(&grants), "om_back").unwrap(),
            [
                "GRANT SELECT, SHOW VIEW ON \"om_back\".\"table_entity\" TO 'bi'@'10.%' WITH GRANT OPTION",
                "GRANT SELECT ON \"om\\_back\".* TO 'reader'@'%'",
            ]
        );
        assert_eq!(
            revocations(&grants, "om_back").unwrap()[1],
            "REVOKE ALL PRIVILEGES ON \"om\\_back\".* FROM 'reader'@'%'"
        );
    }
}
