//! Draws the tables of the ops tool: rulers of dashes, cells padded to the widest.

/// Renders a table; `empty` is said in its place when there are no rows.
pub fn render(columns: &[&str], rows: &[Vec<String>], empty: &str) -> String {
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells
                .map(|cell| cell.chars().count())
                .chain([column.chars().count()])
                .max()
                .unwrap_or(0)
        })
        .collect();
    let ruler: String = widths
        .iter()
        .map(|width| format!("+{}", "-".repeat(width + 2)))
        .collect::<String>()
        + "+\n";
    let line = |cells: &[String]| -> String {
        let padded = widths.iter().enumerate().map(|(at, width)| {
            let cell = cells.get(at).map_or("", String::as_str);
            let blanks = width.saturating_sub(cell.chars().count());
            format!("| {cell}{} ", " ".repeat(blanks))
        });
        padded.collect::<String>() + "|\n"
    };
    let mut text = ruler.clone();
    let header: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    text.push_str(&line(&header));
    text.push_str(&ruler);
    if rows.is_empty() {
        let width = ruler.chars().count().saturating_sub(5);
        text.push_str(&format!("| {empty:<width$} |\n"));
    }
    for row in rows {
        text.push_str(&line(row));
    }
    text.push_str(&ruler);
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn cells_are_padded_to_the_widest() {
        let text = render(
            &["Version", "Status"],
            &[vec!["1.12.0".into(), "Success and more".into()]],
            "nothing",
        );
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "+---------+------------------+");
        assert_eq!(lines[1], "| Version | Status           |");
        assert_eq!(lines[3], "| 1.12.0  | Success and more |");
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn an_empty_table_says_so() {
        assert!(render(&["Version"], &[], "No Server Migration To be Run").contains("| No Server"));
    }
}
