//! Cuts one SQL statement into names, texts and signs, each engine by its own rules for quotes and
//! comments (those of [`super::sql_split`]). Knows no grammar.

use super::names::Engine;

/// A piece of a statement; comments and blanks are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// An unquoted word: a keyword, a name or a number.
    Plain(String),
    /// A quoted name, without its quotes.
    Quoted(String),
    /// A text constant, left out.
    Text,
    Sign(char),
}

impl Word {
    /// True for this keyword, in any case.
    pub fn is(&self, keyword: &str) -> bool {
        matches!(self, Word::Plain(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub fn is_any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(keyword))
    }
}

/// The words of a statement; `None` where it holds what is cut by no rule that we know: an open
/// quote, or code inside of a comment (MySQL's `/*!`).
pub fn words(engine: Engine, statement: &str) -> Option<Vec<Word>> {
    let mysql = engine == Engine::Mysql;
    let mut found = Vec::new();
    let mut rest = statement;
    while let Some(first) = rest.chars().next() {
        let tail = &rest[first.len_utf8()..];
        let (word, after) = match first {
            c if c.is_whitespace() => (None, tail),
            '-' if is_dashes(rest, mysql) => (None, line_end(rest)),
            '#' if mysql => (None, line_end(rest)),
            '/' if rest.starts_with("/*") => {
                if mysql && rest.starts_with("/*!") {
                    return None;
                }
                let (_, after) = rest[2..].split_once("*/")?;
                (None, after)
            }
            '\'' => (Some(Word::Text), quoted(tail, '\'', mysql)?.1),
            '"' if mysql => (Some(Word::Text), quoted(tail, '"', true)?.1),
            '"' | '`' if first == '"' || engine != Engine::Postgres => {
                let (name, after) = quoted(tail, first, false)?;
                (Some(Word::Quoted(name)), after)
            }
            '$' if engine == Engine::Postgres => match dollar_quoted(rest) {
                Some(after) => (Some(Word::Text), after?),
                None => (Some(Word::Sign('$')), tail),
            },
            c if is_letter(c) => {
                let end = rest.find(|c| !is_letter(c)).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                match after.strip_prefix('\'') {
                    // PostgreSQL's E'...' escapes; X'..', N'..', U&'..' do not.
                    Some(text) if word.len() == 1 || word.starts_with('_') => {
                        let escapes = mysql || word.eq_ignore_ascii_case("e");
                        (Some(Word::Text), quoted(text, '\'', escapes)?.1)
                    }
                    Some(_) | None => (Some(Word::Plain(word.to_string())), after),
                }
            }
            sign => (Some(Word::Sign(sign)), tail),
        };
        found.extend(word);
        rest = after;
    }
    Some(found)
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn is_dashes(text: &str, mysql: bool) -> bool {
    text.strip_prefix("--").is_some_and(|rest| {
        !mysql || rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c.is_control())
    })
}

fn line_end(text: &str) -> &str {
    text.find('\n').map_or("", |at| &text[at..])
}

/// What stands up to the closing mark, and what comes after it.
fn quoted(text: &str, mark: char, escapes: bool) -> Option<(String, &str)> {
    let mut inside = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if escapes && letter == '\\' {
            letters.next();
        } else if letter != mark {
            inside.push(letter);
        } else if letters.peek().is_some_and(|(_, next)| *next == mark) {
            inside.push(mark);
            letters.next();
        } else {
            return Some((inside, &text[at + mark.len_utf8()..]));
        }
    }
    None
}

/// After a `$tag$ ... $tag$`; the outer `None` where no such quote begins, the inner one where it
/// does not end.
fn dollar_quoted(text: &str) -> Option<Option<&str>> {
    let close = text[1..].find('$')? + 1;
    let tag = &text[..=close];
    let name = &text[1..close];
    if name.starts_with(|c: char| c.is_ascii_digit())
        || !name.chars().all(|c| c.is_alphanumeric() || c == '_')
    {
        return None;
    }
    Some(text[close + 1..].split_once(tag).map(|(_, after)| after))
}

#[cfg(test)]
mod tests {
    use super::{Word, words};
    use crate::domain::names::Engine;
    use proptest::prelude::*;

    fn shown(engine: Engine, text: &str) -> String {
        words(engine, text)
            .expect("it can be cut")
            .iter()
            .map(|word| match word {
                Word::Plain(word) => word.clone(),
                Word::Quoted(name) => format!("[{name}]"),
                Word::Text => "'..'".to_string(),
                Word::Sign(sign) => sign.to_string(),
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn names_texts_and_comments_are_told_apart_as_the_engine_does() {
        assert_eq!(
            shown(
                Engine::Postgres,
                "UPDATE \"A\"\"b\" SET j = E'it\\'s' -- 'x\n, k = $$ a 'b' $$ /* \" */;"
            ),
            "UPDATE [A\"b] SET j = '..' , k = '..' ;"
        );
        assert_eq!(
            shown(
                Engine::Mysql,
                "UPDATE `t` # 'x\n SET j = 'it\\'s', k = \"a\", l=_utf8mb4'x' WHERE a=1--1"
            ),
            "UPDATE [t] SET j = '..' , k = '..' , l = '..' WHERE a = 1 - - 1"
        );
        assert_eq!(words(Engine::Mysql, "/*!50003 SELECT 1 */"), None);
        assert_eq!(words(Engine::Postgres, "SELECT 'open"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_cut_without_a_panic(text in "[-;'\"$/*()\\\\ \n#`!Eaé_1,.]{0,60}") {
            for engine in [Engine::Postgres, Engine::Mysql, Engine::Sqlite] {
                let _ = words(engine, &text);
            }
        }
    }
}
