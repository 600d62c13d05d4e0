//! The parameters of a `jdbc:mysql:` URL as Connector/J reads them.
//!
//! Source: MySQL Connector/J Developer Guide, "Configuration Properties" (`sessionVariables`,
//! `connectionAttributes`, `socketTimeout` in milliseconds, `useSSL`, `sslMode`). Seen with
//! Connector/J 9.1: a property wins over the URL, so `socketTimeout=0` in the URL undoes nothing.

use std::time::Duration;

use super::{JdbcError, JdbcUrl};

/// How the server is to be reached (`sslMode`; `useSSL` is its older form).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    Disabled,
    /// When the server has it; Connector/J's own choice.
    Preferred,
    Required,
}

/// What Connector/J tells the server of itself, unless told `none`.
const OWN_ATTRIBUTES: [(&str, &str); 2] = [
    ("_client_name", "MySQL Connector/J"),
    ("_client_version", "9.1.0"),
];

/// What holds when nothing is said.
pub fn defaults(url: &mut JdbcUrl) {
    url.tls = Tls::Preferred;
    url.attributes = OWN_ATTRIBUTES
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
}

/// Takes one parameter; unknown ones change nothing that we do.
///
/// # Errors
/// When a value cannot be read.
pub fn parameter(url: &mut JdbcUrl, key: &str, value: String) -> Result<(), JdbcError> {
    match key {
        "sessionVariables" => url.settings = variables_in(&value),
        "connectionAttributes" if value == "none" => url.attributes.clear(),
        "connectionAttributes" => {
            let pairs = value.split(',').filter_map(|pair| pair.split_once(':'));
            url.attributes.extend(
                pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())),
            );
        }
        "socketTimeout" if url.socket_timeout_is_a_property => {}
        "socketTimeout" => {
            let milliseconds: u64 = value.parse().map_err(|_| JdbcError::Part {
                part: "the number of milliseconds in socketTimeout",
            })?;
            url.socket_timeout = (milliseconds > 0).then(|| Duration::from_millis(milliseconds));
        }
        "useSSL" if value.eq_ignore_ascii_case("false") => url.tls = Tls::Disabled,
        "sslMode" => {
            url.tls = match value.to_ascii_uppercase().as_str() {
                "DISABLED" => Tls::Disabled,
                "PREFERRED" => Tls::Preferred,
                "REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY" => Tls::Required,
                _ => return Err(JdbcError::Part { part: "sslMode" }),
            };
        }
        _ => {}
    }
    Ok(())
}

/// `name=value` pairs between commas or semicolons; a separator inside quotes or brackets is a part
/// of its value.
fn variables_in(text: &str) -> Vec<(String, String)> {
    let mut pairs = vec![String::new()];
    let mut quote = None;
    let mut depth = 0_usize;
    for letter in text.chars() {
        match (quote, letter) {
            (None, ',' | ';') if depth == 0 => {
                pairs.push(String::new());
                continue;
            }
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (Some(open), close) if open == close => quote = None,
            (None | Some(_), _) => {}
        }
        if let Some(pair) = pairs.last_mut() {
            pair.push(letter);
        }
    }
    pairs
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{JdbcUrl, SocketTimeouts, Target};
    use super::Tls;

    const UPSTREAM: &str = "allowPublicKeyRetrieval=true&useSSL=false&serverTimezone=UTC";

    fn parsed(parameters: &str, timeouts: SocketTimeouts) -> JdbcUrl {
        let url = format!("jdbc:mysql://db.example/openmetadata_db?{parameters}");
        JdbcUrl::parse(&url, timeouts).expect("valid")
    }

    #[test]
    fn parameters_are_honoured_as_connector_j_does() {
        let url = parsed(
            &format!(
                "{UPSTREAM}&sessionVariables=sort_buffer_size=20971520,sql_mode='A,B';@x=(1,2)\
                 &connectionAttributes=program_name:omup%20run&socketTimeout=2000"
            ),
            SocketTimeouts::default(),
        );
        assert_eq!(
            url.target,
            Target::Mysql {
                host: "db.example".into(),
                port: 3306,
                database: "openmetadata_db".into()
            }
        );
        let expected = [
            ("sort_buffer_size", "20971520"),
            ("sql_mode", "'A,B'"),
            ("@x", "(1,2)"),
        ];
        assert_eq!(
            url.settings,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        let program = ("program_name".to_owned(), "omup run".to_owned());
        assert_eq!(url.attributes.last(), Some(&program));
        assert_eq!(url.socket_timeout, Some(Duration::from_millis(2000)));
        assert_eq!(url.tls, Tls::Disabled);
        let bare = parsed("connectionAttributes=none", SocketTimeouts::default());
        assert!(bare.attributes.is_empty() && bare.tls == Tls::Preferred);
    }

    #[test]
    fn a_property_wins_over_the_url() {
        let timeouts = SocketTimeouts {
            postgres: None,
            mysql: Some(Some(Duration::from_secs(300))),
        };
        let url = parsed("socketTimeout=0", timeouts);
        assert_eq!(url.socket_timeout, Some(Duration::from_secs(300)));
    }
}
