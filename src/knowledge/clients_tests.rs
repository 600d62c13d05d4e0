//! What `omup clients` says of an environment.

use super::clients::{ClientRules, FILE, Standing};
use crate::domain::instance::ClientFacts;
use crate::domain::version::OmVersion;
use crate::knowledge::Knowledge;

fn client(ingestion: &str, extras: &[&str]) -> ClientFacts {
    ClientFacts {
        place: "airflow-1:/opt/air flow".into(),
        python: Some("3.11.7".into()),
        ingestion: Some(ingestion.into()),
        managed_apis: None,
        airflow: Some("2.10.5".into()),
        extras: extras.iter().map(|extra| (*extra).to_string()).collect(),
    }
}

#[test]
fn the_file_is_whole() {
    let rules: ClientRules = toml::from_str(FILE).expect("assets/clients.toml");
    assert!(rules.rule.is_sorted_by(|a, b| a.since < b.since));
    let sources = rules.rule.iter().map(|rule| &rule.source);
    let mut sources = sources.chain(rules.extra.iter().map(|extra| &extra.source));
    assert!(sources.all(|source| source.starts_with("https://")));
}

#[test]
fn the_rule_is_that_of_the_target() {
    let knowledge = Knowledge::embedded();
    let standing =
        |version: &str, to: OmVersion| knowledge.advise(&client(version, &[]), &to).standing;
    assert_eq!(
        standing("1.12.4.1", OmVersion::new(1, 12, 4)),
        Standing::Aligned
    );
    assert_eq!(
        standing("1.12.3.0", OmVersion::new(1, 12, 4)),
        Standing::Accepted
    );
    assert_eq!(
        standing("1.11.4.0", OmVersion::new(1, 12, 4)),
        Standing::Refused
    );
    assert_eq!(
        standing("1.3.3.0", OmVersion::new(1, 3, 4)),
        Standing::Refused
    );
    // Newer than our data: no rule of an older release is taken for its own.
    assert_eq!(
        standing("3.5.1.0", OmVersion::new(3, 5, 0)),
        Standing::Unknown
    );
    assert_eq!(knowledge.client_rule(&OmVersion::new(3, 5, 0)), None);
    assert_eq!(
        standing("devel", OmVersion::new(1, 12, 4)),
        Standing::Unknown
    );
}

#[test]
fn the_line_keeps_what_is_installed_in_a_form_that_exists() {
    let knowledge = Knowledge::embedded();
    let old = client("1.12.4.1", &["great-expectations-1xx", "iceberg", "mysql"]);
    let advice = knowledge.advise(&old, &OmVersion::new(2, 0, 7));
    assert_eq!(
        advice.line,
        "'/opt/air flow/bin/python3' -m pip install --upgrade 'openmetadata-ingestion[great-expectations,mysql]~=2.0.7.0'"
    );
    assert_eq!(advice.remarks.len(), 3, "{:?}", advice.remarks);
    assert!(
        advice.remarks[2].starts_with("airflow is 2.10.5"),
        "{:?}",
        advice.remarks
    );
}

#[test]
fn a_target_that_nobody_knows_is_no_pass() {
    let knowledge = Knowledge::embedded();
    let advice = knowledge.advise(&client("2.9.0.0", &[]), &OmVersion::new(3, 5, 0));
    assert!(
        advice.remarks[0].starts_with("not known for this target"),
        "{:?}",
        advice.remarks
    );
}
