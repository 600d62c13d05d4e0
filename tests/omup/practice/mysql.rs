//! What only MySQL does to a deployment: too little memory for a sort, sessions that are told apart by their attributes,
//! statements that go on when nobody waits for them any more.

use std::process::Stdio;
use std::time::Duration;

use super::SOON;
use super::deployment::Deployment;
use crate::support::engine::{Database, Engine};
use crate::support::mysql;
use crate::support::process::Process;
use crate::support::wait;

const UPSTREAM: &str = "allowPublicKeyRetrieval=true&useSSL=false&serverTimezone=UTC";
const BOTH: [Engine; 2] = [Engine::Mysql, Engine::OldMysql];

fn with(parameters: &str) -> String {
    format!("{UPSTREAM}&{parameters}")
}

#[test]
fn a_long_query_is_too_much_for_the_default_sort_buffer_and_not_for_a_larger_one() {
    for engine in BOTH {
        let Some(one) = Deployment::new(engine, "sort", &["--longest-query", "300KB"]) else {
            continue;
        };
        let failed = one.ops("new_home", "migrate", &[]).expect(1);
        assert!(
            failed
                .stdout
                .contains("java.sql.SQLException: Out of sort memory"),
            "{engine:?}: {}",
            failed.stdout
        );
        let parameters = with("sessionVariables=sort_buffer_size=20971520");
        one.ops("new_home", "migrate", &[("DB_PARAMS", &parameters)])
            .expect(0);
    }
}

#[test]
fn a_session_carries_its_attributes_without_tls_and_uses_tls_when_asked() {
    for engine in BOTH {
        let Some(one) = Deployment::new(engine, "attributes", &[]) else {
            continue;
        };
        // It waits before its first statement until it is killed.
        one.faults("statement_delay_ms = 600000");
        for (parameters, name, tls) in [
            (
                with("connectionAttributes=program_name:omup%20run"),
                "omup run",
                false,
            ),
            ("sslMode=REQUIRED".to_owned(), "NULL", true),
        ] {
            let mut child = one
                .tool("new_home", "migrate", &[("DB_PARAMS", &parameters)])
                .stdout(Stdio::null())
                .spawn()
                .expect("bash starts");
            let seen = wait::until("the migration's session", SOON, || {
                let sql = "select ifnull((select attr_value from performance_schema.session_connect_attrs a
                        where a.processlist_id = t.processlist_id and attr_name = 'program_name'), 'NULL'),
                    t.connection_type from performance_schema.threads t
                    where t.processlist_db = database() and t.processlist_id <> connection_id()";
                let rows = as_root(&one, sql);
                rows.lines().next().map(String::from)
            });
            let kind = if tls { "SSL/TLS" } else { "TCP/IP" };
            assert_eq!(seen, format!("{name}\t{kind}"), "{engine:?}");
            Process::of(child.id()).expect("it runs").kill_tree();
            let _ = child.wait();
            wait::until("the end of the session", SOON, || {
                running(&one).is_empty().then_some(())
            });
        }
    }
}

#[test]
fn a_statement_goes_on_when_its_client_has_given_up_or_is_killed() {
    for engine in BOTH {
        for killed in [false, true] {
            let Some(one) = Deployment::new(engine, "orphan", &[]) else {
                continue;
            };
            // A reader's lock lets the tool count rows and keeps it from altering the table.
            let mut holder = Holder::of(&one, "query_entity");
            // A property of the driver goes before the URL, which asks for no limit at all.
            let parameters = with("socketTimeout=0");
            let limit = if killed { "600000" } else { "3000" };
            let mut child = one
                .tool(
                    "new_home",
                    "migrate",
                    &[
                        ("DB_PARAMS", &parameters),
                        ("DB_MYSQL_SOCKET_TIMEOUT", limit),
                    ],
                )
                .stdout(Stdio::null())
                .spawn()
                .expect("bash starts");
            wait::until("the waiting statement", SOON, || {
                altering(&one).then_some(())
            });
            if killed {
                Process::of(child.id()).expect("it runs").kill_tree();
                let _ = child.wait();
            } else {
                let code = child.wait().expect("it ends").code();
                assert_eq!(code, Some(1), "{engine:?}: it gives up after its limit");
            }
            assert!(altering(&one), "{engine:?}: the server goes on");
            holder.release();
            wait::until("the column that nobody waits for", SOON, || {
                let column = one
                    .database
                    .sql("show columns from query_entity like 'queryLength'");
                (!column.is_empty()).then_some(())
            });
            let twice = one.ops("new_home", "migrate", &[]).expect(1);
            assert!(
                twice.stdout.contains("Duplicate column name 'queryLength'"),
                "{}",
                twice.stdout
            );
        }
    }
}

#[test]
fn a_wrong_password_and_a_missing_database_are_told_as_connector_j_tells_them() {
    let Some(one) = Deployment::new(Engine::Mysql, "refused", &[]) else {
        return;
    };
    for (variable, value, words) in [
        (
            "DB_USER_PASSWORD",
            "wrong",
            "java.sql.SQLException: Access denied for user 'om'@",
        ),
        (
            "OM_DATABASE",
            "t_nowhere",
            "java.sql.SQLSyntaxErrorException: Unknown database 't_nowhere'",
        ),
        (
            "DB_PORT",
            "1",
            "com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure",
        ),
    ] {
        let home = one.made["old_home"].as_str().expect("a path");
        let file = format!("{home}/conf/openmetadata-env.sh");
        let text = std::fs::read_to_string(&file).expect("the environment");
        std::fs::write(&file, format!("{text}export {variable}={value}\n")).expect("written");
        let failed = one.ops("new_home", "check-connection", &[]).expect(1);
        assert!(failed.stdout.contains(words), "{}", failed.stdout);
        std::fs::write(&file, text).expect("written");
    }
}

#[track_caller]
fn as_root(one: &Deployment, sql: &str) -> String {
    let Database::Mysql(database) = &one.database else {
        panic!("these stories are MySQL's");
    };
    database.sql_as_root(sql)
}

/// What runs in the deployment's database, besides this question.
fn running(one: &Deployment) -> String {
    as_root(
        one,
        // Not information_schema.processlist: it fails over a statement with four-byte characters.
        "select ifnull(processlist_info, processlist_command) from performance_schema.threads
         where processlist_db = database() and processlist_id <> connection_id()",
    )
}

fn altering(one: &Deployment) -> bool {
    running(one)
        .lines()
        .any(|statement| statement.starts_with("ALTER TABLE query_entity"))
}

/// A session of its own that holds a reader's lock on a table.
struct Holder {
    client: std::process::Child,
}

impl Holder {
    fn of(one: &Deployment, table: &str) -> Holder {
        let Database::Mysql(database) = &one.database else {
            panic!("these stories are MySQL's");
        };
        let client = database
            .server
            .client_as(mysql::USER, mysql::PASSWORD, "mysql")
            .arg(format!(
                "--execute=lock tables {table} read; select sleep(3600)"
            ))
            .arg(&database.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mysql starts");
        let holder = Holder { client };
        wait::until("the reader's lock", Duration::from_secs(30), || {
            running(one).contains("sleep(3600)").then_some(())
        });
        holder
    }

    fn release(&mut self) {
        if let Some(process) = Process::of(self.client.id()) {
            process.kill_tree();
        }
        let _ = self.client.wait();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.release();
    }
}
