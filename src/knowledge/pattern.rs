//! How a failure's line is described: plain text with `*` for anything between, and nothing to escape.
//!
//! Upper and lower case are the same, and so are one blank and many. A pattern stands for whole words:
//! `table_entity` is not found in `my_table_entity_2`; next to a `*` a word may go on. No backtracking:
//! each piece is searched once, from where the last one ended, so that a hostile line costs no more
//! than its length.

use memchr::memmem::Finder;

/// The longest word that is looked at, in bytes.
pub const LONGEST_WORD: usize = 48;

/// One described line.
#[derive(Debug, Clone)]
pub struct Pattern {
    pieces: Vec<Finder<'static>>,
    /// A word may not go on before the first piece, or after the last.
    closed: (bool, bool),
    words: Vec<String>,
    literal: usize,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPattern {
    #[error("the pattern is empty")]
    Empty,
    #[error("the pattern has fewer than {least} letters and digits: it would match too much", least = Pattern::LEAST)]
    TooShort,
    #[error(
        "the pattern has no whole word of 3 to {LONGEST_WORD} letters to look for (words next to a * do not count)"
    )]
    NoWord,
    #[error("the pattern begins or ends with *: it is found anywhere in a line without it")]
    OpenEnd,
}

impl Pattern {
    /// The least letters and digits of a pattern.
    pub const LEAST: usize = 8;

    /// Reads a pattern.
    ///
    /// # Errors
    /// The text is empty, too short, open at an end, or has no whole word.
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let text = folded(text.trim());
        if text.is_empty() {
            return Err(BadPattern::Empty);
        }
        if text.starts_with('*') || text.ends_with('*') {
            return Err(BadPattern::OpenEnd);
        }
        let literal = text.bytes().filter(|byte| is_word(*byte)).count();
        if literal < Self::LEAST {
            return Err(BadPattern::TooShort);
        }
        let words = whole_words(&text);
        if words.is_empty() {
            return Err(BadPattern::NoWord);
        }
        let bytes = text.as_bytes();
        let closed = (
            bytes.first().is_some_and(|byte| is_word(*byte)),
            bytes.last().is_some_and(|byte| is_word(*byte)),
        );
        let pieces = text
            .split('*')
            .filter(|piece| !piece.is_empty())
            .map(|piece| Finder::new(piece).into_owned())
            .collect();
        Ok(Self {
            pieces,
            closed,
            words,
            literal,
        })
    }

    /// Words that stand in every line that matches.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// How much it says: letters and digits that have to be there.
    pub fn specificity(&self) -> usize {
        self.literal
    }

    /// Where it is found in a [`folded`] line, as bytes from and to.
    pub fn find(&self, line: &str) -> Option<(usize, usize)> {
        let line = line.as_bytes();
        let (mut begin, mut at) = (None, 0);
        for (number, piece) in self.pieces.iter().enumerate() {
            let first = number == 0;
            let last = number + 1 == self.pieces.len();
            let length = piece.needle().len();
            let start = piece.find_iter(&line[at..]).find_map(|offset| {
                let start = at + offset;
                let before = start.checked_sub(1).and_then(|i| line.get(i));
                let after = line.get(start + length);
                let cut = |neighbour: Option<&u8>| neighbour.is_none_or(|byte| !is_word(*byte));
                let whole = (!first || !self.closed.0 || cut(before))
                    && (!last || !self.closed.1 || cut(after));
                whole.then_some(start)
            })?;
            begin.get_or_insert(start);
            at = start + length;
        }
        begin.map(|begin| (begin, at))
    }
}

/// ASCII letters, digits and `_`.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Lower case, and one blank where there are many; the form in which lines are compared.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\t' if out.ends_with(' ') => {}
            '\t' => out.push(' '),
            c => out.push(c.to_ascii_lowercase()),
        }
    }
    out
}

/// The words that no `*` can make longer.
fn whole_words(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let mut from = 0;
    while from < bytes.len() {
        if !is_word(bytes[from]) {
            from += 1;
            continue;
        }
        let to = bytes[from..]
            .iter()
            .position(|byte| !is_word(*byte))
            .map_or(bytes.len(), |length| from + length);
        let open = (from > 0 && bytes[from - 1] == b'*') || bytes.get(to) == Some(&b'*');
        if !open && (3..=LONGEST_WORD).contains(&(to - from)) {
            words.push(text[from..to].to_string());
        }
        from = to;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{BadPattern, Pattern, folded};

    fn found(pattern: &str, line: &str) -> bool {
        Pattern::parse(pattern)
            .unwrap_or_else(|error| panic!("{pattern}: {error}"))
            .find(&folded(line))
            .is_some()
    }

    #[test]
    fn pieces_stand_in_order_and_words_are_whole() {
        let table = "Table '*' doesn't exist";
        assert!(found(table, "x: Table 'a.b' doesn't exist."));
        assert!(found(table, "TABLE  'a'  Doesn't exist"));
        assert!(!found(table, "doesn't exist: Table 'a'"));
        assert!(!found(table, "subTable 'a.b' doesn't exist"));
        assert!(!found(table, "Table 'a.b' doesn't existing"));
        assert!(found(
            "must be owner of table*entity",
            "must be owner of table_entity"
        ));
        assert!(found(
            "No space left on device",
            "xNo space left on devices, No space left on device"
        ));
    }

    #[test]
    fn what_would_match_everything_is_refused() {
        for (text, why) in [
            ("  ", BadPattern::Empty),
            ("* something long", BadPattern::OpenEnd),
            ("error:", BadPattern::TooShort),
            ("verylongword*another_long", BadPattern::NoWord),
        ] {
            assert_eq!(Pattern::parse(text).err(), Some(why), "{text}");
        }
    }

    #[test]
    fn a_hostile_line_costs_its_length() {
        let pattern = Pattern::parse("aaaaaaaab *c *d *e enough words").expect("a pattern");
        assert_eq!(pattern.find(&"a".repeat(4 << 20)), None);
        assert_eq!(pattern.find(&"aaaaaaaab c d e ".repeat(1 << 18)), None);
    }
}
