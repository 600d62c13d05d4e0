//! What a new database needs to be the same as the old one from outside: character set, collation,
//! and who may use it.

use super::grants;
use super::reader::Reader;
use super::rows::{first, text};
use crate::database::quoting::identifier;
use crate::database::{DatabaseError, Result};
use crate::domain::backup::DatabaseShape;
use crate::domain::clean_text::CleanText;

/// Reads it from the reader's database.
pub async fn read(reader: &mut Reader<'_>) -> Result<DatabaseShape> {
    let row = first(
        reader
            .ask(
                "reading the database's character set",
                "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata \
                 WHERE schema_name = DATABASE()"
                    .to_string(),
            )
            .await?,
    )?;
    Ok(DatabaseShape {
        encoding: text(&row, 0).to_string(),
        collate: text(&row, 1).to_string(),
        acl: grants::lines(&grants::read(reader).await?),
        ..DatabaseShape::default()
    })
}

/// Creates the empty database; fails if it exists.
pub fn create_statement(database: &str, shape: &DatabaseShape) -> Result<String> {
    let mut sql = format!("CREATE DATABASE {}", identifier(database)?);
    if !shape.encoding.is_empty() {
        sql.push_str(&format!(
            " CHARACTER SET {} COLLATE {}",
            word(&shape.encoding)?,
            word(&shape.collate)?
        ));
    }
    Ok(sql)
}

/// Statements that finish a restored database.
pub fn finish_statements(database: &str, shape: &DatabaseShape) -> Result<Vec<String>> {
    grants::statements(&shape.acl, database)
}

/// Names of character sets and collations are plain words; anything else is no such name.
fn word(name: &str) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(plain) {
        return Ok(name);
    }
    Err(DatabaseError::Unexpected(CleanText::from(format!(
        "'{name}' is no name of a character set or a collation"
    ))))
}

#[cfg(test)]
mod tests {
    use super::create_statement;
    use crate::domain::backup::DatabaseShape;

    #[test]
    fn the_new_database_has_the_old_ones_letters() {
        let shape = DatabaseShape {
            encoding: "utf8mb4".into(),
            collate: "utf8mb4_0900_ai_ci".into(),
            ..DatabaseShape::default()
        };
        assert_eq!(
            create_statement("a\"b", &shape).unwrap(),
            "CREATE DATABASE \"a\"\"b\" CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci"
        );
        let odd = DatabaseShape {
            encoding: "utf8; DROP".into(),
            ..shape
        };
        assert!(create_statement("x", &odd).is_err());
    }
}
