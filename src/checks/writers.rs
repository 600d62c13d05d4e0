//! OM-WRITE-001, OM-WRITE-002: who is connected with the database, and whose transaction is long.

use std::collections::{BTreeMap, BTreeSet};
// Addresses as values; `std::net` would bring sockets with it.
use core::net::IpAddr;

use super::check::{Check, Cost, Item, Judgement, known};
use super::words::{age, count};
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::names::Engine;
use crate::domain::survey::{Owner, Session, Survey};
use crate::knowledge::Knowledge;

/// Ages of a transaction in seconds from which it is worth a word, and from which it blocks: the
/// migration's changes of tables wait behind it, and everybody else behind them.
const LONG: u64 = 60;
const TOO_LONG: u64 = 600;

pub const CONNECTED: Check = Check {
    item: Item {
        id: "OM-WRITE-001",
        title: "Who is connected with the database",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: false,
        condition: "lists other sessions; those of another host than this one must be stopped there at the start of downtime",
    },
    judge: connected,
};

pub const LONG_TRANSACTIONS: Check = Check {
    item: Item {
        id: "OM-WRITE-002",
        title: "No transaction is open for long",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Query,
        of_release: false,
        condition: "more than 60 s is a warning, more than 600 s fails (omup's own figures)",
    },
    judge: long_transactions,
};

fn connected(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let sessions = match known(&survey.sessions, "the list of sessions") {
        Ok(sessions) => sessions,
        Err(unknown) => return unknown,
    };
    let here = hosts_of_this_host(survey, sessions);
    let mut groups: BTreeMap<(bool, String, String, String), usize> = BTreeMap::new();
    for session in sessions.iter().filter(|session| !session.ours) {
        let host = host_of(session.address.as_str()).to_string();
        let key = (
            here.contains(&host),
            host,
            session.application.to_string(),
            session.user.to_string(),
        );
        *groups.entry(key).or_default() += 1;
    }
    if groups.is_empty() {
        return Judgement::pass("nobody but omup is connected with the database");
    }
    let total = groups.values().sum();
    let sessions_words = count(total, "other session is", "other sessions are");
    let lines: Vec<String> = groups
        .iter()
        .map(|((is_here, host, application, user), number)| {
            format!(
                "{} from {host}{}, application '{application}', user '{user}'",
                count(*number, "session", "sessions"),
                if *is_here { " (this host)" } else { "" }
            )
        })
        .collect();
    let elsewhere: BTreeSet<&str> = groups
        .keys()
        .filter(|(is_here, ..)| !is_here)
        .map(|(_, host, ..)| host.as_str())
        .collect();
    if elsewhere.is_empty() {
        return Judgement::info(format!("{sessions_words} open, all from this host"))
            .seen_all(lines)
            .remedy("the server's own end when it is stopped; ingestion and open tools must be stopped at the start of downtime");
    }
    let names: Vec<&str> = elsewhere.into_iter().collect();
    Judgement::warn(format!(
        "{sessions_words} open, some not from this host ({}): omup cannot stop what runs there",
        names.join(", ")
    ))
    .seen_all(lines)
    .remedy("find out what they are (another server, ingestion, a reporting tool) and stop them there at the start of downtime; the run waits for them and does not go on while one can write")
}

/// The addresses that stand for this host in the database's list: those of our own sessions, the
/// loopback where the database is reached by it, and, with nothing else to go by, the single address
/// of everybody while a server runs here (a database in a container sees its gateway).
fn hosts_of_this_host(survey: &Survey, sessions: &[Session]) -> BTreeSet<String> {
    let host = survey.deployment.connection.host.as_str();
    let by_socket = host.is_empty() || host.starts_with('/');
    let mut here: BTreeSet<String> = sessions
        .iter()
        .filter(|session| session.ours)
        .map(|session| host_of(session.address.as_str()).to_string())
        .collect();
    if by_socket || host == "localhost" || is_loopback(host) {
        here.extend(["local", "127.0.0.1", "::1"].map(str::to_string));
        here.insert(host.to_string());
    }
    let everybody: BTreeSet<String> = sessions
        .iter()
        .map(|session| host_of(session.address.as_str()).to_string())
        .filter(|host| host != "unknown")
        .collect();
    let server_runs = survey.deployment.owner != Owner::NotRunning;
    if everybody.is_disjoint(&here) && everybody.len() == 1 && server_runs {
        here.extend(everybody);
    }
    here
}

fn is_loopback(host: &str) -> bool {
    host.parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}

/// The address without its port.
fn host_of(address: &str) -> &str {
    match address.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() && host.parse::<IpAddr>().is_ok() => host,
        Some(_) | None => address,
    }
}

fn long_transactions(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let sessions = match known(&survey.sessions, "the list of sessions") {
        Ok(sessions) => sessions,
        Err(unknown) => return unknown,
    };
    let mut open: Vec<(u64, &Session)> = sessions
        .iter()
        .filter_map(|session| {
            session
                .transaction_seconds
                .map(|seconds| (seconds, session))
        })
        .filter(|(seconds, _)| *seconds > LONG)
        .collect();
    open.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.pid.cmp(&b.1.pid)));
    let lines: Vec<String> = open
        .iter()
        .map(|(seconds, session)| line(*seconds, session))
        .collect();
    let ending = match survey.database.identity.engine {
        Engine::Mysql => "KILL and the process number above",
        Engine::Postgres | Engine::Sqlite => "pg_terminate_backend with the process number above",
    };
    let remedy = format!(
        "ask whoever runs it to end it; an abandoned one can be ended by {ending}, and its work is then lost"
    );
    let hidden: Vec<&Session> = sessions
        .iter()
        .filter(|s| !s.ours && s.transaction_seconds.is_none() && s.state.as_str() == "unknown")
        .collect();
    match open.first() {
        Some((seconds, _)) if *seconds > TOO_LONG => Judgement::fail(format!(
            "a transaction has been open for {}: the migration would wait behind it, and users behind the migration",
            age(*seconds)
        ))
        .seen_all(lines)
        .remedy(remedy),
        _ if !hidden.is_empty() => {
            let said = Judgement::unknown(format!(
                "what {} of other users do cannot be seen",
                count(hidden.len(), "session", "sessions")
            ))
            .seen_all(lines)
            .seen_all(hidden.iter().map(|session| {
                format!(
                    "process {} of user '{}': state and transaction are hidden",
                    session.pid, session.user
                )
            }))
            .remedy("let the database's administrator allow it, or ask those users and waive this check");
            let grant = survey
                .database
                .rights
                .iter()
                .find(|right| right.name == "SEE OTHER SESSIONS" && !right.held);
            match grant {
                Some(right) => said.command(right.grant.clone()),
                None => said,
            }
        }
        Some((seconds, _)) => {
            Judgement::warn(format!("a transaction has been open for {}", age(*seconds)))
                .seen_all(lines)
                .remedy(remedy)
        }
        None => Judgement::pass("no transaction has been open for more than a minute"),
    }
}

fn line(seconds: u64, session: &Session) -> String {
    format!(
        "process {} of user '{}' from {} ('{}', {}): open for {}{}: {}",
        session.pid,
        session.user,
        session.address,
        session.application,
        session.state,
        age(seconds),
        if session.ours { ", opened by omup" } else { "" },
        session.query
    )
}
