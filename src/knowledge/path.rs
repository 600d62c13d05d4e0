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

/// A release that refuses databases below a floor, or to which they had better not go in one hop.
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
    #[serde(default)]
    advised: Vec<Gate>,
}

/// The stops that are known.
#[derive(Debug, Clone, Default)]
pub struct Stops {
    forced: Vec<Gate>,
    advised: Vec<Gate>,
}

impl Gate {
    /// Whether the way from one version to another goes through it.
    fn stands_between(&self, from: &OmVersion, to: &OmVersion) -> bool {
        to.minor_line() >= self.since.minor_line() && *from < self.floor
    }

    /// The release to stop at: the newest of the floor's line that is known.
    fn stop(&self, knowledge: &Knowledge) -> OmVersion {
        knowledge
            .release(&self.floor)
            .and_then(|release| release.newest.clone())
            .unwrap_or_else(|| self.floor.clone())
    }
}

/// What is built in, with the day of our copy in each reason. A file that does not parse fails the
/// test below.
pub fn embedded() -> Stops {
    let Ok(file) = toml::from_str::<Gates>(FILE) else {
        return Stops::default();
    };
    let dated = |gates: Vec<Gate>| -> Vec<Gate> {
        let date = |gate: Gate| Gate {
            source: format!("{}, copied {}", gate.source, file.copied),
            ..gate
        };
        gates.into_iter().map(date).collect()
    };
    Stops {
        forced: dated(file.gate),
        advised: dated(file.advised),
    }
}

/// The stops of a way up, the target as the last: more than one where a gate forces a stop.
pub fn stops(knowledge: &Knowledge, from: &OmVersion, to: &OmVersion) -> Vec<OmVersion> {
    let mut stops: Vec<OmVersion> = knowledge
        .stops
        .forced
        .iter()
        .filter(|gate| gate.stands_between(from, to))
        .map(|gate| gate.stop(knowledge))
        .collect();
    stops.sort();
    stops.push(to.clone());
    stops
}

/// A stop that nobody forces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdvisedStop {
    pub at: OmVersion,
    pub why: String,
}

/// The stops that are advised on a way up.
pub fn advised(knowledge: &Knowledge, from: &OmVersion, to: &OmVersion) -> Vec<AdvisedStop> {
    let between = |gate: &&Gate| gate.stands_between(from, to);
    let gates = knowledge.stops.advised.iter().filter(between);
    gates
        .map(|gate| AdvisedStop {
            at: gate.stop(knowledge),
            why: format!("{} ({})", gate.why, gate.source),
        })
        .collect()
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
    let closed = |gate: &&Gate| gate.stands_between(from, to);
    if let Some(gate) = knowledge.stops.forced.iter().find(closed) {
        let (major, minor) = gate.floor.minor_line();
        let stop = gate.stop(knowledge);
        return PathVerdict::Refused {
            reason: format!(
                "{to} refuses databases below {}, and this one is at {from} ({}; {}): upgrade to the newest {major}.{minor}.x first ({stop} when our data was copied)",
                gate.floor, gate.why, gate.source
            ),
            via: Some(stop),
        };
    }
    if let Some(suffix) = to.suffix() {
        return PathVerdict::Unknown {
            reason: format!(
                "{to} is no release ('{suffix}': a candidate, a snapshot or a build of somebody's own): no rule can be called green for it"
            ),
        };
    }
    if !knowledge.known(to) {
        return PathVerdict::Unknown {
            reason: format!(
                "{to} is newer than what this omup knows, or was never released: no rule can be called green for it"
            ),
        };
    }
    if !knowledge.covers(from) {
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
            [v("2.0.7"), v("2.1.0")]
        );
        assert_eq!(knowledge.stops(&v("2.0.5"), &v("2.1.0")), [v("2.1.0")]);
        assert_eq!(knowledge.stops(&v("1.2.0"), &v("2.0.5")), [v("2.0.5")]);
        let stops = super::embedded();
        assert!(!stops.forced.is_empty() && !stops.advised.is_empty());
        assert!(
            stops
                .forced
                .iter()
                .chain(&stops.advised)
                .all(|gate| gate.source.starts_with("https://"))
        );
    }

    #[test]
    fn what_was_never_released_and_what_is_no_release_is_unknown() {
        let knowledge = Knowledge::embedded();
        let v = |text: &str| text.parse::<OmVersion>().expect(text);
        for (from, to) in [
            ("1.13.4", "2.0.77"),
            ("1.10.7", "1.12.99"),
            ("1.12.99", "2.0.7"),
            ("1.13.4", "2.0.0-rc1"),
            ("1.13.4", "2.0.7-SNAPSHOT"),
        ] {
            let path = knowledge.path(&v(from), &v(to));
            assert!(
                matches!(path, PathVerdict::Unknown { .. }),
                "{from} {to}: {path:?}"
            );
        }
        assert!(!knowledge.known(&v("2.0.77")) && !knowledge.known(&v("2.0.0-rc1")));
        // The database's own row may carry the name of an extension.
        assert_eq!(
            knowledge.path(&v("1.12.4-collate"), &v("1.13.6")),
            PathVerdict::Allowed
        );
    }

    #[test]
    fn a_stop_that_nobody_forces_is_advised() {
        let knowledge = Knowledge::embedded();
        let v = |text: &str| text.parse::<OmVersion>().expect(text);
        let advised = |from: &str, to: &str| -> Vec<OmVersion> {
            let stops = knowledge.advised_stops(&v(from), &v(to));
            stops.into_iter().map(|stop| stop.at).collect()
        };
        assert_eq!(advised("1.3.4", "1.12.4"), [v("1.10.14")]);
        assert_eq!(advised("1.3.4", "1.10.5"), []);
        assert_eq!(advised("1.10.0", "1.12.4"), []);
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
