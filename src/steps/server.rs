//! Stopping and starting the server through whoever owns it.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::context::{Context, wall_ms};
use super::{Preview, Step, command, look};
use crate::deployment::Side;
use crate::domain::event::Fact;
use crate::domain::plan::Intent;
use crate::domain::step::{Failure, Looked, Outcome, StepId};
use crate::domain::survey::Owner;
use crate::exit_code::ExitCode;

/// Longest wait for the server's process to be gone.
const STOP_SECONDS: u64 = 120;
/// How long a stopped server is watched for coming back by itself.
const COMES_BACK: Duration = Duration::from_millis(1600);
/// How long a server that is back may have nobody who owns up to it.
const NAMED_BY: Duration = Duration::from_secs(2);
/// How long a server whose stop was broken off is watched for going down after all.
const GOES: Duration = Duration::from_secs(15);

/// Stops the old server (upgrade) or whichever server runs (way back).
pub struct Stop {
    pub step: StepId,
}

#[async_trait(?Send)]
impl Step for Stop {
    fn id(&self) -> StepId {
        self.step
    }

    fn downtime(&self) -> bool {
        true
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        let lines = if self.step == StepId::StopServer {
            &preview.commands.stop_old
        } else {
            &preview.commands.stop_new
        };
        lines
            .iter()
            .map(|line| command(line))
            .chain([look("the server's process is gone and stays gone")])
            .collect()
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (side, keep) = match self.step {
            StepId::StopServer => (Side::Old, true),
            _ => (Side::New, false),
        };
        // A way back from a version that serves begins a downtime of its own.
        if context.view().facts.downtime_ended_ms.is_some() {
            context.fact(
                self.step,
                Fact::DowntimeStarted {
                    at_ms: wall_ms(),
                    boot_ms: crate::process::uptime_ms(),
                },
            )?;
        }
        let owner = context
            .deployment
            .owner()
            .await
            .map_err(|e| self.failed(context, &e.to_string()))?;
        match &owner {
            Owner::NotRunning => {
                if keep && context.view().facts.owner.is_none() {
                    let known = context.survey.deployment.owner.clone();
                    context.fact(self.step, Fact::OwnerFound { owner: known })?;
                }
                self.stop_what_may_come(context, side).await?;
                context.fact(self.step, Fact::ServerStopped {})?;
                return Ok(Outcome::Success {
                    message: "no server was running".into(),
                });
            }
            Owner::Unknown { pid, parent } => {
                return Err(self.failed(context, &format!(
                    "process {pid} was started by '{parent}', which omup does not know how to ask; \
                     give server.stop and server.start in the answers"
                )));
            }
            Owner::PidFile { .. }
            | Owner::Systemd { .. }
            | Owner::Runit { .. }
            | Owner::Supervisord { .. }
            | Owner::Commands { .. } => {}
        }
        if keep {
            context.fact(
                self.step,
                Fact::OwnerFound {
                    owner: owner.clone(),
                },
            )?;
        }
        context.effect(
            self.step,
            context.deployment.stop_command(&owner, side).join(" && "),
        )?;
        context.doing(self.step, "waiting until the server's process is gone");
        context
            .deployment
            .stop(&owner, side, STOP_SECONDS)
            .await
            .map_err(|e| self.failed(context, &e.to_string()))?;
        self.stays_down(context).await?;
        context.fact(self.step, Fact::ServerStopped {})?;
        Ok(Outcome::Success {
            message: format!("stopped through {}; it stayed down", owner_words(&owner)).into(),
        })
    }
}

impl Stop {
    /// Nobody listens, but one may be on its way up (a JVM that boots, a unit that is started again in some seconds): a
    /// known service is stopped all the same. A pid file is not: its number may be somebody else's process by now, and
    /// the script kills whatever has it.
    async fn stop_what_may_come(&self, context: &Context<'_>, side: Side) -> Result<(), Failure> {
        let known = context.view().facts.owner;
        let known = known.unwrap_or_else(|| context.survey.deployment.owner.clone());
        // The process of then is not that of now.
        let owner = match known {
            Owner::Systemd { unit, .. } => Owner::Systemd { pid: 0, unit },
            Owner::Runit { service, .. } => Owner::Runit { pid: 0, service },
            Owner::PidFile { .. }
            | Owner::Supervisord { .. }
            | Owner::Commands { .. }
            | Owner::Unknown { .. }
            | Owner::NotRunning => return Ok(()),
        };
        context.effect(
            self.step,
            context.deployment.stop_command(&owner, side).join(" && "),
        )?;
        // A script may call it a failure that there is nothing to stop: what counts is that nothing comes up.
        let stopped = context.deployment.stop(&owner, side, STOP_SECONDS).await;
        if let Err(error) = stopped
            && self.back(context).await?.is_some()
        {
            return Err(self.failed(context, &error.to_string()));
        }
        self.stays_down(context).await
    }

