//! The sort memory as a standing setting: a server on which it may be changed, what it is now, and somebody else who
//! changes it.

use super::quiet;
use crate::story::stage::{Setting, Stage};
use crate::support::engine::{Database, Engine, Server};
use crate::support::private_server::PrivateServer;
use crate::support::{mysql, postgres};

/// A server on which the setting may be changed. MySQL's is for everybody, and asks for a right that OpenMetadata's
/// user does not have by itself: a server of the test's own.
pub struct Place {
    server: Server,
    _own: Option<PrivateServer>,
}

impl Place {
    #[track_caller]
    pub fn of(engine: Engine) -> Option<Place> {
        match engine {
            Engine::Postgres => Some(Place {
                server: engine.server()?,
                _own: None,
            }),
            Engine::Mysql | Engine::OldMysql => {
                let own = PrivateServer::start(engine)?;
                let server = own.server().clone();
                server.sql(&format!(
                    "grant system_variables_admin on *.* to {}",
                    mysql::USER
                ));
                Some(Place {
                    server,
                    _own: Some(own),
                })
            }
        }
    }

    pub fn stage(&self, name: &str, setting: &Setting) -> Stage {
        Stage::on(&self.server, name, setting)
    }

    /// With 32 MB by the standing setting.
    pub fn with_memory(&self, name: &str, faults: &str) -> Stage {
        let answers = "[memory]\nway = \"global\"\nmib = 32\n".to_string();
        self.stage(
            name,
            &Setting {
                answers,
                ..quiet(faults)
            },
        )
    }
}

/// The standing setting as the server itself has it; empty without one.
pub fn standing(stage: &Stage) -> String {
    stage.database().sql_as_administrator(match stage.database() {
        Database::Postgres(_) => {
            "select coalesce(string_agg(s, ','), '') from pg_db_role_setting, unnest(setconfig) s
             where setdatabase = (select oid from pg_database where datname = current_database()) and s like 'work_mem=%'"
        }
        Database::Mysql(_) => "select @@global.sort_buffer_size",
    })
}

/// So many MB as [`standing`] writes them; `None` for what a server comes with.
pub fn as_written(stage: &Stage, megabytes: Option<u32>) -> String {
    match (stage.database(), megabytes) {
        (Database::Postgres(_), None) => String::new(),
        (Database::Postgres(_), Some(megabytes)) => format!("work_mem={megabytes}MB"),
        (Database::Mysql(_), None) => (256 << 10).to_string(),
        (Database::Mysql(_), Some(megabytes)) => (megabytes << 20).to_string(),
    }
}

/// The same as it is told to the operator.
pub fn as_told(stage: &Stage, megabytes: u32) -> String {
    let written = as_written(stage, Some(megabytes));
    written.trim_start_matches("work_mem=").to_string()
}

pub fn set_by_somebody(stage: &Stage, megabytes: u32) {
    match stage.database() {
        Database::Postgres(database) => database.sql(&format!(
            "alter role {} in database \"{}\" set work_mem = '{megabytes}MB'",
            postgres::ROLE,
            database.name
        )),
        Database::Mysql(database) => database.sql_as_root(&format!(
            "set global sort_buffer_size = {}",
            u64::from(megabytes) << 20
        )),
    };
}
