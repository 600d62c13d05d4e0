//! The host's tools, the server's owner, secrets.

use super::sample::{make_practice, tool_of, v};
use super::{Case, at};
use crate::domain::finding::Verdict::{Fail, Skip, Unknown, Warn};
use crate::domain::setting;
use crate::domain::survey::{Owner, Probe, Survey};

fn runs(survey: &mut Survey, component: &str, version: &str) {
    let fact = Probe::Known(Some(version.into()));
    survey.instance.platform.insert(component.to_string(), fact);
}

fn fernet(survey: &mut Survey, kind: Option<&str>) {
    let settings = &mut survey.deployment.settings;
    settings.remove(setting::FERNET);
    settings.extend(kind.map(|kind| (setting::FERNET.to_string(), kind.into())));
}

pub const CASES: &[Case] = &[
    at("OM-ENV-001", "all within their ranges"),
    Case {
        change: |s, _| runs(s, "opensearch", "2.19.0"),
        verdict: Fail,
        holds: true,
        shows: ">=3.0",
        ..at("OM-ENV-001", "a search server that the target refuses")
    },
    Case {
        change: |s, _| runs(s, "opensearch", "3.1.0"),
        verdict: Warn,
        shows: "advised",
        ..at("OM-ENV-001", "a search server below the advice")
    },
    Case {
        change: |s, _| runs(s, "java", "17.0.9"),
        verdict: Fail,
        holds: true,
        shows: "17.0.9",
        ..at("OM-ENV-001", "an old Java")
    },
    Case {
        change: |s, _| {
            s.instance.platform.remove("airflow");
        },
        verdict: Unknown,
        holds: true,
        shows: "airflow was not looked for",
        ..at("OM-ENV-001", "nobody looked")
    },
    Case {
        change: |s, a| {
            let refused = Probe::Unknown("refused".into());
            s.instance.platform.insert("airflow".to_string(), refused);
            a.known.airflow = Some("2.10.5".to_string());
            s.instance.take(&a.known);
        },
        shows: "airflow: 2.10.5, as the answers say",
        ..at("OM-ENV-001", "a person says what could not be asked")
    },
    Case {
        change: |s, _| {
            let sick = Probe::Unknown("it says {\"status\":\"unhealthy\"}".into());
            s.instance
                .platform
                .insert("airflow-plugin".to_string(), sick);
        },
        verdict: Warn,
        shows: "unhealthy",
        ..at("OM-ENV-001", "a plugin in Airflow that is not healthy")
    },
    Case {
        change: |s, _| {
            for component in ["airflow", "airflow-plugin"] {
                let unused = Probe::Known(None);
                s.instance.platform.insert(component.to_string(), unused);
            }
        },
        ..at("OM-ENV-001", "without Airflow there is no plugin")
    },
    Case {
        change: |s, _| s.versions.target = v(3, 5, 0),
        verdict: Unknown,
        holds: true,
        ..at("OM-ENV-001", "a target that we do not know")
    },
    Case {
        change: |s, _| make_practice(s),
        verdict: Skip,
        ..at("OM-ENV-001", "practice")
    },
    at("OM-TOOL-001", "of the server's major"),
    Case {
        change: |s, _| {
            tool_of(s, "pg_dump").numbers = Some((16, 3));
            tool_of(s, "pg_restore").numbers = Some((16, 3));
        },
        ..at("OM-TOOL-001", "newer than the server")
    },
    Case {
        change: |s, _| {
            tool_of(s, "pg_dump").numbers = Some((17, 2));
            tool_of(s, "pg_restore").numbers = Some((17, 2));
        },
        verdict: Fail,
        holds: true,
        shows: "transaction_timeout",
        ..at(
            "OM-TOOL-001",
            "a restore that the server does not understand",
        )
    },
    Case {
        change: |s, _| {
            s.database.major = 17;
            tool_of(s, "pg_dump").numbers = Some((18, 0));
            tool_of(s, "pg_restore").numbers = Some((18, 0));
        },
        ..at("OM-TOOL-001", "both know transaction_timeout")
    },
    Case {
        change: |s, _| tool_of(s, "pg_restore").path = None,
        verdict: Fail,
        holds: true,
        shows: "apt install postgresql-client-15",
        ..at("OM-TOOL-001", "one is missing")
    },
    Case {
        change: |s, _| {
            tool_of(s, "pg_dump").numbers = Some((14, 9));
            tool_of(s, "pg_restore").numbers = Some((14, 9));
        },
        verdict: Fail,
        holds: true,
        shows: "older than the server",
        ..at("OM-TOOL-001", "older than the server")
    },
    Case {
        change: |s, _| {
            s.database.major = 12;
            tool_of(s, "pg_dump").numbers = Some((13, 2));
            tool_of(s, "pg_restore").numbers = Some((13, 2));
        },
        verdict: Fail,
        holds: true,
        shows: "apt install postgresql-client-13",
        ..at("OM-TOOL-001", "older than OpenMetadata allows")
    },
    Case {
        change: |s, _| tool_of(s, "pg_restore").numbers = Some((16, 1)),
        verdict: Fail,
        holds: true,
        shows: "one package",
        ..at("OM-TOOL-001", "of two majors")
    },
    Case {
        change: |s, _| tool_of(s, "pg_dump").version = Probe::Unknown("killed".into()),
        verdict: Unknown,
        holds: true,
        shows: "killed",
        ..at("OM-TOOL-001", "silent")
    },
    Case {
        change: |s, _| tool_of(s, "pg_dump").numbers = None,
        verdict: Unknown,
        holds: true,
        ..at("OM-TOOL-001", "a version line without numbers")
    },
    Case {
        change: |s, _| s.tools.clear(),
        verdict: Unknown,
        holds: true,
        ..at("OM-TOOL-001", "nobody looked")
    },
    Case {
        change: |s, _| make_practice(s),
        verdict: Skip,
        ..at("OM-TOOL-001", "practice")
    },
    Case {
        shows: "openmetadata.service",
        ..at("OM-OWN-001", "systemd")
    },
    Case {
        change: |s, _| {
            s.deployment.owner = Owner::PidFile {
                pid: 7,
                file: "/opt/om/openmetadata.pid".into(),
            };
        },
        shows: "openmetadata.pid",
        ..at("OM-OWN-001", "pid file")
    },
    Case {
        change: |s, _| {
            s.deployment.owner = Owner::Runit {
                pid: 7,
                service: "/etc/service/om".into(),
            }
        },
        ..at("OM-OWN-001", "runit")
    },
    Case {
        change: |s, _| {
            s.deployment.owner = Owner::Supervisord {
                pid: 7,
                program: "om".to_string(),
            }
        },
        ..at("OM-OWN-001", "supervisord")
    },
    Case {
        change: |s, _| {
            s.deployment.owner = Owner::Commands {
                stop: "om-stop".to_string(),
                start: "om-start".to_string(),
            };
        },
        shows: "om-start",
        ..at("OM-OWN-001", "commands")
    },
    Case {
        change: |s, _| {
            s.deployment.owner = Owner::Unknown {
                pid: 7,
                parent: "tmux (6)".into(),
            }
        },
        verdict: Fail,
        holds: true,
        shows: "[server]",
        ..at("OM-OWN-001", "nobody known")
    },
    Case {
        change: |s, _| s.deployment.owner = Owner::NotRunning,
        verdict: Warn,
        ..at("OM-OWN-001", "not running")
    },
    at("OM-SEC-001", "all durable"),
    Case {
        change: |s, _| s.deployment.fleeting_secrets = vec!["FERNET_KEY".into()],
        verdict: Fail,
        holds: true,
        shows: "secret FERNET_KEY",
        ..at("OM-SEC-001", "one lives only in the process")
    },
    at("OM-SEC-002", "a key of one's own"),
    Case {
        change: |s, _| fernet(s, Some(setting::FERNET_PUBLIC)),
        verdict: Warn,
        shows: "the public one",
        ..at("OM-SEC-002", "the public key")
    },
    Case {
        change: |s, _| fernet(s, Some(setting::FERNET_NONE)),
        verdict: Warn,
        shows: "there is no key",
        ..at("OM-SEC-002", "no key")
    },
    Case {
        change: |s, _| fernet(s, None),
        verdict: Unknown,
        holds: true,
        ..at("OM-SEC-002", "nobody could read it")
    },
];
