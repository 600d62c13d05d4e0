//! Pages as rows of styled words, wrapped to a width. The full screen and the plain lines share them.

use crate::domain::clean_text::dangerous;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// What a word is for; the theme says how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Plain,
    Dim,
    Strong,
    Accent,
    Good,
    Warn,
    Bad,
    /// A text field, and the one that takes the letters now.
    Field,
    FieldNow,
}

/// Whatever comes to a row is shown, and nothing of it obeyed: a letter that commands a terminal, hides or turns what
/// stands beside it becomes a dot (also one in a field that somebody fills).
fn shown(text: String) -> String {
    if !text.contains(dangerous) {
        return text;
    }
    text.chars()
        .map(|c| if dangerous(c) { '·' } else { c })
        .collect()
}

/// One row before wrapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub spans: Vec<(String, Role)>,
    /// Columns that the second and later lines are moved in by.
    pub hang: u16,
    /// The marked item.
    pub marked: bool,
    /// Never wrapped, cut instead.
    pub cut: bool,
    /// A line is drawn from its end to the border.
    pub rule: bool,
    /// Column of the text cursor in the first line, where this row takes letters.
    pub cursor: Option<u16>,
}

impl Row {
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self {
            spans: vec![(shown(text.into()), role)],
            hang: 0,
            marked: false,
            cut: false,
            rule: false,
            cursor: None,
        }
    }

    pub fn empty() -> Self {
        Self::new("", Role::Plain)
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::new(text, Role::Plain)
    }

    pub fn heading(text: impl Into<String>) -> Self {
        Self::new(text, Role::Strong)
    }

    pub fn dim(text: impl Into<String>) -> Self {
        Self::new(text, Role::Dim)
    }

    /// What follows is of another kind: a line with a word in it.
    pub fn rule(text: &str) -> Self {
        Self {
            rule: true,
            ..Self::dim(format!("── {text} ")).cut()
        }
    }

    pub fn and(mut self, text: impl Into<String>, role: Role) -> Self {
        self.spans.push((shown(text.into()), role));
        self
    }

    pub fn hang(mut self, columns: u16) -> Self {
        self.hang = columns;
        self
    }

    pub fn mark(mut self, marked: bool) -> Self {
        self.marked = marked;
        self
    }

    pub fn cut(mut self) -> Self {
        self.cut = true;
        self
    }

    /// The words without style.
    pub fn plain(&self) -> String {
        self.spans.iter().map(|(text, _)| text.as_str()).collect()
    }
}

/// One line on the screen: styled words that fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    pub spans: Vec<(String, Role)>,
    pub marked: bool,
    pub cursor: Option<u16>,
}

impl Line {
    /// The words without style, and without the blanks after them.
    pub fn plain(&self) -> String {
        let text: String = self.spans.iter().map(|(text, _)| text.as_str()).collect();
        text.trim_end().to_string()
    }
}

/// Terminal cells of a text, letter by letter as they are drawn: a string's own width may be another
/// where letters change beside each other.
pub fn cells(text: &str) -> usize {
    text.graphemes(true).map(|letter| letter.width()).sum()
}

/// Wraps rows to a width in terminal cells, at blanks where there are any.
pub fn wrap(rows: &[Row], width: u16) -> Vec<Line> {
    let width = usize::from(width.max(4));
    let mut lines = Vec::new();
    for row in rows {
        wrap_row(row, width, &mut lines);
    }
    lines
}

fn wrap_row(row: &Row, width: usize, lines: &mut Vec<Line>) {
    let blank = |hang: usize| Line {
        spans: if hang > 0 {
            vec![(" ".repeat(hang), Role::Plain)]
        } else {
            Vec::new()
        },
        marked: row.marked,
        cursor: None,
    };
    let hang = usize::from(row.hang).min(width / 2);
    let mut line = blank(0);
    line.cursor = row.cursor;
    let mut used = 0;
    let mut begun = false;
    for (text, role) in &row.spans {
        let pieces = words(text).flat_map(|word| {
            let whole = cells(word) + hang <= width;
            // A path that is longer than a line is folded after a part of it.
            // A slash that begins it stays with what follows.
            let mut before = None;
            let fold = move |c: char| {
                let begins = before.replace(c).is_none();
                !whole && !begins && matches!(c, '/' | '-' | ',' | '&')
            };
            word.split_inclusive(fold)
        });
        for word in pieces {
            let cells = cells(word);
            if used + cells <= width {
                if begun || !word.trim().is_empty() || used > 0 || lines_first(&line) {
                    line.spans.push((word.to_string(), *role));
                    used += cells;
                    begun |= !word.trim().is_empty();
                }
                continue;
            }
            if row.cut {
                cut_last(&mut line, width, word, *role, used);
                lines.push(line);
                return;
            }
            if word.trim().is_empty() {
                // The blank at the fold is swallowed.
                lines.push(std::mem::replace(&mut line, blank(hang)));
                used = hang;
                begun = false;
                continue;
            }
            if used > hang && cells + hang <= width && begun {
                lines.push(std::mem::replace(&mut line, blank(hang)));
                line.spans.push((word.to_string(), *role));
                used = hang + cells;
                begun = true;
                continue;
            }
            // A word longer than a line is broken by its characters.
            for piece in word.graphemes(true) {
                let cells = piece.width();
                if used + cells > width {
                    lines.push(std::mem::replace(&mut line, blank(hang)));
                    used = hang;
                }
                line.spans.push((piece.to_string(), *role));
                used += cells;
                begun = true;
            }
        }
    }
    if row.rule && used < width {
        line.spans.push(("─".repeat(width - used), Role::Dim));
    }
    lines.push(line);
}

