//! What differs between the databases of a practice deployment: names, folders, literals.
//!
//! Knows no session and no file.

/// Which SQL a session speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Postgres,
    Mysql,
    Sqlite,
}

impl Dialect {
    pub const ALL: [Dialect; 3] = [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite];

    /// The folder name below a migration's version.
    pub fn folder(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgres",
            Dialect::Mysql => "mysql",
            Dialect::Sqlite => "sqlite",
        }
    }

    /// `DB_SCHEME`: what stands after `jdbc:`.
    pub fn scheme(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgresql",
            Dialect::Mysql => "mysql",
            Dialect::Sqlite => "sqlite",
        }
    }

    /// The driver's class, which names the folder of the Flyway files.
    pub fn driver_class(self) -> &'static str {
        match self {
            Dialect::Postgres => "org.postgresql.Driver",
            Dialect::Mysql => "com.mysql.cj.jdbc.Driver",
            Dialect::Sqlite => "org.sqlite.JDBC",
        }
    }

    /// Flyway's table: quoted upper case, as its MigrationDAO writes it.
    pub fn flyway_table(self) -> &'static str {
        match self {
            Dialect::Postgres | Dialect::Sqlite => "\"DATABASE_CHANGE_LOG\"",
            Dialect::Mysql => "`DATABASE_CHANGE_LOG`",
        }
    }

    /// Text as an SQL literal; good for PostgreSQL and MySQL as they come: with
    /// `standard_conforming_strings`, without `NO_BACKSLASH_ESCAPES`.
    pub fn text(self, text: &str) -> String {
        let quoted = text.replace('\'', "''");
        match self {
            Dialect::Postgres | Dialect::Sqlite => format!("'{quoted}'"),
            Dialect::Mysql => format!("'{}'", quoted.replace('\\', "\\\\")),
        }
    }

    /// The end of an `INSERT` that leaves a row with the same key as it is.
    pub fn or_leave(self, key: &str) -> String {
        match self {
            Dialect::Postgres | Dialect::Sqlite => format!("ON CONFLICT ({key}) DO NOTHING"),
            Dialect::Mysql => format!("ON DUPLICATE KEY UPDATE {key} = {key}"),
        }
    }

    /// The end of an `INSERT` that replaces these columns of a row with the same key.
    pub fn or_replace(self, key: &str, columns: &[&str]) -> String {
        let (begin, value): (String, fn(&str) -> String) = match self {
            Dialect::Postgres | Dialect::Sqlite => {
                let begin = format!("ON CONFLICT ({key}) DO UPDATE SET");
                (begin, |column| format!("EXCLUDED.{column}"))
            }
            Dialect::Mysql => ("ON DUPLICATE KEY UPDATE".to_owned(), |column| {
                format!("VALUES({column})")
            }),
        };
        let list: Vec<String> = columns
            .iter()
            .map(|column| format!("{column} = {}", value(column)))
            .collect();
        format!("{begin} {}", list.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::Dialect;

    #[test]
    fn a_literal_is_quoted_as_the_database_reads_it() {
        let text = "it's \\ \"x\"";
        assert_eq!(Dialect::Postgres.text(text), "'it''s \\ \"x\"'");
        assert_eq!(Dialect::Mysql.text(text), "'it''s \\\\ \"x\"'");
    }

    #[test]
    fn a_row_with_the_same_key_is_replaced() {
        assert_eq!(
            Dialect::Sqlite.or_replace("k", &["a", "b"]),
            "ON CONFLICT (k) DO UPDATE SET a = EXCLUDED.a, b = EXCLUDED.b"
        );
        assert_eq!(
            Dialect::Mysql.or_replace("k", &["a"]),
            "ON DUPLICATE KEY UPDATE a = VALUES(a)"
        );
    }
}
