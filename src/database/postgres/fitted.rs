//! Restoring as an ordinary role. An archive may hold what only a superuser can make: extensions that
//! are not trusted, publications, event triggers, objects that belong to roles we are no member of.
//! `pg_restore` would stop at the first. They are left out (`--use-list`) or given to ourselves
//! (`--no-owner`), and told as statements for someone who may.

use std::path::Path;
use std::time::Duration;

use super::Postgres;
use super::archive::{Entry, entry};
use super::rows::{first, text, truth};
use super::tools::list_of;
use crate::database::fitted_restore::ListFile;
use crate::database::quoting::identifier;
use crate::database::{FittedRestore, Result};
use crate::process::{Place, quick};

/// How long a table of contents may take; it stands at the archive's front.
const LIST: Duration = Duration::from_secs(60);

/// What the restoring user may do.
struct May {
    user: String,
    superuser: bool,
    /// Roles whose objects we may make.
    roles: Vec<String>,
    /// Extensions that we may create.
    extensions: Vec<String>,
}

/// The restore tool for this archive and this user.
pub async fn restore(
    postgres: &Postgres,
    database: &str,
    archive: &Path,
    jobs: u32,
    place: Place,
) -> Result<FittedRestore> {
    let whole = postgres.tools().restore(database, archive, jobs);
    let may = may(postgres).await?;
    if may.superuser {
        return Ok(FittedRestore::whole(whole));
    }
    let list_tool = list_of(archive);
    let listed = quick::output(&list_tool, place, LIST)
        .await?
        .success(&list_tool)?;
    // A list that was cut would leave the rest out without a word.
    if listed.cut {
        return Ok(FittedRestore::whole(whole));
    }
    let fit = fit(&listed.text(), &may)?;
    let mut fitted = FittedRestore::whole(whole);
    if let Some(list) = fit.list {
        let file = ListFile::create(&postgres.connector.target.private_folder, &list)?;
        fitted.tool = fitted.tool.arg("--use-list").arg(file.path());
        fitted.list = Some(file);
    }
    if fit.no_owner {
        fitted.tool = fitted.tool.arg("--no-owner");
    }
    fitted.left_to_do = fit.left_to_do;
    Ok(fitted)
}

async fn may(postgres: &Postgres) -> Result<May> {
    let doing = "reading what this user may restore";
    let row = first(
        postgres
            .maintain(
                doing,
                "SELECT rolname, rolsuper, pg_catalog.current_setting('server_version_num')::int >= 130000, \
                 pg_catalog.current_setting('server_version_num')::int >= 160000 \
                 FROM pg_catalog.pg_roles WHERE rolname = current_user"
                    .to_string(),
            )
            .await?,
    )?;
    // Since 16 a member may be one that cannot give objects to the role.
    let right = if truth(&row, 3) { "SET" } else { "MEMBER" };
    let roles = postgres
        .maintain(
            doing,
            format!("SELECT rolname FROM pg_catalog.pg_roles WHERE pg_catalog.pg_has_role(oid, '{right}')"),
        )
        .await?;
    let trusted = if truth(&row, 2) { " OR trusted" } else { "" };
    let extensions = postgres
        .maintain(
            doing,
            format!(
                "SELECT DISTINCT name FROM pg_catalog.pg_available_extension_versions \
                 WHERE NOT superuser{trusted}"
            ),
        )
        .await?;
    let names = |rows: &[super::rows::TextRow]| -> Vec<String> {
        rows.iter().map(|row| text(row, 0).to_string()).collect()
    };
    // In the new database that is us, whoever it is here.
    let mut roles = names(&roles);
    roles.push("pg_database_owner".to_string());
    Ok(May {
        user: text(&row, 0).to_string(),
        superuser: truth(&row, 1),
        roles,
        extensions: names(&extensions),
    })
}

/// What of a listing is restored, and how.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fit {
    /// The listing without what is left out; `None` when nothing is.
    list: Option<String>,
    no_owner: bool,
    left_to_do: Vec<String>,
}

fn fit(listing: &str, may: &May) -> Result<Fit> {
    let mut fit = Fit::default();
    let mut kept = Vec::new();
    let mut given = Vec::new();
    for line in listing.lines() {
        let Some(found) = entry(line) else {
            kept.push(line);
            continue;
        };
        let foreign = !found.owner.is_empty()
            && !may
                .roles
                .iter()
                .any(|role| line.ends_with(&format!(" {role}")));
        if let Some(statement) = left_out(&found, foreign, may)? {
            fit.left_to_do.extend(statement);
            continue;
        }
        kept.push(line);
        if foreign && found.kind == "ACL" && found.name == "SCHEMA public" {
            // Tried all the same: where the server refuses it, it only warns.
            fit.left_to_do.push(format!(
                "-- rights on schema public are given by its owner, in the source {}: compare them",
                found.owner
            ));
        }
        if foreign && given_to_us(&found) {
            fit.no_owner = true;
        }
        if found.owner != may.user && given_to_us(&found) && !found.owner.is_empty() {
            given.push(format!(
                "{} {} of {}",
                found.kind.to_lowercase(),
                found.name,
                found.owner
            ));
        }
    }
    // No ALTER ... OWNER to copy: it would take our own rights on the object away.
    if fit.no_owner {
        fit.left_to_do.push(format!(
            "-- {} owns here what others own in the source: {}",
            may.user,
            given.join(", ")
        ));
    }
    if kept.len() != listing.lines().count() {
        fit.list = Some(kept.join("\n") + "\n");
    }
    Ok(fit)
}

