//! What the user may do, read from `SHOW GRANTS`; nothing is tried out.

use super::Mysql;
use super::rows::{first, text};
use super::show_grants::Grants;
use crate::database::quoting::identifier;
use crate::database::{OUR_PREFIX, Result, back_prefix};
use crate::domain::survey::Right;

/// What a migration and a restore do in a database.
const WORK: [&str; 9] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "ALTER",
    "DROP",
    "INDEX",
    "REFERENCES",
];

/// What `mysqldump` reads with `--routines --triggers --events`, beside the rows.
const DUMP: [&str; 4] = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"];

/// What stands in the database that asks for more than rights on it.
#[derive(Debug, Default)]
struct Special {
    /// Routines of others, which can only be read with a right.
    routines: bool,
    /// Accounts of others under which objects run, each with its objects.
    definers: Vec<String>,
    /// Functions and triggers, and a server that asks for SUPER to make them.
    guarded: bool,
    /// MySQL 8.2 split SET_USER_ID up.
    set_any_definer: bool,
}

/// Every right that backup, proof, migration and restore use.
pub async fn rights(mysql: &Mysql) -> Result<Vec<Right>> {
    let doing = "reading the user's rights";
    let row = first(
        mysql
            .look(
                doing,
                "SELECT CURRENT_USER(), (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = DATABASE() AND definer <> CURRENT_USER()), \
                 @@global.log_bin AND NOT @@global.log_bin_trust_function_creators AND ( \
                   EXISTS (SELECT 1 FROM information_schema.triggers WHERE trigger_schema = DATABASE()) \
                   OR EXISTS (SELECT 1 FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_type = 'FUNCTION')), VERSION()"
                    .to_string(),
            )
            .await?,
    )?;
    let special = Special {
        // A routine of one's own can be read without it.
        routines: text(&row, 1) != "0",
        definers: definers(mysql).await?,
        guarded: text(&row, 2) == "1",
        set_any_definer: !["8.0.", "8.1."]
            .iter()
            .any(|old| text(&row, 3).starts_with(old)),
    };
    Ok(judged(
        &Grants::of(mysql).await?,
        &mysql.connector.target.facts.database,
        &account(text(&row, 0)),
        &special,
    ))
}

/// The accounts of others under which views, routines, triggers and events run.
async fn definers(mysql: &Mysql) -> Result<Vec<String>> {
    let rows = mysql
        .look(
            "reading who defined views, routines, triggers and events",
            "SELECT d.definer, GROUP_CONCAT(d.what ORDER BY d.what SEPARATOR ', ') FROM ( \
               SELECT definer, CONCAT('view ', table_name) AS what FROM information_schema.views WHERE table_schema = DATABASE() \
               UNION ALL SELECT definer, CONCAT(LOWER(routine_type), ' ', routine_name) FROM information_schema.routines WHERE routine_schema = DATABASE() \
               UNION ALL SELECT definer, CONCAT('trigger ', trigger_name) FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
               UNION ALL SELECT definer, CONCAT('event ', event_name) FROM information_schema.events WHERE event_schema = DATABASE()) d \
             WHERE d.definer <> CURRENT_USER() GROUP BY d.definer ORDER BY 1"
                .to_string(),
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| format!("{} ({})", account(text(row, 0)), text(row, 1)))
        .collect())
}

/// The user as a grant names it.
pub async fn own_account(mysql: &Mysql) -> Result<String> {
    let doing = "reading the user's name";
    let row = first(
        mysql
            .look(doing, "SELECT CURRENT_USER()".to_string())
            .await?,
    )?;
    Ok(account(text(&row, 0)))
}

/// `om@%` as a grant names it.
fn account(user: &str) -> String {
    let (name, host) = user.rsplit_once('@').unwrap_or((user, "%"));
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    format!("{}@{}", quoted(name), quoted(host))
}

