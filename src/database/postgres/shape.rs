//! A database seen from outside: owner, encoding, collation, role settings, ACL, comment; and the
//! statement that makes a new one of the same shape.

use super::reader::Reader;
use super::rows::{first, maybe, number, text};
use crate::database::quoting::{identifier, literal};
use crate::database::{DatabaseError, Result};
use crate::domain::backup::DatabaseShape;
use crate::domain::clean_text::CleanText;

/// Reads the shape of `database`.
///
/// `locale_provider` is `c` (libc), or `i LOCALE` (ICU), or `b LOCALE` (built in, 17 and newer): the
/// locale of those two is no `LC_COLLATE`.
pub async fn read(reader: &mut Reader<'_>, database: &str) -> Result<DatabaseShape> {
    let doing = "reading the database's shape";
    let version: u32 = number(
        &first(
            reader
                .ask(
                    doing,
                    "SELECT pg_catalog.current_setting('server_version_num')::int / 10000"
                        .to_string(),
                )
                .await?,
        )?,
        0,
    )?;
    let provider = match version {
        0..15 => "'c'",
        15..17 => "d.datlocprovider::text || COALESCE(' ' || d.daticulocale, '')",
        17.. => "d.datlocprovider::text || COALESCE(' ' || d.datlocale, '')",
    };
    let name = literal(database)?;
    let row = first(
        reader
            .ask(
                doing,
                format!(
                    "SELECT pg_catalog.pg_get_userbyid(d.datdba), pg_catalog.pg_encoding_to_char(d.encoding), \
                     d.datcollate, d.datctype, {provider}, pg_catalog.shobj_description(d.oid, 'pg_database') \
                     FROM pg_catalog.pg_database d WHERE d.datname = {name}"
                ),
            )
            .await?,
    )?;
    let settings = reader
        .ask(
            doing,
            format!(
                "SELECT COALESCE(r.rolname, ''), c.setting FROM pg_catalog.pg_db_role_setting s \
                 JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = {name} \
                 LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, \
                 pg_catalog.unnest(s.setconfig) AS c(setting) ORDER BY 1, 2"
            ),
        )
        .await?;
    let acl = reader
        .ask(
            doing,
            format!(
                "SELECT COALESCE(pg_catalog.pg_get_userbyid(NULLIF(a.grantee, 0)), ''), \
                 pg_catalog.string_agg(a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ',' \
                   ORDER BY a.privilege_type COLLATE \"C\") \
                 FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a \
                 WHERE d.datname = {name} GROUP BY a.grantee ORDER BY 1"
            ),
        )
        .await?;
    Ok(DatabaseShape {
        owner: text(&row, 0).to_string(),
        encoding: text(&row, 1).to_string(),
        collate: text(&row, 2).to_string(),
        ctype: text(&row, 3).to_string(),
        locale_provider: text(&row, 4).to_string(),
        settings: settings
            .iter()
            .map(|row| format!("{}\t{}", text(row, 0), text(row, 1)))
            .collect(),
        acl: acl
            .iter()
            .map(|row| format!("{}={}", text(row, 0), text(row, 1)))
            .collect(),
        comment: maybe(&row, 5).map(str::to_string),
    })
}

/// `CREATE DATABASE` for this shape; the owner is given later, when there are rights for it.
///
/// # Errors
/// When the shape holds something that no server told (a manifest changed by hand).
pub fn create_statement(database: &str, shape: &DatabaseShape) -> Result<String> {
    let mut sql = format!(
        "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}",
        identifier(database)?,
        literal(&shape.encoding)?,
        literal(&shape.collate)?,
        literal(&shape.ctype)?
    );
    let (provider, locale) = shape
        .locale_provider
        .split_once(' ')
        .unwrap_or((&shape.locale_provider, ""));
    match (provider, locale.is_empty()) {
        ("c" | "", _) => {}
        ("i", false) => sql.push_str(&format!(
            " LOCALE_PROVIDER icu ICU_LOCALE {}",
            literal(locale)?
        )),
        ("b", false) => {
            sql.push_str(&format!(
                " LOCALE_PROVIDER builtin BUILTIN_LOCALE {}",
                literal(locale)?
            ));
        }
        _ => {
            return Err(DatabaseError::Unexpected(CleanText::from(format!(
                "the locale provider '{}' of the backed-up database is not known here",
                shape.locale_provider
            ))));
        }
    }
    Ok(sql)
}

/// One statement that gives a database a part of its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// Run first in the same session (`set_config` of the value that `FROM CURRENT` takes).
    pub before: Option<String>,
    pub sql: String,
    /// The same for a person with `psql`, where it must be said another way.
    pub shown: String,
}

