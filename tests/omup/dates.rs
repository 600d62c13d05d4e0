//! Every address that the program shows or rests on has the day on which somebody read it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Files below a folder with this ending, without the practice deployment's.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("assets/sandbox") {
                left.push(path);
            } else if path.extension().is_some_and(|end| end == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn is_day(value: &toml::Value) -> bool {
    value.as_str().is_some_and(|day| {
        day.len() == 10
            && day.starts_with("20")
            && day.char_indices().all(|(at, c)| match at {
                4 | 7 => c == '-',
                _ => c.is_ascii_digit(),
            })
    })
}

/// Gathers the addresses of a value; `dated`: a table around it says when it was read.
fn addresses(value: &toml::Value, dated: bool, found: &mut Vec<(String, bool)>) {
    match value {
        toml::Value::String(text) => found.extend(of_text(text).map(|url| (url, dated))),
        toml::Value::Array(all) => {
            for one in all {
                addresses(one, dated, found);
            }
        }
        toml::Value::Table(table) => {
            let dated = dated || table.get("copied").is_some_and(is_day);
            for one in table.values() {
                addresses(one, dated, found);
            }
        }
        _ => {}
    }
}

/// `https://...` up to what can be no part of it.
fn of_text(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("https://").map(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|c: char| c.is_whitespace() || "\"'<>()`\\,;".contains(c));
        rest[..end.unwrap_or(rest.len())]
            .trim_end_matches('.')
            .to_owned()
    })
}

/// Everything in `assets`, address and whether it has a day.
fn embedded() -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for path in files("assets", "toml") {
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let table: toml::Table = toml::from_str(&text).expect("TOML");
        let before = found.len();
        addresses(&toml::Value::Table(table), false, &mut found);
        assert!(found.len() > before, "{}: no address", path.display());
        // A comment has no day.
        let comments = text.lines().filter(|line| line.starts_with('#'));
        let comments: Vec<&str> = comments.filter(|line| line.contains("https://")).collect();
        assert_eq!(comments, [""; 0], "{}", path.display());
    }
    found
}

#[test]
fn every_address_in_the_data_has_a_day() {
    let found = embedded();
    assert!(found.len() > 400, "{}", found.len());
    let without: Vec<&str> = found
        .iter()
        .filter(|(_, dated)| !dated)
        .map(|(url, _)| url.as_str())
        .collect();
    assert_eq!(without, [""; 0]);
}

#[test]
fn every_address_in_the_code_stands_in_the_data_with_its_day() {
    let known: BTreeSet<String> = embedded().into_iter().map(|(url, _)| url).collect();
    let mut count = 0;
    for path in files("src", "rs") {
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().contains("tests"))
        {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or(&text);
        // The bare beginning is what code looks for.
        for url in of_text(code).filter(|url| url.len() > "https://".len()) {
            count += 1;
            assert!(known.contains(&url), "{}: {url}", path.display());
        }
    }
    assert!(count >= 3, "{count}");
}

#[test]
fn an_address_without_a_day_is_seen() {
    let found = |text: &str| {
        let mut found = Vec::new();
        let table: toml::Table = toml::from_str(text).expect("TOML");
        addresses(&toml::Value::Table(table), false, &mut found);
        found
    };
    let url = "https://docs.example/x";
    let plain = format!("[[a]]\nsource = \"see {url}.\"\n");
    assert_eq!(found(&plain), [(url.to_owned(), false)]);
    for (good, dated) in [
        (format!("copied = \"2026-11-26\"\n{plain}"), true),
        (format!("copied = \"lately\"\n{plain}"), false),
        (format!("{plain}copied = \"2026-11-26\"\n"), true),
        (format!("[b]\ncopied = \"2026-11-26\"\n{plain}"), false),
    ] {
        assert_eq!(found(&good), [(url.to_owned(), dated)], "{good}");
    }
}
