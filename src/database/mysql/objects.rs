//! Everything that has a name in a database, each with its definition as the server writes it.
//!
//! What a restore changes by nature is left out of a definition (`normal`), and so is the time at
//! which a routine or trigger was made.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::normal;
use super::reader::Reader;
use super::rows::{TextRow, maybe, text};
use super::unfinished;
use crate::database::quoting::identifier;
use crate::database::{DatabaseError, Result};
use crate::domain::clean_text::CleanText;

/// The kinds of objects in the order in which they can be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Table,
    View,
    Function,
    Procedure,
    Trigger,
    Event,
}

impl Kind {
    pub const ALL: [Kind; 6] = [
        Kind::Table,
        Kind::View,
        Kind::Function,
        Kind::Procedure,
        Kind::Trigger,
        Kind::Event,
    ];

    /// As in `SHOW CREATE ...` and in lists of objects.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Table => "table",
            Kind::View => "view",
            Kind::Function => "function",
            Kind::Procedure => "procedure",
            Kind::Trigger => "trigger",
            Kind::Event => "event",
        }
    }

    fn list(self) -> &'static str {
        match self {
            Kind::Table => {
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 1"
            }
            Kind::View => {
                "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY 1"
            }
            Kind::Function => {
                "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_type = 'FUNCTION' ORDER BY 1"
            }
            Kind::Procedure => {
                "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_type = 'PROCEDURE' ORDER BY 1"
            }
            Kind::Trigger => {
                "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY event_object_table, event_manipulation, action_timing, action_order"
            }
            Kind::Event => {
                "SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1"
            }
        }
    }

    /// Columns of `SHOW CREATE` that make the definition: the statement first, then its surroundings.
    fn columns(self) -> &'static [usize] {
        match self {
            Kind::Table => &[1],
            Kind::View => &[1, 2, 3],
            // name, sql_mode, statement, client charset, connection collation, database collation
            Kind::Function | Kind::Procedure | Kind::Trigger => &[2, 1, 3, 4, 5],
            // name, sql_mode, time zone, statement, charset, collation, database collation
            Kind::Event => &[3, 1, 2, 4, 5, 6],
        }
    }
}

/// Names of one kind, in the server's order.
pub async fn names(reader: &mut Reader<'_>, kind: Kind) -> Result<Vec<String>> {
    let rows = reader
        .ask(
            &format!("listing the {}s", kind.word()),
            kind.list().to_string(),
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| text(row, 0).to_string())
        .filter(|name| kind != Kind::Table || name != unfinished::TABLE)
        .collect())
}

/// The row of `SHOW CREATE`.
pub async fn shown(reader: &mut Reader<'_>, kind: Kind, name: &str) -> Result<TextRow> {
    let doing = format!(
        "reading the definition of {} {}",
        kind.word(),
        CleanText::from(name)
    );
    let sql = format!("SHOW CREATE {} {}", kind.word(), identifier(name)?);
    let rows = reader.ask(&doing, sql).await?;
    let row = super::rows::first(rows)?;
    let statement = kind.columns()[0];
    if maybe(&row, statement).is_none() {
        return Err(DatabaseError::Unexpected(CleanText::from(format!(
            "this user may not see the definition of {} '{name}', so no backup by it can be whole; grant SHOW_ROUTINE (routines) or TRIGGER and EVENT on the database",
            kind.word()
        ))));
    }
    Ok(row)
}

/// Before `kind name`: the account under which an object runs.
const DEFINER: &str = "definer of ";

/// True for the name of an object, and not of its definer.
pub fn is_object(name: &str) -> bool {
    !name.starts_with(DEFINER)
}

/// `kind name` of every object to its definition, and `definer of kind name` to its account.
pub async fn definitions(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut texts = collations(reader).await?;
    for kind in Kind::ALL {
        for name in names(reader, kind).await? {
            let row = shown(reader, kind, &name).await?;
            let mut parts: Vec<String> = kind
                .columns()
                .iter()
                .map(|&at| text(&row, at).to_string())
                .collect();
            if kind == Kind::Table {
                parts[0] = normal::table(&parts[0]);
                parts.extend(texts.remove(&name));
            } else {
                // A part of its own: another definer is another right, and has to be named.
                let (without, account) = normal::definer(&parts[0]);
                if let Some(account) = account {
                    found.insert(
                        format!("{DEFINER}{} {name}", kind.word()),
                        account.to_string(),
                    );
                }
                parts[0] = without;
            }
            found.insert(format!("{} {name}", kind.word()), parts.join("\n-- "));
        }
    }
    Ok(found)
}

/// Table to the collations of its text columns: what [`normal::table`] leaves out of the definition.
async fn collations(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>> {
    let rows = reader
        .ask(
            "reading the columns' collations",
            "SELECT table_name, column_name, collation_name FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND collation_name IS NOT NULL ORDER BY table_name, ordinal_position"
                .to_string(),
        )
        .await?;
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for row in &rows {
        let line = format!("{} {}\n", text(row, 1), text(row, 2));
        found
            .entry(text(row, 0).to_string())
            .or_default()
            .push_str(&line);
    }
    Ok(found)
}

/// `kind name` of tables' indexes beside the objects themselves, so that a lost one has a name.
pub async fn indexes(reader: &mut Reader<'_>) -> Result<BTreeSet<String>> {
    let rows = reader
        .ask(
            "listing the indexes",
            "SELECT DISTINCT table_name, index_name FROM information_schema.statistics WHERE table_schema = DATABASE()"
                .to_string(),
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| format!("index {}.{}", text(row, 0), text(row, 1)))
        .collect())
}

/// Table to its next AUTO_INCREMENT, as `value,true` (the form of sequences).
pub async fn counters(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>> {
    let rows = reader
        .ask(
            "reading the AUTO_INCREMENT counters",
            "SELECT table_name, auto_increment FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND auto_increment IS NOT NULL"
                .to_string(),
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| (text(row, 0).to_string(), format!("{},true", text(row, 1))))
        .collect())
}

/// SHA-256 (hex) over all definitions.
pub fn sha256(definitions: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for (name, definition) in definitions {
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(definition.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize())
}

/// SHA-256 (hex) of each definition.
pub fn sha256_parts(definitions: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    definitions
        .iter()
        .map(|(name, definition)| (name.clone(), hex(&Sha256::digest(definition.as_bytes()))))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
