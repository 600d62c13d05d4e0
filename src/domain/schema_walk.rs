//! Whether a schema gives what the pending statements need: each in its order, on a copy of the schema
//! that they change. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::schema_touch::{Reading, SchemaShape, TableShape, Touch};

/// Something that is not as a statement expects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Index of the statement.
    pub statement: usize,
    pub what: String,
    /// False where an earlier statement that was not read speaks of the same table.
    pub certain: bool,
}

/// Runs the statements over the schema in thought.
pub fn misfits<'a>(
    shape: &SchemaShape,
    statements: impl IntoIterator<Item = &'a Reading>,
) -> Vec<Misfit> {
    let mut walk = Walk {
        fold: shape.fold_tables,
        tables: BTreeMap::new(),
    };
    for (name, table) in &shape.tables {
        walk.tables.insert(walk.key(name), table.clone());
    }
    let mut clouded: BTreeSet<String> = BTreeSet::new();
    let mut misfits = Vec::new();
    for (statement, reading) in statements.into_iter().enumerate() {
        match reading {
            Reading::NotRead { mentions } => {
                clouded.extend(mentions.iter().map(|table| walk.key(table)));
            }
            Reading::Read { touches, .. } => {
                for touch in touches {
                    if let Touch::OnlyWith { table } = touch
                        && walk.table(table).is_err()
                    {
                        break;
                    }
                    if let Err(what) = walk.apply(touch) {
                        let misfit = Misfit {
                            statement,
                            what,
                            certain: touch
                                .table()
                                .is_some_and(|table| !clouded.contains(&walk.key(table))),
                        };
                        // Each action of a statement would say so of a missing table.
                        if misfits.last() != Some(&misfit) {
                            misfits.push(misfit);
                        }
                    }
                }
            }
        }
    }
    misfits
}

/// The schema as it is at one point of the way.
struct Walk {
    fold: bool,
    tables: BTreeMap<String, TableShape>,
}

impl Walk {
    fn key(&self, table: &str) -> String {
        if self.fold {
            table.to_lowercase()
        } else {
            table.to_string()
        }
    }

    fn table(&mut self, table: &str) -> Result<&mut TableShape, String> {
        let key = self.key(table);
        self.tables
            .get_mut(&key)
            .ok_or_else(|| format!("there is no table {table}"))
    }

    fn apply(&mut self, touch: &Touch) -> Result<(), String> {
        match touch {
            Touch::OnlyWith { .. } => Ok(()),
            Touch::Uses { table, columns } => {
                let found = self.table(table)?;
                match columns.iter().find(|column| found.lacks(column)) {
                    Some(column) => Err(format!("{table} has no column {column}")),
                    None => Ok(()),
                }
            }
            Touch::Creates {
                table,
                columns,
                lenient,
            } => {
                let key = self.key(table);
                if self.tables.contains_key(&key) {
                    return lenient
                        .then_some(())
                        .ok_or_else(|| format!("the table {table} is there already"));
                }
                let made = TableShape {
                    columns: columns.iter().flatten().cloned().collect(),
                    indexes: BTreeSet::new(),
                    open: columns.is_none(),
                    // Those that the statement brings are not looked at.
                    more_indexes: true,
                    collation: None,
                };
                self.tables.insert(key, made);
                Ok(())
            }
            Touch::Drops { table, lenient } => {
                let key = self.key(table);
                match self.tables.remove(&key) {
                    None if !lenient => Err(format!("there is no table {table} to drop")),
                    None | Some(_) => Ok(()),
                }
            }
            Touch::RenamesTable { table, to } => {
                let (key, new) = (self.key(table), self.key(to));
                let Some(shape) = self.tables.remove(&key) else {
                    return Err(format!("there is no table {table} to rename"));
                };
                let taken = self.tables.insert(new, shape).is_some();
                match taken {
                    true => Err(format!("the table {to} is there already")),
                    false => Ok(()),
                }
            }
            Touch::AddsColumn {
                table,
                column,
                lenient,
            } => {
                let added = self.table(table)?.columns.insert(column.clone());
                match added || *lenient {
                    true => Ok(()),
                    false => Err(format!("{table} has a column {column} already")),
                }
            }
            Touch::DropsColumn {
                table,
                column,
                lenient,
            } => {
                let found = self.table(table)?;
                let was = !found.lacks(column);
                found.columns.remove(column);
                // Indexes go with their columns, and which ones they are is not known here.
                found.indexes.clear();
                found.more_indexes = true;
                match was || *lenient {
                    true => Ok(()),
                    false => Err(format!("{table} has no column {column} to drop")),
                }
            }
            Touch::RenamesColumn { table, column, to } => {
                let found = self.table(table)?;
                if found.lacks(column) {
                    return Err(format!("{table} has no column {column} to rename"));
                }
                found.columns.remove(column);
                match found.columns.insert(to.clone()) {
                    true => Ok(()),
                    false => Err(format!("{table} has a column {to} already")),
                }
            }
            Touch::AddsIndex {
                table,
                index,
                lenient,
            } => {
                let added = self.table(table)?.indexes.insert(index.clone());
                match added || *lenient {
                    true => Ok(()),
                    false => Err(format!("{table} has an index {index} already")),
                }
            }
            Touch::AddsUnnamedIndex { table } => {
                self.table(table)?.more_indexes = true;
                Ok(())
            }
            Touch::DropsIndex {
                table: Some(table),
                index,
                lenient,
            } => {
                let found = self.table(table)?;
                match found.indexes.remove(index) || found.more_indexes || *lenient {
                    true => Ok(()),
                    false => Err(format!("{table} has no index {index} to drop")),
                }
            }
            // It may be one of a table that nobody has asked about.
            Touch::DropsIndex {
                table: None, index, ..
            } => {
                for found in self.tables.values_mut() {
                    found.indexes.remove(index);
                }
                Ok(())
            }
            Touch::RenamesIndex {
                table: Some(table),
                index,
                to,
            } => {
                let found = self.table(table)?;
                if !found.indexes.remove(index) && !found.more_indexes {
                    return Err(format!("{table} has no index {index} to rename"));
                }
                match found.indexes.insert(to.clone()) {
                    true => Ok(()),
                    false => Err(format!("{table} has an index {to} already")),
                }
            }
            Touch::RenamesIndex {
                table: None,
                index,
                to,
            } => {
                for found in self.tables.values_mut() {
                    if found.indexes.remove(index) {
                        found.indexes.insert(to.clone());
                    }
                }
                Ok(())
            }
        }
    }
}

impl TableShape {
    fn lacks(&self, column: &str) -> bool {
        !self.open && !self.columns.contains(column)
    }
}
