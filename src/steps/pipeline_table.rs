//! The table that `deploy-pipelines` prints, and what it says of the single pipelines. Knows no files.
//!
//! Form and words: OpenMetadata `AsciiTable.java` and `OpenMetadataOperations.deployPipelines`. The status is
//! `DEPLOYED`, `FAILED - <why>`, `UNKNOWN` or `NO_RESPONSE`; releases that deploy without the server's API print
//! whether the pipeline is deployed: `true` or `false`.

const HEADING: [&str; 4] = ["Name", "Type", "Service Name", "Status"];
const EMPTY: &str = "No Pipelines Found";
const DEPLOYED: [&str; 2] = ["DEPLOYED", "true"];

/// So many pipelines are named; the rest is counted.
const NAMED: usize = 20;

/// What the whole output of a tool that ended well says: `Ok` when every pipeline was deployed, else what is to be
/// looked at. What is not understood is never a pipeline that was deployed.
pub fn judged(output: &str) -> Result<String, String> {
    let Some(table) = Table::read(output) else {
        return Err("the tool ended well; its table was not found in its log".to_string());
    };
    let bad: Vec<&Row> = table.rows.iter().filter(|row| !row.deployed()).collect();
    let mut doubts = Vec::new();
    if !bad.is_empty() {
        let named: Vec<String> = bad
            .iter()
            .take(NAMED)
            .map(|row| format!("{} ({})", row.name, row.status))
            .collect();
        let more = bad.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        doubts.push(format!(
            "{} of {} pipelines were not deployed: {}{more}",
            bad.len(),
            table.rows.len(),
            named.join(", ")
        ));
    }
    if let Some(first) = table.unknown.first() {
        doubts.push(format!(
            "{} lines of its table were not understood, the first: {first}",
            table.unknown.len()
        ));
    }
    if !table.whole {
        doubts.push("the end of its table was not found".to_string());
    }
    match (doubts.is_empty(), table.rows.len()) {
        (true, 0) => Ok("there is no pipeline to deploy".to_string()),
        (true, rows) => Ok(format!("{rows} pipelines deployed")),
        (false, _) => Err(format!("the tool ended well, but {}", doubts.join("; "))),
    }
}

#[derive(Debug, Default)]
struct Table<'a> {
    rows: Vec<Row<'a>>,
    /// Lines inside the frame that are no row of four cells.
    unknown: Vec<&'a str>,
    /// The ruler that ends it was found.
    whole: bool,
}

#[derive(Debug)]
struct Row<'a> {
    name: &'a str,
    status: &'a str,
}

impl Row<'_> {
    fn deployed(&self) -> bool {
        DEPLOYED
            .iter()
            .any(|word| self.status.eq_ignore_ascii_case(word))
    }
}

impl<'a> Table<'a> {
    /// The last table with this heading; `None` where there is none. The tool's banner is drawn with `|` too, so
    /// nothing outside the frame counts.
    fn read(output: &'a str) -> Option<Self> {
        let lines: Vec<&str> = output.lines().map(str::trim).collect();
        let heading = lines
            .iter()
            .rposition(|line| cells(line).is_some_and(|cells| cells == HEADING))?;
        let mut table = Self::default();
        // The heading has a ruler of its own below it.
        let below = usize::from(lines.get(heading + 1).is_some_and(|line| is_ruler(line)));
        for line in &lines[heading + 1 + below..] {
            if is_ruler(line) {
                table.whole = true;
                break;
            }
            match cells(line).as_deref() {
                Some([EMPTY]) => {}
                Some([name, _, _, status]) => table.rows.push(Row { name, status }),
                Some(_) | None => table.unknown.push(line),
            }
        }
        Some(table)
    }
}

fn is_ruler(line: &str) -> bool {
    line.starts_with("+-") && line.chars().all(|c| c == '+' || c == '-')
}

fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::judged;

    const BANNER: &str = "    |||||||\n ||||   ||||\n ||| ||||| |||\n";

    fn printed(rows: &[&str]) -> String {
        let ruler = "+------+----------+--------------+--------+";
        format!(
            "{BANNER}Deploying Pipelines\n{ruler}\n| Name | Type     | Service Name | Status |\n{ruler}\n{}\n{ruler}\ndone\n",
            rows.join("\n")
        )
    }

    #[test]
    fn every_status_has_its_meaning() {
        let table = [
            ("DEPLOYED", true),
            ("deployed", true),
            ("true", true),
            ("false", false),
            ("FAILED - 500: it is not deployed", false),
            ("not deployed", false),
            ("No success", false),
            ("UNKNOWN", false),
            ("NO_RESPONSE", false),
            ("", false),
        ];
        for (status, good) in table {
            let said = judged(&printed(&[
                "| a | usage | svc | DEPLOYED |",
                &format!("| b | usage | svc | {status} |"),
            ]));
            match good {
                true => assert_eq!(said, Ok("2 pipelines deployed".to_string()), "{status}"),
                false => assert_eq!(
                    said,
                    Err(format!(
                        "the tool ended well, but 1 of 2 pipelines were not deployed: b ({status})"
                    )),
                ),
            }
        }
    }

    #[test]
    fn a_failed_pipeline_at_the_head_of_a_long_table_is_seen() {
        let long = "x".repeat(600);
        let mut rows = vec![format!("| first | usage | {long} | FAILED |")];
        rows.extend((0..2000).map(|n| format!("| p{n} | usage | svc | DEPLOYED |")));
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let said = judged(&printed(&rows)).expect_err("one has failed");
        assert!(
            said.contains("1 of 2001") && said.contains("first (FAILED)"),
            "{said}"
        );
        let rows: Vec<String> = (0..30)
            .map(|n| format!("| p{n} | t | s | false |"))
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let said = judged(&printed(&rows)).expect_err("all have failed");
        assert!(said.contains("p19 (false) and 10 more"), "{said}");
    }

    #[test]
    fn what_is_not_understood_is_told() {
        let empty = printed(&["| No Pipelines Found        |"]);
        assert_eq!(
            judged(&empty),
            Ok("there is no pipeline to deploy".to_string())
        );
        for none in ["", "done", BANNER, "{\"message\":\"| Name | Type |\"}"] {
            let said = judged(none).expect_err("no table");
            assert!(said.contains("was not found in its log"), "{said}");
        }
        let odd = printed(&[
            "| a|b | usage | svc | DEPLOYED |",
            "| c | usage | svc | FAILED - 500: one",
            "two |",
        ]);
        let said = judged(&odd).expect_err("three lines");
        assert!(said.contains("3 lines") && said.contains("a|b"), "{said}");
        let whole = printed(&["| a | usage | svc | DEPLOYED |"]);
        let cut = whole.rfind("\n+-").expect("a ruler");
        let said = judged(&whole[..cut]).expect_err("no foot");
        assert!(said.contains("the end of its table"), "{said}");
    }
}
