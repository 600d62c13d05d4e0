//! All release files together: what can be wrong with them, by file and line.

use std::collections::BTreeMap;

use super::failure_file::Mistake;
use super::range::Range;
use super::releases::{Change, Release};

/// How much was checked, and what is wrong.
#[derive(Debug, Clone, Default)]
pub struct CheckedReleases {
    pub files: usize,
    pub changes: usize,
    pub mistakes: Vec<Mistake>,
}

/// One file while its mistakes are gathered.
struct File<'a> {
    name: &'a str,
    text: &'a str,
    mistakes: Vec<Mistake>,
}

impl File<'_> {
    /// A mistake on the line, counted from 1.
    fn at(&mut self, line: usize, what: impl Into<String>) {
        self.mistakes.push(Mistake {
            file: self.name.to_string(),
            line,
            what: what.into(),
        });
    }

    fn line_of_byte(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    /// The line of `key = ...`, searched from a line on.
    fn line_of(&self, key: &str, from: usize) -> usize {
        let is_key = |line: &str| {
            line.trim_start()
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        let lines = self.text.lines().enumerate().skip(from - 1);
        lines
            .filter(|(_, line)| is_key(line))
            .map(|(at, _)| at + 1)
            .next()
            .unwrap_or(from)
    }

    /// The line on which the change with this id says so.
    fn line_of_id(&self, id: &str) -> usize {
        let lines = self.text.lines().enumerate();
        let says = |line: &str| {
            let rest = line.strip_prefix("id").map(str::trim_start);
            let value = rest.and_then(|rest| rest.strip_prefix('='));
            value.is_some_and(|value| value.trim().trim_matches(['"', '\'']) == id)
        };
        lines
            .filter(|(_, line)| says(line))
            .map(|(at, _)| at + 1)
            .next()
            .unwrap_or(1)
    }
}

/// Reads all of them; never fails, says what is wrong instead. Names are file names or paths.
pub fn check(files: &[(String, String)]) -> CheckedReleases {
    let mut out = CheckedReleases {
        files: files.len(),
        ..CheckedReleases::default()
    };
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for (name, text) in files {
        let mut file = File {
            name,
            text,
            mistakes: Vec::new(),
        };
        match toml::from_str::<Release>(text) {
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let line = file.line_of_byte(at);
                file.at(line, error.message());
            }
            Ok(release) => {
                out.changes += release.change.len();
                whole(&mut file, &release);
                for change in &release.change {
                    one(&mut file, &release, change);
                    let line = file.line_of_id(&change.id);
                    let here = format!("{name}:{line}");
                    if let Some(there) = ids.insert(change.id.clone(), here) {
                        file.at(
                            line,
                            format!("{}: this id stands in {there} too", change.id),
                        );
                    }
                }
            }
        }
        out.mistakes.append(&mut file.mistakes);
    }
    out.mistakes
        .sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    out
}

fn whole(file: &mut File<'_>, release: &Release) {
    let (major, minor) = release.version.minor_line();
    let wanted = format!("{major}.{minor}.toml");
    if file.name.rsplit('/').next() != Some(wanted.as_str()) {
        let line = file.line_of("version", 1);
        file.at(
            line,
            format!("the file of {} is called {wanted}", release.version),
        );
    }
    for (key, date) in [
        ("copied", Some(&release.copied)),
        ("released", release.released.as_ref()),
    ] {
        if date.is_some_and(|date| !is_date(date)) {
            let line = file.line_of(key, 1);
            file.at(line, format!("{key}: expected YYYY-MM-DD"));
        }
    }
    let newest = release.newest.as_ref();
    let odd = newest
        .is_some_and(|newest| newest.minor_line() != (major, minor) || newest.suffix().is_some());
    if odd || newest.is_some() != release.released.is_some() {
        let line = file.line_of("newest", 1);
        let told = "newest: the highest patch of the line, for a line that is released";
        file.at(line, told);
    }
    if release.change.is_empty() {
        file.at(1, "no [[change]]: a release without one says nothing");
    }
    let ranges = release.support.ranges.iter();
    for (component, range) in ranges.chain(&release.advised.ranges) {
        let line = file.line_of(component, 1);
        if Range::parse(range).is_none() {
            file.at(line, format!("{component}: '{range}' is no range"));
        }
        let sources = release.support_sources.get(component);
        if sources.is_none_or(|all| all.is_empty() || !all.iter().all(|s| is_source(s))) {
            file.at(
                line,
                format!("{component}: no address in [support_sources]"),
            );
        }
    }
}

