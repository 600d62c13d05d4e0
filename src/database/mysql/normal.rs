//! A table's definition without what a dump and its restore change although the table stays the same.

/// The definition without the next `AUTO_INCREMENT` (compared by itself) and without the character
/// sets and collations of its columns: the server writes the same column with or without them,
/// depending on how it was made (seen with 8.0 and 9.7). They are compared by the catalog's word.
pub fn table(statement: &str) -> String {
    let lines: Vec<String> = without_auto_increment(statement)
        .split('\n')
        .map(|line| {
            if line.starts_with("  \"") {
                ["CHARACTER SET", "COLLATE"]
                    .iter()
                    .fold(line.to_string(), |line, word| without_option(&line, word))
            } else {
                line.to_string()
            }
        })
        .collect();
    lines.join("\n")
}

/// A view's, routine's, trigger's or event's statement without its `DEFINER`, and that account as the
/// server writes it in the sessions' mode, `"om"@"%"`.
pub fn definer(statement: &str) -> (String, Option<&str>) {
    const OPTION: &str = " DEFINER=";
    let found = statement.split_once(OPTION).and_then(|(before, rest)| {
        let user = quoted_end(rest)?;
        let host = quoted_end(rest[user..].strip_prefix('@')?)?;
        let (account, after) = rest.split_at(user + 1 + host);
        Some((format!("{before}{after}"), account))
    });
    match found {
        Some((without, account)) => (without, Some(account)),
        None => (statement.to_string(), None),
    }
}

/// Where the name in double quotes ends with which a text begins.
fn quoted_end(text: &str) -> Option<usize> {
    let mut rest = text.strip_prefix('"')?;
    loop {
        let end = rest.find('"')?;
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            // Doubled, it belongs to the name.
            Some(more) => rest = more,
            None => return Some(text.len() - rest.len()),
        }
    }
}

/// The option stands once, in the line that closes the columns.
fn without_auto_increment(statement: &str) -> String {
    const OPTION: &str = " AUTO_INCREMENT=";
    let Some(options) = statement.rfind("\n) ") else {
        return statement.to_string();
    };
    let (columns, tail) = statement.split_at(options);
    match tail.split_once(OPTION) {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{columns}{before}{rest}")
        }
        None => statement.to_string(),
    }
}

/// A column's line without ` WORD value`, where that stands outside of quotes and brackets.
fn without_option(line: &str, word: &str) -> String {
    let option = format!(" {word} ");
    let (mut quote, mut depth) = (None, 0_u32);
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ' ') if depth == 0 && line[at..].starts_with(&option) => {
                let value = &line[at + option.len()..];
                let end = value.find([' ', ',']).unwrap_or(value.len());
                return format!("{}{}", &line[..at], &value[end..]);
            }
            (_, _) => {}
        }
    }
    line.to_string()
}

#[cfg(test)]
mod tests {
    use super::{definer, table};

    #[test]
    fn the_definer_is_told_apart() {
        let (without, account) = definer(
            "CREATE ALGORITHM=UNDEFINED DEFINER=\"a\"\"b\"@\"10.%\" SQL SECURITY DEFINER VIEW \"v\" AS select ' DEFINER='",
        );
        assert_eq!(
            without,
            "CREATE ALGORITHM=UNDEFINED SQL SECURITY DEFINER VIEW \"v\" AS select ' DEFINER='"
        );
        assert_eq!(account, Some("\"a\"\"b\"@\"10.%\""));
        let odd = "CREATE PROCEDURE \"p\"() select ' DEFINER=x'";
        assert_eq!(definer(odd), (odd.to_string(), None));
    }

    #[test]
    fn the_next_number_is_no_part_of_a_definition() {
        let text = "CREATE TABLE \"t\" (\n  \"a\" int NOT NULL AUTO_INCREMENT COMMENT ' AUTO_INCREMENT=5'\n) ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT CHARSET=utf8mb4";
        let plain = table(text);
        assert!(
            plain.ends_with("\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"),
            "{plain}"
        );
        assert!(plain.contains("' AUTO_INCREMENT=5'"));
        assert_eq!(table("CREATE TABLE x"), "CREATE TABLE x");
    }

    #[test]
    fn a_column_is_the_same_with_its_character_set_and_without() {
        let written = |column: &str| {
            table(&format!(
                "CREATE TABLE \"t\" (\n  {column}\n) ENGINE=InnoDB"
            ))
        };
        assert_eq!(
            written("\"a\" varchar(64) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL,"),
            written("\"a\" varchar(64) COLLATE utf8mb3_bin NOT NULL,")
        );
        let text = "\"a COLLATE b\" varchar(9) GENERATED ALWAYS AS ((\"x\" COLLATE utf8mb4_bin)) STORED DEFAULT ' COLLATE z',";
        assert!(written(text).contains(text));
    }
}
