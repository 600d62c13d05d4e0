//! Stops and starts the server through its owner, and waits until it is really gone.
//!
//! What a server may do to come back by itself is prevented where the owner has a way for it: a
//! runtime mask (systemd), a `down` file (runit).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::environment::Origin;
use super::link::{self, Route};
use super::orders::{HOME, Order, allow_orders, definition, start_orders, stop_orders};
use super::owner;
use super::procfs::{Listener, Procfs};
use super::{BareMetal, detached};
use crate::deployment::{DeploymentError, Result, Side};
use crate::domain::secret::Secret;
use crate::domain::setting;
use crate::domain::survey::Owner;

/// How long a unit's mask or a service's `down` file may take to be taken away.
const ALLOWED_WITHIN: Duration = Duration::from_secs(30);
/// How long the socket of a process that is gone may still be seen.
const SOCKET_CLOSES: Duration = Duration::from_secs(2);

impl BareMetal {
    pub(super) async fn stop_server(&self, owner: &Owner, side: Side, seconds: u64) -> Result<()> {
        let failed = |reason: String| DeploymentError::Owner {
            doing: "stop".to_owned(),
            reason: reason.into(),
        };
        let proc = Procfs::default();
        let port = self.port(side)?;
        let before = match proc.listener(port) {
            Listener::Nobody => owner::pid_of(owner),
            Listener::Process(pid) => Some(pid),
            Listener::Hidden { uid } => {
                return Err(failed(format!(
                    "port {port} is held by a process of user {uid} that we may not look into; \
                     run omup as that user or as root"
                )));
            }
        };
        let process = before.and_then(|pid| Some((pid, proc.started(pid)?)));
        match owner {
            Owner::NotRunning if process.is_none() => return Ok(()),
            Owner::NotRunning => {
                return Err(failed(format!(
                    "it was not running, and now process {} listens on port {port}",
                    before.unwrap_or_default()
                )));
            }
            Owner::Unknown { pid, parent } => {
                return Err(failed(format!(
                    "process {pid} runs under {parent}, which omup does not know; stop it \
                     yourself, or give server.stop and server.start in the answers"
                )));
            }
            Owner::PidFile { .. }
            | Owner::Systemd { .. }
            | Owner::Runit { .. }
            | Owner::Supervisord { .. }
            | Owner::Commands { .. } => {}
        }
        let deadline = Instant::now() + Duration::from_secs(seconds.max(1));
        for order in stop_orders(owner, self.home(side)) {
            detached::run(&order, &self.control_log(side), deadline)
                .await
                .or_else(|error| if order.optional { Ok(()) } else { Err(error) })
                .map_err(|reason| failed(format!("{}: {reason}", order.shown())))?;
        }
        if let Some((pid, started)) = process {
            while proc.lives(pid, started) {
                if Instant::now() >= deadline {
                    return Err(failed(format!(
                        "process {pid} is still there after {seconds} s; it was not killed"
                    )));
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        // The kernel closes the socket of a killed process a moment after the process has gone.
        let closed_by = Instant::now() + SOCKET_CLOSES;
        let closing = || match proc.listener(port) {
            Listener::Nobody => false,
            // A process of its own was started meanwhile; whose it is, `owner` says.
            Listener::Process(pid) => process.is_some_and(|(old, _)| old == pid),
            Listener::Hidden { .. } => true,
        };
        while closing() && Instant::now() < closed_by {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Undoes what keeps others from starting the server.
    pub(super) async fn allow_others(&self, owner: &Owner, side: Side) -> Result<()> {
        let deadline = Instant::now() + ALLOWED_WITHIN;
        for order in allow_orders(owner, self.home(side)) {
            detached::run(&order, &self.control_log(side), deadline)
                .await
                .or_else(|error| if order.optional { Ok(()) } else { Err(error) })
                .map_err(|reason| DeploymentError::Owner {
                    doing: "allow others to start".to_owned(),
                    reason: format!("{}: {reason}", order.shown()).into(),
                })?;
        }
        Ok(())
    }

    pub(super) async fn start_server(&self, owner: &Owner, side: Side) -> Result<()> {
        let failed = |reason: String| DeploymentError::Owner {
            doing: "start".to_owned(),
            reason: reason.into(),
        };
        let home = self.home(side);
        if let Owner::Unknown { parent, .. } = owner {
            return Err(failed(format!(
                "it was started by {parent}, which omup does not know; start {} yourself, or \
                 give server.stop and server.start in the answers",
                home.display()
            )));
        }
        let owner = &self.starter(owner);
        match self.route(owner) {
            Route::Link(link) => {
                link::turn(&link, home)?;
            }
            Route::Home(named) if named != home => {
                return Err(failed(format!(
                    "its definition names {} and would start the other version; let it go \
                     through a symbolic link, or (server.start) write {{home}} in its place",
                    named.display()
                )));
            }
            Route::Home(_) | Route::Unseen => {}
        }
        let deadline = Instant::now() + START_PATIENCE;
        for mut order in start_orders(owner, home) {
            order.environment = self.fleeting_environment(side)?;
            detached::run(&order, &self.control_log(side), deadline)
                .await
                .or_else(|error| if order.optional { Ok(()) } else { Err(error) })
                .map_err(|reason| failed(format!("{}: {reason}", order.shown())))?;
        }
        Ok(())
    }

    /// Who starts a server that did not run when its owner was looked for: the operator's command
    /// where there is one, else `bin/openmetadata.sh`.
    fn starter(&self, owner: &Owner) -> Owner {
        match (owner, &self.answers.stop, &self.answers.start) {
            (Owner::NotRunning, Some(stop), Some(start)) => Owner::Commands {
                stop: stop.clone(),
                start: start.clone(),
            },
            (other, _, _) => other.clone(),
        }
    }

    /// What the first server was given by whoever started it and no file gives: a start script run
    /// by us would lack it.
    fn fleeting_environment(&self, side: Side) -> Result<Vec<(String, Secret)>> {
        let config = self.config(side)?;
        let fleeting = config
            .environment
            .variables
            .into_iter()
            .filter(|(_, variable)| matches!(variable.origin, Origin::Process(_)))
            .map(|(name, variable)| (name, Secret::new(variable.value)));
        Ok(fleeting.collect())
    }

    /// How the owner's definition comes to a version.
    pub(super) fn route(&self, owner: &Owner) -> Route {
        let homes = [self.home(Side::Old), self.home(Side::New)];
        definition(owner).map_or(Route::Unseen, |text| link::route(&text, homes))
    }

    /// How the version that is started is chosen, for the checks.
    pub(super) fn route_shown(&self, owner: &Owner) -> String {
        let owner = self.starter(owner);
        let free = match &owner {
            Owner::PidFile { .. } | Owner::NotRunning => true,
            Owner::Commands { start, .. } => start.contains(HOME),
            Owner::Systemd { .. }
            | Owner::Runit { .. }
            | Owner::Supervisord { .. }
            | Owner::Unknown { .. } => false,
        };
        if free {
            return setting::ROUTE_FREE.to_owned();
        }
        match self.route(&owner) {
            Route::Link(link) => format!("{}{}", setting::ROUTE_LINK, link.display()),
            Route::Home(home) => format!("{}{}", setting::ROUTE_HOME, home.display()),
            Route::Unseen => setting::ROUTE_UNSEEN.to_owned(),
        }
    }

    /// The command lines of a start, the turn of a link included.
    pub(super) fn start_lines(&self, owner: &Owner, side: Side) -> Vec<String> {
        let owner = &self.starter(owner);
        let mut lines = Vec::new();
        if let Route::Link(link) = self.route(owner) {
            lines.push(format!(
                "ln -sfn {} {}",
                crate::domain::shell::quoted(&self.home(side).to_string_lossy()),
                crate::domain::shell::quoted(&link.to_string_lossy())
            ));
        }
        let orders = start_orders(owner, self.home(side));
        lines.extend(orders.iter().map(Order::shown));
        lines
    }

    fn control_log(&self, side: Side) -> PathBuf {
        self.home(side).join("logs/omup-control.log")
    }
}

/// How long an owner may take to accept the order to start (not how long the server starts).
const START_PATIENCE: Duration = Duration::from_secs(120);
