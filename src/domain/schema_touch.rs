//! What a statement needs of the schema and makes of it; [`super::schema_walk`] compares it with a
//! schema.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One thing that a statement needs or does. Names as the engine keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "touch", rename_all = "kebab-case")]
pub enum Touch {
    /// The rest of the statement counts only where the table is there.
    OnlyWith {
        table: String,
    },
    /// The table has these columns.
    Uses {
        table: String,
        columns: Vec<String>,
    },
    /// `columns` is unknown where the statement takes them from elsewhere. `lenient`: it passes over
    /// what is there already, or is not there.
    Creates {
        table: String,
        columns: Option<Vec<String>>,
        lenient: bool,
    },
    Drops {
        table: String,
        lenient: bool,
    },
    RenamesTable {
        table: String,
        to: String,
    },
    AddsColumn {
        table: String,
        column: String,
        lenient: bool,
    },
    DropsColumn {
        table: String,
        column: String,
        lenient: bool,
    },
    RenamesColumn {
        table: String,
        column: String,
        to: String,
    },
    AddsIndex {
        table: String,
        index: String,
        lenient: bool,
    },
    /// `table` is unknown where the engine names the index alone.
    DropsIndex {
        table: Option<String>,
        index: String,
        lenient: bool,
    },
    RenamesIndex {
        table: Option<String>,
        index: String,
        to: String,
    },
    /// The table gets an index whose name the engine chooses.
    AddsUnnamedIndex {
        table: String,
    },
}

impl Touch {
    /// The table that it is about, where it names one.
    pub fn table(&self) -> Option<&str> {
        match self {
            Touch::OnlyWith { table }
            | Touch::Uses { table, .. }
            | Touch::Creates { table, .. }
            | Touch::Drops { table, .. }
            | Touch::RenamesTable { table, .. }
            | Touch::AddsColumn { table, .. }
            | Touch::DropsColumn { table, .. }
            | Touch::RenamesColumn { table, .. }
            | Touch::AddsUnnamedIndex { table }
            | Touch::AddsIndex { table, .. } => Some(table),
            Touch::DropsIndex { table, .. } | Touch::RenamesIndex { table, .. } => table.as_deref(),
        }
    }
}

/// A table as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableShape {
    pub columns: BTreeSet<String>,
    pub indexes: BTreeSet<String>,
    /// There may be more columns than these.
    #[serde(default)]
    pub open: bool,
    /// There may be more indexes than these.
    #[serde(default)]
    pub more_indexes: bool,
    /// By which rule its texts are compared where a column says nothing else; MySQL only.
    #[serde(default)]
    pub collation: Option<String>,
}

/// The tables that the pending statements name, as far as they are there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SchemaShape {
    pub tables: BTreeMap<String, TableShape>,
    /// The server does not tell names of tables apart by their case.
    pub fold_tables: bool,
}

/// A statement as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reading", rename_all = "kebab-case")]
pub enum Reading {
    /// All that omup looks at in it. `partly`: it may read tables that were not recognized.
    Read {
        touches: Vec<Touch>,
        #[serde(default)]
        partly: bool,
    },
    /// Of a form that is not taken apart; it speaks of these tables.
    NotRead { mentions: Vec<String> },
}

impl Default for Reading {
    fn default() -> Self {
        Reading::NotRead {
            mentions: Vec::new(),
        }
    }
}
