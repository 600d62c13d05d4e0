//! Every mistake is named with its file and line, and the built-in files have none.

use std::path::Path;

use super::failure_check::check;
use super::failure_file::read;
use crate::knowledge::FAILURE_FILES;

const WHOLE: &str = r#"[[failure]]
id = "disk-full"
title = "t"
match = ["No space left on device"]
names = "cause"
phases = ["migrate"]
cause = "c"
next = "n"
again = "look"
certainty = "sure"
sources = ["https://example.org/"]
copied = "2026-11-26"
samples = ["ERROR: No space left on device"]
near_misses = ["space left on device: 3 GB"]
"#;

fn mistakes(text: &str) -> Vec<String> {
    check(&[("one.toml".to_string(), text.to_string())])
        .mistakes
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn every_failure_file_is_right() {
    let files: Vec<(String, String)> = FAILURE_FILES
        .iter()
        .map(|(name, text)| ((*name).to_string(), (*text).to_string()))
        .collect();
    let checked = check(&files);
    assert!(
        checked.mistakes.is_empty(),
        "\n{}",
        checked
            .mistakes
            .iter()
            .map(|mistake| format!("assets/failures/{mistake}\n"))
            .collect::<String>()
    );
    assert!(checked.samples >= checked.failures && checked.failures > 0);
}

#[test]
fn every_file_in_the_folder_is_built_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/failures");
    let mut names: Vec<String> = folder
        .read_dir()
        .expect("the folder")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let built_in: Vec<&str> = FAILURE_FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, built_in, "src/knowledge/failures.rs lists them");
}

#[test]
fn a_whole_file_has_no_mistake() {
    assert_eq!(mistakes(WHOLE), [""; 0]);
    assert_eq!(read("one.toml", WHOLE).failures.len(), 1);
}

#[test]
fn every_mistake_is_named_with_its_line() {
    for (right, wrong, line, word) in [
        (
            "\"No space left on device\"",
            "\"* on\"",
            4,
            "begins or ends",
        ),
        (
            "\"No space left on device\"",
            "\"No space*left\"",
            4,
            "no whole word",
        ),
        ("id = \"disk-full\"", "id = \"Disk Full\"", 2, "an id is"),
        (
            "copied = \"2026-11-26\"",
            "copied = \"2026-13-26\"",
            12,
            "a date",
        ),
        ("copied = \"2026-11-26\"\n", "", 1, "copied"),
        (
            "sources = [\"https://example.org/\"]",
            "sources = []",
            1,
            "sources is empty",
        ),
        (
            "device\"]\nnames",
            "device\", \"No room on the device\"]\nnames",
            4,
            "no sample",
        ),
        ("https://example.org/", "ftp://example.org/", 11, "https"),
        (
            "ERROR: No space",
            "ERROR: Much space",
            13,
            "no pattern matches",
        ),
        (
            "space left on device: 3",
            "No space left on device: 3",
            14,
            "near miss",
        ),
        ("title = \"t\"", "titel = \"t\"", 3, "titel"),
        ("\"sure\"", "\"certain\"", 10, "certain"),
        ("names = \"cause\"", "names =", 5, ""),
    ] {
        let text = WHOLE.replacen(right, wrong, 1);
        assert_ne!(text, WHOLE, "{wrong}");
        let found = mistakes(&text);
        let place = format!("one.toml:{line}: ");
        assert!(
            found
                .iter()
                .any(|one| one.starts_with(&place) && one.contains(word)),
            "{wrong}: {found:#?}"
        );
    }
}

#[test]
fn an_id_in_two_files_names_both() {
    let files = ["a.toml", "b.toml"].map(|name| (name.to_string(), WHOLE.to_string()));
    let mistakes = check(&files).mistakes;
    assert!(
        mistakes
            .iter()
            .any(|one| one.file == "b.toml" && one.what.contains("a.toml:2")),
        "{mistakes:?}"
    );
}

#[test]
fn a_sample_that_another_failure_takes_is_a_mistake() {
    let other = WHOLE.replace("disk-full", "disk-full-for-error").replace(
        "No space left on device\"]\nnames",
        "ERROR: No space left on device\"]\nnames",
    );
    let files = [WHOLE, &other].map(|text| ("a.toml".to_string(), text.to_string()));
    let mistakes = check(&files).mistakes;
    assert!(
        mistakes
            .iter()
            .any(|one| one.what.contains("taken for disk-full-for-error first")),
        "{mistakes:?}"
    );
}
