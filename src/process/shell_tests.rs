//! What `domain::shell` writes, a real `sh` reads.

use proptest::prelude::*;

use crate::domain::shell::quoted;

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