    async fn stays_down(&self, context: &Context<'_>) -> Result<(), Failure> {
        let until = Instant::now() + COMES_BACK;
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(250)).await;
            if let Some(back) = self.back(context).await? {
                return Err(self.failed(context, &came_back_words(&back)));
            }
        }
        Ok(())
    }

    /// Who runs a server that should be down. What starts one may name it (in a pid file) a moment after it listens.
    async fn back(&self, context: &Context<'_>) -> Result<Option<Owner>, Failure> {
        let until = Instant::now() + NAMED_BY;
        loop {
            let owner = context.deployment.owner().await;
            match owner.map_err(|e| self.failed(context, &e.to_string()))? {
                Owner::NotRunning => return Ok(None),
                Owner::Unknown { .. } if Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                back => return Ok(Some(back)),
            }
        }
    }

    fn failed(&self, context: &Context<'_>, why: &str) -> Failure {
        Failure::new(
            ExitCode::FailedBeforePoint,
            "stop the server through its owner",
            why,
            context.still_safe(),
            format!(
                "stop it yourself and what starts it, then `omup resume {}`; a new run may name its commands in the answers ([server] stop, start)",
                context.run
            ),
        )
    }
}

fn came_back_words(back: &Owner) -> String {
    match back {
        Owner::Commands { stop, .. } => {
            format!("the server came back by itself, though your command `{stop}` had ended it")
        }
        Owner::PidFile { .. }
        | Owner::Systemd { .. }
        | Owner::Runit { .. }
        | Owner::Supervisord { .. }
        | Owner::Unknown { .. }
        | Owner::NotRunning => format!("the server came back by itself: {}", owner_words(back)),
    }
}

/// The owner in words.
pub fn owner_words(owner: &Owner) -> String {
    match owner {
        Owner::PidFile { pid, file } => {
            format!("bin/openmetadata.sh (process {pid}, {})", file.display())
        }
        Owner::Systemd { pid, unit } => format!("systemd unit {unit} (process {pid})"),
        Owner::Runit { pid, service } => {
            format!("runit service {} (process {pid})", service.display())
        }
        Owner::Supervisord { pid, program } => {
            format!("supervisord program {program} (process {pid})")
        }
        Owner::Commands { stop, .. } => format!("your command `{stop}`"),
        Owner::Unknown { pid, parent } => format!("an unknown owner '{parent}' (process {pid})"),
        Owner::NotRunning => "nobody (no server runs)".to_string(),
    }
}

/// Starts the new server (upgrade) or the old one (way back) and waits until it is healthy.
pub struct Start {
    pub step: StepId,
}

impl Start {
    fn side(&self) -> Side {
        if self.step == StepId::StartServer {
            Side::New
        } else {
            Side::Old
        }
    }
}

#[async_trait(?Send)]
impl Step for Start {
    fn id(&self) -> StepId {
        self.step
    }

    fn downtime(&self) -> bool {
        true
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        let lines = if self.step == StepId::StartServer {
            &preview.commands.start_new
        } else {
            &preview.commands.start_old
        };
        lines
            .iter()
            .map(|line| command(line))
            .chain([Intent::Request {
                line: "GET /api/v1/system/version until it answers with the right version".into(),
            }])
            .collect()
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        start_and_wait(context, self.step, self.side()).await
    }

    async fn look(&self, context: &Context<'_>) -> Result<Looked, Failure> {
        let wanted = wanted_version(context, self.step, self.side()).await?;
        match context.deployment.version_by_server().await {
            Ok(version) if version == wanted => {
                // It may answer and still be on its way: the same wait as after a start.
                wait_until_healthy(context, self.step, self.side()).await?;
                Ok(Looked::Done {
                    message: format!("{version} serves").into(),
                })
            }
            Ok(version) => Ok(Looked::NotDone {
                message: format!("{version} serves, {wanted} is wanted").into(),
            }),
            Err(_) => match context.deployment.owner().await {
                Ok(Owner::NotRunning) => Ok(Looked::NotDone {
                    message: "no server runs".into(),
                }),
                Ok(_) => {
                    wait_until_healthy(context, self.step, self.side()).await?;
                    Ok(Looked::Done {
                        message: format!("{wanted} serves").into(),
                    })
                }
                Err(error) => Ok(Looked::Unknown {
                    message: context.clean(&error.to_string()),
                }),
            },
        }
    }
}

async fn wanted_version(
    context: &Context<'_>,
    step: StepId,
    side: Side,
) -> Result<crate::domain::version::OmVersion, Failure> {
    context
        .deployment
        .version_by_files(side)
        .await
        .map_err(|e| start_failed(context, step, side, &e.to_string()))
}