fn judged(grants: &Grants, database: &str, account: &str, special: &Special) -> Vec<Right> {
    let own = identifier(database).unwrap_or_default().replace('"', "`");
    let missing = |wanted: &[&str], database: &str| -> Vec<String> {
        wanted
            .iter()
            .filter(|privilege| !grants.in_database(privilege, database))
            .map(|privilege| (*privilege).to_string())
            .collect()
    };
    let dump = missing(&DUMP, database);
    let work = missing(&WORK, database);
    let spare = format!("{OUR_PREFIX}x_proof");
    let back = format!("{}x", back_prefix(database));
    let anew = [missing(&WORK, &spare), missing(&WORK, &back)].concat();
    let all = |privileges: &[String], fallback: &[&str]| {
        if privileges.is_empty() {
            fallback.join(", ")
        } else {
            privileges.join(", ")
        }
    };
    let pattern = |name: &str| name.replace('_', "\\_");
    let mut rights = vec![
        Right {
            name: "CREATE DATABASE".to_string(),
            held: anew.is_empty(),
            needed_for: "proving the backup and restoring it into a database of its own"
                .to_string(),
            grant: format!(
                "GRANT ALL PRIVILEGES ON `{}%`.* TO {account};\nGRANT ALL PRIVILEGES ON `{}%`.* TO {account};",
                pattern(OUR_PREFIX),
                pattern(&back_prefix(database))
            ),
        },
        Right {
            name: "READ EVERYTHING".to_string(),
            held: dump.is_empty(),
            needed_for: "the dump (rows, views, triggers, events)".to_string(),
            grant: format!("GRANT {} ON {own}.* TO {account};", all(&dump, &DUMP)),
        },
        Right {
            name: "CHANGE EVERYTHING".to_string(),
            held: work.is_empty(),
            needed_for: "the migration".to_string(),
            grant: format!("GRANT {} ON {own}.* TO {account};", all(&work, &WORK)),
        },
    ];
    if special.routines {
        rights.push(Right {
            name: "READ ROUTINES".to_string(),
            held: grants.everywhere("SHOW_ROUTINE") || grants.everywhere("SELECT"),
            needed_for: "the dump of the stored routines that others made in this database"
                .to_string(),
            grant: format!("GRANT SHOW_ROUTINE ON *.* TO {account};"),
        });
    }
    if !special.definers.is_empty() {
        let right = if special.set_any_definer {
            "SET_ANY_DEFINER"
        } else {
            "SET_USER_ID"
        };
        rights.push(Right {
            name: "SET DEFINERS".to_string(),
            held: grants.everywhere(right) || grants.everywhere("SUPER"),
            needed_for: format!(
                "restoring what runs under other accounts: {} (one of them that has SYSTEM_USER asks for that too, one that is gone for ALLOW_NONEXISTENT_DEFINER)",
                special.definers.join("; ")
            ),
            grant: format!("GRANT {right} ON *.* TO {account};"),
        });
    }
    if special.guarded {
        rights.push(Right {
            name: "CREATE TRIGGERS AND FUNCTIONS".to_string(),
            held: grants.everywhere("SUPER"),
            needed_for: "restoring triggers and functions, which this server's binary log forbids without SUPER (error 1419); it can be set back after the upgrade".to_string(),
            grant: "SET GLOBAL log_bin_trust_function_creators = ON;".to_string(),
        });
    }
    rights.push(Right {
        name: "SEE OTHER SESSIONS".to_string(),
        held: grants.everywhere("PROCESS"),
        needed_for:
            "seeing sessions of other users: without it the server shows only this user's own"
                .to_string(),
        grant: format!("GRANT PROCESS ON *.* TO {account};"),
    });
    rights.push(Right {
        name: "SEE LOCKS".to_string(),
        held: grants.in_database("SELECT", "performance_schema"),
        needed_for: "naming who holds a lock that the migration waits for".to_string(),
        grant: format!("GRANT SELECT ON performance_schema.* TO {account};"),
    });
    rights.push(Right {
        name: "END OTHER SESSIONS".to_string(),
        held: grants.everywhere("CONNECTION_ADMIN") || grants.everywhere("SUPER"),
        needed_for: "ending sessions of other users, by choice".to_string(),
        grant: format!("GRANT CONNECTION_ADMIN ON *.* TO {account};"),
    });
    rights
}

#[cfg(test)]
mod tests {
    use super::{Grants, Special, account, judged};

    fn grants(lines: &[&str]) -> Grants {
        Grants::read(lines.iter().copied())
    }

