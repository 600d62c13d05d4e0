//! `ALTER TABLE`: each of its actions, for [`super::sql_read`].

use super::names::Engine;
use super::schema_touch::Touch;
use super::sql_read::{Cursor, parts, uses};
use super::sql_read_create::{indexed, is_no_column};
use super::sql_words::Word;

/// Actions that change neither columns nor names of the table.
const OTHERS: &[&str] = &[
    "ENGINE",
    "CONVERT",
    "DEFAULT",
    "CHARACTER",
    "CHARSET",
    "COLLATE",
    "COMMENT",
    "ROW_FORMAT",
    "AUTO_INCREMENT",
    "ALGORITHM",
    "LOCK",
    "FORCE",
    "VALIDATE",
    "OWNER",
    "SET",
    "RESET",
    "ENABLE",
    "DISABLE",
    "CLUSTER",
    "REPLICA",
    "ANALYZE",
];

pub fn alter(at: &mut Cursor<'_>) -> Option<Vec<Touch>> {
    if at.engine == Engine::Postgres && at.take("INDEX") {
        return rename_index(at);
    }
    at.take("TABLE").then_some(())?;
    let if_there = at.take_all(&["IF", "EXISTS"]);
    at.take("ONLY");
    let table = at.table()?;
    let mut touches = vec![if if_there {
        Touch::OnlyWith {
            table: table.clone(),
        }
    } else {
        uses(table.clone())
    }];
    for action in parts(at.words) {
        let mut action = Cursor {
            engine: at.engine,
            words: action,
        };
        let words = action.words;
        let done = one(&mut action, &table)?;
        touches.extend(unnamed_index(at.engine, &table, words, &done));
        touches.extend(done);
    }
    touches.sort_by_key(rank);
    Some(touches)
}

/// The order in which the engines do the actions of one statement, wherever they stand in it: what
/// goes goes first, then come new columns, then what is said of them.
fn rank(touch: &Touch) -> u8 {
    match touch {
        Touch::OnlyWith { .. } => 0,
        Touch::Uses { columns, .. } if columns.is_empty() => 0,
        Touch::Creates { .. } | Touch::Drops { .. } | Touch::RenamesTable { .. } => 6,
        Touch::AddsUnnamedIndex { .. } => 1,
        Touch::DropsColumn { .. } | Touch::DropsIndex { .. } => 2,
        Touch::RenamesColumn { .. } | Touch::RenamesIndex { .. } => 3,
        Touch::AddsColumn { .. } => 4,
        Touch::Uses { .. } => 5,
        Touch::AddsIndex { .. } => 6,
    }
}

/// In MySQL a key that an action brings without a name of its own is an index all the same.
fn unnamed_index(engine: Engine, table: &str, action: &[Word], done: &[Touch]) -> Option<Touch> {
    let keyed = action
        .iter()
        .any(|word| word.is_any(&["UNIQUE", "KEY", "INDEX", "PRIMARY", "FOREIGN", "REFERENCES"]));
    let named = done.iter().any(|touch| {
        matches!(
            touch,
            Touch::AddsIndex { .. } | Touch::DropsIndex { .. } | Touch::RenamesIndex { .. }
        )
    });
    (engine == Engine::Mysql && keyed && !named).then(|| Touch::AddsUnnamedIndex {
        table: table.to_string(),
    })
}

/// `ALTER INDEX i RENAME TO j`, the only form of it that changes a name.
fn rename_index(at: &mut Cursor<'_>) -> Option<Vec<Touch>> {
    at.take_all(&["IF", "EXISTS"]);
    let index = at.name()?;
    at.take_all(&["RENAME", "TO"]).then_some(())?;
    let to = at.name()?;
    Some(vec![Touch::RenamesIndex {
        table: None,
        index,
        to,
    }])
}

fn one(at: &mut Cursor<'_>, table: &str) -> Option<Vec<Touch>> {
    let table = table.to_string();
    if at.words.first()?.is_any(OTHERS) {
        return Some(Vec::new());
    }
    match at.take_any(&["ADD", "DROP", "MODIFY", "CHANGE", "ALTER", "RENAME"])? {
        "ADD" => add(at, table),
        "DROP" => drop(at, table),
        "MODIFY" => {
            at.take("COLUMN");
            let columns = vec![at.name()?];
            Some(vec![Touch::Uses { table, columns }])
        }
        "CHANGE" => {
            at.take("COLUMN");
            let (column, to) = (at.name()?, at.name()?);
            Some(vec![if column == to {
                let columns = vec![column];
                Touch::Uses { table, columns }
            } else {
                Touch::RenamesColumn { table, column, to }
            }])
        }
        "ALTER" => {
            if at.take_any(&["INDEX", "CHECK", "CONSTRAINT"]).is_some() {
                return Some(Vec::new());
            }
            at.take("COLUMN");
            let columns = vec![at.name()?];
            Some(vec![Touch::Uses { table, columns }])
        }
        _ => rename(at, table),
    }
}

fn add(at: &mut Cursor<'_>, table: String) -> Option<Vec<Touch>> {
    let column = at.take("COLUMN");
    if !column && is_no_column(at.engine, at.words.first()?) {
        return constraint(at, table);
    }
    let lenient = at.take_all(&["IF", "NOT", "EXISTS"]);
    let column = at.name()?;
    Some(vec![Touch::AddsColumn {
        table,
        column,
        lenient,
    }])
}

