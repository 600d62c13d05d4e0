//! Version ranges as the release files give them.

/// True when `version` (major, minor) satisfies the `>=` at the head of a range such as
/// `>=8.0.42` or `>=9.0.0 (9.3.0 recommended)`; `None` where the text has no such head.
pub fn at_least(range: &str, version: (u32, u32)) -> Option<bool> {
    let rest = range.trim().strip_prefix(">=")?;
    let number: String = rest
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let mut parts = number.split('.').map(|part| part.parse::<u32>());
    let major = parts.next()?.ok()?;
    let minor = parts.next().and_then(Result::ok).unwrap_or(0);
    Some(version >= (major, minor))
}

#[cfg(test)]
mod tests {
    use super::at_least;

    #[test]
    fn heads_are_compared_by_number() {
        assert_eq!(at_least(">=15", (15, 18)), Some(true));
        assert_eq!(at_least(">=15", (9, 6)), Some(false));
        assert_eq!(at_least(">=12.0", (12, 0)), Some(true));
        assert_eq!(
            at_least(">=9.0.0 (9.3.0 recommended)", (8, 11)),
            Some(false)
        );
        assert_eq!(at_least("3.x", (3, 1)), None);
    }
}