async fn start_and_wait(
    context: &Context<'_>,
    step: StepId,
    side: Side,
) -> Result<Outcome, Failure> {
    // A server that an earlier attempt has started is not started a second time.
    let wanted = wanted_version(context, step, side).await?;
    if context
        .deployment
        .version_by_server()
        .await
        .is_ok_and(|version| version == wanted)
    {
        let seconds = wait_until_healthy(context, step, side).await?;
        return Ok(Outcome::Success {
            message: format!("{wanted} served already; healthy after {seconds:.1} s").into(),
        });
    }
    let owner = context
        .view()
        .facts
        .owner
        .unwrap_or_else(|| context.survey.deployment.owner.clone());
    context.effect(
        step,
        context.deployment.start_command(&owner, side).join(" && "),
    )?;
    context
        .deployment
        .start(&owner, side)
        .await
        .map_err(|e| start_failed(context, step, side, &e.to_string()))?;
    let seconds = wait_until_healthy(context, step, side).await?;
    Ok(Outcome::Success {
        message: format!("healthy after {seconds:.1} s").into(),
    })
}

/// Waits for version and liveness; ends the downtime when both are there.
async fn wait_until_healthy(
    context: &Context<'_>,
    step: StepId,
    side: Side,
) -> Result<f64, Failure> {
    let wanted = wanted_version(context, step, side).await?;
    let started = Instant::now();
    let limit = Duration::from_secs(u64::from(
        context.answers.server.start_timeout.unwrap_or(300),
    ));
    let mut last;
    let mut gone_since: Option<Instant> = None;
    loop {
        match context.deployment.version_by_server().await {
            Ok(version) if version == wanted => {
                let parts = context.deployment.health(None).await;
                match parts.iter().find(|part| part.passed == Some(false)) {
                    None => break,
                    Some(part) => last = format!("{}: {}", part.name, part.message),
                }
            }
            Ok(version) => last = format!("{version} answers where {wanted} is wanted"),
            Err(error) => last = error.to_string(),
        }
        context.doing(
            step,
            format!(
                "waiting for the server to be healthy, {} s of at most {} s; last: {last}",
                started.elapsed().as_secs(),
                limit.as_secs()
            ),
        );
        // A server whose process is gone for good does not come up by waiting.
        match context.deployment.owner().await {
            Ok(Owner::NotRunning) => {
                let since = *gone_since.get_or_insert_with(Instant::now);
                if since.elapsed() > Duration::from_secs(15) {
                    return Err(start_failed(
                        context,
                        step,
                        side,
                        &format!("its process ended; last: {last}"),
                    ));
                }
            }
            Ok(_) => gone_since = None,
            Err(_) => {}
        }
        if started.elapsed() > limit {
            return Err(start_failed(
                context,
                step,
                side,
                &format!("not healthy within {} s; last: {last}", limit.as_secs()),
            ));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    context.fact(
        step,
        Fact::ServerStarted {
            version: wanted.clone(),
        },
    )?;
    context.fact(
        step,
        Fact::DowntimeEnded {
            at_ms: wall_ms(),
            boot_ms: crate::process::uptime_ms(),
            serving: wanted,
        },
    )?;
    Ok(started.elapsed().as_secs_f64())
}

fn start_failed(context: &Context<'_>, step: StepId, side: Side, why: &str) -> Failure {
    let log = context.deployment.server_log(side);
    let (exit, safe) = match step {
        StepId::StartServer => (
            ExitCode::FailedAfterPoint,
            "the migrated database and the backup",
        ),
        _ => (ExitCode::RollbackFailed, "every database and the backup"),
    };
    Failure::new(
        exit,
        "bring the server up",
        context.clean(why).as_str(),
        safe,
        format!(
            "read the server's log ({}), mend the cause, then `omup resume --again`; `omup rollback` shows the ways back",
            log.display()
        ),
    )
}

/// Starts the old server again on the untouched database; used whenever something fails before the
/// point of no return.
pub async fn serve_old_again(context: &Context<'_>) -> Result<(), Failure> {
    let view = context.view();
    // A stop that was begun and broken off may take its server down a moment after it has answered once more.
    let goes = view.attempts.contains_key(&StepId::StopServer) && !view.facts.server_stopped;
    let since = Instant::now();
    let mut owner = context.deployment.owner().await;
    while goes && !matches!(owner, Ok(Owner::NotRunning)) && since.elapsed() < GOES {
        tokio::time::sleep(Duration::from_millis(200)).await;
        owner = context.deployment.owner().await;
    }
    // Whatever the stop has forbidden (a mask, a `down` file) would keep it down the next time.
    if view.attempts.contains_key(&StepId::StopServer)
        && let Some(forbidden) = &view.facts.owner
    {
        let allowed = context.deployment.allow_start(forbidden, Side::Old).await;
        allowed.map_err(|error| {
            start_failed(context, StepId::StopServer, Side::Old, &error.to_string())
        })?;
    }
    if let Ok(Owner::NotRunning) = owner {
        start_and_wait(context, StepId::StopServer, Side::Old).await?;
    } else {
        wait_until_healthy(context, StepId::StopServer, Side::Old).await?;
    }
    Ok(())
}
