//! Proves that nobody writes: no session of OpenMetadata or of its user is left, from any host.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::context::Context;
use super::{Preview, Step, look};
use crate::domain::event::Fact;
use crate::domain::plan::Intent;
use crate::domain::step::{Failure, Outcome, StepId};
use crate::domain::survey::Session;
use crate::exit_code::ExitCode;

/// Samples, and the pause between two of them: a client that reconnects within this time is seen.
const SAMPLES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(250);
/// Sessions of a server that was just ended may need a moment to be noticed by the database.
const GRACE_SAMPLES: u32 = 40;

pub struct ProveQuiet;

/// True for a session that can write what we are about to change.
///
/// On SQLite a process that holds the file open for writing is such a session.
pub fn may_write(session: &Session, user: &str) -> bool {
    let application = session.application.as_str();
    !session.ours
        && (session.user.as_str() == user
            || application.contains("JDBC")
            || session.transaction_seconds.is_some()
            || session.state.as_str() == "active"
            || session.state.as_str() == Session::WRITES_FILE)
}

/// One session in words for a person who has to find it.
pub fn session_words(session: &Session) -> String {
    format!(
        "user '{}' from {} ({}, process {} of the database server, {})",
        session.user, session.address, session.application, session.pid, session.state
    )
}

#[async_trait(?Send)]
impl Step for ProveQuiet {
    fn id(&self) -> StepId {
        StepId::ProveQuiet
    }

    fn downtime(&self) -> bool {
        true
    }

    fn preview(&self, _preview: &Preview<'_>) -> Vec<Intent> {
        vec![look(
            "sessions in the database, sampled six times: none of OpenMetadata or of its user may be left",
        )]
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let user = &context.survey.deployment.connection.user;
        let mut bystanders: BTreeMap<i64, String> = BTreeMap::new();
        let mut quiet = 0;
        let mut written = None;
        for sample in 0..GRACE_SAMPLES + SAMPLES {
            let sessions = context
                .database
                .sessions()
                .await
                .map_err(|e| failed(context, &e.to_string()))?;
            let writers: Vec<String> = sessions
                .iter()
                .filter(|s| may_write(s, user))
                .map(session_words)
                .collect();
            for session in sessions.iter().filter(|s| !s.ours && !may_write(s, user)) {
                bystanders.insert(session.pid, session_words(session));
            }
            if writers.is_empty() {
                if quiet == 0 {
                    written = context.database.rows_written().await;
                }
                quiet += 1;
            } else {
                quiet = 0;
                if sample >= GRACE_SAMPLES {
                    return Err(failed(
                        context,
                        &format!("{} can still write: {}", writers.len(), writers.join("; ")),
                    ));
                }
                context.doing(
                    StepId::ProveQuiet,
                    format!("waiting for {}", writers.join("; ")),
                );
            }
            if quiet == SAMPLES {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        nothing_written(context, written, &bystanders).await?;
        context.fact(
            StepId::ProveQuiet,
            Fact::QuietProven {
                sessions_seen: bystanders.len() as u32,
            },
        )?;
        if bystanders.is_empty() {
            return Ok(Outcome::Success {
                message: match sees_others(context) {
                    true => "nobody else is connected".into(),
                    false => "no session of OpenMetadata or of its user is left; those of other users cannot be seen (the check of rights names the right)".into(),
                },
            });
        }
        let names: Vec<String> = bystanders.into_values().collect();
        let counted = match written {
            Some(_) => ", and no row was written while they were watched",
            None => "",
        };
        Ok(Outcome::Warning {
            message: format!(
                "sessions of others stay that do nothing as far as can be seen{counted}: {}",
                names.join("; ")
            )
            .into(),
        })
    }
}

/// Whether the sessions of other users are shown to us.
fn sees_others(context: &Context<'_>) -> bool {
    let rights = &context.survey.database.rights;
    !rights
        .iter()
        .any(|right| right.name == "SEE OTHER SESSIONS" && !right.held)
}

/// The server's own count of written rows stands still, where it tells: whoever it is, and however well hidden.
async fn nothing_written(
    context: &Context<'_>,
    then: Option<u64>,
    bystanders: &BTreeMap<i64, String>,
) -> Result<(), Failure> {
    let now = match then {
        Some(_) => context.database.rows_written().await,
        None => None,
    };
    if then.zip(now).is_none_or(|(then, now)| then == now) {
        return Ok(());
    }
    let who: Vec<&str> = bystanders.values().map(String::as_str).collect();
    let who = match who.as_slice() {
        [] => "no session that can be seen does it".to_string(),
        some => format!("connected are: {}", some.join("; ")),
    };
    Err(failed(
        context,
        &format!("rows are written into this database all the same; {who}"),
    ))
}

fn failed(context: &Context<'_>, why: &str) -> Failure {
    Failure::new(
        ExitCode::FailedBeforePoint,
        "prove that nobody writes",
        why,
        context.still_safe(),
        "stop that client or server where it runs (the address says where), then `omup resume`",
    )
}
