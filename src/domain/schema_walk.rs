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
            Reading::Read { touches } => {
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
                            certain: !clouded.contains(&walk.key(touch.table())),
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
        }
    }
}

impl TableShape {
    fn lacks(&self, column: &str) -> bool {
        !self.open && !self.columns.contains(column)
    }
}

#[cfg(test)]
mod tests {
    use super::{Reading, SchemaShape, TableShape, misfits};
    use crate::domain::names::Engine;
    use crate::domain::sql_read::read_all;

    fn shape(tables: &[(&str, &[&str], &[&str])]) -> SchemaShape {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect();
        SchemaShape {
            tables: tables
                .iter()
                .map(|(name, columns, indexes)| {
                    let table = TableShape {
                        columns: set(columns),
                        indexes: set(indexes),
                        open: false,
                    };
                    ((*name).to_string(), table)
                })
                .collect(),
            fold_tables: false,
        }
    }

    fn told(engine: Engine, statements: &[&str]) -> Vec<String> {
        let shape = shape(&[("t", &["id", "json"], &["i"]), ("u", &["id"], &[])]);
        let readings: Vec<Reading> = read_all(engine, statements.iter().copied());
        misfits(&shape, &readings)
            .into_iter()
            .map(|m| {
                let sure = if m.certain { "" } else { "?" };
                format!("{}{sure}: {}", m.statement, m.what)
            })
            .collect()
    }

    #[test]
    fn each_statement_meets_the_schema_that_the_ones_before_it_left() {
        let good = [
            "CREATE TABLE n (id int, name varchar(10) NOT NULL, PRIMARY KEY (id))",
            "ALTER TABLE n ADD COLUMN a int, ADD COLUMN b int",
            "CREATE INDEX j ON n (name, a)",
            "UPDATE n SET b = 1 WHERE a = 2",
            "ALTER TABLE n DROP COLUMN b",
            "INSERT INTO n (id, name) SELECT id, 'x' FROM t",
            "DROP TABLE n",
            "DELETE FROM t WHERE id = 1",
        ];
        for engine in [Engine::Postgres, Engine::Mysql, Engine::Sqlite] {
            assert_eq!(told(engine, &good), Vec::<String>::new(), "{engine:?}");
        }
    }

    #[test]
    fn drift_is_named_with_the_statement_that_would_meet_it() {
        assert_eq!(
            told(
                Engine::Mysql,
                &[
                    "ALTER TABLE t ADD COLUMN json JSON",
                    "ALTER TABLE gone ADD COLUMN a int",
                    "CREATE TABLE u (id int)",
                    "CREATE INDEX i ON t(id)",
                    "ALTER TABLE u MODIFY COLUMN name varchar(4)",
                    "ALTER TABLE u DROP COLUMN x",
                    "UPDATE u SET deleted = 0",
                ]
            ),
            [
                "0: t has a column json already",
                "1: there is no table gone",
                "2: the table u is there already",
                "3: t has an index i already",
                "4: u has no column name",
                "5: u has no column x to drop",
                "6: u has no column deleted",
            ]
        );
    }

    #[test]
    fn what_passes_over_itself_is_no_drift() {
        assert!(
            told(
                Engine::Postgres,
                &[
                    "ALTER TABLE IF EXISTS gone ADD COLUMN a int",
                    "ALTER TABLE IF EXISTS t ADD COLUMN a int",
                    "ALTER TABLE t ADD COLUMN IF NOT EXISTS json jsonb",
                    "ALTER TABLE t DROP COLUMN IF EXISTS x",
                    "CREATE TABLE IF NOT EXISTS u (id int)",
                    "CREATE INDEX IF NOT EXISTS i ON t (id)",
                    "DROP TABLE IF EXISTS gone",
                ]
            )
            .is_empty()
        );
    }

    #[test]
    fn after_a_statement_that_is_not_read_its_tables_are_uncertain() {
        assert_eq!(
            told(
                Engine::Postgres,
                &[
                    "DO $$ BEGIN ALTER TABLE t DROP COLUMN json; END $$",
                    "ALTER TABLE t ADD COLUMN json jsonb",
                    "ALTER TABLE u ADD COLUMN id int",
                ]
            ),
            [
                "1?: t has a column json already",
                "2: u has a column id already",
            ]
        );
    }
}
