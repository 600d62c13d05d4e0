//! The two configurations, and the migration folders of both versions.

use super::sample::{history_of, keys, row, unknown};
use super::{Case, at};
use crate::domain::finding::Verdict::{Fail, Unknown, Warn};
use crate::domain::setting;
use crate::domain::survey::{Probe, Survey};

fn set(survey: &mut Survey, key: &str, value: &str) {
    let settings = &mut survey.deployment.settings;
    settings.insert(key.to_string(), value.into());
}

/// `server.threads` in use, in the old file, in the new one, and in the new one as carried over.
fn values(survey: &mut Survey, values: [&str; 4]) {
    let facts = &mut survey.instance;
    let places = [
        &mut facts.keys,
        &mut facts.file_keys,
        &mut facts.target_keys,
        &mut facts.carried_keys,
    ];
    for (place, value) in places.into_iter().zip(values) {
        let mut all = keys(&["database.user"]);
        all.insert("server.threads".to_string(), value.into());
        *place = Probe::Known(all);
    }
}

pub const CASES: &[Case] = &[
    Case {
        shows: "new:  rdf.enabled",
        ..at("OM-CONF-002", "every key is known")
    },
    Case {
        change: |s, _| {
            let old = keys(&["database.user", "list.0.a", "list.1.a", "sandbox.domain"]);
            s.instance.keys = Probe::Known(old);
            let new = keys(&["database.user", "list.0.a"]);
            s.instance.target_keys = Probe::Known(new);
        },
        verdict: Warn,
        shows: "1 key of yours not in",
        ..at("OM-CONF-002", "a key that is gone")
    },
    Case {
        change: |s, _| {
            s.instance.unasked_variables = Probe::Known(vec!["OM_OLD_NAME".to_string()]);
        },
        verdict: Warn,
        shows: "set, and not asked for: OM_OLD_NAME",
        ..at("OM-CONF-002", "a variable that has another name now")
    },
    Case {
        change: |s, _| s.instance.target_keys = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-CONF-002", "no file of the new version")
    },
    at("OM-CONF-003", "the same values"),
    Case {
        change: |s, _| values(s, ["30", "30", "10", "10"]),
        verdict: Warn,
        shows: "server.threads: '30' becomes '10'",
        ..at("OM-CONF-003", "a default was changed")
    },
    Case {
        change: |s, _| values(s, ["30", "30", "10", "30"]),
        shows: "stays '30', the new file's own value is '10'",
        ..at("OM-CONF-003", "a variable holds the old default")
    },
    Case {
        change: |s, _| values(s, ["50", "30", "10", "50"]),
        shows: "0 values are set",
        ..at("OM-CONF-003", "a value of one's own")
    },
    Case {
        change: |s, _| s.instance.carried_keys = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-CONF-003", "the new file cannot be read")
    },
    at("OM-CONF-001", "one database"),
    Case {
        change: |s, _| {
            set(
                s,
                setting::NEW_DATABASE,
                "localhost:5432/openmetadata_db as om",
            )
        },
        verdict: Fail,
        holds: true,
        shows: "localhost:5432",
        ..at("OM-CONF-001", "another database")
    },
    Case {
        change: |s, _| set(s, setting::NEW_UNREADABLE, "openmetadata.yaml: line 3"),
        verdict: Fail,
        holds: true,
        shows: "line 3",
        ..at("OM-CONF-001", "the new file is broken")
    },
    Case {
        change: |s, _| set(s, "running-differs.DB_HOST", "another value"),
        verdict: Fail,
        holds: true,
        shows: "DB_HOST",
        ..at("OM-CONF-001", "the running server uses another database")
    },
    Case {
        change: |s, _| set(s, "running-differs.LOG_LEVEL", "another value"),
        verdict: Warn,
        shows: "LOG_LEVEL",
        ..at("OM-CONF-001", "the running server logs otherwise")
    },
    Case {
        change: |s, _| set(s, "not-understood./opt/e.sh:3", "it runs a command"),
        verdict: Warn,
        shows: "/opt/e.sh:3",
        ..at("OM-CONF-001", "a line needs a shell")
    },
    Case {
        change: |s, _| s.deployment.settings.clear(),
        verdict: Unknown,
        holds: true,
        ..at("OM-CONF-001", "nothing could be read")
    },
    at("OM-OWN-002", "through a link"),
    Case {
        change: |s, _| set(s, setting::START_ROUTE, "free"),
        ..at("OM-OWN-002", "by the folder's own script")
    },
    Case {
        change: |s, _| set(s, setting::START_ROUTE, "home /opt/openmetadata-1.10.7"),
        verdict: Fail,
        holds: true,
        shows: "{home}",
        ..at("OM-OWN-002", "the definition names the old folder")
    },
    Case {
        change: |s, _| {
            let home = format!("home {}", s.deployment.new_home.display());
            set(s, setting::START_ROUTE, &home);
        },
        verdict: Warn,
        ..at("OM-OWN-002", "the definition names the new folder")
    },
    Case {
        change: |s, _| set(s, setting::START_ROUTE, "unseen"),
        verdict: Warn,
        ..at("OM-OWN-002", "nothing to be seen")
    },
    Case {
        change: |s, _| s.deployment.settings.clear(),
        verdict: Unknown,
        holds: true,
        ..at("OM-OWN-002", "nothing could be read")
    },
    at("OM-HIST-004", "all recorded"),
    Case {
        change: |s, _| set(s, setting::OLD_MIGRATIONS, "1.1.0 1.9.12 1.10.2 1.10.7"),
        verdict: Warn,
        shows: "1.10.2",
        ..at("OM-HIST-004", "a gap")
    },
    Case {
        change: |s, _| {
            let native = &mut history_of(s).native;
            native.get_or_insert_default().push(row("1.10.4", None));
        },
        verdict: Warn,
        shows: "1.10.4",
        ..at("OM-HIST-004", "of unknown origin")
    },
    Case {
        change: |s, _| s.deployment.settings.clear(),
        verdict: Unknown,
        holds: true,
        ..at("OM-HIST-004", "no folders")
    },
    Case {
        change: |s, _| s.history = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-HIST-004", "no history")
    },
];