    /// The restored database's name has only plain letters of the configured one's.
    #[test]
    fn the_grant_that_is_printed_is_the_one_that_is_looked_for() {
        let lines = [
            "GRANT ALL PRIVILEGES ON `openmetadata-prod`.* TO `om`@`%`",
            "GRANT ALL PRIVILEGES ON `omup\\_%`.* TO `om`@`%`",
            "GRANT ALL PRIVILEGES ON `openmetadataprod\\_back\\_%`.* TO `om`@`%`",
        ];
        let judge = |lines: &[&str]| {
            let special = Special::default();
            judged(
                &grants(lines),
                "openmetadata-prod",
                &account("om@%"),
                &special,
            )
            .remove(0)
        };
        let right = judge(&lines);
        assert!(right.held);
        assert!(
            right.grant.contains("`openmetadataprod\\_back\\_%`"),
            "{}",
            right.grant
        );
        assert!(!judge(&lines[..2]).held);
    }

    #[test]
    fn the_schema_owner_of_the_guides_lacks_the_spare_databases() {
        let owner = grants(&[
            "GRANT USAGE ON *.* TO `om`@`%`",
            "GRANT ALL PRIVILEGES ON `openmetadata_db`.* TO `om`@`%`",
        ]);
        let rights = judged(
            &owner,
            "openmetadata_db",
            &account("om@%"),
            &Special::default(),
        );
        let lacking: Vec<&str> = rights
            .iter()
            .filter(|right| !right.held)
            .map(|right| right.name.as_str())
            .collect();
        assert_eq!(
            lacking,
            [
                "CREATE DATABASE",
                "SEE OTHER SESSIONS",
                "SEE LOCKS",
                "END OTHER SESSIONS"
            ]
        );
        assert_eq!(
            rights[0].grant,
            "GRANT ALL PRIVILEGES ON `omup\\_%`.* TO 'om'@'%';\n\
             GRANT ALL PRIVILEGES ON `openmetadata\\_db\\_back\\_%`.* TO 'om'@'%';"
        );
    }

    #[test]
    fn an_administrator_has_all() {
        let root = grants(&[
            "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, SHOW VIEW, TRIGGER, EVENT, PROCESS, SUPER ON *.* TO `root`@`%` WITH GRANT OPTION",
            "GRANT CONNECTION_ADMIN,SHOW_ROUTINE ON *.* TO `root`@`%`",
            "GRANT PROXY ON ``@`` TO `root`@`%`",
        ]);
        let demanding = special(true);
        let rights = judged(&root, "d", "'root'@'%'", &demanding);
        assert!(rights.iter().all(|right| right.held), "{rights:?}");
    }

    fn special(set_any_definer: bool) -> Special {
        Special {
            routines: true,
            definers: vec!["'app'@'%' (view glad)".to_string()],
            guarded: true,
            set_any_definer,
        }
    }

    #[test]
    fn objects_of_others_and_a_guarded_binary_log_are_named_with_the_statement() {
        let owner = grants(&[
            "GRANT ALL PRIVILEGES ON `%`.* TO `om`@`%`",
            "GRANT PROCESS, CONNECTION_ADMIN, SHOW_ROUTINE ON *.* TO `om`@`%`",
        ]);
        for (newer, right) in [(true, "SET_ANY_DEFINER"), (false, "SET_USER_ID")] {
            let rights = judged(&owner, "d", &account("om@%"), &special(newer));
            let missing: Vec<&str> = rights
                .iter()
                .filter(|right| !right.held)
                .map(|right| right.grant.as_str())
                .collect();
            assert_eq!(
                missing,
                [
                    format!("GRANT {right} ON *.* TO 'om'@'%';").as_str(),
                    "SET GLOBAL log_bin_trust_function_creators = ON;"
                ]
            );
            assert!(
                rights
                    .iter()
                    .any(|right| right.needed_for.contains("'app'@'%' (view glad)"))
            );
        }
        let allowed = grants(&["GRANT SHOW_ROUTINE,SET_ANY_DEFINER ON *.* TO `om`@`%`"]);
        let rights = judged(&allowed, "d", &account("om@%"), &special(true));
        assert!(
            rights
                .iter()
                .any(|right| right.name == "SET DEFINERS" && right.held)
        );
    }
}
