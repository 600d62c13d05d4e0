//! Words or a pattern, looked for in lines; capitals count only where one was typed. Knows no files.
//!
//! A line is searched as it is shown, so that what can be seen can be found: an escape sequence within a word does
//! not hide it, and a progress line has only its last text.

use memchr::memmem::Finder;
use regex_automata::Input;
use regex_automata::meta::Regex;

use super::lines::{Returns, last_text};
use crate::domain::clean_text::CleanText;
use crate::domain::sought::{Sought, regex};

#[derive(Debug, Clone)]
pub struct Needle {
    sought: Sought,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    /// Byte for byte.
    Exact(Box<Finder<'static>>),
    /// ASCII in either case: look for the byte that is rarest in logs, then compare around it.
    Ascii {
        rarest: usize,
    },
    /// Other scripts in either case, which may differ in length.
    Folded,
    Pattern(Box<Regex>),
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        self.sought == other.sought
    }
}

/// What logs are full of, the commonest first.
const COMMON: &[u8] = b" eatinorsl0123dcpmhu-:.45678/9gfbyvw_k[]()=,\"xjqz";

impl Needle {
    /// `None` for nothing. A pattern that is none is looked for letter by letter: who typed it was told.
    pub fn new(sought: Option<&Sought>) -> Option<Self> {
        let sought = sought.filter(|sought| !sought.text().is_empty())?;
        let text = sought.text();
        let pattern = sought.is_pattern().then(|| regex(text));
        let way = if let Some(Ok(regex)) = pattern {
            Way::Pattern(Box::new(regex))
        } else if text.chars().any(char::is_uppercase) {
            Way::Exact(Box::new(Finder::new(text).into_owned()))
        } else if text.is_ascii() {
            let rarity = |byte: u8| COMMON.iter().position(|common| *common == byte);
            let rarest = (0..text.len()).max_by_key(|at| {
                let byte = text.as_bytes()[*at];
                rarity(byte).unwrap_or(COMMON.len())
            });
            Way::Ascii {
                rarest: rarest.unwrap_or(0),
            }
        } else {
            Way::Folded
        };
        Some(Self {
            sought: sought.clone(),
            way,
        })
    }

    /// Is it in what is shown of the line?
    pub fn is_in(&self, line: &[u8]) -> bool {
        let text = last_text(line);
        if self.must_clean(text) {
            let clean = CleanText::limited(&String::from_utf8_lossy(text), usize::MAX);
            return self.is_in_raw(clean.as_str().as_bytes());
        }
        self.is_in_raw(text)
    }

    /// Control bytes, and the first bytes of those characters that [`CleanText`] takes away. A tab becomes a
    /// blank, which matters only to who looks for one.
    fn must_clean(&self, text: &[u8]) -> bool {
        let tab = self.sought.is_pattern() || self.sought.text().contains(' ');
        let odd = |byte: u8| {
            (byte < 0x20 && (byte != b'\t' || tab))
                | (byte == 0x7f)
                | matches!(byte, 0xc2 | 0xd8 | 0xe1 | 0xe2 | 0xef | 0xf3)
        };
        // Without a way out in the middle the compiler takes many bytes at once.
        text.chunks(64)
            .any(|chunk| chunk.iter().fold(false, |any, byte| any | odd(*byte)))
    }

    fn is_in_raw(&self, text: &[u8]) -> bool {
        match &self.way {
            Way::Exact(finder) => finder.find(text).is_some(),
            Way::Ascii { rarest } => self.is_in_ascii(text, *rarest),
            Way::Folded => String::from_utf8_lossy(text)
                .to_lowercase()
                .contains(self.sought.text()),
            Way::Pattern(regex) => regex.is_match(text),
        }
    }

    fn is_in_ascii(&self, text: &[u8], rarest: usize) -> bool {
        let wanted = self.sought.text().as_bytes();
        let byte = wanted[rarest];
        let Some(last) = text.len().checked_sub(wanted.len()) else {
            return false;
        };
        // Only where the whole of it has room around the rarest byte.
        let room = &text[rarest..=last + rarest];
        memchr::memchr2_iter(byte, byte.to_ascii_uppercase(), room)
            .any(|at| text[at..at + wanted.len()].eq_ignore_ascii_case(wanted))
    }

    /// Bytes of a part that the next part may complete.
    fn overlap(&self) -> usize {
        match self.way {
            Way::Exact(_) | Way::Ascii { .. } => self.sought.text().len() - 1,
            // A letter and its small form differ by at most three bytes, a letter cut in two included.
            Way::Folded => self.sought.text().len() * 4,
            Way::Pattern(_) => LONGEST_MATCH,
        }
    }

