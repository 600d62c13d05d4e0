//! Stands in for the OpenMetadata server: refuses to start on pending migrations, then serves the
//! few API calls that validation needs and writes to the database like a server that is in use.
//!
//! Knows nothing of who started it. A signal ends it at once.

mod api;
mod forward;
mod http;
mod log;
mod writer;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, MutexGuard};

use self::api::Api;
use self::log::ServerLog;
use super::connection::{Session, SqlError};
use super::jdbc::Target;
use super::ops::commands::{CommandError, pending_text};
use super::ops::{Tool, ToolError};
use crate::exit_code::ExitCode;

#[derive(Debug, Args)]
pub struct ServerArguments {
    /// The installation.
    #[arg(long)]
    home: PathBuf,
    /// Plays a second host: sessions come to the database server from this loopback address.
    #[arg(long)]
    bind_from: Option<IpAddr>,
}

#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error("failed to open port {port} on {host}: {reason}")]
    Listen {
        host: IpAddr,
        port: u16,
        reason: std::io::Error,
    },
    #[error("failed to forward sessions through {from}: {reason}")]
    Forward {
        from: IpAddr,
        reason: std::io::Error,
    },
    #[error("failed to read SERVER_HOST: \"{0}\" is no IP address")]
    Host(String),
    #[error("failed to read the configuration: it names no {0} port")]
    NoPort(&'static str),
}

/// Serves until a signal ends the process.
///
/// # Errors
/// When this is no practice deployment or a port cannot be had. What the original logs before it
/// gives up (pending migrations, no database) is logged and becomes exit code 1.
pub async fn run(arguments: ServerArguments) -> Result<ExitCode, ServerError> {
    let mut tool = Tool::of_home(&arguments.home)?;
    let mut log = ServerLog::open(&tool.home);
    let host = match std::env::var("SERVER_HOST") {
        Ok(text) => text.parse().map_err(|_| ServerError::Host(text))?,
        Err(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let first_port = |connectors: &[super::config::Connector]| connectors.first().map(|c| c.port);
    let port = first_port(&tool.config.server.application_connectors)
        .ok_or(ServerError::NoPort("application"))?;
    let admin_port =
        first_port(&tool.config.server.admin_connectors).ok_or(ServerError::NoPort("admin"))?;
    tokio::time::sleep(Duration::from_millis(tool.faults.server_start_delay_ms)).await;

    if let (Some(from), Target::Postgres { host, port, .. } | Target::Mysql { host, port, .. }) =
        (arguments.bind_from, &mut tool.url.target)
    {
        let forwarded = forward::start(from, host.clone(), *port).await;
        *port = forwarded.map_err(|reason| ServerError::Forward { from, reason })?;
        "127.0.0.1".clone_into(host);
    }

    log.info(&format!(
        "Starting OpenMetadata {} (practice deployment)",
        tool.version
    ));
    let session = match start_up(&tool).await {
        Ok(session) => session,
        Err(error) => {
            log.failure(&error);
            return Ok(ExitCode::Internal);
        }
    };

    let listen = async |port| {
        let listener = TcpListener::bind((host, port)).await;
        listener.map_err(|reason| ServerError::Listen { host, port, reason })
    };
    let (public, admin) = (listen(port).await?, listen(admin_port).await?);
    let tool = Arc::new(tool);
    // The pool: one session answers, one writes, one is idle.
    let idle = tool.open().await.ok();
    let api = Arc::new(Api::new(Arc::clone(&tool), Mutex::new(session)));
    log.info(&format!("Started application connector on {host}:{port}"));
    log.info(&format!("Started admin connector on {host}:{admin_port}"));

    if let Some(interval) = tool.faults.server_write_interval() {
        tokio::spawn(writer::run(Arc::clone(&tool), interval, log));
    }
    let for_admin = Arc::clone(&api);
    tokio::join!(
        http::serve(public, move |request| {
            let api = Arc::clone(&api);
            async move { api.public(&request).await }
        }),
        http::serve(admin, move |request| {
            let api = Arc::clone(&for_admin);
            async move { api.admin(&request).await }
        }),
    );
    drop(idle);
    Ok(ExitCode::Ok)
}

/// Connects and refuses pending migrations, as OpenMetadataApplication does. Releases before 1.11
/// look at Flyway's table first and cannot start without it; later ones fold it in.
async fn start_up(tool: &Tool) -> Result<Session, CommandError> {
    let mut session = tool.open().await?;
    if !tool.folds_flyway_in() {
        let table = session.dialect().flyway_table();
        session
            .value(&format!("SELECT max(version) FROM {table}"))
            .await?;
    }
    let pending = tool.pending_versions(&mut session).await?;
    if pending.is_empty() {
        Ok(session)
    } else {
        Err(CommandError::State(pending_text(&pending)))
    }
}

/// A session that may be lost and is then opened anew.
type Slot = Mutex<Session>;

/// Hands out the slot's session, tested first, as a pool does.
///
/// # Errors
/// When the session is lost and no new one can be had.
async fn checked_out<'a>(slot: &'a Slot, tool: &Tool) -> Result<MutexGuard<'a, Session>, SqlError> {
    let mut session = slot.lock().await;
    if session.value("SELECT 1").await.is_err() {
        *session = tool.open().await?;
    }
    Ok(session)
}