/// Words and the blanks between them. A mark stays with its word: neither a comma nor the rest of a run's name
/// begins a line.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let blank = rest.chars().next()?.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != blank);
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(word)
    })
}

/// Leading blanks of the first line are the indent that the page wants.
fn lines_first(line: &Line) -> bool {
    line.spans.iter().all(|(text, _)| text.trim().is_empty())
}

/// Cuts the line so that the `…` fits.
fn cut_last(line: &mut Line, width: usize, word: &str, role: Role, used: usize) {
    let mut used = used;
    for piece in word.graphemes(true) {
        if used + piece.width() + 1 > width {
            break;
        }
        line.spans.push((piece.to_string(), role));
        used += piece.width();
    }
    // Letters that take no cell may stand last: as many go as it needs to make room for the sign.
    while used >= width {
        let Some((last, _)) = line.spans.last_mut() else {
            return;
        };
        match last.graphemes(true).next_back().map(str::to_string) {
            Some(letter) => {
                last.truncate(last.len() - letter.len());
                used -= letter.width().min(used);
            }
            None => {
                line.spans.pop();
            }
        }
    }
    line.spans.push(("…".to_string(), role));
}

/// Cut to so many cells, with `…` where something is missing.
pub fn cut(text: &str, width: usize) -> String {
    if cells(text) <= width {
        return text.to_string();
    }
    let mut out = String::new();
    let mut used = 0;
    for piece in text.graphemes(true) {
        if used + piece.width() + 1 > width {
            break;
        }
        out.push_str(piece);
        used += piece.width();
    }
    out.push('…');
    out
}

/// Cut in its middle, so that both ends are read: of a path the end tells more, and gets two thirds.
pub fn cut_middle(text: &str, width: usize) -> String {
    if cells(text) <= width {
        return text.to_string();
    }
    let head = width.saturating_sub(1) / 3;
    let take = |letters: &mut dyn Iterator<Item = &str>, room: usize| {
        let mut used = 0;
        let mut taken = Vec::new();
        for letter in letters {
            used += letter.width();
            if used > room {
                break;
            }
            taken.push(letter.to_string());
        }
        taken
    };
    let mut out = take(&mut text.graphemes(true), head).concat();
    let used = cells(&out);
    let mut tail = take(
        &mut text.graphemes(true).rev(),
        width.saturating_sub(used + 1),
    );
    tail.reverse();
    out.push('…');
    out + &tail.concat()
}

/// Filled up with blanks to so many cells, or cut.
pub fn pad(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let missing = width.saturating_sub(cells(&text));
    text + &" ".repeat(missing)
}

#[cfg(test)]
mod tests {
    use super::{Role, Row, cut, cut_middle, wrap};
    /// What the line takes on the screen: each part is drawn for itself.
    fn taken(line: &super::Line) -> usize {
        line.spans.iter().map(|(text, _)| super::cells(text)).sum()
    }

    fn texts(row: Row, width: u16) -> Vec<String> {
        wrap(&[row], width)
            .iter()
            .map(|line| line.spans.iter().map(|(t, _)| t.as_str()).collect())
            .collect()
    }

    #[test]
    fn words_are_kept_whole_and_later_lines_hang() {
        let row = Row::text("  one two three four").hang(4);
        assert_eq!(texts(row, 12), ["  one two ", "    three ", "    four"]);
        let row = Row::text("by the server, or run 20261126-103438 ends.");
        assert_eq!(
            texts(row, 20),
            ["by the server, or ", "run 20261126-103438 ", "ends."]
        );
    }

    #[test]
    fn of_a_path_that_is_too_long_the_end_is_read() {
        let path = "/tmp/omup-practice-0-good/deployment/openmetadata-1.10.7";
        assert_eq!(cut_middle(path, 36), "/tmp/omup-p…ment/openmetadata-1.10.7");
        assert_eq!(cut_middle("/opt/om", 36), "/opt/om");
    }

    #[test]
    fn a_rule_goes_to_the_border_and_no_further() {
        assert_eq!(texts(Row::rule("last lines"), 20), ["── last lines ──────"]);
        assert_eq!(texts(Row::rule("of many words"), 12), ["── of many …"]);
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_wider_than_asked(text in "\\PC{0,80}", width in 16u16..70, hang in 0u16..6) {
            for cut in [false, true] {
                let mut row = Row::text(text.clone()).and(text.clone(), Role::Dim).hang(hang);
                row.cut = cut;
                for line in wrap(&[row], width) {
                    proptest::prop_assert!(taken(&line) <= usize::from(width), "{line:?}");
                }
            }
        }

        #[test]
        fn a_cut_text_fits(text in "\\PC{0,40}", width in 1usize..30) {
            proptest::prop_assert!(super::cells(&cut(&text, width)) <= width);
            proptest::prop_assert!(super::cells(&cut_middle(&text, width)) <= width.max(1));
        }
    }
}
