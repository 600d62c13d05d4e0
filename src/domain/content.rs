//! What a database holds, in a form that can be compared: objects, schema, sequences, grants, and
//! for every table the number of rows and an order-free digest.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;

/// How a table digest was computed. Two contents can only be compared under the same method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DigestMethod {
    /// PostgreSQL 14 and newer: sum over rows of `hash_record_extended`; hashes the binary values,
    /// so it cannot tell `1.0` from `1.00`. Same server major version and architecture only.
    PostgresHashRecord,
    /// PostgreSQL: sum over rows of `hashtextextended(row::text)`.
    PostgresHashText,
    /// MySQL: sum over rows of the upper 64 bits of a SHA-256 over the row's columns; a `FLOAT` goes
    /// in with the six digits that `mysqldump` writes.
    MysqlRowSha2,
    /// SQLite: SHA-256 of each row's quoted values, summed modulo 2^128.
    SqliteRowSum,
}

impl DigestMethod {
    /// What the method proves and what it cannot see, for certificate and report.
    pub fn words(self) -> &'static str {
        match self {
            DigestMethod::PostgresHashRecord => {
                "row counts and 64-bit order-free row hashes of the binary values (cannot tell 1.0 from 1.00)"
            }
            DigestMethod::PostgresHashText => {
                "row counts and 64-bit order-free hashes of each row's text"
            }
            DigestMethod::MysqlRowSha2 => {
                "row counts and 64-bit order-free sums of each row's SHA-256, generated columns left out (as mysqldump writes values: a FLOAT with six digits, a zero without its sign)"
            }
            DigestMethod::SqliteRowSum => {
                "row counts and 128-bit order-free sums of each row's SHA-256"
            }
        }
    }
}

/// One table's fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDigest {
    pub rows: u64,
    /// Decimal or hex text as the method prints it; `0` for an empty table.
    pub digest: String,
}

/// A database's whole content as of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub method: DigestMethod,
    /// `kind name` of every table, view, function, trigger, index, sequence and extension.
    pub objects: BTreeSet<String>,
    /// SHA-256 (hex) of the normalised schema text.
    pub schema_sha256: String,
    /// `kind name` of each part of that text to its SHA-256 (hex), so that what differs can be named.
    #[serde(default)]
    pub schema_parts: BTreeMap<String, String>,
    /// Sequence name to `last_value,is_called`. A sequence stands outside every snapshot: where it
    /// moved between snapshot and digest, both values stand here, `10,true..57,true`, and a copy of
    /// that snapshot's dump has one of those between.
    pub sequences: BTreeMap<String, String>,
    /// `object: grants` in a canonical order; role names included.
    pub grants: BTreeSet<String>,
    pub tables: BTreeMap<String, TableDigest>,
    /// Where the dump could not share the snapshot (MySQL): tables that were written while the dump
    /// began, as they were when it surely had. A copy of such a table that is equal to either is
    /// whole; one that is equal to neither was dumped in between, which proves nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub later: BTreeMap<String, TableDigest>,
}

/// What is said of a table that was written while the dump began.
const WRITTEN_MEANWHILE: &str = "was written while the dump began, and the copy is neither its state before nor after: it cannot be proven";

/// One difference between two contents, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The table or object that differs.
    pub what: CleanText,
    pub detail: CleanText,
}

impl Difference {
    /// True when it says nothing of the copy: the source was written at the wrong moment.
    pub fn proves_nothing(&self) -> bool {
        self.detail.as_str() == WRITTEN_MEANWHILE
    }
}

