//! How far a migration is, seen from a second connection.

use std::time::Instant;

use super::context::{Context, Progress};
use super::lock_holders;
use crate::domain::step::StepId;

/// The second connection that counts recorded statements.
pub struct Watch<'a, 'b> {
    context: &'a Context<'b>,
    started: Instant,
    total: u64,
}

impl<'a, 'b> Watch<'a, 'b> {
    pub fn new(context: &'a Context<'b>) -> Self {
        let total = context
            .survey
            .pending
            .known()
            .map_or(0, |p| p.statements() as u64);
        Self {
            context,
            started: Instant::now(),
            total,
        }
    }

    /// One heartbeat: how far it is by the log table, and for how long it has been at it.
    pub async fn beat(&self) {
        let planned: Vec<_> = self
            .context
            .survey
            .pending
            .known()
            .map(|p| p.versions.clone())
            .unwrap_or_default();
        let recorded = self.context.database.recorded_statements().await;
        let (done, doing) = match recorded {
            Ok(counts) => {
                let done: u64 = planned
                    .iter()
                    .map(|v| {
                        counts
                            .get(&v.version.to_string())
                            .copied()
                            .unwrap_or(0)
                            .min(v.statements.len() as u64)
                    })
                    .sum();
                let at = planned.iter().enumerate().find(|(_, v)| {
                    counts.get(&v.version.to_string()).copied().unwrap_or(0)
                        < v.statements.len() as u64
                });
                let doing = match at {
                    Some((i, v)) => {
                        let n = counts.get(&v.version.to_string()).copied().unwrap_or(0) as usize;
                        let head = v
                            .statements
                            .get(n)
                            .map_or("its data step", |s| s.head.as_str());
                        format!(
                            "version {} ({}/{}), statement {}/{}: {head}",
                            v.version,
                            i + 1,
                            planned.len(),
                            n + 1,
                            v.statements.len()
                        )
                    }
                    None => "all statements recorded; the tool finishes".to_string(),
                };
                (Some(done), doing)
            }
            Err(error) => (None, format!("cannot look at the log table ({error})")),
        };
        let doing = match lock_holders::while_running(self.context).await {
            Some(waits) => format!("{waits} ({doing})"),
            None => doing,
        };
        let seconds = self.started.elapsed().as_secs();
        self.context.recorder.progress(Progress {
            step: StepId::Migrate,
            doing: self.context.clean(&format!("{doing}; {seconds} s so far")),
            done,
            total: Some(self.total),
            unit: "statements".to_string(),
            estimated: false,
        });
    }
}
