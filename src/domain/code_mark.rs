//! Marks in the operators' own files that a release breaks: old imports, commands, keys, addresses.

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;

/// One mark, and what to write in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeMark {
    /// Any of these on one line.
    pub find: Vec<String>,
    /// Endings of file names; every text file where empty.
    #[serde(default)]
    pub files: Vec<String>,
    /// Only in files that hold one of these somewhere.
    #[serde(default)]
    pub beside: Vec<String>,
    /// What to write instead; the change's own words where absent.
    #[serde(default)]
    pub instead: Option<String>,
}

/// A mark as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeHit {
    /// The change that breaks it.
    pub change: String,
    pub file: CleanText,
    /// Counted from 1.
    pub line: u32,
    /// The line, cut.
    pub text: CleanText,
    pub instead: Option<String>,
}

/// Characters of a line that are kept.
const KEPT: usize = 160;

/// Every mark in one file. `marks` are (change, mark).
pub fn scan(file: &str, text: &str, marks: &[(String, CodeMark)]) -> Vec<CodeHit> {
    let here: Vec<&(String, CodeMark)> = marks
        .iter()
        .filter(|(_, mark)| {
            (mark.files.is_empty() || mark.files.iter().any(|end| file.ends_with(end.as_str())))
                && (mark.beside.is_empty() || mark.beside.iter().any(|word| text.contains(word)))
        })
        .collect();
    if here.is_empty() {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for (change, mark) in &here {
            if mark.find.iter().any(|word| found(line, word)) {
                hits.push(CodeHit {
                    change: change.clone(),
                    file: file.into(),
                    line: number,
                    text: CleanText::limited(line.trim(), KEPT),
                    instead: mark.instead.clone(),
                });
            }
        }
    }
    hits
}

/// True when the word stands in the line and is no part of a longer name.
fn found(line: &str, word: &str) -> bool {
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let joined = |edge: Option<char>, next: Option<char>| {
            edge.is_some_and(name) && next.is_some_and(name)
        };
        !joined(word.chars().next(), before) && !joined(word.chars().next_back(), after)
    })
}

#[cfg(test)]
mod tests {
    use super::{CodeMark, scan};

    fn mark(find: &str, files: &[&str], beside: &[&str]) -> (String, CodeMark) {
        let owned = |all: &[&str]| all.iter().map(|text| (*text).to_string()).collect();
        (
            "1.2-x".to_string(),
            CodeMark {
                find: vec![find.to_string()],
                files: owned(files),
                beside: owned(beside),
                instead: Some("new".to_string()),
            },
        )
    }

    #[test]
    fn a_mark_is_a_whole_word_in_the_right_kind_of_file() {
        let text = "import a\nfrom sqllineage.runner import x\n# collate_sqllineage is fine\n";
        let hits = scan("a/b.py", text, &[mark("sqllineage", &[".py"], &[])]);
        assert_eq!(hits.len(), 1);
        assert_eq!((hits[0].line, hits[0].file.as_str()), (2, "a/b.py"));
        assert_eq!(hits[0].text.as_str(), "from sqllineage.runner import x");
        assert!(scan("a/b.txt", text, &[mark("sqllineage", &[".py"], &[])]).is_empty());
    }

    #[test]
    fn a_common_word_counts_only_beside_what_makes_it_ours() {
        let marks = [mark("\"owner\"", &[], &["/api/v1/", "openmetadata"])];
        assert!(scan("a.py", "x[\"owner\"]", &marks).is_empty());
        let ours = "get(om + \"/api/v1/tables\")\nx[\"owner\"]\n";
        assert_eq!(scan("a.py", ours, &marks).len(), 1);
    }
}