impl Content {
    /// Rows over all tables.
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|table| table.rows).sum()
    }

    /// Everything in which `other` differs from `self`; empty means equal. `self` is named the
    /// source, `other` the copy.
    pub fn differences(&self, other: &Content) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut say = |what: &str, detail: String| {
            found.push(Difference {
                what: what.into(),
                detail: CleanText::from(detail),
            });
        };
        if self.method != other.method {
            say(
                "method",
                "the two digests were computed by different methods".to_string(),
            );
            return found;
        }
        for missing in self.objects.difference(&other.objects) {
            say(missing, "is missing in the copy".to_string());
        }
        for extra in other.objects.difference(&self.objects) {
            say(extra, "stands only in the copy".to_string());
        }
        for (name, source) in &self.tables {
            match other.tables.get(name) {
                None => say(name, "table is missing in the copy".to_string()),
                Some(copy) if self.later.get(name) == Some(copy) => {}
                Some(copy) if copy != source && self.later.contains_key(name) => {
                    say(name, WRITTEN_MEANWHILE.to_string());
                }
                Some(copy) if copy.rows != source.rows => {
                    say(
                        name,
                        format!(
                            "{} rows in the source, {} in the copy",
                            source.rows, copy.rows
                        ),
                    );
                }
                Some(copy) if copy.digest != source.digest => {
                    say(name, format!("same {} rows, other content", source.rows));
                }
                Some(_) => {}
            }
        }
        for name in other
            .tables
            .keys()
            .filter(|name| !self.tables.contains_key(*name))
        {
            say(name, "table stands only in the copy".to_string());
        }
        for name in self
            .sequences
            .keys()
            .chain(other.sequences.keys())
            .collect::<BTreeSet<_>>()
        {
            let (source, copy) = (self.sequences.get(name), other.sequences.get(name));
            let same = match (source, copy) {
                (Some(source), Some(copy)) => source == copy || meet(source, copy),
                (None, _) | (_, None) => false,
            };
            if !same {
                say(
                    name,
                    format!(
                        "sequence at {} in the source, {} in the copy",
                        shown(source),
                        shown(copy)
                    ),
                );
            }
        }
        for grant in self.grants.symmetric_difference(&other.grants) {
            let side = if self.grants.contains(grant) {
                "source"
            } else {
                "copy"
            };
            say(grant, format!("grant only in the {side}"));
        }
        if self.schema_sha256 != other.schema_sha256 {
            let named = self.schema_differences(other);
            if named.is_empty() && self.objects == other.objects {
                say("schema", "the normalised schema text differs".to_string());
            }
            for (what, detail) in named {
                say(what, detail.to_string());
            }
        }
        found
    }

    /// The parts of the schema that differ; where the lists of objects differ, they have told what is missing.
    fn schema_differences<'a>(&'a self, other: &'a Content) -> Vec<(&'a str, &'static str)> {
        let names: BTreeSet<&String> = self
            .schema_parts
            .keys()
            .chain(other.schema_parts.keys())
            .collect();
        let same_objects = self.objects == other.objects;
        names
            .into_iter()
            .filter_map(
                |name| match (self.schema_parts.get(name), other.schema_parts.get(name)) {
                    (Some(source), Some(copy)) if source == copy => None,
                    (Some(_), Some(_)) => Some((name.as_str(), "is defined otherwise in the copy")),
                    (Some(_), None) => {
                        same_objects.then_some((name.as_str(), "is missing in the copy"))
                    }
                    (None, _) => same_objects.then_some((name.as_str(), "stands only in the copy")),
                },
            )
            .collect()
    }
}

/// Both values of a sequence that others used in between.
pub fn moved(
    first: &BTreeMap<String, String>,
    last: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    last.into_iter()
        .map(|(name, value)| match first.get(&name) {
            Some(before) if *before != value => {
                let range = format!("{before}..{value}");
                (name, range)
            }
            Some(_) | None => (name, value),
        })
        .collect()
}

/// True when one of the two is a range and they have a value in common.
fn meet(source: &str, copy: &str) -> bool {
    let moved = source.contains("..") || copy.contains("..");
    match (ends(source), ends(copy)) {
        (Some((low, high)), Some((least, most))) => moved && low <= most && least <= high,
        (None, _) | (_, None) => false,
    }
}

/// Least and greatest `last_value`; a sequence may count down.
fn ends(text: &str) -> Option<(i64, i64)> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let value = |text: &str| {
        text.split_once(',')
            .and_then(|(value, _)| value.parse().ok())
    };
    let (first, last): (i64, i64) = (value(first)?, value(last)?);
    Some((first.min(last), first.max(last)))
}

fn shown(value: Option<&String>) -> &str {
    value.map_or("nothing", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::meet;

    #[test]
    fn a_sequence_that_moved_meets_what_lies_between() {
        for (source, copy, same) in [
            ("10,true..57,true", "10,true", true),
            ("10,true..57,true", "33,true", true),
            ("57,true..10,true", "33,true", true),
            ("10,true..57,true", "58,true", false),
            ("10,true..57,true", "9,true", false),
            ("10,true", "10,false", false),
            ("10,true", "11,true", false),
            ("broken", "10,true..11,true", false),
        ] {
            assert_eq!(meet(source, copy), same, "{source} {copy}");
        }
    }
}
