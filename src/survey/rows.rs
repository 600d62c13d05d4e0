//! The questions about rows that the release notes ask, within one budget.
//!
//! Most of them read a table from end to end, for the documents have no index: on a large database
//! all of them together would make a look last for an hour.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use super::{Result, probe};
use crate::database::DatabaseError;
use crate::domain::instance::RowsFound;
use crate::domain::row_question::RowQuestion;
use crate::domain::survey::Probe;

/// For all questions of an ordinary look together (omup's own figure; the catalogue of checks names it).
pub const BUDGET: Duration = Duration::from_secs(20);

/// A question on its way.
pub type Asking<'a> =
    Pin<Box<dyn Future<Output = std::result::Result<RowsFound, DatabaseError>> + Send + 'a>>;

/// Asks one after another. Whoever is not answered when the budget is over stays unknown, and nobody
/// after it is asked; without a budget each has the time that the database gives it.
pub async fn answers<'a, F>(
    questions: &'a [(String, RowQuestion)],
    budget: Option<Duration>,
    ask: F,
) -> Result<BTreeMap<String, Probe<RowsFound>>>
where
    F: Fn(&'a RowQuestion) -> Asking<'a>,
{
    let begun = tokio::time::Instant::now();
    let mut over = false;
    let mut rows = BTreeMap::new();
    for (id, question) in questions {
        let found = match budget {
            None => probe(ask(question).await)?,
            Some(_) if over => not_asked(),
            Some(budget) => {
                let left = budget.saturating_sub(begun.elapsed());
                match tokio::time::timeout(left, ask(question)).await {
                    Ok(found) => probe(found)?,
                    Err(_) => {
                        over = true;
                        not_asked()
                    }
                }
            }
        };
        rows.insert(id.clone(), found);
    }
    Ok(rows)
}

fn not_asked() -> Probe<RowsFound> {
    let why = format!(
        "the {} s for all questions about rows were over; `omup check --full` asks this one too",
        BUDGET.as_secs()
    );
    Probe::Unknown(why.into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Asking, answers};
    use crate::domain::instance::RowsFound;
    use crate::domain::row_question::RowQuestion;
    use crate::domain::survey::Probe;

    fn questions() -> Vec<(String, RowQuestion)> {
        let question = |table: &str| {
            let text = format!("tables = [\"{table}\"]\nwhat = \"rows\"");
            let question = toml::from_str(&text).expect("a question");
            (table.to_owned(), question)
        };
        ["quick", "slow", "later"].map(question).to_vec()
    }

    #[tokio::test]
    async fn what_the_budget_does_not_reach_is_unknown_and_not_asked() {
        let all = questions();
        let ask = |question: &RowQuestion| -> Asking<'_> {
            match question.tables[0].as_str() {
                "quick" => Box::pin(async { Ok(RowsFound::default()) }),
                "slow" => Box::pin(std::future::pending()),
                other => panic!("{other} was asked"),
            }
        };
        let found = answers(&all, Some(Duration::ZERO), ask)
            .await
            .expect("asked");
        assert_eq!(found["quick"], Probe::Known(RowsFound::default()));
        for late in ["slow", "later"] {
            match &found[late] {
                Probe::Unknown(why) => assert!(why.as_str().contains("--full"), "{why}"),
                Probe::Known(_) => panic!("{late} is known"),
            }
        }
    }

    #[tokio::test]
    async fn without_a_budget_each_is_asked() {
        let all = questions();
        let ask = |_: &RowQuestion| -> Asking<'_> { Box::pin(async { Ok(RowsFound::default()) }) };
        let found = answers(&all, None, ask).await.expect("asked");
        assert!(found.values().all(|found| matches!(found, Probe::Known(_))));
        assert_eq!(found.len(), 3);
    }
}
