//! Which tables the upgrade itself leaves with fewer rows, and by whose word: the release notes on the
//! way, and the migration's own statements.

use std::collections::BTreeMap;

use super::context::Context;
use crate::domain::migration::{PendingStatement, PendingWork};
use crate::domain::survey::Probe;
use crate::knowledge::Knowledge;

/// Table, lower case, to the reasons in words.
pub type Reasons = BTreeMap<String, Vec<String>>;

/// First words of a statement that takes rows or a whole table away.
const TAKE: [&str; 4] = ["DELETE", "TRUNCATE", "DROP", "RENAME"];

pub fn of(context: &Context<'_>) -> Reasons {
    let view = context.view();
    let mut reasons = match (&view.from, &view.to) {
        (Some(from), Some(to)) => Knowledge::embedded().takes_rows(context.survey, from, to),
        _ => Reasons::new(),
    };
    if let Probe::Known(work) = &context.survey.pending {
        by_statements(work, &mut reasons);
    }
    reasons
}

fn by_statements(work: &PendingWork, reasons: &mut Reasons) {
    for one in &work.versions {
        for statement in one.statements.iter().filter(|statement| takes(statement)) {
            let Some(table) = &statement.table else {
                continue;
            };
            let all = reasons.entry(table.as_str().to_lowercase()).or_default();
            let said = format!("'{}' of {}", statement.head, one.version);
            if all.len() < 3 {
                all.push(said);
            }
        }
    }
}

fn takes(statement: &PendingStatement) -> bool {
    let head = statement.head.as_str();
    let first = head.split_whitespace().next().unwrap_or_default();
    TAKE.iter().any(|word| first.eq_ignore_ascii_case(word)) && !head.contains(" INDEX ")
}

#[cfg(test)]
mod tests {
    use super::{Reasons, by_statements};
    use crate::database::entity_tables::ENTITY_TABLES;
    use crate::domain::migration::{
        PendingStatement, PendingVersion, PendingWork, StatementClass, StatementNeeds,
    };
    use crate::knowledge::Knowledge;

    #[test]
    fn a_statement_that_deletes_explains_its_table_and_one_that_changes_does_not() {
        let statement = |head: &str, table: &str| PendingStatement {
            checksum: head.to_string(),
            other_checksums: Vec::new(),
            head: head.into(),
            class: StatementClass::Data,
            table: Some(table.into()),
            needs: StatementNeeds::default(),
        };
        let work = PendingWork {
            versions: vec![PendingVersion {
                version: "1.9.0".parse().expect("version"),
                statements: vec![
                    statement(
                        "DELETE from event_subscription_entity where",
                        "Event_Subscription_entity",
                    ),
                    statement("UPDATE tag SET", "tag"),
                    statement("DROP INDEX i ON test_case", "test_case"),
                ],
                ignored_files: Vec::new(),
                repeated: 0,
            }],
        };
        let mut reasons = Reasons::new();
        by_statements(&work, &mut reasons);
        let tables: Vec<&str> = reasons.keys().map(String::as_str).collect();
        assert_eq!(tables, ["event_subscription_entity"]);
        let why = &reasons["event_subscription_entity"][0];
        assert!(why.contains("of 1.9.0"), "{why}");
    }

    #[test]
    fn tables_of_the_release_files_are_tables_that_are_counted() {
        let version = |text: &str| text.parse().expect("version");
        let notes = Knowledge::embedded().notes(&version("0.12.0"), &version("99.0.0"));
        let tables = notes.iter().flat_map(|note| &note.change.takes_rows);
        assert!(tables.clone().count() >= 4);
        for table in tables {
            assert!(ENTITY_TABLES.contains(&table.as_str()), "{table}");
        }
    }
}
