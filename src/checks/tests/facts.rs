//! A fact that could not be learned is UNKNOWN in every check that reads it.

use super::promises::findings;
use super::sample::sample_survey;
use crate::domain::finding::{Blocks, Verdict};
use crate::domain::survey::{Probe, Survey};

/// Which checks read which fact, and how to take it away.
type Blind = (&'static str, fn(&mut Survey), &'static [&'static str]);

const FACTS: &[Blind] = &[
    (
        "versions.database",
        |s| s.versions.database = Probe::Unknown("r".into()),
        &["OM-VER-001", "OM-VER-002", "OM-NOTES-001"],
    ),
    (
        "versions.server",
        |s| s.versions.server = Probe::Unknown("r".into()),
        &["OM-VER-001"],
    ),
    (
        "versions.files",
        |s| s.versions.files = Probe::Unknown("r".into()),
        &["OM-VER-001"],
    ),
    (
        "versions.target",
        |s| s.versions.target = Probe::Unknown("r".into()),
        &[
            "OM-VER-002",
            "OM-VER-003",
            "OM-NOTES-001",
            "OM-DB-001",
            "OM-ENV-001",
            "OM-CLI-001",
            "OM-HIST-001",
        ],
    ),
    (
        "instance.keys",
        |s| s.instance.keys = Probe::Unknown("r".into()),
        &["OM-CONF-002", "OM-CONF-003"],
    ),
    (
        "instance.target_keys",
        |s| s.instance.target_keys = Probe::Unknown("r".into()),
        &["OM-CONF-002", "OM-CONF-003"],
    ),
    (
        "instance.file_keys",
        |s| s.instance.file_keys = Probe::Unknown("r".into()),
        &["OM-CONF-003"],
    ),
    (
        "instance.carried_keys",
        |s| s.instance.carried_keys = Probe::Unknown("r".into()),
        &["OM-CONF-003"],
    ),
    (
        "instance.unasked_variables",
        |s| s.instance.unasked_variables = Probe::Unknown("r".into()),
        &["OM-CONF-002"],
    ),
    (
        "instance.platform",
        |s| {
            for fact in s.instance.platform.values_mut() {
                *fact = Probe::Unknown("r".into());
            }
        },
        &["OM-ENV-001"],
    ),
    (
        "history",
        |s| s.history = Probe::Unknown("r".into()),
        &["OM-DB-004", "OM-HIST-001", "OM-HIST-003", "OM-HIST-004"],
    ),
    (
        "pending",
        |s| s.pending = Probe::Unknown("r".into()),
        &["OM-HIST-002", "OM-SQL-001", "OM-SQL-002"],
    ),
    (
        "ground",
        |s| s.ground = Probe::Unknown("r".into()),
        &["OM-SQL-001", "OM-SQL-002"],
    ),
    (
        "sessions",
        |s| s.sessions = Probe::Unknown("r".into()),
        &["OM-WRITE-001", "OM-WRITE-002"],
    ),
    (
        "locks",
        |s| s.locks = Probe::Unknown("r".into()),
        &["OM-WRITE-003"],
    ),
    (
        "tools.version",
        |s| {
            for tool in &mut s.tools {
                tool.version = Probe::Unknown("r".into());
            }
        },
        &["OM-TOOL-001"],
    ),
    (
        "orphans",
        |s| s.orphans = Some(Probe::Unknown("r".into())),
        &["OM-DATA-001"],
    ),
    // Read by the plan and the report, by no check.
    (
        "estimated_rows",
        |s| s.estimated_rows = Probe::Unknown("r".into()),
        &[],
    ),
];

#[test]
fn a_fact_that_could_not_be_learned_is_never_a_pass() {
    let healthy = findings(&sample_survey());
    for (fact, take_away, readers) in FACTS {
        let mut survey = sample_survey();
        take_away(&mut survey);
        for (finding, before) in findings(&survey).iter().zip(&healthy) {
            if readers.contains(&finding.id.as_str()) {
                assert_eq!(finding.verdict, Verdict::Unknown, "{fact}: {finding:#?}");
                assert!(finding.holds(Blocks::BeforeMigrate), "{fact}: {finding:#?}");
            } else {
                assert_eq!(
                    finding, before,
                    "{fact} is read by a check that the table does not name"
                );
            }
        }
    }
    let whole = serde_json::to_string(&sample_survey()).expect("a survey is JSON");
    assert!(whole.contains("\"known\":"), "how a known Probe is written");
    let mut blind = sample_survey();
    for (_, take_away, _) in FACTS {
        take_away(&mut blind);
    }
    let json = serde_json::to_string(&blind).expect("a survey is JSON");
    assert!(
        !json.contains("\"known\":"),
        "a Probe of the survey is not in the table: {json}"
    );
}
