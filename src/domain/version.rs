//! OpenMetadata versions: `x.y.z` with an optional suffix, compared by number and never as text.
//!
//! Old releases of OpenMetadata itself sorted versions as text, so that 1.9 stood above 1.10
//! (OpenMetadata, `MigrationWorkflow`); the comparison here ignores the suffix as their
//! `MigrationVersionUtil` does.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One OpenMetadata version.
///
/// Equality looks at the suffix (`1.12.4-collate` is another row than `1.12.4`), order does too
/// but only after the three numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OmVersion {
    release: semver::Version,
    suffix: Option<String>,
}

/// The text is no OpenMetadata version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an OpenMetadata version (expected three numbers such as 1.12.4)")]
pub struct BadVersion(pub String);

impl OmVersion {
    /// A plain release.
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self {
            release: semver::Version::new(major, minor, patch),
            suffix: None,
        }
    }

    /// The first two numbers.
    pub fn minor_line(&self) -> (u64, u64) {
        (self.release.major, self.release.minor)
    }

    /// The three numbers without a suffix.
    pub fn triple(&self) -> (u64, u64, u64) {
        (self.release.major, self.release.minor, self.release.patch)
    }

    /// True for the rows that replay Flyway files (`0.0.N`) and for extension or baseline rows:
    /// they are bookkeeping, not the version that runs.
    pub fn is_bookkeeping(&self) -> bool {
        self.release.major == 0 && self.release.minor == 0 || self.suffix.is_some()
    }

    /// What stands behind the numbers, `collate` in `1.12.4-collate`.
    pub fn suffix(&self) -> Option<&str> {
        self.suffix.as_deref()
    }
}

impl FromStr for OmVersion {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let bad = || BadVersion(text.chars().take(40).filter(|c| !c.is_control()).collect());
        let trimmed = text.trim();
        let trimmed = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let (numbers, suffix) = match trimmed.split_once('-') {
            Some((_, "")) => return Err(bad()),
            Some((numbers, "release")) => (numbers, None),
            Some((numbers, suffix)) => (numbers, Some(suffix)),
            None => (trimmed, None),
        };
        let suffix = match suffix {
            Some(s)
                if s.len() <= 40
                    && s.chars()
                        .all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-') =>
            {
                Some(s.to_string())
            }
            Some(_) => return Err(bad()),
            None => None,
        };
        let mut parts = numbers.split('.');
        let mut next = || -> Option<u64> {
            let part = parts.next()?;
            if part.is_empty() || part.len() > 9 || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            part.parse().ok()
        };
        match (next(), next(), next(), parts.next()) {
            (Some(major), Some(minor), Some(patch), None) => Ok(Self {
                release: semver::Version::new(major, minor, patch),
                suffix,
            }),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for OmVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.release)?;
        match &self.suffix {
            Some(suffix) => write!(f, "-{suffix}"),
            None => Ok(()),
        }
    }
}

impl Ord for OmVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.triple()
            .cmp(&other.triple())
            .then_with(|| self.suffix.cmp(&other.suffix))
    }
}

impl PartialOrd for OmVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<OmVersion> for String {
    fn from(version: OmVersion) -> String {
        version.to_string()
    }
}

impl TryFrom<String> for OmVersion {
    type Error = BadVersion;

    fn try_from(text: String) -> Result<Self, BadVersion> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::OmVersion;

    fn v(text: &str) -> OmVersion {
        text.parse().expect(text)
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(v("1.9.12") < v("1.10.0"));
        assert!(v("1.12.4") < v("2.0.0"));
        assert_eq!(v("1.9.7-release"), v("1.9.7"));
        assert!(v("1.12.4-collate") > v("1.12.4"));
        assert!(v("0.0.15").is_bookkeeping());
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "1",
            "1.2",
            "1.2.x",
            "1.3.4.0",
            "1..2",
            "a.b.c",
            "1.2.3-",
            "99999999999.0.0",
            "1.2.3-\u{1b}[31m",
        ] {
            assert!(text.parse::<OmVersion>().is_err(), "{text:?}");
        }
    }
}
