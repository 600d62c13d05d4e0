//! Reading `SHOW GRANTS`: which privilege is held where.

use super::Mysql;
use super::rows::{first, text};
use crate::database::Result;

/// One line of `SHOW GRANTS`.
#[derive(Debug, PartialEq, Eq)]
struct Grant {
    /// Upper case; `ALL PRIVILEGES` stands for every one.
    privileges: Vec<String>,
    /// `*.*` is `None`; else the database's pattern (`_` and `%` as in LIKE) and the table, if any.
    on: Option<(String, Option<String>)>,
}

/// All grants of the user, roles that are active included.
#[derive(Debug, Default)]
pub struct Grants {
    held: Vec<Grant>,
    /// Partial revokes: what is held on everything is not held there.
    revoked: Vec<Grant>,
}

impl Grants {
    /// What the server says of this user.
    pub async fn of(mysql: &Mysql) -> Result<Self> {
        let doing = "reading the user's rights";
        let roles = first(
            mysql
                .look(doing, "SELECT CURRENT_ROLE()".to_string())
                .await?,
        )?;
        let sql = match text(&roles, 0) {
            "" | "NONE" => "SHOW GRANTS".to_string(),
            roles => format!("SHOW GRANTS FOR CURRENT_USER() USING {roles}"),
        };
        let rows = mysql.look(doing, sql).await?;
        Ok(Self::read(rows.iter().map(|row| text(row, 0))))
    }

    /// Reads the lines; what neither grants nor revokes a privilege is left out.
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut grants = Self::default();
        for line in lines {
            grants.held.extend(parse(line, "GRANT ", " TO "));
            grants.revoked.extend(parse(line, "REVOKE ", " FROM "));
        }
        grants
    }

    /// On everything: `*.*`.
    pub fn everywhere(&self, privilege: &str) -> bool {
        self.held
            .iter()
            .any(|grant| grant.on.is_none() && grant.gives(privilege))
    }

    /// On every table of the database.
    pub fn in_database(&self, privilege: &str, database: &str) -> bool {
        let revoked = self.revoked.iter().any(|grant| {
            let here = matches!(&grant.on, Some((name, None)) if name == database);
            here && grant.gives(privilege)
        });
        self.held.iter().any(|grant| {
            let covers = match &grant.on {
                None => !revoked,
                Some((pattern, None)) => like(pattern, database),
                Some((_, Some(_))) => false,
            };
            covers && grant.gives(privilege)
        })
    }
}

impl Grant {
    fn gives(&self, privilege: &str) -> bool {
        self.privileges
            .iter()
            .any(|held| held == privilege || (held == "ALL PRIVILEGES" && !privilege.contains('_')))
    }
}

/// `GRANT a, b ON x.y TO ...`, `REVOKE a ON x.* FROM ...` (MySQL manual, "Privilege Restriction Using Partial
/// Revokes"); grants of roles are no grants of privileges.
fn parse(line: &str, verb: &str, end: &str) -> Option<Grant> {
    let (privileges, rest) = line.strip_prefix(verb)?.split_once(" ON ")?;
    let (on, _) = rest.rsplit_once(end)?;
    let on = match on {
        "*.*" => None,
        on => {
            let (database, table) = names(on)?;
            Some((database, (table != "*").then_some(table)))
        }
    };
    Some(Grant {
        // Dynamic privileges stand without a blank between them (seen with 8.0 and 9.7).
        privileges: privileges
            .split(',')
            .map(|name| name.trim().to_uppercase())
            .collect(),
        on,
    })
}

/// The two names of a level, in backticks or double quotes by the session's mode.
fn names(on: &str) -> Option<(String, String)> {
    let mark = on.chars().next().filter(|c| ['"', '`'].contains(c))?;
    let end = format!("{mark}.");
    let (database, table) = on[1..].split_once(&end)?;
    let doubled = format!("{mark}{mark}");
    let plain = |name: &str| name.replace(&doubled, &mark.to_string());
    let table = table.trim_matches(mark);
    Some((plain(database), plain(table)))
}

/// MySQL's patterns for databases in grants: `_` one letter, `%` any, `\` before either for itself.
fn like(pattern: &str, name: &str) -> bool {
    fn matches(pattern: &[char], name: &[char]) -> bool {
        match pattern {
            [] => name.is_empty(),
            ['%', rest @ ..] => (0..=name.len()).any(|at| matches(rest, &name[at..])),
            ['\\', letter @ ('_' | '%'), rest @ ..] => {
                name.first() == Some(letter) && matches(rest, &name[1..])
            }
            ['_', rest @ ..] => !name.is_empty() && matches(rest, &name[1..]),
            [letter, rest @ ..] => name.first() == Some(letter) && matches(rest, &name[1..]),
        }
    }
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    matches(&letters(pattern), &letters(name))
}

#[cfg(test)]
mod tests {
    use super::{Grants, like, parse};

    #[test]
    fn patterns_are_those_of_mysql() {
        assert!(like("openmetadata\\_db", "openmetadata_db"));
        assert!(!like("openmetadata\\_db", "openmetadataxdb"));
        assert!(like("omup\\_%", "omup_1_proof") && like("o_up%", "omup_1"));
        assert!(!like("omup", "omup_1"));
        let quoted = parse(
            "GRANT SELECT ON \"a\"\"b\".\"t\" TO \"u\"@\"%\"",
            "GRANT ",
            " TO ",
        );
        assert_eq!(
            quoted.and_then(|grant| grant.on),
            Some(("a\"b".to_string(), Some("t".to_string())))
        );
    }

    #[test]
    fn a_partial_revoke_takes_away_what_is_held_on_everything() {
        let grants = Grants::read([
            "GRANT SELECT, INSERT ON *.* TO `om`@`%`",
            "GRANT INSERT ON `hidden`.* TO `om`@`%`",
            "REVOKE SELECT, INSERT ON `hidden`.* FROM `om`@`%`",
        ]);
        assert!(grants.in_database("SELECT", "openmetadata_db"));
        assert!(!grants.in_database("SELECT", "hidden"));
        assert!(grants.in_database("INSERT", "hidden"), "granted there");
    }
}
