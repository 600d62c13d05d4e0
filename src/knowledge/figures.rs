//! Figures of others that checks rest on, with the page and the day of each, from `assets/figures.toml`.

use serde::Deserialize;

use super::Knowledge;

const FILE: &str = include_str!("../../assets/figures.toml");

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    pub id: String,
    /// What stands there, in our words.
    says: String,
    /// As a person writes it: `20 MB`, `13.3`.
    pub value: String,
    source: String,
    copied: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    figure: Vec<Figure>,
}

/// What is built in. A file that does not parse fails the test below.
pub fn embedded() -> Vec<Figure> {
    toml::from_str::<Figures>(FILE)
        .map(|file| file.figure)
        .unwrap_or_default()
}

impl Figure {
    /// For the evidence of a check.
    pub fn cited(&self) -> String {
        format!("{} ({}, copied {})", self.says, self.source, self.copied)
    }
}

impl Knowledge {
    /// The figure of this id.
    pub fn figure(&self, id: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.id == id)
    }

    /// The same for the evidence of a check: a line, or none.
    pub fn cited(&self, id: &str) -> Option<String> {
        self.figure(id).map(Figure::cited)
    }
}

#[cfg(test)]
mod tests {
    use super::{FILE, Figures, embedded};
    use crate::knowledge::Knowledge;

    #[test]
    fn every_figure_is_whole_and_has_a_name_of_its_own() {
        toml::from_str::<Figures>(FILE).expect("assets/figures.toml");
        let figures = embedded();
        for (index, figure) in figures.iter().enumerate() {
            assert!(
                figure.says.len() > 20 && !figure.value.is_empty(),
                "{figure:?}"
            );
            assert!(figures[..index].iter().all(|other| other.id != figure.id));
        }
        let cited = Knowledge::embedded().cited("mysqldump").expect("a figure");
        assert!(
            cited.contains("(https://docs.open-metadata.org/"),
            "{cited}"
        );
        assert!(cited.contains(", copied 20"), "{cited}");
    }
}
