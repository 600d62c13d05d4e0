//! Ways back, runs, journal, report.

use super::pointer;
use crate::domain::clean_text::CleanText;
use crate::screen::rows::{Role, Row};
use crate::wizard::State;
use crate::wizard::items::Item;

pub fn ways(state: &State) -> Vec<Row> {
    let mut rows = vec![
        Row::text(
            "Computed from where the run stands now. Nothing happens before the database's name is typed.",
        ),
        Row::empty(),
    ];
    match &state.ways {
        None => rows.push(
            Row::new(
                "  looking at the database, its history and the backup, byte for byte …",
                Role::Accent,
            )
            .hang(4),
        ),
        Some(Err(trouble)) => {
            rows.push(Row::new(
                format!("cannot tell: {}", trouble.message),
                Role::Bad,
            ));
            if let Some(run) = &state.run {
                rows.push(Row::text(format!(
                    "To go back by hand: {}/way-back.md",
                    CleanText::new(&run.folder.display().to_string())
                )));
            }
        }
        Some(Ok(ways)) if ways.is_empty() => rows.push(Row::text(
            "The run has been rolled back: there is nothing more to go back from.",
        )),
        Some(Ok(ways)) => {
            for way in ways {
                let marked = state.item() == Some(Item::Way(way.id));
                let role = if way.hindrance.is_some() {
                    Role::Dim
                } else {
                    Role::Strong
                };
                rows.push(
                    Row::new(format!("{}{}", pointer(marked), way.title), role)
                        .and(
                            if way.recommended {
                                "  (recommended)"
                            } else {
                                ""
                            },
                            Role::Good,
                        )
                        .hang(4)
                        .mark(marked),
                );
                rows.push(Row::text(format!("    takes     {}", way.takes())).hang(14));
                rows.push(Row::text(format!("    loses     {}", way.loses)).hang(14));
                rows.push(match &way.hindrance {
                    None => Row::new("    possible  yes", Role::Good),
                    Some(why) => Row::new(format!("    not now   {why}"), Role::Warn).hang(14),
                });
                rows.push(Row::empty());
            }
        }
    }
    rows
}

pub fn runs(state: &State) -> Vec<Row> {
    let Some(runs) = &state.runs else {
        return vec![Row::text("reading the runs …")];
    };
    if runs.is_empty() {
        return vec![Row::text("No run yet. Esc leads back.")];
    }
    let mut rows = vec![
        Row::text("Newest first. Enter opens one; nothing is changed by that."),
        Row::empty(),
    ];
    for (index, run) in runs.iter().enumerate() {
        let marked = state.item() == Some(Item::Run(index));
        let role = match (run.damaged, run.alive, run.unfinished) {
            (true, ..) => Role::Bad,
            (_, true, _) => Role::Accent,
            (_, _, true) => Role::Warn,
            (_, _, false) => Role::Plain,
        };
        rows.push(
            Row::text(format!("{}{}  ", pointer(marked), run.id))
                .and(
                    format!("{}  {}  ", run.versions, run.deployment),
                    Role::Plain,
                )
                .and(run.state.to_string(), role)
                .hang(4)
                .mark(marked),
        );
    }
    rows
}

pub fn journal(state: &State) -> Vec<Row> {
    let Some(run) = &state.run else {
        return vec![Row::text("No run is open.")];
    };
    run.story
        .iter()
        .map(|(time, words)| {
            Row::dim(format!("{time}  "))
                .and(words.to_string(), Role::Plain)
                .hang(10)
        })
        .collect()
}

pub fn report(state: &State) -> Vec<Row> {
    match &state.report {
        None => vec![Row::text("reading the report …")],
        Some(Err(trouble)) => vec![Row::new(trouble.message.to_string(), Role::Warn)],
        Some(Ok(text)) => text.lines().filter_map(report_line).collect(),
    }
}

/// One line of the report for reading: the marks of Markdown are left out, a table becomes a list.
fn report_line(line: &str) -> Option<Row> {
    let clean = CleanText::new(line).to_string();
    if let Some(heading) = clean.strip_prefix('#') {
        return Some(Row::heading(heading.trim_start_matches('#').trim_start()));
    }
    let Some(cells) = clean
        .strip_prefix('|')
        .and_then(|rest| rest.trim_end().strip_suffix('|'))
    else {
        let hang = if clean.starts_with("- ") { 2 } else { 0 };
        return Some(Row::text(clean).hang(hang));
    };
    let cells: Vec<&str> = cells.split('|').map(str::trim).collect();
    let [step, how, seconds] = cells.as_slice() else {
        return Some(Row::text(clean).hang(2));
    };
    if *step == "step" || step.starts_with("---") {
        return None;
    }
    let row = Row::new(format!("  {step}: "), Role::Strong).and(*how, Role::Plain);
    Some(if seconds.is_empty() {
        row.hang(4)
    } else {
        row.and(format!("  ({seconds} s)"), Role::Dim).hang(4)
    })
}

#[cfg(test)]
mod tests {
    use super::report_line;

    #[test]
    fn the_report_is_read_without_the_marks_of_markdown() {
        let told = |line: &str| report_line(line).map(|row| row.plain());
        assert_eq!(told("## Steps").as_deref(), Some("Steps"));
        assert_eq!(told("| step | how it ended | seconds |"), None);
        assert_eq!(told("| --- | --- | --- |"), None);
        assert_eq!(
            told("| Migrate the database | done | 1.5 |").as_deref(),
            Some("  Migrate the database: done  (1.5 s)")
        );
        assert_eq!(
            told("| Write the report | this page |  |").as_deref(),
            Some("  Write the report: this page")
        );
        assert_eq!(told("- PASS OM-X").as_deref(), Some("- PASS OM-X"));
    }
}
