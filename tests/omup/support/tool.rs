//! Programs of the test bed, found by `tests/testbed/start NAME` and handed over in the environment.

use std::path::PathBuf;

use super::skip::skip;

/// Where the tool is (a program, or for `runit` the folder with `runsv` and `sv`); else the test is skipped.
#[track_caller]
pub fn tool(name: &str) -> Option<PathBuf> {
    match from_environment(name) {
        Ok(path) => Some(PathBuf::from(path)),
        Err(reason) => {
            skip(&reason);
            None
        }
    }
}

/// The value that `start NAME` printed, or the sentence that says why there is none.
pub fn from_environment(name: &str) -> Result<String, String> {
    let variable = format!("OMUP_TEST_{}", name.to_uppercase());
    match std::env::var(&variable) {
        Ok(value) if !value.is_empty() => Ok(value),
        Ok(_) | Err(_) => Err(std::env::var(format!("{variable}_MISSING"))
            .unwrap_or_else(|_| format!("{variable} is not set; tests/run sets it"))),
    }
}
