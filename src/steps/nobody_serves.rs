//! Directly before what cannot be taken back: the server is still down, and nobody of its is connected.

use std::time::Duration;

use super::context::Context;
use super::prove_quiet::session_words;
use super::server::owner_words;
use crate::domain::survey::{Owner, Session};

/// Looks in a row that must find nobody, the pause between two, and how many there are at most: a session that was
/// just ended may need a moment to be noticed by the database.
const QUIET: u32 = 2;
const PAUSE: Duration = Duration::from_millis(250);
const LOOKS: u32 = 40;

/// The server is down, and nobody who `counts` is connected: at the point of no return whoever can write; at the
/// migration OpenMetadata itself and its user, since what else holds a lock is asked about there.
pub async fn nobody_serves(
    context: &Context<'_>,
    counts: impl Fn(&Session, &str) -> bool,
) -> Result<(), String> {
    let user = &context.survey.deployment.connection.user;
    let mut quiet = 0;
    let mut seen = String::new();
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        match context
            .deployment
            .owner()
            .await
            .map_err(|e| e.to_string())?
        {
            Owner::NotRunning => {}
            back => {
                return Err(format!(
                    "a server is up that must be down: {}",
                    owner_words(&back)
                ));
            }
        }
        let sessions = context.database.sessions().await;
        let sessions = sessions.map_err(|error| error.to_string())?;
        match sessions.iter().find(|session| counts(session, user)) {
            None => quiet += 1,
            Some(session) => {
                quiet = 0;
                seen = session_words(session);
            }
        }
        if quiet == QUIET {
            return Ok(());
        }
    }
    Err(format!(
        "somebody is connected with the database who can write: {seen}"
    ))
}

/// OpenMetadata's own session, or one of its user's.
pub fn of_openmetadata(session: &Session, user: &str) -> bool {
    !session.ours
        && (session.user.as_str() == user
            || session.application.as_str().contains("JDBC")
            || session.state.as_str() == Session::WRITES_FILE)
}
