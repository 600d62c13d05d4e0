//! README.md and CONTRIBUTING.md say what is true of the code beside them.

use std::fs;
use std::path::Path;

use std::time::Duration;

use omup::domain::answers::Answers;
use omup::exit_code::ExitCode;

use super::support::folder::Folder;
use super::support::omup::Omup;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_readme_has_the_exit_codes_as_they_are() {
    let readme = document("README.md");
    let rows: Vec<&str> = readme
        .lines()
        .filter(|line| {
            let cell = line
                .strip_prefix("| ")
                .and_then(|row| row.split(' ').next());
            cell.is_some_and(|cell| cell.parse::<u8>().is_ok())
        })
        .collect();
    let expected: Vec<String> = ExitCode::TABLE
        .iter()
        .map(|(_, number, meaning)| format!("| {number} | {meaning} |"))
        .collect();
    assert_eq!(rows, expected);
}

/// The code blocks of this kind, without their fences.
fn blocks(document: &str, kind: &str) -> Vec<String> {
    document
        .split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(kind)?.strip_prefix('\n'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_readme_has_answers_that_are_accepted() {
    let examples = blocks(&document("README.md"), "toml");
    assert_eq!(examples.len(), 1);
    for example in examples {
        let answers: Answers =
            toml::from_str(&example).unwrap_or_else(|error| panic!("README.md: {error}"));
        assert_eq!(answers.problems(), [""; 0]);
    }
}

#[test]
fn the_readme_names_commands_that_exist() {
    let folder = Folder::new("documents");
    let mut names = Vec::new();
    for block in blocks(&document("README.md"), "sh") {
        for line in block.lines() {
            let command = line
                .strip_prefix("omup ")
                .or_else(|| line.split_once(" -- ").map(|(_, command)| command));
            names.extend(
                command
                    .and_then(|words| words.split(' ').next())
                    .map(str::to_owned),
            );
        }
    }
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        let ended = Omup::new(&folder)
            .args([name.as_str(), "--help"])
            .run(Duration::from_secs(20));
        assert_eq!(ended.code, 0, "omup {name}: {}", ended.stderr);
    }
}

#[test]
fn the_map_names_every_room() {
    let map = document("CONTRIBUTING.md");
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms = fs::read_dir(&src).unwrap_or_else(|error| panic!("{}: {error}", src.display()));
    for room in rooms.flatten().filter(|entry| entry.path().is_dir()) {
        let name = room.file_name().to_string_lossy().into_owned();
        assert!(
            map.contains(&format!("| `src/{name}` |")),
            "CONTRIBUTING.md has no row for src/{name}"
        );
    }
}

#[test]
fn every_file_that_the_documents_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["README.md", "CONTRIBUTING.md"] {
        for quoted in document(name).split('`').skip(1).step_by(2) {
            let path = quoted.trim_end_matches('/');
            let is_file = ["src/", "tests/", "assets/"]
                .iter()
                .any(|start| path.starts_with(start))
                && !path.contains(['<', ' ']);
            assert!(
                !is_file || root.join(path).exists(),
                "{name} names {path}, which is not there"
            );
        }
    }
}

/// Whose pattern became what: every failure of ours is in the table, or named as one of our own.
#[test]
fn the_table_of_failures_names_those_that_are_there() {
    let text = document("assets/failures/README.md");
    let (_, origins) = text
        .split_once("## Where they come from")
        .expect("a section");
    let quoted = |text: &str| -> Vec<String> {
        let words = text.split('`').skip(1).step_by(2);
        words.map(str::to_owned).collect()
    };
    let rows: Vec<Vec<&str>> = origins
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split(" | ").collect())
        .collect();
    let (dropped, kept): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row[1] == "dropped");
    let mut named: Vec<String> = kept.iter().flat_map(|row| quoted(row[1])).collect();
    let (_, own) = origins.split_once("are our own:").expect("our own");
    named.extend(quoted(own.split_once('|').expect("a table").0));
    named.sort();
    named.dedup();
    let mut here: Vec<String> = omup::knowledge::FAILURE_FILES
        .iter()
        .flat_map(|(_, text)| {
            let file: toml::Table = toml::from_str(text).expect("TOML");
            let all = file["failure"].as_array().expect("failures").clone();
            all.into_iter()
                .map(|one| one["id"].as_str().expect("an id").to_owned())
        })
        .collect();
    here.sort();
    assert_eq!(named, here);
    for row in &dropped {
        assert!(row[2].trim_end_matches(" |").len() > 15, "{row:?}");
    }
    for number in [
        format!("list of {} failures", rows.len()),
        format!("{} were dropped", dropped.len()),
        format!("of the {} failures", here.len()),
    ] {
        assert!(origins.replace('\n', " ").contains(&number), "{number}");
    }
}