/// What [`create_statement`] leaves to do, the owner last: it may take the right for the rest away.
///
/// # Errors
/// As [`create_statement`].
pub fn finish_statements(database: &str, shape: &DatabaseShape) -> Result<Vec<Finish>> {
    let name = identifier(database)?;
    let mut all = Vec::new();
    let mut plain = |sql: String| {
        all.push(Finish {
            before: None,
            shown: format!("{sql};"),
            sql,
        });
    };
    if let Some(comment) = &shape.comment {
        plain(format!(
            "COMMENT ON DATABASE {name} IS {}",
            literal(comment)?
        ));
    }
    if !shape.acl.is_empty() {
        plain(format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC"));
    }
    for entry in &shape.acl {
        let (role, privileges) = entry.rsplit_once('=').unwrap_or((entry, ""));
        let grantee = if role.is_empty() {
            "PUBLIC".to_string()
        } else {
            identifier(role)?
        };
        let (with, without): (Vec<&str>, Vec<&str>) =
            privileges.split(',').partition(|word| word.ends_with('*'));
        for (words, option) in [(without, ""), (with, " WITH GRANT OPTION")] {
            let words: Vec<&str> = words
                .into_iter()
                .map(|word| word.trim_end_matches('*'))
                .filter(|word| matches!(*word, "CONNECT" | "CREATE" | "TEMPORARY"))
                .collect();
            if !words.is_empty() {
                plain(format!(
                    "GRANT {} ON DATABASE {name} TO {grantee}{option}",
                    words.join(", ")
                ));
            }
        }
    }
    for setting in &shape.settings {
        let (role, pair) = setting.split_once('\t').unwrap_or(("", setting));
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let whom = if role.is_empty() {
            format!("ALTER DATABASE {name}")
        } else {
            format!("ALTER ROLE {} IN DATABASE {name}", identifier(role)?)
        };
        // Lists such as search_path are stored ready-made; FROM CURRENT takes them as they are.
        let key_name = identifier(key)?;
        all.push(Finish {
            before: Some(format!(
                "SELECT pg_catalog.set_config({}, {}, false)",
                literal(key)?,
                literal(value)?
            )),
            sql: format!("{whom} SET {key_name} FROM CURRENT"),
            shown: format!("{whom} SET {key_name} TO {};", shown_value(key, value)?),
        });
    }
    all.push(Finish {
        before: None,
        sql: format!(
            "ALTER DATABASE {name} OWNER TO {}",
            identifier(&shape.owner)?
        ),
        shown: format!(
            "ALTER DATABASE {name} OWNER TO {};",
            identifier(&shape.owner)?
        ),
    });
    Ok(all)
}

/// List settings are shown as they are stored, quoted name by name; others as one constant.
fn shown_value(key: &str, value: &str) -> Result<String> {
    const LISTS: &[&str] = &[
        "search_path",
        "temp_tablespaces",
        "local_preload_libraries",
        "session_preload_libraries",
    ];
    if LISTS.contains(&key) {
        Ok(value.to_string())
    } else {
        literal(value)
    }
}

#[cfg(test)]
mod tests {
    use super::{create_statement, finish_statements};
    use crate::domain::backup::DatabaseShape;

    fn shape() -> DatabaseShape {
        DatabaseShape {
            owner: "o\"m".into(),
            encoding: "UTF8".into(),
            collate: "en_US.UTF-8".into(),
            ctype: "C".into(),
            locale_provider: "i en-US".into(),
            settings: vec![
                "om\twork_mem=20MB".into(),
                "\tsearch_path=\"$user\", public".into(),
            ],
            acl: vec!["=CONNECT".into(), "a=b=CONNECT*,CREATE".into()],
            comment: Some("it's".into()),
        }
    }

    #[test]
    fn the_statement_carries_the_shape() {
        assert_eq!(
            create_statement("x;y", &shape()).unwrap(),
            "CREATE DATABASE \"x;y\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'en_US.UTF-8' LC_CTYPE 'C' \
             LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        );
        let odd = DatabaseShape {
            locale_provider: "z".into(),
            ..shape()
        };
        assert!(create_statement("x", &odd).is_err());
    }

    #[test]
    fn the_rest_is_given_afterwards_owner_last() {
        let shown: Vec<String> = finish_statements("x", &shape())
            .unwrap()
            .into_iter()
            .map(|finish| finish.shown)
            .collect();
        assert_eq!(
            shown,
            [
                "COMMENT ON DATABASE \"x\" IS 'it''s';",
                "REVOKE ALL ON DATABASE \"x\" FROM PUBLIC;",
                "GRANT CONNECT ON DATABASE \"x\" TO PUBLIC;",
                "GRANT CREATE ON DATABASE \"x\" TO \"a=b\";",
                "GRANT CONNECT ON DATABASE \"x\" TO \"a=b\" WITH GRANT OPTION;",
                "ALTER ROLE \"om\" IN DATABASE \"x\" SET \"work_mem\" TO '20MB';",
                "ALTER DATABASE \"x\" SET \"search_path\" TO \"$user\", public;",
                "ALTER DATABASE \"x\" OWNER TO \"o\"m\";"
                    .replace("o\"m", "o\"\"m")
                    .as_str(),
            ]
        );
    }
}
