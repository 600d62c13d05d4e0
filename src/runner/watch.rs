//! Watches the database while the server must be down: a session that is not ours is an alarm.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::database::Database;
use crate::domain::event::Event;
use crate::domain::run_view::{Phase, StepState};
use crate::domain::step::StepId;
use crate::steps::context::Recorder as _;
use crate::steps::may_write;

use super::recorder::Shared;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(2);

/// True from the proof that nobody writes until a server is started again on purpose.
fn server_must_be_down(shared: &Shared) -> bool {
    let view = shared.view();
    let quiet = matches!(view.step(StepId::ProveQuiet), Some(StepState::Ended { .. }));
    let starting = [StepId::StartServer, StepId::StartOldServer]
        .iter()
        .any(|id| {
            view.step(*id)
                .is_some_and(|state| !matches!(state, StepState::ToDo))
        });
    matches!(view.phase(), Phase::Down | Phase::AfterPoint) && quiet && !starting
}

/// Runs until dropped. Each stranger is told once.
pub async fn alarms(
    database: std::sync::Arc<dyn Database>,
    user: String,
    shared: std::rc::Rc<Shared>,
) {
    let mut told: BTreeSet<String> = BTreeSet::new();
    loop {
        tokio::time::sleep(EVERY).await;
        if !server_must_be_down(&shared) {
            continue;
        }
        // A lost connection is the step's own trouble; the watch only tries again.
        let Ok(sessions) = database.sessions().await else {
            continue;
        };
        for session in sessions.iter().filter(|session| may_write(session, &user)) {
            let who = format!(
                "{} from {} ({})",
                session.user, session.address, session.application
            );
            if server_must_be_down(&shared) && told.insert(who.clone()) {
                let text = format!(
                    "a session that is not ours is in the database while the server must be down: {who}, process {}. \
                     Somebody started OpenMetadata or a client again: stop it there.",
                    session.pid
                );
                if shared.record(Event::Alarm { text: text.into() }).is_err() {
                    return;
                }
            }
        }
    }
}
