//! A question about rows as SQL, for each engine. Foreign text reaches a statement through the
//! quoting of that engine only.

use super::DatabaseError;
use super::quoting::{identifier, literal};
use crate::domain::instance::RowsFound;
use crate::domain::row_question::{Condition, Place, RowQuestion, Test};

type Result<T> = std::result::Result<T, DatabaseError>;

/// Whose SQL is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Postgres,
    Sqlite,
    Mysql,
}

const DAY_MS: u64 = 86_400_000;

impl Dialect {
    /// The names of the rows that fit, at most [`RowsFound::ENOUGH`]. `table` is ready to stand in a
    /// statement, `relations` is `entity_relationship` in the same form, where it exists.
    pub fn select(
        self,
        question: &RowQuestion,
        table: &str,
        relations: Option<&str>,
    ) -> Result<String> {
        let mut conditions = Vec::new();
        for condition in &question.conditions {
            conditions.push(self.condition(condition)?);
        }
        if let (Some(entity), Some(relations)) = (&question.unrelated_to, relations) {
            let id = self.path("id")?;
            let (to, from) = (self.name("toId")?, self.name("fromEntity")?);
            conditions.push(format!(
                "NOT EXISTS (SELECT 1 FROM {relations} r WHERE r.{to} = {id} AND r.{from} = {})",
                self.literal(entity)?
            ));
        }
        let columns_only =
            question
                .conditions
                .iter()
                .find_map(|condition| match &condition.place {
                    Place::Column(column) => Some(column),
                    Place::Path(_) => None,
                });
        let shown = match columns_only {
            Some(column) => self.name(column)?,
            None => format!("COALESCE({}, {})", self.path("name")?, self.path("id")?),
        };
        let filter = if conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", conditions.join(" AND "))
        };
        Ok(format!(
            "SELECT {shown} FROM {table} t{filter} LIMIT {}",
            RowsFound::ENOUGH
        ))
    }

    fn condition(self, condition: &Condition) -> Result<String> {
        let value = match &condition.place {
            Place::Path(path) => self.path(path)?,
            Place::Column(column) => self.name(column)?,
        };
        let list = |all: &[String]| -> Result<String> {
            let quoted: Result<Vec<String>> = all.iter().map(|one| self.literal(one)).collect();
            Ok(quoted?.join(", "))
        };
        let inside = |part: &str| -> Result<String> {
            let part = self.literal(part)?;
            Ok(match self {
                Dialect::Postgres => format!("pg_catalog.strpos({value}, {part}) > 0"),
                Dialect::Sqlite | Dialect::Mysql => format!("INSTR({value}, {part}) > 0"),
            })
        };
        Ok(match &condition.test {
            Test::Is(all) => format!("{value} IN ({})", list(all)?),
            Test::Not(all) => format!("({value} IS NULL OR {value} NOT IN ({}))", list(all)?),
            Test::Holds(part) => inside(part)?,
            Test::Letters(letters) => {
                let each: Result<Vec<String>> =
                    letters.chars().map(|c| inside(&c.to_string())).collect();
                format!("({})", each?.join(" OR "))
            }
            Test::Set(true) => format!("{value} IS NOT NULL"),
            Test::Set(false) => format!("{value} IS NULL"),
            Test::OlderThanDays(days) => self.older(&value, u64::from(*days) * DAY_MS),
        })
    }

    fn older(self, value: &str, ms: u64) -> String {
        match self {
            // A cast that cannot be done is an error, so it stands behind the test in a CASE.
            Dialect::Postgres => format!(
                "CASE WHEN {value} ~ '^[0-9]{{1,18}}$' THEN ({value})::pg_catalog.int8 < \
                 (EXTRACT(epoch FROM pg_catalog.now()) * 1000)::pg_catalog.int8 - {ms} ELSE false END"
            ),
            Dialect::Sqlite => format!(
                "({value} GLOB '[0-9]*' AND CAST({value} AS INTEGER) < \
                 CAST(strftime('%s', 'now') AS INTEGER) * 1000 - {ms})"
            ),
            Dialect::Mysql => format!(
                "({value} REGEXP '^[0-9]{{1,18}}$' AND CAST({value} AS SIGNED) < UNIX_TIMESTAMP() * 1000 - {ms})"
            ),
        }
    }

    /// The text at a dotted path of the row's document, NULL where it is absent or null.
    fn path(self, path: &str) -> Result<String> {
        let plain = |key: &str| {
            !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if !path.split('.').all(plain) {
            return Err(DatabaseError::Unexpected(
                format!("'{path}' is no path in a document").into(),
            ));
        }
        Ok(match self {
            Dialect::Postgres => format!("(t.json #>> '{{{}}}')", path.replace('.', ",")),
            // `->` gives JSON text, so that true is not 1; the quotes of a text are taken off.
            Dialect::Sqlite => format!(
                "CASE WHEN json_type(t.json, '$.{path}') = 'null' THEN NULL \
                 WHEN json_type(t.json, '$.{path}') IN ('true', 'false') THEN json_type(t.json, '$.{path}') \
                 ELSE CAST(json_extract(t.json, '$.{path}') AS TEXT) END"
            ),
            Dialect::Mysql => {
                format!("NULLIF(JSON_UNQUOTE(JSON_EXTRACT(t.json, '$.{path}')), 'null')")
            }
        })
    }

    /// A column. PostgreSQL has OpenMetadata's columns in lower case, since its files do not quote
    /// them; the others do not tell the cases apart.
    fn name(self, column: &str) -> Result<String> {
        Ok(match self {
            Dialect::Postgres => identifier(&column.to_lowercase())?,
            Dialect::Sqlite => identifier(column)?,
            Dialect::Mysql => format!("`{}`", column.replace('`', "``")),
        })
    }

    fn literal(self, text: &str) -> Result<String> {
        let quoted = literal(text)?;
        Ok(match self {
            Dialect::Postgres | Dialect::Sqlite => quoted,
            // Whatever `sql_mode` says of backslashes, there is none in it.
            Dialect::Mysql if text.contains('\\') => {
                return Err(DatabaseError::Unexpected(
                    format!("'{text}' cannot be asked for").into(),
                ));
            }
            Dialect::Mysql => quoted,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Dialect;
    use crate::domain::row_question::RowQuestion;

    fn question(text: &str) -> RowQuestion {
        toml::from_str(text).expect("a question")
    }

    #[test]
    fn one_question_in_three_dialects() {
        let asked = question(
            "tables = [\"x\"]\nwhat = \"y\"\nwhere = [{ path = \"a.b\", is = [\"it's\"] }, { path = \"c\", not = [\"d\"] }]",
        );
        let sql = |dialect: Dialect, table: &str| {
            dialect
                .select(&asked, table, None)
                .expect("it can be asked")
        };
        let postgres = sql(Dialect::Postgres, "public.x");
        assert!(postgres.starts_with("SELECT COALESCE((t.json #>> '{name}'), (t.json #>> '{id}')) FROM public.x t WHERE (t.json #>> '{a,b}') IN ('it''s') AND ("), "{postgres}");
        assert!(postgres.ends_with("LIMIT 1001"));
        let mysql = sql(Dialect::Mysql, "`x`");
        assert!(
            mysql.contains(
                "NULLIF(JSON_UNQUOTE(JSON_EXTRACT(t.json, '$.a.b')), 'null') IN ('it''s')"
            ),
            "{mysql}"
        );
        assert!(sql(Dialect::Sqlite, "x").contains("json_extract(t.json, '$.a.b')"));
    }

    #[test]
    fn a_path_is_no_way_to_write_sql() {
        let asked = question(
            "tables = [\"x\"]\nwhat = \"y\"\nwhere = [{ path = \"a') OR ('1\", set = true }]",
        );
        for dialect in [Dialect::Postgres, Dialect::Sqlite, Dialect::Mysql] {
            assert!(dialect.select(&asked, "x", None).is_err());
        }
    }

    #[test]
    fn what_nothing_is_related_to() {
        let asked = question("tables = [\"query_entity\"]\nwhat = \"y\"\nunrelated-to = \"table\"");
        let sql = Dialect::Mysql.select(&asked, "`query_entity`", Some("`entity_relationship`"));
        assert!(
            sql.expect("it can be asked")
                .contains("NOT EXISTS (SELECT 1 FROM `entity_relationship` r WHERE r.`toId` = ")
        );
    }
}