    /// Is it in a text that goes on? `from`: how much of its beginning was searched before, and stands there only
    /// as what comes before. What ends with the last byte is found when it is known what follows.
    fn is_in_part(&self, text: &[u8], from: usize) -> bool {
        match &self.way {
            Way::Pattern(regex) => {
                let Some(end) = text.len().checked_sub(1) else {
                    return false;
                };
                from <= end && regex.is_match(Input::new(text).range(from..end))
            }
            Way::Exact(_) | Way::Ascii { .. } | Way::Folded => self.is_in_raw(text),
        }
    }

    /// Is it at the end of a text that was searched as parts?
    fn is_in_last(&self, text: &[u8], from: usize) -> bool {
        match &self.way {
            Way::Pattern(regex) => {
                from <= text.len() && regex.is_match(Input::new(text).range(from..))
            }
            Way::Exact(_) | Way::Ascii { .. } | Way::Folded => false,
        }
    }
}

/// Of a line that comes in parts, what a pattern matches across them is at most so long, in bytes.
const LONGEST_MATCH: usize = 4096;

/// The same for a line that is too long to be held: it comes in parts. Such a line is searched as it stands,
/// escape sequences and all.
#[derive(Debug, Default)]
pub struct Parts {
    returns: Returns,
    found: bool,
    /// The end of what came before.
    end: Vec<u8>,
    /// Something stands before `end`: a pattern's `^` is not there. So many of its bytes are only for that.
    before: usize,
}

impl Parts {
    pub fn feed(&mut self, needle: &Needle, part: &[u8]) {
        let (overwritten, left) = self.returns.feed(part);
        if overwritten {
            self.found = false;
            self.end.clear();
            self.before = 0;
        }
        if self.found {
            return;
        }
        self.end.extend_from_slice(&part[left]);
        self.found = needle.is_in_part(&self.end, self.before);
        let spent = self.end.len().saturating_sub(needle.overlap());
        self.end.drain(..spent);
        if spent > 0 {
            self.before = 1;
        }
    }

    /// Is it in what came so far, if that was all?
    pub fn found(&self, needle: &Needle) -> bool {
        self.found || needle.is_in_last(&self.end, self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::{Needle, Parts, Sought};
    use proptest::prelude::*;

    fn found(needle: &str, line: &[u8]) -> bool {
        words(needle).is_in(line)
    }

    fn words(text: &str) -> Needle {
        Needle::new(Some(&Sought::Words(text.to_string()))).expect("words")
    }

    #[test]
    fn capitals_count_only_where_one_was_typed() {
        assert!(found("warn", b"a WARNING") && found("warn", b"a warning"));
        assert!(!found("Warn", b"a WARNING") && found("Warn", b"a Warning"));
        assert!(found("größe", "die GRÖßE".as_bytes()) && found("größe", "Größe".as_bytes()));
        assert!(!found("Größe", "GRÖßE".as_bytes()));
        assert!(
            found(".*", b"a.*b") && !found(".*", b"abc"),
            "it is no pattern"
        );
        assert_eq!(Needle::new(Some(&Sought::Words(String::new()))), None);
        assert!(!found("longer than the line", b"short"));
    }

    #[test]
    fn what_is_seen_is_found_and_what_is_not_seen_is_not() {
        assert!(found("error: no", b"\x1b[31mERROR\x1b[0m: no"));
        assert!(!found("31m", b"\x1b[31mERROR\x1b[0m: no"));
        assert!(found("100 %", b"1 %\r100 %\r") && !found("1 %", b"1 %\r50 %"));
        assert!(found("password", "pass\u{200b}word".as_bytes()));
        assert!(found("a b", b"a\tb") && found("at org", b"\tat org"));
        assert!(
            found("ab", b"a\xff ab"),
            "bytes that are no text do no harm"
        );
    }

    proptest! {
        #[test]
        fn the_quick_way_finds_what_the_simple_way_finds(needle in "[a-c0 -]{1,4}", line in "[a-cA-C0 -]{0,40}") {
            prop_assert_eq!(found(&needle, line.as_bytes()), line.to_lowercase().contains(&needle));
        }

        #[test]
        fn parts_tell_the_same_as_the_whole(
            needle in "[abä]{1,4}|[ab]{1,3}B",
            pattern in proptest::option::of(proptest::sample::select(vec!["^a", "b$", "^a.*b$", "a+bb?", r"\bb", "^$", "(a|b){3}", "ä."])),
            line in "[abBäÄ\r]{0,40}",
            cuts in proptest::collection::vec(0usize..80, 0..6),
        ) {
            let needle = match pattern {
                Some(pattern) => Needle::new(Some(&Sought::Pattern(pattern.to_string()))).expect("a pattern"),
                None => words(&needle),
            };
            let bytes = line.as_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| (*cut).min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut parts = Parts::default();
            for ends in cuts.windows(2) {
                parts.feed(&needle, &bytes[ends[0]..ends[1]]);
            }
            prop_assert_eq!(parts.found(&needle), needle.is_in(bytes));
        }
    }
}