/// An index or a constraint: its plain columns, and for MySQL's indexes the name.
fn constraint(at: &mut Cursor<'_>, table: String) -> Option<Vec<Touch>> {
    let constrained = at.take("CONSTRAINT");
    if constrained
        && !at
            .words
            .first()?
            .is_any(&["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"])
    {
        at.name()?;
    }
    let kind = at.take_any(&[
        "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "FULLTEXT", "SPATIAL", "KEY", "INDEX",
    ])?;
    if matches!(kind, "CHECK") {
        return Some(Vec::new());
    }
    at.take_any(&["KEY", "INDEX"]);
    let named =
        !constrained && at.engine == Engine::Mysql && !matches!(kind, "PRIMARY" | "FOREIGN");
    let index = match at.words.first()? {
        Word::Sign('(') => None,
        _ => at.name(),
    };
    if at.take("USING") {
        at.next()?;
    }
    // `UNIQUE USING INDEX i` has no list.
    let columns = at.list().map(|list| indexed(at.engine, list));
    let mut touches = vec![Touch::Uses {
        table: table.clone(),
        columns: columns.unwrap_or_default(),
    }];
    touches.extend(index.filter(|_| named).map(|index| Touch::AddsIndex {
        table,
        index,
        lenient: false,
    }));
    Some(touches)
}

fn drop(at: &mut Cursor<'_>, table: String) -> Option<Vec<Touch>> {
    let column = at.take("COLUMN");
    let mysql = at.engine == Engine::Mysql;
    if !column && mysql && at.take_any(&["INDEX", "KEY"]).is_some() {
        let index = at.name()?;
        return Some(vec![Touch::DropsIndex {
            table: Some(table),
            index,
            lenient: false,
        }]);
    }
    if !column && at.take("CONSTRAINT") {
        // Where it is a key, its index has its name and goes with it.
        at.take_all(&["IF", "EXISTS"]);
        let index = at.name()?;
        return Some(vec![Touch::DropsIndex {
            table: Some(table),
            index,
            lenient: true,
        }]);
    }
    let others = ["PRIMARY", "FOREIGN", "CHECK", "PARTITION"];
    if !column && mysql && at.words.first()?.is_any(&others) {
        return Some(Vec::new());
    }
    let lenient = at.take_all(&["IF", "EXISTS"]);
    let column = at.name()?;
    Some(vec![Touch::DropsColumn {
        table,
        column,
        lenient,
    }])
}

fn rename(at: &mut Cursor<'_>, table: String) -> Option<Vec<Touch>> {
    if at.engine == Engine::Mysql && at.take_any(&["INDEX", "KEY"]).is_some() {
        let index = at.name()?;
        at.take("TO").then_some(())?;
        let to = at.name()?;
        return Some(vec![Touch::RenamesIndex {
            table: Some(table),
            index,
            to,
        }]);
    }
    if at.take("CONSTRAINT") {
        let index = at.name()?;
        at.take("TO").then_some(())?;
        let to = at.name()?;
        return Some(vec![Touch::RenamesIndex {
            table: None,
            index,
            to,
        }]);
    }
    let column = at.take("COLUMN");
    if !column && at.take_any(&["TO", "AS"]).is_some() {
        let to = at.table()?;
        return Some(vec![Touch::RenamesTable { table, to }]);
    }
    let column = at.name()?;
    at.take("TO").then_some(())?;
    let to = at.name()?;
    Some(vec![Touch::RenamesColumn { table, column, to }])
}

#[cfg(test)]
mod tests {
    use crate::domain::names::Engine::{Mysql, Postgres, Sqlite};
    use crate::domain::sql_read::read;

    fn told(engine: crate::domain::names::Engine, text: &str) -> String {
        match read(engine, text) {
            Some(read) => serde_json::to_string(&read.touches).expect("JSON"),
            None => "not read".to_string(),
        }
    }

    #[test]
    fn what_is_not_a_form_that_we_know_is_not_read() {
        for text in [
            "SELECT 1",
            "WITH x AS (SELECT 1) SELECT 1",
            "DO $$ BEGIN END $$",
            "ALTER TABLE other.t ADD COLUMN a int",
            "DELETE FROM a, b USING a, b",
            "TRUNCATE a, b",
            "CREATE VIEW v AS SELECT 1",
            "ALTER TABLE t EXCHANGE PARTITION p",
            "PREPARE s FROM @sql",
            "DROP INDEX other.i",
            "",
        ] {
            for engine in [Postgres, Mysql, Sqlite] {
                assert_eq!(told(engine, text), "not read", "{engine:?} {text}");
            }
        }
    }

    #[test]
    fn names_are_kept_as_the_engine_keeps_them() {
        let text = "ALTER TABLE Abc ADD COLUMN fqnHash varchar(768) GENERATED ALWAYS AS (f(a, b)) STORED, DROP KEY k";
        assert!(told(Postgres, text).contains(r#""table":"abc","column":"fqnhash""#));
        assert!(told(Mysql, text).contains(r#""table":"Abc","column":"fqnhash""#));
        let quoted = "ALTER TABLE \"Abc\" ADD COLUMN \"fqnHash\" int";
        assert!(told(Postgres, quoted).contains(r#""table":"Abc","column":"fqnHash""#));
    }

    #[test]
    fn indexes_and_constraints_name_their_columns() {
        let told = told(
            Mysql,
            "ALTER TABLE t ADD UNIQUE KEY u (a, b(100)), ADD CONSTRAINT f FOREIGN KEY (c) REFERENCES x (id), ADD INDEX i ((lower(d)))",
        );
        for part in [
            r#""columns":["a","b"]"#,
            r#""index":"u""#,
            r#""columns":["c"]"#,
            r#""index":"i""#,
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("\"d\""), "{told}");
    }
}
