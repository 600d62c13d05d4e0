//! Runs an owner's command so that whatever it starts has nothing of ours: own session, own log,
//! no terminal, no open file.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::orders::Order;
use crate::domain::clean_text::CleanText;

/// Variables of ours that an owner's command gets; the rest (ours and our secrets) stays here.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "TZ",
    "JAVA_HOME",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "SVDIR",
];

/// Runs one order to its end. Its output goes to the end of `log`; the error quotes the last of it.
pub async fn run(order: &Order, log: &Path, deadline: Instant) -> Result<(), CleanText> {
    let Some((program, arguments)) = order.words.split_first() else {
        return Ok(());
    };
    if let Some(folder) = log.parent() {
        // The folder is made by the server's first start; before that there is none.
        let _ = std::fs::create_dir(folder);
    }
    let open = || {
        File::options()
            .append(true)
            .create(true)
            .mode(0o640)
            .open(log)
    };
    let cannot_log =
        |error: std::io::Error| CleanText::from(format!("cannot write {}: {error}", log.display()));
    let out = open().map_err(cannot_log)?;
    let start = out.metadata().map_err(cannot_log)?.len();
    let errors = out.try_clone().map_err(cannot_log)?;
    // setsid(1) of util-linux: a session of its own without a hook between fork and exec.
    let mut command = tokio::process::Command::new("setsid");
    command
        .arg("--wait")
        .arg(program_path(program, order))
        .args(arguments)
        .current_dir(&order.folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(errors);
    for (name, value) in std::env::vars_os() {
        let kept = name
            .to_str()
            .is_some_and(|name| KEPT.contains(&name) || name.starts_with("LC_"));
        if kept {
            command.env(name, value);
        }
    }
    for (name, value) in &order.environment {
        command.env(name, value.reveal());
    }
    let mut child = command
        .spawn()
        .map_err(|error| CleanText::from(format!("cannot run setsid: {error}")))?;
    let left = deadline
        .saturating_duration_since(Instant::now())
        .max(Duration::from_secs(1));
    match tokio::time::timeout(left, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("{status}: {}", said(log, start)).into()),
        Ok(Err(error)) => Err(error.to_string().into()),
        Err(_) => Err(format!(
            "it did not end within {} s and was left alone: {}",
            left.as_secs(),
            said(log, start)
        )
        .into()),
    }
}

/// A relative program lies in the order's folder.
fn program_path(program: &OsString, order: &Order) -> OsString {
    let path = Path::new(program);
    if path.is_relative() && path.components().count() > 1 {
        order.folder.join(path).into_os_string()
    } else {
        program.clone()
    }
}

/// What was added to the log, at most its last 600 characters.
fn said(log: &Path, start: u64) -> String {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut text = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(start.max(length.saturating_sub(4096))))?;
        file.take(4096).read_to_end(&mut text)
    });
    if read.is_err() || text.is_empty() {
        return format!("it said nothing (log: {})", log.display());
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let skipped = text.chars().count().saturating_sub(600);
    text.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Order, run};

    fn order(folder: &std::path::Path, script: &str) -> Order {
        Order::new(folder, ["/bin/sh", "-c", script])
    }

    /// Field 6 of `/proc/<process>/stat` (proc(5)): the session; "0" where it began outside of this container.
    fn session_of(process: &str) -> String {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("stat");
        let (_, fields) = stat.rsplit_once(") ").expect("name");
        fields.split(' ').nth(3).expect("session").to_string()
    }

    #[tokio::test]
    async fn what_an_order_starts_has_a_session_of_its_own_and_outlives_it() {
        let folder = tempfile::tempdir().expect("folder");
        let log = folder.path().join("logs/control.log");
        let soon = Instant::now() + Duration::from_secs(20);
        let script = "sleep 30 & echo $! > pid; ps -o sid= -p $! | tr -d ' ' > sid";
        run(&order(folder.path(), script), &log, soon)
            .await
            .expect("ran");
        let read = |name| std::fs::read_to_string(folder.path().join(name)).expect("written");
        let pid: u32 = read("pid").trim().parse().expect("pid");
        let proc = super::super::procfs::Procfs::default();
        assert!(proc.started(pid).is_some(), "it lives on");
        // Not by getsid(2): it answers 0 where our session began outside of this container, and 0 is no pid.
        let session = read("sid");
        assert_ne!(session.trim(), session_of("self"));
        assert_eq!(session.trim(), session_of(&pid.to_string()));
        let ended = std::process::Command::new("kill")
            .arg(pid.to_string())
            .status();
        assert!(ended.expect("kill runs").success());
    }

    #[tokio::test]
    async fn a_failure_quotes_what_was_said() {
        let folder = tempfile::tempdir().expect("folder");
        let log = folder.path().join("control.log");
        let soon = Instant::now() + Duration::from_secs(20);
        let told = run(
            &order(folder.path(), "echo no such service >&2; exit 3"),
            &log,
            soon,
        )
        .await
        .expect_err("failed");
        assert!(told.as_str().contains("no such service"), "{told}");
        let told = run(&order(folder.path(), "sleep 5"), &log, Instant::now())
            .await
            .expect_err("slow");
        assert!(told.as_str().contains("did not end"), "{told}");
    }
}
