//! Which way a database may go.
//!
//! Sources: OpenMetadata `migration/api/MigrationWorkflow.java` (the upgrade gate of 2.1: a database
//! below 2.0.0 is refused, `--force` does not help) and its documentation (downgrades are never
//! supported; a backup is restored instead).

use serde::Serialize;

use super::Knowledge;
use crate::domain::version::OmVersion;

/// What is known of one hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "path", rename_all = "kebab-case")]
pub enum PathVerdict {
    Allowed,
    /// Never; `via` is the stop to make first, where there is one.
    Refused {
        reason: String,
        via: Option<OmVersion>,
    },
    /// Our data does not reach that far.
    Unknown {
        reason: String,
    },
}

/// First release of the line that refuses databases below 2.0.0.
const GATE: (u64, u64) = (2, 1);

pub fn judge(knowledge: &Knowledge, from: &OmVersion, to: &OmVersion) -> PathVerdict {
    let floor = OmVersion::new(2, 0, 0);
    if to.triple() == from.triple() {
        return PathVerdict::Refused {
            reason: format!("the database is at {from} already"),
            via: None,
        };
    }
    if to < from {
        return PathVerdict::Refused {
            reason: format!(
                "{from} -> {to} is a downgrade: OpenMetadata has none; the way back to an older version is its backup"
            ),
            via: None,
        };
    }
    if to.minor_line() >= GATE && *from < floor {
        return PathVerdict::Refused {
            reason: format!(
                "{to} refuses databases below 2.0.0, and this one is at {from}: upgrade to the newest 2.0.x first"
            ),
            via: Some(floor),
        };
    }
    if !knowledge.known(to) {
        return PathVerdict::Unknown {
            reason: format!(
                "{to} is newer than what this omup knows, or was never released: no rule can be called green for it"
            ),
        };
    }
    if knowledge.release(from).is_none() {
        return PathVerdict::Unknown {
            reason: format!("{from} is a version that this omup does not know"),
        };
    }
    PathVerdict::Allowed
}

#[cfg(test)]
mod tests {
    use super::PathVerdict;
    use crate::domain::version::OmVersion;
    use crate::knowledge::Knowledge;

    #[test]
    fn paths_that_exist_and_paths_that_do_not() {
        let knowledge = Knowledge::embedded();
        let v = |text: &str| text.parse::<OmVersion>().expect(text);
        let path = |from: &str, to: &str| knowledge.path(&v(from), &v(to));
        assert_eq!(path("1.10.7", "1.12.4"), PathVerdict::Allowed);
        assert_eq!(path("1.9.11", "1.10.0"), PathVerdict::Allowed);
        assert_eq!(path("1.13.4", "2.0.5"), PathVerdict::Allowed);
        assert!(matches!(
            path("1.12.4", "1.12.4"),
            PathVerdict::Refused { via: None, .. }
        ));
        assert!(matches!(
            path("1.12.4", "1.10.7"),
            PathVerdict::Refused { via: None, .. }
        ));
        assert!(matches!(
            path("1.13.4", "2.1.0"),
            PathVerdict::Refused { via: Some(_), .. }
        ));
        assert!(matches!(
            path("2.0.5", "2.9.0"),
            PathVerdict::Unknown { .. }
        ));
        assert!(matches!(
            path("1.14.0", "2.0.5"),
            PathVerdict::Unknown { .. }
        ));
    }

    #[test]
    fn notes_hold_every_version_crossed() {
        let knowledge = Knowledge::embedded();
        let notes = knowledge.notes(&OmVersion::new(1, 10, 7), &OmVersion::new(1, 12, 4));
        assert!(notes.iter().any(|n| n.change.since.minor_line() == (1, 11)));
        assert!(notes.iter().any(|n| n.change.since.minor_line() == (1, 12)));
        assert!(
            notes
                .iter()
                .all(|n| n.change.since > OmVersion::new(1, 10, 7)
                    && n.change.since <= OmVersion::new(1, 12, 4))
        );
    }
}
