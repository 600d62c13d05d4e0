//! Which extras of `openmetadata-ingestion` an environment has, told by its packages' metadata.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::clean_text::CleanText;

/// Extras that bring packages beyond those that are always there, all of them installed in a version
/// that fits (`Requires-Dist`, with and without `extra ==`).
pub fn extras(metadata: &str, installed: &BTreeMap<String, CleanText>) -> Vec<String> {
    let mut always = BTreeSet::new();
    // Extra to its packages; a package may stand there once for each Python.
    let mut asked: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    let named = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    for line in metadata.lines() {
        let Some(requirement) = line.strip_prefix("Requires-Dist:") else {
            continue;
        };
        let package: String = requirement.trim().chars().take_while(named).collect();
        let package = plain(&package);
        match requirement.split_once("extra ==") {
            None => {
                always.insert(package);
            }
            Some((_, after)) => {
                let extra = after.trim_start_matches([' ', '"', '\'']);
                let extra = extra.chars().take_while(named).collect();
                let fits = installed
                    .get(&package)
                    .is_some_and(|version| fits(requirement, version.as_str()));
                let packages = asked.entry(extra).or_default();
                *packages.entry(package).or_default() |= fits;
            }
        }
    }
    asked
        .into_iter()
        .filter(|(_, packages)| {
            let own = packages.iter().filter(|(name, _)| !always.contains(*name));
            own.clone().next().is_some() && own.clone().all(|(_, fits)| *fits)
        })
        .map(|(extra, _)| extra)
        .collect()
}

/// Whether a version is one that a requirement pins by `==` or `~=`; other signs are taken as fitting.
fn fits(requirement: &str, version: &str) -> bool {
    let pins = requirement.split(';').next().unwrap_or_default();
    let Some(at) = pins.find("==").or_else(|| pins.find("~=")) else {
        return true;
    };
    let mut pinned: Vec<&str> = pins[at + 2..]
        .trim_start()
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .next()
        .unwrap_or_default()
        .trim_matches('.')
        .split('.')
        .collect();
    if pins[at..].starts_with("~=") {
        pinned.pop();
    }
    version
        .split('.')
        .take(pinned.len())
        .eq(pinned.iter().copied())
}

/// A package's name as PEP 503 normalises it.
pub fn plain(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars() {
        let c = if matches!(c, '_' | '.') {
            '-'
        } else {
            c.to_ascii_lowercase()
        };
        if c != '-' || !plain.ends_with('-') {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::extras;

    const METADATA: &str = "Metadata-Version: 2.1\n\
        Requires-Dist: pymysql >=1.0\n\
        Requires-Dist: pymysql >=1.0 ; extra == 'mysql'\n\
        Requires-Dist: great-expectations ==0.18.8 ; extra == 'great-expectations'\n\
        Requires-Dist: great-expectations ~=1.0 ; extra == 'great-expectations-1xx'\n\
        Requires-Dist: Some_Thing[sqlalchemy] ; extra == \"trino\"\n\
        Requires-Dist: elasticsearch8 ~=8.9.0 ; extra == 'elasticsearch'\n";

    fn with(packages: &[(&str, &str)]) -> Vec<String> {
        let packages = packages.iter();
        let installed: BTreeMap<_, _> = packages
            .map(|(name, version)| ((*name).to_string(), (*version).into()))
            .collect();
        extras(METADATA, &installed)
    }

    #[test]
    fn an_extra_is_there_when_its_own_packages_are_in_the_pinned_version() {
        assert_eq!(
            with(&[("great-expectations", "1.3.1")]),
            ["great-expectations-1xx"]
        );
        assert_eq!(
            with(&[("great-expectations", "0.18.8")]),
            ["great-expectations"]
        );
        assert_eq!(
            with(&[("pymysql", "1.1.0")]),
            Vec::<String>::new(),
            "always there"
        );
        assert_eq!(with(&[("some-thing", "3.0")]), ["trino"]);
        assert_eq!(with(&[("elasticsearch8", "8.10.0")]), Vec::<String>::new());
        assert_eq!(with(&[("elasticsearch8", "8.9.2")]), ["elasticsearch"]);
    }
}
