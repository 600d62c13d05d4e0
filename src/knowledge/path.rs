//! Which way a database may go: the gates of `assets/path.toml`, and that there is no way down
//! (OpenMetadata's documentation: a backup is restored instead).

use serde::{Deserialize, Serialize};

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

const FILE: &str = include_str!("../../assets/path.toml");

/// A release that refuses databases below a floor.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    since: OmVersion,
    floor: OmVersion,
    why: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gates {
    copied: String,
    gate: Vec<Gate>,
}

/// What is built in, with the day of our copy in each reason. A file that does not parse fails the
/// test below.
pub fn embedded() -> Vec<Gate> {
    let Ok(file) = toml::from_str::<Gates>(FILE) else {
        return Vec::new();
    };
    let Gates { copied, mut gate } = file;
    for gate in &mut gate {
        gate.source = format!("{}, copied {copied}", gate.source);
    }
    gate
}

/// The stops of a way up, the target as the last: more than one where a gate forces a stop.
pub fn stops(knowledge: &Knowledge, from: &OmVersion, to: &OmVersion) -> Vec<OmVersion> {
    let mut stops: Vec<OmVersion> = knowledge
        .gates
        .iter()
        .filter(|gate| gate.since.minor_line() <= to.minor_line() && *from < gate.floor)
        .map(|gate| gate.floor.clone())
        .collect();
    stops.sort();
    stops.push(to.clone());
    stops
}

pub fn judge(knowledge: &Knowledge, from: &OmVersion, to: &OmVersion) -> PathVerdict {
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
    let closed = |gate: &&Gate| to.minor_line() >= gate.since.minor_line() && *from < gate.floor;
    if let Some(gate) = knowledge.gates.iter().find(closed) {
        let (major, minor) = gate.floor.minor_line();
        return PathVerdict::Refused {
            reason: format!(
                "{to} refuses databases below {}, and this one is at {from} ({}; {}): upgrade to the newest {major}.{minor}.x first",
                gate.floor, gate.why, gate.source
            ),
            via: Some(gate.floor.clone()),
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
    fn a_gate_makes_a_way_of_two_hops() {
        let knowledge = Knowledge::embedded();
        let v = |text: &str| text.parse::<OmVersion>().expect(text);
        assert_eq!(
            knowledge.stops(&v("1.13.4"), &v("2.1.0")),
            [v("2.0.0"), v("2.1.0")]
        );
        assert_eq!(knowledge.stops(&v("2.0.5"), &v("2.1.0")), [v("2.1.0")]);
        assert_eq!(knowledge.stops(&v("1.2.0"), &v("2.0.5")), [v("2.0.5")]);
        assert!(
            super::embedded()
                .iter()
                .all(|gate| gate.source.starts_with("https://"))
        );
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
