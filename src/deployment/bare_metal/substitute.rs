//! `${NAME:-default}` in `openmetadata.yaml`, replaced in the text before it is read as YAML.
//!
//! Source: Dropwizard's `EnvironmentVariableSubstitutor` (not strict: an unset name without a
//! default stays as it is) over commons-text's `StringSubstitutor` (`$${x}` is a plain `${x}`,
//! values are replaced again).

/// One `${...}` in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<'a> {
    pub name: &'a str,
    /// As written, blanks included.
    pub default: Option<&'a str>,
}

/// Replaces every variable. `value` gives what is set, an empty text included.
pub fn substitute(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    replace(text, value, 0)
}

/// How often a value may hold variables of its own; more than that is a circle.
const DEPTH: usize = 8;

fn replace(text: &str, value: &dyn Fn(&str) -> Option<String>, depth: usize) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        let Some(end) = from.find('}') else { break };
        if let Some(escaped) = before.strip_suffix('$') {
            result.push_str(escaped);
            result.push_str(&from[..=end]);
        } else {
            result.push_str(before);
            let place = parse(&from[2..end]);
            let found = value(place.name).or_else(|| place.default.map(str::to_owned));
            match found {
                Some(found) if depth < DEPTH && found.contains("${") => {
                    result.push_str(&replace(&found, value, depth + 1));
                }
                Some(found) => result.push_str(&found),
                None => result.push_str(&from[..=end]),
            }
        }
        rest = &from[end + 1..];
    }
    result.push_str(rest);
    result
}

fn parse(inside: &str) -> Place<'_> {
    match inside.split_once(":-") {
        Some((name, default)) => Place {
            name,
            default: Some(default),
        },
        None => Place {
            name: inside,
            default: None,
        },
    }
}

/// The variables that a text asks for, in their order, those in comments included.
pub fn places(text: &str) -> Vec<Place<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let from = &rest[start..];
        let Some(end) = from.find('}') else { break };
        if !rest[..start].ends_with('$') {
            found.push(parse(&from[2..end]));
        }
        rest = &from[end + 1..];
    }
    found
}

/// True when the whole text is one variable.
pub fn only_place(text: &str) -> Option<Place<'_>> {
    let inside = text.trim().strip_prefix("${")?.strip_suffix('}')?;
    (!inside.contains(['{', '}'])).then(|| parse(inside))
}

#[cfg(test)]
mod tests {
    use super::{Place, only_place, places, substitute};
    use proptest::prelude::*;

    fn value(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("db".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("<${HOST}>".to_owned()),
            "CIRCLE" => Some("${CIRCLE}".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_replaced_as_dropwizard_does() {
        let with = |text| substitute(text, &value);
        assert_eq!(with("a ${HOST:-x}:${PORT:-5432}"), "a db:5432");
        assert_eq!(with("${SEARCH:- es}"), " es");
        assert_eq!(with("[${EMPTY:-x}] ${NONE}"), "[] ${NONE}");
        assert_eq!(with("$${HOST} ${NESTED} ${OPEN"), "${HOST} <db> ${OPEN");
        assert_eq!(with("${CIRCLE}"), "${CIRCLE}");
    }

    #[test]
    fn places_are_told_apart() {
        assert_eq!(
            places("j:${A:-b}//$${C} ${D}"),
            [
                Place {
                    name: "A",
                    default: Some("b")
                },
                Place {
                    name: "D",
                    default: None
                }
            ]
        );
        assert_eq!(only_place(" ${A:- b}").map(|place| place.name), Some("A"));
        assert_eq!(only_place("x${A}"), None);
        assert_eq!(only_place("${A}${B}"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_replaced_without_a_panic(text in "[${}A:-é ]{0,60}") {
            let _ = substitute(&text, &value);
            let _ = places(&text);
        }
    }
}