/// `Some` for an entry that this user cannot restore, with what is to be said of it.
fn left_out(entry: &Entry<'_>, foreign: bool, may: &May) -> Result<Option<Vec<String>>> {
    let words = |text: String| Some(vec![text]);
    Ok(match (entry.kind, entry.name) {
        ("EXTENSION", name) if !may.extensions.iter().any(|known| known == name) => words(format!(
            "CREATE EXTENSION IF NOT EXISTS {};",
            identifier(name)?
        )),
        ("COMMENT", name) => match name.strip_prefix("EXTENSION ") {
            Some(name) if !may.extensions.iter().any(|known| known == name) => Some(Vec::new()),
            Some(_) | None if foreign && entry.name == "SCHEMA public" => {
                words("-- the comment on schema public was left out".to_string())
            }
            Some(_) | None => None,
        },
        // It stands in every new database already.
        ("SCHEMA", "public") if foreign => words(format!(
            "-- schema public belongs to the database's owner, in the source to {}",
            entry.owner
        )),
        ("DEFAULT ACL", name) if foreign => words(format!(
            "-- default privileges of {} were left out: {name}",
            entry.owner
        )),
        (
            kind @ ("PUBLICATION"
            | "SUBSCRIPTION"
            | "EVENT TRIGGER"
            | "FOREIGN DATA WRAPPER"
            | "PROCEDURAL LANGUAGE"
            | "TRANSFORM"
            | "CAST"
            | "ACCESS METHOD"
            | "OPERATOR FAMILY"
            | "OPERATOR CLASS"
            | "TEXT SEARCH PARSER"
            | "TEXT SEARCH TEMPLATE"),
            name,
        ) if foreign => words(format!("-- {} {name} was left out", kind.to_lowercase())),
        ("PUBLICATION TABLE" | "PUBLICATION TABLES IN SCHEMA", _) if foreign => Some(Vec::new()),
        _ => None,
    })
}

/// Entries that are followed by `ALTER ... OWNER`; rights, comments and data are not.
fn given_to_us(entry: &Entry<'_>) -> bool {
    !matches!(
        entry.kind,
        "ACL"
            | "COMMENT"
            | "TABLE DATA"
            | "SEQUENCE SET"
            | "SEQUENCE OWNED BY"
            | "INDEX"
            | "TRIGGER"
            | "RULE"
            | "CONSTRAINT"
            | "FK CONSTRAINT"
            | "CHECK CONSTRAINT"
            | "DEFAULT"
            | "POLICY"
            | "ROW SECURITY"
            | "INDEX ATTACH"
            | "TABLE ATTACH"
            | "MATERIALIZED VIEW DATA"
            | "STATISTICS DATA"
            | "BLOBS"
            | "BLOB DATA"
    )
}

#[cfg(test)]
mod tests {
    use super::{Fit, May, fit};

    fn may() -> May {
        May {
            user: "om".into(),
            superuser: false,
            roles: vec!["om".into(), "two words".into()],
            extensions: vec!["pgcrypto".into()],
        }
    }

    #[test]
    fn an_archive_of_our_own_is_restored_whole() {
        let listing = "; Archive\n2; 3079 1 EXTENSION - pgcrypto \n3; 0 0 COMMENT - EXTENSION pgcrypto \n\
            4; 1259 2 TABLE public t om\n5; 1259 3 TABLE public t2 two words\n";
        assert_eq!(fit(listing, &may()).unwrap(), Fit::default());
    }

    #[test]
    fn what_only_a_superuser_can_make_is_left_out_and_told() {
        let listing = "; Archive\n8; 2615 2200 SCHEMA - public postgres\n9; 0 0 ACL - SCHEMA public postgres\n\
            3; 3079 28512 EXTENSION - pg_stat_statements \n4; 0 0 COMMENT - EXTENSION pg_stat_statements \n\
            5; 1255 28680 FUNCTION public f(integer) postgres\n6; 1259 28546 TABLE public plain om\n\
            7; 1259 28543 TABLE public supers postgres\n10; 0 28543 TABLE DATA public supers postgres\n\
            11; 6104 28678 PUBLICATION - p postgres\n12; 6106 28679 PUBLICATION TABLE public p supers postgres\n\
            13; 826 28677 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES postgres\n";
        let found = fit(listing, &may()).unwrap();
        let list = found.list.unwrap();
        assert_eq!(list.lines().count(), 6, "{list}");
        assert!(list.contains("SCHEMA public postgres") && !list.contains("SCHEMA - public"));
        assert!(found.no_owner);
        assert_eq!(
            found.left_to_do,
            [
                "-- schema public belongs to the database's owner, in the source to postgres",
                "-- rights on schema public are given by its owner, in the source postgres: compare them",
                "CREATE EXTENSION IF NOT EXISTS \"pg_stat_statements\";",
                "-- publication p was left out",
                "-- default privileges of postgres were left out: DEFAULT PRIVILEGES FOR TABLES",
                "-- om owns here what others own in the source: function f(integer) of postgres, table supers of postgres",
            ]
        );
    }
}
