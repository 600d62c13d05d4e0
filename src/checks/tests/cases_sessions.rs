//! Who is connected, and for how long.

use super::sample::{lock_holder, right_of, session, sessions_of};
use super::{Case, at};
use crate::domain::finding::Verdict::{Fail, Info, Unknown, Warn};
use crate::domain::survey::Owner;
use crate::domain::survey::Probe;

pub const CASES: &[Case] = &[
    Case {
        verdict: Info,
        shows: "2 sessions from 127.0.0.1 (this host)",
        ..at("OM-WRITE-001", "the server's own")
    },
    Case {
        change: |s, _| {
            for session in sessions_of(s) {
                session.ours = true;
            }
        },
        ..at("OM-WRITE-001", "only omup")
    },
    Case {
        change: |s, _| {
            let mut other = session(9);
            other.address = "10.0.0.7:40000".into();
            other.application = "ingestion".into();
            sessions_of(s).push(other);
        },
        verdict: Warn,
        shows: "not from this host (10.0.0.7)",
        ..at("OM-WRITE-001", "another host")
    },
    Case {
        change: |s, _| {
            let mut hidden = session(9);
            hidden.address = "unknown".into();
            sessions_of(s).push(hidden);
        },
        verdict: Warn,
        shows: "unknown",
        ..at("OM-WRITE-001", "an address that is hidden")
    },
    Case {
        change: |s, _| {
            s.deployment.connection.host = "db.example.org".to_string();
            for session in sessions_of(s) {
                session.address = "172.17.0.1:40000".into();
            }
        },
        verdict: Info,
        ..at(
            "OM-WRITE-001",
            "a far database sees one address, and a server runs here",
        )
    },
    Case {
        change: |s, _| {
            s.deployment.connection.host = "db.example.org".to_string();
            s.deployment.owner = Owner::NotRunning;
            for session in sessions_of(s) {
                session.address = "172.17.0.1:40000".into();
            }
        },
        verdict: Warn,
        shows: "172.17.0.1",
        ..at(
            "OM-WRITE-001",
            "a far database sees one address, and no server runs here",
        )
    },
    Case {
        change: |s, _| {
            s.deployment.connection.host = "db.example.org".to_string();
            let sessions = sessions_of(s);
            sessions[0].address = "fd00::5:40000".into();
            sessions[0].ours = true;
            sessions[1].address = "fd00::5:40001".into();
        },
        verdict: Info,
        shows: "fd00::5 (this host)",
        ..at("OM-WRITE-001", "our own sessions tell our address")
    },
    Case {
        change: |s, _| s.sessions = Probe::Unknown("no right".into()),
        verdict: Unknown,
        holds: true,
        ..at("OM-WRITE-001", "not listed")
    },
    at("OM-WRITE-002", "all idle"),
    Case {
        change: |s, _| sessions_of(s)[0].transaction_seconds = Some(60),
        ..at("OM-WRITE-002", "just short enough")
    },
    Case {
        change: |s, _| sessions_of(s)[0].transaction_seconds = Some(61),
        verdict: Warn,
        shows: "process 4711",
        ..at("OM-WRITE-002", "long")
    },
    Case {
        change: |s, _| sessions_of(s)[0].transaction_seconds = Some(600),
        verdict: Warn,
        ..at("OM-WRITE-002", "still only long")
    },
    Case {
        change: |s, _| {
            sessions_of(s)[0].transaction_seconds = Some(61);
            sessions_of(s)[1].transaction_seconds = Some(601);
        },
        verdict: Fail,
        holds: true,
        shows: "10 min 1 s",
        ..at("OM-WRITE-002", "too long")
    },
    Case {
        change: |s, _| {
            let session = &mut sessions_of(s)[0];
            session.transaction_seconds = Some(700);
            session.ours = true;
        },
        verdict: Fail,
        holds: true,
        shows: "opened by omup",
        ..at("OM-WRITE-002", "one of ours")
    },
    Case {
        change: |s, _| {
            sessions_of(s)[0].state = "unknown".into();
            right_of(s, "SEE OTHER SESSIONS").held = false;
        },
        verdict: Unknown,
        holds: true,
        shows: "GRANT pg_read_all_stats",
        ..at("OM-WRITE-002", "a session that is hidden")
    },
    Case {
        change: |s, _| s.sessions = Probe::Unknown("no right".into()),
        verdict: Unknown,
        holds: true,
        ..at("OM-WRITE-002", "not listed")
    },
    at("OM-WRITE-003", "nobody holds a lock"),
    Case {
        change: |s, _| {
            s.locks = Probe::Known(vec![lock_holder(9, Some(60)), lock_holder(10, None)])
        },
        ..at(
            "OM-WRITE-003",
            "held for a moment, or for nobody knows how long",
        )
    },
    Case {
        change: |s, _| s.locks = Probe::Known(vec![lock_holder(9, Some(61))]),
        verdict: Warn,
        shows: "a lock on query_entity held by connection 9",
        ..at("OM-WRITE-003", "held for long")
    },
    Case {
        change: |s, _| {
            s.locks = Probe::Known(vec![lock_holder(9, Some(61)), lock_holder(10, Some(601))]);
        },
        verdict: Fail,
        holds: true,
        shows: "10 min 1 s",
        ..at("OM-WRITE-003", "held for too long")
    },
    Case {
        change: |s, _| {
            s.locks = Probe::Unknown("SELECT denied".into());
            let mut right = right_of(s, "SEE OTHER SESSIONS").clone();
            right.name = "SEE LOCKS".to_string();
            right.held = false;
            right.grant = "GRANT SELECT ON performance_schema.* TO 'om'@'%';".to_string();
            s.database.rights.push(right);
        },
        verdict: Warn,
        shows: "GRANT SELECT ON performance_schema.*",
        ..at("OM-WRITE-003", "not to be seen for want of a right")
    },
];
