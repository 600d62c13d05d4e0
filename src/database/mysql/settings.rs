//! Sort memory (`sort_buffer_size`): what a session sees, what the server gives to everybody, and how
//! `DB_PARAMS` asks for it.
//!
//! Connector/J runs `sessionVariables` as one `SET` when it connects and reads `socketTimeout` in
//! milliseconds, 0 = none (Connector/J manual, "Session" and "Networking").

use super::Mysql;
use super::purpose::MIGRATION_MARK;
use super::rows::{first, number, text, truth};
use crate::database::{Result, params};

const VARIABLE: &str = "sort_buffer_size";

/// What a session sees in which we set nothing.
pub struct Usual {
    /// `sort_buffer_size` in bytes.
    pub sort_memory: u64,
    /// New transactions cannot write: a replica, or a setting of the server.
    pub read_only: bool,
}

/// Looks through a fresh session that begins as Connector/J's does with these parameters.
pub async fn usual(mysql: &Mysql, extra: Option<&str>) -> Result<Usual> {
    let variables = extra
        .and_then(|extra| params::value(extra, "sessionVariables"))
        .map(|variables| statement(&variables))
        .unwrap_or_default();
    let connector = &mysql.connector;
    let mut session = connector.open_plain(&variables).await?;
    let answer = connector
        .ask(
            &mut session,
            "reading the session's settings",
            format!(
                "SELECT @@session.{VARIABLE}, @@session.transaction_read_only OR @@global.read_only OR @@global.super_read_only OR @@global.innodb_read_only"
            ),
        )
        .await;
    let _ = sqlx::Connection::close(session).await;
    let row = first(answer?)?;
    Ok(Usual {
        sort_memory: number(&row, 0)?,
        read_only: truth(&row, 1),
    })
}

/// `sort_buffer_size` in bytes in such a session.
pub async fn sort_memory_with(mysql: &Mysql, extra: Option<&str>) -> Result<Option<u64>> {
    Ok(Some(usual(mysql, extra).await?.sort_memory))
}

/// `DB_PARAMS` for the migration's own sessions. They name themselves by a connection attribute, and
/// mark themselves by a lock that bears their number: MySQL shows attributes only to the same account.
pub fn migration_params(text: &str, application: &str, sort_memory: Option<u64>) -> String {
    let mut variables: Vec<String> = params::value(text, "sessionVariables")
        .map(|variables| split(&variables))
        .unwrap_or_default();
    variables.retain(|variable| !is_of(variable, "@omup"));
    if let Some(bytes) = sort_memory {
        variables.retain(|variable| !is_of(variable, VARIABLE));
        variables.push(format!("{VARIABLE}={bytes}"));
    }
    variables.push(format!(
        "@omup=GET_LOCK(CONCAT('{MIGRATION_MARK}',CONNECTION_ID()),0)"
    ));
    let mut attributes: Vec<String> = params::value(text, "connectionAttributes")
        .map(|attributes| split(&attributes))
        .unwrap_or_default();
    attributes.retain(|attribute| !attribute.starts_with("program_name:"));
    attributes.push(format!("program_name:{application}"));
    params::with(
        text,
        &[
            ("connectionAttributes", attributes.join(",")),
            ("sessionVariables", variables.join(",")),
            // HikariCP's default of 300 s cuts a long statement off while the server goes on with it.
            ("socketTimeout", "0".to_string()),
        ],
    )
}

/// True for an assignment to this variable.
fn is_of(assignment: &str, variable: &str) -> bool {
    assignment
        .split_once('=')
        .is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case(variable))
}

/// As Connector/J makes a statement of it: `SESSION` before all but user variables.
fn statement(variables: &str) -> String {
    let parts: Vec<String> = split(variables)
        .iter()
        .map(|part| {
            if part.starts_with('@') {
                part.clone()
            } else {
                format!("SESSION {part}")
            }
        })
        .collect();
    parts.join(", ")
}

/// Cut at commas and semicolons outside quotes and brackets.
fn split(variables: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quote, mut depth) = (None, 0_u32);
    for letter in variables.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ',' | ';') if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            (_, _) => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
        .into_iter()
        .map(|part| part.trim().to_string())
        .filter(|part| !part.is_empty())
        .collect()
}

/// What the server gives to new sessions, in bytes as text.
pub async fn global_sort_memory(mysql: &Mysql) -> Result<Option<String>> {
    let found = mysql
        .look(
            "reading the server's sort_buffer_size",
            format!("SELECT @@global.{VARIABLE}"),
        )
        .await?;
    Ok(found.first().map(|row| text(row, 0).to_string()))
}

/// Sets it for new sessions until the server is started again; `None`: as the server came with it.
pub async fn set_global_sort_memory(mysql: &Mysql, bytes: Option<u64>) -> Result<()> {
    let value = bytes.map_or("DEFAULT".to_string(), |bytes| bytes.to_string());
    mysql
        .act(
            "changing the server's sort_buffer_size",
            format!("SET GLOBAL {VARIABLE} = {value}"),
        )
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{migration_params, split, statement};
    use crate::database::params;

    #[test]
    fn parameters_of_the_migration() {
        let text = migration_params(
            "allowPublicKeyRetrieval=true&sessionVariables=sql_mode%3D%27A,B%27,sort_buffer_size%3D1&socketTimeout=300",
            "omup migrate r1",
            Some(20 << 20),
        );
        assert_eq!(
            params::value(&text, "connectionAttributes").as_deref(),
            Some("program_name:omup migrate r1")
        );
        assert_eq!(
            params::value(&text, "sessionVariables").as_deref(),
            Some(
                "sql_mode='A,B',sort_buffer_size=20971520,@omup=GET_LOCK(CONCAT('omup migrate ',CONNECTION_ID()),0)"
            )
        );
        assert_eq!(params::value(&text, "socketTimeout").as_deref(), Some("0"));
        assert!(text.starts_with("allowPublicKeyRetrieval=true&"));
        assert_eq!(
            migration_params(&text, "omup migrate r1", Some(20 << 20)),
            text
        );
    }

    #[test]
    fn variables_are_cut_as_connector_j_cuts_them() {
        assert_eq!(split("a='x,y';b=f(1,2),"), ["a='x,y'", "b=f(1,2)"]);
        assert_eq!(statement("a=1,@b=2"), "SESSION a=1, @b=2");
    }
}
