//! The points that only a person can answer before an upgrade, from `assets/checklist.toml`.

use serde::Deserialize;

const FILE: &str = include_str!("../../assets/checklist.toml");

/// One point.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Never changes.
    pub id: String,
    /// A sentence that is true or not.
    pub text: String,
    /// Why it matters, for somebody who does this for the first time.
    pub why: String,
    /// The address of what it rests on.
    pub source: String,
    /// `YYYY-MM-DD`: when we read that.
    pub copied: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Points {
    point: Vec<Point>,
}

/// What is built in. A file that does not parse fails the test below.
pub fn embedded() -> Vec<Point> {
    toml::from_str::<Points>(FILE)
        .map(|file| file.point)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{FILE, Points, embedded};

    #[test]
    fn every_point_is_whole_and_has_a_name_of_its_own() {
        toml::from_str::<Points>(FILE).expect("assets/checklist.toml");
        let points = embedded();
        assert!(points.len() >= 5);
        for (index, point) in points.iter().enumerate() {
            assert!(!point.text.is_empty() && !point.why.is_empty(), "{point:?}");
            assert!(point.source.starts_with("https://"), "{point:?}");
            assert_eq!(point.copied.len(), 10, "{point:?}");
            assert!(
                points[..index].iter().all(|other| other.id != point.id),
                "{} stands twice",
                point.id
            );
        }
    }
}
