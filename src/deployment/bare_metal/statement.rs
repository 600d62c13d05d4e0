//! What kind of work a migration statement is, and the table it touches first: by its first words,
//! which is enough for a plan and never decides anything.

use crate::domain::migration::StatementClass;

/// Class and table of one statement.
pub fn classify(statement: &str) -> (StatementClass, Option<String>) {
    let words = words(statement);
    let upper: Vec<String> = words.iter().map(|word| word.to_ascii_uppercase()).collect();
    let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
    let after = |marker: &str| {
        let at = upper.iter().position(|word| *word == marker)?;
        name_from(&upper, &words, at + 1)
    };
    match upper.first().copied().unwrap_or_default() {
        "ALTER" if upper.get(1) == Some(&"TABLE") => {
            let class = if rewrites(&upper) {
                StatementClass::Rebuild
            } else {
                StatementClass::Schema
            };
            (class, after("TABLE"))
        }
        "CREATE" | "DROP" if upper.iter().take(4).any(|word| *word == "INDEX") => {
            (StatementClass::Index, after("ON"))
        }
        "CREATE" | "DROP" | "ALTER" | "COMMENT" => (StatementClass::Schema, after("TABLE")),
        "UPDATE" => (StatementClass::Data, after("UPDATE")),
        "INSERT" => (StatementClass::Data, after("INTO")),
        "DELETE" => (StatementClass::Data, after("FROM")),
        "TRUNCATE" => (
            StatementClass::Data,
            after("TABLE").or_else(|| after("TRUNCATE")),
        ),
        "WITH" => {
            let table = ["UPDATE", "INTO", "DELETE"]
                .into_iter()
                .find(|marker| upper.contains(marker));
            (
                StatementClass::Data,
                match table {
                    Some("DELETE") => after("FROM"),
                    Some(marker) => after(marker),
                    None => None,
                },
            )
        }
        "REINDEX" => (StatementClass::Index, after("TABLE")),
        _ => (StatementClass::Other, None),
    }
}

/// PostgreSQL writes the whole table anew for a changed type or a stored generated column
/// (manual, "ALTER TABLE", Notes).
fn rewrites(upper: &[&str]) -> bool {
    upper.contains(&"TYPE") || (upper.contains(&"GENERATED") && upper.contains(&"STORED"))
}

/// The name at a place, past the words that may stand before it.
fn name_from(upper: &[&str], words: &[String], start: usize) -> Option<String> {
    let mut at = start;
    while matches!(
        upper.get(at).copied(),
        Some("IF" | "NOT" | "EXISTS" | "ONLY" | "TABLE")
    ) {
        at += 1;
    }
    let name = words.get(at)?;
    let name = name.split('(').next().unwrap_or(name);
    let name: String = name
        .chars()
        .filter(|c| !matches!(c, '"' | '`' | ';' | ','))
        .collect();
    (!name.is_empty()).then_some(name)
}

/// The first words without comments; enough of them to see a generated column.
fn words(statement: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut rest = statement;
    while !rest.is_empty() && plain.len() < 4000 {
        if rest.starts_with("--") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if let Some(inside) = rest.strip_prefix("/*") {
            rest = inside.find("*/").map_or("", |end| &inside[end + 2..]);
            plain.push(' ');
        } else {
            let mut letters = rest.chars();
            plain.extend(letters.next());
            rest = letters.as_str();
        }
    }
    plain
        .replace('(', " (")
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

/// The statement's beginning on one line, without comments, for progress and plan.
pub fn head(statement: &str) -> String {
    let mut head = String::new();
    for word in words(statement) {
        if head.chars().count() + word.chars().count() > 80 {
            head.push('…');
            break;
        }
        if !head.is_empty() {
            head.push(' ');
        }
        head.push_str(&word);
    }
    head
}

#[cfg(test)]
mod tests {
    use super::{classify, head};
    use crate::domain::migration::StatementClass::{Data, Index, Other, Rebuild, Schema};

    #[test]
    fn first_words_tell_the_class_and_the_table() {
        for (statement, class, table) in [
            ("CREATE TABLE IF NOT EXISTS t(id int)", Schema, Some("t")),
            (
                "create unique index if not exists i on om.t (a)",
                Index,
                Some("om.t"),
            ),
            ("ALTER TABLE t ADD COLUMN a int", Schema, Some("t")),
            (
                "ALTER TABLE \"T\" ADD COLUMN n text GENERATED ALWAYS AS (json ->> 'n') STORED",
                Rebuild,
                Some("T"),
            ),
            (
                "ALTER TABLE ONLY t ALTER COLUMN a TYPE bigint",
                Rebuild,
                Some("t"),
            ),
            ("-- why\nUPDATE t SET a = 1", Data, Some("t")),
            ("INSERT INTO t(a) VALUES (1)", Data, Some("t")),
            ("DELETE FROM t WHERE a", Data, Some("t")),
            ("WITH x AS (SELECT 1) UPDATE t SET a = 1", Data, Some("t")),
            ("DROP INDEX i", Index, None),
            ("/* x */ SELECT 1", Other, None),
            ("", Other, None),
        ] {
            let found = classify(statement);
            assert_eq!(found, (class, table.map(str::to_owned)), "{statement}");
        }
    }

    #[test]
    fn a_head_is_one_short_line() {
        let told = head("-- c\nALTER  TABLE t\n ADD COLUMN a int");
        assert_eq!(told, "ALTER TABLE t ADD COLUMN a int");
        assert!(head(&"word ".repeat(100)).chars().count() <= 81);
    }
}
