//! Text that a person pastes into `sh`.

/// A word as `sh` reads it back, in single quotes where it needs them.
pub fn quoted(word: &str) -> String {
    let plain = !word.is_empty()
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/._-+:@%,=".contains(&b));
    if plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use proptest::prelude::*;

    #[test]
    fn plain_words_stay_plain() {
        assert_eq!(quoted("/opt/om-1.2"), "/opt/om-1.2");
        assert_eq!(quoted("it's $x"), "'it'\\''s $x'");
        assert_eq!(quoted(""), "''");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn sh_reads_back_what_was_written(word in "[ -~é\n]{0,30}") {
            let script = format!("printf %s {}", quoted(&word));
            let said = std::process::Command::new("/bin/sh").args(["-c", &script]).output();
            let said = said.expect("sh runs").stdout;
            prop_assert_eq!(String::from_utf8_lossy(&said), word);
        }
    }
}
