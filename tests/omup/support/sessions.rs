//! Who is connected with a database, as its server tells its administrator.

use super::engine::Database;

/// A client's session.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: u64,
    /// The name that the client program gave.
    pub application: String,
    /// Where it comes from, without its port.
    pub address: String,
}

impl Database {
    /// Everybody in this database but who asks.
    #[track_caller]
    pub fn sessions(&self) -> Vec<Session> {
        let found = self.sql_as_administrator(match self {
            Database::Postgres(_) => {
                "select concat_ws(E'\\t', pid, coalesce(host(client_addr), 'local'), application_name)
                 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            }
            Database::Mysql(_) => {
                "select p.id, substring_index(p.host, ':', 1), ifnull(a.attr_value, '')
                 from performance_schema.processlist p left join performance_schema.session_connect_attrs a
                     on a.processlist_id = p.id and a.attr_name = 'program_name'
                 where p.db = database() and p.id <> connection_id()"
            }
        });
        found
            .lines()
            .filter_map(|line| {
                let (id, rest) = line.split_once('\t')?;
                let (address, application) = rest.split_once('\t')?;
                Some(Session {
                    id: id.parse().ok()?,
                    application: application.to_owned(),
                    address: address.to_owned(),
                })
            })
            .collect()
    }

    /// Ends a session; one that has gone already is no failure.
    #[track_caller]
    pub fn end_session(&self, session: &Session) {
        let id = session.id;
        match self {
            Database::Postgres(database) => {
                database.sql_as_superuser(&format!("select pg_terminate_backend({id})"));
            }
            Database::Mysql(database) => {
                let mut client = database.server.client("mysql");
                client.arg(format!("--execute=kill connection {id}"));
                // Its own words for one that is unknown to it are the only thing that can go wrong here.
                let _ = client.output();
            }
        }
    }
}
