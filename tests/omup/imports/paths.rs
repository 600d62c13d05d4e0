//! Finds the paths that a source text names, with their lines. Knows Rust's tokens, not its meaning.

/// A path as it counts: `super` and `self` are replaced by `crate::...`, a group is spread out.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub line: usize,
    pub path: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Step,
    /// Anything else that matters: braces, comma, star.
    Mark(char),
}

/// The keywords that may stand right before a path; those that may stand in one are not here.
const KEYWORDS: &[&str] = &[
    "as", "break", "const", "dyn", "else", "for", "if", "impl", "in", "let", "match", "move",
    "mut", "pub", "ref", "return", "static", "unsafe", "use", "where", "while",
];

/// All paths of two or more parts in `text`, which is the file of the module `modules`.
pub fn paths_of(text: &str, modules: &[String]) -> Vec<Found> {
    let tokens = tokens_of(text);
    let mut found = Vec::new();
    // For each open brace: whether it opened an inline `mod name { ... }`.
    let mut braces: Vec<Option<String>> = Vec::new();
    let mut at = 0;
    while let Some((line, token)) = tokens.get(at) {
        match token {
            Token::Mark('{') => {
                let word = |back: usize| {
                    let index = at.checked_sub(back)?;
                    match tokens.get(index) {
                        Some((_, Token::Word(word))) => Some(word.as_str()),
                        Some((_, Token::Step | Token::Mark(_))) | None => None,
                    }
                };
                let inline = (word(2) == Some("mod")).then(|| word(1)).flatten();
                braces.push(inline.map(str::to_owned));
                at += 1;
            }
            Token::Mark('}') => {
                braces.pop();
                at += 1;
            }
            Token::Word(_) => {
                let mut here = modules.to_vec();
                here.extend(braces.iter().flatten().cloned());
                // `crate as name` gives the whole crate another name.
                if let (Some((_, Token::Word(first))), Some((_, Token::Word(next)))) =
                    (tokens.get(at), tokens.get(at + 1))
                    && first == "crate"
                    && next == "as"
                {
                    let path = vec!["crate".to_owned(), "*".to_owned()];
                    found.push(Found { line: *line, path });
                }
                at = read_path(&tokens, at, &[], &mut |line, path| {
                    if path.len() > 1 {
                        let path = resolve(path, &here);
                        found.push(Found { line, path });
                    }
                });
            }
            Token::Step | Token::Mark(_) => at += 1,
        }
    }
    found
}

/// Reads one path, with its group if it ends in one, and gives the index after it.
fn read_path(
    tokens: &[(usize, Token)],
    mut at: usize,
    before: &[String],
    give: &mut impl FnMut(usize, &[String]),
) -> usize {
    let mut path = before.to_vec();
    let mut line = tokens.get(at).map_or(0, |(line, _)| *line);
    loop {
        match tokens.get(at) {
            Some((_, Token::Step)) => at += 1,
            Some((here, Token::Word(word))) => {
                line = *here;
                at += 1;
                // What follows is a path of its own, which may begin with `::`.
                if KEYWORDS.contains(&word.as_str()) {
                    break;
                }
                path.push(word.clone());
                if !matches!(tokens.get(at), Some((_, Token::Step))) {
                    break;
                }
            }
            Some((here, Token::Mark('*'))) if !path.is_empty() => {
                line = *here;
                path.push("*".to_owned());
                at += 1;
                break;
            }
            Some((_, Token::Mark('{'))) if !path.is_empty() => {
                at += 1;
                loop {
                    match tokens.get(at) {
                        None => return at,
                        Some((_, Token::Mark('}'))) => return at + 1,
                        Some((_, Token::Word(word))) if word == "as" => at += 2,
                        Some((_, Token::Word(_) | Token::Mark('*'))) => {
                            at = read_path(tokens, at, &path, give);
                        }
                        Some((_, Token::Step | Token::Mark(_))) => at += 1,
                    }
                }
            }
            Some((_, Token::Mark(_))) | None => break,
        }
    }
    give(line, &path);
    at
}

/// Replaces a leading `self` or chain of `super` by the place it means.
fn resolve(path: &[String], here: &[String]) -> Vec<String> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let own = usize::from(path.first().is_some_and(|part| part == "self"));
    if ups == 0 && own == 0 {
        return path.to_vec();
    }
    let kept = here.len().saturating_sub(ups);
    let mut whole = vec!["crate".to_owned()];
    whole.extend(here.iter().take(kept).cloned());
    whole.extend(path.iter().skip(ups + own).cloned());
    whole
}

/// The tokens with their lines; comments, strings, characters and lifetimes are left out.
fn tokens_of(text: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while let Some(&char) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        let end = match (char, next) {
            ('/', Some('/')) => skip_while(&chars, at, |c| c != '\n'),
            ('/', Some('*')) => skip_comment(&chars, at),
            ('"', _) => skip_string(&chars, at),
            ('\'', _) => skip_quote(&chars, at),
            (':', Some(':')) => {
                tokens.push((line, Token::Step));
                at + 2
            }
            (c, _) if c.is_alphabetic() || c == '_' => {
                let end = skip_while(&chars, at, |c| c.is_alphanumeric() || c == '_');
                match raw_string(&chars, at, end) {
                    Some(end) => end,
                    None => {
                        let word = chars.get(at..end).unwrap_or_default().iter().collect();
                        tokens.push((line, Token::Word(word)));
                        end
                    }
                }
            }
            (c, _) if c.is_whitespace() => at + 1,
            (c, _) if c.is_ascii_digit() => {
                skip_while(&chars, at, |c| c.is_alphanumeric() || c == '_')
            }
            (c, _) => {
                tokens.push((line, Token::Mark(c)));
                at + 1
            }
        };
        let passed = chars.get(at..end).unwrap_or_default();
        line += passed.iter().filter(|c| **c == '\n').count();
        at = end;
    }
    tokens
}

fn skip_while(chars: &[char], at: usize, more: impl Fn(char) -> bool) -> usize {
    let rest = chars.iter().skip(at);
    at + rest.take_while(|c| more(**c)).count()
}

fn skip_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < chars.len() {
        match (chars.get(at), chars.get(at + 1)) {
            (Some('/'), Some('*')) => {
                depth += 1;
                at += 2;
            }
            (Some('*'), Some('/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    break;
                }
            }
            (_, _) => at += 1,
        }
    }
    at
}

/// A string with escapes, from its opening quote.
fn skip_string(chars: &[char], mut at: usize) -> usize {
    at += 1;
    while let Some(char) = chars.get(at) {
        match char {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// A character such as `'"'` or `'\''`, or else a lifetime.
fn skip_quote(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => skip_while(chars, at + 3, |c| c != '\'') + 1,
        (Some(_), Some('\'')) => at + 3,
        (_, _) => at + 1,
    }
}

/// The end of a raw string whose prefix (`r`, `br`, `cr`) is the word from `at` to `end`; `None` for other words.
fn raw_string(chars: &[char], at: usize, end: usize) -> Option<usize> {
    let word: String = chars.get(at..end)?.iter().collect();
    let hashes = skip_while(chars, end, |c| c == '#') - end;
    let quote = end + hashes;
    if !matches!(word.as_str(), "r" | "br" | "cr") || chars.get(quote) != Some(&'"') {
        return None;
    }
    let mut close = quote + 1;
    while close < chars.len() {
        let ended = chars.get(close) == Some(&'"')
            && skip_while(chars, close + 1, |c| c == '#') - close > hashes;
        if ended {
            return Some(close + 1 + hashes);
        }
        close += 1;
    }
    Some(chars.len())
}
