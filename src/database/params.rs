//! `DB_PARAMS`, the query part of OpenMetadata's JDBC URL: read and extended as text.
//!
//! What the parameters mean is pgjdbc's page "Initializing the Driver": `sslmode`, `ssl`,
//! `currentSchema`, `options` (`-c name=value` pairs), `ApplicationName`, `socketTimeout` (seconds,
//! 0 = none). A name may stand twice; the last one wins.

use crate::domain::memory::memory_text;

/// One `name=value`, percent-decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    pub name: String,
    pub value: String,
}

/// The parameters in their order; a leading `?` or `&` is skipped.
pub fn parse(params: &str) -> Vec<Param> {
    pieces(params)
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            Param {
                name: decode(name),
                value: decode(value),
            }
        })
        .collect()
}

/// The last value of a parameter. Names are case-sensitive, as they are in pgjdbc.
pub fn value(params: &str, name: &str) -> Option<String> {
    parse(params)
        .into_iter()
        .rev()
        .find(|param| param.name == name)
        .map(|param| param.value)
}

/// The text with these parameters set: earlier ones of the same names are left out, everything else
/// stays as it was written, byte for byte.
pub fn with(params: &str, set: &[(&str, String)]) -> String {
    let prefix = if params.starts_with('?') || params.starts_with('&') {
        &params[..1]
    } else {
        ""
    };
    let kept = pieces(params).filter(|piece| {
        let name = decode(piece.split_once('=').map_or(*piece, |(name, _)| name));
        !set.iter().any(|(other, _)| *other == name)
    });
    let added: Vec<String> = set
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    let all: Vec<&str> = kept.chain(added.iter().map(String::as_str)).collect();
    format!("{prefix}{}", all.join("&"))
}

/// The `options` that give a session this sort memory and leave its other settings as they are.
pub fn sort_memory(params: &str, bytes: u64) -> (&'static str, String) {
    let mut settings = value(params, "options")
        .map(|options| self::settings(&options))
        .unwrap_or_default();
    settings.retain(|(name, _)| name != "work_mem");
    settings.push(("work_mem".to_string(), memory_text(bytes)));
    ("options", options(&settings))
}

fn pieces(params: &str) -> impl Iterator<Item = &str> {
    params
        .trim()
        .trim_start_matches(['?', '&'])
        .split('&')
        .filter(|piece| !piece.is_empty())
}

/// Settings out of an `options` value: `-c name=value`, `-cname=value` and `--name=value`; a
/// backslash keeps the next character (PostgreSQL manual, libpq `options`).
pub fn settings(options: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut words = words(options).into_iter();
    while let Some(word) = words.next() {
        let setting = if word == "-c" {
            words.next()
        } else if let Some(rest) = word.strip_prefix("--") {
            Some(rest.to_string())
        } else {
            word.strip_prefix("-c").map(str::to_string)
        };
        if let Some((name, value)) = setting.as_deref().and_then(|s| s.split_once('=')) {
            found.push((name.replace('-', "_"), value.to_string()));
        }
    }
    found
}

/// An `options` value out of settings; the reverse of [`settings`].
pub fn options(settings: &[(String, String)]) -> String {
    let mut out = Vec::new();
    for (name, value) in settings {
        let mut escaped = String::new();
        for c in value.chars() {
            if c == '\\' || c.is_ascii_whitespace() {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        out.push(format!("-c {name}={escaped}"));
    }
    out.join(" ")
}

fn words(options: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = options.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.extend(chars.next()),
            c if c.is_ascii_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Percent-encodes everything but letters, digits and `-._~`, so that it is safe in a URL, in YAML
/// and in an environment file.
pub fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Java's `URLDecoder`: `+` is a blank; a broken escape is left as it stands.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .filter(|_| bytes[at] == b'%')
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match hex {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{options, parse, settings, value, with};
    use proptest::prelude::*;

    #[test]
    fn openmetadatas_own_parameters_are_read() {
        let text = "allowPublicKeyRetrieval=true&useSSL=true&serverTimezone=UTC";
        assert_eq!(parse(text).len(), 3);
        assert_eq!(value(text, "useSSL").as_deref(), Some("true"));
        assert_eq!(
            value("?sslmode=a&sslmode=b", "sslmode").as_deref(),
            Some("b")
        );
        assert_eq!(
            value("options=-c%20work_mem%3D8MB", "options").as_deref(),
            Some("-c work_mem=8MB")
        );
        assert_eq!(value("flag", "flag").as_deref(), Some(""));
        assert!(parse("").is_empty() && parse("&").is_empty());
    }

    #[test]
    fn set_parameters_replace_and_the_rest_stays() {
        let set = [("socketTimeout", "0".to_string())];
        assert_eq!(with("", &set), "socketTimeout=0");
        assert_eq!(
            with("a=%41&socketTimeout=300&b", &set),
            "a=%41&b&socketTimeout=0"
        );
        assert_eq!(with("?a=1", &set), "?a=1&socketTimeout=0");
        assert_eq!(with("&", &set), "&socketTimeout=0");
    }

    #[test]
    fn options_are_read_as_the_server_reads_them() {
        assert_eq!(
            settings("-c work_mem=8MB --search-path=a\\ b -cgeqo=off -x"),
            [("work_mem", "8MB"), ("search_path", "a b"), ("geqo", "off")]
                .map(|(n, v)| (n.to_string(), v.to_string()))
        );
    }

    proptest! {
        #[test]
        fn what_is_set_is_read_back(before in "[ -~]{0,40}", text in "\\PC{0,40}") {
            let after = with(&before, &[("x", text.clone())]);
            prop_assert_eq!(value(&after, "x"), Some(text.clone()));
            let pairs = vec![("a".to_string(), text.replace('\u{b}', ""))];
            prop_assert_eq!(settings(&options(&pairs)), pairs);
        }
    }
}
