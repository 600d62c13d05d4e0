//! What talks to the server from outside.

use super::sample::{make_practice, unknown, v};
use super::{Case, at};
use crate::domain::finding::Verdict::{Skip, Unknown, Warn};
use crate::domain::instance::ClientFacts;
use crate::domain::survey::Survey;

/// An environment with this version of the ingestion and this Python.
fn client(survey: &mut Survey, ingestion: &str, python: &str) {
    survey.instance.clients.push(ClientFacts {
        place: "/opt/airflow".into(),
        python: Some(python.into()),
        ingestion: Some(ingestion.into()),
        managed_apis: None,
        airflow: None,
        extras: Vec::new(),
    });
}

pub const CASES: &[Case] = &[
    at("OM-CLI-001", "there are none, and somebody has said so"),
    Case {
        change: |s, _| client(s, "1.12.9.0", "3.11.7"),
        shows: "pip install --upgrade 'openmetadata-ingestion~=1.12.4.0'",
        ..at("OM-CLI-001", "of another patch release, which is taken")
    },
    Case {
        change: |s, _| client(s, "1.10.7.2", "3.11.7"),
        verdict: Warn,
        shows: "/opt/airflow (openmetadata-ingestion 1.10.7.2) is refused by the new server",
        ..at("OM-CLI-001", "of the old version")
    },
    Case {
        change: |s, _| client(s, "1.12.4.0", "3.9.18"),
        verdict: Warn,
        shows: "python is 3.9.18",
        ..at(
            "OM-CLI-001",
            "with a Python that the target's packages refuse",
        )
    },
    Case {
        change: |s, _| client(s, "dev", "3.11.7"),
        verdict: Warn,
        shows: "may be refused",
        ..at("OM-CLI-001", "of a version that nobody understands")
    },
    Case {
        change: |s, _| {
            s.instance.clients_unseen = Some("this user may not look into /home/etl".into());
        },
        verdict: Warn,
        shows: "/home/etl",
        ..at("OM-CLI-001", "a place where nobody has looked")
    },
    Case {
        change: |s, _| s.versions.target = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-CLI-001", "a target that is not known")
    },
    Case {
        change: |s, _| s.versions.target = v(3, 5, 0),
        verdict: Unknown,
        holds: true,
        ..at("OM-CLI-001", "a target that we do not know")
    },
    Case {
        change: |s, _| {
            client(s, "1.10.7.2", "3.11.7");
            make_practice(s);
        },
        verdict: Skip,
        ..at("OM-CLI-001", "practice")
    },
];
