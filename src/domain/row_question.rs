//! A question to the database about rows of OpenMetadata's tables, as data and without any engine's SQL.

use serde::{Deserialize, Serialize};

/// How long the database may think about a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// As for any look.
    Look,
    /// As for reading whole tables.
    Scan,
}

/// Which rows are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RowQuestion {
    /// Lower case; a table that does not exist has no such rows. `pg_extension` is PostgreSQL's own.
    pub tables: Vec<String>,
    /// All must hold.
    #[serde(default, rename = "where")]
    pub conditions: Vec<Condition>,
    /// Only rows to which no row of this entity type is related (`entity_relationship`).
    #[serde(default)]
    pub unrelated_to: Option<String>,
    /// What such rows are, in words: `services of type Iceberg`.
    pub what: String,
}

/// One condition on a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    #[serde(flatten)]
    pub place: Place,
    #[serde(flatten)]
    pub test: Test,
}

/// Where the value stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Dotted path in the row's document: `connection.config.scheme`.
    Path(String),
    /// A column of the table.
    Column(String),
}

/// What is asked of the value's text. An object counts as its JSON text, `true` as `true`; an absent
/// value and null fail every test but `not` and `set = false`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    Is(Vec<String>),
    Not(Vec<String>),
    /// This text stands somewhere in it.
    Holds(String),
    /// One of these characters stands in it.
    Letters(String),
    Set(bool),
    /// A time (Unix ms) more than so many days ago.
    OlderThanDays(u32),
}

#[cfg(test)]
mod tests {
    use super::{Condition, Place, RowQuestion, Test};

    #[test]
    fn a_question_is_read_from_data() {
        let question: RowQuestion = toml::from_str(
            "tables = [\"dbservice_entity\"]\nwhat = \"x\"\nwhere = [{ path = \"a.b\", is = [\"c\"] }, { column = \"name\", older-than-days = 30 }]",
        )
        .expect("reads");
        assert_eq!(
            question.conditions[0],
            Condition {
                place: Place::Path("a.b".to_string()),
                test: Test::Is(vec!["c".to_string()])
            }
        );
        assert_eq!(question.conditions[1].test, Test::OlderThanDays(30));
    }
}