fn one(file: &mut File<'_>, release: &Release, change: &Change) {
    let (major, minor) = release.version.minor_line();
    let from = file.line_of_id(&change.id);
    let id = &change.id;
    if !id.starts_with(&format!("{major}.{minor}-")) {
        file.at(from, format!("{id}: an id begins with {major}.{minor}-"));
    }
    if change.since.minor_line() != (major, minor) {
        let line = file.line_of("since", from);
        file.at(line, format!("{id}: {} is of another line", change.since));
    }
    if !is_source(&change.source) {
        let line = file.line_of("source", from);
        file.at(line, format!("{id}: '{}' is no address", change.source));
    }
    if let Some(after) = &change.after
        && after.look.len() < 20
    {
        let line = file.line_of("after", from);
        file.at(
            line,
            format!("{id}: after says where to look and what is to be seen"),
        );
    }
    if let Some(users) = &change.users
        && (users.len() < 20 || !users.ends_with('.'))
    {
        let line = file.line_of("users", from);
        file.at(line, format!("{id}: users is a sentence"));
    }
    let is_table = |name: &String| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    if let Some(name) = change.takes_rows.iter().find(|name| !is_table(name)) {
        let line = file.line_of("takes-rows", from);
        file.at(
            line,
            format!("{id}: takes-rows: '{name}' is no table in lower case"),
        );
    }
    for probe in &change.probe {
        if let Some(problem) = probe.problem() {
            let line = file.line_of("probe", from);
            file.at(line, format!("{id}: {problem}"));
        }
    }
    if change.breaking() {
        let asked = (major, minor) >= (1, 2);
        for (key, there) in [
            ("text", change.text.is_some()),
            ("do", change.remedy.is_some()),
            ("look", change.look.is_some() || !asked),
        ] {
            if !there {
                file.at(from, format!("{id}: a breaking change has {key}"));
            }
        }
    }
}

/// An address, and one that says what it is about.
fn is_source(text: &str) -> bool {
    text.starts_with("https://") && text.len() > 25
}

fn is_date(text: &str) -> bool {
    let digits =
        |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => digits(year, 4) && digits(month, 2) && digits(day, 2),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    const GOOD: &str = "version = \"3.1.0\"\nreleased = \"2027-01-02\"\ncopied = \"2027-01-03\"\nnewest = \"3.1.4\"\n\
        [support]\njava = \">=21\"\n\
        [support_sources]\njava = [\"https://docs.open-metadata.org/v3.1.x/deployment/upgrade\"]\n\
        [[change]]\nid = \"3.1-tiles\"\nkind = \"breaking\"\narea = \"ui\"\nseverity = \"must-act\"\n\
        title = \"Tiles\"\nsince = \"3.1.0\"\ntext = \"t\"\ndo = \"d\"\nlook = \"l\"\n\
        source = \"https://docs.open-metadata.org/v3.1.x/releases\"\nprobe = [{ always = \"a\" }]\n";

    fn told(text: &str) -> Vec<String> {
        let files = [("assets/3.1.toml".to_string(), text.to_string())];
        let mistakes = check(&files).mistakes;
        mistakes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_mistake_is_named_by_its_line() {
        assert_eq!(told(GOOD), Vec::<String>::new());
        for (good, bad, told_as) in [
            (
                "3.1.0\"\nreleased",
                "3.2.0\"\nreleased",
                "3.1.toml:1: the file of 3.2.0",
            ),
            ("2027-01-03", "lately", "3.1.toml:3: copied"),
            ("3.1.4", "3.2.4", "3.1.toml:4: newest"),
            ("newest = \"3.1.4\"\n", "", "3.1.toml:1: newest"),
            (
                ">=21",
                "21 or so",
                "3.1.toml:6: java: '21 or so' is no range",
            ),
            (
                "id = \"3.1-tiles\"",
                "id = \"3.0-tiles\"",
                "3.1.toml:10: 3.0-tiles",
            ),
            ("kind = \"breaking\"", "kind = \"bad\"", "3.1.toml:11:"),
            (
                "since = \"3.1.0\"",
                "since = \"3.0.9\"",
                "3.1.toml:15: 3.1-tiles: 3.0.9",
            ),
            (
                "do = \"d\"\n",
                "",
                "3.1.toml:10: 3.1-tiles: a breaking change has do",
            ),
            (
                "https://docs.open-metadata.org/v3.1.x/releases",
                "a page",
                "3.1.toml:19:",
            ),
            (
                "source = \"https://docs.open-metadata.org/v3.1.x/releases\"\n",
                "source = \"https://docs.open-metadata.org/v3.1.x/releases\"\ntakes-rows = [\"Tile_entity\"]\n",
                "3.1.toml:20: 3.1-tiles: takes-rows: 'Tile_entity'",
            ),
            (
                "{ always = \"a\" }",
                "{ }",
                "3.1.toml:20: 3.1-tiles: asks 0",
            ),
            ("title", "titel", "3.1.toml:"),
            (
                "do = \"d\"\n",
                "do = \"d\"\nusers = \"nothing\"\n",
                "3.1.toml:18: 3.1-tiles: users",
            ),
        ] {
            let text = GOOD.replace(good, bad);
            let all = told(&text);
            assert!(
                all.iter().any(|one| one.contains(told_as)),
                "{bad}: {told_as}: {all:?}"
            );
        }
    }

    #[test]
    fn an_id_is_used_once_among_all_files() {
        let other = GOOD.replace("version = \"3.1.0\"", "version = \"3.1.1\"");
        let files = [
            ("3.1.toml".to_string(), GOOD.to_string()),
            ("more/3.1.toml".to_string(), other),
        ];
        let told = check(&files).mistakes;
        assert!(
            told[0]
                .to_string()
                .contains("this id stands in 3.1.toml:10 too"),
            "{told:?}"
        );
    }
}
